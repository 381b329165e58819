//! The arithmetic of the networks in the callback: packed matrix-vector products and the SiLU curve.
//!
//! Outputs lie in the lanes, each output is summed over the inputs in ascending order, and multiplication and addition
//! are never fused: every [`Level`](crate::dsp::level::Level) gives the same bits, on every machine.

use crate::dsp::level::per_level;

/// Outputs per panel: eight AVX2 registers of accumulators, enough to hide the latency of an addition.
pub(crate) const LANES: usize = 64;

/// The weights from one input to the [`LANES`] outputs of a panel.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Row(pub(crate) [i16; LANES]);

per_level! {
    /// `out[l] = scale[l] * sum over i of input[i] * rows[i][l] + bias[l]`; as many rows as inputs.
    pub(crate) fn panel = panel_in_lanes(
        input: &[f32],
        rows: &[Row],
        scale: &[f32; LANES],
        bias: &[f32; LANES],
        out: &mut [f32; LANES],
    )
}

#[inline(always)]
fn panel_in_lanes(input: &[f32], rows: &[Row], scale: &[f32; LANES], bias: &[f32; LANES], out: &mut [f32; LANES]) {
    let mut sum = [0.0_f32; LANES];
    for (&x, row) in input.iter().zip(rows) {
        for (sum, &weight) in sum.iter_mut().zip(&row.0) {
            *sum += x * f32::from(weight);
        }
    }
    for l in 0..LANES {
        out[l] = sum[l] * scale[l] + bias[l];
    }
}

per_level! {
    /// `x / (1 + exp(-x))` in place.
    pub(crate) fn silu = silu_in_lanes(values: &mut [f32; LANES])
}

#[inline(always)]
fn silu_in_lanes(values: &mut [f32; LANES]) {
    for x in values {
        *x /= 1.0 + exp(-*x);
    }
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
    use crate::dsp::level::Level;

    fn noise(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        }
    }

    #[test]
    fn every_level_gives_the_same_bits_and_agrees_with_double_precision() {
        let mut random = noise(1);
        for inputs in [1, 29, 128, 256] {
            let input: Vec<f32> = (0..inputs).map(|_| random() * 3.0).collect();
            let rows: Vec<Row> =
                (0..inputs).map(|_| Row(std::array::from_fn(|_| (random() * 32_767.0) as i16))).collect();
            let scale = std::array::from_fn(|_| random() * 1e-5);
            let bias = std::array::from_fn(|_| random());
            let applied = |level| {
                let mut out = [0.0; LANES];
                panel(level, &input, &rows, &scale, &bias, &mut out);
                out
            };
            let plain = applied(Level::BASELINE);
            for l in 0..LANES {
                let exact: f64 =
                    input.iter().zip(&rows).map(|(&x, row)| f64::from(x) * f64::from(row.0[l])).sum::<f64>()
                        * f64::from(scale[l])
                        + f64::from(bias[l]);
                assert!((f64::from(plain[l]) - exact).abs() < 1e-5, "{} is not {exact}", plain[l]);
            }
            for level in Level::available() {
                let mut once = applied(level);
                assert_eq!(once.map(f32::to_bits), plain.map(f32::to_bits), "{level:?}");
                silu(level, &mut once);
                let mut other = plain;
                silu(Level::BASELINE, &mut other);
                assert_eq!(once.map(f32::to_bits), other.map(f32::to_bits), "{level:?}");
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
