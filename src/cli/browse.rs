//! `zitherctl browse ...`: what the browser recommends, and how good that is.

mod eval;
mod fit;
mod people;
mod rivals;
mod speed;
mod traits;
mod trial;
mod world;

use clap::Subcommand;

/// A subcommand of `zitherctl browse`.
#[derive(Subcommand)]
pub(super) enum Command {
    Eval(eval::Eval),
    Fit(fit::Fit),
    Speed(speed::Speed),
    Table(fit::Table),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Eval(command) => command.run(),
            Self::Fit(command) => command.run(),
            Self::Speed(command) => command.run(),
            Self::Table(command) => command.run(),
        }
    }
}
