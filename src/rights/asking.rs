//! Asks an index for pairs of peaks as they may be after a change of speed, pitch or tempo.
//!
//! The index knows its music at one speed; every change is tried on the side of what is heard. A shape's row is sorted by
//! pitch, so all transpositions of a shape are one search.

use super::axis::{STEPS, STEPS_PER_OCTAVE};
use super::index::Index;
use super::pairs::{self, DURATIONS, MAX_STEPS, MIN_TICKS, Pair, TICKS_PER_SHAPE};
use super::votes::{Change, Hypothesis, SHIFT_STEPS, Votes};

/// Steps by which a pair's interval may be off.
const INTERVAL_ERROR: i32 = 1;
/// Ticks by which a pair's duration may be off.
const DURATION_ERROR: f32 = 2.0;
/// The same where tempo and pitch are free of each other, and so each hit speaks for several tempi.
const TEMPO_ERROR: f32 = 1.5;
/// Largest change of pitch, in steps: more than two semitones, and more than 12.5 % of speed.
const MAX_SHIFT: i32 = 23;
/// Slowest and fastest tempo, as catalogue ticks per stream tick.
const TEMPI: (f64, f64) = (0.79, 1.27);
/// Ratio of neighbours in the grid of tempi.
const TEMPO_RATIO: f64 = 1.0125;

/// Asks for pairs. Made once, allocates nothing afterwards.
pub struct Asking {
    /// The speed of each change of pitch on the grid, from `-MAX_SHIFT` up.
    speeds: Vec<f64>,
    /// The grid of tempi.
    tempi: Vec<f64>,
}

impl Default for Asking {
    fn default() -> Self {
        let shifts = -MAX_SHIFT..=MAX_SHIFT;
        let speed = |shift| (f64::from(on_grid(shift)) / STEPS_PER_OCTAVE as f64).exp2();
        let tempi = std::iter::successors(Some(TEMPI.0), |tempo| Some(tempo * TEMPO_RATIO));
        Self { speeds: shifts.map(speed).collect(), tempi: tempi.take_while(|&tempo| tempo <= TEMPI.1).collect() }
    }
}

/// The shift that stands for all that share its ballot, so that all who vote there mean one line.
fn on_grid(shift: i32) -> i32 {
    shift.div_euclid(SHIFT_STEPS) * SHIFT_STEPS
}

/// What is asked: a pair, and the channel's ballot box.
struct Question<'a> {
    step: i32,
    tick: f64,
    duration: f32,
    votes: &'a mut Votes,
    index: &'a mut Index,
}

impl Asking {
    /// Votes for every place where the index has this pair.
    pub fn ask(&self, pair: &Pair, votes: &mut Votes, index: &mut Index) {
        let row = |interval: i32| pairs::interval_row(interval.clamp(-MAX_STEPS, MAX_STEPS));
        let (Some(low), Some(high)) = (row(pair.interval - INTERVAL_ERROR), row(pair.interval + INTERVAL_ERROR)) else {
            return;
        };
        let duration = pair.duration as f32;
        let row = |ticks: f32| (ticks - MIN_TICKS as f32) / TICKS_PER_SHAPE as f32;
        let first = row(duration * TEMPI.0 as f32 - TEMPO_ERROR).max(0.0) as usize;
        let last = row(duration * TEMPI.1 as f32 + TEMPO_ERROR).min(DURATIONS as f32 - 1.0) as usize;
        let (step, tick) = (i32::from(pair.first.step), f64::from(pair.first.tick));
        let mut question = Question { step, tick, duration, votes, index };
        for durations in first..=last {
            let shortest = (MIN_TICKS + durations as u32 * TICKS_PER_SHAPE) as f32;
            let ticks = (shortest, shortest + TICKS_PER_SHAPE as f32 - 1.0);
            for intervals in low..=high {
                let shape = pairs::shape(intervals, durations);
                self.ask_speed(&mut question, shape, ticks);
                question.ask_pitch(shape, ticks);
                self.ask_tempo(&mut question, shape, ticks);
            }
        }
    }

    fn ask_speed(&self, question: &mut Question<'_>, shape: usize, ticks: (f32, f32)) {
        let shift = |ticks: f32| (ticks / question.duration).log2() * STEPS_PER_OCTAVE as f32;
        let slowest = shift((ticks.0 - DURATION_ERROR).max(1.0)).ceil() as i32;
        let fastest = shift(ticks.1 + DURATION_ERROR).floor() as i32;
        let tick = question.tick;
        question.search(shape, slowest.max(-MAX_SHIFT), fastest.min(MAX_SHIFT), |votes, shift, place| {
            let rate = self.speeds[(shift + MAX_SHIFT) as usize];
            let hypothesis = Hypothesis { rate, shift: on_grid(shift) as f32, offset: f64::from(place) - rate * tick };
            votes.vote(Change::Speed, hypothesis);
        });
    }

    fn ask_tempo(&self, question: &mut Question<'_>, shape: usize, ticks: (f32, f32)) {
        let row = |ticks: f32| (f64::from(ticks / question.duration) / TEMPI.0).ln() / TEMPO_RATIO.ln();
        let first = row(ticks.0 - TEMPO_ERROR).ceil().max(0.0) as usize;
        let end = (row(ticks.1 + TEMPO_ERROR).floor() + 1.0).max(0.0) as usize;
        let Some(tempi) = self.tempi.get(first..end.min(self.tempi.len())) else { return };
        if tempi.is_empty() {
            return;
        }
        let tick = question.tick;
        question.search(shape, -1, 1, |votes, _, place| {
            for (row, &rate) in (first..).zip(tempi) {
                let hypothesis = Hypothesis { rate, shift: 0.0, offset: f64::from(place) - rate * tick };
                votes.vote(Change::Tempo(row as u8), hypothesis);
            }
        });
    }
}

impl Question<'_> {
    fn ask_pitch(&mut self, shape: usize, ticks: (f32, f32)) {
        if ticks.0 - DURATION_ERROR > self.duration || self.duration > ticks.1 + DURATION_ERROR {
            return;
        }
        let tick = self.tick;
        self.search(shape, -MAX_SHIFT, MAX_SHIFT, |votes, shift, place| {
            let hypothesis = Hypothesis { rate: 1.0, shift: on_grid(shift) as f32, offset: f64::from(place) - tick };
            votes.vote(Change::Pitch, hypothesis);
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
        let (step, votes) = (self.step, &mut *self.votes);
        self.index.search(shape, steps, |found, place| hit(votes, step - i32::from(found), place));
    }
}
