//! Seeded randomness without state: the same seed and index give the same number, on every processor and in any order.

/// A 32-bit hash of `seed` and `index`: multiply, fold, multiply, fold. Every output bit depends on every input bit,
/// which is all that phases and noise ask of it. Vectorises.
#[inline(always)]
#[must_use]
pub const fn hash(seed: u32, index: u32) -> u32 {
    let mut h = index.wrapping_mul(0x9E37_79B9) ^ seed;
    h = (h ^ (h >> 16)).wrapping_mul(0x21F0_AAAD);
    h = (h ^ (h >> 15)).wrapping_mul(0x735A_2D97);
    h ^ (h >> 15)
}

/// A number in -1..1, evenly spread.
#[inline]
#[must_use]
pub fn bipolar(seed: u32, index: u32) -> f32 {
    hash(seed, index) as i32 as f32 * (1.0 / 2_147_483_648.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_even_and_neighbours_uncorrelated() {
        for seed in [0, 1, 77, u32::MAX] {
            let count = 100_000;
            let values: Vec<f64> = (0..count).map(|index| f64::from(bipolar(seed, index))).collect();
            let mean = values.iter().sum::<f64>() / f64::from(count);
            let power = values.iter().map(|v| v * v).sum::<f64>() / f64::from(count);
            let neighbours = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / f64::from(count);
            assert!(mean.abs() < 0.01, "mean {mean}");
            assert!((power - 1.0 / 3.0).abs() < 0.005, "power {power}");
            assert!(neighbours.abs() < 0.005, "correlation {neighbours}");
        }
    }
}
