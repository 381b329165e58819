//! The last seconds of a stream as a picture, against which hypotheses are verified.

use super::axis::{ROWS, STEPS_PER_ROW, TICKS_PER_FRAME};
use super::peaks::Peak;
use super::spectrum::Relief;

/// Frames that are remembered: a power of two, 16.4 s.
pub const FRAMES: usize = 1_024;
/// Levels per octave of power.
pub const LEVELS: f32 = 16.0;
/// Levels that a peak at the place of a peak is worth: three octaves of power.
const PEAK_FITS: u32 = 48;
/// The level of what stands out by nothing.
const ZERO: f32 = 64.0;

/// Ticks, and steps, from a place to the peak that is nearest to it: from `-REACH` to `REACH - 1`.
const REACH: i32 = 3;

/// What is remembered of a place: both in one, because both are asked for at once, all over the picture.
#[derive(Clone, Copy)]
struct Cell {
    level: u8,
    /// Where a peak lies, as seen from here if it is no farther than beside; 0 where there is none.
    mark: u8,
}

/// A ring of reliefs in 8 bits.
pub struct History {
    cells: Vec<[Cell; ROWS]>,
    /// Peaks of each frame.
    peaks: Vec<u8>,
    sounds: Vec<bool>,
    frames: usize,
}

impl Default for History {
    fn default() -> Self {
        Self {
            cells: vec![[Cell { level: ZERO as u8, mark: 0 }; ROWS]; FRAMES],
            peaks: vec![0; FRAMES],
            sounds: vec![false; FRAMES],
            frames: 0,
        }
    }
}

impl History {
    /// Remembers the next frame; `None` is silence.
    pub fn push(&mut self, relief: Option<&Relief>) {
        self.sounds[self.frames % FRAMES] = relief.is_some();
        let frame = &mut self.cells[self.frames % FRAMES];
        match relief {
            None => frame.iter_mut().for_each(|cell| cell.level = ZERO as u8),
            Some(relief) => {
                frame.iter_mut().zip(relief).for_each(|(cell, value)| cell.level = (value * LEVELS + ZERO) as u8);
            }
        }
        // The place of the frame after next, which no peak has touched yet.
        self.cells[(self.frames + 2) % FRAMES].iter_mut().for_each(|cell| cell.mark = 0);
        self.peaks[(self.frames + 2) % FRAMES] = 0;
        self.frames += 1;
    }

    /// Remembers a peak of a frame that is remembered.
    pub fn mark(&mut self, peak: &Peak) {
        let frame = (peak.tick + TICKS_PER_FRAME / 2) / TICKS_PER_FRAME;
        let row = (usize::from(peak.step) + STEPS_PER_ROW / 2) / STEPS_PER_ROW;
        let count = &mut self.peaks[frame as usize % FRAMES];
        *count = count.saturating_add(1);
        for at in frame.saturating_sub(1)..=frame + 1 {
            for row in row.saturating_sub(1)..=(row + 1).min(ROWS - 1) {
                let ticks = peak.tick as i32 - (at * TICKS_PER_FRAME) as i32;
                let steps = i32::from(peak.step) - (row * STEPS_PER_ROW) as i32;
                let mark = &mut self.cells[at as usize % FRAMES][row].mark;
                if unpacked(*mark).is_none_or(|(old, other)| ticks.abs() + steps.abs() < old.abs() + other.abs()) {
                    *mark = packed(ticks, steps);
                }
            }
        }
    }

    /// Ticks and steps from the middle of a place to the peak at it or beside it, if there is one.
    #[must_use]
    pub fn peak_at(&self, frame: usize, row: usize) -> Option<(i32, i32)> {
        unpacked(self.cells[frame % FRAMES][row].mark)
    }

    /// Peaks of frames that are remembered.
    #[must_use]
    pub fn peaks(&self, frames: std::ops::Range<usize>) -> u32 {
        frames.map(|frame| u32::from(self.peaks[frame % FRAMES])).sum()
    }

    /// How well a peak fits here: the level, and more where the stream has a peak as well.
    #[must_use]
    pub fn fit(&self, frame: usize, row: usize) -> u32 {
        let (level, is_peak) = self.at(frame, row);
        u32::from(level) + PEAK_FITS * u32::from(is_peak)
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

    /// The level of a place that is remembered, and whether a peak is there or beside it.
    #[must_use]
    pub fn at(&self, frame: usize, row: usize) -> (u8, bool) {
        let cell = self.cells[frame % FRAMES][row];
        (cell.level, cell.mark > 0)
    }
}

fn packed(ticks: i32, steps: i32) -> u8 {
    (1 + (ticks + REACH) * 2 * REACH + steps + REACH) as u8
}

fn unpacked(mark: u8) -> Option<(i32, i32)> {
    let place = i32::from(mark) - 1;
    (place >= 0).then_some((place / (2 * REACH) - REACH, place % (2 * REACH) - REACH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_seen_from_the_places_beside_it_and_from_no_others() {
        let mut history = History::default();
        (0..8).for_each(|_| history.push(None));
        let peak = Peak { tick: 9, step: 101 };
        history.mark(&peak);
        let seen = |frame: usize, row: usize| {
            history.peak_at(frame, row).map(|(ticks, steps)| (2 * frame as i32 + ticks, 2 * row as i32 + steps))
        };
        for (frame, row) in [(4, 50), (4, 52), (5, 51), (6, 50), (6, 52)] {
            assert_eq!(seen(frame, row), Some((9, 101)), "{frame} {row}");
        }
        for (frame, row) in [(3, 51), (7, 51), (5, 49), (5, 53)] {
            assert_eq!(seen(frame, row), None, "{frame} {row}");
        }
        assert_eq!((history.peaks(0..8), history.peaks(0..5)), (1, 0));
    }
}
