//! What is written down of one instance: its project's ledger, and the clearance report from it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::watch::Placed;
use crate::bridge::{IndexFacts, Stream};
use crate::browser::folders;
use crate::params::ProjectOf;
use crate::rights::catalogue::Policy;
use crate::rights::ledger::{self, Coverage, Event, Ledger, LedgerError, Match, Project, Row, Session, Source, Span};
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
    /// The project of which [`Journal::recall`] has told.
    recalled: String,
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

    /// Reads what was shown of the project, by its ledger, in order; once for each project, and whether now. What cannot be
    /// read is not told: whoever exports the report is told why.
    pub(super) fn recall(&mut self, project: &ProjectOf, mut each: impl FnMut(Match)) -> bool {
        let id = project.id();
        if self.recalled == id {
            return false;
        }
        self.recalled.clone_from(&id);
        if let Some(ledger) = ledger_of(&Project { id, name: String::new() }).filter(|ledger| ledger.exists()) {
            let _verified = ledger::read(&ledger, |_, row| match row.event {
                Event::Match(found) if found.shown => each(*found),
                _ => {}
            });
        }
        true
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::home::is_at_home;
    use crate::rights::attribution::Likeness;
    use crate::rights::catalogue::Work;

    fn found(id: &str, from: f64, shown: bool) -> Event {
        let span = Span { from, to: from + 5.0 };
        Event::Match(Box::new(Match {
            source: Source::Sidechain,
            work: Work { id: id.to_owned(), ..Work::default() },
            policy: Policy::Ask,
            project_time: span,
            work_time: span,
            rate: 1.0,
            pitch: 1.0,
            likeness: Likeness::Recording,
            confidence: 0.999,
            after: 2.0,
            shown,
            any_of: Vec::new(),
            index: String::new(),
            coverage: 1.0,
        }))
    }

    #[test]
    fn what_was_shown_in_earlier_sessions_is_recalled_once_for_each_project() {
        const NAME: &str =
            "plugin::listener::journal::tests::what_was_shown_in_earlier_sessions_is_recalled_once_for_each_project";
        let room = tempfile::tempdir().unwrap();
        if !is_at_home(NAME, room.path()) {
            return;
        }
        let (project, other) = (ProjectOf::default(), ProjectOf::default());
        let mut before = Journal::default();
        before.follow(&project, &IndexFacts::default());
        [found("a", 0.0, true), found("maybe", 9.0, false), found("b", 20.0, true)]
            .into_iter()
            .for_each(|event| before.push(event));
        before.write().unwrap();
        let mut journal = Journal::default();
        let mut recall = |project: &ProjectOf| {
            let mut told = Vec::new();
            journal.recall(project, |found| told.push(found.work.id)).then_some(told)
        };
        assert_eq!(recall(&project), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(recall(&project), None);
        assert_eq!(recall(&other), Some(vec![]), "it has no ledger");
        assert_eq!(recall(&project).map(|told| told.len()), Some(2), "the instance has gone back to it");
    }
}
