//! The decoder: from a point of the latent space, a pitch and a velocity to the levels of a note at its knots.

use super::architecture::{CONDITIONS, HIDDEN, KNOTS, NOTE_HIDDEN, NOTE_OUTPUTS, OUTPUTS};
use super::kernel::{self, LANES, Row};
use super::weights::{Linear, Weights, layer};
use crate::dsp::level::Level;

/// [`OUTPUTS`], rounded up to whole panels.
pub(crate) const KNOT_WIDTH: usize = OUTPUTS.div_ceil(LANES) * LANES;
/// The same for [`NOTE_OUTPUTS`].
pub(crate) const NOTE_WIDTH: usize = NOTE_OUTPUTS.div_ceil(LANES) * LANES;

/// The decoder's networks, packed for the audio thread.
///
/// Made off the audio thread when a model is loaded, then immutable and shared by all voices. The methods neither
/// allocate nor fail. Weights are whole numbers of 16 bits with a scale per output, finer than the half precision of
/// the file and half the memory of single precision: the trunk and the knots in use stay in the second-level cache.
pub struct Decoder {
    level: Level,
    trunk: [Packed; 3],
    knots: Box<[Packed]>,
    note: [Packed; 3],
}

impl Decoder {
    /// Packs the decoder's share of `weights`.
    pub(crate) fn new(weights: &Weights) -> Self {
        Self::with_level(weights, Level::detect())
    }

    fn with_level(weights: &Weights, level: Level) -> Self {
        let three = |first: usize| std::array::from_fn(|i| Packed::whole(&weights.linears[first + i]));
        let head = &weights.linears[layer::HEAD];
        let knots = (0..KNOTS).map(|knot| Packed::new(head, knot * OUTPUTS..(knot + 1) * OUTPUTS)).collect();
        Self { level, trunk: three(layer::TRUNK), knots, note: three(layer::NOTE) }
    }

    /// Runs the trunk: about 138 k multiplications.
    pub(crate) fn trunk(&self, conditions: &[f32; CONDITIONS], hidden: &mut [f32; HIDDEN]) {
        self.trunk[0].apply(self.level, conditions, hidden);
        self.silu(hidden);
        for packed in &self.trunk[1..] {
            let mut next = [0.0; HIDDEN];
            packed.apply(self.level, hidden, &mut next);
            self.silu(&mut next);
            for (hidden, next) in hidden.iter_mut().zip(&next) {
                *hidden += next;
            }
        }
    }

    /// The [`OUTPUTS`] of one knot (0 to [`KNOTS`], those after note-off last) from the trunk's output: about 29 k
    /// multiplications. What lies beyond [`OUTPUTS`] is padding.
    pub(crate) fn knot(&self, knot: usize, hidden: &[f32; HIDDEN], out: &mut [f32; KNOT_WIDTH]) {
        self.knots[knot].apply(self.level, hidden, out);
    }

    /// The [`NOTE_OUTPUTS`] that hold for the whole note: slot deviations in units of
    /// [`SLOT_SCALE`](super::architecture::SLOT_SCALE), and its [`motion`](super::motion). About 45 k multiplications.
    pub(crate) fn note(&self, conditions: &[f32; CONDITIONS], out: &mut [f32; NOTE_WIDTH]) {
        let (mut first, mut second) = ([0.0; NOTE_HIDDEN], [0.0; NOTE_HIDDEN]);
        self.note[0].apply(self.level, conditions, &mut first);
        self.silu(&mut first);
        self.note[1].apply(self.level, &first, &mut second);
        self.silu(&mut second);
        self.note[2].apply(self.level, &second, out);
    }

    fn silu(&self, values: &mut [f32]) {
        let (panels, rest) = values.as_chunks_mut();
        debug_assert!(rest.is_empty());
        for panel in panels {
            kernel::silu(self.level, panel);
        }
    }
}

/// An affine map in panels of [`LANES`] outputs.
struct Packed {
    inputs: usize,
    /// `[panels, inputs]`.
    rows: Box<[Row]>,
    /// `[panels]`.
    scale: Box<[[f32; LANES]]>,
    /// `[panels]`.
    bias: Box<[[f32; LANES]]>,
}

impl Packed {
    fn whole(linear: &Linear) -> Self {
        Self::new(linear, 0..linear.outputs)
    }

    /// Packs some of the outputs; the last panel is filled up with zeros.
    fn new(linear: &Linear, outputs: std::ops::Range<usize>) -> Self {
        let (inputs, panels) = (linear.inputs, outputs.len().div_ceil(LANES));
        let mut packed = Self {
            inputs,
            rows: vec![Row([0; LANES]); panels * inputs].into(),
            scale: vec![[0.0; LANES]; panels].into(),
            bias: vec![[0.0; LANES]; panels].into(),
        };
        for (position, output) in outputs.enumerate() {
            let (panel, lane) = (position / LANES, position % LANES);
            let weights = &linear.weight[output * inputs..(output + 1) * inputs];
            let scale = weights.iter().fold(0.0_f32, |most, w| most.max(w.abs())) / f32::from(i16::MAX);
            packed.scale[panel][lane] = scale;
            packed.bias[panel][lane] = linear.bias[output];
            for (row, &weight) in packed.rows[panel * inputs..].iter_mut().zip(weights) {
                row.0[lane] = if scale > 0.0 { (weight / scale).round() as i16 } else { 0 };
            }
        }
        packed
    }

    /// `out` holds all panels.
    fn apply(&self, level: Level, input: &[f32], out: &mut [f32]) {
        let panels = self.rows.chunks_exact(self.inputs).zip(&self.scale).zip(&self.bias);
        for (out, ((rows, scale), bias)) in out.as_chunks_mut().0.iter_mut().zip(panels) {
            kernel::panel(level, input, rows, scale, bias, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::architecture::conditions;
    use crate::model::latent::{LATENTS, Latent};

    fn exact(linear: &Linear, input: &[f64]) -> Vec<f64> {
        let row = |o: usize| linear.weight[o * linear.inputs..][..linear.inputs].iter();
        let sum = |o: usize| row(o).zip(input).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
        (0..linear.outputs).map(|o| sum(o) + f64::from(linear.bias[o])).collect()
    }

    fn exact_silu(values: Vec<f64>) -> Vec<f64> {
        values.into_iter().map(|x| x / (1.0 + (-x).exp())).collect()
    }

    #[test]
    fn networks_agree_with_double_precision_on_every_level() {
        let weights = Weights::untrained(7);
        let latent = Latent(std::array::from_fn(|i| (i as f32 / LATENTS as f32 - 0.5) * 3.0));
        let conditions = conditions(&latent, 57.5, 83.0);
        let input: Vec<f64> = conditions.iter().map(|&x| x.into()).collect();
        let mut hidden = exact_silu(exact(&weights.linears[0], &input));
        for i in 1..3 {
            let next = exact_silu(exact(&weights.linears[i], &hidden));
            hidden.iter_mut().zip(next).for_each(|(h, n)| *h += n);
        }
        let head = exact(&weights.linears[layer::HEAD], &hidden);
        let first = exact_silu(exact(&weights.linears[layer::NOTE], &input));
        let second = exact_silu(exact(&weights.linears[layer::NOTE + 1], &first));
        let note = exact(&weights.linears[layer::NOTE + 2], &second);
        for level in Level::available() {
            let decoder = Decoder::with_level(&weights, level);
            let mut trunk = [0.0; HIDDEN];
            decoder.trunk(&conditions, &mut trunk);
            for knot in 0..KNOTS {
                let mut out = [0.0; KNOT_WIDTH];
                decoder.knot(knot, &trunk, &mut out);
                for (o, &value) in out[..OUTPUTS].iter().enumerate() {
                    let exact = head[knot * OUTPUTS + o];
                    assert!((f64::from(value) - exact).abs() < 2e-4, "{level:?} knot {knot}: {value} {exact}");
                }
            }
            let mut out = [0.0; NOTE_WIDTH];
            decoder.note(&conditions, &mut out);
            assert!(out.iter().zip(&note).all(|(&value, exact)| (f64::from(value) - exact).abs() < 2e-4));
        }
    }
}
