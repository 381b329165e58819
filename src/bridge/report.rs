//! What the background thread tells the screen of the rights guard: whose music is heard in one instance.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rights::alignment::Evidence;
use crate::rights::attribution::Likeness;
use crate::rights::catalogue::{Policy, Work};
use crate::rights::date::Date;
use crate::rights::ledger::{Source, Span};

/// Recognitions that are kept, the newest first.
pub const MATCHES: usize = 64;

/// All that is told.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The index that is listened with.
    pub index: IndexView,
    /// What was recognised since the instance was made, the newest first, and after it what the project's ledger knows
    /// of earlier sessions.
    pub matches: Vec<Recognition>,
    /// Why the ledger is not written, where it is not.
    pub trouble: Option<String>,
    /// What became of the last wish for a clearance report.
    pub exported: Export,
}

/// What became of a wish for a clearance report.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Export {
    /// Nobody has wished for one.
    #[default]
    Unasked,
    /// It is being written.
    Writing,
    /// It lies in this folder.
    Written(PathBuf),
    /// There is none, for this reason.
    Refused(String),
}

/// The index that is listened with.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum IndexView {
    /// Nobody has looked yet, because nothing sounded.
    #[default]
    Unopened,
    /// It is being opened.
    Opening {
        /// Parts that are open.
        done: usize,
        /// Parts that there are.
        of: usize,
    },
    /// There is none in this folder, so nothing is analysed.
    Missing(PathBuf),
    /// It cannot be used, for this reason, so nothing is analysed.
    Refused(String),
    /// It is in use.
    Open(IndexFacts),
}

/// What there is to say of an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexFacts {
    /// What tells it from every other.
    pub digest: String,
    /// Recordings that it knows.
    pub tracks: usize,
    /// Hours of music.
    pub hours: f64,
    /// When it was made or added to last.
    pub made: Option<Date>,
    /// A part of it that could not be read, and why. What lies there is not found.
    pub damage: Option<String>,
}

/// A work that was recognised in a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Where it was heard.
    pub source: Source,
    /// What it is and who owns it, as the catalogue has it.
    pub work: Arc<Work>,
    /// The policy of today.
    pub policy: Policy,
    /// When it was heard, in project time.
    pub heard: Span,
    /// Which part of it was heard, in seconds.
    pub place: Span,
    /// Seconds of the work per second of the project.
    pub rate: f64,
    /// Frequency heard over frequency in the work.
    pub pitch: f64,
    /// 0 to 1.
    pub confidence: f64,
    /// Ids of works that it may be instead.
    pub any_of: Vec<String>,
    /// Seconds of sound after which it could first be said.
    pub after: f64,
    /// Seconds that the whole recording takes; 0 where the ledger does not tell.
    pub length: f64,
    /// Whether it is the recording, or only resembles it.
    pub likeness: Likeness,
    /// What speaks for it.
    pub evidence: Evidence,
    /// It goes on.
    pub sounds: bool,
    /// It was recognised in an earlier session of the project.
    pub is_earlier: bool,
}

/// Where the report hangs: written by the background thread, read by the screen. The audio thread never comes here.
#[derive(Default)]
pub(super) struct Board {
    report: Mutex<Report>,
    generation: AtomicU64,
    export: AtomicBool,
}

impl Board {
    /// Changes the report; it counts as changed.
    pub(super) fn write(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report());
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Copies the report, if it has changed since `seen`.
    pub(super) fn read(&self, seen: &mut u64, report: &mut Report) {
        let generation = self.generation.load(Ordering::Acquire);
        if generation != *seen {
            *seen = generation;
            report.clone_from(&self.report());
        }
    }

    /// Whether a work is heard now whose policy is as strict as this, or stricter.
    pub(super) fn hears(&self, policy: Policy) -> bool {
        self.report().matches.iter().any(|found| found.sounds && found.policy >= policy)
    }

    /// Wishes for a clearance report.
    pub(super) fn wish(&self) {
        self.write(|report| report.exported = Export::Writing);
        self.export.store(true, Ordering::Release);
    }

    /// Whether one was wished for since the last look.
    pub(super) fn is_wished(&self) -> bool {
        self.export.swap(false, Ordering::AcqRel)
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Adds what was recognised, or what more is known of it: one entry for a work in a stream, until it pauses.
    pub fn take(&mut self, new: Recognition) {
        // Where the transport has jumped, what is told now may touch nothing that was told before.
        self.matches.iter_mut().filter(|old| old.is_alike(&new)).for_each(|old| old.sounds = false);
        match self.matches.iter().position(|old| old.is_alike(&new) && old.touches(&new)) {
            Some(at) => {
                let mut old = self.matches.remove(at);
                old.absorb(new);
                self.matches.insert(0, old);
            }
            None => {
                self.matches.insert(0, new);
                self.matches.truncate(MATCHES);
            }
        }
    }

    /// Takes what the ledger of the project knows, for what was told of earlier sessions before. What was recognised since
    /// then stands in it too, and is not told twice.
    pub fn recall(&mut self, past: Self) {
        self.matches.retain(|found| !found.is_earlier);
        let is_told = |old: &Recognition| self.matches.iter().any(|found| found.is_alike(old) && found.touches(old));
        let past: Vec<_> = past.matches.into_iter().filter(|old| !is_told(old)).collect();
        self.matches.extend(past);
        self.matches.truncate(MATCHES);
    }
}

impl Recognition {
    /// Whether both are of one work in one stream.
    fn is_alike(&self, other: &Self) -> bool {
        self.source == other.source && self.work.id == other.work.id
    }

    /// Whether they are one entry, if they are alike.
    fn touches(&self, other: &Self) -> bool {
        /// Seconds of project time after which a work that is heard again is another entry.
        const PAUSE: f64 = 15.0;
        self.heard.from <= other.heard.to + PAUSE && other.heard.from <= self.heard.to + PAUSE
    }

    fn absorb(&mut self, new: Self) {
        let heard = hull(self.heard, new.heard);
        let place = if self.goes_on_in(&new) { hull(self.place, new.place) } else { new.place };
        let (confidence, after) = (self.confidence, self.after);
        *self = Self { heard, place, confidence: confidence.max(new.confidence), after: after.min(new.after), ..new };
    }

    /// Whether both lie alike in the work, so that the work was not begun anew between them.
    fn goes_on_in(&self, new: &Self) -> bool {
        /// Seconds by which the ends of a match may stray.
        const STRAY: f64 = 1.0;
        let expected = self.place.from + (new.heard.from - self.heard.from) * new.rate;
        (new.place.from - expected).abs() <= STRAY
    }
}

fn hull(one: Span, other: Span) -> Span {
    Span { from: one.from.min(other.from), to: one.to.max(other.to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(id: &str, from: f64, to: f64, confidence: f64) -> Recognition {
        Recognition {
            source: Source::Sidechain,
            work: Arc::new(Work { id: id.to_owned(), ..Work::default() }),
            policy: Policy::Ask,
            heard: Span { from, to },
            place: Span { from: 0.0, to: to - from },
            rate: 1.0,
            pitch: 1.0,
            confidence,
            any_of: Vec::new(),
            after: 2.0,
            length: 60.0,
            likeness: Likeness::Recording,
            evidence: Evidence::default(),
            sounds: true,
            is_earlier: false,
        }
    }

    #[test]
    fn a_work_that_goes_on_is_one_entry_and_one_that_comes_again_another() {
        let mut report = Report::default();
        report.take(recognised("a", 0.0, 3.0, 0.999));
        report.take(recognised("b", 1.0, 3.0, 0.99));
        report.take(recognised("a", 0.5, 8.0, 0.995));
        report.take(recognised("a", 60.0, 63.0, 0.99));
        let told: Vec<_> =
            report.matches.iter().map(|one| (one.work.id.as_str(), one.heard.from, one.heard.to)).collect();
        assert_eq!(told, [("a", 60.0, 63.0), ("a", 0.0, 8.0), ("b", 1.0, 3.0)]);
        assert_eq!(report.matches[1].confidence, 0.999);
        let sounding: Vec<_> = report.matches.iter().map(|one| one.sounds).collect();
        assert_eq!(sounding, [true, false, true], "a work sounds once in a stream");
    }

    #[test]
    fn the_place_of_a_work_that_goes_on_grows_and_begins_anew_with_the_work() {
        let at = |from: f64, place: f64| Recognition {
            place: Span { from: place, to: place + 8.0 },
            ..recognised("a", from, from + 8.0, 0.999)
        };
        let mut report = Report::default();
        report.take(at(5.0, 30.0));
        report.take(at(14.0, 39.2));
        assert_eq!(
            (report.matches[0].heard, report.matches[0].place),
            (Span { from: 5.0, to: 22.0 }, Span { from: 30.0, to: 47.2 })
        );
        report.take(at(25.0, 2.0));
        assert_eq!((report.matches.len(), report.matches[0].place), (1, Span { from: 2.0, to: 10.0 }));
    }

    #[test]
    fn what_the_ledger_knows_follows_what_was_heard_since_and_is_told_once() {
        let earlier = |id: &str, from: f64| Recognition {
            sounds: false,
            is_earlier: true,
            ..recognised(id, from, from + 5.0, 0.99)
        };
        let mut past = Report::default();
        [earlier("a", 0.0), earlier("b", 40.0), earlier("a", 90.0)].into_iter().for_each(|one| past.take(one));
        let mut report = Report::default();
        report.take(recognised("a", 92.0, 99.0, 0.999));
        let told = |report: &Report| -> Vec<_> {
            report.matches.iter().map(|one| (one.work.id.clone(), one.heard.from, one.is_earlier)).collect()
        };
        report.recall(past.clone());
        let expected = [("a".to_owned(), 92.0, false), ("b".to_owned(), 40.0, true), ("a".to_owned(), 0.0, true)];
        assert_eq!(told(&report), expected);
        report.recall(past);
        assert_eq!(told(&report), expected, "instead of what was told before");
        report.take(recognised("b", 41.0, 50.0, 0.999));
        assert_eq!(told(&report)[0], ("b".to_owned(), 40.0, false), "it is heard again");
        report.recall(Report::default());
        assert_eq!(report.matches.len(), 2, "another project has its own");
    }

    #[test]
    fn what_is_heard_is_judged_by_its_policy_until_it_is_over() {
        let board = Board::default();
        board.write(|report| report.take(recognised("a", 0.0, 3.0, 0.999)));
        assert!(board.hears(Policy::Ask) && !board.hears(Policy::Deny));
        board.write(|report| report.take(Recognition { sounds: false, ..recognised("a", 0.0, 3.0, 0.999) }));
        assert!(!board.hears(Policy::Ask));
    }

    #[test]
    fn a_screen_copies_what_has_changed_only() {
        let board = Board::default();
        let (mut seen, mut report) = (0, Report::default());
        board.write(|report| report.trouble = Some("a".to_owned()));
        board.read(&mut seen, &mut report);
        assert_eq!(report.trouble.take().as_deref(), Some("a"));
        board.read(&mut seen, &mut report);
        assert_eq!(report.trouble, None);
    }
}
