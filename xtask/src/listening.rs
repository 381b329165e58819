//! `cargo xtask listening`: eight instances of the bundle in a host, and music in the sidechain of each.
//!
//! Is all of it checked, what does the one background thread cost that listens for all of them, and does the audio thread
//! feel it? The blocks come at a sound card's pace, so what the thread does not manage in time is left out as in a session.
//! Each play has a process of its own, by turns with an index and without one, with which nothing is analysed.

mod host;
mod ledgers;
mod play;
mod score;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::ledgers::Account;
use self::play::{Orders, Played};
use self::score::{Score, Verdict};
use crate::bundle::Bundles;
use crate::rights_bench::showcase;
use crate::workspace::{self, Workspace};

/// What is played, and to whom.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A few seconds of two instances: whether all that they hear stands in their ledgers.
    #[arg(long)]
    short: bool,
    /// Index to listen with; music that the bench makes is indexed unless given.
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// List of WAV files (16 bits, stereo) that come through the sidechains, one path a line; sessions with excerpts of the
    /// bench's own music unless given.
    #[arg(long, value_name = "FILE")]
    streams: Option<PathBuf>,
    /// How often it is played, with and without the index.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(flatten)]
    orders: Orders,
    /// Plays once in this process, for a home of Zither's in which the streams are listed.
    #[arg(long, hide = true, requires = "bundle")]
    home: Option<PathBuf>,
    /// The CLAP bundle that plays.
    #[arg(long, hide = true)]
    bundle: Option<PathBuf>,
}

impl Options {
    /// Plays in this process if that is asked for.
    ///
    /// # Errors
    /// If the bundle does not load or play.
    pub(crate) fn play(&self) -> Option<Result<()>> {
        let (home, bundle) = (self.home.as_ref()?, self.bundle.as_ref()?);
        Some(play::run(bundle, home, &self.orders))
    }
}

/// Measures, and tells whether all was checked.
///
/// # Errors
/// If something cannot be made or played, or sound was left unchecked for which there was a processor.
pub(crate) fn run(workspace: &Workspace, bundles: &Bundles, options: &Options) -> Result<()> {
    if options.short {
        return short(workspace, bundles);
    }
    let folder = workspace.target.join("listening");
    let made = || showcase::sessions(&folder.join("music"));
    let streams = options.streams.as_ref().map_or_else(|| Ok(made()?.streams), |list| listed(list))?;
    let homes = Home::pair(&folder, &streams, |index| match &options.index {
        Some(given) => copy(given, index),
        None => build(workspace, &made()?.catalogue, index),
    })?;
    play_by_turns(workspace, bundles, &homes, options.rounds as usize, &options.orders)
}

/// The short form.
///
/// # Errors
/// As [`run`].
pub(crate) fn short(workspace: &Workspace, bundles: &Bundles) -> Result<()> {
    let folder = workspace.target.join("listening-short");
    let pieces: Vec<_> = showcase::made(&folder.join("music"))?.into_iter().map(|piece| piece.path).collect();
    let homes = Home::pair(&folder, &pieces, |index| build(workspace, &pieces, index))?;
    play_by_turns(workspace, bundles, &homes, 1, &Orders { seconds: 4.0, instances: 2, rate: 48_000, block: 256 })
}

fn play_by_turns(
    workspace: &Workspace,
    bundles: &Bundles,
    homes: &[Home; 2],
    rounds: usize,
    orders: &Orders,
) -> Result<()> {
    let mut score = Score::default();
    for round in 0..rounds {
        // Turned round each time: what gets slower or faster meanwhile falls on both.
        for turn in [round % 2, 1 - round % 2] {
            let (played, account) = homes[turn].play(workspace, bundles, orders)?;
            score.add(played, homes[turn].listens.then_some(account));
        }
    }
    score.lines(orders).iter().for_each(|line| println!("{line}"));
    let mut faults = Vec::new();
    for verdict in score.verdicts(orders) {
        match verdict {
            Verdict::Fault(why) => faults.push(why),
            Verdict::Undecided(why) => println!("listening: undecided: {why}"),
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    Ok(())
}

/// A folder for everything of Zither's, with an index or without.
struct Home {
    folder: PathBuf,
    listens: bool,
}

impl Home {
    /// One without an index and one with, made anew, and in both the list of what comes through the sidechains.
    fn pair(folder: &Path, streams: &[PathBuf], index: impl FnOnce(&Path) -> Result<()>) -> Result<[Self; 2]> {
        let list: String = streams.iter().map(|file| format!("{}\n", file.display())).collect();
        let home = |name: &str, listens| {
            let home = folder.join(name);
            if home.exists() {
                fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
            }
            let rights = home.join("rights");
            fs::create_dir_all(&rights).with_context(|| format!("cannot make {}", rights.display()))?;
            fs::write(play::streams(&home), &list).context("cannot write the list of streams")?;
            Ok::<_, anyhow::Error>(Self { folder: home, listens })
        };
        let homes = [home("deaf", false)?, home("home", true)?];
        index(&homes[1].folder.join("rights").join("index"))?;
        Ok(homes)
    }

    /// Plays in a process of its own; what that tells, and what the ledgers say.
    fn play(&self, workspace: &Workspace, bundles: &Bundles, orders: &Orders) -> Result<(Played, Account)> {
        let ledgers = self.folder.join("ledgers");
        if ledgers.exists() {
            fs::remove_dir_all(&ledgers).with_context(|| format!("cannot remove {}", ledgers.display()))?;
        }
        let mut command = Command::new(std::env::current_exe().context("this program does not know itself")?);
        command.args(["listening", "--home"]).arg(&self.folder).arg("--bundle").arg(&bundles.clap);
        workspace::run(command.args(orders.arguments()).env("ZITHER_HOME", &self.folder))?;
        Ok((Played::read(&self.folder)?, Account::of(workspace, &ledgers)?))
    }
}

/// Lets the companion index recordings.
fn build(workspace: &Workspace, recordings: &[PathBuf], index: &Path) -> Result<()> {
    let mut command = workspace.zitherctl();
    workspace::run(command.args(["rights", "index", "build", "--out"]).arg(index).args(recordings))
}

/// Copies an index, so that nothing is written where the given one lies.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot copy {}", from.display());
    fs::create_dir_all(to).with_context(context)?;
    for file in fs::read_dir(from).with_context(context)? {
        let file = file.with_context(context)?;
        fs::copy(file.path(), to.join(file.file_name())).with_context(context)?;
    }
    Ok(())
}

/// The files of a list, one path a line.
fn listed(list: &Path) -> Result<Vec<PathBuf>> {
    let text = fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    Ok(text.lines().map(PathBuf::from).collect())
}
