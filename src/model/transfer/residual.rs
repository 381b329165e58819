//! The difference between a recorded note and what a model makes of it.

use super::super::architecture::{
    CENTS_SCALE, HELD_KNOTS, KNOTS, KNOTS_S, LEVEL_SCALE, LEVELS, OUTPUTS, RANGE_DB, RELEASE_KNOTS_S, SLOT_SCALE,
    bracket, peak_db, slot_weight,
};
use super::super::encoder::{SLOT_LIMIT, above_floor};
use super::super::latent::Latent;
use super::super::{Contour, Model};
use crate::analysis::frames::{ANALYSIS_HOP, ANALYSIS_RATE, Frame, NoteFrames, PARTIALS, Slots};

/// Pitch deviations are read where the note is louder than its floor by this much, in dB.
const PITCHED_DB: f32 = 40.0;
/// How firmly a knot is held to its neighbours, in frames: only where no frame tells of it does it show.
const STIFFNESS: f64 = 1e-4;
/// Frames before a note's end that tell how it would have gone on: 40 ms.
const LAST: usize = 8;
/// Analysis frames per second.
const FRAME_RATE: f32 = ANALYSIS_RATE as f32 / ANALYSIS_HOP as f32;

/// What a model misses of one note, in the units of its outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// MIDI pitch of the recording.
    pub(super) pitch: f32,
    /// By knot: partials, noise bands, pitch deviation.
    pub(super) knots: [[f32; OUTPUTS]; KNOTS],
    /// Slot deviations.
    pub(super) slots: [f32; PARTIALS],
}

/// A note and when it was let go.
struct Heard<'a> {
    note: &'a NoteFrames,
    /// Frame of the note-off; the number of frames where there is none.
    off: usize,
    floor: f32,
}

impl Residual {
    /// Nothing is missed.
    pub(super) const NONE: Self = Self { pitch: 60.0, knots: [[0.0; OUTPUTS]; KNOTS], slots: [0.0; PARTIALS] };

    /// MIDI pitch of the recording.
    #[must_use]
    pub fn pitch(&self) -> f32 {
        self.pitch
    }

    /// What `model` misses of `note`, which was played at `velocity` (1..127), encoded as `latent`, and let go
    /// `released_s` after its onset, if it was. What lies after the end of the recording is taken to go on as its last
    /// knot.
    #[must_use]
    pub fn of(model: &Model, note: &NoteFrames, latent: &Latent, velocity: f32, released_s: Option<f32>) -> Self {
        let count = note.frames.len();
        let off = released_s.map_or(count, |seconds| ((seconds * FRAME_RATE).round() as usize).min(count));
        let heard = Heard { note, off, floor: peak_db(&note.frames) - RANGE_DB };
        let mut contour = Contour::new();
        let decoded: Vec<Frame> = (0..count)
            .map(|number| {
                let mut frame = Frame::SILENT;
                let time = number as f32 / FRAME_RATE;
                let released = released_s.and_then(|off| (time > off).then_some(time - off));
                contour.frame(&model.decoder, latent, note.pitch, velocity, time, released, &mut frame);
                above_floor(&frame, heard.floor)
            })
            .collect();
        let missed: Vec<[f32; OUTPUTS]> = (0..count).map(|frame| heard.missed(frame, &decoded[frame])).collect();
        let mut residual =
            Self { pitch: note.pitch, slots: heard.missed_slots(model, &mut contour, latent, velocity), ..Self::NONE };
        heard.fit_held(&missed, &mut residual);
        heard.fit_release(&missed, &mut residual);
        residual
    }
}

impl Heard<'_> {
    /// What one decoded frame lacks, in the units of the outputs.
    fn missed(&self, frame: usize, decoded: &Frame) -> [f32; OUTPUTS] {
        let heard = above_floor(&self.note.frames[frame], self.floor);
        std::array::from_fn(|output| match output {
            _ if self.is_silent(output) => 0.0,
            output if output < LEVELS => (level(&heard, output) - level(decoded, output)) / LEVEL_SCALE,
            _ => (heard.cents - decoded.cents) / CENTS_SCALE,
        })
    }

    /// Whether a slot lies where no partial can.
    fn is_silent(&self, output: usize) -> bool {
        output < PARTIALS && !self.note.slots.in_band[output]
    }

    fn fit_held(&self, missed: &[[f32; OUTPUTS]], residual: &mut Residual) {
        let end = (KNOTS_S[HELD_KNOTS - 1] * FRAME_RATE) as usize + 1;
        let until = self.off.min(end);
        let last = until.saturating_sub(LAST)..until;
        for output in 0..OUTPUTS {
            let mut line = Line::new(&KNOTS_S);
            for (frame, missed) in missed[..until].iter().enumerate() {
                line.add(frame as f32 / FRAME_RATE, missed[output], self.weight(frame, output));
            }
            // Goes on as it was: a few frames past a knot must not foretell all that follows.
            let weights: f64 = last.clone().map(|frame| self.weight(frame, output)).sum();
            let sum: f64 =
                last.clone().map(|frame| self.weight(frame, output) * f64::from(missed[frame][output])).sum();
            for frame in until..if weights > 0.0 { end } else { until } {
                line.add(frame as f32 / FRAME_RATE, (sum / weights) as f32, 1.0);
            }
            for (knot, value) in line.values().into_iter().enumerate() {
                residual.knots[knot][output] = value;
            }
        }
    }

    /// A release is a change of level since the note-off; its pitch is that of the held note.
    fn fit_release(&self, missed: &[[f32; OUTPUTS]], residual: &mut Residual) {
        let Some(before) = self.off.checked_sub(1).filter(|_| self.off < missed.len()) else { return };
        for output in 0..LEVELS {
            let mut line = Line::new(&RELEASE_KNOTS_S);
            line.add(0.0, 0.0, 1e3);
            for frame in self.off..missed.len() {
                let seconds = (frame - self.off) as f32 / FRAME_RATE;
                line.add(seconds, missed[frame][output] - missed[before][output], 1.0);
            }
            for (knot, value) in line.values().into_iter().enumerate().skip(1) {
                residual.knots[HELD_KNOTS + knot - 1][output] = value;
            }
        }
    }

    fn weight(&self, frame: usize, output: usize) -> f64 {
        if output < LEVELS {
            return 1.0;
        }
        let loudest = peak_db(&self.note.frames[frame..=frame]);
        if loudest > self.floor + PITCHED_DB { 1.0 } else { 0.0 }
    }

    fn missed_slots(&self, model: &Model, contour: &mut Contour, latent: &Latent, velocity: f32) -> [f32; PARTIALS] {
        let note = self.note;
        let mut decoded = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        contour.slots(&model.decoder, latent, note.pitch, velocity, &mut decoded);
        std::array::from_fn(|slot| {
            let loudest = note.frames.iter().fold(self.floor, |most, frame| most.max(frame.partial_db[slot]));
            let known = slot_weight(loudest, self.floor, note.slots.in_band[slot]) > 0.0;
            let cents = note.slots.cents[slot].clamp(-SLOT_LIMIT, SLOT_LIMIT) - decoded.cents[slot];
            if known { cents / SLOT_SCALE } else { 0.0 }
        })
    }
}

fn level(frame: &Frame, output: usize) -> f32 {
    if output < PARTIALS { frame.partial_db[output] } else { frame.noise_db[output - PARTIALS] }
}

/// Least squares of values over time by straight lines between knots: a tridiagonal system.
struct Line<'a> {
    knots: &'a [f32],
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    right: Vec<f64>,
}

impl<'a> Line<'a> {
    fn new(knots: &'a [f32]) -> Self {
        let count = knots.len();
        let mut line =
            Self { knots, diagonal: vec![1e-9; count], beside: vec![-STIFFNESS; count - 1], right: vec![0.0; count] };
        for knot in 0..count - 1 {
            line.diagonal[knot] += STIFFNESS;
            line.diagonal[knot + 1] += STIFFNESS;
        }
        line
    }

    /// Takes a value at `seconds`; one after the last knot counts as at it.
    fn add(&mut self, seconds: f32, value: f32, weight: f64) {
        let (knot, position) = bracket(self.knots, seconds);
        let (after, value) = (f64::from(position.min(1.0)), f64::from(value));
        let before = 1.0 - after;
        self.diagonal[knot] += weight * before * before;
        self.diagonal[knot + 1] += weight * after * after;
        self.beside[knot] += weight * before * after;
        self.right[knot] += weight * before * value;
        self.right[knot + 1] += weight * after * value;
    }

    /// The values at the knots (Thomas' algorithm).
    fn values(mut self) -> Vec<f32> {
        let count = self.knots.len();
        for knot in 1..count {
            let factor = self.beside[knot - 1] / self.diagonal[knot - 1];
            self.diagonal[knot] -= factor * self.beside[knot - 1];
            self.right[knot] -= factor * self.right[knot - 1];
        }
        let mut values = vec![0.0; count];
        let mut next = 0.0;
        for knot in (0..count).rev() {
            let beside = if knot + 1 < count { self.beside[knot] } else { 0.0 };
            next = (self.right[knot] - beside * next) / self.diagonal[knot];
            values[knot] = next as f32;
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_breaks_off_just_past_a_knot_foretells_nothing_that_it_does_not_hold() {
        let model = Model::open_factory();
        let (latent, mut contour) = (model.instruments[0].latent, Contour::new());
        let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        contour.slots(&model.decoder, &latent, 60.0, 100.0, &mut slots);
        // Just past the knot at 550 ms the note falls by 2 dB a frame beside what the model makes of it.
        let frame = |number: usize| {
            let mut frame = Frame::SILENT;
            contour.frame(&model.decoder, &latent, 60.0, 100.0, number as f32 / FRAME_RATE, None, &mut frame);
            let fall = 2.0 * number.saturating_sub(107) as f32;
            frame.partial_db.iter_mut().chain(&mut frame.noise_db).for_each(|level| *level -= fall);
            frame
        };
        let frames: Vec<Frame> = (0..640).map(frame).collect();
        let note = NoteFrames { frames, slots, pitch: 60.0 };
        let residual = Residual::of(&model, &note, &latent, 100.0, Some(113.0 / FRAME_RATE));
        let held = residual.knots[..HELD_KNOTS].iter().flat_map(|knot| &knot[..LEVELS]);
        let largest = held.fold(0.0_f32, |most, missed| most.max((missed * LEVEL_SCALE).abs()));
        assert!((1.0..15.0).contains(&largest), "{largest} dB are missed, of 12 at most");
    }

    #[test]
    fn a_line_goes_through_values_on_it_and_on_level_where_there_are_none() {
        let knots = [0.0, 1.0, 2.0, 4.0];
        let mut line = Line::new(&knots);
        for step in 0..=20 {
            let seconds = step as f32 * 0.1;
            line.add(seconds, 3.0 - (seconds - 1.0).abs(), 1.0);
        }
        let values = line.values();
        for (value, expected) in values.iter().zip([2.0, 3.0, 2.0, 2.0]) {
            assert!((value - expected).abs() < 0.02, "{values:?}");
        }
    }
}
