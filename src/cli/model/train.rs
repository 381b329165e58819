//! `zitherctl model train`: a folder of notes becomes a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::note::is_left_out;
use crate::model::{Card, Model};
use crate::train::dataset::{Dataset, LoadOptions, Loaded, analyse_note, load};
use crate::train::finish;
use crate::train::fit::{Progress, Report, Run, Settings, VALIDATE_ONE_IN};
use crate::train::loss::Terms;

/// Trains a model on a folder of single notes.
///
/// Each folder with WAV, FLAC or Ogg files is an instrument. Pitch, velocity and time of note-off are read from names
/// such as p060_v084_h2500; the pitch else from a note name (C#4) or number (61), or estimated. Analysed notes are kept
/// in DIR/.zither-notes.
#[derive(clap::Args)]
pub(in crate::cli) struct Train {
    /// Folder of notes.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Model file to write; a checkpoint is kept beside it until it is done.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Steps of 32 instruments.
    #[arg(long, default_value_t = Settings::default().steps)]
    steps: u64,
    /// Seed: the same seed and data give the same model.
    #[arg(long, default_value_t = Settings::default().seed)]
    seed: u64,
    /// Goes on from a checkpoint, with its settings.
    #[arg(long, value_name = "CHECKPOINT")]
    resume: Option<PathBuf>,
    /// Highest learning rate.
    #[arg(long, default_value_t = Settings::default().learning_rate)]
    learning_rate: f32,
    /// Weight of the mel bands in the loss.
    #[arg(long, default_value_t = Settings::default().bands)]
    bands: f32,
    /// Weight of the divergence from the prior in the loss.
    #[arg(long, default_value_t = Settings::default().kl)]
    kl: f32,
    /// Share of instruments that are mixed with another, 0 to 1.
    #[arg(long, default_value_t = Settings::default().mixing)]
    mixing: f32,
    /// Strength of the random changes to the notes; 1 is full.
    #[arg(long, default_value_t = Settings::default().augmentation)]
    augmentation: f32,
    /// Folder of synthetic notes: trained on as well, but neither validated with nor listed in the model.
    #[arg(long, value_name = "DIR")]
    synthetic: Option<PathBuf>,
    /// Share of synthetic instruments in a step, 0 to 1.
    #[arg(long, default_value_t = Settings::default().synthetic)]
    synthetic_share: f32,
    /// Also trains on notes whose names mark them as kept for judging (pitches congruent to 1 mod 4, velocities 70 and
    /// 104 in names such as p061_v084_h2500).
    #[arg(long)]
    all_notes: bool,
    /// Leaves out a fixed tenth of a soundfont's programs, so that the model can be judged on instruments that it never
    /// saw (`model bench --unseen-model`).
    #[arg(long)]
    leave_out_tenth: bool,
    /// Name of the model.
    #[arg(long)]
    name: Option<String>,
    /// What the notes are, for the model's card.
    #[arg(long, default_value = "not stated")]
    statement: String,
    /// Licence of the model, for its card.
    #[arg(long, default_value = "not stated")]
    licence: String,
}

/// Problems that are printed; the rest is counted.
const PROBLEMS_SHOWN: usize = 20;

impl Train {
    pub(super) fn run(self) -> Result<()> {
        let folder = self.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        ensure!(folder.is_dir(), "there is no folder {} to write the model to", folder.display());
        let mut data = self.load_data(&self.data)?;
        if self.leave_out_tenth {
            leave_out_tenth(&mut data)?;
        }
        let (notes, instruments) = (data.notes(), data.instruments.len());
        let (mut training, validation) = data.clone().split(VALIDATE_ONE_IN);
        let validation = if validation.instruments.is_empty() { training.clone() } else { validation };
        println!("{notes} notes of {instruments} instruments, {} to validate", validation.notes());
        if let Some(folder) = &self.synthetic {
            let synthetic = self.load_data(folder)?;
            println!("{} synthetic notes of {} instruments", synthetic.notes(), synthetic.instruments.len());
            training.synthetic = synthetic.instruments;
        }
        let mut run = match &self.resume {
            Some(path) => Run::resume(path)?,
            None => Run::new(self.settings(), &training),
        };
        let checkpoint = self.out.with_extension("checkpoint");
        let bar = progress_bar("{bar:40} {pos}/{len} steps, {per_sec}, {eta} left  {msg}");
        bar.set_length(run.settings().steps);
        let report = run.train(&training, &validation, Some(&checkpoint), &mut |progress| show(&bar, &progress))?;
        bar.finish_and_clear();
        print_report(&report);
        let (network, parameters) = run.best();
        let model = finish::model(network, parameters, &data, self.card(&run, &report, notes, instruments));
        self.write(&model)?;
        std::fs::remove_file(&checkpoint).with_context(|| format!("cannot remove {}", checkpoint.display()))
    }

    fn load_data(&self, folder: &Path) -> Result<Dataset> {
        let bar = progress_bar("{bar:40} {pos}/{len} notes analysed, {eta} left");
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let options = LoadOptions { all_notes: self.all_notes, threads };
        let Loaded { data, problems, left_out } = load(folder, options, &analyse_note, &bar);
        bar.finish_and_clear();
        for problem in problems.iter().take(PROBLEMS_SHOWN) {
            println!("left out: {}: {}", problem.path.display(), problem.reason);
        }
        if problems.len() > PROBLEMS_SHOWN {
            println!("left out: {} more files", problems.len() - PROBLEMS_SHOWN);
        }
        if left_out > 0 {
            println!("{left_out} notes are kept for judging and were left out; --all-notes trains on them too");
        }
        ensure!(!data.instruments.is_empty(), "there is no usable note in {}", folder.display());
        Ok(data)
    }

    fn settings(&self) -> Settings {
        Settings {
            steps: self.steps.max(1),
            seed: self.seed,
            learning_rate: self.learning_rate,
            bands: self.bands,
            kl: self.kl,
            mixing: self.mixing,
            augmentation: self.augmentation,
            synthetic: self.synthetic_share,
            ..Settings::default()
        }
    }

    fn card(&self, run: &Run, report: &Report, notes: usize, instruments: usize) -> Card {
        let settings = run.settings();
        let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let synthetic = self.synthetic.as_ref().map(|folder| (file_name(folder), settings.synthetic));
        let synthetic = synthetic.map(|(folder, share)| format!(" --synthetic {folder} --synthetic-share {share}"));
        let synthetic = synthetic.unwrap_or_default();
        let command = format!(
            "zitherctl model train --data {} --out {} --steps {} --seed {} --learning-rate {} --bands {} --kl {} \
             --mixing {} --augmentation {}{synthetic}{}{}",
            file_name(&self.data),
            file_name(&self.out),
            settings.steps,
            settings.seed,
            settings.learning_rate,
            settings.bands,
            settings.kl,
            settings.mixing,
            settings.augmentation,
            if self.all_notes { " --all-notes" } else { "" },
            if self.leave_out_tenth { " --leave-out-tenth" } else { "" },
        );
        let mut figures = figures("training", &report.training);
        figures.extend(self::figures("validation, heard:", &report.validation.heard));
        figures.extend(self::figures("validation, known:", &report.validation.known));
        figures.insert("notes".to_owned(), notes as f64);
        figures.insert("instruments".to_owned(), instruments as f64);
        figures.insert("steps".to_owned(), report.best_step as f64);
        Card {
            name: self
                .name
                .clone()
                .unwrap_or_else(|| self.out.file_stem().unwrap_or_default().to_string_lossy().into()),
            sample_rate: ANALYSIS_RATE,
            training_data: self.statement.clone(),
            licence: self.licence.clone(),
            seed: settings.seed,
            command,
            figures,
        }
    }

    fn write(&self, model: &Model) -> Result<()> {
        let unfinished = self.out.with_extension("part");
        std::fs::write(&unfinished, model.to_bytes())
            .and_then(|()| std::fs::rename(&unfinished, &self.out))
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        println!("{} written: {}", self.out.display(), model.space.names.join(", "));
        Ok(())
    }
}

fn leave_out_tenth(data: &mut Dataset) -> Result<()> {
    let before = data.instruments.len();
    let mut kept = std::mem::take(&mut data.instruments);
    kept.retain(|instrument| !is_left_out(&instrument.name));
    // Made anew, for places without gaps.
    *data = Dataset::new(kept);
    let left_out = before - data.instruments.len();
    ensure!(left_out > 0 && left_out < before, "--leave-out-tenth needs folders as `zitherctl model notes` makes them");
    println!("{left_out} of {before} instruments are left out");
    Ok(())
}

fn progress_bar(template: &str) -> ProgressBar {
    ProgressBar::new(0).with_style(ProgressStyle::with_template(template).expect("a template"))
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_position(progress.step);
    if progress.step.is_multiple_of(50) {
        bar.set_message(terms(&progress.training));
    }
    if let Some(validation) = progress.validation {
        bar.suspend(|| {
            println!("{:>7}  training {}", progress.step, terms(&progress.training));
            println!("  validation heard {}", terms(&validation.heard));
            println!("  validation known {}", terms(&validation.known));
        });
    }
}

fn terms(terms: &Terms) -> String {
    format!(
        "partials {:.2} dB, noise {:.2} dB, bands {:.2} dB, pitch {:.2} ct, slots {:.1} ct, sway {:.3}, swings {:.3}, \
         KL {:.1}",
        terms.partials, terms.noise, terms.bands, terms.cents, terms.slots, terms.sway, terms.swings, terms.kl
    )
}

fn figures(of: &str, terms: &Terms) -> BTreeMap<String, f64> {
    let values = [
        ("partials, dB", terms.partials),
        ("noise, dB", terms.noise),
        ("bands, dB", terms.bands),
        ("pitch, cents", terms.cents),
        ("slots, cents", terms.slots),
        ("sway", terms.sway),
        ("vibrato and tremolo", terms.swings),
        ("divergence, nats", terms.kl),
    ];
    // Rounded, so that the file does not depend on the last bit of a sum.
    values.iter().map(|(name, value)| (format!("{of} {name}"), (value * 1_000.0).round() / 1_000.0)).collect()
}

fn print_report(report: &Report) {
    println!("training   {}", terms(&report.training));
    println!("validation, instruments heard by the encoder {}", terms(&report.validation.heard));
    println!("validation, instruments known by their place {}", terms(&report.validation.known));
    println!("validation was best at step {}", report.best_step);
    let per_step = 1_000.0 * report.seconds / report.steps.max(1) as f64;
    println!("{} steps in {:.0} s ({per_step:.1} ms each), {} skipped", report.steps, report.seconds, report.skipped);
    if report.stopped_early {
        println!("stopped early: validation got no better");
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::media::audio::{Depth, write_wav};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        train: Train,
    }

    /// Two instruments of three notes each, one of them for judging.
    fn record(folder: &Path, instruments: [&str; 2]) {
        for (instrument, overtone) in instruments.into_iter().zip([0.05_f32, 0.5]) {
            std::fs::create_dir_all(folder.join(instrument)).expect("a new folder");
            for (name, hz) in [("C4 v100", 261.63_f32), ("G4 v60", 392.0), ("p061_v084_h500", 277.18)] {
                let wave = |t: f32| (hz * t).sin() + overtone * (3.0 * hz * t).sin();
                let samples: Vec<f32> = (0..24_000)
                    .map(|i| i as f32 / 48_000.0)
                    .map(|t| 0.3 * (-4.0 * t).exp() * wave(std::f32::consts::TAU * t))
                    .collect();
                let path = folder.join(instrument).join(format!("{name}.wav"));
                write_wav(&path, &[&samples], ANALYSIS_RATE, Depth::Int24).expect("a new file");
            }
        }
    }

    #[test]
    fn a_model_without_the_tenth_is_trained_to_the_end() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        record(&data, ["piano_000_002", "piano_000_003"]);
        let out = folder.path().join("my.safetensors");
        let arguments = ["train".as_ref(), "--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()];
        let arguments = arguments.into_iter().chain(["--steps".as_ref(), "6".as_ref(), "--leave-out-tenth".as_ref()]);
        Command::parse_from(arguments).train.run().expect("it trains");
        let model = Model::open(&out).expect("a model");
        let names: Vec<_> = model.instruments.iter().map(|instrument| instrument.name.as_str()).collect();
        assert_eq!(names, ["piano_000_003"]);
    }

    #[test]
    fn a_folder_of_recordings_becomes_a_model_that_opens() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (data, synthetic) = (folder.path().join("data"), folder.path().join("synthetic"));
        record(&data, ["dull", "bright"]);
        record(&synthetic, ["made_dull", "made_bright"]);
        let out = folder.path().join("my.safetensors");
        let arguments = ["train".as_ref(), "--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()];
        let more = ["--steps".as_ref(), "4".as_ref(), "--synthetic".as_ref(), synthetic.as_os_str()];
        Command::parse_from(arguments.into_iter().chain(more)).train.run().expect("it trains");
        let model = Model::open(&out).expect("a model");
        let names: Vec<_> = model.instruments.iter().map(|instrument| instrument.name.as_str()).collect();
        assert_eq!((names, model.card.name.as_str()), (vec!["bright", "dull"], "my"));
        assert_eq!(model.card.figures["notes"], 4.0, "the note for judging is left out");
        assert!(model.card.command.contains("--synthetic synthetic --synthetic-share 0.2"), "{}", model.card.command);
        assert!(!out.with_extension("checkpoint").exists());
    }
}
