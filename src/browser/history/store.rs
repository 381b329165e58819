//! The writing connection: changes go in a batch at a time, all or none of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::file::{self, Identity};
use super::gate::Gate;
use super::marks::{Card, MAX_NAME, MAX_PATH, Mark, Weights, cut};
use super::{HistoryError, schema};
use crate::browser::usage::{Event, PresetId};

/// Seconds from 1970 to the last second of the year 9999: times beyond have no date.
const LAST_SECOND: i64 = 253_402_300_799;

/// Pages in the log at which a commit moves them to the database itself and waits for the disk. Idle moments come first
/// ([`Store::settle`]), unless writers never pause.
const MAX_LOG: u32 = 4_000;

/// Something to be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Something was done.
    Event(Event),
    /// A preset was seen.
    Card(Box<Card>),
    /// The user said something of a preset.
    Mark(PresetId, Mark),
    /// The ranking has learned.
    Weights(Box<Weights>),
}

/// The history's database, opened for writing: by one thread, which may wait for the disk and for other programs.
///
/// Dropped at any moment, or killed, it leaves what was committed, and no half of anything.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    gate: Gate,
    identity: Identity,
    patience: Duration,
}

impl Store {
    /// Opens the database, or begins one. Others are waited for as long as `patience`, here and in every write.
    ///
    /// # Errors
    /// If it cannot be made, is held by another program, is damaged, of a newer version or no history.
    pub fn open(path: &Path, patience: Duration) -> Result<Self, HistoryError> {
        if let Some(folder) = path.parent() {
            let io = |source| HistoryError::Io { path: path.to_owned(), doing: "made", source };
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let gate = Gate::of(path)?;
        let pass = gate.alone(patience)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = file::connect(path, flags, patience)?;
        // Asked before anything is changed: another's database stays as it is, its journal mode included.
        schema::version(&connection, path)?;
        let set_up = "pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint =";
        connection.execute_batch(&format!("{set_up} {MAX_LOG}")).map_err(|source| HistoryError::of(path, source))?;
        schema::prepare(&mut connection, path)?;
        drop(pass);
        Ok(Self { path: path.to_owned(), connection, gate, identity: Identity::of(path), patience })
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks through all pages, without keeping others from writing for longer than that takes.
    pub(super) fn verify(&self) -> Result<(), HistoryError> {
        let _pass = self.gate.among_readers(self.patience)?;
        file::verify(&self.connection, &self.path, "quick_check")
    }

    /// What project names are mixed with before they are hashed.
    pub(super) fn salt(&mut self) -> Result<[u8; 16], HistoryError> {
        self.transact(|transaction| meta(transaction, "salt"))
    }

    /// Whether events are recorded from now on, by all who write to this file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn set_recording(&mut self, on: bool) -> Result<(), HistoryError> {
        self.transact(|transaction| {
            transaction.execute("update meta set value = ?1 where key = 'recording'", [on]).map(|_one| ())
        })
    }

    /// Writes all of these, and that `lost` more found no room; whether the history records.
    pub(super) fn write(&mut self, changes: &[Change], lost: u64) -> Result<bool, HistoryError> {
        self.transact(|transaction| {
            let recording = meta(transaction, "recording")?;
            for change in changes {
                put(transaction, change, recording)?;
            }
            if lost > 0 {
                let mut statement =
                    transaction.prepare_cached("update meta set value = value + ?1 where key = 'lost'")?;
                statement.execute([lost as i64])?;
            }
            Ok(recording)
        })
    }

    /// Does `work` alone, all or none of it.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let _pass = self.gate.alone(self.patience)?;
        if Identity::of(&self.path) != self.identity {
            return Err(HistoryError::Moved { path: self.path.clone() });
        }
        let database = |source| HistoryError::of(&self.path, source);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
        // A newer Zither may have brought it forward since it was opened.
        schema::version(&transaction, &self.path)?;
        let done = work(&transaction).map_err(database)?;
        transaction.commit().map_err(database)?;
        Ok(done)
    }

    /// Moves what stands in the log to the database itself, onto the disk. Waits for the disk, and others wait as long.
    pub(super) fn settle(&mut self) -> Result<(), HistoryError> {
        let _pass = self.gate.alone(self.patience)?;
        let done = self.connection.query_row("pragma wal_checkpoint(passive)", [], |_row| Ok(()));
        done.map_err(|source| HistoryError::of(&self.path, source))
    }

    /// Writes the whole file anew and empties the log, so that no byte of what was erased remains.
    pub(super) fn compact(&mut self) -> Result<(), HistoryError> {
        let _pass = self.gate.alone(self.patience)?;
        let database = |source| HistoryError::of(&self.path, source);
        self.connection.pragma_update(None, "secure_delete", true).map_err(database)?;
        self.connection.execute_batch("vacuum").map_err(database)?;
        let busy: bool =
            self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0)).map_err(database)?;
        if busy { Err(HistoryError::Busy { path: self.path.clone() }) } else { Ok(()) }
    }
}

/// A value of `meta`.
pub(super) fn meta<T: rusqlite::types::FromSql>(connection: &Connection, key: &str) -> rusqlite::Result<T> {
    connection.prepare_cached("select value from meta where key = ?1")?.query_row([key], |row| row.get(0))
}

/// Writes one change. With the history off only what the user says of presets is kept.
fn put(transaction: &Transaction<'_>, change: &Change, recording: bool) -> rusqlite::Result<()> {
    match change {
        Change::Event(event) if recording => put_event(transaction, event),
        Change::Weights(weights) if recording => put_weights(transaction, weights),
        Change::Card(card) => put_card(transaction, card, recording),
        Change::Mark(preset, mark) => put_mark(transaction, *preset, mark),
        Change::Event(_) | Change::Weights(_) => Ok(()),
    }
}

/// The row of an id, made where there is none.
fn row_of(transaction: &Transaction<'_>, table: Table, uid: &[u8; 16]) -> rusqlite::Result<i64> {
    let (select, insert) = match table {
        Table::Preset => ("select id from preset where uid = ?1", "insert into preset(uid) values (?1)"),
        Table::Project => ("select id from project where uid = ?1", "insert into project(uid) values (?1)"),
        Table::Session => ("select id from session where uid = ?1", "insert into session(uid) values (?1)"),
    };
    if let Some(id) = transaction.prepare_cached(select)?.query_row([uid], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    transaction.prepare_cached(insert)?.insert([uid])
}

/// The tables that know an id of 16 bytes by a number.
#[derive(Clone, Copy)]
enum Table {
    Preset,
    Project,
    Session,
}

/// Adds an event.
pub(super) fn put_event(transaction: &Transaction<'_>, event: &Event) -> rusqlite::Result<()> {
    let session = row_of(transaction, Table::Session, &event.session.0)?;
    let project = event.project.map(|project| row_of(transaction, Table::Project, &project.0)).transpose()?;
    let preset = row_of(transaction, Table::Preset, &event.preset.0)?;
    let mut insert = transaction.prepare_cached(
        "insert into event(t, session_id, project_id, preset_id, kind, dwell_ms, shelf, rank_shown)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let (shelf, rank) = event.shown.unzip();
    insert.execute((
        event.time.clamp(0, LAST_SECOND),
        session,
        project,
        preset,
        event.deed as u8,
        event.dwell_ms,
        shelf.map(|shelf| shelf as u8),
        rank,
    ))?;
    Ok(())
}

/// Notes what a preset is called; of one that is not known yet only where the history records.
pub(super) fn put_card(transaction: &Transaction<'_>, card: &Card, recording: bool) -> rusqlite::Result<()> {
    if recording {
        row_of(transaction, Table::Preset, &card.preset.0)?;
    }
    let mut update = transaction.prepare_cached(
        "update preset set path = coalesce(nullif(?2, ''), path), bank = coalesce(nullif(?3, ''), bank),
             name = coalesce(nullif(?4, ''), name), author = coalesce(nullif(?5, ''), author) where uid = ?1",
    )?;
    let name = |text| cut(text, MAX_NAME);
    let path = cut(&card.path, MAX_PATH);
    update.execute((card.preset.0, path, name(&card.bank), name(&card.name), name(&card.author)))?;
    Ok(())
}

/// Notes what the user says of a preset.
pub(super) fn put_mark(transaction: &Transaction<'_>, preset: PresetId, mark: &Mark) -> rusqlite::Result<()> {
    let preset = row_of(transaction, Table::Preset, &preset.0)?;
    let set = |statement, value: u8| transaction.prepare_cached(statement)?.execute((preset, value));
    match mark {
        Mark::Favourite(on) => set("update preset set favourite = ?2 where id = ?1", u8::from(*on))?,
        Mark::Rating(stars) => set("update preset set rating = ?2 where id = ?1", (*stars).min(5))?,
        Mark::Hidden(on) => set("update preset set hidden = ?2 where id = ?1", u8::from(*on))?,
        Mark::Tag(tag, on) => put_tag(transaction, preset, cut(tag, MAX_NAME), *on)?,
    };
    Ok(())
}

fn put_tag(transaction: &Transaction<'_>, preset: i64, tag: &str, on: bool) -> rusqlite::Result<usize> {
    if on {
        transaction.prepare_cached("insert or ignore into tag(name) values (?1)")?.execute([tag])?;
    }
    let statement = if on {
        "insert or ignore into preset_tag select ?1, id from tag where name = ?2"
    } else {
        "delete from preset_tag where preset_id = ?1 and tag_id = (select id from tag where name = ?2)"
    };
    transaction.prepare_cached(statement)?.execute((preset, tag))
}

/// Keeps what was learned, unless more was learned already, or in another era.
fn put_weights(transaction: &Transaction<'_>, weights: &Weights) -> rusqlite::Result<()> {
    let stored = transaction
        .prepare_cached("select event_id from learned where task = ?1")?
        .query_row([&weights.task], |row| row.get::<_, i64>(0))
        .optional()?;
    let finite = weights.values.iter().all(|(w, g)| w.is_finite() && g.is_finite());
    if !finite || meta::<i64>(transaction, "era")? != weights.era || stored > Some(weights.learned) {
        return Ok(());
    }
    transaction.prepare_cached("delete from weight where task = ?1")?.execute([&weights.task])?;
    let mut insert = transaction.prepare_cached("insert into weight values (?1, ?2, ?3, ?4)")?;
    for (index, (w, g)) in weights.values.iter().enumerate() {
        insert.execute((&weights.task, index as i64, w, g))?;
    }
    transaction
        .prepare_cached("insert or replace into learned values (?1, ?2)")?
        .execute((&weights.task, weights.learned))?;
    Ok(())
}
