//! What is heard in a stream, with names: the guard's matches as the catalogue and the ledger know them.

#[cfg(all(test, target_os = "linux"))]
mod cost;

use std::sync::Arc;

use super::axis::seconds;
use super::catalogue::{Policy, Work};
use super::guard::{Guard, Match, Tidings};
use super::index::Index;
use super::ledger::{self, Source, Span};

/// A match that goes on has a row of the ledger for every so many seconds of it, so that little is lost where a host dies.
const ROW: f64 = 30.0;

/// A match, named.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the catalogue says of it.
    pub work: Arc<Work>,
    /// Ids of what it may be instead.
    pub any_of: Vec<String>,
    /// The match in seconds of the stream.
    pub matched: Match,
    /// Seconds of its sound before it could first be said.
    pub after: f64,
    /// Seconds that the whole recording takes.
    pub length: f64,
    /// Digest of the index that knows it.
    pub index: String,
    /// Whether it is sure for the first time.
    pub first: bool,
    /// Whether it is over.
    pub ended: bool,
}

impl Found {
    /// Whether a row of the ledger is due: it has just become sure, is over, or has been heard for long since the last row
    /// of it. Tidings of a match that goes on come every five seconds.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let seconds = self.matched.heard.end - self.matched.heard.start;
        self.first || self.ended || (seconds >= ROW && seconds % ROW < 5.0)
    }

    /// Its row of the ledger for a stretch of the project that begins at second `begin` of the stream. `coverage` is the
    /// share of the sound around it that was checked.
    #[must_use]
    pub fn row(&self, source: Source, policy: Policy, begin: f64, project_time: Span, coverage: f64) -> ledger::Match {
        let matched = &self.matched;
        let from = matched.place.start + (begin - matched.heard.start) * matched.rate;
        ledger::Match {
            source,
            work: (*self.work).clone(),
            policy,
            project_time,
            work_time: Span { from, to: from + project_time.seconds() * matched.rate },
            rate: matched.rate,
            pitch: matched.pitch,
            likeness: matched.likeness,
            confidence: matched.confidence,
            after: self.after,
            shown: matched.is_shown(),
            any_of: self.any_of.clone(),
            index: self.index.clone(),
            coverage,
        }
    }
}

/// A track of the index that was heard.
struct Named {
    track: u32,
    work: Arc<Work>,
    any_of: Vec<String>,
    /// Seconds of its sound after which it was first told.
    after: f64,
    /// Seconds that it takes.
    length: f64,
    /// It was surely heard; weaker matches of it say nothing new.
    shown: bool,
}

/// A guard that names what it hears. One per stream, on one thread.
pub struct Hearing {
    guard: Guard,
    /// State of the index that the guard listens with, and what was named of it.
    digest: String,
    named: Vec<Named>,
}

impl Hearing {
    /// For a stream of `rate` samples per second; `None` for rates that are not analysed.
    #[must_use]
    pub fn new(rate: u32) -> Option<Self> {
        Some(Self { guard: Guard::new(rate)?, digest: String::new(), named: Vec::new() })
    }

    /// Takes the next frames; calls `tell` with what is new.
    pub fn feed(&mut self, frames: impl IntoIterator<Item = [f32; 2]>, index: &mut Index, mut tell: impl FnMut(Found)) {
        let mut tidings = Vec::new();
        if self.digest != index.digest() {
            // The guard ends what it heard in the index that was; only what was named then has a name.
            self.guard.feed([], index, |one| tidings.push(one));
            tidings.drain(..).filter_map(|one| self.found(one, None)).for_each(&mut tell);
            self.named.clear();
            index.digest().clone_into(&mut self.digest);
        }
        self.guard.feed(frames, index, |one| tidings.push(one));
        tidings.into_iter().filter_map(|one| self.found(one, Some(index))).for_each(tell);
    }

    /// Ends the stream: all matches are told as ended.
    pub fn finish(&mut self, index: &mut Index, tell: impl FnMut(Found)) {
        let mut tidings = Vec::new();
        self.guard.finish(index, |one| tidings.push(one));
        let index = (self.digest == index.digest()).then_some(&*index);
        tidings.into_iter().filter_map(|one| self.found(one, index)).for_each(tell);
    }

    /// Time in the stream, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.guard.seconds()
    }

    /// `None` for what is not even possible, and for what says nothing new.
    fn found(&mut self, tidings: Tidings, index: Option<&Index>) -> Option<Found> {
        let (matched, ended) = match tidings {
            Tidings::Heard(matched) => (matched, false),
            Tidings::Ended(matched) => (matched, true),
        };
        if !matched.is_possible() {
            return None;
        }
        let named = self.name(&matched, index)?;
        if named.shown && !matched.is_shown() {
            return None;
        }
        let first = matched.is_shown() && !named.shown;
        named.shown |= first;
        let (work, any_of, after, length) = (Arc::clone(&named.work), named.any_of.clone(), named.after, named.length);
        Some(Found { work, any_of, matched, after, length, index: self.digest.clone(), first, ended })
    }

    /// What the index says of a track and of its rivals; without it, what is still known.
    fn name(&mut self, matched: &Match, index: Option<&Index>) -> Option<&mut Named> {
        let known = self.named.iter().position(|named| named.track == matched.track);
        let Some(index) = index else { return known.map(|at| &mut self.named[at]) };
        let id = |track: &u32| index.track_at(*track).map(|(track, _)| track.id.clone());
        let any_of = matched.rivals.iter().filter_map(id).collect();
        if let Some(at) = known {
            self.named[at].any_of = any_of;
            return self.named.get_mut(at);
        }
        let (track, _) = index.track_at(matched.track)?;
        let work = Arc::new(work(&track.id, &track.about));
        let after = (matched.at - matched.heard.start).max(0.0);
        let length = seconds(f64::from(track.ticks));
        self.named.push(Named { track: matched.track, work, any_of, after, length, shown: false });
        self.named.last_mut()
    }
}

/// A work as the index keeps it. Of one that cannot be read the id is known, and that it is to be asked for.
fn work(id: &str, about: &str) -> Work {
    let work: Work = serde_json::from_str(about).unwrap_or_default();
    Work { id: id.to_owned(), ..work }
}
