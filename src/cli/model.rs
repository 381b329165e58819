//! `zitherctl model ...`: everything about sound models.

mod bench;
mod info;
mod notes;
mod perform;
mod plan;
mod play;
mod resynth;
mod sampler;
mod scan;
mod synth_notes;
mod targets;
mod train;

use clap::Subcommand;

pub(super) use play::share;

/// A subcommand of `zitherctl model`.
#[derive(Subcommand)]
pub(super) enum Command {
    Bench(bench::Bench),
    Info(info::Info),
    Notes(notes::Notes),
    Play(play::Play),
    Resynth(resynth::Resynth),
    Scan(scan::Scan),
    SynthNotes(synth_notes::SynthNotes),
    Train(Box<train::Train>),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Bench(command) => command.run(),
            Self::Info(command) => command.run(),
            Self::Notes(command) => command.run(),
            Self::Play(command) => command.run(),
            Self::Resynth(command) => command.run(),
            Self::Scan(command) => command.run(),
            Self::SynthNotes(command) => command.run(),
            Self::Train(command) => command.run(),
        }
    }
}
