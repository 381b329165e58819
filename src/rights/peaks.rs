//! Spectral peaks: what is remembered of a piece of music.

use super::axis::{ROWS, STEPS_PER_ROW, TICKS_PER_FRAME};
use super::spectrum::Relief;

/// A point of the spectrogram that stands out from its neighbours in time and frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// Time, in [ticks](super::axis::TICKS_PER_SECOND) from the start of the stream.
    pub tick: u32,
    /// Frequency, in [steps](super::axis::STEPS_PER_OCTAVE) above [`LOWEST_HZ`](super::axis::LOWEST_HZ); below
    /// [`STEPS`](super::axis::STEPS).
    pub step: u16,
}

/// Frames to each side within which a peak is the highest (64 ms).
const FRAMES: usize = 4;
/// Rows to each side within which a peak is the highest.
const SIDE: usize = 3;
/// Frames that are held.
const HELD: usize = 2 * FRAMES + 1;
/// Frames by which a peak is known after its own.
pub const LOOK_AHEAD: usize = FRAMES;

/// How many peaks are picked.
#[derive(Clone, Copy, Debug)]
pub struct Density {
    /// What stands out by less than this is no peak (octaves of power).
    pub least: f32,
    /// How fast a peak's shadow fades, per frame (octaves of power).
    pub fade: f32,
    /// How wide a peak's shadow is: it falls by one octave of power at this distance in rows.
    pub width: f32,
}

impl Density {
    /// For the index: some 35 peaks a second.
    pub const INDEX: Self = Self { least: 2.2, fade: 0.024, width: 8.0 };
    /// For what is asked: half as many again, so that what other sounds cover leaves enough.
    pub const QUERY: Self = Self { least: 2.0, fade: 0.03, width: 6.0 };
}

/// Picks peaks from reliefs as they come, each [`LOOK_AHEAD`] frames later. A peak casts a shadow that fades, as masking
/// does in the ear, so that attacks are preferred to what follows them. After D. Ellis, "Robust Landmark-Based Audio
/// Fingerprinting" (2009).
pub struct Picker {
    density: Density,
    held: Vec<Relief>,
    shadow: Relief,
    frames: usize,
}

impl Picker {
    /// Before the first frame.
    #[must_use]
    pub fn new(density: Density) -> Self {
        Self { density, held: vec![[0.0; ROWS]; HELD], shadow: [0.0; ROWS], frames: 0 }
    }

    /// Takes the next frame (`None` is silence); calls `found` with the peaks of the frame that came [`LOOK_AHEAD`] frames before.
    pub fn push(&mut self, relief: Option<&Relief>, mut found: impl FnMut(Peak)) {
        match relief {
            Some(relief) => self.held[self.frames % HELD] = *relief,
            None => self.held[self.frames % HELD].fill(0.0),
        }
        self.frames += 1;
        let Some(centre) = self.frames.checked_sub(1 + FRAMES) else { return };
        let fade = self.density.fade;
        self.shadow.iter_mut().for_each(|shadow| *shadow -= fade);
        for row in SIDE..ROWS - SIDE {
            let height = self.held[centre % HELD][row];
            if height >= self.density.least && height > self.shadow[row] && self.is_highest(centre, row) {
                found(self.refine(centre, row));
                self.cast_shadow(row, height);
            }
        }
    }

    fn is_highest(&self, centre: usize, row: usize) -> bool {
        let own = &self.held[centre % HELD];
        let height = own[row];
        // Of equals the first is the peak.
        if own[row - SIDE..row].iter().any(|&other| other >= height)
            || own[row + 1..=row + SIDE].iter().any(|&other| other > height)
        {
            return false;
        }
        (1..=FRAMES).all(|away| {
            let before = centre.checked_sub(away).map_or(&[][..], |at| &self.held[at % HELD][row - 1..=row + 1]);
            let after = &self.held[(centre + away) % HELD][row - 1..=row + 1];
            before.iter().all(|&other| other < height) && after.iter().all(|&other| other <= height)
        })
    }

    fn refine(&self, centre: usize, row: usize) -> Peak {
        let at = |frame: usize, row: usize| self.held[frame % HELD][row];
        let height = at(centre, row);
        let between = |before: f32, after: f32| {
            let bend = 2.0 * height - before - after;
            if bend > 1e-6 { (0.5 * (after - before) / bend).clamp(-0.5, 0.5) } else { 0.0 }
        };
        let in_time = if centre == 0 { 0.0 } else { between(at(centre - 1, row), at(centre + 1, row)) };
        let in_frequency = between(at(centre, row - 1), at(centre, row + 1));
        Peak {
            tick: ((centre as f32 + in_time) * TICKS_PER_FRAME as f32).round().max(0.0) as u32,
            step: ((row as f32 + in_frequency) * STEPS_PER_ROW as f32).round() as u16,
        }
    }

    fn cast_shadow(&mut self, row: usize, height: f32) {
        let narrow = 1.0 / (self.density.width * self.density.width);
        let reach = (height.max(1.0).sqrt() * self.density.width) as usize + 1;
        let (first, end) = (row.saturating_sub(reach), (row + reach + 1).min(ROWS));
        for (other, shadow) in self.shadow.iter_mut().enumerate().take(end).skip(first) {
            let away = other.abs_diff(row) as f32;
            *shadow = shadow.max(height - away * away * narrow);
        }
    }
}
