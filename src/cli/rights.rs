//! `zitherctl rights ...`: whose music is this, and what is owed for it.

mod build;
mod catalogue;
mod index;
mod ledger;
mod listen;
mod matching;
mod report;

use clap::Subcommand;

/// A subcommand of `zitherctl rights`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Rights catalogues: who owns what, under which licence.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// Indexes: what can be recognised.
    #[command(subcommand)]
    Index(index::Command),
    /// Ledgers: what was recognised in a project.
    #[command(subcommand)]
    Ledger(ledger::Command),
    Listen(listen::Listen),
    Match(matching::Match),
    Report(report::Report),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Catalogue(command) => command.run(),
            Self::Index(command) => command.run(),
            Self::Ledger(command) => command.run(),
            Self::Listen(command) => command.run(),
            Self::Match(command) => command.run(),
            Self::Report(command) => command.run(),
        }
    }
}
