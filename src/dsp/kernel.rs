//! The loops that take the time, compiled once per processor level and chosen at run time.
//!
//! Every loop runs over [`LANES`] independent lanes with plain multiplications and additions in one fixed order, and
//! nothing contracts to fused operations: all levels give the same bits.

use super::level::per_level;
use super::random;
use realfft::num_complex::Complex32;

/// Lanes of every loop: one AVX-512 register, two of AVX2, four of the baseline.
pub const LANES: usize = 16;
/// Cosine of -0.5..0.5 turns.
#[inline(always)]
#[must_use]
pub fn cosine_of_turns(turns: f32) -> f32 {
    from_quarter(0.25 - turns.abs())
}

/// The sine of -0.25..0.25 turns: an odd polynomial of degree 7 (least squares at Chebyshev nodes), good to 6e-7, that is
/// -124 dB.
#[inline(always)]
fn from_quarter(turns: f32) -> f32 {
    let square = turns * turns;
    let mut polynomial = COS[3];
    polynomial = polynomial * square + COS[2];
    polynomial = polynomial * square + COS[1];
    polynomial = polynomial * square + COS[0];
    polynomial * turns
}

const COS: [f32; 4] = [6.283_164, -41.337_13, 81.340_386, -70.989_93];

/// Band levels and where the bins of a spectrum lie between them; `below` and `weight` have one entry per bin and a
/// length that is a multiple of [`LANES`].
pub struct Shape<'a> {
    /// Base-2 logarithm of the amplitude in each band.
    pub level: &'a [f32],
    /// Band below each bin; `below + 1` is a band too.
    pub below: &'a [u32],
    /// Weight 0..1 of the band above.
    pub weight: &'a [f32],
    /// Seed of this spectrum.
    pub seed: u32,
}

per_level! {
    /// Writes a random spectrum of this shape: each bin's parts are even random numbers in -1..1 times the amplitude
    /// interpolated (in the logarithm) between the bands.
    pub fn random_spectrum = random_spectrum_in_lanes(shape: &Shape<'_>, spectrum: &mut [Complex32])
}

#[inline(always)]
fn random_spectrum_in_lanes(shape: &Shape<'_>, spectrum: &mut [Complex32]) {
    let blocks =
        spectrum.chunks_exact_mut(LANES).zip(shape.below.chunks_exact(LANES)).zip(shape.weight.chunks_exact(LANES));
    for (block, ((bins, below), weight)) in blocks.enumerate() {
        let mut level = [0.0_f32; LANES];
        for lane in 0..LANES {
            let low = shape.level[below[lane] as usize];
            level[lane] = low + weight[lane] * (shape.level[below[lane] as usize + 1] - low);
        }
        let (mut real, mut imaginary) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for lane in 0..LANES {
            let bits = random::hash(shape.seed, (block * LANES + lane) as u32);
            let amplitude = exp2(level[lane]) * (1.0 / 32_768.0);
            real[lane] = ((bits << 16) as i32 >> 16) as f32 * amplitude;
            imaginary[lane] = (bits as i32 >> 16) as f32 * amplitude;
        }
        for lane in 0..LANES {
            bins[lane] = Complex32::new(real[lane], imaginary[lane]);
        }
    }
}

per_level! {
    /// Lays `block` times `window` and `gain` over what the last one left in `tail`: `hop` is the first half, and `tail`
    /// becomes the second. Block and window are twice as long as the halves.
    pub fn overlap = overlap_in_lanes(block: &[f32], window: &[f32], gain: f32, hop: &mut [f32], tail: &mut [f32])
}

#[inline(always)]
fn overlap_in_lanes(block: &[f32], window: &[f32], gain: f32, hop: &mut [f32], tail: &mut [f32]) {
    let ((early, late), (rise, fall)) = (block.split_at(hop.len()), window.split_at(hop.len()));
    for ((((hop, tail), early), late), (rise, fall)) in
        hop.iter_mut().zip(tail).zip(early).zip(late).zip(rise.iter().zip(fall))
    {
        *hop = *tail + early * rise * gain;
        *tail = late * fall * gain;
    }
}

per_level! {
    /// Writes `factor * 2^(exponent * scale)`: amplitudes of levels, ratios of intervals. All slices have one length.
    pub fn powers = powers_in_lanes(exponent: &[f32], scale: f32, factor: &[f32], out: &mut [f32])
}

#[inline(always)]
fn powers_in_lanes(exponent: &[f32], scale: f32, factor: &[f32], out: &mut [f32]) {
    for ((out, exponent), factor) in out.iter_mut().zip(exponent).zip(factor) {
        *out = factor * exp2(exponent * scale);
    }
}

/// Base-2 logarithm of a number from 2^-126 on, good to 1e-7 + 1e-7 of its value: the exponent, and the series of the
/// area tangent for the mantissa about 1.
#[inline(always)]
#[must_use]
pub fn log2(x: f32) -> f32 {
    /// Bits of the square root of 1/2: the mantissa is taken between it and its double.
    const LOWEST: i32 = 0x3F35_04F3;
    let exponent = (x.to_bits() as i32).wrapping_sub(LOWEST) >> 23;
    let mantissa = f32::from_bits((x.to_bits() as i32).wrapping_sub(exponent << 23) as u32);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let series = ((square * (1.0 / 7.0) + 1.0 / 5.0) * square + 1.0 / 3.0) * square + 1.0;
    exponent as f32 + 2.0 * std::f32::consts::LOG2_E * t * series
}

/// log2(10) / 20: a level in dB times this is the base-2 logarithm of the amplitude.
pub const DECIBELS_TO_OCTAVES: f32 = 0.166_096_4;

/// 2^x for -126 <= x <= 126 (clamped): the whole part goes into the exponent, a polynomial of degree 5 (least squares at
/// Chebyshev nodes) gives the rest to 8e-8. Not a number becomes 2^-126.
#[inline(always)]
#[must_use]
pub fn exp2(x: f32) -> f32 {
    /// Adding this leaves the rounded whole part in the low bits of the mantissa.
    const ROUNDER: f32 = 12_582_912.0;
    let x = if x > -126.0 { x } else { -126.0 };
    let x = if x < 126.0 { x } else { 126.0 };
    let shifted = x + ROUNDER;
    let rest = x - (shifted - ROUNDER);
    let mut polynomial = EXP2[5];
    polynomial = polynomial * rest + EXP2[4];
    polynomial = polynomial * rest + EXP2[3];
    polynomial = polynomial * rest + EXP2[2];
    polynomial = polynomial * rest + EXP2[1];
    polynomial = polynomial * rest + EXP2[0];
    polynomial * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

const EXP2: [f32; 6] = [1.0, 0.693_146_95, 0.240_221_22, 0.055_507_426, 0.009_675_46, 0.001_326_697];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_standard_library() {
        for step in -12_000..12_000 {
            let x = (step as f32 / 100.0).exp2();
            let error = f64::from(log2(x)) - f64::from(x).log2();
            assert!(error.abs() < 2e-7 + 2e-7 * f64::from(x).log2().abs(), "{x}: {error}");
        }
    }
}
