//! The weights of all networks as plain arrays: what training yields and a model file holds.

use super::architecture::{
    CONDITIONS, ENCODER_INPUTS, HELD_KNOTS, HIDDEN, KNOTS, KNOTS_S, LEVEL_OFFSET, LEVEL_SCALE, NOTE_HIDDEN,
    NOTE_OUTPUTS, OUTPUTS, RELEASE_KNOTS_S,
};
use super::latent::LATENTS;
use crate::analysis::frames::PARTIALS;

/// An affine map.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// `[outputs, inputs]`, row by row.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// Name, inputs and outputs of each affine map, in the order of [`Weights::linears`].
pub const LINEARS: [(&str, usize, usize); 10] = [
    ("decoder.trunk.0", CONDITIONS, HIDDEN),
    ("decoder.trunk.1", HIDDEN, HIDDEN),
    ("decoder.trunk.2", HIDDEN, HIDDEN),
    ("decoder.head", HIDDEN, KNOTS * OUTPUTS),
    ("decoder.note.0", CONDITIONS, NOTE_HIDDEN),
    ("decoder.note.1", NOTE_HIDDEN, NOTE_HIDDEN),
    ("decoder.note.2", NOTE_HIDDEN, NOTE_OUTPUTS),
    ("encoder.0", ENCODER_INPUTS, HIDDEN),
    ("encoder.1", HIDDEN, HIDDEN),
    ("encoder.mean", HIDDEN, LATENTS),
];

/// Positions in [`LINEARS`].
pub mod layer {
    /// First of three maps of the decoder's trunk.
    pub const TRUNK: usize = 0;
    /// The head, all knots after note-on, then those after note-off.
    pub const HEAD: usize = 3;
    /// First of three maps of the note net.
    pub const NOTE: usize = 4;
    /// First of three maps of the encoder, the last of which gives the mean of the latents.
    pub const ENCODER: usize = 7;
}

/// All weights of `knot-vae-2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// In the order of [`LINEARS`].
    pub linears: Vec<Linear>,
}

impl Weights {
    /// Untrained weights: He-scaled noise, and a head whose bias is a plain decaying tone. The same seed gives the
    /// same weights.
    #[must_use]
    pub fn untrained(seed: u64) -> Self {
        let mut state = seed;
        let linears = LINEARS.iter().map(|&(name, inputs, outputs)| {
            let gain = if name == "decoder.head" {
                0.3
            } else if name == "decoder.note.2" {
                0.1
            } else {
                1.0
            };
            let bound = gain / (inputs as f32).sqrt();
            let weight = (0..inputs * outputs).map(|_| bound * uniform(&mut state)).collect();
            let bias = if name == "decoder.head" { plain_tone() } else { vec![0.0; outputs] };
            Linear { inputs, outputs, weight, bias }
        });
        Self { linears: linears.collect() }
    }

    /// Whether every weight is a finite number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.linears.iter().all(|linear| linear.weight.iter().chain(&linear.bias).all(|value| value.is_finite()))
    }
}

/// The next of a sequence of numbers in -1..1 (SplitMix64, Steele et al. 2014).
fn uniform(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f32 / 8_388_608.0 - 1.0
}

/// Head bias of a decaying tone with a little noise.
fn plain_tone() -> Vec<f32> {
    let level = |db: f32| (db - LEVEL_OFFSET) / LEVEL_SCALE;
    (0..KNOTS * OUTPUTS)
        .map(|index| match (index / OUTPUTS, index % OUTPUTS) {
            (_, output) if output == OUTPUTS - 1 => 0.0,
            (knot, output) if knot < HELD_KNOTS => {
                let fall = 20.0 * KNOTS_S[knot];
                level(if output < PARTIALS { -18.0 - 1.5 * output as f32 - fall } else { -80.0 - fall })
            }
            (knot, _) => -60.0 / LEVEL_SCALE * RELEASE_KNOTS_S[knot - HELD_KNOTS + 1] / 0.4,
        })
        .collect()
}
