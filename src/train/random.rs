//! Random numbers for training: reproducible from a seed and a step, so that a run can be resumed anywhere.

/// A SplitMix64 generator (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this seed and position; different positions give independent streams.
    #[must_use]
    pub fn new(seed: u64, position: u64) -> Self {
        let mut random = Self(seed ^ position.wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.0 = random.bits();
        random
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly distributed in 0..1, 1 excluded.
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// Evenly distributed in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// A whole number below `n`, which is above 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Normally distributed, mean 0, variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_promised_mean_and_variance() {
        let mut random = Random::new(1, 2);
        let n = 100_000;
        let (mut sum, mut squares, mut uniform, mut below) = (0.0, 0.0, 0.0, [0; 7]);
        for _ in 0..n {
            let x = f64::from(random.normal());
            (sum, squares) = (sum + x, squares + x * x);
            uniform += f64::from(random.uniform());
            below[random.below(7)] += 1;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02 && (squares / n - 1.0).abs() < 0.03 && (uniform / n - 0.5).abs() < 0.01);
        assert!(below.iter().all(|&count| (f64::from(count) * 7.0 / n - 1.0).abs() < 0.05));
    }

    #[test]
    fn positions_of_a_seed_differ_and_repeat() {
        assert_eq!(Random::new(3, 4).bits(), Random::new(3, 4).bits());
        assert_ne!(Random::new(3, 4).bits(), Random::new(3, 5).bits());
        assert_ne!(Random::new(3, 4).bits(), Random::new(4, 4).bits());
    }
}
