//! How sure a match is.
//!
//! A logistic regression over what speaks for a lead, learned from a catalogue and queries of which the truth is known
//! (`cargo xtask rights-bench calibrate`): of the matches with confidence `c`, a share `c` is right.

use super::alignment::Evidence;

/// Weights of the features, the first for a constant.
const WEIGHTS: [f32; 4] = [-11.5, 0.75, 0.25, 4.0];

/// Confidence from which a match is shown as one: at most one wrong in a million looks.
pub const SHOWN: f32 = 0.99;
/// Confidence from which a match is listed as possible.
pub const POSSIBLE: f32 = 0.5;

/// The features of the regression after the constant. `points` and `hits` as in [`Evidence`].
#[must_use]
pub fn features(evidence: &Evidence) -> [f32; 3] {
    let hits = evidence.hits.max(0.5);
    let chance = evidence.chance.max(0.5);
    let surprise = (hits * (hits / chance).ln() - (hits - chance)).max(0.0);
    [evidence.score, surprise.sqrt(), evidence.hits / evidence.points.max(1) as f32]
}

/// The probability that a lead is right, 0..1.
#[must_use]
pub fn confidence(evidence: &Evidence) -> f32 {
    let sum: f32 = WEIGHTS[1..].iter().zip(features(evidence)).map(|(weight, feature)| weight * feature).sum();
    1.0 / (1.0 + (-(WEIGHTS[0] + sum)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_evidence_is_more_confidence_and_none_is_none() {
        let evidence =
            |score: f32, hits: f32| Evidence { score, points: 100, hits, chance: 5.0, ..Evidence::default() };
        assert!(confidence(&Evidence::default()) < 1e-3);
        assert!(confidence(&evidence(4.0, 8.0)) < POSSIBLE);
        assert!(confidence(&evidence(25.0, 60.0)) > SHOWN);
    }
}
