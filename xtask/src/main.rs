//! Development tasks of Zither: `cargo xtask <task>`.
//!
//! This program is built in the dev profile and does little that is heavy itself: it calls cargo and the release build of
//! `zitherctl`, and hosts the bundle. What the rights bench does is heavy, so the root's profile optimises this package.
#![allow(clippy::print_stdout, reason = "printing is what a command does")]

mod allocations;
mod bundle;
mod demo;
mod factory;
mod footprint;
mod host;
mod install;
mod instructions;
#[cfg(target_os = "linux")]
mod listening;
mod phrase;
mod pictures;
mod rights_bench;
mod rtproof;
mod setup;
mod sound_bench;
mod test;
#[path = "../../tests/common/thread_time.rs"]
mod thread_time;
#[cfg(target_os = "linux")]
mod threads;
#[cfg(target_os = "linux")]
mod window;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::Need;
use crate::workspace::Workspace;

/// Development tasks of Zither.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Finds what this machine lacks and installs it, or prints the command that does.
    Setup,
    /// Builds in release and makes target/bundled/Zither.clap and Zither.vst3.
    Bundle,
    /// Bundles, then copies both plugins and the factory presets to the user's folders.
    Install,
    /// Bundles, hosts the CLAP headless and plays a two-minute piece into target/demo/.
    Demo(demo::Options),
    /// Bundles, then proves that the CLAP's audio callback never calls the heap or the kernel, faults or waits.
    Rtproof(rtproof::Options),
    /// The part of the proof for which this program is compiled with RealtimeSanitizer.
    #[cfg(feature = "realtime-sanitizer")]
    Sanitised(rtproof::sanitised::Arguments),
    /// Everything we check, from formatting to the bundle inside a host.
    Test,
    /// Draws the pictures of the editor in docs/images/ anew, without a window; the test compares with them.
    Screenshots,
    /// Bundles, then opens the CLAP's editor in a host's window on a screen in memory, changes its size, scale and theme, and
    /// measures what it costs; pictures go to target/window/.
    #[cfg(target_os = "linux")]
    Window,
    /// Counts the instructions of three scenarios and holds them to the budget in benches/instructions.json.
    Instructions(instructions::Options),
    /// Bundles, and measures what the CLAP costs a host: to scan, to make an instance, to hold 200.
    Footprint(footprint::Options),
    /// Bundles, and measures what it costs a host that eight instances listen, and whether all is checked that they hear.
    #[cfg(target_os = "linux")]
    Listening(listening::Options),
    /// Measures the factory model on notes that training never saw, and every instrument's levels over five octaves.
    SoundBench(sound_bench::Options),
    /// Measures how well recorded music is recognised, whatever was done to it, beside another matcher.
    RightsBench(rights_bench::Options),
    /// Plays the demo's phrase with a factory preset of each bank and with the instruments it is made of, into
    /// target/listen/, with pictures of both.
    Listen,
    /// Makes the factory model and its presets from nothing but Debian packages, and measures it; skips what is done.
    FactoryModel(factory::Options),
    /// Writes assets/phrase.mid anew from its score in xtask/src/phrase.rs.
    Phrase,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Setup => setup::run(Need::ALL),
        Task::Bundle => {
            setup::run(Need::BUILD)?;
            bundle::run(&workspace).map(drop)
        }
        Task::Install => {
            setup::run(Need::BUILD)?;
            install::run(&workspace, &bundle::run(&workspace)?)
        }
        Task::Demo(options) => {
            setup::run(Need::BUILD)?;
            demo::run(&workspace, &bundle::run(&workspace)?, &options)
        }
        Task::Rtproof(options) => {
            setup::run(Need::BUILD)?;
            rtproof::run(&workspace, &bundle::run(&workspace)?.clap, &options)
        }
        #[cfg(feature = "realtime-sanitizer")]
        Task::Sanitised(arguments) => rtproof::sanitised::run(&workspace, &arguments),
        Task::Test => {
            setup::run(Need::ALL)?;
            test::run(&workspace)
        }
        Task::Screenshots => {
            setup::run(Need::BUILD)?;
            pictures::draw(&workspace)
        }
        #[cfg(target_os = "linux")]
        Task::Window => {
            setup::run(Need::WINDOW)?;
            window::run(&workspace, &bundle::run(&workspace)?)
        }
        Task::Instructions(options) => {
            setup::run(Need::COUNT)?;
            if let Some(obstacle) = instructions::obstacle() {
                anyhow::bail!("{obstacle}");
            }
            instructions::run(&workspace, &options)
        }
        Task::Footprint(options) => {
            if let Some(measured) = options.measure() {
                return measured;
            }
            setup::run(Need::BUILD)?;
            footprint::run(&bundle::run(&workspace)?)
        }
        #[cfg(target_os = "linux")]
        Task::Listening(options) => {
            if let Some(played) = options.play() {
                return played;
            }
            setup::run(Need::BUILD)?;
            listening::run(&workspace, &bundle::run(&workspace)?, &options)
        }
        Task::SoundBench(options) => {
            setup::run(Need::SOUND)?;
            sound_bench::run(&workspace, &options)
        }
        Task::RightsBench(options) => rights_bench::run(&workspace, &options),
        Task::Listen => {
            setup::run(Need::SOUND)?;
            sound_bench::listen(&workspace)
        }
        Task::FactoryModel(options) => {
            setup::run(Need::SOUND)?;
            factory::run(&workspace, &options)
        }
        Task::Phrase => phrase::write(&workspace.root.join(phrase::FILE)),
    }
}
