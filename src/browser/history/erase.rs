//! Erasing: rows go, and no byte of them stays in the file.

use std::path::PathBuf;

use rusqlite::Transaction;

use super::store::Store;
use super::{HistoryError, file};

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Events.
    pub events: usize,
    /// Sessions of which nothing is left.
    pub sessions: usize,
    /// Projects of which nothing is left.
    pub projects: usize,
    /// Presets of which nothing is left: neither an event nor a mark of the user's.
    pub presets: usize,
    /// Damaged databases that were set aside and may hold as much; they are left to the user.
    pub set_aside: Vec<PathBuf>,
}

/// Presets of which the user says something.
const MARKED: &str = "favourite > 0 or rating > 0 or hidden > 0 or id in (select preset_id from preset_tag)";

impl Store {
    /// Erases all events before this second of 1970's count, or all there are, and what the ranking has learned from
    /// them. What the user says of presets stays.
    ///
    /// # Errors
    /// If the file cannot be written, or not be written anew; then events are gone from lists, but may be found in the
    /// file's bytes until it is done again.
    pub fn erase(&mut self, before: Option<i64>) -> Result<Erased, HistoryError> {
        let erased = self.transact(|transaction| {
            let erased = rows(transaction, before)?;
            transaction.execute("update meta set value = value + 1 where key = 'era'", [])?;
            transaction.execute_batch("delete from weight; delete from learned")?;
            Ok(erased)
        })?;
        self.compact()?;
        Ok(Erased { set_aside: file::aside(self.path()), ..erased })
    }

    /// Erases also what the user says of presets: hearts, stars, tags; of how many presets.
    ///
    /// # Errors
    /// As [`Store::erase`].
    pub fn erase_marks(&mut self) -> Result<usize, HistoryError> {
        let marked = self.transact(|transaction| {
            let unmark = format!("update preset set favourite = 0, rating = 0, hidden = 0 where {MARKED}");
            let marked = transaction.execute(&unmark, [])?;
            transaction.execute_batch("delete from preset_tag; delete from tag")?;
            forget_presets(transaction)?;
            Ok(marked)
        })?;
        self.compact()?;
        Ok(marked)
    }
}

fn rows(transaction: &Transaction<'_>, before: Option<i64>) -> rusqlite::Result<Erased> {
    let events = transaction.execute("delete from event where t < ?1", [before.unwrap_or(i64::MAX)])?;
    let without_events = |table: &str| {
        let delete = format!("delete from {table} where id not in (select {table}_id from event where {table}_id > 0)");
        transaction.execute(&delete, [])
    };
    let (sessions, projects) = (without_events("session")?, without_events("project")?);
    Ok(Erased { events, sessions, projects, presets: forget_presets(transaction)?, set_aside: Vec::new() })
}

/// Forgets presets of which nothing is left.
fn forget_presets(transaction: &Transaction<'_>) -> rusqlite::Result<usize> {
    let delete = format!("delete from preset where not ({MARKED} or id in (select preset_id from event))");
    transaction.execute(&delete, [])
}
