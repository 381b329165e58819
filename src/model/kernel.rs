//! The arithmetic of the networks in the callback.
//!
//! The first layer of a network is single precision: its inputs, of very different sizes, tell everything. Between hidden
//! layers run exact [`products`] of whole numbers. Every processor [`Level`](crate::dsp::level::Level) gives the same
//! bits: sums have one order or are exact, and nothing contracts to fused operations.

pub(crate) mod products;

use crate::dsp::kernel::exp2;
use crate::dsp::level::{Level, per_level};
use products::{BLOCK, INPUT_NORM, LANES, Quantised};

/// Activations are held to this either side of 0, so that no model, however broken, leads to numbers that are none.
const LARGEST: f32 = 1e9;
/// Lanes of a sum over all values: one AVX-512 register.
pub(crate) const SUM_LANES: usize = 16;

per_level! {
    /// `out[l] = sum over i of input[i] * rows[i][l] + bias[l]`; as many rows as inputs.
    pub(crate) fn first = first_in_lanes(
        input: &[f32],
        rows: &[[f32; LANES]],
        bias: &[f32; LANES],
        out: &mut [f32; LANES],
    )
}

#[inline(always)]
fn first_in_lanes(input: &[f32], rows: &[[f32; LANES]], bias: &[f32; LANES], out: &mut [f32; LANES]) {
    let mut sum = *bias;
    for (&x, row) in input.iter().zip(rows) {
        for (sum, &weight) in sum.iter_mut().zip(row) {
            *sum += x * weight;
        }
    }
    *out = sum;
}

per_level! {
    /// Adds `x / (1 + exp(-x))` of each value of `from` to that of `onto`, and the squares of the sums to those of their
    /// lanes: value `i` has lane `i % SUM_LANES`. As many values as whole lanes.
    pub(crate) fn add_silu = add_silu_in_lanes(from: &[f32], onto: &mut [f32], squares: &mut [f32; SUM_LANES])
}

#[inline(always)]
fn add_silu_in_lanes(from: &[f32], onto: &mut [f32], squares: &mut [f32; SUM_LANES]) {
    let mut sums = *squares;
    for (onto, from) in onto.as_chunks_mut::<SUM_LANES>().0.iter_mut().zip(from.as_chunks::<SUM_LANES>().0) {
        for lane in 0..SUM_LANES {
            let x = from[lane];
            let sum = onto[lane] + x / (1.0 + exp2(x * -std::f32::consts::LOG2_E));
            onto[lane] = sum.clamp(-LARGEST, LARGEST);
            sums[lane] += onto[lane] * onto[lane];
        }
    }
    *squares = sums;
}

impl<const PAIRS: usize> Quantised<PAIRS> {
    /// Takes `values`, twice as many as pairs, and the sums of their squares as [`add_silu`] counts them.
    pub(crate) fn set(&mut self, level: Level, values: &[f32], squares: &[f32; SUM_LANES]) {
        // Blocks take turns among the pairs, so that every lane belongs to one.
        let mut sums = *squares;
        let mut width = SUM_LANES;
        while width > PAIRS / BLOCK {
            width /= 2;
            (0..width).for_each(|lane| sums[lane] += sums[lane + width]);
        }
        let largest = sums[..width].iter().fold(1e-30_f32, |most, &sum| most.max(sum));
        let norm = largest.sqrt();
        self.scale = norm * (1.0 / INPUT_NORM);
        round(level, values, INPUT_NORM / norm, &mut self.pairs);
    }
}

per_level! {
    /// Rounds `factor` times `values` to whole numbers. The first half of the values goes to the low halves of the pairs.
    fn round = round_in_lanes(values: &[f32], factor: f32, pairs: &mut [i32])
}

#[inline(always)]
fn round_in_lanes(values: &[f32], factor: f32, pairs: &mut [i32]) {
    let (low, high) = values.split_at(pairs.len());
    for (pair, (low, high)) in pairs.iter_mut().zip(low.iter().zip(high)) {
        let [low, high] = [low, high].map(|value| whole(value * factor));
        *pair = (low & 0xffff | high << 16) as i32;
    }
}

/// The nearest whole number, in the low 16 bits.
#[inline(always)]
pub(crate) fn whole(value: f32) -> u32 {
    /// Adding this rounds, and leaves the whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    (value + ROUND).to_bits()
}

/// The exponential function within 2e-7 of its value, in plain multiplications and additions, so that it vectorises
/// and gives the same bits everywhere. Arguments are held to -87..88.
///
/// The remainder after taking out powers of two is handled by the minimax polynomial of Cephes' `expf`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    (p * r * r + r + 1.0) * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        }
    }

    #[test]
    fn the_first_layer_is_the_same_at_every_level_and_agrees_with_double_precision() {
        let mut random = noise(1);
        let input = [0.0; 29].map(|_| random() * 3.0);
        let (rows, bias) = ([[0.0; LANES]; 29].map(|row| row.map(|_: f32| random())), [0.5; LANES]);
        for level in Level::available() {
            let [mut out, mut plain] = [[0.0; LANES]; 2];
            first(level, &input, &rows, &bias, &mut out);
            first(Level::BASELINE, &input, &rows, &bias, &mut plain);
            assert_eq!(out.map(f32::to_bits), plain.map(f32::to_bits), "{level:?}");
            for l in 0..LANES {
                let exact = input.iter().zip(&rows).map(|(&x, row)| f64::from(x) * f64::from(row[l])).sum::<f64>();
                assert!((f64::from(out[l]) - exact - 0.5).abs() < 1e-5, "{} is not {exact}", out[l]);
            }
        }
    }

    #[test]
    fn the_curve_is_the_same_at_every_level_and_agrees_with_double_precision() {
        let from: Vec<f32> = (-1_600..1_600).map(|step| step as f32 / 40.0 + 0.003).collect();
        for level in Level::available() {
            let [mut out, mut plain] = [(); 2].map(|()| (vec![0.25; from.len()], [1.0; SUM_LANES]));
            add_silu(level, &from, &mut out.0, &mut out.1);
            add_silu(Level::BASELINE, &from, &mut plain.0, &mut plain.1);
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!((bits(&out.0), bits(&out.1)), (bits(&plain.0), bits(&plain.1)), "{level:?}");
            for (&x, &got) in from.iter().zip(&out.0) {
                let exact = f64::from(x) / (1.0 + f64::from(-x).exp()) + 0.25;
                assert!((f64::from(got) - exact).abs() < 1e-6 * (1.0 + exact), "{x}: {got} {exact}");
            }
            for (lane, &sum) in out.1.iter().enumerate() {
                let squares = out.0[lane..].iter().step_by(SUM_LANES).map(|x| f64::from(*x) * f64::from(*x));
                let exact = 1.0 + squares.sum::<f64>();
                assert!((f64::from(sum) / exact - 1.0).abs() < 1e-5, "{sum} is not {exact}");
            }
        }
        let mut out = [0.0; SUM_LANES];
        add_silu(Level::BASELINE, &[1e30, -1e30].repeat(8), &mut out, &mut [0.0; SUM_LANES]);
        assert!(out[0] == LARGEST && out[1].abs() < 1e-6, "{out:?}");
    }

    #[test]
    fn whole_numbers_are_the_same_at_every_level_near_the_values_and_within_the_norm() {
        let mut random = noise(3);
        // Even, with one that outweighs all others, in one block alone, tiny, huge, and none at all.
        let shapes: [fn(usize) -> f32; 6] = [
            |_| 1.0,
            |i| if i == 77 { 1e6 } else { 1.0 },
            |i| if i % 4 == 1 { 1.0 } else { 0.0 },
            |_| 1e-12,
            |_| LARGEST,
            |_| 0.0,
        ];
        for shape in shapes {
            let values: [f32; 256] = std::array::from_fn(|i| random() * shape(i));
            let mut squares = [0.0; SUM_LANES];
            values.iter().enumerate().for_each(|(i, value)| squares[i % SUM_LANES] += value * value);
            for level in Level::available() {
                let [mut got, mut plain] = [Quantised::<128>::ZERO; 2];
                got.set(level, &values, &squares);
                plain.set(Level::BASELINE, &values, &squares);
                let Quantised { pairs, scale } = got;
                assert_eq!((pairs, scale.to_bits()), (plain.pairs, plain.scale.to_bits()), "{level:?}");
                for block in 0..4 {
                    let pairs = pairs[block..].iter().step_by(4);
                    let halves = pairs.flat_map(|&pair| [pair as i16, (pair >> 16) as i16]);
                    let norm = halves.map(|x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
                    assert!(norm <= f64::from(INPUT_NORM) + 5.0, "{norm}");
                }
                for (i, &pair) in pairs.iter().enumerate() {
                    for (half, value) in [(pair as i16, values[i]), ((pair >> 16) as i16, values[i + 128])] {
                        let off = f64::from(half) - f64::from(value) / f64::from(scale);
                        assert!(off.abs() < 0.51, "{half} for {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_exponential_is_exact_to_single_precision() {
        for step in -8_600..=8_700 {
            let x = step as f32 / 100.0 + 0.003;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 2.5e-7, "exp({x})");
        }
        assert!(exp(f32::INFINITY).is_finite() && exp(f32::NEG_INFINITY) > 0.0);
    }
}
