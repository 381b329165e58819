//! What a model misses of one recorded note, carried over to all notes.
//!
//! A single recording tells more than sixteen latents can hold. The difference between the note and its own decoding,
//! at every held knot, is added to the decoder's biases: the result is a decoder like any other, of the same cost, that
//! keeps a share of the recording's character at every pitch and velocity.

use super::architecture::{
    HELD_KNOTS, KNOTS_S, LEVEL_SCALE, LEVELS, OUTPUTS, RANGE_DB, SLOT_SCALE, peak_db, slot_weight,
};
use super::encoder::{SLOT_LIMIT, above_floor};
use super::latent::Latent;
use super::weights::layer;
use super::{Contour, Model};
use crate::analysis::frames::{ANALYSIS_HOP, ANALYSIS_RATE, Frame, NoteFrames, PARTIALS, Slots};

/// The difference between a recorded note and what a model makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// Levels in dB by held knot: partials, then noise bands.
    held: [[f32; LEVELS]; HELD_KNOTS],
    /// Slot deviations in cents.
    slots: [f32; PARTIALS],
    /// Mean of `held` by audibility, in dB: how much louder the recording is as a whole.
    level: f32,
}

impl Residual {
    /// What `model` misses of `note`, which was played at `velocity` (1..127) and encoded as `latent`. What lies after
    /// the end of the recording is taken to go on as its last knot.
    #[must_use]
    pub fn of(model: &Model, note: &NoteFrames, latent: &Latent, velocity: f32) -> Self {
        let floor = peak_db(&note.frames) - RANGE_DB;
        let mut contour = Contour::new();
        contour.start(&model.decoder);
        let mut residual = Self { held: [[0.0; LEVELS]; HELD_KNOTS], slots: [0.0; PARTIALS], level: 0.0 };
        let (mut sum, mut weights) = (0.0, 1e-9);
        for knot in 0..HELD_KNOTS {
            let span = frames_about(knot, note.frames.len());
            if span.is_empty() {
                residual.held[knot] = residual.held[knot.saturating_sub(1)];
                continue;
            }
            for frame in span.clone() {
                let mut decoded = Frame::SILENT;
                let time = (frame * ANALYSIS_HOP) as f32 / ANALYSIS_RATE as f32;
                contour.frame(&model.decoder, latent, note.pitch, velocity, time, None, &mut decoded);
                let (heard, decoded) = (above_floor(&note.frames[frame], floor), above_floor(&decoded, floor));
                for (output, missed) in residual.held[knot].iter_mut().enumerate() {
                    let (heard, decoded) = (level(&heard, output), level(&decoded, output));
                    let silent = output < PARTIALS && !note.slots.in_band[output];
                    let difference = if silent { 0.0 } else { heard - decoded };
                    *missed += difference / span.len() as f32;
                    // Squared: the loud partials tell the loudness.
                    let weight = if silent { 0.0 } else { ((heard - floor) / RANGE_DB).powi(4) };
                    (sum, weights) = (sum + weight * difference, weights + weight);
                }
            }
        }
        residual.level = sum / weights;
        residual.slots = missed_slots(model, &mut contour, note, latent, velocity, floor);
        residual
    }
}

impl Model {
    /// This model with its loudness matched to the recording, and `amount` (0..1) of the rest of `residual` added to
    /// every note.
    #[must_use]
    pub fn with_residual(&self, residual: &Residual, amount: f32) -> Self {
        let mut weights = self.weights().clone();
        let head = &mut weights.linears[layer::HEAD].bias;
        for (knot, missed) in head.chunks_exact_mut(OUTPUTS).zip(&residual.held) {
            for (bias, missed) in knot.iter_mut().zip(missed) {
                *bias += (residual.level + amount * (missed - residual.level)) / LEVEL_SCALE;
            }
        }
        let slots = &mut weights.linears[layer::SLOTS + 2].bias;
        for (bias, missed) in slots.iter_mut().zip(&residual.slots) {
            *bias += amount * missed / SLOT_SCALE;
        }
        Self::new(self.card.clone(), self.space.clone(), weights, self.instruments.clone())
    }
}

/// The analysis frames that lie nearer to this held knot than to its neighbours, at least one, within `count` frames.
fn frames_about(knot: usize, count: usize) -> std::ops::Range<usize> {
    let frame = |seconds: f32| (seconds * ANALYSIS_RATE as f32 / ANALYSIS_HOP as f32).round() as usize;
    let middle = |a: usize, b: usize| frame(0.5 * (KNOTS_S[a] + KNOTS_S[b]));
    let first = if knot == 0 { 0 } else { middle(knot - 1, knot) };
    // The last knot stands for what is just before it: recordings are released soon after.
    let end = if knot + 1 < HELD_KNOTS { middle(knot, knot + 1) } else { frame(KNOTS_S[knot]) };
    first.min(count)..end.max(first + 1).min(count)
}

fn level(frame: &Frame, output: usize) -> f32 {
    if output < PARTIALS { frame.partial_db[output] } else { frame.noise_db[output - PARTIALS] }
}

fn missed_slots(
    model: &Model,
    contour: &mut Contour,
    note: &NoteFrames,
    latent: &Latent,
    velocity: f32,
    floor: f32,
) -> [f32; PARTIALS] {
    let mut decoded = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
    contour.slots(&model.decoder, latent, note.pitch, velocity, &mut decoded);
    std::array::from_fn(|slot| {
        let loudest = note.frames.iter().fold(floor, |most, frame| most.max(frame.partial_db[slot]));
        let known = slot_weight(loudest, floor, note.slots.in_band[slot]) > 0.0;
        if known { note.slots.cents[slot].clamp(-SLOT_LIMIT, SLOT_LIMIT) - decoded.cents[slot] } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The note that the factory model plays at a point, as an analysis would see it.
    fn decoded(model: &Model, latent: &Latent, pitch: f32, velocity: f32) -> NoteFrames {
        let mut contour = Contour::new();
        contour.start(&model.decoder);
        let frame = |number: usize| {
            let mut frame = Frame::SILENT;
            contour.frame(&model.decoder, latent, pitch, velocity, number as f32 * 0.005, None, &mut frame);
            frame
        };
        let frames = (0..500).map(frame).collect();
        let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        Contour::new().slots(&model.decoder, latent, pitch, velocity, &mut slots);
        NoteFrames { pitch, slots, frames }
    }

    /// Mean difference of the levels that are heard in either note, in dB.
    fn distance(a: &NoteFrames, b: &NoteFrames) -> f32 {
        let floor = peak_db(&a.frames) - 50.0;
        let (mut sum, mut count) = (0.0, 0.0);
        for (a, b) in a.frames.iter().zip(&b.frames) {
            for output in 0..LEVELS {
                let (a, b) = (level(a, output).max(floor), level(b, output).max(floor));
                if a > floor || b > floor {
                    (sum, count) = (sum + (a - b).abs(), count + 1.0);
                }
            }
        }
        sum / count
    }

    #[test]
    fn the_whole_residual_makes_the_note_itself_and_half_of_it_comes_half_way() {
        let model = Model::open_factory();
        let [here, there] = [0, model.instruments.len() / 2].map(|index| model.instruments[index].latent);
        let note = decoded(&model, &there, 60.0, 100.0);
        let residual = Residual::of(&model, &note, &here, 100.0);
        let off = |amount: f32| {
            let moved = model.with_residual(&residual, amount);
            distance(&note, &decoded(&moved, &here, 60.0, 100.0))
        };
        let before = distance(&note, &decoded(&model, &here, 60.0, 100.0));
        assert!(off(1.0) < 0.15 * before, "{} of {before} dB are left", off(1.0));
        assert!(off(0.5) < 0.7 * before && off(0.5) > off(1.0), "{} of {before} dB at half", off(0.5));
    }

    #[test]
    fn a_note_that_is_decoded_exactly_leaves_the_model_as_it_is() {
        let model = Model::open_factory();
        let latent = model.instruments[0].latent;
        let note = decoded(&model, &latent, 60.0, 100.0);
        let moved = model.with_residual(&Residual::of(&model, &note, &latent, 100.0), 0.6);
        assert!(distance(&note, &decoded(&moved, &latent, 60.0, 100.0)) < 0.05);
    }

    #[test]
    fn every_frame_of_a_recording_belongs_to_one_knot() {
        let mut next = 0;
        for knot in 0..HELD_KNOTS {
            let span = frames_about(knot, 640);
            assert!(span.start <= next && !span.is_empty(), "knot {knot}: {span:?}");
            next = span.end;
        }
        assert_eq!(next, 500);
        assert!(frames_about(20, 100).is_empty());
    }
}
