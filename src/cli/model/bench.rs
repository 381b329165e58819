//! `zitherctl model bench`: how near a model comes to notes that its training never saw.
//!
//! In one run, on the same notes: the model, the oracle (analysis and tone without a model: the ceiling), and a
//! multisample sampler with the training's recordings (the bar).

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use super::perform::{Performance, Performer};
use super::plan::{LONG_HOLD_MS, nearest_recorded};
use super::report::{Measurement, print_report};
use super::resynth::SEED;
use super::sampler::play_sample;
use crate::analysis::analyse;
use crate::analysis::distance::distances;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::audio::{Depth, write_wav};
use crate::media::fluidsynth::render_notes;
use crate::media::note::{NoteName, instrument_name};
use crate::media::soundfont::{SoundfontPreset, presets};
use crate::synth::tone::{ToneFormat, resynthesise};

/// Largest mean log-mel distance of the model, in dB.
const MODEL_BAR: f32 = 5.0;
/// Largest mean log-mel distance of the oracle, in dB.
const ORACLE_BAR: f32 = 1.3;
/// Pitches that are judged: every fourth from here on.
const LOWEST_PITCH: u32 = 25;
const PITCHES: u32 = 18;
/// Velocities that are judged.
const VELOCITIES: [u8; 2] = [70, 104];
/// How long the notes are held that are not held long: one in three, so that their release counts.
const SHORT_HOLD_MS: std::ops::Range<u32> = 150..1_200;
/// Peak below which a preset is taken to have no sound at a pitch.
const SILENT: f32 = 1e-4;

/// Measures a model on notes that its training left out, beside the oracle and a multisample sampler.
#[derive(clap::Args)]
pub(in crate::cli) struct Bench {
    /// The model file [default: the factory model].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The soundfont that the model was trained on.
    #[arg(long, value_name = "FILE", default_value = "/usr/share/sounds/sf2/FluidR3_GM.sf2")]
    soundfont: PathBuf,
    /// Notes to judge, spread over all trained instruments.
    #[arg(long, default_value_t = 250)]
    notes: usize,
    /// Seed of the choice of notes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instruments measured at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Folder to keep the sounds in, for listening.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Fail where the model or the oracle is further off than it must be.
    #[arg(long)]
    check: bool,
}

/// The notes of one instrument.
struct Plan {
    preset: SoundfontPreset,
    notes: Vec<NoteName>,
}

impl Bench {
    pub(super) fn run(self) -> Result<()> {
        let plans = self.plans()?;
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} instruments, {eta} left").expect("a template");
        let bar = ProgressBar::new(plans.len() as u64).with_style(style);
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Ok(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, plans.len()) {
                scope.spawn(|| {
                    let performer = Performer::open(self.model.as_deref());
                    let mut worker = performer.map(|performer| Worker { bench: &self, performer });
                    while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let measured = match &mut worker {
                            Ok(worker) => worker.measure(plan),
                            Err(error) => Err(anyhow::anyhow!("{error:#}")),
                        };
                        let mut results = results.lock().expect("no thread panics");
                        match (measured, &mut *results) {
                            (Ok(measured), Ok(all)) => all.extend(measured),
                            (Err(error), Ok(_)) => *results = Err(error),
                            (_, Err(_)) => break,
                        }
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let mut measurements: Vec<Measurement> = results.into_inner().expect("no thread panics")?;
        ensure!(!measurements.is_empty(), "every note chosen is silent in this soundfont");
        measurements.sort_by(|a, b| a.name.cmp(&b.name));
        let [model, oracle, _] = print_report(&measurements);
        if self.check {
            ensure!(model.lmd <= MODEL_BAR, "the model is {:.2} dB off, the bar is {MODEL_BAR}", model.lmd);
            ensure!(oracle.lmd <= ORACLE_BAR, "the oracle is {:.2} dB off, the bar is {ORACLE_BAR}", oracle.lmd);
        }
        Ok(())
    }

    /// Every trained instrument that the soundfont has, each with as many notes as the others give or take one.
    fn plans(&self) -> Result<Vec<Plan>> {
        ensure!(self.notes > 0, "there is no note to judge");
        let performer = Performer::open(self.model.as_deref())?;
        let mut trained = presets(&self.soundfont)?;
        trained.retain(|preset| performer.instrument(&instrument_name(preset.bank, preset.program)).is_some());
        ensure!(!trained.is_empty(), "the model was trained on no instrument of {}", self.soundfont.display());
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let mut random = SplitMix(self.seed);
        let count = trained.len();
        let share = |index: usize| self.notes * (index + 1) / count - self.notes * index / count;
        let plans = trained.into_iter().enumerate();
        let plans = plans.map(|(index, preset)| Plan { preset, notes: choose(share(index), &mut random) });
        Ok(plans.filter(|plan| !plan.notes.is_empty()).collect())
    }
}

fn choose(count: usize, random: &mut SplitMix) -> Vec<NoteName> {
    let note = |_| {
        let pitch = (LOWEST_PITCH + 4 * random.below(PITCHES)) as u8;
        let velocity = VELOCITIES[random.below(VELOCITIES.len() as u32) as usize];
        let long = random.below(3) < 2;
        let short = SHORT_HOLD_MS.start + random.below(SHORT_HOLD_MS.end - SHORT_HOLD_MS.start);
        NoteName { pitch, velocity, hold_ms: if long { LONG_HOLD_MS } else { short } }
    };
    (0..count).map(note).collect()
}

/// The trained note that a sampler would play for this one.
fn recorded_for(note: NoteName) -> NoteName {
    nearest_recorded(note.pitch, note.velocity)
}

struct Worker<'a> {
    bench: &'a Bench,
    performer: Performer,
}

impl Worker<'_> {
    fn measure(&mut self, plan: &Plan) -> Result<Vec<Measurement>> {
        let SoundfontPreset { bank, program, .. } = plan.preset;
        let recorded = plan.notes.iter().map(|note| recorded_for(*note));
        let notes: Vec<NoteName> = plan.notes.iter().copied().chain(recorded).collect();
        let mut sounds = render_notes(&self.bench.soundfont, bank, program, &notes)?;
        let recordings = sounds.split_off(plan.notes.len());
        let instrument = instrument_name(bank, program);
        let mut measurements = Vec::new();
        for (note, (reference, recording)) in plan.notes.iter().zip(sounds.iter().zip(&recordings)) {
            if reference.iter().any(|sample| sample.abs() >= SILENT) {
                let name = format!("{instrument}_{note}");
                let played = self.play(&instrument, *note, reference, recording).with_context(|| name.clone())?;
                self.keep(&name, reference, &played)?;
                let family = instrument[..instrument.len() - 8].to_owned();
                let distances = played.map(|samples| distances(reference, &samples));
                measurements.push(Measurement { name, family, distances });
            }
        }
        Ok(measurements)
    }

    /// The note by the model, the oracle and the sampler.
    fn play(
        &mut self,
        instrument: &str,
        note: NoteName,
        reference: &[f32],
        recording: &[f32],
    ) -> Result<[Vec<f32>; 3]> {
        let latent = self.performer.instrument(instrument).context("it was trained on")?;
        let hold = (note.hold_ms * ANALYSIS_RATE / 1_000) as usize;
        let (velocity, length) = (f32::from(note.velocity), reference.len());
        let model = self.performer.play(&Performance { latent, key: note.pitch, velocity, hold, length });
        let analysed = analyse(reference, f32::from(note.pitch))?;
        let oracle = resynthesise(&analysed, &ToneFormat::new(ANALYSIS_RATE as f32), SEED, length);
        let semitones = f32::from(note.pitch) - f32::from(recorded_for(note).pitch);
        Ok([model, oracle, play_sample(recording, semitones, hold)])
    }

    fn keep(&self, name: &str, reference: &[f32], played: &[Vec<f32>; 3]) -> Result<()> {
        let Some(folder) = &self.bench.out else { return Ok(()) };
        let write = |kind: &str, samples: &[f32]| {
            let path: &Path = &folder.join(format!("{name}.{kind}.wav"));
            write_wav(path, &[samples], ANALYSIS_RATE, Depth::Float32)
        };
        write("ref", reference)?;
        for (kind, samples) in super::report::KINDS.iter().zip(played) {
            write(kind, samples)?;
        }
        Ok(())
    }
}

/// Random numbers for the choice of notes (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((mixed >> 32) * u64::from(limit)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judged_notes_were_kept_from_training_and_recorded_ones_were_not() {
        let notes = choose(2_000, &mut SplitMix(1));
        assert!(notes.iter().all(|note| note.is_for_judging() && (25..=93).contains(&note.pitch)));
        assert!(notes.iter().all(|note| !recorded_for(*note).is_for_judging()));
        for pitch in (25..=93).step_by(4) {
            let count = notes.iter().filter(|note| note.pitch == pitch).count();
            assert!((70..160).contains(&count), "pitch {pitch} was chosen {count} times");
        }
        let long = notes.iter().filter(|note| note.hold_ms == LONG_HOLD_MS).count();
        assert!((1_250..1_420).contains(&long), "{long}");
    }
}
