//! `zitherctl rights report`: the clearance report of a project's ledger.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::rights::report::{Clearance, Form};

/// Writes the clearance report of a ledger: who owns what was recognised, where it is heard, and what to do.
///
/// It is evidence with a confidence, never a legal statement.
#[derive(Args)]
pub(in crate::cli) struct Report {
    /// The ledger.
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Forms to write: `clearance.html`, `cue-sheet.csv`, `clearance.json`.
    #[arg(long, value_delimiter = ',', default_values = ["html", "csv", "json"])]
    format: Vec<Format>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Html,
    Csv,
    Json,
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        match format {
            Format::Html => Self::Html,
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
        }
    }
}

impl Report {
    /// Runs the command. A damaged ledger is reported, with its damage first, and told here.
    pub(super) fn run(self) -> Result<()> {
        let clearance = Clearance::of_ledger(&self.ledger)?;
        for fault in &clearance.faults {
            eprintln!("{}: {fault}", self.ledger.display());
        }
        let forms: Vec<Form> = self.format.iter().copied().map(Form::from).collect();
        let writing = || format!("cannot write into {}", self.out.display());
        for file in clearance.write(&self.out, &forms).with_context(writing)? {
            println!("{}", file.display());
        }
        println!("{} works, {} possible. {}", clearance.works.len(), clearance.possible.len(), clearance.coverage());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::ledger::{Index, Ledger, Project, Session};

    #[test]
    fn the_forms_that_are_asked_for_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("p.jsonl");
        Ledger::begin(ledger.clone(), Project::default(), Session::new(Index::default())).flush().unwrap();
        let out = folder.path().join("a").join("b");
        Report { ledger, out: out.clone(), format: vec![Format::Html, Format::Csv] }.run().unwrap();
        assert!(out.join("clearance.html").exists() && out.join("cue-sheet.csv").exists());
        assert!(!out.join("clearance.json").exists());
        assert!(Report { ledger: folder.path().join("absent"), out, format: vec![] }.run().is_err());
    }
}
