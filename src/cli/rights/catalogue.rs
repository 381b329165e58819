//! `zitherctl rights catalogue check`: what of a catalogue goes in, and what is wrong with it.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use crate::rights::catalogue::{Catalogue, Policy};

/// A subcommand of `zitherctl rights catalogue`.
#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    Check(Check),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Check(command) => command.run(),
        }
    }
}

/// Reads a catalogue (CSV, TSV or JSON Lines) and lists what is wrong with it, by line.
///
/// Exit status 1 where anything is wrong; whatever is right would go in all the same.
#[derive(Args)]
pub(in crate::cli) struct Check {
    /// The catalogue.
    file: PathBuf,
    /// Prints the works as they would go in, one JSON object a line.
    #[arg(long)]
    jsonl: bool,
}

impl Check {
    fn run(self) -> Result<()> {
        let shown = self.file.display();
        let catalogue = Catalogue::read(&self.file).with_context(|| shown.to_string())?;
        for problem in &catalogue.problems {
            eprintln!("{shown}: {problem}");
        }
        if catalogue.unlisted > 0 {
            eprintln!("{shown}: and {} more", catalogue.unlisted);
        }
        if self.jsonl {
            for work in &catalogue.works {
                println!("{}", serde_json::to_string(work)?);
            }
        } else {
            println!("{} works: {}", catalogue.works.len(), policies(&catalogue));
        }
        let wrong = catalogue.problems.len() + catalogue.unlisted;
        ensure!(wrong == 0, "{shown}: {wrong} problems");
        Ok(())
    }
}

/// How many works have which policy.
fn policies(catalogue: &Catalogue) -> String {
    let count = |policy: Policy| catalogue.works.iter().filter(|work| work.policy() == policy).count();
    let all = [Policy::Allow, Policy::Attribute, Policy::Ask, Policy::Deny];
    all.map(|policy| format!("{} {policy}", count(policy))).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_without_faults_passes_and_one_with_faults_is_an_error_with_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.csv");
        let check = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Check { file: file.clone(), jsonl: true }.run()
        };
        check("id,licence\na,CC0-1.0\nb,\n").unwrap();
        assert!(check("id,isrc\na,x\na,\n").unwrap_err().to_string().contains("2 problems"));
        assert!(format!("{:#}", check("hello").unwrap_err()).contains("names no column"));
        let catalogue = Catalogue::from_bytes(b"id,licence\na,CC0-1.0\nb,\n").unwrap();
        assert_eq!(policies(&catalogue), "1 allow, 0 attribute, 1 ask, 0 deny");
    }
}
