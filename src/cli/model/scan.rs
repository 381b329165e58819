//! `zitherctl model scan`: every instrument of a model over five octaves, and how smooth the space between them is.

mod latents;
mod levels;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use self::levels::{Note, Verdict};
use super::perform::Performer;
use crate::cli::parallel::in_parallel;
use crate::model::Instrument;

/// Most faulty notes that are printed; the list holds all.
const NOTES_SHOWN: usize = 40;
/// Largest 90th percentile, over pairs of instruments, of the largest step over the mean step between them.
const STEP_BAR: f32 = 2.0;
/// Least rank correlation of the latents' variance and their effect.
const ORDER_BAR: f32 = 0.9;

/// Plays every instrument of a model over five octaves and reports notes that fall out of line, and how smooth the
/// latent space is.
///
/// Keys 36 to 96, at velocity 100 each, at 30, 64 and 127 every third. A note's loudness is the K-weighted power of its
/// loudest 100 ms; it is held against the median of its neighbours within three keys at the same velocity.
#[derive(clap::Args)]
pub(in crate::cli) struct Scan {
    /// The model file [default: the factory model].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Every so many instruments only, for a quick look.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    every: u16,
    /// Pairs of instruments between which steps are measured.
    #[arg(long, default_value_t = 200)]
    pairs: usize,
    /// Instruments played at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// File for a list of all notes with their levels.
    #[arg(long, value_name = "CSV")]
    csv: Option<PathBuf>,
    /// Fail where a note falls out of line or the space is not smooth enough.
    #[arg(long)]
    check: bool,
}

impl Scan {
    pub(super) fn run(self) -> Result<()> {
        let performer = Performer::open(self.model.as_deref())?;
        let model = performer.model();
        ensure!(model.instruments.len() >= 2, "the model lists no two instruments");
        let faulty = self.levels(&model.instruments)?;
        let steps = latents::steps(model, self.pairs);
        let order = latents::order(model);
        println!("[scan:steps] largest_over_mean_p90={:.3} median={:.3} pairs={}", steps.p90, steps.median, self.pairs);
        println!("[scan:order] variance_effect_correlation={:.3} effects_db={}", order.correlation, order.effects());
        if self.check {
            ensure!(faulty == 0, "{faulty} notes fall out of line");
            ensure!(
                steps.p90 <= STEP_BAR,
                "steps between instruments are uneven: {:.2}, the bar is {STEP_BAR}",
                steps.p90
            );
            let correlation = order.correlation;
            ensure!(correlation >= ORDER_BAR, "latents are in no order: {correlation:.2}, the bar is {ORDER_BAR}");
        }
        Ok(())
    }

    /// Plays and prints; returns how many notes are faulty.
    fn levels(&self, instruments: &[Instrument]) -> Result<usize> {
        let chosen: Vec<&Instrument> = instruments.iter().step_by(usize::from(self.every)).collect();
        let open = || Performer::open(self.model.as_deref());
        let notes = in_parallel(self.jobs, "instruments", &chosen, open, |performer, instrument| {
            Ok(levels::scan(performer, &instrument.latent)
                .into_iter()
                .map(|note| (*instrument, note))
                .collect::<Vec<_>>())
        });
        let notes: Vec<(&Instrument, Note)> = notes?.into_iter().flatten().collect();
        if let Some(path) = &self.csv {
            write_csv(path, &notes)?;
        }
        Ok(print(&notes))
    }
}

/// Prints the notes furthest out of line, and counts; returns how many notes are faulty.
fn print(notes: &[(&Instrument, Note)]) -> usize {
    let mut faulty: Vec<_> = notes.iter().filter(|(_, note)| note.verdict != Verdict::Good).collect();
    faulty.sort_by(|(_, a), (_, b)| b.severity().total_cmp(&a.severity()));
    for (instrument, note) in faulty.iter().take(NOTES_SHOWN) {
        println!(
            "{:<28} {:<24} key {:>3} velocity {:>3}: {:<10} {:>6.1} dB, {:>+5.1} dB against its neighbours, peak {:.1} dB",
            instrument.name,
            instrument.program,
            note.key,
            note.velocity,
            note.verdict.name(),
            note.loudness,
            note.difference,
            note.peak_db,
        );
    }
    if faulty.len() > NOTES_SHOWN {
        println!("and {} more", faulty.len() - NOTES_SHOWN);
    }
    let mut line = format!("[scan:levels] notes={}", notes.len());
    for verdict in Verdict::FAULTS {
        let count = faulty.iter().filter(|(_, note)| note.verdict == verdict).count();
        line += &format!(" {}={count}", verdict.name());
    }
    let mut instruments: Vec<_> = faulty.iter().map(|(instrument, _)| &instrument.name).collect();
    instruments.sort_unstable();
    instruments.dedup();
    println!("{line} instruments={}", instruments.len());
    faulty.len()
}

fn write_csv(path: &Path, notes: &[(&Instrument, Note)]) -> Result<()> {
    let mut text = "instrument,key,velocity,loudness_db,difference_db,peak_db,verdict\n".to_owned();
    for (instrument, note) in notes {
        let Note { key, velocity, loudness, difference, peak_db, verdict } = note;
        let (name, verdict) = (&instrument.name, verdict.name());
        text += &format!("{name},{key},{velocity},{loudness:.2},{difference:.2},{peak_db:.2},{verdict}\n");
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
