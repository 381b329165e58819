//! What a model misses of one recorded note, carried over to all notes.
//!
//! A single recording tells more than sixteen latents can hold. The difference between the note and its own decoding, at
//! every knot, is added to whatever the decoder says: whole at the recorded pitch, so that the note itself comes back
//! as it was recorded, and less the further a note is from it.

mod residual;

pub use residual::Residual;

use super::architecture::{HELD_KNOTS, LEVELS, OUTPUTS};
use super::decoder::KNOT_WIDTH;
use crate::analysis::frames::PARTIALS;

/// Distance from the recorded pitch, in semitones, at which the weight has fallen to `share` plus 1/e of the rest.
const NEAR: f32 = 5.0;

/// A residual and how much of it is added to notes far from the recorded one.
///
/// Immutable, some 13 kB, shared by all voices; made off the audio thread. On it, reading costs one exponential and 64
/// multiplications per knot.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    residual: Residual,
    share: f32,
}

/// How a [`Transfer`] is read at one pitch and velocity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    weight: f32,
}

impl Reading {
    /// Nothing is read.
    pub(super) const NONE: Self = Self { weight: 0.0 };
}

impl Transfer {
    /// Adds all of `residual` to notes at its own pitch, falling to `share` (0..1) of it far away. The loudness is
    /// matched whole everywhere.
    #[must_use]
    pub fn new(residual: Residual, share: f32) -> Self {
        Self { residual, share: if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) } }
    }

    /// How it is read at a MIDI pitch and a velocity 1..127.
    pub(super) fn reading(&self, pitch: f32, _velocity: f32) -> Reading {
        let distance = (pitch - self.residual.pitch) / NEAR;
        Reading { weight: self.share + (1.0 - self.share) * super::kernel::exp(-distance * distance) }
    }

    /// Adds to the values of the decoder's knot `number`.
    pub(super) fn add_knot(&self, number: usize, reading: &Reading, values: &mut [f32; KNOT_WIDTH]) {
        let (missed, level) = (&self.residual.knots[number], self.residual.level);
        // The residual of a release is a change and has no loudness of its own.
        let level = if number < HELD_KNOTS { level } else { 0.0 };
        for o in 0..LEVELS {
            values[o] += level + reading.weight * (missed[o] - level);
        }
        values[OUTPUTS - 1] += reading.weight * missed[OUTPUTS - 1];
    }

    /// Adds to the slots' deviations, in the decoder's unit.
    pub(super) fn add_slots(&self, reading: &Reading, slots: &mut [f32; PARTIALS]) {
        for (slot, missed) in slots.iter_mut().zip(&self.residual.slots) {
            *slot += reading.weight * missed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::{Frame, NoteFrames, Slots};
    use crate::model::architecture::peak_db;
    use crate::model::contour::Timbre;
    use crate::model::latent::Latent;
    use crate::model::{Contour, Model};

    /// The note that a model plays at a point, let go after 2 s, as an analysis would see it.
    fn played(model: &Model, transfer: Option<&Transfer>, latent: &Latent, pitch: f32) -> NoteFrames {
        let (timbre, mut contour) = (Timbre { decoder: &model.decoder, transfer }, Contour::new());
        let frame = |number: usize| {
            let (mut frame, time) = (Frame::SILENT, number as f32 * 0.005);
            let released = (time > 2.0).then_some(time - 2.0);
            contour.frame(timbre, latent, pitch, 100.0, time, released, &mut frame);
            frame
        };
        let frames = (0..500).map(frame).collect();
        let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        contour.slots(timbre, latent, pitch, 100.0, &mut slots);
        NoteFrames { pitch, slots, frames }
    }

    /// Mean difference of the levels that are heard in either note, in dB.
    fn distance(a: &NoteFrames, b: &NoteFrames) -> f32 {
        let floor = peak_db(&a.frames) - 50.0;
        let (mut sum, mut count) = (0.0, 0.0);
        for (a, b) in a.frames.iter().zip(&b.frames) {
            let levels = a.partial_db.iter().chain(&a.noise_db).zip(b.partial_db.iter().chain(&b.noise_db));
            for (a, b) in levels.map(|(a, b)| (a.max(floor), b.max(floor))).filter(|(a, b)| a.max(*b) > floor) {
                (sum, count) = (sum + (a - b).abs(), count + 1.0);
            }
        }
        sum / count
    }

    fn residual(model: &Model, note: &NoteFrames, latent: &Latent) -> Residual {
        Residual::of(model, note, latent, 100.0, Some(2.0))
    }

    #[test]
    fn the_recorded_note_comes_back_and_far_from_it_a_share_of_what_it_tells() {
        let model = Model::open_factory();
        let [here, there] = [0, model.instruments.len() / 2].map(|index| model.instruments[index].latent);
        let missed = residual(&model, &played(&model, None, &there, 60.0), &here);
        let off = |pitch: f32, share: Option<f32>| {
            let transfer = share.map(|share| Transfer::new(missed.clone(), share));
            let note = played(&model, None, &there, pitch);
            distance(&note, &played(&model, transfer.as_ref(), &here, pitch))
        };
        let [before, far] = [60.0, 72.0].map(|pitch| off(pitch, None));
        assert!(off(60.0, Some(0.0)) < 0.1 * before, "{} of {before} dB are left", off(60.0, Some(0.0)));
        assert!(off(72.0, Some(0.5)) < 0.8 * far, "{} of {far} dB are left an octave up", off(72.0, Some(0.5)));
    }

    #[test]
    fn a_note_that_is_decoded_exactly_transfers_nothing() {
        let model = Model::open_factory();
        let latent = model.instruments[0].latent;
        let note = played(&model, None, &latent, 60.0);
        let transfer = Transfer::new(residual(&model, &note, &latent), 1.0);
        for pitch in [60.0, 40.0] {
            let note = played(&model, None, &latent, pitch);
            assert!(distance(&note, &played(&model, Some(&transfer), &latent, pitch)) < 0.05, "{pitch}");
        }
    }
}
