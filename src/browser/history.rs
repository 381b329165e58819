//! What the user did with presets and says of them, kept in one SQLite database per user.
//!
//! [`History`] takes what is to be kept and never waits; one thread per process writes it, a batch at a time. [`Reader`]
//! reads what all processes have written, on a connection and a thread of its own. [`Store`] is for commands that have
//! time to wait. Nothing here is for the audio thread.
//!
//! The database is in write-ahead mode: a commit is safe from a killed program at once, and from a power failure once the
//! system has written it, mostly within half a minute. Where it cannot be written (held by another program, read-only, full, of a later version), what
//! is to be kept waits in memory and is tried again, without a word but in [`History::status`]. A damaged database is
//! renamed to `history-damaged-SECONDS.db`, and a new one is begun.

mod erase;
mod error;
mod file;
mod gate;
mod lines;
mod marks;
mod reader;
mod schema;
mod stat;
mod store;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError, bounded};

pub use erase::Erased;
pub use error::HistoryError;
pub use file::set_aside;
pub use lines::Imported;
pub use marks::{Card, Mark, Marks, Weights};
pub use reader::{Batch, Reader};
pub use stat::Stat;
pub use store::Store;
pub use writer::Status;

use self::store::Change;
use self::writer::{Message, Shared};
use super::folders;
use super::usage::{Event, PresetId, ProjectId};

/// Name of the database in [`folders::history`].
pub const FILE: &str = "history.db";

/// The user's database, which need not exist; none where the system names no home folder.
#[must_use]
pub fn file() -> Option<PathBuf> {
    Some(folders::history()?.join(FILE))
}

/// A place at the thread that writes one database; all that a process opens share it, and it is joined with the last.
///
/// Made and dropped where waiting for some milliseconds does no harm; everything else only sends (some 0.1 us) and may be
/// called on any thread but the audio thread.
pub struct History {
    path: PathBuf,
    /// None only while dropping.
    changes: Option<Sender<Message>>,
    shared: Arc<Shared>,
}

impl History {
    /// Has the database at `path` written from now on. Never fails: what is wrong with the file stands in the status.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let (changes, shared) = writer::join(path);
        Self { path: path.to_owned(), changes: Some(changes), shared }
    }

    /// Keeps an event, unless the history is switched off.
    pub fn record(&self, event: Event) {
        self.send(Change::Event(event));
    }

    /// Keeps what a preset is called, for people who read their history.
    pub fn describe(&self, card: Card) {
        self.send(Change::Card(Box::new(card)));
    }

    /// Keeps what the user says of a preset, also where the history is switched off. Makes no event.
    pub fn mark(&self, preset: PresetId, mark: Mark) {
        self.send(Change::Mark(preset, mark));
    }

    /// Keeps what the ranking has learned, unless other instances have learned more, or the user has erased meanwhile.
    pub fn learn(&self, weights: Weights) {
        self.send(Change::Weights(Box::new(weights)));
    }

    /// Waits until all that was sent before is written; false where it could not be, or not within `patience`.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        let (done, answer) = bounded(1);
        let Some(changes) = &self.changes else { return false };
        changes.send_timeout(Message::Flush(done), patience).is_ok() && answer.recv_timeout(patience) == Ok(true)
    }

    /// How writing goes.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// The id of the project that the host or the saved state calls so. It is mixed with bytes that are drawn once for
    /// each database, so equal names on two machines have different ids. None until the database is open.
    #[must_use]
    pub fn project_id(&self, name: &str) -> Option<ProjectId> {
        let salt = self.shared.salt()?;
        Some(ProjectId::of(&[salt.as_slice(), name.as_bytes()].concat()))
    }

    /// A reader of the same database.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::of(&self.path)
    }

    fn send(&self, change: Change) {
        let sent = self.changes.as_ref().map(|changes| changes.try_send(Message::Change(change)));
        if let Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) = sent {
            self.shared.lose(1);
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.changes = None;
        writer::leave(&self.path);
    }
}

#[cfg(test)]
mod tests;
