//! `zitherctl preset ...`: presets.

mod audition;
mod factory;
mod from_sample;
mod level;

use clap::Subcommand;

/// A subcommand of `zitherctl preset`.
#[derive(Subcommand)]
pub(super) enum Command {
    Audition(audition::Audition),
    Factory(factory::Factory),
    FromSample(from_sample::FromSample),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Audition(command) => command.run(),
            Self::Factory(command) => command.run(),
            Self::FromSample(command) => command.run(),
        }
    }
}
