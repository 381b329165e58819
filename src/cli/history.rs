//! `zitherctl history ...`: what the user did with presets: counted, taken along, erased, switched off.

mod stat;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::browser::history::{self, Store};
use crate::rights::date::Date;

/// How long plugins that write at the same moment are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A subcommand of `zitherctl history`.
#[derive(Subcommand)]
pub(super) enum Command {
    Erase(Erase),
    Export(transfer::Export),
    Import(transfer::Import),
    Off(Off),
    On(On),
    Stat(stat::Stat),
}

impl Command {
    /// Runs the subcommand.
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Erase(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Off(command) => switch(&command.database, false),
            Self::On(command) => switch(&command.database, true),
            Self::Stat(command) => command.run(),
        }
    }
}

/// Which database.
#[derive(Args)]
struct Database {
    /// The database; without it, this user's.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

impl Database {
    fn path(&self) -> Result<PathBuf> {
        let path = self.db.clone().or_else(history::file);
        path.context("the system names no home folder: name the database with --db FILE")
    }

    fn store(&self) -> Result<Store> {
        Ok(Store::open(&self.path()?, PATIENCE)?)
    }
}

/// Erases what was recorded, without a trace in the file, and what the ranking has learned from it.
///
/// Hearts, stars, tags and what is hidden stay, unless --marks is given. Plugins may run meanwhile.
#[derive(Args)]
pub(super) struct Erase {
    /// Only what was recorded before this day began, in UTC: `2026-11-26`.
    #[arg(long, value_name = "DATE")]
    before: Option<Date>,
    /// Erases also hearts, stars, tags and what is hidden, of any day.
    #[arg(long)]
    marks: bool,
    #[command(flatten)]
    database: Database,
}

impl Erase {
    fn run(self) -> Result<()> {
        let mut store = self.database.store()?;
        let erased = store.erase(self.before.map(|day| day.start()))?;
        println!(
            "erased: {} events, {} sessions, {} projects, {} presets",
            erased.events, erased.sessions, erased.projects, erased.presets
        );
        if self.marks {
            println!("erased: marks of {} presets", store.erase_marks()?);
        }
        erased.set_aside.iter().for_each(|file| println!("{}", about_aside(file)));
        Ok(())
    }
}

/// What to say of a damaged database.
fn about_aside(file: &Path) -> String {
    format!("note: {} was damaged and set aside; it may hold as much: delete it if you do not need it", file.display())
}

/// Records nothing from now on, in all plugins of this user. What is there stays; hearts, stars and tags are kept on.
#[derive(Args)]
pub(super) struct Off {
    #[command(flatten)]
    database: Database,
}

/// Records again.
#[derive(Args)]
pub(super) struct On {
    #[command(flatten)]
    database: Database,
}

fn switch(database: &Database, on: bool) -> Result<()> {
    database.store()?.set_recording(on)?;
    println!("the history is {}", if on { "on" } else { "off" });
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::browser::history::{History, Reader};
    use crate::browser::usage::{Deed, Event, PresetId, SessionId};

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    fn run(db: &Path, words: &[&str]) -> Result<()> {
        let line = ["history"].iter().chain(words).map(std::ffi::OsStr::new);
        Line::try_parse_from(line.chain(["--db".as_ref(), db.as_os_str()]))?.command.run()
    }

    fn events(db: &Path) -> usize {
        Reader::of(db).events_since(0).unwrap().events.len()
    }

    #[test]
    fn a_history_is_taken_along_switched_off_and_erased_by_command() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b, file) = (folder.path().join("a.db"), folder.path().join("b.db"), folder.path().join("all.jsonl"));
        let history = History::open(&a);
        let event = |time| Event {
            time,
            session: SessionId::of(b"s"),
            project: None,
            preset: PresetId::of(b"p"),
            deed: Deed::Keep,
            dwell_ms: 0,
            shown: None,
        };
        // The last second of a day and the first of the next.
        [1_795_651_199, 1_795_651_200].into_iter().for_each(|time| history.record(event(time)));
        assert!(history.flush(PATIENCE));
        let file = file.to_str().unwrap();
        run(&a, &["export", file]).unwrap();
        run(&b, &["import", file]).unwrap();
        run(&b, &["import", file]).unwrap();
        assert_eq!(events(&b), 2);
        run(&b, &["stat"]).unwrap();
        run(&b, &["erase", "--before", "2026-11-26", "--marks"]).unwrap();
        assert_eq!(events(&b), 1);
        run(&b, &["erase"]).unwrap();
        assert_eq!(events(&b), 0);
        run(&a, &["off"]).unwrap();
        history.record(event(0));
        assert!(history.flush(PATIENCE) && events(&a) == 2);
        run(&a, &["on"]).unwrap();
        history.record(event(0));
        assert!(history.flush(PATIENCE) && events(&a) == 3);
        assert!(run(&a, &["erase", "--before", "yesterday"]).is_err());
        std::fs::write(file, "rubbish\n").unwrap();
        assert!(format!("{:#}", run(&a, &["import", file]).unwrap_err()).contains("line 1: is no line of a history"));
    }
}
