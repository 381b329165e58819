//! Numbers that look random and follow from a seed.

/// A generator (splitmix64, Steele et al. 2014).
pub(super) struct Seed(u64);

impl Seed {
    pub(super) fn new(seed: u64) -> Self {
        let mut seed = Self(seed);
        seed.bits();
        seed
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly spread over 0..1, 1 excluded.
    pub(super) fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// Normally distributed (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }

    /// A sample of the beta distribution with these counts, both above 0, by two gamma samples (Marsaglia & Tsang 2000).
    pub(super) fn beta(&mut self, yes: f32, no: f32) -> f32 {
        let (yes, no) = (self.gamma(yes), self.gamma(no));
        yes / (yes + no)
    }

    fn gamma(&mut self, shape: f32) -> f32 {
        let d = shape.max(1.0) - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && (1.0 - self.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_samples_have_the_mean_of_their_counts() {
        let mut seed = Seed::new(1);
        for (yes, no) in [(1.0, 1.0), (1.0, 9.0), (30.0, 10.0)] {
            let mean = (0..20_000).map(|_| seed.beta(yes, no)).sum::<f32>() / 20_000.0;
            assert!((mean - yes / (yes + no)).abs() < 0.01, "{yes}, {no}: {mean}");
        }
    }
}
