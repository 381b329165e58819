//! What is written down while listening: the rows that the plugin writes, in a ledger of the user's choice.

use std::path::PathBuf;

use anyhow::Result;

use crate::rights::date::Date;
use crate::rights::hearing::Found;
use crate::rights::index::{Index, Segment};
use crate::rights::ledger::{self, Coverage, Event, Ledger, LedgerError, Project, Row, Session, Source, Span};

/// What was checked is noted at least so often, in seconds of the stream.
const COVERAGE: f64 = 30.0;

/// The ledger of a stream. Its project is named by the file, so a project's ledger stays that project's.
pub(super) struct Record {
    ledger: Ledger,
    project: Project,
    source: Source,
    /// Seconds of the stream that are noted as checked.
    covered: f64,
}

impl Record {
    /// Begins a session in this file, at once: a ledger that cannot be written is better told before than after.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn begin(path: PathBuf, name: &str, source: Source, index: &Index) -> Result<Self> {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let project = Project { id, name: name.to_owned() };
        let mut ledger = Ledger::begin(path, project.clone(), Session::new(of(index)));
        ledger.flush()?;
        Ok(Self { ledger, project, source, covered: 0.0 })
    }

    /// Another index begins another session.
    pub(super) fn follow(&mut self, index: &Index) {
        self.push(Event::Session(Session::new(of(index))));
    }

    /// Notes what was heard, where a row is due.
    pub(super) fn found(&mut self, found: &Found) {
        if found.is_due() {
            let heard = &found.matched.heard;
            let policy = found.work.policy_on(Date::today());
            let row = found.row(self.source, policy, heard.start, Span { from: heard.start, to: heard.end }, 1.0);
            self.push(Event::Match(Box::new(row)));
        }
    }

    /// Notes that all up to this second was checked: now and then, or at once.
    pub(super) fn cover(&mut self, to: f64, at_once: bool) {
        let project_time = Span { from: self.covered, to };
        if project_time.seconds() >= COVERAGE || (at_once && project_time.seconds() > 0.0) {
            self.covered = to;
            let (source, reason) = (self.source, String::new());
            self.push(Event::Coverage(Coverage { source, project_time, checked: 1.0, reason }));
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// If it could not be written; it waits on.
    pub(super) fn write(&mut self) -> Result<(), LedgerError> {
        self.ledger.flush()
    }

    fn push(&mut self, event: Event) {
        self.ledger.push(Row::now(self.project.clone(), event));
    }
}

/// What a ledger says of an index.
fn of(index: &Index) -> ledger::Index {
    ledger::Index {
        digest: index.digest().to_owned(),
        built: index.segments().iter().map(Segment::created).max().map(Date::of_seconds),
        works: index.tracks().count() as u64,
    }
}
