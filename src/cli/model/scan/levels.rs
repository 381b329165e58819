//! The loudness of every note of an instrument against its neighbours'.

use std::ops::RangeInclusive;

use super::super::perform::{Performance, Performer};
use crate::analysis::frames::ANALYSIS_RATE;
use crate::analysis::loudness::note_loudness;
use crate::model::latent::Latent;

/// Five octaves.
const KEYS: RangeInclusive<u8> = 36..=96;
/// What is played: with neighbours on either side of the outermost keys.
const PLAYED: RangeInclusive<u8> = *KEYS.start() - NEAR..=*KEYS.end() + NEAR;
/// Velocities, and how many keys lie between two notes that are played at each.
const VELOCITIES: [(u8, usize); 4] = [(30, 3), (64, 3), (100, 1), (127, 3)];
/// Neighbours lie within so many keys.
const NEAR: u8 = 3;
/// How far above and below its neighbours a note may lie, in dB.
const LOUDEST: f32 = 3.0;
const QUIETEST: f32 = -12.0;
/// Below this a note counts as silent, in dB: 40 dB under the softest note of a usual instrument.
const SILENT: f32 = -75.0;
/// Peak above which a single note clips even after the plugin's default gain, in dB re full scale.
const CLIPS: f32 = 4.0;
/// A note is held, and heard after its release, for so many samples.
const HOLD: usize = ANALYSIS_RATE as usize * 6 / 10;
const RELEASE: usize = ANALYSIS_RATE as usize * 3 / 10;

/// Whether a note is in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    NotFinite,
    Clips,
    Silent,
    Loud,
    Quiet,
}

impl Verdict {
    pub(super) const FAULTS: [Self; 5] = [Self::NotFinite, Self::Clips, Self::Silent, Self::Loud, Self::Quiet];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotFinite => "not_finite",
            Self::Clips => "clips",
            Self::Silent => "silent",
            Self::Loud => "loud",
            Self::Quiet => "quiet",
        }
    }
}

/// One note that was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    pub(super) key: u8,
    pub(super) velocity: u8,
    /// K-weighted, in dB.
    pub(super) loudness: f32,
    /// Against the median of its neighbours, in dB.
    pub(super) difference: f32,
    /// Highest sample in dB re full scale.
    pub(super) peak_db: f32,
    pub(super) verdict: Verdict,
}

impl Note {
    /// How far out of line the note is, for the order of a list.
    pub(super) fn severity(&self) -> f32 {
        match self.verdict {
            Verdict::Good => 0.0,
            Verdict::NotFinite => f32::INFINITY,
            Verdict::Clips => 1_000.0 + self.peak_db,
            Verdict::Silent => 500.0 - self.difference.max(-400.0),
            Verdict::Loud => self.difference - LOUDEST,
            Verdict::Quiet => QUIETEST - self.difference,
        }
    }

    fn played(key: u8, velocity: u8, samples: &[f32]) -> Self {
        let peak = samples
            .iter()
            .fold(0.0_f32, |peak, sample| if sample.is_nan() { f32::NAN } else { peak.max(sample.abs()) });
        let is_finite = samples.iter().all(|sample| sample.is_finite());
        let loudness = if is_finite { note_loudness(samples).max(-200.0) } else { f32::NAN };
        Self { key, velocity, loudness, difference: 0.0, peak_db: 20.0 * peak.log10(), verdict: Verdict::Good }
    }
}

/// Plays an instrument over [`KEYS`] and [`VELOCITIES`].
pub(super) fn scan(performer: &Performer, latent: &Latent) -> Vec<Note> {
    let mut all = Vec::new();
    for (velocity, step) in VELOCITIES {
        let note = |key: u8| {
            let velocity_of_note = f32::from(velocity);
            let length = HOLD + RELEASE;
            let note = Performance { latent: *latent, key, velocity: velocity_of_note, hold: HOLD, length };
            Note::played(key, velocity, &performer.play(&note))
        };
        let mut notes: Vec<Note> = PLAYED.step_by(step).map(note).collect();
        judge(&mut notes);
        all.extend(notes.into_iter().filter(|note| KEYS.contains(&note.key)));
    }
    all
}

/// Compares the notes of one velocity with each other.
fn judge(notes: &mut [Note]) {
    for index in 0..notes.len() {
        let key = notes[index].key;
        let near = notes.iter().filter(|other| other.key != key && other.key.abs_diff(key) <= NEAR);
        let near: Vec<f32> = near.map(|other| other.loudness).filter(|loudness| loudness.is_finite()).collect();
        let note = &mut notes[index];
        note.difference = note.loudness - median(near).unwrap_or(note.loudness);
        note.verdict = if !note.loudness.is_finite() || !note.peak_db.is_finite() && note.loudness > SILENT {
            Verdict::NotFinite
        } else if note.peak_db > CLIPS {
            Verdict::Clips
        } else if note.loudness < SILENT {
            Verdict::Silent
        } else if note.difference > LOUDEST {
            Verdict::Loud
        } else if note.difference < QUIETEST {
            Verdict::Quiet
        } else {
            Verdict::Good
        };
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { 0.5 * (values[middle - 1] + upper) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes on all keys whose amplitudes are given.
    fn notes(amplitude: impl Fn(u8) -> f32) -> Vec<Note> {
        let tone = |key: u8| (0..9_600).map(|i| amplitude(key) * (i as f32 * 0.1).sin()).collect::<Vec<f32>>();
        let mut notes: Vec<Note> = KEYS.map(|key| Note::played(key, 100, &tone(key))).collect();
        judge(&mut notes);
        notes
    }

    fn faults(amplitude: impl Fn(u8) -> f32) -> Vec<(u8, Verdict)> {
        let notes = notes(amplitude);
        notes.iter().filter(|note| note.verdict != Verdict::Good).map(|note| (note.key, note.verdict)).collect()
    }

    #[test]
    fn a_slope_of_levels_is_in_line() {
        assert_eq!(faults(|key| 0.3 * 0.97_f32.powi(i32::from(key))), []);
    }

    #[test]
    fn each_fault_is_told_by_its_name() {
        let but = |key: u8, amplitude: f32| move |k: u8| if k == key { amplitude } else { 0.1 };
        assert_eq!(faults(but(60, 0.15)), [(60, Verdict::Loud)]);
        assert_eq!(faults(but(60, 0.13)), []);
        assert_eq!(faults(but(60, 0.02)), [(60, Verdict::Quiet)]);
        assert_eq!(faults(but(60, 0.03)), []);
        assert_eq!(faults(but(36, 0.0)), [(36, Verdict::Silent)]);
        assert_eq!(faults(but(96, 3.0)), [(96, Verdict::Clips)]);
        assert_eq!(faults(but(60, f32::NAN)), [(60, Verdict::NotFinite)]);
        assert_eq!(faults(but(60, f32::INFINITY)), [(60, Verdict::NotFinite)]);
    }

    #[test]
    fn an_instrument_of_the_factory_model_is_played_over_all_keys() {
        let performer = Performer::open(None).unwrap();
        let notes = scan(&performer, &performer.model().instruments[0].latent);
        assert_eq!(notes.len(), 61 + 3 * 21);
        let loudness = |velocity: u8| notes.iter().find(|n| (n.key, n.velocity) == (60, velocity)).unwrap().loudness;
        assert!(loudness(127) > loudness(64) && loudness(64) > loudness(30));
    }
}
