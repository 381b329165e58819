//! What to try next: presets ranked by what this user did, each with its reason.
//!
//! A score is a sum of signals times weights ([`Signal`], [`Weights`]); signals are kept up to date with each event, and
//! weights move a little with each keep. Everything lives in memory and follows from the events alone: the same events give
//! the same rows. Events come from [`super::usage`]; who stores them is not known here.

mod catalogue;
mod context;
mod decay;
mod explore;
mod features;
mod fresh;
mod kept;
mod past;
mod pool;
mod reason;
mod seed;
mod sparse;
mod weights;

use std::collections::VecDeque;

pub use self::catalogue::Item;
use self::catalogue::{Catalogue, Number};
use self::context::Context;
use self::explore::Explorer;
pub use self::explore::{Arm, ArmCount};
use self::features::{Measure, Vector};
pub use self::features::{SIGNALS, Signal};
pub use self::fresh::{FreshPoint, fresh_point};
pub use self::kept::Kept;
use self::past::Past;
use self::pool::{Breadth, Pool, may_show, was_kept};
pub use self::reason::{Kin, Reason, Told, When};
use self::seed::Seed;
pub use self::weights::{Head, HeadWeights, Pace, Weights, table};
use super::usage::{Deed, Event, PresetId, ProjectId, SessionId};

/// For which moment presets are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A session starts.
    Open,
    /// A preset was just kept.
    Next,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// For which moment.
    pub task: Task,
    /// That moment, in seconds since 1970-01-01, UTC.
    pub now: i64,
    /// In which sitting.
    pub session: SessionId,
    /// In which project, where that is known.
    pub project: Option<ProjectId>,
    /// How many rows a shelf has at most.
    pub rows: usize,
    /// What must not be shown.
    pub exclude: Vec<PresetId>,
    /// Whether the tenth row of the mixed shelf may be given to something to find out about.
    pub explore: bool,
}

/// A preset on a shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub preset: PresetId,
    /// By which rows are sorted; only good for that.
    pub score: f32,
    /// Why it stands here.
    pub why: Reason,
}

/// The answer to a request, best rows first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shelves {
    /// Anything.
    pub mixed: Vec<Row>,
    /// Only what was never kept.
    pub novel: Vec<Row>,
}

/// Rows of which one may be given to exploring.
const EXPLORED_IN: usize = 10;

/// How many sittings may have started and still teach what to open with.
const OPENINGS: usize = 8;

/// Candidates and their signals: what was kept before, and what never was.
#[derive(Default)]
struct Lesson {
    known: Vec<(Number, Vector)>,
    novel: Vec<(Number, Vector)>,
}

/// Candidates as a session started, to learn from what is kept in it.
struct Opening {
    session: SessionId,
    lesson: Lesson,
    keeps: u32,
}

/// Learns from events and ranks presets; one for each user, owned by one thread.
///
/// An event costs some tens of microseconds, a request one pass over all presets that were ever kept.
pub struct Recommender {
    catalogue: Catalogue,
    past: Past,
    weights: Weights,
    measure: Measure,
    context: Context,
    pool: Pool,
    openings: VecDeque<Opening>,
    /// What was learned from last; its memory is used again.
    lesson: Lesson,
    explorer: Explorer,
}

impl Recommender {
    /// A recommender of `items` in the order in which banks and folders list them, for a user of whom nothing is known.
    #[must_use]
    pub fn new(items: Vec<Item>) -> Self {
        Self {
            catalogue: Catalogue::new(items),
            past: Past::default(),
            weights: Weights::default(),
            measure: Measure::new(),
            context: Context::default(),
            pool: Pool::default(),
            openings: VecDeque::new(),
            lesson: Lesson::default(),
            explorer: Explorer::default(),
        }
    }

    /// The weights as they are now, to store.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The weights, to put stored ones back.
    pub fn weights_mut(&mut self) -> &mut Weights {
        &mut self.weights
    }

    /// How often what exploring proposed was kept, in the order of [`Arm::ALL`], to show and to store.
    #[must_use]
    pub fn arms(&self) -> &[ArmCount; Arm::ALL.len()] {
        &self.explorer.counts
    }

    /// The same, to put stored counts back.
    pub fn arms_mut(&mut self) -> &mut [ArmCount; Arm::ALL.len()] {
        &mut self.explorer.counts
    }

    /// Takes in an event that weights have already learnt from: what a stored history is read with.
    pub fn recall(&mut self, event: &Event) {
        let preset = self.catalogue.adopt(event.preset);
        self.past.note(event, preset, &self.catalogue);
    }

    /// Takes in an event and learns from it. Events of a session come in the order of their times.
    pub fn note(&mut self, event: &Event) {
        let preset = self.catalogue.adopt(event.preset);
        if self.past.sitting_of(event.session).is_none() {
            self.remember_opening(event);
        }
        if event.deed == Deed::Keep {
            self.learn_next(event, preset);
            self.learn_open(event.session, preset);
            self.explorer.kept(preset);
        }
        self.past.note(event, preset, &self.catalogue);
    }

    /// Looks at the past as a session starts.
    fn remember_opening(&mut self, event: &Event) {
        self.context.look(&self.past, &self.catalogue, &lesson(event, Task::Open, event.time));
        let oldest = if self.openings.len() < OPENINGS { None } else { self.openings.pop_front() };
        let mut lesson = oldest.map(|oldest| oldest.lesson).unwrap_or_default();
        self.pool.fill_with_lessons(&self.context, &self.past, &self.catalogue);
        self.look_at_pool(&mut lesson.known);
        self.pool.fill_with_novel(&self.context, &self.past, &self.catalogue, Breadth::LESSON);
        self.look_at_pool(&mut lesson.novel);
        self.openings.push_back(Opening { session: event.session, lesson, keeps: 0 });
    }

    /// The signals of everything in the pool, in place of what was there.
    fn look_at_pool(&self, candidates: &mut Vec<(Number, Vector)>) {
        candidates.resize(self.pool.count(), (0, [0.0; SIGNALS]));
        for ((number, x), preset) in candidates.iter_mut().zip(self.pool.presets()) {
            *number = preset;
            self.measure.fill(x, &self.context, &self.past, &self.catalogue, preset);
        }
    }

    /// Learns what follows: `preset` is about to be kept.
    fn learn_next(&mut self, event: &Event, preset: Number) {
        let Some(sitting) = self.past.sitting_of(event.session) else { return };
        let Some(last) = self.past.sittings()[sitting as usize].plays.last().copied() else { return };
        if last.preset == preset {
            return;
        }
        self.context.look(&self.past, &self.catalogue, &lesson(event, Task::Next, last.time));
        let own = self.measure.vector(&self.context, &self.past, &self.catalogue, preset);
        let known = was_kept(&self.past, preset);
        self.pool.fill_with_novel(&self.context, &self.past, &self.catalogue, Breadth::LESSON);
        let reachable = known || self.pool.contains(preset);
        let mut lesson = std::mem::take(&mut self.lesson);
        self.look_at_pool(&mut lesson.novel);
        let mut others = without(&lesson.novel, |number| number == preset || number == last.preset);
        if reachable && !known {
            self.weights.learn(Head::NextNovel, &own, &others, 1.0);
        }
        if reachable {
            self.pool.fill_with_lessons(&self.context, &self.past, &self.catalogue);
            self.look_at_pool(&mut lesson.known);
            others.extend(without(&lesson.known, |number| number == preset || number == last.preset));
            self.weights.learn(Head::Next, &own, &others, 1.0);
        }
        self.lesson = lesson;
    }

    /// Learns what sessions start with: `preset` is about to be kept.
    fn learn_open(&mut self, session: SessionId, preset: Number) {
        let kept = self.past.sitting_of(session).map(|sitting| &self.past.sittings()[sitting as usize].kept[..]);
        let kept = kept.unwrap_or_default();
        let Some(opening) = self.openings.iter_mut().find(|opening| opening.session == session) else { return };
        if kept.contains(&preset) {
            return;
        }
        opening.keeps += 1;
        let importance = 1.0 / (opening.keeps as f32).sqrt();
        let gone = |number| number == preset || kept.contains(&number);
        let find = |candidates: &[(Number, Vector)]| candidates.iter().find(|(number, _)| *number == preset).copied();
        let mut others = without(&opening.lesson.novel, gone);
        let novel = find(&opening.lesson.novel);
        if let Some((_, own)) = &novel {
            self.weights.learn(Head::OpenNovel, own, &others, importance);
        }
        if let Some((_, own)) = find(&opening.lesson.known).or(novel) {
            others.extend(without(&opening.lesson.known, gone));
            self.weights.learn(Head::Open, &own, &others, importance);
        }
    }

    /// Answers a request.
    pub fn recommend(&mut self, request: &Request) -> Shelves {
        self.context.look(&self.past, &self.catalogue, request);
        let exclude: Vec<Number> = request.exclude.iter().filter_map(|id| self.catalogue.number(*id)).collect();
        let (any, fresh) = match request.task {
            Task::Open => (Head::Open, Head::OpenNovel),
            Task::Next => (Head::Next, Head::NextNovel),
        };
        let (mut mixed, mut novel) = (Vec::new(), Vec::new());
        let fits = |number: &Number| !exclude.contains(number);
        self.pool.fill_with_known(&self.context, &self.past, &self.catalogue, &self.measure);
        for preset in self.pool.presets().filter(fits) {
            let x = self.measure.vector(&self.context, &self.past, &self.catalogue, preset);
            mixed.push((self.weights.score(any, &x), preset));
        }
        self.pool.fill_with_novel(&self.context, &self.past, &self.catalogue, Breadth::ANSWER);
        for preset in self.pool.presets().filter(fits) {
            let x = self.measure.vector(&self.context, &self.past, &self.catalogue, preset);
            mixed.push((self.weights.score(any, &x), preset));
            novel.push((self.weights.score(fresh, &x), preset));
        }
        self.fill(&mut novel, request.rows, &exclude);
        self.fill(&mut mixed, request.rows, &exclude);
        let mut shelves =
            Shelves { mixed: self.rows(mixed, request.rows, any), novel: self.rows(novel, request.rows, fresh) };
        if request.explore && shelves.mixed.len() >= EXPLORED_IN {
            self.explore(&mut shelves.mixed, request.session, &exclude);
        }
        shelves
    }

    /// Gives the tenth row to something to find out about.
    fn explore(&mut self, mixed: &mut Vec<Row>, session: SessionId, exclude: &[Number]) {
        let found = self.explorer.propose(session, &self.context, &self.past, &self.catalogue);
        let Some((number, arm)) = found.filter(|(number, _)| !exclude.contains(number)) else { return };
        let id = self.catalogue.id(number);
        let slot = EXPLORED_IN - 1;
        if mixed[..slot].iter().any(|row| row.preset == id) {
            return;
        }
        let (score, rows) = (mixed[slot].score, mixed.len());
        mixed.retain(|row| row.preset != id);
        mixed.insert(slot, Row { preset: id, score, why: Reason::Explore { arm } });
        mixed.truncate(rows);
    }

    /// Adds presets to begin with where there are fewer candidates than rows.
    fn fill(&self, ranked: &mut Vec<(f32, Number)>, rows: usize, exclude: &[Number]) {
        if ranked.len() >= rows {
            return;
        }
        let lowest = ranked.iter().map(|(score, _)| *score).fold(0.0, f32::min) - 1.0;
        for preset in self.catalogue.starters().iter().copied() {
            let fits = may_show(&self.past, &self.catalogue, preset) && !was_kept(&self.past, preset);
            if fits && !exclude.contains(&preset) && !ranked.iter().any(|(_, there)| *there == preset) {
                ranked.push((lowest - ranked.len() as f32 * 1e-3, preset));
            }
            if ranked.len() >= rows {
                return;
            }
        }
    }

    /// The best rows in order; among equals the one that the catalogue names first.
    fn rows(&self, mut ranked: Vec<(f32, Number)>, rows: usize, head: Head) -> Vec<Row> {
        let order = |a: &(f32, Number), b: &(f32, Number)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if ranked.len() > rows {
            ranked.select_nth_unstable_by(rows, order);
            ranked.truncate(rows);
        }
        ranked.sort_by(order);
        let why = |preset| {
            let x = self.measure.vector(&self.context, &self.past, &self.catalogue, preset);
            let weights = &self.weights.head(head).weights;
            reason::strongest(&self.context, &self.past, &self.catalogue, preset, &x, weights)
        };
        ranked
            .into_iter()
            .map(|(score, preset)| Row { preset: self.catalogue.id(preset), score, why: why(preset) })
            .collect()
    }
}

/// The request that a user's next keep is the answer to.
fn lesson(event: &Event, task: Task, now: i64) -> Request {
    Request { task, now, session: event.session, project: event.project, rows: 0, exclude: Vec::new(), explore: false }
}

/// The signals of those that are not gone.
fn without(candidates: &[(Number, Vector)], gone: impl Fn(Number) -> bool) -> Vec<&Vector> {
    candidates.iter().filter(|(number, _)| !gone(*number)).map(|(_, x)| x).collect()
}

#[cfg(test)]
mod tests;
