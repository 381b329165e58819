//! What training knows of a note's motion, and how far a prediction lies from it.

use std::ops::Range;

use crate::analysis::frames::PARTIALS;
use crate::analysis::motion::Measured;
use crate::model::architecture::MOTION_OUTPUTS;
use crate::model::motion::{DELAYS, RATES, SWAY, SWINGS, depth_of, outputs};

/// Weight of both distances in the sum that is minimised.
pub(super) const WEIGHT: f32 = 0.2;
/// From this depth on, in the outputs' logarithmic units, a rate counts fully: some 3 dB, some 30 cents.
const FULL_DEPTH: f32 = 2.0;

/// The motion of a note as the network should say it, and how much each output counts.
#[derive(Clone, Debug, PartialEq)]
pub struct MotionTarget {
    /// See [`outputs`].
    pub outputs: [f32; MOTION_OUTPUTS],
    /// 0..1.
    pub weights: [f32; MOTION_OUTPUTS],
}

impl MotionTarget {
    /// The target of a note whose partials are heard as `audible` (0..1) says. Rates and delays count by the depth of
    /// what moves at them.
    #[must_use]
    pub fn of(measured: &Measured, audible: &[f32; PARTIALS]) -> Self {
        let outputs = outputs(&measured.motion);
        let known = |output: usize| {
            let slot = output % PARTIALS;
            if SWAY.contains(&output) { measured.sway_certainty[slot] * audible[slot] } else { measured.certainty }
        };
        let deep = |depth: usize| (outputs[depth] / FULL_DEPTH).min(1.0);
        let weights = std::array::from_fn(|output| known(output) * depth_of(output).map_or(1.0, deep));
        Self { outputs, weights }
    }

    /// The motion of a mixture with `share` of this note: the depths between, the rates of what moves more.
    #[must_use]
    pub fn mixed(&self, other: &Self, share: f32) -> Self {
        let weights = |o: usize| (share * self.weights[o], (1.0 - share) * other.weights[o]);
        Self {
            outputs: std::array::from_fn(|o| {
                let (a, b) = weights(o);
                (a * self.outputs[o] + b * other.outputs[o]) / (a + b).max(f32::MIN_POSITIVE)
            }),
            weights: std::array::from_fn(|o| weights(o).0 + weights(o).1),
        }
    }

    /// The motion of a note that runs `speed` times as fast.
    #[must_use]
    pub fn faster(mut self, speed: f32) -> Self {
        RATES.into_iter().flatten().for_each(|output| self.outputs[output] += speed.log2());
        DELAYS.into_iter().for_each(|output| self.outputs[output] /= speed);
        self
    }
}

/// Mean weighted distances of predicted outputs from their targets, and their gradient times [`WEIGHT`].
pub(super) struct Distance {
    pub(super) sway: f64,
    pub(super) swings: f64,
    pub(super) gradient: Vec<[f32; MOTION_OUTPUTS]>,
}

impl Distance {
    /// One prediction per target.
    pub(super) fn of(targets: &[&MotionTarget], predicted: &[[f32; MOTION_OUTPUTS]]) -> Self {
        let mut gradient = vec![[0.0; MOTION_OUTPUTS]; targets.len()];
        let mut mean = |range: Range<usize>| {
            let weight = 1.0 + targets.iter().flat_map(|target| &target.weights[range.clone()]).sum::<f32>();
            let mut sum = 0.0;
            for ((target, predicted), gradient) in targets.iter().zip(predicted).zip(&mut gradient) {
                for o in range.clone() {
                    let difference = predicted[o] - target.outputs[o];
                    sum += f64::from(target.weights[o] * difference.abs());
                    gradient[o] = WEIGHT * target.weights[o] * difference.signum() / weight;
                }
            }
            sum / f64::from(weight)
        };
        let (sway, swings) = (mean(SWAY), mean(SWINGS));
        Self { sway, swings, gradient }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::{Motion, Swing};
    use crate::train::random::Random;

    fn target(depth: f32, certainty: f32) -> MotionTarget {
        let vibrato = Swing { depth, hz: 6.0, delay_s: 0.5 };
        let motion = Motion { vibrato, sway_db: [depth / 10.0; PARTIALS], sway_hz: [2.0; PARTIALS], ..Motion::STILL };
        let measured = Measured { motion, certainty, sway_certainty: [certainty; PARTIALS], steady_cents: Vec::new() };
        MotionTarget::of(&measured, &std::array::from_fn(|k| if k < 20 { 0.6 } else { 0.0 }))
    }

    #[test]
    fn rates_count_by_their_depth_and_what_is_not_known_or_heard_counts_nothing() {
        let (deep, flat, unknown) = (target(40.0, 1.0), target(0.0, 1.0), target(40.0, 0.0));
        let [rate, tremolo_rate] = [SWINGS.start + 1, SWINGS.start + 4];
        assert_eq!((deep.weights[rate], deep.weights[tremolo_rate], flat.weights[rate]), (1.0, 0.0, 0.0));
        assert_eq!((flat.weights[SWINGS.start], flat.weights[0], flat.weights[PARTIALS]), (1.0, 0.6, 0.0));
        assert!(deep.weights[PARTIALS] > 0.5 && deep.weights[20] == 0.0);
        assert_eq!(unknown.weights, [0.0; MOTION_OUTPUTS]);
    }

    #[test]
    fn a_mixture_lies_between_and_keeps_the_rate_of_what_moves() {
        let mixed = target(40.0, 1.0).mixed(&target(0.0, 1.0), 0.5);
        let deep = target(40.0, 1.0).outputs;
        assert!((mixed.outputs[0] - 0.5 * deep[0]).abs() < 1e-6);
        assert!((mixed.outputs[SWINGS.start + 1] - deep[SWINGS.start + 1]).abs() < 1e-6);
        let faster = mixed.clone().faster(2.0);
        assert!((faster.outputs[PARTIALS] - mixed.outputs[PARTIALS] - 1.0).abs() < 1e-6);
        assert_eq!(faster.outputs[SWINGS.start + 2], 0.25);
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let targets = [target(40.0, 1.0), target(3.0, 0.5)];
        let mut random = Random::new(8, 0);
        let predicted: Vec<[f32; MOTION_OUTPUTS]> = (0..2).map(|_| std::array::from_fn(|_| random.normal())).collect();
        let all = [&targets[0], &targets[1]];
        let gradient = Distance::of(&all, &predicted).gradient;
        for (row, gradient) in gradient.iter().enumerate() {
            for (o, &gradient) in gradient.iter().enumerate() {
                let at = |by: f32| {
                    let mut moved = predicted.clone();
                    moved[row][o] += by;
                    let Distance { sway, swings, .. } = Distance::of(&all, &moved);
                    f64::from(WEIGHT) * (sway + swings)
                };
                let numeric = (at(1e-3) - at(-1e-3)) / 2e-3;
                assert!((numeric - f64::from(gradient)).abs() < 1e-5, "{row} {o}: {numeric} {gradient}");
            }
        }
    }
}
