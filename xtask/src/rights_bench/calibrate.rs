//! Learns how sure the guard may be: the weights of `rights::decision`, from what it said of queries of which the truth is
//! known.
//!
//! Logistic regression by Newton's method, over every report of the queries: right where track and place are.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::truth::{self, Kind, Truth};

/// Seconds by which a report may be misplaced.
const PLACE: f64 = 0.25;
/// Ridge that keeps the weights finite where classes can be told apart without error.
const RIDGE: f64 = 1e-3;
/// Newton's steps at most, and the change of the weights after which they end.
const STEPS: usize = 100;
const SETTLED: f64 = 1e-9;
/// A constant and the features of `rights::decision`.
const WEIGHTS: usize = 3;

type Row = [f64; WEIGHTS];

/// A report with what spoke for it, as far as `E` reads it.
#[derive(Deserialize)]
pub(super) struct Spoken<E> {
    pub(super) file: String,
    pub(super) track: String,
    pub(super) query_t: f64,
    pub(super) ref_t: f64,
    pub(super) evidence: E,
}

#[derive(Deserialize)]
struct Evidence {
    score: f64,
    surprise: f64,
}

impl Evidence {
    /// The features of `rights::decision`, after a constant.
    fn row(&self) -> Row {
        [1.0, self.score, self.surprise]
    }
}

/// Prints the weights that fit the reports of these files best.
///
/// # Errors
/// If a file cannot be read or there is nothing to learn from.
pub(super) fn run(truths: &[Truth], reports: &[PathBuf]) -> Result<()> {
    let mut examples = Vec::new();
    for path in reports {
        for spoken in truth::read_lines::<Spoken<Evidence>>(path)? {
            let name = truth::name(&spoken.file);
            let truth = truths.iter().find(|truth| truth.name() == name && truth.kind != Kind::Session);
            let right = truth.and_then(|truth| judge(truth, &spoken.track, spoken.query_t, spoken.ref_t));
            examples.extend(right.map(|right| (spoken.evidence.row(), right)));
        }
    }
    let right = examples.iter().filter(|(_, right)| *right).count();
    ensure!(right > 0 && right < examples.len(), "{} reports, {right} of them right: nothing to learn", examples.len());
    let weights = fit(&examples);
    println!("[rights:calibrate] reports={} right={right} weights={weights:.3?}", examples.len());
    Ok(())
}

/// Whether a report is right; `None` where the right track is placed elsewhere, as music repeats itself.
pub(super) fn judge(truth: &Truth, track: &str, query_t: f64, ref_t: f64) -> Option<bool> {
    let mut parts = truth.parts.iter().filter(|part| part.track == track).peekable();
    if parts.peek().is_none() {
        return Some(false);
    }
    parts.any(|part| part.error(query_t, ref_t) < PLACE).then_some(true)
}

fn fit(examples: &[(Row, bool)]) -> Row {
    let mut weights = [0.0; WEIGHTS];
    for _ in 0..STEPS {
        let mut slope = weights.map(|weight| -RIDGE * weight);
        let mut bend = [[0.0; WEIGHTS]; WEIGHTS];
        (0..WEIGHTS).for_each(|i| bend[i][i] = RIDGE);
        for (row, right) in examples {
            let sum: f64 = row.iter().zip(weights).map(|(feature, weight)| feature * weight).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            for i in 0..WEIGHTS {
                slope[i] += row[i] * (f64::from(u8::from(*right)) - chance);
                for j in 0..WEIGHTS {
                    bend[i][j] += row[i] * row[j] * chance * (1.0 - chance);
                }
            }
        }
        let step = solve(bend, slope);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < SETTLED) {
            break;
        }
    }
    weights
}

/// Gauss's elimination for a matrix that is positive definite.
pub(super) fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        for row in pivot + 1..N {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            matrix[row].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_made_the_examples_are_found_again() {
        let weights = [-3.0, 0.5, 1.5];
        let mut seed = 1_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24)
        };
        let examples: Vec<(Row, bool)> = (0..20_000)
            .map(|_| {
                let row = [1.0, 6.0 * random(), 3.0 * random()];
                let sum: f64 = row.iter().zip(weights).map(|(feature, weight)| feature * weight).sum();
                (row, random() < 1.0 / (1.0 + (-sum).exp()))
            })
            .collect();
        for (found, weight) in fit(&examples).iter().zip(weights) {
            assert!((found - weight).abs() < 0.15, "{found} {weight}");
        }
    }
}
