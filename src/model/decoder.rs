//! The decoder: from a point of the latent space, a pitch and a velocity to the levels of a note at its knots.

use super::architecture::{CONDITIONS, HIDDEN, KNOTS, NOTE_HIDDEN, NOTE_OUTPUTS, OUTPUTS};
use super::kernel::products::{BLOCK, LANES, Panel, Products, Quantised, Row, WEIGHT_NORM, row_of};
use super::kernel::{SUM_LANES, add_silu, first, whole};
use super::weights::{Linear, Weights, layer};
use crate::dsp::level::Level;

/// [`OUTPUTS`], rounded up to whole panels.
pub(crate) const KNOT_WIDTH: usize = OUTPUTS.div_ceil(LANES) * LANES;
/// The same for [`NOTE_OUTPUTS`].
pub(crate) const NOTE_WIDTH: usize = NOTE_OUTPUTS.div_ceil(LANES) * LANES;

/// What the trunk says of a note.
pub(crate) type Hidden = Quantised<{ HIDDEN / 2 }>;
/// The same of the note net.
type NoteHidden = Quantised<{ NOTE_HIDDEN / 2 }>;

/// The decoder's networks, packed for the audio thread.
///
/// Made off the audio thread when a model is loaded, then immutable and shared by all voices. The methods neither
/// allocate nor fail, and decode any number of notes at once, of which each comes out as if it were alone: the weights
/// are read from the second-level cache once, which for one note takes longer than to use them. Weights are whole
/// numbers of 16 bits, finer than the half precision of the file and half the memory of single precision.
pub struct Decoder {
    level: Level,
    products: Products,
    trunk: (First, [Packed; 2]),
    knots: Box<[Packed]>,
    note: (First, [Packed; 2]),
}

impl Decoder {
    /// Packs the decoder's share of `weights`.
    pub(crate) fn new(weights: &Weights) -> Self {
        Self::with_level(weights, Level::detect())
    }

    fn with_level(weights: &Weights, level: Level) -> Self {
        let three = |at: usize| {
            let [first, second, third] = [0, 1, 2].map(|i| &weights.linears[at + i]);
            (First::new(first), [second, third].map(|linear| Packed::new(linear, 0..linear.outputs)))
        };
        let head = &weights.linears[layer::HEAD];
        let knots = (0..KNOTS).map(|knot| Packed::new(head, knot * OUTPUTS..(knot + 1) * OUTPUTS)).collect();
        let products = Products::at(level);
        Self { level, products, trunk: three(layer::TRUNK), knots, note: three(layer::NOTE) }
    }

    /// Runs the trunk: about 138 k multiplications each.
    pub(crate) fn trunk<const V: usize>(&self, conditions: [&[f32; CONDITIONS]; V], hidden: [&mut Hidden; V]) {
        let mut values = [[0.0; HIDDEN]; V];
        for v in 0..V {
            let mut next = [0.0; HIDDEN];
            self.trunk.0.apply(self.level, conditions[v], &mut next);
            self.activate(&next, &mut values[v], hidden[v]);
        }
        for packed in &self.trunk.1 {
            let mut next = [[0.0; HIDDEN]; V];
            packed.apply(self.products, hidden.each_ref().map(|hidden| &**hidden), next.each_mut());
            for v in 0..V {
                self.activate(&next[v], &mut values[v], hidden[v]);
            }
        }
    }

    /// The [`OUTPUTS`] of one knot (0 to [`KNOTS`], those after note-off last) from the trunk's output: about 29 k
    /// multiplications each. What lies beyond [`OUTPUTS`] is padding.
    pub(crate) fn knot<const V: usize>(&self, knot: usize, hidden: [&Hidden; V], out: [&mut [f32; KNOT_WIDTH]; V]) {
        self.knots[knot].apply(self.products, hidden, out);
    }

    /// The [`NOTE_OUTPUTS`] that hold for the whole note: slot deviations in units of
    /// [`SLOT_SCALE`](super::architecture::SLOT_SCALE), and its [`motion`](super::motion). About 45 k multiplications
    /// each.
    pub(crate) fn note<const V: usize>(&self, conditions: [&[f32; CONDITIONS]; V], out: [&mut [f32; NOTE_WIDTH]; V]) {
        let mut hidden = [NoteHidden::ZERO; V];
        let mut next = [[0.0; NOTE_HIDDEN]; V];
        for v in 0..V {
            self.note.0.apply(self.level, conditions[v], &mut next[v]);
            self.activate(&next[v], &mut [0.0; NOTE_HIDDEN], &mut hidden[v]);
        }
        let [second, third] = &self.note.1;
        second.apply(self.products, hidden.each_ref(), next.each_mut());
        for (next, hidden) in next.iter().zip(&mut hidden) {
            self.activate(next, &mut [0.0; NOTE_HIDDEN], hidden);
        }
        third.apply(self.products, hidden.each_ref(), out);
    }

    /// Adds the curve of `from` to `values`, and makes whole numbers of them.
    fn activate<const PAIRS: usize>(&self, from: &[f32], values: &mut [f32], hidden: &mut Quantised<PAIRS>) {
        let mut squares = [0.0; SUM_LANES];
        add_silu(self.level, from, values, &mut squares);
        hidden.set(self.level, values, &squares);
    }
}

/// The first map of a network, in single precision, in panels of [`LANES`] outputs.
struct First {
    /// `[panels, inputs]`.
    rows: Box<[[f32; LANES]]>,
    /// `[panels]`.
    bias: Box<[[f32; LANES]]>,
}

impl First {
    fn new(linear: &Linear) -> Self {
        let panels = linear.outputs / LANES;
        let row = |panel: usize, input: usize| {
            std::array::from_fn(|lane| linear.weight[(panel * LANES + lane) * linear.inputs + input])
        };
        Self {
            rows: (0..panels * linear.inputs).map(|at| row(at / linear.inputs, at % linear.inputs)).collect(),
            bias: linear.bias.as_chunks().0.into(),
        }
    }

    /// `out` holds all panels.
    fn apply(&self, level: Level, input: &[f32; CONDITIONS], out: &mut [f32]) {
        let panels = self.rows.chunks_exact(CONDITIONS).zip(&self.bias);
        for (out, (rows, bias)) in out.as_chunks_mut().0.iter_mut().zip(panels) {
            first(level, input, rows, bias, out);
        }
    }
}

/// An affine map between hidden layers, or from one to outputs, in panels of [`LANES`] outputs.
struct Packed {
    pairs: usize,
    /// `[panels, pairs]`, pairs in the order of [`row_of`].
    rows: Box<[Row]>,
    /// `[panels]`.
    scale: Box<[[f32; LANES]]>,
    /// `[panels]`.
    bias: Box<[[f32; LANES]]>,
}

impl Packed {
    /// Packs some of the outputs; the last panel is filled up with zeros.
    fn new(linear: &Linear, outputs: std::ops::Range<usize>) -> Self {
        let (pairs, panels) = (linear.inputs / 2, outputs.len().div_ceil(LANES));
        let mut packed = Self {
            pairs,
            rows: vec![Row([[0; 2]; LANES]); panels * pairs].into(),
            scale: vec![[0.0; LANES]; panels].into(),
            bias: vec![[0.0; LANES]; panels].into(),
        };
        for (position, output) in outputs.enumerate() {
            let (panel, lane) = (position / LANES, position % LANES);
            let (low, high) = linear.weight[output * linear.inputs..][..linear.inputs].split_at(pairs);
            let scale = weight_scale(low, high);
            packed.scale[panel][lane] = scale;
            packed.bias[panel][lane] = linear.bias[output];
            let rows = &mut packed.rows[panel * pairs..][..pairs];
            for (pair, (low, high)) in low.iter().zip(high).enumerate() {
                let whole = |weight: &f32| whole(weight / scale) as i16;
                rows[row_of(pair, pairs)].0[lane] = [whole(low), whole(high)];
            }
        }
        packed
    }

    /// Each of `out` holds all panels.
    fn apply<const PAIRS: usize, const WIDTH: usize, const V: usize>(
        &self,
        products: Products,
        inputs: [&Quantised<PAIRS>; V],
        mut out: [&mut [f32; WIDTH]; V],
    ) {
        let panels = self.rows.chunks_exact(self.pairs).zip(&self.scale).zip(&self.bias);
        for (at, ((rows, scale), bias)) in panels.enumerate() {
            let out = out.each_mut().map(|out| &mut out.as_chunks_mut().0[at]);
            products.apply(Panel { rows, scale, bias }, inputs, out);
        }
    }
}

/// What one stands for in the weights of an output: as little as 16 bits and [`WEIGHT_NORM`] allow. The weights are those
/// of the low and of the high halves of pairs.
fn weight_scale(low: &[f32], high: &[f32]) -> f32 {
    let blocks = low.len() / BLOCK;
    let mut squares = vec![0.0_f64; blocks];
    for (pair, weights) in low.iter().zip(high).enumerate() {
        squares[pair % blocks] += f64::from(*weights.0).powi(2) + f64::from(*weights.1).powi(2);
    }
    let norm = squares.into_iter().fold(0.0, f64::max).sqrt();
    let largest = low.iter().chain(high).fold(0.0_f32, |most, w| most.max(w.abs()));
    // Rounding adds at most a half for each weight, 4 to the norm of a block.
    let scale = (largest / f32::from(i16::MAX)).max((norm / f64::from(WEIGHT_NORM - 5.0)) as f32);
    scale.max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::model::architecture::{LEVEL_SCALE, LEVELS, conditions};
    use crate::model::latent::{LATENTS, Latent};

    fn exact(linear: &Linear, input: &[f64]) -> Vec<f64> {
        let row = |o: usize| linear.weight[o * linear.inputs..][..linear.inputs].iter();
        let sum = |o: usize| row(o).zip(input).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
        (0..linear.outputs).map(|o| sum(o) + f64::from(linear.bias[o])).collect()
    }

    fn exact_silu(values: Vec<f64>) -> Vec<f64> {
        values.into_iter().map(|x| x / (1.0 + (-x).exp())).collect()
    }

    /// The head's and the note net's outputs in double precision.
    fn reference(weights: &Weights, conditions: &[f32; CONDITIONS]) -> (Vec<f64>, Vec<f64>) {
        let input: Vec<f64> = conditions.iter().map(|&x| x.into()).collect();
        let mut hidden = exact_silu(exact(&weights.linears[0], &input));
        for i in 1..3 {
            let next = exact_silu(exact(&weights.linears[i], &hidden));
            hidden.iter_mut().zip(next).for_each(|(h, n)| *h += n);
        }
        let first = exact_silu(exact(&weights.linears[layer::NOTE], &input));
        let second = exact_silu(exact(&weights.linears[layer::NOTE + 1], &first));
        (exact(&weights.linears[layer::HEAD], &hidden), exact(&weights.linears[layer::NOTE + 2], &second))
    }

    type Decoded = ([[f32; KNOT_WIDTH]; KNOTS], [f32; NOTE_WIDTH]);

    fn decode<const V: usize>(decoder: &Decoder, conditions: &[[f32; CONDITIONS]; V]) -> [Decoded; V] {
        let mut hidden = [Hidden::ZERO; V];
        decoder.trunk(conditions.each_ref(), hidden.each_mut());
        let mut out = [([[0.0; KNOT_WIDTH]; KNOTS], [0.0; NOTE_WIDTH]); V];
        for knot in 0..KNOTS {
            decoder.knot(knot, hidden.each_ref(), out.each_mut().map(|out| &mut out.0[knot]));
        }
        decoder.note(conditions.each_ref(), out.each_mut().map(|out| &mut out.1));
        out
    }

    /// Points all over the latent space, the keyboard and the velocities.
    fn points(count: usize) -> Vec<[f32; CONDITIONS]> {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let mut point = || {
            let latent = Latent([0.0; LATENTS].map(|_| random()));
            conditions(&latent, 60.0 + 36.0 * random(), 64.0 + 63.0 * random())
        };
        (0..count).map(|_| point()).collect()
    }

    fn bits(decoded: &Decoded) -> (Vec<u32>, Vec<u32>) {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
        (bits(decoded.0.as_flattened()), bits(&decoded.1))
    }

    #[test]
    fn every_level_and_any_number_of_notes_at_once_give_the_same_bits() {
        let weights = Model::open_factory().weights().clone();
        let plain = Decoder::with_level(&weights, Level::BASELINE);
        for group in points(8).as_chunks::<4>().0 {
            let alone = group.map(|point| bits(&decode(&plain, &[point])[0]));
            for level in Level::available() {
                let decoder = Decoder::with_level(&weights, level);
                assert_eq!(decode(&decoder, group).each_ref().map(bits), alone, "{level:?}");
                let [a, b, c, d] = *group;
                assert_eq!(decode(&decoder, &[a, b, c]).each_ref().map(bits), alone[..3], "{level:?}");
                assert_eq!(decode(&decoder, &[d]).each_ref().map(bits), alone[3..], "{level:?}");
            }
        }
    }

    #[test]
    fn the_factory_model_sounds_as_it_does_in_double_precision() {
        let weights = Model::open_factory().weights().clone();
        let decoder = Decoder::new(&weights);
        let (mut square, mut largest, mut count) = (0.0, 0.0_f64, 0.0);
        for point in points(60) {
            let (head, note) = reference(&weights, &point);
            let [(knots, got)] = decode(&decoder, &[point]);
            for (knot, exact) in knots.iter().zip(head.chunks_exact(OUTPUTS)) {
                for (value, exact) in knot[..LEVELS].iter().zip(exact) {
                    let off_db = f64::from(LEVEL_SCALE) * (f64::from(*value) - exact).abs();
                    (square, largest, count) = (square + off_db * off_db, largest.max(off_db), count + 1.0);
                }
                assert!((f64::from(knot[OUTPUTS - 1]) - exact[OUTPUTS - 1]).abs() < 2e-3);
            }
            assert!(got.iter().zip(&note).all(|(&value, exact)| (f64::from(value) - exact).abs() < 2.5e-3));
        }
        let rms = (square / count).sqrt();
        assert!(largest < 0.03 && rms < 0.003, "levels are off by up to {largest} dB, {rms} dB on average");
    }

    #[test]
    fn no_sum_of_the_factory_model_can_overflow() {
        let decoder = Decoder::new(Model::open_factory().weights());
        let square = |pair: [i16; 2]| pair.map(|w| f64::from(w) * f64::from(w)).iter().sum::<f64>();
        for packed in decoder.knots.iter().chain(&decoder.trunk.1).chain(&decoder.note.1) {
            for block in packed.rows.as_chunks::<BLOCK>().0 {
                for lane in 0..LANES {
                    let norm = block.iter().map(|row| square(row.0[lane])).sum::<f64>().sqrt();
                    assert!(norm <= f64::from(WEIGHT_NORM), "{norm}");
                }
            }
        }
    }
}
