//! The last seconds of a stream as a picture, against which hypotheses are verified.

use super::axis::{ROWS, STEPS_PER_ROW, TICKS_PER_FRAME};
use super::peaks::Peak;
use super::spectrum::Relief;

/// Frames that are remembered: a power of two, 16.4 s.
pub const FRAMES: usize = 1_024;
/// Levels per octave of power.
const LEVELS: f32 = 16.0;
/// Levels that a peak at the place of a peak is worth: three octaves of power.
const PEAK_FITS: u32 = 48;
/// The level of what stands out by nothing.
const ZERO: f32 = 64.0;

/// A ring of reliefs in 8 bits.
pub struct History {
    levels: Vec<[u8; ROWS]>,
    marks: Vec<[u8; ROWS]>,
    sounds: Vec<bool>,
    frames: usize,
}

impl Default for History {
    fn default() -> Self {
        Self {
            levels: vec![[ZERO as u8; ROWS]; FRAMES],
            marks: vec![[0; ROWS]; FRAMES],
            sounds: vec![false; FRAMES],
            frames: 0,
        }
    }
}

impl History {
    /// Remembers the next frame; `None` is silence.
    pub fn push(&mut self, relief: Option<&Relief>) {
        self.sounds[self.frames % FRAMES] = relief.is_some();
        let frame = &mut self.levels[self.frames % FRAMES];
        match relief {
            None => frame.fill(ZERO as u8),
            Some(relief) => {
                frame.iter_mut().zip(relief).for_each(|(level, value)| *level = (value * LEVELS + ZERO) as u8);
            }
        }
        // The place of the frame after next, which no peak has touched yet.
        self.marks[(self.frames + 2) % FRAMES].fill(0);
        self.frames += 1;
    }

    /// Remembers a peak of a frame that is remembered.
    pub fn mark(&mut self, peak: &Peak) {
        let frame = (peak.tick + TICKS_PER_FRAME / 2) / TICKS_PER_FRAME;
        let row = (usize::from(peak.step) + STEPS_PER_ROW / 2) / STEPS_PER_ROW;
        for at in frame.saturating_sub(1)..=frame + 1 {
            for row in row.saturating_sub(1)..=(row + 1).min(ROWS - 1) {
                self.marks[at as usize % FRAMES][row] = 1;
            }
        }
    }

    /// How well a peak fits here: the level, and more where the stream has a peak as well.
    #[must_use]
    pub fn fit(&self, frame: usize, row: usize) -> u32 {
        u32::from(self.level(frame, row)) + PEAK_FITS * u32::from(self.marked(frame, row))
    }

    /// 1 at a peak or beside it, 0 elsewhere.
    #[must_use]
    pub fn marked(&self, frame: usize, row: usize) -> u8 {
        self.marks[frame % FRAMES][row]
    }

    /// The frames that are remembered.
    #[must_use]
    pub fn frames(&self) -> std::ops::Range<usize> {
        self.frames.saturating_sub(FRAMES)..self.frames
    }

    /// Whether a frame is remembered and was no silence.
    #[must_use]
    pub fn sounds(&self, frame: usize) -> bool {
        self.frames().contains(&frame) && self.sounds[frame % FRAMES]
    }

    /// The level of a place that is remembered.
    #[must_use]
    pub fn level(&self, frame: usize, row: usize) -> u8 {
        self.levels[frame % FRAMES][row]
    }
}
