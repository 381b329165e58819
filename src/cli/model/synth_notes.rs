//! `zitherctl model synth-notes`: training notes of synthetic instruments.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::notes::{short_hold_ms, write_note};
use super::plan::{self, LONG_HOLD_MS};
use crate::cli::parallel::in_parallel;
use crate::media::note::NoteName;
use crate::train::random::Random;
use crate::train::synthetic::Instrument;

/// Makes synthetic instruments by code, free of anybody's rights, and renders notes of them as a training folder.
///
/// The same seed gives the same instruments, and each is the same however many there are.
#[derive(clap::Args)]
pub(in crate::cli) struct SynthNotes {
    /// Folder to write `<family>_syn_<number>/p060_v084_h2500.wav` into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Instruments.
    #[arg(long, default_value_t = 2_000)]
    instruments: usize,
    /// Notes of each; two in three are held for 2.5 s, the others for 0.15 to 1.2 s.
    #[arg(long, default_value_t = 6)]
    notes: usize,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instruments rendered at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// Milliseconds that are rendered after note-off: what training looks at.
const TAIL_MS: u32 = 700;

impl SynthNotes {
    pub(super) fn run(self) -> Result<()> {
        ensure!(self.instruments > 0 && self.notes > 0, "no instrument or no note is asked for");
        let numbers: Vec<usize> = (0..self.instruments).collect();
        in_parallel(self.jobs, "instruments", &numbers, || Ok(()), |(), number| self.render(*number))?;
        println!(
            "{} notes of {} instruments in {}",
            self.instruments * self.notes,
            self.instruments,
            self.out.display()
        );
        Ok(())
    }

    /// Renders one instrument unless all its files are there.
    fn render(&self, number: usize) -> Result<()> {
        let instrument = Instrument::new(self.seed, number);
        let folder = self.out.join(&instrument.name);
        let notes = choose(self.notes, instrument.pitches(), self.seed, number);
        let paths: Vec<PathBuf> = notes.iter().map(|note| folder.join(format!("{note}.wav"))).collect();
        if paths.iter().all(|path| path.exists()) {
            return Ok(());
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (path, samples) in paths.iter().zip(instrument.play(&notes, TAIL_MS)) {
            ensure!(write_note(path, &samples)?, "{} is silent", path.display());
        }
        Ok(())
    }
}

/// Notes of the training's plan, so that training can mix the instrument with one of a soundfont: spread over the
/// pitches that suit it, soft and loud by turns.
fn choose(count: usize, range: RangeInclusive<u8>, seed: u64, number: usize) -> Vec<NoteName> {
    let mut random = Random::new(seed.wrapping_add(1), number as u64);
    let pitches: Vec<u8> = plan::pitches().filter(|pitch| range.contains(pitch)).collect();
    let (long, loud_first) = (count - count / 3, random.below(2));
    let mut notes = BTreeSet::new();
    for i in 0..count {
        let (place, of) = if i < long { (i, long) } else { (i - long, count - long) };
        let part = (place as f32 + random.uniform()) / of as f32;
        let pitch = pitches[((part * pitches.len() as f32) as usize).min(pitches.len() - 1)];
        notes.insert(if i < long {
            let velocity = plan::long_velocities(pitch)[(i + loud_first) % 2];
            NoteName { pitch, velocity, hold_ms: LONG_HOLD_MS }
        } else {
            let hold_ms = short_hold_ms([number as u32, i as u32, pitch.into(), seed as u32]);
            NoteName { pitch, velocity: plan::short_velocity(pitch), hold_ms }
        });
    }
    notes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_spread_over_pitch_and_velocity_and_none_is_for_judging() {
        for number in 0..50 {
            let notes = choose(6, 30..=90, 1, number);
            assert!(notes.len() == 6 && notes.iter().all(|note| !note.is_for_judging()));
            let long: Vec<_> = notes.iter().filter(|note| note.hold_ms == LONG_HOLD_MS).collect();
            assert!(long.len() == 4 && long[0].pitch < 48 && long[3].pitch > 72, "{long:?}");
            assert_eq!(long.iter().filter(|note| note.velocity > 84).count(), 2);
        }
    }

    #[test]
    fn a_folder_is_filled_once_and_the_same_from_the_same_seed() {
        let make = |folder: &std::path::Path, seed| {
            let out = folder.to_owned();
            SynthNotes { out, instruments: 3, notes: 2, seed, jobs: 2 }.run().unwrap();
            let mut files: Vec<PathBuf> =
                std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            let files = files.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
            files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>()
        };
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let first = make(folders[0].path(), 1);
        assert_eq!(first.len(), 6);
        assert_eq!(make(folders[1].path(), 1), first);
        assert_ne!(make(folders[2].path(), 2), first);
        let kept = folders[0].path().join("fm_syn_0000");
        let changed = || std::fs::metadata(&kept).unwrap().modified().unwrap();
        let before = changed();
        make(folders[0].path(), 1);
        assert_eq!(changed(), before);
    }
}
