//! `zitherctl rights index ...`: recordings become an index; what is in it, whether it is whole, and what is
//! taken out of it.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use super::build;
use crate::rights::index::{Index, Stat, compact, remove, verify};

/// A subcommand of `zitherctl rights index`.
#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    Add(build::Add),
    Build(build::Build),
    Compact(Compact),
    Remove(Remove),
    Stat(Stats),
    Verify(Verify),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Add(command) => command.run(),
            Self::Build(command) => command.run(),
            Self::Compact(command) => command.run(),
            Self::Remove(command) => command.run(),
            Self::Stat(command) => command.run(),
            Self::Verify(command) => command.run(),
        }
    }
}

/// Writes an index anew without the tracks that were removed, in as few files as it fits into.
///
/// It may be in use meanwhile: who has it open goes on with the old files.
#[derive(Args)]
pub(in crate::cli) struct Compact {
    /// The folder of the index.
    index: PathBuf,
}

impl Compact {
    fn run(self) -> Result<()> {
        let tracks = compact(&self.index)?;
        println!("tracks: {tracks}, files: {}", Index::open(&self.index)?.segments().len());
        Ok(())
    }
}

/// Takes tracks out of an index. They are no longer found; their data goes with the next `compact`.
#[derive(Args)]
pub(in crate::cli) struct Remove {
    /// The folder of the index.
    index: PathBuf,
    /// Ids of the tracks.
    #[arg(required = true)]
    ids: Vec<String>,
}

impl Remove {
    fn run(self) -> Result<()> {
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        let missing = remove(&self.index, &ids)?;
        println!("removed: {}", ids.len() - missing.len());
        ensure!(missing.is_empty(), "{}: not in the index: {}", self.index.display(), missing.join(", "));
        Ok(())
    }
}

/// Prints what an index holds, and the shapes that are most common in it.
#[derive(Args)]
pub(in crate::cli) struct Stats {
    /// The folder of the index.
    index: PathBuf,
    /// How many of the most common shapes are listed.
    #[arg(long, default_value_t = 10)]
    shapes: usize,
}

impl Stats {
    fn run(self) -> Result<()> {
        let index = Index::open(&self.index)?;
        let stat = Stat::of(&index, self.shapes);
        println!("digest    {}", index.digest());
        println!("tracks    {} ({} removed, not compacted yet)", stat.tracks, stat.removed);
        println!("music     {:.2} h", stat.hours);
        println!("files     {}, {:.2} MB{}", stat.segments, stat.bytes as f64 / 1e6, an_hour(&stat));
        println!("pairs     {}", stat.postings);
        println!("peaks     {}", stat.peaks);
        println!("shapes    {} of {}; a search skips none", stat.shapes, crate::rights::pairs::SHAPES);
        for row in &stat.common {
            let share = 100.0 * row.pairs as f64 / stat.postings.max(1) as f64;
            println!("  {:+5} cents, {:4} ms: {} pairs, {share:.2} %", row.cents, row.milliseconds, row.pairs);
        }
        Ok(())
    }
}

/// What an hour of music costs, where there is enough of it to tell.
fn an_hour(stat: &Stat) -> String {
    match stat.hours > 0.1 && stat.removed == 0 {
        true => format!(", {:.2} MB an hour", stat.bytes as f64 / 1e6 / stat.hours),
        false => String::new(),
    }
}

/// Reads all of an index and says whether it is as it was written. Exit status 1 where it is not.
#[derive(Args)]
pub(in crate::cli) struct Verify {
    /// The folder of the index.
    index: PathBuf,
}

impl Verify {
    fn run(self) -> Result<()> {
        let faults = verify(&self.index)?;
        let count = faults.len();
        for fault in faults {
            eprintln!("{:#}", anyhow::Error::new(fault));
        }
        ensure!(count == 0, "{}: not as it was written; damaged files: {count}", self.index.display());
        let index = Index::open(&self.index)?;
        println!("whole: {} tracks, digest {}", index.tracks().count(), index.digest());
        Ok(())
    }
}
