//! The ledger of a project: what was recognised in it, when, where and under which licence. Rows are only ever added.
//!
//! A file of JSON Lines. Each [`Row`] holds the hash (BLAKE3) of the row before it and one of itself, and a *seal* beside
//! the file (`NAME.seal`) holds the number of rows and the hash of the last. [`read`] checks all three, so it sees every
//! change, removal, insertion and reordering of rows and a shortened end. What nobody can see without a witness: a forger
//! who writes the whole rest of the file anew *and* the seal, since there is no secret key; a seal that was noted
//! elsewhere, as every clearance report does, is that witness ([`read_against`]).
//!
//! A row counts as written when it is on the disk: rows are appended and synchronised (`fdatasync`), then the seal is
//! replaced (temporary file, `fsync`, rename). Killed between the two, a program leaves rows after the seal; killed
//! within a write, half a line: the next who appends takes the rows over, sets the half line aside (`NAME.torn`) and
//! writes a row that says so. Several processes may append to one ledger; each locks it for its few milliseconds.
//!
//! For one background thread each: everything here waits for the disk.

mod chain;
mod row;
mod tail;
mod verify;

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use chain::Seal;
pub use row::{Coverage, Event, FORMAT, Finding, Index, Match, Project, Row, Session, Source, Span};
pub use verify::{Fault, Verification, read, read_against};

/// Extension of ledgers.
pub const EXTENSION: &str = "jsonl";
/// Longest row, in bytes: a quoted work with all its fields at their longest fits.
pub const MAX_ROW_BYTES: usize = 512 << 10;
/// Most rows that wait in memory while the disk takes none: some hours of busy recognition.
pub const MAX_WAITING: usize = 10_000;
/// How long another process may hold the ledger before this one tries again later.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a ledger could not be read or written. Rows that wait are not lost with it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system said no.
    #[error("the ledger {} cannot be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds it.
    #[error("the ledger {} is held by another program; its rows wait", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file was never written by a ledger.
    #[error("{} is no ledger; move it away or name another file", path.display())]
    NoLedger {
        /// The file.
        path: PathBuf,
    },
}

/// The writing half of a project's ledger.
///
/// Making one touches no file. Rows that cannot be written (a full disk, a folder that is read-only) wait in memory, at
/// most [`MAX_WAITING`] of them, and go out with the next [`Ledger::append`] or [`Ledger::flush`] that succeeds; what was
/// beyond that is counted in a row. Dropped before that, they are lost: call `flush` last and tell what it says.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    waiting: VecDeque<Row>,
    /// Rows that found no room in `waiting`.
    lost: u64,
    /// The last row's project, for rows that the ledger writes itself.
    project: Project,
}

impl Ledger {
    /// The ledger in this file, whose first row of this run is `session`.
    #[must_use]
    pub fn begin(path: PathBuf, project: Project, session: Session) -> Self {
        let first = Row::now(project.clone(), Event::Session(session));
        Self { path, waiting: VecDeque::from([first]), lost: 0, project }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows wait for the disk.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a row and writes all that wait.
    ///
    /// # Errors
    /// If they could not be written; they wait on.
    pub fn append(&mut self, row: Row) -> Result<(), LedgerError> {
        self.push(row);
        self.flush()
    }

    /// Adds a row that may wait for the next write.
    pub fn push(&mut self, row: Row) {
        self.project.clone_from(&row.project);
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(row);
        } else {
            self.lost += 1;
        }
    }

    /// Writes all rows that wait: all or none of them.
    ///
    /// # Errors
    /// If they could not be written; they wait on.
    pub fn flush(&mut self) -> Result<(), LedgerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Opened anew each time, so that rows never go into a file that was moved away meanwhile.
        let mut file = self.open()?;
        self.lock(&file)?;
        let end = tail::repair(&mut file, &self.path)?;
        let text_and_seal = self.text(&end);
        self.write(&mut file, end.length, &text_and_seal)?;
        self.waiting.clear();
        self.lost = 0;
        Ok(())
    }

    fn open(&self) -> Result<File, LedgerError> {
        let io = |source| self.io("opened", source);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path).map_err(io)?;
        match file.metadata().map_err(io)?.is_file() {
            true => Ok(file),
            false => Err(LedgerError::NoLedger { path: self.path.clone() }),
        }
    }

    /// Waits for others, but not for one that hangs. The lock goes with the file's handle.
    fn lock(&self, file: &File) -> Result<(), LedgerError> {
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(LedgerError::Busy { path: self.path.clone() }),
                Err(TryLockError::Error(source)) => return Err(self.io("locked", source)),
            }
        }
    }

    /// The lines of all rows that wait, chained to the ledger's end, and the seal after them.
    fn text(&self, end: &tail::Tail) -> (String, Seal) {
        let (mut text, mut seal) = (String::new(), end.seal.clone());
        let mut finding = end.finding.clone();
        if self.lost > 0 {
            finding.faults.push(format!("{} rows were lost, because the disk took none for too long", self.lost));
        }
        if finding != Finding::default() {
            let row = Row::now(self.project.clone(), Event::Finding(finding));
            seal = chain::add(&mut text, &seal, &row);
        }
        for row in &self.waiting {
            seal = chain::add(&mut text, &seal, row);
        }
        (text, seal)
    }

    /// Appends and seals, or leaves the file as it was.
    fn write(&self, file: &mut File, length: u64, (text, seal): &(String, Seal)) -> Result<(), LedgerError> {
        let rows = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        let done = rows
            .map_err(|source| self.io("written", source))
            .and_then(|()| seal.write_beside(&self.path).map_err(|source| self.io("sealed", source)));
        if done.is_err() {
            // Where even this fails, the rows stand without a seal, and once more after the next write.
            let _ = file.set_len(length);
        }
        done
    }

    fn io(&self, doing: &'static str, source: std::io::Error) -> LedgerError {
        LedgerError::Io { path: self.path.clone(), doing, source }
    }
}

/// The name of a project's ledger: by its id, so that a project keeps its ledger under a new name.
#[must_use]
pub fn file_name(project: &Project) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_';
    if (1..=64).contains(&project.id.len()) && project.id.chars().all(plain) {
        return format!("{}.{EXTENSION}", project.id);
    }
    let hash = blake3::hash(project.id.as_bytes()).to_hex();
    format!("{}.{EXTENSION}", &hash[..32])
}

#[cfg(test)]
mod tests;
