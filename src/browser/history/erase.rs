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
        Ok(Erased { set_aside: file::set_aside(self.path()), ..erased })
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::browser::history::store::Change;
    use crate::browser::history::{Card, Mark, Reader, Weights};
    use crate::browser::usage::{Deed, Event, PresetId, ProjectId, SessionId};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// What is known of the `number`th preset, used in a session and a project of its own.
    fn used(number: u64) -> [Change; 2] {
        let preset = PresetId::of(&number.to_le_bytes());
        let event = Event {
            time: 1_000_000 + number as i64,
            session: session(number),
            project: Some(project(number)),
            preset,
            deed: Deed::Load,
            dwell_ms: 0,
            shown: None,
        };
        let card = Card { preset, path: format!("/presets/path-{number}-"), name: name(number), ..Card::default() };
        [Change::Event(event), Change::Card(Box::new(card))]
    }

    fn session(number: u64) -> SessionId {
        SessionId::of(format!("session {number}").as_bytes())
    }

    fn project(number: u64) -> ProjectId {
        ProjectId::of(format!("project {number}").as_bytes())
    }

    fn name(number: u64) -> String {
        format!("name-{number}-")
    }

    /// Whether any file of the database holds these bytes.
    fn is_found(folder: &Path, bytes: &[u8]) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            std::fs::read(entry.unwrap().path()).unwrap().windows(bytes.len()).any(|window| window == bytes)
        })
    }

    #[test]
    fn no_byte_of_what_was_erased_is_found_in_the_files_while_others_have_them_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let (mut store, mut other) = (Store::open(&path, PATIENCE).unwrap(), Store::open(&path, PATIENCE).unwrap());
        let mut reader = Reader::of(&path);
        for number in 0..3_000 {
            store.write(&used(number), 0).unwrap();
        }
        let hearted = PresetId::of(&7_u64.to_le_bytes());
        store.write(&[Change::Mark(hearted, Mark::Favourite(true))], 0).unwrap();
        let before = reader.events_since(0).unwrap();
        let weights = Weights { task: "t".into(), values: vec![(1.0, 1.0)], learned: before.last, era: before.era };
        store.write(&[Change::Weights(Box::new(weights))], 0).unwrap();
        let erased = other.erase(Some(1_002_000)).unwrap();
        let expected =
            Erased { events: 2_000, sessions: 2_000, projects: 2_000, presets: 1_999, set_aside: Vec::new() };
        assert_eq!(erased, expected);
        for number in (7..3_000_u64).step_by(50) {
            let stays = number >= 2_000;
            assert_eq!(is_found(folder.path(), &session(number).0), stays, "session {number}");
            assert_eq!(is_found(folder.path(), &project(number).0), stays, "project {number}");
            assert_eq!(is_found(folder.path(), name(number).as_bytes()), stays || number == 7, "name {number}");
        }
        let after = reader.events_since(0).unwrap();
        assert_eq!((after.events.len(), after.era), (1_000, before.era + 1));
        assert_eq!(reader.weights("t").unwrap(), None);
        store.write(&used(3_000), 0).unwrap();
        assert_eq!(reader.events_since(before.last).unwrap().events.len(), 1, "who has read to the end misses nothing");
        assert_eq!(store.erase(None).unwrap().events, 1_001);
        assert!(!is_found(folder.path(), name(2_999).as_bytes()));
        assert_eq!(reader.marks().unwrap().len(), 1);
        assert_eq!(store.erase_marks().unwrap(), 1);
        assert!(reader.presets().unwrap().is_empty() && !is_found(folder.path(), &hearted.0));
    }
}
