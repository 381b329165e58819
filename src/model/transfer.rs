//! What a model misses of one recorded note, carried over to all notes.
//!
//! A single recording tells more than sixteen latents can hold. The difference between the note and its own decoding, at
//! every knot, is added to whatever the decoder says: whole at the recorded pitch, so that the note itself comes back
//! as it was recorded, and less the further a note is from it.
//!
//! Measured on instruments that the model never saw: partials keep their residual by number (reading part of it by
//! frequency instead, as a body would have it, won nothing), and the velocity does not matter. Only the loudness is
//! carried over whole.

mod imprint;
mod recording;
mod residual;
mod stored;

pub use imprint::{ASSUMED_VELOCITY, Imprint};
pub use recording::RecordingError;
pub use residual::Residual;
pub use stored::{StoredTransfer, TransferError};

use half::f16;

use super::architecture::{HELD_KNOTS, KNOTS, LEVEL_SCALE, LEVELS, OUTPUTS};
use super::decoder::KNOT_WIDTH;
use super::kernel::exp;
use crate::analysis::frames::PARTIALS;

/// Distance from the recorded pitch, in semitones, at which all but 1/e of what is more than the share has gone.
const REACH: f32 = 12.0;
/// The share with which distant notes come nearest to their originals (0.4 to 0.7 differ little).
pub const DEFAULT_SHARE: f32 = 0.5;

/// A residual and how much of it is added to notes far from the recorded one.
///
/// Immutable, some 13 kB, shared by all voices; made off the audio thread. On it, a knot costs 113 multiplications
/// more. Numbers are held to half precision, as a preset stores them.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// MIDI pitch of the recording.
    pitch: f32,
    /// Part that is added far from it, 0..1.
    share: f32,
    /// Added to every level, in dB.
    gain_db: f32,
    /// By knot: partials, noise bands, pitch deviation, in the outputs' units.
    knots: Box<[[f32; OUTPUTS]; KNOTS]>,
    /// Slot deviations, in the outputs' unit.
    slots: [f32; PARTIALS],
}

impl Transfer {
    /// Adds all of `residual` to notes at its own pitch, falling to `share` (0..1) of it far away, and `gain_db` to the
    /// level of every note.
    #[must_use]
    pub fn new(residual: &Residual, share: f32, gain_db: f32) -> Self {
        let half = |value: f32| f16::from_f32(value).to_f32();
        Self {
            pitch: residual.pitch,
            share: if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) },
            gain_db,
            knots: Box::new(residual.knots.map(|knot| knot.map(half))),
            slots: residual.slots.map(half),
        }
    }

    /// Adds nothing but `gain_db` to every level.
    #[must_use]
    pub fn of_gain(gain_db: f32) -> Self {
        Self::new(&Residual::NONE, 0.0, gain_db)
    }

    /// Part of the residual that is added at a MIDI pitch.
    pub(super) fn weight(&self, pitch: f32) -> f32 {
        let distance = (pitch - self.pitch) / REACH;
        self.share + (1.0 - self.share) * exp(-distance * distance)
    }

    /// Adds to the values of the decoder's knot `number`.
    pub(super) fn add_knot(&self, number: usize, weight: f32, values: &mut [f32; KNOT_WIDTH]) {
        for (value, missed) in values.iter_mut().zip(&self.knots[number]) {
            *value += weight * missed;
        }
        // The knots of the release are changes of level.
        if number < HELD_KNOTS {
            values[..LEVELS].iter_mut().for_each(|level| *level += self.gain_db / LEVEL_SCALE);
        }
    }

    /// Adds to the slots' deviations.
    pub(super) fn add_slots(&self, weight: f32, slots: &mut [f32; PARTIALS]) {
        for (slot, missed) in slots.iter_mut().zip(&self.slots) {
            *slot += weight * missed;
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
            let transfer = share.map(|share| Transfer::new(&missed, share, 0.0));
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
        let transfer = Transfer::new(&residual(&model, &note, &latent), 1.0, 0.0);
        for pitch in [60.0, 40.0] {
            let note = played(&model, None, &latent, pitch);
            assert!(distance(&note, &played(&model, Some(&transfer), &latent, pitch)) < 0.05, "{pitch}");
        }
    }
}
