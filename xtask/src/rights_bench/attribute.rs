//! Learns to tell a recording from a version of it and from what is only similar: the weights of `rights::attribution`,
//! from what Zither says of queries of which the truth is known.
//!
//! Multinomial logistic regression by Newton's method. Recordings are the benchmark's changed excerpts, of recorded music
//! and of music that we make; versions are the same pieces played anew; everything else that was taken for a track is
//! similar. Whatever the evidence already denies plays no part.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::calibrate::{self, Spoken, solve};
use super::truth::{self, Half, Kind, Truth};
use super::versions;

/// A constant, score and surprise, and the traits of `rights::attribution`.
const FEATURES: usize = 15;
/// Both rows of weights; the third class has none.
const WEIGHTS: usize = 2 * FEATURES;
/// Confidences of `rights::decision` from which a match is possible, and from which it is shown.
const POSSIBLE: f64 = 0.5;
const SHOWN: f64 = 0.995;
/// What is added to the log-odds of a recording, and what is left of a version's confidence and of a similar one's.
const BENEFIT: f64 = 1.5;
const SHARES: [f64; 3] = [1.0, 0.6, 0.3];
/// Ridge on weights of features that are scaled to a deviation of 1, where the examples together weigh [`WEIGHT`].
const RIDGE: f64 = 1.0;
const WEIGHT: f64 = 600.0;
const STEPS: usize = 60;
const SETTLED: f64 = 1e-8;

type Row = [f64; FEATURES];

/// The classes, in the order of `rights::attribution::Likeness`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Recording,
    Version,
    Similar,
}

const CLASSES: [Class; 3] = [Class::Recording, Class::Version, Class::Similar];

#[derive(Deserialize)]
struct Evidence {
    confidence: f64,
    score: f64,
    surprise: f64,
    traits: [f64; FEATURES - 3],
}

/// A report of which the class is known.
struct Example {
    /// The set and the query within it.
    query: (usize, String),
    half: Half,
    class: Class,
    confidence: f64,
    row: Row,
}

/// Prints the weights that fit the calibration half best, and what they make of the test half. `sets` are truths, each
/// with what Zither said of them.
///
/// # Errors
/// If a file cannot be read or a class has no examples.
pub(super) fn run(sets: &[(&[Truth], PathBuf)]) -> Result<()> {
    let mut examples = Vec::new();
    for (number, (truths, reports)) in sets.iter().enumerate() {
        let truths: HashMap<&str, &Truth> = truths.iter().map(|truth| (truth.name(), truth)).collect();
        for spoken in truth::read_lines::<Spoken<Evidence>>(reports)? {
            let name = truth::name(&spoken.file);
            let truth = truths.get(name).filter(|_| spoken.evidence.confidence >= POSSIBLE);
            examples.extend(truth.and_then(|truth| example(number, truth, &spoken)));
        }
    }
    let learned: Vec<&Example> = examples.iter().filter(|example| example.half == Half::Calibrate).collect();
    for class in CLASSES {
        ensure!(learned.iter().any(|example| example.class == class), "there is no {class:?} to learn from");
    }
    let weights = fit(&learned);
    for (class, weights) in CLASSES.iter().zip(&weights) {
        println!("[rights:attribute] weights of a {class:?}: {weights:.3?}");
    }
    for half in Half::BOTH {
        print_matrix(&examples, half, &weights);
    }
    Ok(())
}

fn example(set: usize, truth: &Truth, spoken: &Spoken<Evidence>) -> Option<Example> {
    let class = match truth.kind {
        Kind::Session => return None,
        Kind::Positive if calibrate::judge(truth, &spoken.track, spoken.query_t, spoken.ref_t)? => Class::Recording,
        Kind::Negative if truth.family == versions::VERSION && truth.track.as_ref() == Some(&spoken.track) => {
            Class::Version
        }
        Kind::Positive | Kind::Negative => Class::Similar,
    };
    let Evidence { confidence, score, surprise, traits } = &spoken.evidence;
    let mut row = [1.0; FEATURES];
    (row[1], row[2]) = (*score, *surprise);
    row[3..].copy_from_slice(traits);
    let query = (set, truth.name().to_owned());
    Some(Example { query, half: truth.half, class, confidence: *confidence, row })
}

/// What each example counts: all classes alike, among what would be shown and among what would not; within them all
/// queries alike.
fn balanced(examples: &[&Example]) -> Vec<f64> {
    let group = |example: &Example| (example.class, example.confidence >= SHOWN);
    let (mut reports, mut queries) = (HashMap::new(), HashMap::new());
    for example in examples {
        let count = reports.entry((&example.query, group(example))).or_insert(0.0);
        *count += 1.0;
        if *count == 1.0 {
            *queries.entry(group(example)).or_insert(0.0) += 1.0;
        }
    }
    let groups = queries.len() as f64;
    let weight =
        |example: &&Example| WEIGHT / groups / queries[&group(example)] / reports[&(&example.query, group(example))];
    examples.iter().map(weight).collect()
}

fn fit(examples: &[&Example]) -> [Row; 2] {
    let counts = balanced(examples);
    let scales = Scales::of(examples, &counts);
    let rows: Vec<Row> = examples.iter().map(|example| scales.scaled(&example.row)).collect();
    let mut weights = [0.0; WEIGHTS];
    for _ in 0..STEPS {
        let mut slope = weights.map(|weight| -RIDGE * weight);
        let mut bend = [[0.0; WEIGHTS]; WEIGHTS];
        (0..WEIGHTS).for_each(|at| bend[at][at] = RIDGE);
        for ((example, row), count) in examples.iter().zip(&rows).zip(&counts) {
            let chances = chances(&weights, row);
            for a in 0..WEIGHTS {
                let (class, feature) = (a / FEATURES, a % FEATURES);
                let is = f64::from(u8::from(example.class == CLASSES[class]));
                slope[a] += count * row[feature] * (is - chances[class]);
                for (b, bend) in bend[a].iter_mut().enumerate() {
                    let same = f64::from(u8::from(class == b / FEATURES));
                    let product = chances[class] * (same - chances[b / FEATURES]);
                    *bend += count * row[feature] * row[b % FEATURES] * product;
                }
            }
        }
        let step = solve(bend, slope);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < SETTLED) {
            break;
        }
    }
    scales.unscaled(&weights)
}

/// The probabilities of the first two classes.
fn chances(weights: &[f64; WEIGHTS], row: &Row) -> [f64; 2] {
    let sums = [0, 1].map(|class| odds(&weights[class * FEATURES..], row).exp());
    sums.map(|sum| sum / (1.0 + sums[0] + sums[1]))
}

fn odds(weights: &[f64], row: &Row) -> f64 {
    weights.iter().zip(row).map(|(weight, feature)| weight * feature).sum()
}

/// Mean and deviation of each feature; the constant stays as it is.
struct Scales {
    mean: Row,
    deviation: Row,
}

impl Scales {
    fn of(examples: &[&Example], counts: &[f64]) -> Self {
        let total: f64 = counts.iter().sum();
        let mean_of = |value: &dyn Fn(&Row) -> f64| {
            examples.iter().zip(counts).map(|(example, count)| count * value(&example.row)).sum::<f64>() / total
        };
        let (mut mean, mut deviation) = ([0.0; FEATURES], [1.0; FEATURES]);
        for at in 1..FEATURES {
            mean[at] = mean_of(&|row| row[at]);
            deviation[at] = mean_of(&|row| (row[at] - mean[at]).powi(2)).sqrt().max(1e-9);
        }
        Self { mean, deviation }
    }

    fn scaled(&self, row: &Row) -> Row {
        std::array::from_fn(|at| (row[at] - self.mean[at]) / self.deviation[at])
    }

    /// Weights for features as they are.
    fn unscaled(&self, weights: &[f64; WEIGHTS]) -> [Row; 2] {
        [0, 1].map(|class| {
            let mut row: Row = std::array::from_fn(|at| weights[class * FEATURES + at] / self.deviation[at]);
            row[0] -= row[1..].iter().zip(&self.mean[1..]).map(|(weight, mean)| weight * mean).sum::<f64>();
            row
        })
    }
}

/// What `rights::attribution` would say with these weights.
fn likeness(weights: &[Row; 2], row: &Row) -> usize {
    let [recording, version] = [odds(&weights[0], row) + BENEFIT, odds(&weights[1], row)];
    if recording >= version.max(0.0) { 0 } else { usize::from(version < 0.0) + 1 }
}

/// Prints, for each class, what its queries are taken for: by the report of each that is surest in the end.
fn print_matrix(examples: &[Example], half: Half, weights: &[Row; 2]) {
    for (name, least) in [("possible", POSSIBLE), ("shown", SHOWN)] {
        for class in CLASSES {
            let mut surest: HashMap<&(usize, String), (f64, usize)> = HashMap::new();
            let of = |example: &&Example| example.half == half && example.class == class && example.confidence >= least;
            for example in examples.iter().filter(of) {
                let taken = likeness(weights, &example.row);
                let confidence = example.confidence * SHARES[taken];
                let best = surest.entry(&example.query).or_insert((confidence, taken));
                if confidence > best.0 {
                    *best = (confidence, taken);
                }
            }
            let count = |taken: usize| surest.values().filter(|best| best.1 == taken).count();
            println!(
                "[rights:attribute] {half:?} half, {name} by evidence: {} x {class:?}: taken for a recording {}, a version {}, \
                 similar {}",
                surest.len(),
                count(0),
                count(1),
                count(2)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::random::Random;

    /// Queries of three classes whose first two features differ in the mean.
    fn drawn(seed: u64) -> Vec<Example> {
        let mut random = Random::new(seed, 0);
        let example = |number: usize| {
            let class = CLASSES[number % 3];
            let mut row = [1.0; FEATURES];
            row[1..].iter_mut().for_each(|feature| *feature = random.range(-1.0, 1.0));
            row[1] += if class == Class::Recording { 1.5 } else { 0.0 };
            row[2] += if class == Class::Version { 1.5 } else { 0.0 };
            Example { query: (0, number.to_string()), half: Half::Calibrate, class, confidence: 0.9, row }
        };
        (0..1_500).map(example).collect()
    }

    #[test]
    fn classes_that_differ_are_told_apart_in_queries_that_were_not_learned() {
        let (learned, others) = (drawn(1), drawn(2));
        let weights = fit(&learned.iter().collect::<Vec<_>>());
        let plain = |row: &Row| {
            let odds = [odds(&weights[0], row), odds(&weights[1], row), 0.0];
            (0..3).max_by(|&a, &b| odds[a].total_cmp(&odds[b])).unwrap()
        };
        let right = others.iter().filter(|example| CLASSES[plain(&example.row)] == example.class).count();
        assert!(right > 1_150, "{right} of 1500");
    }

    #[test]
    fn every_class_counts_alike_and_within_it_every_query() {
        let mut examples = drawn(3);
        examples.truncate(4); // Two recordings, a version, a similar one.
        examples[3].query = examples[0].query.clone();
        let counts = balanced(&examples.iter().collect::<Vec<_>>());
        assert_eq!(counts, [WEIGHT / 6.0, WEIGHT / 3.0, WEIGHT / 3.0, WEIGHT / 6.0]);
    }
}
