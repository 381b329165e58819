//! How smooth the space between instruments is, and whether its axes are in the order of what they do.

use crate::model::Model;
use crate::model::latent::{LATENTS, Latent};
use crate::model::sketch::{Sketch, deviations, effects};

/// Steps from one instrument to another.
const STEPS: usize = 20;
/// How even the way from one instrument to another is.
pub(super) struct Evenness {
    /// Median, over pairs, of the largest step over the mean step.
    pub(super) median: f32,
    /// 90th percentile of the same.
    pub(super) p90: f32,
}

/// Goes from instrument to instrument, over so many pairs.
pub(super) fn steps(model: &Model, pairs: usize) -> Evenness {
    let count = model.instruments.len();
    // Strides around the circle of instruments: every pair is another, near and far ones alike.
    let pair = |index: usize| {
        let first = index * 7 % count;
        (first, (first + 1 + index * 13 % (count - 1)) % count)
    };
    let mut ratios: Vec<f32> = (0..pairs.max(1))
        .map(|index| {
            let (from, to) = pair(index);
            unevenness(model, &model.instruments[from].latent, &model.instruments[to].latent)
        })
        .collect();
    ratios.sort_by(f32::total_cmp);
    let quantile = |share: f32| ratios[(share * (ratios.len() - 1) as f32).round() as usize];
    Evenness { median: quantile(0.5), p90: quantile(0.9) }
}

/// The largest step over the mean step.
fn unevenness(model: &Model, from: &Latent, to: &Latent) -> f32 {
    let at = |step: usize| {
        let share = step as f32 / STEPS as f32;
        Latent(std::array::from_fn(|i| from.0[i] + share * (to.0[i] - from.0[i])))
    };
    let sketches: Vec<Sketch> = (0..=STEPS).map(|step| Sketch::of(model, &at(step))).collect();
    let steps: Vec<f32> = sketches.windows(2).map(|pair| pair[0].distance(&pair[1])).collect();
    let largest = steps.iter().copied().fold(0.0, f32::max);
    largest / (steps.iter().sum::<f32>() / STEPS as f32).max(f32::MIN_POSITIVE)
}

/// Whether wide axes do more than narrow ones.
pub(super) struct Order {
    /// Spearman's correlation of variance and effect.
    pub(super) correlation: f32,
    /// What a move of one standard deviation does, in dB, latent by latent.
    effect: [f32; LATENTS],
}

impl Order {
    /// The effects as text.
    pub(super) fn effects(&self) -> String {
        self.effect.map(|effect| format!("{effect:.1}")).join(",")
    }
}

/// Moves each latent by one standard deviation of the instruments, to and fro, from many of them.
pub(super) fn order(model: &Model) -> Order {
    let points: Vec<Latent> = model.instruments.iter().map(|instrument| instrument.latent).collect();
    let (deviation, effect) = (deviations(&points), effects(model, &points));
    Order { correlation: rank_correlation(&deviation, &effect), effect }
}

/// Spearman's rank correlation; no two values are taken to be equal.
fn rank_correlation(a: &[f32; LATENTS], b: &[f32; LATENTS]) -> f32 {
    let rank = |values: &[f32; LATENTS], i: usize| values.iter().filter(|value| **value < values[i]).count() as f32;
    let squares: f32 = (0..LATENTS).map(|i| (rank(a, i) - rank(b, i)).powi(2)).sum();
    let n = LATENTS as f32;
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_agree_correlate_by_one_and_reversed_ones_by_minus_one() {
        let up: [f32; LATENTS] = std::array::from_fn(|i| (i * i) as f32);
        let down = up.map(|value| -value);
        assert_eq!((rank_correlation(&up, &up), rank_correlation(&up, &down)), (1.0, -1.0));
        let mut swapped = up;
        swapped.swap(3, 4);
        assert!((0.98..1.0).contains(&rank_correlation(&up, &swapped)));
    }

    #[test]
    fn steps_and_effects_of_the_factory_model_are_numbers_above_their_least() {
        let model = Model::open_factory();
        let steps = steps(&model, 8);
        assert!(steps.median >= 1.0 && steps.p90 >= steps.median && steps.p90 <= STEPS as f32);
        let order = order(&model);
        assert!(order.effect.iter().all(|effect| *effect > 0.0) && order.correlation.abs() <= 1.0);
    }
}
