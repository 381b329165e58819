//! `zitherctl presets ...`: presets.

mod audition;
mod characters;
mod check;
mod exchange;
mod factory;
mod filter;
mod from_sample;
mod judgement;
mod level;
mod list;
mod performance;
mod portrait;
mod recipe;

use clap::Subcommand;

/// A subcommand of `zitherctl presets`.
#[derive(Subcommand)]
pub(super) enum Command {
    Audition(audition::Audition),
    Check(check::Check),
    Export(exchange::Export),
    Factory(factory::Factory),
    FromSample(from_sample::FromSample),
    Import(exchange::Import),
    List(list::List),
    Search(list::Search),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Audition(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Factory(command) => command.run(),
            Self::FromSample(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Search(command) => command.run(),
        }
    }
}
