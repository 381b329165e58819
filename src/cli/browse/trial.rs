//! How well a ranking foretells what a person keeps: NDCG@10 over the last fifth of their sessions.

use std::collections::HashSet;

use super::people::Life;
use crate::browser::recommend::{Recommender, Request, Task};
use crate::browser::usage::{Deed, Event, PresetId};

/// Rows that count.
pub(super) const ROWS: usize = 10;
/// Of the requests after a keep, every so many is asked.
const EVERY: usize = 3;

/// Two shelves of presets, best first.
pub(super) struct Ranked {
    pub(super) mixed: Vec<PresetId>,
    pub(super) novel: Vec<PresetId>,
}

/// What learns from events and ranks.
pub(super) trait Ranker {
    fn note(&mut self, event: &Event);
    fn rank(&mut self, request: &Request) -> Ranked;
}

impl Ranker for Recommender {
    fn note(&mut self, event: &Event) {
        Self::note(self, event);
    }

    fn rank(&mut self, request: &Request) -> Ranked {
        let shelves = self.recommend(request);
        let ids = |rows: Vec<crate::browser::recommend::Row>| rows.into_iter().map(|row| row.preset).collect();
        Ranked { mixed: ids(shelves.mixed), novel: ids(shelves.novel) }
    }
}

/// The recommender with a row for what nobody could foretell.
pub(super) struct Exploring(pub(super) Recommender);

impl Ranker for Exploring {
    fn note(&mut self, event: &Event) {
        self.0.note(event);
    }

    fn rank(&mut self, request: &Request) -> Ranked {
        Ranker::rank(&mut self.0, &Request { explore: true, ..request.clone() })
    }
}

/// A mean in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    /// The mean, 0 of nothing.
    pub(super) fn value(self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

/// What a trial measured: NDCG@10 where a session starts and after a keep, of anything and of what was never kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Score {
    pub(super) open: Mean,
    pub(super) next: Mean,
    pub(super) open_novel: Mean,
    pub(super) next_novel: Mean,
}

impl Score {
    /// The four means.
    pub(super) fn values(&self) -> [f64; 4] {
        [self.open, self.next, self.open_novel, self.next_novel].map(Mean::value)
    }
}

/// What the ranking is given before the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The four fifths before.
    Known,
    /// Nothing.
    Fresh,
}

/// Lets `ranker` live through `life` and asks it in the last fifth.
pub(super) fn run(life: &Life, ranker: &mut dyn Ranker, start: Start) -> Score {
    let first = life.sessions.len() * 4 / 5;
    if start == Start::Known {
        life.sessions[..first].iter().flatten().for_each(|event| ranker.note(event));
    }
    let mut score = Score::default();
    let mut kept: HashSet<PresetId> = HashSet::new();
    if start == Start::Known {
        kept.extend(keeps(life.sessions[..first].iter().flatten()).map(|event| event.preset));
    }
    for session in life.sessions[first..].iter().filter(|session| !session.is_empty()) {
        sit(session, ranker, &mut kept, &mut score);
    }
    score
}

fn keeps<'a>(events: impl Iterator<Item = &'a Event>) -> impl Iterator<Item = &'a Event> {
    events.filter(|event| event.deed == Deed::Keep)
}

/// Goes through a session: a request at its start, and after keeps.
fn sit(session: &[Event], ranker: &mut dyn Ranker, kept: &mut HashSet<PresetId>, score: &mut Score) {
    let all: Vec<PresetId> = keeps(session.iter()).map(|event| event.preset).collect();
    let truth: HashSet<PresetId> = all.iter().copied().collect();
    if !truth.is_empty() {
        let ranked = ranker.rank(&request(&session[0], Task::Open, vec![]));
        let new: HashSet<PresetId> = truth.difference(kept).copied().collect();
        score.open.add(ndcg(&ranked.mixed, &truth));
        if !new.is_empty() {
            score.open_novel.add(ndcg(&ranked.novel, &new));
        }
    }
    let mut number = 0;
    for event in session {
        ranker.note(event);
        if event.deed != Deed::Keep {
            continue;
        }
        kept.insert(event.preset);
        number += 1;
        let Some(next) = all.get(number).filter(|next| **next != event.preset) else { continue };
        if number % EVERY == 0 || !kept.contains(next) {
            let ranked = ranker.rank(&request(event, Task::Next, vec![event.preset]));
            let truth = HashSet::from([*next]);
            if number % EVERY == 0 {
                score.next.add(ndcg(&ranked.mixed, &truth));
            }
            if !kept.contains(next) {
                score.next_novel.add(ndcg(&ranked.novel, &truth));
            }
        }
    }
}

fn request(event: &Event, task: Task, exclude: Vec<PresetId>) -> Request {
    Request {
        task,
        now: event.time,
        session: event.session,
        project: event.project,
        rows: ROWS,
        exclude,
        explore: false,
    }
}

/// Normalised discounted cumulative gain of the first ten rows (Järvelin & Kekäläinen 2002), every right row worth 1.
fn ndcg(rows: &[PresetId], truth: &HashSet<PresetId>) -> f64 {
    let discount = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let right = rows.iter().take(ROWS).enumerate().filter(|(_, row)| truth.contains(row));
    let ideal: f64 = (0..truth.len().min(ROWS)).map(discount).sum();
    right.map(|(place, _)| discount(place)).sum::<f64>() / ideal
}
