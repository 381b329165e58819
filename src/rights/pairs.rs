//! Pairs of peaks: small constellations that are found again by their shape.
//!
//! A pair has a *shape*, its distance in frequency and in time, and a place: the pitch and the time of its first peak. The
//! index keeps one row per shape, sorted by pitch and then time, so that one search finds a shape at every transposition
//! of a range. After A. Wang, "An Industrial-Strength Audio Search Algorithm" (ISMIR 2003), with the roles of hash and
//! place exchanged for frequency.

use super::peaks::Peak;

/// Largest distance in frequency between the peaks of a pair, in steps: an octave.
pub const MAX_STEPS: i32 = 120;
/// Frequency steps that share a shape.
pub const STEPS_PER_SHAPE: i32 = 2;
/// Shapes along frequency, from an octave down to an octave up.
pub const INTERVALS: usize = (2 * MAX_STEPS / STEPS_PER_SHAPE) as usize + 1;
/// Smallest distance in time between the peaks of a pair, in ticks (48 ms).
pub const MIN_TICKS: u32 = 6;
/// Smallest distance in time that is no longer a pair's, in ticks (1.6 s).
pub const END_TICKS: u32 = 200;
/// Ticks that share a shape.
pub const TICKS_PER_SHAPE: u32 = 2;
/// Shapes along time.
pub const DURATIONS: usize = ((END_TICKS - MIN_TICKS) / TICKS_PER_SHAPE) as usize;
/// Number of shapes, and so of rows in an index.
pub const SHAPES: usize = INTERVALS * DURATIONS;

/// Pairs that begin at each peak of a track in an index.
pub const INDEX_FAN: usize = 6;
/// To be raised whenever the same audio gives other peaks or pairs: an index made with another revision is refused.
pub const REVISION: u32 = 1;

/// Two peaks, the first one earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The earlier peak.
    pub first: Peak,
    /// Steps from the first peak up to the second: `-MAX_STEPS..=MAX_STEPS`.
    pub interval: i32,
    /// Ticks from the first peak to the second: `MIN_TICKS..END_TICKS`.
    pub duration: u32,
}

/// The row of a distance in frequency (steps); `None` beyond the range.
#[must_use]
pub fn interval_row(interval: i32) -> Option<usize> {
    let row = (interval + MAX_STEPS + STEPS_PER_SHAPE / 2).div_euclid(STEPS_PER_SHAPE);
    usize::try_from(row).ok().filter(|&row| row < INTERVALS)
}

/// The row of a distance in time (ticks); `None` beyond the range.
#[must_use]
pub fn duration_row(duration: u32) -> Option<usize> {
    (MIN_TICKS..END_TICKS).contains(&duration).then(|| ((duration - MIN_TICKS) / TICKS_PER_SHAPE) as usize)
}

/// The shape of two rows: `0..SHAPES`.
#[must_use]
pub const fn shape(interval_row: usize, duration_row: usize) -> usize {
    interval_row * DURATIONS + duration_row
}

impl Pair {
    /// The pair of two peaks; `None` where they are too near or too far in time or frequency, or the second is earlier.
    #[must_use]
    pub fn of(first: Peak, second: Peak) -> Option<Self> {
        let duration = second.tick.checked_sub(first.tick)?;
        let interval = i32::from(second.step) - i32::from(first.step);
        let fits = (MIN_TICKS..END_TICKS).contains(&duration) && interval.abs() <= MAX_STEPS;
        fits.then_some(Self { first, interval, duration })
    }

    /// The row of an index in which this pair stands.
    #[must_use]
    pub fn shape(&self) -> Option<usize> {
        Some(shape(interval_row(self.interval)?, duration_row(self.duration)?))
    }
}

/// Calls `each` with the pairs that end at `peaks[second]`: those with the `fan` peaks before it that lie within
/// `END_TICKS` and an octave, the latest first. `peaks` are about in order of time.
pub fn to_peak(peaks: &[Peak], second: usize, fan: usize, mut each: impl FnMut(&Pair)) {
    let pairs = peaks[..second].iter().rev().filter_map(|first| Pair::of(*first, peaks[second]));
    pairs.take(fan).for_each(|pair| each(&pair));
}

/// Calls `each` with the pairs that begin at `peaks[first]`: those with the next `fan` peaks (in order of time) that lie
/// within `END_TICKS` and an octave. `peaks` are in order of time.
pub fn from_peak(peaks: &[Peak], first: usize, fan: usize, each: impl FnMut(Pair)) {
    let zone = peaks[first + 1..].iter().take_while(|second| second.tick - peaks[first].tick < END_TICKS);
    zone.filter_map(|second| Pair::of(peaks[first], *second)).take(fan).for_each(each);
}
