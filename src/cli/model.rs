//! `zitherctl model ...`: everything about sound models.

use clap::Subcommand;

/// A subcommand of `zitherctl model`.
#[derive(Subcommand)]
pub(super) enum Command {}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {}
    }
}
