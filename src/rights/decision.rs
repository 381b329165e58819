//! How sure a match is.
//!
//! A logistic regression over what speaks for a lead, learned from a catalogue and queries of which the truth is known
//! (`cargo xtask rights-bench calibrate`): of the matches with confidence `c`, a share `c` is right.

use super::alignment::Evidence;

/// Weights of the features, the first for a constant.
const WEIGHTS: [f32; 3] = [-12.363, 0.662, 1.383];

/// Log-odds beyond which nobody has counted how often a match is right.
const PROVEN: f64 = 7.0;

/// Frames (a quarter of a second, two windows) without which it is a moment that matches, as a chord matches many pieces,
/// and what is left of its confidence.
const MOMENT: usize = 16;
const MOMENTARY: f64 = 0.3;

/// Confidence from which a match is shown as one. A false alarm is worse than a miss.
pub const SHOWN: f64 = 0.995;
/// Confidence from which a match is listed as possible.
pub const POSSIBLE: f64 = 0.5;

/// The features of the regression after the constant: the score, and the root of how surprising the number of hits is,
/// which is the log-likelihood ratio of their number to the number by chance, both taken as Poisson's.
#[must_use]
pub fn features(evidence: &Evidence) -> [f32; 2] {
    let hits = evidence.hits.max(0.5);
    let chance = evidence.chance.max(0.5);
    let surprise = (hits * (hits / chance).ln() - (hits - chance)).max(0.0);
    [evidence.score, surprise.sqrt()]
}

/// The probability that a lead is right, 0..1; precise enough to tell sure matches from surer ones.
#[must_use]
pub fn confidence(evidence: &Evidence) -> f64 {
    let sum: f32 = WEIGHTS[1..].iter().zip(features(evidence)).map(|(weight, feature)| weight * feature).sum();
    let sum = f64::from(WEIGHTS[0] + sum);
    // Rising ever slower, so that of two places of which both are practically certain one is still the better.
    let tempered = if sum > PROVEN { PROVEN + (1.0 + sum - PROVEN).ln() } else { sum };
    let share = if evidence.to - evidence.from < MOMENT { MOMENTARY } else { 1.0 };
    share / (1.0 + (-tempered).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_evidence_is_more_confidence_and_none_is_none() {
        let evidence =
            |score: f32, hits: f32| Evidence { score, points: 100, hits, chance: 5.0, to: 64, ..Evidence::default() };
        assert!(confidence(&Evidence::default()) < 1e-3);
        assert!(confidence(&evidence(4.0, 8.0)) < POSSIBLE);
        assert!(confidence(&evidence(25.0, 60.0)) > SHOWN);
        let surest = [confidence(&evidence(200.0, 900.0)), confidence(&evidence(210.0, 900.0))];
        assert!(surest[0] < surest[1] && surest[1] < 1.0, "{surest:?}");
    }

    #[test]
    fn a_chord_is_never_a_match() {
        let chord = Evidence { score: 200.0, points: 40, hits: 40.0, chance: 1.0, to: 12, ..Evidence::default() };
        assert!(confidence(&chord) < POSSIBLE);
        assert!(confidence(&Evidence { to: 40, ..chord }) > SHOWN);
    }
}
