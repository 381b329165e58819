//! Whose turn it is at the database: a lock on a file beside it, which everyone takes for each use.
//!
//! SQLite's own locks do not suffice. A host may load Zither as CLAP and as VST3 in one process: two libraries, each with
//! an SQLite of its own. POSIX locks do not keep one process from itself, and closing a file drops all that the process
//! holds on it (sqlite.org/howtocorrupt.html, 2.2 and 2.2.1). The standard library's lock belongs to the handle instead,
//! and goes with it, also when the process is killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::HistoryError;

/// How long to sleep before asking again: first, and at most. A write takes some 0.1 ms.
const NAP: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(2));

/// The lock of one database. Each connection has its own.
#[derive(Debug)]
pub(super) struct Gate {
    /// None where nobody can write beside the database, so that nobody has to be kept out.
    file: Option<File>,
    database: PathBuf,
}

/// The right to use the database until it is dropped.
pub(super) struct Pass<'a>(Option<&'a File>);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.0 {
            let _goes_with_the_handle = file.unlock();
        }
    }
}

impl Gate {
    /// The gate of this database, made where it is missing and the folder may be written to.
    pub(super) fn of(database: &Path) -> Result<Self, HistoryError> {
        let path = lock_file(database);
        let made = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = match made.or_else(|_read_only| File::open(&path)) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(source) => return Err(HistoryError::Io { path, doing: "locked", source }),
        };
        Ok(Self { file, database: database.to_owned() })
    }

    /// Keeps everyone else out.
    pub(super) fn alone(&self, patience: Duration) -> Result<Pass<'_>, HistoryError> {
        self.pass(patience, File::try_lock)
    }

    /// Keeps those out who want to be alone.
    pub(super) fn among_readers(&self, patience: Duration) -> Result<Pass<'_>, HistoryError> {
        self.pass(patience, File::try_lock_shared)
    }

    fn pass(
        &self,
        patience: Duration,
        ask: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Pass<'_>, HistoryError> {
        let Some(file) = &self.file else { return Ok(Pass(None)) };
        let (start, mut nap) = (Instant::now(), NAP.0);
        loop {
            match ask(file) {
                Ok(()) => return Ok(Pass(Some(file))),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => std::thread::sleep(nap),
                Err(TryLockError::WouldBlock) => return Err(HistoryError::Busy { path: self.database.clone() }),
                Err(TryLockError::Error(source)) => {
                    return Err(HistoryError::Io { path: lock_file(&self.database), doing: "locked", source });
                }
            }
            nap = (2 * nap).min(NAP.1);
        }
    }
}

fn lock_file(database: &Path) -> PathBuf {
    database.with_added_extension("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_or_many_readers_have_a_pass_also_within_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("history.db");
        let (a, b) = (Gate::of(&database).unwrap(), Gate::of(&database).unwrap());
        let alone = a.alone(Duration::ZERO).unwrap();
        for refused in [b.alone(Duration::ZERO), b.among_readers(Duration::from_millis(5))] {
            assert!(matches!(refused, Err(HistoryError::Busy { .. })));
        }
        drop(alone);
        let _reads = a.among_readers(Duration::ZERO).unwrap();
        let _reads_too = b.among_readers(Duration::ZERO).unwrap();
        assert!(b.alone(Duration::ZERO).is_err());
    }
}
