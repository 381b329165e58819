//! `zitherctl rights ledger verify | show`: was a ledger changed, and what does it say.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use crate::rights::attribution::Likeness;
use crate::rights::ledger::{Event, Match, Row, Seal, Span, read, read_against};

/// A subcommand of `zitherctl rights ledger`.
#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    Show(Show),
    Verify(Verify),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Show(command) => command.run(),
            Self::Verify(command) => command.run(),
        }
    }
}

/// Says whether a ledger is as it was written: no row changed, taken out, put in, moved or cut off.
///
/// Exit status 1 where it is not. A ledger that was written anew from some row on together with its seal is told only by
/// a seal that was noted before, as every clearance report does.
#[derive(Args)]
pub(in crate::cli) struct Verify {
    /// The ledger.
    ledger: PathBuf,
    /// A seal that was noted earlier: the ledger must still begin with these rows.
    #[arg(long, value_name = "ROWS:HASH")]
    seal: Option<Seal>,
}

impl Verify {
    fn run(self) -> Result<()> {
        let verification = read_against(&self.ledger, self.seal.as_ref(), |_, _| {})?;
        for note in &verification.notes {
            println!("note: {note}");
        }
        for fault in &verification.faults {
            eprintln!("{}: {fault}", self.ledger.display());
        }
        let count = verification.faults.len();
        ensure!(verification.is_whole(), "{}: not as it was written, {count} faults", self.ledger.display());
        println!("whole: {} rows, seal {}", verification.seal.rows, verification.seal);
        Ok(())
    }
}

/// Prints the rows of a ledger, one a line. A damaged ledger is printed as far as it can be read.
#[derive(Args)]
pub(in crate::cli) struct Show {
    /// The ledger.
    ledger: PathBuf,
}

impl Show {
    fn run(self) -> Result<()> {
        let verification = read(&self.ledger, |seq, row| println!("{seq:>5}  {}", line(&row)))?;
        let faults = verification.faults.len();
        ensure!(faults == 0, "{}: {faults} faults; see `rights ledger verify`", self.ledger.display());
        Ok(())
    }
}

/// A row in one line.
fn line(row: &Row) -> String {
    let what = match &row.event {
        Event::Session(session) => format!("session   Zither {}, index {}", session.version, session.index.digest),
        Event::Match(found) => matched(found),
        Event::Coverage(coverage) => {
            let reason = if coverage.reason.is_empty() { String::new() } else { format!(": {}", coverage.reason) };
            format!("coverage  {}  {:.0} % checked{reason}", span(coverage.project_time), 100.0 * coverage.checked)
        }
        Event::Finding(finding) => {
            let all: Vec<_> = finding.notes.iter().chain(&finding.faults).map(String::as_str).collect();
            format!("finding   {}", all.join("; "))
        }
        Event::Unknown => "of a later version".to_owned(),
    };
    format!("{}  {what}", row.time)
}

fn matched(found: &Match) -> String {
    let name = if found.work.title.is_empty() { &found.work.id } else { &found.work.title };
    let kind = match (found.shown, found.likeness) {
        (true, _) => "match   ",
        (false, Likeness::Version) => "version?",
        (false, _) => "possible",
    };
    format!(
        "{kind}  {}  {name} ({}), {}, confidence {:.3}, rate {:.3}, pitch {:.3}",
        span(found.project_time),
        if found.work.owner.is_empty() { "owner not named" } else { &found.work.owner },
        found.policy,
        found.confidence,
        found.rate,
        found.pitch
    )
}

fn span(span: Span) -> String {
    format!("{:>8.2} - {:>8.2} s", span.from, span.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::ledger::{Index, Ledger, Project, Session};

    #[test]
    fn a_whole_ledger_verifies_and_a_changed_or_forged_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.jsonl");
        Ledger::begin(path.clone(), Project::default(), Session::new(Index::default())).flush().unwrap();
        let verify = |seal: Option<Seal>| Verify { ledger: path.clone(), seal }.run();
        verify(None).unwrap();
        verify(Some(Seal::empty())).unwrap();
        let other = Seal { rows: 1, ..Seal::empty() };
        assert!(verify(Some(other)).unwrap_err().to_string().contains("1 faults"));
        Show { ledger: path.clone() }.run().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"format\":1"));
        std::fs::write(&path, text.replace("\"format\":1", "\"format\":2")).unwrap();
        assert!(verify(None).unwrap_err().to_string().contains("not as it was written"));
        assert!(Show { ledger: path.clone() }.run().is_err());
        assert!(Verify { ledger: folder.path().join("absent"), seal: None }.run().is_err());
    }
}
