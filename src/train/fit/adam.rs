//! The optimiser: AdamW (Loshchilov and Hutter 2019) on the flat vector of all parameters.

use super::both;

/// Decay of the mean of gradients, and of their squares.
const DECAY: (f32, f32) = (0.9, 0.999);
/// Keeps the divisor from zero.
const EPSILON: f32 = 1e-8;
/// Share of a parameter that is taken away per unit of learning rate.
const WEIGHT_DECAY: f32 = 1e-4;

/// Parameters with the moments of their gradients.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Adam {
    pub(super) steps: u64,
    pub(super) parameters: Vec<f32>,
    pub(super) mean: Vec<f32>,
    pub(super) square: Vec<f32>,
}

/// Factors of one step.
#[derive(Clone, Copy)]
struct Factors {
    gradient: f32,
    rate: f32,
    mean: f32,
    square: f32,
}

impl Adam {
    pub(super) fn new(parameters: Vec<f32>) -> Self {
        let zeros = vec![0.0; parameters.len()];
        Self { steps: 0, mean: zeros.clone(), square: zeros, parameters }
    }

    pub(super) fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// Follows the mean of two gradients, shortened to the norm `clip`. Where that is not finite nothing happens, and
    /// the answer is false.
    #[must_use]
    pub(super) fn step(&mut self, gradients: &[Vec<f32>; 2], rate: f32, clip: f64) -> bool {
        let half = self.parameters.len() / 2;
        let [a, b] = gradients;
        let (first, second) = both(|| squares(&a[..half], &b[..half]), || squares(&a[half..], &b[half..]));
        let norm = 0.5 * (first + second).sqrt();
        if !norm.is_finite() {
            return false;
        }
        self.steps += 1;
        let power = |decay: f32| (1.0 - f64::from(decay).powf(self.steps as f64)).recip() as f32;
        let shorten = if norm > clip { (clip / norm) as f32 } else { 1.0 };
        let factors = Factors { gradient: 0.5 * shorten, rate, mean: power(DECAY.0), square: power(DECAY.1).sqrt() };
        let (p0, p1) = self.parameters.split_at_mut(half);
        let (m0, m1) = self.mean.split_at_mut(half);
        let (s0, s1) = self.square.split_at_mut(half);
        both(
            || factors.apply(p0, m0, s0, [&a[..half], &b[..half]]),
            || factors.apply(p1, m1, s1, [&a[half..], &b[half..]]),
        );
        true
    }
}

impl Factors {
    fn apply(self, parameters: &mut [f32], means: &mut [f32], squares: &mut [f32], gradients: [&[f32]; 2]) {
        let values = parameters.iter_mut().zip(means).zip(squares);
        for (((parameter, mean), square), (a, b)) in values.zip(gradients[0].iter().zip(gradients[1])) {
            let gradient = (a + b) * self.gradient;
            *mean += (1.0 - DECAY.0) * (gradient - *mean);
            *square += (1.0 - DECAY.1) * (gradient * gradient - *square);
            let step = *mean * self.mean / (square.sqrt() * self.square + EPSILON);
            *parameter -= self.rate * (step + WEIGHT_DECAY * *parameter);
        }
    }
}

/// Sum of the squares of `a + b`, in a fixed order of 16 sums that the compiler can run at once.
fn squares(a: &[f32], b: &[f32]) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(4_096).zip(b.chunks(4_096)) {
        let mut sums = [0.0_f32; 16];
        for (a, b) in a.chunks(16).zip(b.chunks(16)) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum += (a + b) * (a + b);
            }
        }
        total += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimiser_finds_the_bottom_of_a_bowl() {
        let target = [3.0, -1.0, 0.5, 8.0];
        let mut adam = Adam::new(vec![0.0; 4]);
        for _ in 0..2_000 {
            let gradient: Vec<f32> = adam.parameters().iter().zip(target).map(|(p, t)| p - t).collect();
            assert!(adam.step(&[gradient.clone(), gradient], 0.02, 1e9));
        }
        assert!(adam.parameters().iter().zip(target).all(|(p, t)| (p - t).abs() < 0.05), "{:?}", adam.parameters());
    }

    #[test]
    fn the_first_step_is_as_long_as_the_learning_rate() {
        let mut adam = Adam::new(vec![0.0; 3]);
        assert!(adam.step(&[vec![0.5, -2.0, 1e-3], vec![0.5, -2.0, 1e-3]], 0.01, 1.0));
        let expected = [-0.01, 0.01, -0.01];
        assert!(adam.parameters().iter().zip(expected).all(|(p, e)| (p - e).abs() < 1e-5), "{:?}", adam.parameters());
    }

    #[test]
    fn a_gradient_that_is_not_finite_changes_nothing() {
        let mut adam = Adam::new(vec![1.0; 40]);
        let before = adam.clone();
        let mut bad = vec![0.0; 40];
        bad[33] = f32::NAN;
        assert!(!adam.step(&[bad, vec![0.0; 40]], 0.1, 1.0));
        assert_eq!(adam, before);
    }
}
