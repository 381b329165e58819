//! The encoder: from an analysed note to the point of the latent space that sounds like it.

use super::architecture::{ENCODER_FRAMES, ENCODER_INPUTS, EncoderView, RANGE_DB, peak_db, slot_weight};
use super::latent::{LATENTS, Latent};
use super::weights::{Linear, Weights, layer};
use crate::analysis::frames::{Frame, NoteFrames, PARTIALS};
use crate::analysis::steady::steady_noise;

/// Largest deviation of a slot that the encoder is shown, in cents.
pub const SLOT_LIMIT: f32 = 600.0;

/// The encoder's network. For any thread but the audio thread: it allocates, and costs half a million multiplications.
///
/// It gives the mean of the latents only; their variance is needed in training alone.
pub struct Encoder {
    linears: [Linear; 3],
}

impl Encoder {
    /// Takes the encoder's share of `weights`.
    pub(crate) fn new(weights: &Weights) -> Self {
        Self { linears: std::array::from_fn(|i| weights.linears[layer::ENCODER + i].clone()) }
    }

    /// The point that sounds most like `note`, which was played at `velocity` (1..127). Best on notes held for two
    /// seconds or more; what lies after the note's last frame counts as silence.
    #[must_use]
    pub fn encode(&self, note: &NoteFrames, velocity: f32) -> Latent {
        let floor = peak_db(&note.frames) - RANGE_DB;
        let mut steady = note.frames.clone();
        steady_noise(&mut steady, note.frames.len());
        let frames = ENCODER_FRAMES.map(|frame| above_floor(steady.get(frame).unwrap_or(&Frame::SILENT), floor));
        let loudest = |k: usize| note.frames.iter().fold(floor, |most, frame| most.max(frame.partial_db[k]));
        let slot_weight: [f32; PARTIALS] =
            std::array::from_fn(|k| slot_weight(loudest(k), floor, note.slots.in_band[k]));
        let view = EncoderView {
            frames: &frames,
            slot_cents: &note.slots.cents.map(|cents| cents.clamp(-SLOT_LIMIT, SLOT_LIMIT)),
            slot_weight: &slot_weight,
            pitch: note.pitch,
            velocity,
        };
        self.encode_view(&view)
    }

    /// The same for a note that is prepared already.
    #[must_use]
    pub fn encode_view(&self, view: &EncoderView<'_>) -> Latent {
        let mut values = vec![0.0; ENCODER_INPUTS];
        view.write(&mut values);
        for linear in &self.linears[..2] {
            values = apply(linear, &values).into_iter().map(|x| x / (1.0 + (-x).exp())).collect();
        }
        let mean = apply(&self.linears[2], &values);
        Latent(*mean.first_chunk::<LATENTS>().expect("the last layer is as wide as the latent space"))
    }
}

/// `frame` with no level below `floor_db`.
#[must_use]
pub fn above_floor(frame: &Frame, floor_db: f32) -> Frame {
    Frame {
        partial_db: frame.partial_db.map(|db| db.max(floor_db)),
        noise_db: frame.noise_db.map(|db| db.max(floor_db)),
        cents: frame.cents,
    }
}

fn apply(linear: &Linear, input: &[f32]) -> Vec<f32> {
    let rows = linear.weight.chunks_exact(linear.inputs);
    rows.zip(&linear.bias).map(|(row, bias)| bias + row.iter().zip(input).map(|(w, x)| w * x).sum::<f32>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::Slots;

    fn note(level: f32) -> NoteFrames {
        let mut frame = Frame::SILENT;
        frame.partial_db[0] = level;
        frame.noise_db[3] = level - 30.0;
        let slots = Slots { cents: [0.0; PARTIALS], in_band: [true; PARTIALS] };
        NoteFrames { pitch: 60.0, slots, frames: vec![frame; 500] }
    }

    #[test]
    fn silence_below_the_range_is_not_heard() {
        let encoder = Encoder::new(&Weights::untrained(1));
        let plain = encoder.encode(&note(-10.0), 100.0);
        let mut hazy = note(-10.0);
        hazy.frames.iter_mut().for_each(|frame| frame.partial_db[40] = -100.0);
        assert_eq!(encoder.encode(&hazy, 100.0), plain);
        hazy.frames.iter_mut().for_each(|frame| frame.partial_db[40] = -50.0);
        assert_ne!(encoder.encode(&hazy, 100.0), plain);
    }

    #[test]
    fn a_short_or_empty_note_still_gives_a_finite_point() {
        let encoder = Encoder::new(&Weights::untrained(1));
        let mut short = note(-10.0);
        short.frames.truncate(2);
        assert!(encoder.encode(&short, 100.0).0.iter().all(|z| z.is_finite()));
        short.frames.clear();
        assert!(encoder.encode(&short, 100.0).0.iter().all(|z| z.is_finite()));
    }
}
