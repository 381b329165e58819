//! The clearance report: what a project owes to whom before release, told from its ledger.
//!
//! One [`Clearance`] is shown in three forms: HTML to print and send, a CSV cue sheet for those who file it, JSON for
//! programs. All of it is evidence with a confidence, and none of it a legal statement; the report says so itself.

mod cue_sheet;
mod html;
mod passage;
mod spans;
pub mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use passage::Passage;
pub use spans::Unchecked;

use super::attribution::Likeness;
use super::catalogue::{Policy, Work};
use super::date::Moment;
use super::ledger::{self, Event, Index, LedgerError, Match, Project, Row, Seal, Verification};
use spans::Played;

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people: `clearance.html`.
    Html,
    /// For those who file it: `cue-sheet.csv`, one line a passage.
    Csv,
    /// For programs: `clearance.json`.
    Json,
}

impl Form {
    /// Its file's name.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Html => "clearance.html",
            Self::Csv => "cue-sheet.csv",
            Self::Json => "clearance.json",
        }
    }
}

/// What a project's ledger says of it, in the order in which it is to be cleared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clearance {
    /// The project, by the last name that a host gave.
    pub project: Project,
    /// When the report was made.
    pub made: Moment,
    /// Version of Zither that made it.
    pub version: String,
    /// File name of the ledger.
    pub ledger: String,
    /// First and last moment of its rows; none where it has no rows.
    pub period: Option<(Moment, Moment)>,
    /// Rows of the ledger and the hash of the last: whoever has this report can tell whether they were changed later.
    pub seal: Seal,
    /// Changes that were made to the ledger. Where there are any, the report may be wrong.
    pub faults: Vec<String>,
    /// What stopped programs left in the ledger.
    pub notes: Vec<String>,
    /// What was listened with, in the order of first use.
    pub indexes: Vec<Index>,
    /// Seconds of the project that played; none where the ledger does not say.
    pub played: Option<f64>,
    /// Seconds of these that were checked.
    pub checked: f64,
    /// Where not all was checked. Nothing is known of these passages.
    pub unchecked: Vec<Unchecked>,
    /// The works that were recognised, the strictest policy first.
    pub works: Vec<Clearing>,
    /// Works that may be heard, on evidence too weak to tell the user while playing.
    pub possible: Vec<Clearing>,
}

/// A work that was recognised, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clearing {
    /// As the catalogue had it, by the last row that quotes it.
    pub work: Work,
    /// The strictest policy of all rows that quote it.
    pub policy: Policy,
    /// Whether the recording is heard in a passage at least, or only what resembles it.
    pub likeness: Likeness,
    /// Highest confidence of its passages.
    pub confidence: f64,
    /// What that means.
    pub how_sure: String,
    /// What the producer is asked to do.
    pub to_do: String,
    /// Where it is heard, by source and time; passages that touch are one.
    pub passages: Vec<Passage>,
}

impl Clearance {
    /// Reads a ledger and tells from it. The report of a damaged ledger says so first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn of_ledger(path: &Path) -> Result<Self, LedgerError> {
        let mut told = Told::default();
        let verification = ledger::read(path, |_, row| told.take(row))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(told.into_clearance(name, verification))
    }

    /// The report in a form.
    #[must_use]
    pub fn text(&self, form: Form) -> String {
        match form {
            Form::Html => html::page(self),
            Form::Csv => cue_sheet::table(self),
            Form::Json => {
                let mut json = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
                json.push('\n');
                json
            }
        }
    }

    /// Writes the report into a folder, which is made where it is missing: each file whole or not at all.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path, forms: &[Form]) -> std::io::Result<Vec<PathBuf>> {
        std::fs::create_dir_all(folder)?;
        let write = |form: &Form| {
            let path = folder.join(form.file_name());
            super::whole::write(&path, self.text(*form).as_bytes())?;
            Ok(path)
        };
        forms.iter().map(write).collect()
    }

    /// How much of what played was checked, in words.
    #[must_use]
    pub fn coverage(&self) -> String {
        words::coverage(self)
    }
}

/// What the rows said so far.
#[derive(Default)]
struct Told {
    project: Project,
    period: Option<(Moment, Moment)>,
    indexes: Vec<Index>,
    played: Played,
    /// By id, those shown and those that were only possible.
    works: BTreeMap<(bool, String), Clearing>,
}

impl Told {
    fn take(&mut self, row: Row) {
        let first = self.period.take().map_or_else(|| row.time.clone(), |(first, _)| first);
        self.period = Some((first, row.time));
        let named = if row.project.name.is_empty() { std::mem::take(&mut self.project.name) } else { row.project.name };
        self.project = Project { id: row.project.id, name: named };
        match row.event {
            Event::Session(session) if !self.indexes.contains(&session.index) => self.indexes.push(session.index),
            Event::Coverage(coverage) => self.played.take(coverage),
            Event::Match(found) => self.take_match(*found),
            Event::Session(_) | Event::Finding(_) | Event::Unknown => {}
        }
    }

    fn take_match(&mut self, found: Match) {
        let passage = Passage::of(&found);
        let clearing = self.works.entry((found.shown, found.work.id.clone())).or_insert_with(|| Clearing {
            work: Work::default(),
            policy: Policy::Allow,
            likeness: Likeness::Similar,
            confidence: 0.0,
            how_sure: String::new(),
            to_do: String::new(),
            passages: Vec::new(),
        });
        clearing.work = found.work;
        clearing.policy = clearing.policy.max(found.policy);
        clearing.likeness = clearing.likeness.min(passage.likeness);
        clearing.confidence = clearing.confidence.max(passage.confidence);
        clearing.passages.push(passage);
    }

    fn into_clearance(self, ledger: String, verification: Verification) -> Clearance {
        let (works, possible): (Vec<_>, Vec<_>) = self.works.into_iter().partition(|((shown, _), _)| *shown);
        let in_order = |works: Vec<((bool, String), Clearing)>| {
            let mut works: Vec<_> = works.into_iter().map(|(_, clearing)| clearing.finished()).collect();
            works.sort_by(|a, b| b.policy.cmp(&a.policy).then(b.confidence.total_cmp(&a.confidence)));
            works
        };
        let (played, checked, unchecked) = self.played.told();
        Clearance {
            project: self.project,
            made: Moment::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ledger,
            period: self.period,
            seal: verification.seal,
            faults: verification.faults.iter().map(ToString::to_string).collect(),
            notes: verification.notes,
            indexes: self.indexes,
            played,
            checked,
            unchecked,
            works: in_order(works),
            possible: in_order(possible),
        }
    }
}

impl Clearing {
    /// With its passages merged and its words said.
    fn finished(mut self) -> Self {
        self.passages = passage::merged(self.passages);
        self.how_sure = words::judged(self.confidence, self.likeness).to_owned();
        self.to_do = words::to_do(&self.work, self.policy);
        if self.passages.iter().all(|passage| !passage.any_of.is_empty()) {
            self.to_do.insert_str(
                0,
                "It is this recording or one of those named below, which the sound does not tell apart. ",
            );
        }
        if self.likeness == Likeness::Version {
            self.to_do.insert_str(0, words::PLAYED_ANEW);
        }
        self
    }
}

#[cfg(test)]
mod tests;
