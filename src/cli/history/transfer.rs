//! `zitherctl history export | import`: the history as JSON Lines.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::Database;
use crate::browser::history::Reader;

/// Writes all that was recorded, and all hearts, stars and tags, as JSON Lines.
#[derive(Args)]
pub(in crate::cli) struct Export {
    /// The file to write; without it, or as `-`, the standard output.
    file: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
}

impl Export {
    pub(super) fn run(self) -> Result<()> {
        let mut reader = Reader::of(&self.database.path()?);
        match self.file.filter(|file| file != Path::new("-")) {
            Some(file) => {
                let events = write_whole(&file, |out| Ok(reader.export(out)?))?;
                println!("exported: {events} events");
            }
            None => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                reader.export(&mut out)?;
                out.flush()?;
            }
        }
        Ok(())
    }
}

/// Takes in what `history export` wrote, here or on another machine. What is known already is not doubled, and what the
/// file says of a preset changes no heart, stars or tags that it has here.
#[derive(Args)]
pub(in crate::cli) struct Import {
    /// The file to read; `-` is the standard input.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Import {
    pub(super) fn run(self) -> Result<()> {
        let reading = || self.file.display().to_string();
        let mut store = self.database.store()?;
        let imported = if self.file == Path::new("-") {
            store.import(&mut std::io::stdin().lock())
        } else {
            store.import(&mut BufReader::new(File::open(&self.file).with_context(reading)?))
        };
        let imported = imported.with_context(reading)?;
        println!(
            "imported: {} events; known already: {}; presets: {}",
            imported.events, imported.known, imported.presets
        );
        Ok(())
    }
}

/// Writes a file whole or not at all.
fn write_whole<T>(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> Result<T>) -> Result<T> {
    let writing = || format!("{} cannot be written", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = tempfile::NamedTempFile::new_in(folder).with_context(writing)?;
    let mut out = BufWriter::new(unfinished.as_file());
    let done = write(&mut out)?;
    out.flush().with_context(writing)?;
    drop(out);
    unfinished.as_file().sync_all().with_context(writing)?;
    unfinished.persist(path).with_context(writing)?;
    Ok(done)
}
