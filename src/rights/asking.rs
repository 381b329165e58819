//! Asks an index for pairs of peaks as they may be after a change of speed, pitch or tempo.
//!
//! The index knows its music at one speed; every change is tried on the side of what is heard. A shape's row is sorted by
//! pitch, so all transpositions of a shape are one search.

use super::axis::{STEPS, STEPS_PER_OCTAVE};
use super::index::Index;
use super::pairs::{self, DURATIONS, MAX_STEPS, MIN_TICKS, Pair, TICKS_PER_SHAPE};
use super::votes::{Candidate, Hypothesis, Votes};

/// Steps by which a pair's interval may be off.
const INTERVAL_ERROR: i32 = 1;
/// Ticks by which a pair's duration may be off.
const DURATION_ERROR: f32 = 2.0;
/// The same where tempo and pitch are free of each other, and so each hit speaks for several tempi.
const TEMPO_ERROR: f32 = 1.5;
/// Shortest pair that is asked for its tempo, in ticks: shorter ones know it too badly.
const LEAST_TEMPO_TICKS: u32 = 24;
/// Largest change of pitch, in steps: more than two semitones, and more than 12.5 % of speed.
const MAX_SHIFT: i32 = 24;
/// Steps between two changes of pitch or speed that are told apart.
const SHIFT_GRID: i32 = 2;
/// Changes of pitch that are told apart; as many changes of speed.
const SHIFTS: usize = (2 * MAX_SHIFT / SHIFT_GRID) as usize + 1;
/// Slowest tempo, as catalogue ticks per stream tick, and ratio of two tempi that are told apart.
const SLOWEST: f64 = 0.79;
const TEMPO_RATIO: f64 = 1.02;
/// Tempi that are told apart (to 1.27).
pub const TEMPI: usize = 25;
/// The changes that are none, or as good as none: of speed, of pitch and of tempo. Only the first has votes.
const NONE: [u16; 3] = [(SHIFTS / 2) as u16, (SHIFTS + SHIFTS / 2) as u16, (2 * SHIFTS + TEMPI / 2) as u16];

/// A tempo of those that are told apart.
#[must_use]
pub fn tempo(number: usize) -> f64 {
    SLOWEST * TEMPO_RATIO.powi(number as i32)
}

/// Asks for pairs. Made once, allocates nothing afterwards.
///
/// Changes have numbers: those of speed, then those of pitch, then those of tempo.
pub struct Asking {
    /// Rate and shift of each change.
    changes: Vec<(f64, f32)>,
    spent: u32,
}

impl Default for Asking {
    fn default() -> Self {
        let shift = |number: usize| (number as i32 * SHIFT_GRID - MAX_SHIFT) as f32;
        let speed = |number| ((f64::from(shift(number)) / STEPS_PER_OCTAVE as f64).exp2(), shift(number));
        let pitch = |number| (1.0, shift(number));
        let changes = (0..SHIFTS)
            .map(speed)
            .chain((0..SHIFTS).map(pitch))
            .chain((0..TEMPI).map(|number| (tempo(number), 0.0)))
            .collect();
        Self { changes, spent: 0 }
    }
}

/// The number of a shift on the grid.
fn on_grid(shift: i32) -> usize {
    ((shift + MAX_SHIFT + SHIFT_GRID / 2) / SHIFT_GRID) as usize
}

/// A pair, where it is looked up and where it votes.
struct Question<'a> {
    step: i32,
    tick: f64,
    duration: f32,
    votes: &'a mut Votes,
    index: &'a mut Index,
    /// Searches and hits.
    spent: u32,
}

impl Asking {
    /// Of each change whether it is one.
    pub fn are_changes(&self) -> impl Iterator<Item = bool> {
        (0..self.changes.len()).map(|change| change != usize::from(NONE[0]))
    }

    /// What a candidate stands for.
    #[must_use]
    pub fn hypothesis(&self, candidate: &Candidate) -> Hypothesis {
        let (rate, shift) = self.changes[usize::from(candidate.change)];
        Hypothesis { rate, shift, offset: candidate.offset }
    }

    /// Votes for every place where the index has this pair.
    pub fn ask(&mut self, pair: &Pair, votes: &mut Votes, index: &mut Index) {
        let row = |interval: i32| pairs::interval_row(interval.clamp(-MAX_STEPS, MAX_STEPS));
        let (Some(low), Some(high)) = (row(pair.interval - INTERVAL_ERROR), row(pair.interval + INTERVAL_ERROR)) else {
            return;
        };
        let duration = pair.duration as f32;
        let row = |ticks: f32| (ticks - MIN_TICKS as f32) / TICKS_PER_SHAPE as f32;
        let first = row(duration * SLOWEST as f32 - DURATION_ERROR).max(0.0) as usize;
        let last = row(duration / SLOWEST as f32 + DURATION_ERROR).min(DURATIONS as f32 - 1.0) as usize;
        let (step, tick) = (i32::from(pair.first.step), f64::from(pair.first.tick));
        let mut question = Question { step, tick, duration, votes, index, spent: 0 };
        for durations in first..=last {
            let shortest = (MIN_TICKS + durations as u32 * TICKS_PER_SHAPE) as f32;
            let ticks = (shortest, shortest + TICKS_PER_SHAPE as f32 - 1.0);
            let shifts = question.shifts(ticks);
            let tempi = if pair.duration < LEAST_TEMPO_TICKS { 0..0 } else { question.tempi(ticks) };
            for intervals in low..=high {
                let shape = pairs::shape(intervals, durations);
                self.ask_speed(&mut question, shape, shifts);
                question.ask_pitch(shape, ticks);
                self.ask_tempo(&mut question, shape, tempi.clone());
            }
        }
        self.spent += question.spent;
    }

    /// Searches and hits since the last call.
    pub fn take_spent(&mut self) -> u32 {
        std::mem::take(&mut self.spent)
    }

    fn ask_speed(&self, question: &mut Question<'_>, shape: usize, (lowest, highest): (i32, i32)) {
        let tick = question.tick;
        question.search(shape, lowest, highest, |votes, shift, place| {
            let change = on_grid(shift);
            votes.vote(change as u16, f64::from(place) - self.changes[change].0 * tick);
        });
    }

    fn ask_tempo(&self, question: &mut Question<'_>, shape: usize, tempi: std::ops::Range<usize>) {
        if tempi.is_empty() {
            return;
        }
        let tick = question.tick;
        question.search(shape, -1, 1, |votes, _, place| {
            for change in 2 * SHIFTS + tempi.start..2 * SHIFTS + tempi.end {
                if change != usize::from(NONE[2]) {
                    votes.vote(change as u16, f64::from(place) - self.changes[change].0 * tick);
                }
            }
        });
    }
}

impl Question<'_> {
    /// The shifts, in steps, of the speeds at which the pair may have had a duration between these.
    fn shifts(&self, ticks: (f32, f32)) -> (i32, i32) {
        let shift = |ticks: f32| (ticks / self.duration).log2() * STEPS_PER_OCTAVE as f32;
        let lowest = shift((ticks.0 - DURATION_ERROR).max(1.0)).ceil() as i32;
        let highest = shift(ticks.1 + DURATION_ERROR).floor() as i32;
        (lowest.max(-MAX_SHIFT), highest.min(MAX_SHIFT))
    }

    /// The tempi at which the pair may have had a duration between these.
    fn tempi(&self, ticks: (f32, f32)) -> std::ops::Range<usize> {
        let number = |ticks: f32| (ticks / self.duration / SLOWEST as f32).ln() / (TEMPO_RATIO as f32).ln();
        let first = number(ticks.0 - TEMPO_ERROR).ceil().max(0.0) as usize;
        let end = (number(ticks.1 + TEMPO_ERROR).floor() + 1.0).max(0.0) as usize;
        first..end.min(TEMPI)
    }

    fn ask_pitch(&mut self, shape: usize, ticks: (f32, f32)) {
        if ticks.0 - DURATION_ERROR > self.duration || self.duration > ticks.1 + DURATION_ERROR {
            return;
        }
        let tick = self.tick;
        self.search(shape, -MAX_SHIFT, MAX_SHIFT, |votes, shift, place| {
            let change = (SHIFTS + on_grid(shift)) as u16;
            if change != NONE[1] {
                votes.vote(change, f64::from(place) - tick);
            }
        });
    }

    /// Calls `hit` with the shift in steps and the place of each pair of this shape that was shifted from `lowest` to
    /// `highest`.
    fn search(&mut self, shape: usize, lowest: i32, highest: i32, mut hit: impl FnMut(&mut Votes, i32, u32)) {
        if lowest > highest {
            return;
        }
        let bound = |step: i32| step.clamp(0, STEPS as i32) as u16;
        let steps = bound(self.step - highest)..bound(self.step - lowest + 1);
        let (step, votes, spent) = (self.step, &mut *self.votes, &mut self.spent);
        *spent += 1;
        self.index.search(shape, steps, |found, place| {
            *spent += 1;
            hit(votes, step - i32::from(found), place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_known_by_its_number() {
        let asking = Asking::default();
        for change in NONE {
            let (rate, shift) = asking.changes[usize::from(change)];
            assert!((rate - 1.0).abs() < 0.01 && shift == 0.0, "{rate} {shift}");
        }
        assert_eq!(asking.are_changes().filter(|is_change| !is_change).count(), 1);
    }
}
