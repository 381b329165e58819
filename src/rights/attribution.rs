//! Whether a match is the recording itself, a version of it, or only something similar.
//!
//! The evidence says how well a place of the catalogue explains what is heard. A piece that others play anew, or another
//! piece over the same drums, may explain enough of it to pass for a match, but it does so in its own way: fewer of its
//! peaks meet, and those less in time. A multinomial logistic regression tells the three apart, learned from recordings
//! that were changed, pieces that were played anew and pieces that are alike
//! (`cargo xtask rights-bench attribute`). It may lower a confidence, and never raises it.

use serde::{Deserialize, Serialize};

use super::alignment::{Evidence, Point};
use super::axis::ROWS;
use super::decision;
use super::history::LEVELS;

/// What a match is of its track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likeness {
    /// The recording, changed or not.
    #[default]
    Recording,
    /// The same music, played anew.
    Version,
    /// Other music: the same key, rhythm, harmony or drums.
    Similar,
}

impl Likeness {
    /// What is left of a confidence that the evidence gives: a version is possible at most, and what is only similar is
    /// not even that.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::Recording => 1.0,
            Self::Version => 0.6,
            Self::Similar => 0.3,
        }
    }

    /// As it is written in reports and ledgers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Version => "version",
            Self::Similar => "similar",
        }
    }
}

/// Number of traits.
pub const TRAITS: usize = 12;

/// How the points of a stretch speak for a hypothesis. In this order: the share of points that meet a peak; the share of
/// the stream's peaks that are met; the mean lift of a point in octaves of power, the share of points that are lifted at
/// all, and by more than two octaves; of the peaks that are met, the spread of their times (ticks), the share that is within
/// a tick and within a step of their mean, and how far those that follow each other err alike (1 is wholly); the share of
/// points that meet a peak below 880 Hz, and above; the binary logarithm of the stretch's frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traits(pub [f32; TRAITS]);

/// Points that are strong are lifted by more than this (two octaves of power).
const STRONG: f32 = 2.0 * LEVELS;
/// Variance of times, in squared ticks, below which no agreement is looked for.
const LEAST_SPREAD: f32 = 0.05;

impl Traits {
    /// The traits of these points, which are not few; the stream has so many `peaks` in their stretch of so many `frames`.
    pub fn of<'a>(points: impl Iterator<Item = &'a Point> + Clone, peaks: u32, frames: usize) -> Self {
        let share = |count: f32, of: f32| count / of.max(1.0);
        let count = |is: &dyn Fn(&Point) -> bool| points.clone().filter(|point| is(point)).count() as f32;
        let half = |is: &dyn Fn(&Point) -> bool| {
            (count(&|point| is(point) && point.is_hit()) + 0.5) / (count(&|point| is(point)) + 1.0)
        };
        let all = count(&|_| true);
        let residuals = points.clone().filter_map(|point| point.residual);
        let hits = residuals.clone().count() as f32;
        let mean = [0, 1].map(|axis| share(residuals.clone().map(|residual| residual[axis]).sum(), hits));
        let near = |axis: usize| residuals.clone().filter(|residual| (residual[axis] - mean[axis]).abs() < 1.0).count();
        let spread = share(residuals.clone().map(|residual| (residual[0] - mean[0]).powi(2)).sum(), hits);
        let steps = residuals.clone().zip(residuals.clone().skip(1)).map(|(one, next)| (one[0] - next[0]).powi(2));
        let steps = share(steps.sum(), hits - 1.0);
        let lift: f32 = points.clone().map(|point| point.lift).sum();
        Self([
            share(hits, all),
            share(hits, peaks as f32),
            share(lift, all) / LEVELS,
            share(count(&|point| point.lift > 0.0), all),
            share(count(&|point| point.lift > STRONG), all),
            spread.sqrt(),
            share(near(0) as f32, hits),
            share(near(1) as f32, hits),
            1.0 - 0.5 * steps / spread.max(LEAST_SPREAD),
            half(&|point| usize::from(point.row) < ROWS / 2),
            half(&|point| usize::from(point.row) >= ROWS / 2),
            (frames as f32).log2(),
        ])
    }
}

/// Weights of a recording and of a version against what is similar: a constant, the score and the surprise of
/// `decision`, the traits.
const WEIGHTS: [[f32; 3 + TRAITS]; 2] = [
    [-32.556, -0.040, -0.159, -0.110, -3.298, -0.706, 31.115, -7.963, 1.348, -0.747, 4.317, 0.598, 9.900, 3.561, 0.862],
    [-20.707, 0.301, -0.534, -2.252, -4.727, 0.312, 7.517, -0.781, 1.098, -3.322, 0.561, -0.304, 5.524, -2.188, 1.516],
];
/// Log-odds that are given to a recording: a recording that is denied is worse than a version that is shown.
const BENEFIT: f32 = 1.5;

/// What the evidence speaks for.
#[must_use]
pub fn likeness(evidence: &Evidence) -> Likeness {
    let [score, surprise] = decision::features(evidence);
    let features = [1.0, score, surprise].into_iter().chain(evidence.traits.0);
    let odds =
        |weights: &[f32]| weights.iter().zip(features.clone()).map(|(weight, feature)| weight * feature).sum::<f32>();
    let [recording, version] = [odds(&WEIGHTS[0]) + BENEFIT, odds(&WEIGHTS[1])];
    if recording >= version.max(0.0) {
        Likeness::Recording
    } else if version >= 0.0 {
        Likeness::Version
    } else {
        Likeness::Similar
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::alignment::Point;

    /// Points a frame apart; every `every`th meets a peak that is up to `off` ticks early or late.
    fn points(every: usize, off: f32) -> Vec<Point> {
        let residual = |at: usize| [off * [-1.0, 0.3, 1.0, -0.3][at / every % 4], 0.1];
        let point = |at: usize| {
            let mut point = Point::at(at as u32, 6 * (at % 60) as u16);
            point.residual = at.is_multiple_of(every).then(|| residual(at));
            point.lift = if point.is_hit() { 64.0 } else { [16.0, 16.0, -16.0, -16.0][at % 4] };
            point
        };
        (0..120).map(point).collect()
    }

    fn evidence(points: &[Point]) -> Evidence {
        let hits = points.iter().filter(|point| point.is_hit()).count() as f32;
        let traits = Traits::of(points.iter(), 200, 128);
        Evidence { score: 16.0, points: points.len() as u32, hits, chance: 3.0, traits, ..Evidence::default() }
    }

    #[test]
    fn the_traits_are_what_they_are_called() {
        let Traits([met, explained, lift, lifted, strong, spread, on_time, in_tune, ..]) =
            Traits::of(points(2, 2.0).iter(), 120, 128);
        assert_eq!((met, explained, lift, lifted, strong), (0.5, 0.5, 2.0, 0.75, 0.5));
        assert!((spread - 1.48).abs() < 0.01, "{spread}");
        assert_eq!((on_time, in_tune), (0.5, 1.0));
    }

    #[test]
    fn peaks_that_meet_in_time_speak_for_the_recording_and_few_that_do_not_for_something_else() {
        assert_eq!(likeness(&evidence(&points(1, 0.5))), Likeness::Recording);
        assert_ne!(likeness(&evidence(&points(6, 2.8))), Likeness::Recording);
    }

    #[test]
    fn no_likeness_raises_a_confidence_and_only_a_recording_is_ever_shown() {
        let shares = [Likeness::Recording, Likeness::Version, Likeness::Similar].map(Likeness::share);
        assert_eq!(shares[0], 1.0);
        assert!(shares[1] < decision::SHOWN && shares[1] > decision::POSSIBLE && shares[2] < decision::POSSIBLE);
    }
}
