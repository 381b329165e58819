//! The companion command `zitherctl`.
//!
//! Every subcommand is a file with a `clap::Args` struct and its `run`; the enums here and in [`model`] only dispatch.
#![allow(clippy::print_stdout, reason = "printing is what a command does")]

mod browse;
mod history;
mod listen;
mod model;
mod parallel;
mod preset;
mod render;
mod rights;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Trains, plays and inspects the models of the Zither instrument.
#[derive(Parser)]
#[command(name = "zitherctl", version, propagate_version = true)]
struct Zitherctl {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The browser's recommendations.
    #[command(subcommand)]
    Browse(browse::Command),
    /// What you did with presets: counted, exported, erased, switched off.
    #[command(subcommand)]
    History(history::Command),
    Listen(listen::Listen),
    /// Sound models: render notes, train, play, measure.
    #[command(subcommand)]
    Model(model::Command),
    /// Presets and banks of them: list, search, check, hand on, make.
    #[command(subcommand, alias = "preset")]
    Presets(preset::Command),
    Render(render::Render),
    /// Whose music is this: catalogues, ledgers, clearance reports.
    #[command(subcommand)]
    Rights(rights::Command),
}

/// Runs the command line of this process.
///
/// An error is printed on one line as `error: what: why: why that`, and the exit status is 1.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Zitherctl::parse().command {
        Command::Browse(command) => command.run(),
        Command::History(command) => command.run(),
        Command::Listen(command) => command.run(),
        Command::Model(command) => command.run(),
        Command::Presets(command) => command.run(),
        Command::Render(command) => command.run(),
        Command::Rights(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Zitherctl::command().debug_assert();
    }
}
