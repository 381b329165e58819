//! `zitherctl browse fit` and `browse table`: makes the shipped weights, and measures them, on made-up people.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::people::Life;
use super::rivals::{Rival, Rule};
use super::traits::Kind;
use super::trial::{self, Exploring, Mean, Ranker, Score, Start};
use crate::browser::recommend::{Head, Pace, Recommender, SIGNALS, Weights, table};

/// Makes the recommender's shipped weights anew from made-up people, the same ones every time.
///
/// The table is what src/browser/recommend/shipped.txt holds.
#[derive(Args)]
pub(in crate::cli) struct Fit {
    /// People of each kind.
    #[arg(long, default_value_t = 8)]
    people: u64,
    /// How often their lives are gone through.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Keeps of each.
    #[arg(long, default_value_t = 3000)]
    keeps: usize,
    /// Only people of this kind.
    #[arg(long)]
    kind: Option<Kind>,
    /// The table of weights.
    #[arg(long)]
    out: PathBuf,
}

/// Measures the shipped weights on made-up people that they were not fitted to, beside simple rankings.
#[derive(Args)]
pub(in crate::cli) struct Table {
    /// People of each kind.
    #[arg(long, default_value_t = 2)]
    people: u64,
    /// Keeps of each.
    #[arg(long, default_value_t = 5000)]
    keeps: usize,
    /// Only people of this kind.
    #[arg(long)]
    kind: Option<Kind>,
    /// Other weights than the shipped ones.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Leaves the simple rankings out.
    #[arg(long)]
    alone: bool,
    /// AdaGrad's rate, instead of the user's.
    #[arg(long)]
    rate: Option<f32>,
    /// What the shipped weights are worth, instead of the user's.
    #[arg(long)]
    trust: Option<f32>,
    /// How much is undone with each keep, instead of the user's.
    #[arg(long)]
    pull: Option<f32>,
}

/// People from here on are for testing.
const TEST: u64 = 1_000_000;
/// The pace of a fit: faster than a user's, from nothing and back to nothing.
const FIT: Pace = Pace { rate: 0.05, trust: 10.0, pull: 1e-5 };

fn kinds(only: Option<Kind>) -> Vec<Kind> {
    only.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind])
}

impl Fit {
    pub(super) fn run(self) -> Result<()> {
        let weights = fit(&kinds(self.kind), self.people, self.rounds, self.keeps);
        std::fs::write(&self.out, table(&weights)).with_context(|| format!("cannot write {}", self.out.display()))
    }
}

/// The weights that going through the lives of such people ends with, meaned over the last round.
fn fit(kinds: &[Kind], people: u64, rounds: u32, keeps: usize) -> Weights {
    let mut weights = Weights::from_shipped([[0.0; SIGNALS]; Head::ALL.len()], FIT);
    let mut sums = [[0.0_f64; SIGNALS]; Head::ALL.len()];
    let mut count = 0.0;
    for (round, person, kind) in (0..rounds)
        .flat_map(|round| (0..people).map(move |person| (round, person)))
        .flat_map(|(round, person)| kinds.iter().map(move |kind| (round, person, *kind)))
    {
        let life = Life::new(kind, person, keeps);
        let mut recommender = Recommender::new(life.items);
        *recommender.weights_mut() = weights;
        life.sessions.iter().flatten().for_each(|event| recommender.note(event));
        weights = recommender.weights().clone();
        if round + 1 == rounds {
            add(&mut sums, &weights);
            count += 1.0;
        }
    }
    for head in Head::ALL {
        let mean: Vec<(f64, f64)> = sums[head as usize].iter().map(|sum| (sum / count, 0.0)).collect();
        weights.restore(head, &mean);
    }
    weights
}

fn add(sums: &mut [[f64; SIGNALS]; Head::ALL.len()], weights: &Weights) {
    for head in Head::ALL {
        let own = weights.head(head).weights;
        sums[head as usize].iter_mut().zip(own).for_each(|(sum, weight)| *sum += f64::from(weight));
    }
}

impl Table {
    pub(super) fn run(self) -> Result<()> {
        let weights = self.start()?;
        let mut rows: Rows = Vec::new();
        for kind in kinds(self.kind) {
            for person in 0..self.people {
                let life = Life::new(kind, TEST + person, self.keeps);
                let make = || {
                    let mut recommender = Recommender::new(life.items.clone());
                    *recommender.weights_mut() = weights.clone();
                    recommender
                };
                measure(&mut rows, "recommender", &life, make);
                measure(&mut rows, "exploring", &life, || Exploring(make()));
                for rule in Rule::ALL.into_iter().filter(|_| !self.alone) {
                    measure(&mut rows, &format!("{rule:?}"), &life, || Rival::new(rule, &life.items));
                }
            }
        }
        println!("NDCG@10                    open  next  new:open next | fresh: open  next  new:open next");
        rows.sort_by_key(|(name, _)| name.contains(' '));
        for (name, means) in rows {
            let values = means.map(|mean| format!("{:.3}", mean.value())).join(" ");
            println!("{name:26} {values}");
        }
        Ok(())
    }

    fn start(&self) -> Result<Weights> {
        let mut weights = match &self.weights {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Weights::from_table(&text, Pace::USER)
            }
            None => Weights::default(),
        };
        let pace = Pace {
            rate: self.rate.unwrap_or(Pace::USER.rate),
            trust: self.trust.unwrap_or(Pace::USER.trust),
            pull: self.pull.unwrap_or(Pace::USER.pull),
        };
        weights.set_pace(pace);
        Ok(weights)
    }
}

/// A line of the table for each ranking and kind: eight means over people.
type Rows = Vec<(String, [Mean; 8])>;

/// Lets a ranking live through a life twice, with the past and without.
fn measure<R: Ranker>(rows: &mut Rows, name: &str, life: &Life, make: impl Fn() -> R) {
    let known = trial::run(life, &mut make(), Start::Known);
    let fresh = trial::run(life, &mut make(), Start::Fresh);
    note(rows, name, &known, &fresh);
    note(rows, &format!("{name} {:?}", life.kind), &known, &fresh);
}

fn note(rows: &mut Rows, name: &str, known: &Score, fresh: &Score) {
    let at = rows.iter().position(|(row, _)| row == name).unwrap_or_else(|| {
        rows.push((name.to_owned(), [Mean::default(); 8]));
        rows.len() - 1
    });
    for (mean, value) in rows[at].1.iter_mut().zip(known.values().into_iter().chain(fresh.values())) {
        mean.add(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NDCG@10 where a session starts and after a keep, with weights that move at `pace`.
    fn score(life: &Life, weights: &Weights, pace: Pace) -> (f64, f64) {
        let mut recommender = Recommender::new(life.items.clone());
        *recommender.weights_mut() = weights.clone();
        recommender.weights_mut().set_pace(pace);
        let score = trial::run(life, &mut recommender, Start::Known);
        (score.open.value(), score.next.value())
    }

    #[test]
    fn weights_of_people_who_play_folders_become_those_of_one_who_follows_the_mind() {
        let wrong = Weights::from_table(&table(&fit(&[Kind::Folders], 2, 1, 1000)), Pace::USER);
        let (mut fixed, mut adapted, mut rival) = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0));
        let add = |sum: &mut (f64, f64), score: (f64, f64)| *sum = (sum.0 + score.0, sum.1 + score.1);
        for person in TEST..TEST + 2 {
            let life = Life::new(Kind::Mind, person, 1500);
            add(&mut fixed, score(&life, &wrong, Pace { rate: 0.0, ..Pace::USER }));
            add(&mut adapted, score(&life, &wrong, Pace::USER));
            let simple = trial::run(&life, &mut Rival::new(Rule::DecayedDay, &life.items), Start::Known);
            add(&mut rival, (simple.open.value(), simple.next.value()));
        }
        assert!(adapted.0 + adapted.1 > 1.03 * (fixed.0 + fixed.1), "{adapted:?}, without adapting {fixed:?}");
        assert!(adapted.0 > rival.0 && adapted.1 > rival.1, "{adapted:?}, by uses fading in a day {rival:?}");
    }

    #[test]
    fn shipped_weights_beat_simple_rules_on_people_they_were_not_fitted_to() {
        let life = Life::new(Kind::Lists, TEST, 1500);
        let own = score(&life, &Weights::default(), Pace::USER);
        for rule in Rule::ALL {
            let rival = trial::run(&life, &mut Rival::new(rule, &life.items), Start::Known);
            let (open, next) = (rival.open.value(), rival.next.value());
            assert!(own.0 > open && own.1 > next, "{own:?}, {rule:?} has {open:.3} and {next:.3}");
        }
    }
}
