//! Why the history could not be read or written.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the history could not be read or written. Nothing is deleted for any of these.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file system said no.
    #[error("the history {} cannot be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another program holds it.
    #[error("the history {} is held by another program; try again when that is done", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer Zither.
    #[error(
        "the history {} has schema {got}, and this version knows schemas up to {known}: update Zither, or name \
         another file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        got: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// Some other program's database.
    #[error("{} is a database, but no history of Zither's: move it away, or name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Bytes of the file are not as they were written.
    #[error("the history {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another file stands where the history was opened.
    #[error("the history {} was moved away; open it again", path.display())]
    Moved {
        /// The file.
        path: PathBuf,
    },
    /// The database said no.
    #[error("the history {} cannot be used: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A line of an exported history that cannot be taken in.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl HistoryError {
    /// What the database said, sorted by what is to be done about it.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, reason: source.to_string() }
            }
            _ => Self::Database { path, source },
        }
    }
}
