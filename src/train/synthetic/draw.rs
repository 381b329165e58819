//! How parameters are drawn.

use crate::train::random::Random;

/// Evenly distributed in log between two positive numbers.
pub(super) fn log_between(random: &mut Random, low: f32, high: f32) -> f32 {
    low * (high / low).powf(random.uniform())
}

/// One of a list.
pub(super) fn one_of<T: Copy>(random: &mut Random, list: &[T]) -> T {
    list[random.below(list.len())]
}

/// The factor of a level in dB.
pub(super) fn factor(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// The ratio of an interval in cents.
pub(super) fn ratio(cents: f32) -> f32 {
    (cents / 1_200.0).exp2()
}
