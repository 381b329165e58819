//! `zitherctl model ...`: everything about sound models.

mod notes;

use clap::Subcommand;

/// A subcommand of `zitherctl model`.
#[derive(Subcommand)]
pub(super) enum Command {
    Notes(notes::Notes),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Notes(command) => command.run(),
        }
    }
}
