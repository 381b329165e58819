//! The database file: opened, told apart from another at its place, set aside where it is damaged.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::HistoryError;
use super::gate::Gate;

/// Opens the database of a gate; whoever does is alone, since the first to open it mends what the last has left.
pub(super) fn connect(path: &Path, flags: OpenFlags, patience: Duration) -> Result<Connection, HistoryError> {
    let database = |source| HistoryError::of(path, source);
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(database)?;
    connection.busy_timeout(patience).map_err(database)?;
    // The last to close would remove the log; by its own locks SQLite may not know that it is not the last (see `gate`).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(database)?;
    // Nothing of the user's goes into the system's temporary folder.
    connection.pragma_update(None, "temp_store", "memory").map_err(database)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// What tells a file from another at the same path. Where the system does not say, an open file cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// Of the file that lies there now. It is not opened: closing it would drop SQLite's locks.
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino())))
    }

    /// Of the file that lies there now.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> Self {
        Self(path.exists().then_some((0, 0)))
    }
}

/// Whether the database is as it was written, as far as its pages tell: some 30 ms for 100,000 events.
pub(super) fn verify(connection: &Connection, path: &Path, pragma: &str) -> Result<(), HistoryError> {
    let said = connection.query_row(&format!("pragma {pragma}(1)"), [], |row| row.get::<_, String>(0));
    match said.map_err(|source| HistoryError::of(path, source))? {
        said if said == "ok" => Ok(()),
        reason => Err(HistoryError::Damaged { path: path.to_owned(), reason }),
    }
}

/// Renames a damaged database and its logs, so that a new one can be begun; where to. None where it is whole after all,
/// as when somebody else has replaced it since.
pub(super) fn put_aside(path: &Path, patience: Duration) -> Result<Option<PathBuf>, HistoryError> {
    let gate = Gate::of(path)?;
    let _pass = gate.alone(patience)?;
    let looked = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)
        .and_then(|connection| verify(&connection, path, "integrity_check"));
    match looked {
        Ok(()) => return Ok(None),
        Err(HistoryError::Damaged { .. }) => {}
        Err(other) => return Err(other),
    }
    let aside = free_name(path);
    // Logs first: left behind, they would be taken for the new database's.
    for end in ["-wal", "-journal", "-shm", ""] {
        match std::fs::rename(with_end(path, end), with_end(&aside, end)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(HistoryError::Io { path: with_end(path, end), doing: "set aside", source });
            }
            _ => {}
        }
    }
    Ok(Some(aside))
}

/// The damaged databases that were set aside beside this one, sorted.
#[must_use]
pub fn set_aside(path: &Path) -> Vec<PathBuf> {
    let begin = format!("{}-damaged-", stem(path));
    let entries = path.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten();
    let is_aside = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&begin) && file.extension() == path.extension()
    };
    let mut found: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_aside).collect();
    found.sort();
    found
}

/// A name by the time, like no other's.
fn free_name(path: &Path) -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let named = |number: u64| path.with_file_name(format!("{}-damaged-{number}.{extension}", stem(path)));
    (now..).map(named).find(|name| !name.exists()).unwrap_or_else(|| named(now))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
