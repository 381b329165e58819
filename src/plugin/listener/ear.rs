//! One instance, as the background thread sees it.

use std::sync::Arc;
use std::time::Instant;

use super::journal::{self, Journal};
use super::library::Library;
use super::watch::{News, Watch};
use crate::bridge::{Export, IndexView, ListenerHalf, Recognition, Report, Stream};
use crate::params::{DuckFor, InstrumentParams};
use crate::rights::alignment::Evidence;
use crate::rights::catalogue::Policy;
use crate::rights::date::Date;
use crate::rights::ledger::{Match, Span};

/// An instance: its streams, what is written of them, and what its editor and its audio thread ask for.
pub(in crate::plugin) struct Ear {
    pub(super) id: u64,
    half: ListenerHalf,
    params: Arc<InstrumentParams>,
    watches: [Watch; 2],
    journal: Journal,
}

impl Ear {
    /// The ear of an instance.
    pub(super) fn new(id: u64, half: ListenerHalf, params: Arc<InstrumentParams>) -> Self {
        Self { id, half, params, watches: Stream::ALL.map(Watch::new), journal: Journal::default() }
    }

    /// Whether it needs the index: something is heard, or somebody looks.
    pub(super) fn needs_index(&self) -> bool {
        let waits = |stream| self.half.waiting(stream) > 0;
        self.half.screen_is_open() || Stream::ALL.into_iter().any(waits) || self.watches.iter().any(Watch::sounds)
    }

    /// Opens the model that an open editor shows, so that its window need not.
    pub(super) fn open_model(&self) {
        if self.half.screen_is_open() && self.params.kept.model.open() {
            self.half.tell_news();
        }
    }

    /// Listens to a little of each stream of which enough waits, or of `all`; whether there was anything.
    pub(super) fn turn(&mut self, library: &mut Library, all: bool) -> bool {
        let (now, mut took) = (Instant::now(), 0);
        for (watch, stream) in self.watches.iter_mut().zip(Stream::ALL) {
            if !all && !watch.is_due(&self.half, now) {
                continue;
            }
            let mut news = Vec::new();
            took += watch.turn(&mut self.half, library.index(), &mut |one| news.push(one));
            if let (false, IndexView::Open(facts)) = (news.is_empty(), library.view()) {
                self.journal.follow(&self.params.kept.project, facts);
            }
            news.into_iter().for_each(|one| hear(&mut self.journal, &self.half, stream, one));
        }
        took > 0
    }

    /// Does what else is to be done now and then.
    pub(super) fn tend(&mut self) {
        self.params.kept.transfer.tend();
        let model = &self.params.kept.model;
        let before = model.generation();
        model.tend();
        if model.generation() != before {
            self.half.tell_news();
        }
        if let Some(written) = self.journal.tend() {
            let trouble = written.err().map(|error| error.to_string());
            self.half.tell(|report| report.trouble = trouble);
        }
        self.half.duck(self.is_to_duck());
        if self.half.screen_is_open() {
            self.recall();
        }
        if self.half.export_is_wished() {
            let exported = self.journal.export(&self.params.kept.project);
            self.half.tell(|report| report.exported = exported.map_or_else(Export::Refused, Export::Written));
        }
    }

    /// Tells the screen what was recognised in earlier sessions of the project, where it was not told yet.
    fn recall(&mut self) {
        let mut past = Report::default();
        if self.journal.recall(&self.params.kept.project, |found| past.take(remembered(found))) {
            self.half.tell(|report| report.recall(past));
        }
    }

    /// Whether the output is to step back for what is heard, as the project wants it.
    fn is_to_duck(&self) -> bool {
        match self.params.kept.duck.get() {
            DuckFor::Nothing => false,
            DuckFor::Deny => self.half.hears(Policy::Deny),
            DuckFor::Ask => self.half.hears(Policy::Ask),
        }
    }

    /// Says what there is to say of the index.
    pub(super) fn tell_index(&self, view: &IndexView) {
        self.half.tell(|report| report.index = view.clone());
    }

    /// Hears what still waits and writes all down, as the instance goes.
    pub(super) fn leave(&mut self, library: &mut Library) {
        while self.turn(library, true) {}
        if let IndexView::Open(facts) = library.view() {
            self.journal.follow(&self.params.kept.project, facts);
        }
        for (watch, stream) in self.watches.iter_mut().zip(Stream::ALL) {
            watch.end(library.index(), &mut |one| hear(&mut self.journal, &self.half, stream, one));
        }
        // Nobody is left to be told.
        let _waits_no_longer = self.journal.write();
    }
}

/// Writes news down and tells the screen of them.
fn hear(journal: &mut Journal, half: &ListenerHalf, stream: Stream, news: News) {
    let placed = match news {
        News::Coverage(span, checked) => return journal.coverage(stream, span, checked),
        News::Heard(placed) => placed,
    };
    let found = &placed.found;
    let policy = found.work.policy_on(Date::today());
    if found.is_due() {
        journal.found(stream, &placed, policy);
    }
    let Some(&(_, first)) = placed.spans.first().filter(|_| found.matched.is_shown()) else { return };
    let last = placed.spans.last().map_or(first, |&(_, span)| span);
    let matched = &found.matched;
    half.tell(|report| {
        report.take(Recognition {
            source: journal::source(stream),
            work: Arc::clone(&found.work),
            policy,
            heard: Span { from: first.from.min(last.from), to: last.to.max(first.to) },
            place: Span { from: matched.place.start, to: matched.place.end },
            rate: matched.rate,
            pitch: matched.pitch,
            confidence: matched.confidence,
            any_of: found.any_of.clone(),
            after: found.after,
            length: found.length,
            likeness: matched.likeness,
            evidence: matched.evidence,
            sounds: !found.ended,
            is_earlier: false,
        });
    });
}

/// A row of the ledger, as the screen is told of it.
fn remembered(found: Match) -> Recognition {
    Recognition {
        source: found.source,
        policy: found.work.policy_on(Date::today()),
        work: Arc::new(found.work),
        heard: found.project_time,
        place: found.work_time,
        rate: found.rate,
        pitch: found.pitch,
        confidence: found.confidence,
        any_of: found.any_of,
        after: found.after,
        length: 0.0,
        likeness: found.likeness,
        evidence: Evidence::default(),
        sounds: false,
        is_earlier: true,
    }
}
