//! What is written down of one instance: its project's ledger, and the clearance report from it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::watch::Placed;
use crate::bridge::{IndexFacts, Stream};
use crate::browser::folders;
use crate::params::ProjectOf;
use crate::rights::catalogue::Policy;
use crate::rights::ledger::{self, Coverage, Event, Ledger, LedgerError, Project, Row, Session, Source, Span};
use crate::rights::report::{Clearance, Form};

/// How often rows are written, at most: each time waits for the disk.
const WRITE: Duration = Duration::from_secs(3);
/// Why nothing is written where the system names no home folder.
const NO_FOLDER: &str = "this system names no folder of yours; set ZITHER_HOME to one";

/// The ledger of one instance's project, from its first row on.
#[derive(Default)]
pub(super) struct Journal {
    ledger: Option<Ledger>,
    project: Project,
    /// The index of the last session row.
    index: ledger::Index,
    written: Option<Instant>,
}

impl Journal {
    /// Takes the project that the instance belongs to by now, and the index that is listened with. Another project has
    /// another ledger; another index begins another session.
    pub(super) fn follow(&mut self, project: &ProjectOf, facts: &IndexFacts) {
        let id = project.id();
        if self.project.id != id {
            let _waits_no_longer = self.write();
            self.ledger = None;
        }
        self.project = Project { id, name: project.name() };
        let index = ledger::Index { digest: facts.digest.clone(), built: facts.made, works: facts.tracks as u64 };
        if self.index != index {
            self.index = index;
            if let Some(ledger) = &mut self.ledger {
                let session = Session::new(self.index.clone());
                ledger.push(Row::now(self.project.clone(), Event::Session(session)));
            }
        }
    }

    /// Notes how much of a stretch was checked.
    pub(super) fn coverage(&mut self, stream: Stream, project_time: Span, checked: Result<(), &str>) {
        let reason = checked.err().unwrap_or_default().to_owned();
        let checked = if reason.is_empty() { 1.0 } else { 0.0 };
        self.push(Event::Coverage(Coverage { source: source(stream), project_time, checked, reason }));
    }

    /// Notes what was heard: a row for each stretch of the project.
    pub(super) fn found(&mut self, stream: Stream, placed: &Placed, policy: Policy) {
        for &(begin, span) in &placed.spans {
            let row = placed.found.row(source(stream), policy, begin, span, placed.coverage);
            self.push(Event::Match(Box::new(row)));
        }
    }

    /// Writes what waits, if it is time.
    pub(super) fn tend(&mut self) -> Option<Result<(), LedgerError>> {
        let waits = self.ledger.as_ref().is_some_and(|ledger| ledger.waiting() > 0);
        let due = self.written.is_none_or(|last| last.elapsed() >= WRITE);
        (waits && due).then(|| self.write())
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> Result<(), LedgerError> {
        self.written = Some(Instant::now());
        self.ledger.as_mut().map_or(Ok(()), Ledger::flush)
    }

    /// Writes the clearance report of the project; where it lies, or why there is none.
    pub(super) fn export(&mut self, project: &ProjectOf) -> Result<PathBuf, String> {
        self.write().map_err(|error| error.to_string())?;
        let id = Project { id: project.id(), name: String::new() };
        let ledger = ledger_of(&id).ok_or(NO_FOLDER)?;
        if !ledger.exists() {
            return Err("nothing was heard in this project so far".to_owned());
        }
        let reports = folders::rights().ok_or(NO_FOLDER)?.join(folders::REPORTS);
        let folder = reports.join(ledger.file_stem().unwrap_or_default());
        let clearance = Clearance::of_ledger(&ledger).map_err(|error| error.to_string())?;
        let written = clearance.write(&folder, &[Form::Html, Form::Csv, Form::Json]);
        written.map_err(|error| format!("cannot write into {}: {error}", folder.display()))?;
        Ok(folder)
    }

    fn push(&mut self, event: Event) {
        if self.ledger.is_none() {
            let session = Session::new(self.index.clone());
            self.ledger = ledger_of(&self.project).map(|path| Ledger::begin(path, self.project.clone(), session));
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.push(Row::now(self.project.clone(), event));
        }
    }
}

fn ledger_of(project: &Project) -> Option<PathBuf> {
    folders::ledgers().map(|folder| folder.join(ledger::file_name(project)))
}

/// The ledger's name of a stream.
pub(super) fn source(stream: Stream) -> Source {
    match stream {
        Stream::Sidechain => Source::Sidechain,
        Stream::Output => Source::Output,
    }
}
