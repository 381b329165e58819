//! What the tests of the index share: dice, and music made of them.

use super::super::axis::STEPS;
use super::super::peaks::Peak;
use super::NewTrack;
use crate::dsp::random::hash;

/// Random numbers, the same ones for the same seed.
pub(super) struct Dice {
    seed: u32,
    thrown: u32,
}

impl Dice {
    pub(super) fn new(seed: u32) -> Self {
        Self { seed, thrown: 0 }
    }

    pub(super) fn next(&mut self) -> u32 {
        self.thrown += 1;
        hash(self.seed, self.thrown)
    }

    pub(super) fn wide(&mut self) -> u64 {
        u64::from(self.next()) << 32 | u64::from(self.next())
    }

    /// A number in `0..end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.wide() as usize % end
    }

    /// `count` peaks at 40 a second, in order of time.
    pub(super) fn peaks(&mut self, count: usize) -> Vec<Peak> {
        let mut tick = 0;
        let mut peak = || {
            tick += self.below(7) as u32;
            Peak { tick, step: self.below(STEPS) as u16 }
        };
        (0..count).map(|_| peak()).collect()
    }
}

/// A track that was never played.
pub(super) struct Music {
    pub(super) id: String,
    pub(super) about: String,
    pub(super) peaks: Vec<Peak>,
    pub(super) digest: [u8; 32],
}

impl Music {
    pub(super) fn new(dice: &mut Dice, number: usize, peaks: usize) -> Self {
        let peaks = dice.peaks(peaks);
        let mut hasher = blake3::Hasher::new();
        for peak in &peaks {
            hasher.update(&peak.tick.to_le_bytes()).update(&peak.step.to_le_bytes());
        }
        Self {
            id: format!("track-{number}"),
            about: format!("{{\"title\":\"Number {number}\"}}"),
            peaks,
            digest: *hasher.finalize().as_bytes(),
        }
    }

    pub(super) fn track(&self) -> NewTrack<'_> {
        NewTrack {
            id: &self.id,
            about: &self.about,
            digest: self.digest,
            ticks: self.peaks.last().map_or(0, |last| last.tick) + 10,
            peaks: &self.peaks,
        }
    }
}
