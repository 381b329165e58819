//! The reading connection: what all instances and programs have written so far.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction};

use super::file::{self, Identity};
use super::gate::Gate;
use super::marks::{Card, Marks, Weights};
use super::store::meta;
use super::{HistoryError, schema};
use crate::browser::usage::{Deed, Event, PresetId, ProjectId, SessionId, Shelf};

/// How long a reader waits for those who write.
const PATIENCE: Duration = Duration::from_secs(1);

/// Events that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Each with its id. Sorted by their time; of the same second, in the order in which they were written.
    pub events: Vec<(i64, Event)>,
    /// Where the next read goes on: the id of the last event that was looked at.
    pub last: i64,
    /// Another number than before says that events were erased or old ones brought in: forget all, and read from 0.
    pub era: i64,
}

/// Reads the history: for one background thread, which may wait for the disk and for other programs.
///
/// Opens the file when something is asked for the first time. A file that does not exist reads as empty. Events come once
/// they are written; who counts those of its own sessions as they happen passes them over here.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    gate: Gate,
    identity: Identity,
    /// Of the last look, by the connection; 0 before the first.
    data_version: i64,
}

impl Reader {
    /// A reader of this file.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), open: None }
    }

    /// Whether anyone has written since this was last asked; true the first time. Costs some microseconds.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn changed(&mut self) -> Result<bool, HistoryError> {
        let version = self.read(|transaction| {
            transaction.prepare_cached("pragma data_version")?.query_row([], |row| row.get::<_, i64>(0))
        })?;
        let (Some(version), Some(open)) = (version, &mut self.open) else { return Ok(false) };
        Ok(std::mem::replace(&mut open.data_version, version) != version)
    }

    /// All events after the one of this id; all there are after 0.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn events_since(&mut self, after: i64) -> Result<Batch, HistoryError> {
        Ok(self.read(|transaction| batch(transaction, after))?.unwrap_or_default())
    }

    /// What the user says of presets; those of which nothing is said are left out.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn marks(&mut self) -> Result<HashMap<PresetId, Marks>, HistoryError> {
        let said = self.presets()?.into_iter().filter(|(_, marks)| *marks != Marks::default());
        Ok(said.map(|(card, marks)| (card.preset, marks)).collect())
    }

    /// Every preset that was used or that the user said something of, in the order in which they came.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn presets(&mut self) -> Result<Vec<(Card, Marks)>, HistoryError> {
        Ok(self.read(presets)?.unwrap_or_default())
    }

    /// What was learned for a task last; none where nothing was.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn weights(&mut self, task: &str) -> Result<Option<Weights>, HistoryError> {
        Ok(self.read(|transaction| weights(transaction, task))?.flatten())
    }

    /// Whether events are recorded; true where there is no file yet.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn is_recording(&mut self) -> Result<bool, HistoryError> {
        Ok(self.read(|transaction| meta(transaction, "recording"))?.unwrap_or(true))
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Does `work` on one state of the database; none where there is no file, or one without tables yet.
    pub(super) fn read<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, HistoryError> {
        let identity = Identity::of(&self.path);
        if self.open.as_ref().is_some_and(|open| open.identity != identity) {
            self.open = None;
        }
        let open = match &mut self.open {
            Some(open) => open,
            None if self.path.exists() => self.open.insert(Open::new(&self.path)?),
            None => return Ok(None),
        };
        let _pass = open.gate.among_readers(PATIENCE)?;
        let database = |source| HistoryError::of(&self.path, source);
        let transaction = open.connection.transaction().map_err(database)?;
        match schema::version(&transaction, &self.path)? {
            Some(_) => work(&transaction).map(Some).map_err(database),
            None => Ok(None),
        }
    }
}

impl Open {
    fn new(path: &Path) -> Result<Self, HistoryError> {
        let gate = Gate::of(path)?;
        let pass = gate.alone(PATIENCE)?;
        let connection = file::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, PATIENCE)?;
        // Read once while alone: this is when what the last writer left is mended.
        schema::version(&connection, path)?;
        drop(pass);
        Ok(Self { connection, gate, identity: Identity::of(path), data_version: 0 })
    }
}

pub(super) fn batch(transaction: &Transaction<'_>, after: i64) -> rusqlite::Result<Batch> {
    let sessions = uids(transaction, "select id, uid from session")?;
    let projects = uids(transaction, "select id, uid from project")?;
    let presets = uids(transaction, "select id, uid from preset")?;
    let mut statement = transaction.prepare_cached(
        "select id, t, session_id, project_id, preset_id, kind, dwell_ms, shelf, rank_shown
         from event where id > ?1 order by id",
    )?;
    let mut rows = statement.query([after])?;
    let mut batch = Batch { events: Vec::new(), last: after, era: meta(transaction, "era")? };
    while let Some(row) = rows.next()? {
        batch.last = row.get(0)?;
        batch.events.extend(event(row, &sessions, &projects, &presets)?.map(|event| (batch.last, event)));
    }
    batch.events.sort_by_key(|(_, event)| event.time);
    Ok(batch)
}

type Uids = HashMap<i64, [u8; 16]>;

fn uids(transaction: &Transaction<'_>, select: &str) -> rusqlite::Result<Uids> {
    transaction.prepare_cached(select)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The event of a row; none where a later version wrote what this one does not know.
fn event(row: &Row<'_>, sessions: &Uids, projects: &Uids, presets: &Uids) -> rusqlite::Result<Option<Event>> {
    let shelf: Option<u8> = row.get(7)?;
    let rank: Option<u16> = row.get(8)?;
    let (session, preset) = (sessions.get(&row.get(2)?), presets.get(&row.get(4)?));
    let project = row.get::<_, Option<i64>>(3)?.and_then(|id| projects.get(&id));
    let (Some(deed), Some(session), Some(preset)) = (Deed::by_number(row.get(5)?), session, preset) else {
        return Ok(None);
    };
    Ok(Some(Event {
        time: row.get(1)?,
        session: SessionId(*session),
        project: project.map(|uid| ProjectId(*uid)),
        preset: PresetId(*preset),
        deed,
        dwell_ms: row.get(6)?,
        shown: shelf.and_then(Shelf::by_number).zip(rank),
    }))
}

pub(super) fn presets(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(Card, Marks)>> {
    let mut tags = tags(transaction)?;
    let mut statement = transaction.prepare_cached(
        "select uid, path, bank, name, author, favourite, rating, hidden, id from preset order by id",
    )?;
    let read = |row: &Row<'_>| {
        let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
        let preset = PresetId(row.get(0)?);
        let card = Card { preset, path: text(1)?, bank: text(2)?, name: text(3)?, author: text(4)? };
        let tags = tags.remove(&row.get(8)?).unwrap_or_default();
        Ok((card, Marks { favourite: row.get(5)?, rating: row.get(6)?, hidden: row.get(7)?, tags }))
    };
    statement.query_map([], read)?.collect()
}

/// The user's own tags of each preset's row, sorted.
fn tags(transaction: &Transaction<'_>) -> rusqlite::Result<HashMap<i64, Vec<String>>> {
    let mut statement = transaction.prepare_cached(
        "select preset_id, name from preset_tag join tag on tag.id = preset_tag.tag_id order by preset_id, name",
    )?;
    let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        tags.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(tags)
}

fn weights(transaction: &Transaction<'_>, task: &str) -> rusqlite::Result<Option<Weights>> {
    let mut learned = transaction.prepare_cached("select event_id from learned where task = ?1")?;
    let Some(learned) = learned.query_row([task], |row| row.get(0)).optional()? else { return Ok(None) };
    let mut statement = transaction.prepare_cached("select w, g from weight where task = ?1 order by idx")?;
    let values: Result<_, _> = statement.query_map([task], |row| Ok((row.get(0)?, row.get(1)?)))?.collect();
    Ok(Some(Weights { task: task.to_owned(), values: values?, learned, era: meta(transaction, "era")? }))
}
