//! What a sound is asked to play.

use std::ops::RangeInclusive;

use crate::analysis::frames::{ANALYSIS_RATE, pitch_hz};
use crate::media::note::NoteName;
use crate::train::random::Random;

/// Samples per second of everything here.
pub(super) const RATE: f32 = ANALYSIS_RATE as f32;
/// Highest frequency that is made, in Hz.
pub(super) const HIGHEST_HZ: f32 = 20_000.0;
/// Samples between two looks at slow parameters: filters, pitch.
pub(super) const CONTROL: usize = 16;

/// A sound of one family with all its parameters.
pub(super) trait Sound: Send + Sync {
    /// Lowest and highest pitch that suit it.
    fn pitches(&self) -> RangeInclusive<u8>;
    /// Plays a note, of any level.
    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32>;
}

/// One note in the units of the generators.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strike {
    /// Fundamental in Hz.
    pub(super) hz: f32,
    /// Octaves above middle C.
    pub(super) octave: f32,
    /// Velocity, above 0 and up to 1.
    pub(super) effort: f32,
    /// Samples until note-off.
    pub(super) hold: usize,
    /// Samples in all.
    pub(super) length: usize,
}

impl Strike {
    pub(super) fn new(note: &NoteName, tail_ms: u32) -> Self {
        let samples = |ms: u32| (ms as usize * ANALYSIS_RATE as usize) / 1_000;
        let pitch = f32::from(note.pitch);
        Self {
            hz: pitch_hz(pitch),
            octave: (pitch - 60.0) / 12.0,
            effort: f32::from(note.velocity.max(1)) / 127.0,
            hold: samples(note.hold_ms),
            length: samples(note.hold_ms + tail_ms),
        }
    }

    /// The samples of the note in stretches of [`CONTROL`], with the time in seconds at which each begins.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (f32, usize)> {
        let length = self.length;
        (0..length).step_by(CONTROL).map(move |start| (start as f32 / RATE, CONTROL.min(length - start)))
    }
}
