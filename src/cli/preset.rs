//! `zitherctl preset ...`: presets.

mod factory;

use clap::Subcommand;

/// A subcommand of `zitherctl preset`.
#[derive(Subcommand)]
pub(super) enum Command {
    Factory(factory::Factory),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Factory(command) => command.run(),
        }
    }
}
