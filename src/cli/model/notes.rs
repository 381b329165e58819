//! `zitherctl model notes`: training notes out of a soundfont.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use super::plan::{self, LONG_HOLD_MS};
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::audio::{Depth, write_wav};
use crate::media::fluidsynth::render_notes;
use crate::media::note::{NoteName, instrument_name};
use crate::media::soundfont::{SoundfontPreset, presets};

/// Renders notes of a soundfont's melodic presets with fluidsynth, as a training folder.
#[derive(clap::Args)]
pub(in crate::cli) struct Notes {
    /// The soundfont (SF2).
    #[arg(long, value_name = "FILE")]
    soundfont: PathBuf,
    /// Folder to write `<family>_<bank>_<program>/p060_v084_h2500.wav` into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Programs, such as 0-7,40. From 119 on, General MIDI has sound effects.
    #[arg(long, default_value = "0-118")]
    programs: NumberList,
    /// Banks. 128 holds the drum kits.
    #[arg(long, default_value = "0-127")]
    banks: NumberList,
    /// Pitches [default: the even ones from 24 to 96].
    #[arg(long)]
    pitches: Option<NumberList>,
    /// Velocities of the notes held for 2.5 s [default: two for each pitch, from 20 to 127].
    #[arg(long)]
    velocities: Option<NumberList>,
    /// Velocities of the notes held for a pseudo-random 0.15 to 1.2 s [default: one for each pitch].
    #[arg(long)]
    short_velocities: Option<NumberList>,
    /// Programs rendered at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Also render what is kept for judging a model: pitches congruent to 1 mod 4, velocities 70 and 104.
    #[arg(long)]
    judging: bool,
}

/// Peak below which a preset is taken to have no sound at a pitch.
const SILENT: f32 = 1e-4;

impl Notes {
    pub(super) fn run(self) -> Result<()> {
        let chosen = self.chosen_presets()?;
        ensure!(!chosen.is_empty(), "the soundfont has no preset in these banks and programs");
        let plans: Vec<_> = chosen.into_iter().map(|preset| (self.plan(&preset), preset)).collect();
        if let Some(note) = plans[0].0.iter().find(|note| note.is_for_judging() && !self.judging) {
            bail!("{note} is kept for judging models and must not be trained on; --judging renders it all the same");
        }
        let total: usize = plans.iter().map(|(notes, _)| notes.len()).sum();
        ensure!(total > 0, "no pitch or no velocity is chosen");
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} notes, {eta} left  {msg}").expect("a template");
        let bar = ProgressBar::new(total as u64).with_style(style);
        let (next, silent, failure) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(None));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, plans.len()) {
                scope.spawn(|| {
                    while let Some((notes, preset)) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                        bar.set_message(preset.name.clone());
                        match self.render(preset, notes) {
                            Ok(skipped) => _ = silent.fetch_add(skipped, Ordering::Relaxed),
                            Err(error) => {
                                next.store(plans.len(), Ordering::Relaxed);
                                failure.lock().expect("no thread panics").get_or_insert(error);
                            }
                        }
                        bar.inc(notes.len() as u64);
                    }
                });
            }
        });
        bar.finish_and_clear();
        if let Some(error) = failure.into_inner().expect("no thread panics") {
            return Err(error);
        }
        let silent = silent.into_inner();
        println!("{} notes of {} instruments in {}", total - silent, plans.len(), self.out.display());
        if silent > 0 {
            println!("{silent} notes are silent in this soundfont and were left out");
        }
        Ok(())
    }

    fn chosen_presets(&self) -> Result<Vec<SoundfontPreset>> {
        let chosen = |preset: &SoundfontPreset| {
            self.banks.0.contains(&u32::from(preset.bank)) && self.programs.0.contains(&u32::from(preset.program))
        };
        Ok(presets(&self.soundfont)?.into_iter().filter(chosen).collect())
    }

    /// The notes of one preset, the same at every run.
    fn plan(&self, preset: &SoundfontPreset) -> Vec<NoteName> {
        let list = |chosen: &Option<NumberList>, default: &[u8]| {
            let chosen = chosen.as_ref().map(|list| list.0.iter().map(|number| *number as u8).collect());
            chosen.unwrap_or_else(|| default.to_vec())
        };
        let mut notes = Vec::new();
        for pitch in list(&self.pitches, &plan::pitches().collect::<Vec<_>>()) {
            let long = list(&self.velocities, &plan::long_velocities(pitch));
            notes.extend(long.into_iter().map(|velocity| NoteName { pitch, velocity, hold_ms: LONG_HOLD_MS }));
            let short = list(&self.short_velocities, &[plan::short_velocity(pitch)]);
            notes.extend(short.into_iter().map(|velocity| {
                let seed = [preset.bank.into(), preset.program.into(), pitch.into(), velocity.into()];
                NoteName { pitch, velocity, hold_ms: short_hold_ms(seed) }
            }));
        }
        notes
    }

    /// Renders one preset unless all its files are there; tells how many notes were silent.
    fn render(&self, preset: &SoundfontPreset, notes: &[NoteName]) -> Result<usize> {
        let folder = self.out.join(instrument_name(preset.bank, preset.program));
        let path = |note: &NoteName| folder.join(format!("{note}.wav"));
        if notes.iter().all(|note| path(note).exists()) {
            return Ok(0);
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let rendered = render_notes(&self.soundfont, preset.bank, preset.program, notes)
            .with_context(|| format!("cannot render {} ({}:{})", preset.name, preset.bank, preset.program))?;
        let mut silent = 0;
        for (note, samples) in notes.iter().zip(&rendered) {
            silent += usize::from(!write_note(&path(note), samples)?);
        }
        Ok(silent)
    }
}

/// Writes a note that sounds; tells whether it does. 24 bits lie far below what analysis looks at, at two thirds of the
/// size of floats, which are kept for notes beyond full scale.
pub(super) fn write_note(path: &Path, samples: &[f32]) -> Result<bool> {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    if peak < SILENT {
        return Ok(false);
    }
    let depth = if peak < 1.0 { Depth::Int24 } else { Depth::Float32 };
    write_wav(path, &[samples], ANALYSIS_RATE, depth)?;
    Ok(true)
}

/// A hold of 150 to 1200 ms, evenly spread in log time, by a hash of the seed.
pub(super) fn short_hold_ms(seed: [u32; 4]) -> u32 {
    let hash = seed.iter().fold(0x9E37_79B9_7F4A_7C15_u64, |hash, &part| {
        // The finaliser of SplitMix64.
        let mixed = (hash ^ u64::from(part)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
    });
    let uniform = (hash >> 40) as f32 / (1_u64 << 24) as f32;
    (150.0 * 8.0_f32.powf(uniform)) as u32
}

/// Numbers 0 to 127 given as a list of numbers and ranges, such as `0-7,40`.
#[derive(Clone, Debug, PartialEq)]
struct NumberList(Vec<u32>);

impl FromStr for NumberList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.trim().parse() {
            Ok(number @ 0..=127) => Ok(number),
            _ => Err(format!("{text:?} is no number from 0 to 127")),
        };
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            numbers.extend(number(first)?..=number(last)?);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_read() {
        let list = |text: &str| text.parse::<NumberList>().map(|list| list.0);
        assert_eq!(list("0-3,40,2"), Ok(vec![0, 1, 2, 3, 40]));
        assert!(list("128").is_err() && list("a").is_err() && list("").is_err());
    }

    #[test]
    fn short_holds_spread_over_their_range() {
        let holds: Vec<_> = (0..1_000).map(|pitch| short_hold_ms([0, 1, pitch, 84])).collect();
        assert!(holds.iter().all(|hold| (150..=1_200).contains(hold)));
        let below_half_octaves = holds.iter().filter(|&&hold| hold < 424).count();
        assert!((430..570).contains(&below_half_octaves), "{below_half_octaves}");
    }
}
