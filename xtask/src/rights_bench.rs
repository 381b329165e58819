//! `cargo xtask rights-bench`: whose music is this, asked a thousand times.
//!
//! Excerpts of recorded music are changed as producers change them, and Zither and another matcher are asked for them,
//! side by side. `make` and `score` do one half of that each.

mod attribute;
mod calibrate;
mod clip;
mod contest;
mod drums;
mod dynamics;
mod families;
mod filter;
mod generated;
mod music;
mod noise;
mod process;
mod queries;
mod random;
mod report;
mod resample;
mod rival;
mod room;
mod score;
mod sessions;
mod set;
pub(crate) mod showcase;
mod statistics;
mod step;
mod table;
mod tools;
mod truth;
mod versions;
mod voice;
mod zither;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::setup::{self, Need};
use crate::workspace::Workspace;

use self::report::Reports;
use self::set::Set;
use self::table::Column;
use self::truth::{Half, Truth};
use self::zither::Zither;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Asks Zither alone, on music that the bench makes, and fails below its floors; takes about a minute.
    #[arg(long)]
    short: bool,
    /// Only queries and streams of this half.
    #[arg(long, global = true)]
    half: Option<Half>,
    /// Prints every way in which excerpts were changed, not only families.
    #[arg(long, global = true)]
    labels: bool,
    /// Folder of the music and of the queries made from it; target/rights-bench unless given.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Fetches the music and makes all queries, sessions and their truth.
    Make,
    /// Scores the reports of any matcher.
    Score(Scored),
    /// Learns the weights of Zither's confidence from its own reports; they stand in src/rights/decision.rs.
    Calibrate(Scored),
    /// Learns to tell a recording from the same piece played anew and from what is only similar; the weights stand in
    /// src/rights/attribution.rs.
    Attribute {
        /// Learns from what Zither said last time, and does not ask it again.
        #[arg(long)]
        kept: bool,
    },
}

/// What is scored.
#[derive(clap::Args)]
struct Scored {
    /// What is known of the files, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    /// What the matcher printed, one JSON object a line; may be given more than once.
    #[arg(long, value_name = "FILE", required = true)]
    reports: Vec<PathBuf>,
}

/// The environment's name for a folder in which the packages already lie unpacked, each in a folder of its name.
const MUSIC: &str = "ZITHER_BENCH_MUSIC";

/// Measures.
///
/// # Errors
/// If something cannot be fetched, made or run.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let data = options.data.clone().unwrap_or_else(|| workspace.target.join("rights-bench"));
    match &options.part {
        Some(Part::Score(scored)) => score(scored, options),
        Some(Part::Calibrate(scored)) => calibrate::run(&truths(scored, options)?, &scored.reports),
        Some(Part::Attribute { kept }) => attribute(workspace, &data, *kept),
        Some(Part::Make) => recorded(&data).map(drop),
        None if options.short => short(workspace),
        None => contest::full(workspace, &recorded(&data)?.half(options.half), &data.join("reports"), options.labels),
    }
}

fn recorded(data: &Path) -> Result<Set> {
    setup::run(Need::RIGHTS)?;
    let cache = std::env::var_os(MUSIC).map_or_else(|| data.join("music"), PathBuf::from);
    Set::recorded(data, &cache)
}

/// Asks Zither about the recorded set and about music that resembles, and learns from what it says.
fn attribute(workspace: &Workspace, data: &Path, kept: bool) -> Result<()> {
    let recorded = recorded(data)?;
    let resembling = Set::resembling(&data.join("resembling"))?;
    let asked = [("attribute", &recorded, recorded.padded()), ("resembling", &resembling, resembling.catalogue())];
    let mut sets = Vec::new();
    for (name, set, catalogue) in asked {
        let out = data.join("reports").join(name);
        if !kept {
            std::fs::create_dir_all(&out)?;
            Zither::index(workspace, &catalogue, &out)?.ask(&set.queries(), &out, "queries")?;
        }
        sets.push((set.truths.as_slice(), out.join("queries.jsonl")));
    }
    attribute::run(&sets)
}

/// The short form, made anew every time.
///
/// # Errors
/// If something cannot be made or run, or a floor is not held.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    let folder = tempfile::tempdir_in(&workspace.target)?;
    contest::short(workspace, &Set::generated(folder.path())?, &folder.path().join("reports"))
}

fn truths(scored: &Scored, options: &Options) -> Result<Vec<Truth>> {
    let mut truths: Vec<Truth> = truth::read_lines(&scored.truth)?;
    truths.retain(|truth| options.half.is_none_or(|half| truth.half == half));
    Ok(truths)
}

fn score(scored: &Scored, options: &Options) -> Result<()> {
    let score = score::score(&truths(scored, options)?, &Reports::read(&scored.reports)?);
    let column = Column { name: String::new(), values: score.lines(options.labels) };
    table::lines(&[column]).iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Does `work` for the numbers below `count` on all processors; results are in order.
///
/// # Errors
/// The first error of the work.
fn parallel<T: Send>(count: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let labour = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            let result = work(number).inspect_err(|_| next.store(count, Ordering::Relaxed))?;
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((number, result));
        }
    };
    std::thread::scope(|scope| -> Result<()> {
        let labourers: Vec<_> = (0..threads).map(|_| scope.spawn(labour)).collect();
        labourers.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked")))
    })?;
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
