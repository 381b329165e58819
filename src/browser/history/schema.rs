//! The tables, and how a file of an earlier version is brought forward.
//!
//! What can be counted from events in milliseconds (use with its half-lives, transitions, co-use) has no table: several
//! processes write at once and would have to keep it in step, and 100,000 events are read in less than 60 ms. What was
//! learned from them has one, because learning takes longer.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::HistoryError;

/// What makes each schema of the one before it; a new file begins with none. Scripts are only ever added, and never drop
/// rows of the user's.
const STEPS: &[&str] = &[TABLES];

/// `autoincrement` never gives an id twice, so a reader who knows the last id misses nothing after an erasure.
const TABLES: &str = "
    create table preset(
        id integer primary key, uid blob not null unique,
        path text, bank text, name text, author text,
        favourite integer not null default 0, rating integer not null default 0, hidden integer not null default 0
    ) strict;
    create table tag(id integer primary key, name text not null unique) strict;
    create table preset_tag(
        preset_id integer not null, tag_id integer not null, primary key(preset_id, tag_id)
    ) strict, without rowid;
    create table project(id integer primary key, uid blob not null unique) strict;
    create table session(id integer primary key, uid blob not null unique) strict;
    create table event(
        id integer primary key autoincrement,
        t integer not null, session_id integer not null, project_id integer, preset_id integer not null,
        kind integer not null, dwell_ms integer not null, shelf integer, rank_shown integer
    ) strict;
    create table weight(
        task text not null, idx integer not null, w real not null, g real not null, primary key(task, idx)
    ) strict, without rowid;
    create table learned(task text primary key, event_id integer not null) strict, without rowid;
    insert into meta values ('salt', randomblob(16)), ('era', abs(random() / 2)), ('recording', 1), ('lost', 0);
";

/// Makes the tables, or brings them forward. The caller is alone with the database.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    bring_forward(connection, path, STEPS)
}

/// Refuses a database that is none of ours or of a later version; none where it has no tables at all.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<Option<i64>, HistoryError> {
    check(read_version(connection), path, STEPS.len() as i64)
}

fn bring_forward(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), HistoryError> {
    let known = steps.len() as i64;
    let database = |source| HistoryError::of(path, source);
    let begun = check(read_version(connection), path, known)?;
    if begun == Some(known) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
    let from = begun.unwrap_or(0) as usize;
    if begun.is_none() {
        let meta = "create table meta(key text primary key, value any) strict, without rowid";
        transaction.execute_batch(meta).map_err(database)?;
    }
    for step in &steps[from..] {
        transaction.execute_batch(step).map_err(database)?;
    }
    transaction.execute("insert or replace into meta values ('schema', ?1)", [known]).map_err(database)?;
    transaction.commit().map_err(database)
}

/// The schema by the database itself: none where it has no tables, `Some(None)` where it has others than ours.
fn read_version(connection: &Connection) -> rusqlite::Result<Option<Option<i64>>> {
    let (tables, ours): (i64, i64) = connection.query_row(
        "select count(*), coalesce(sum(name in ('meta', 'event')), 0) from sqlite_schema",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match (tables, ours) {
        (0, _) => Ok(None),
        (_, 2) => {
            let version = connection.query_row("select value from meta where key = 'schema'", [], |row| row.get(0));
            version.optional().map(Some)
        }
        _ => Ok(Some(None)),
    }
}

fn check(read: rusqlite::Result<Option<Option<i64>>>, path: &Path, known: i64) -> Result<Option<i64>, HistoryError> {
    match read.map_err(|source| HistoryError::of(path, source))? {
        None => Ok(None),
        Some(None) => Err(HistoryError::Foreign { path: path.to_owned() }),
        Some(Some(got)) if !(1..=known).contains(&got) => {
            Err(HistoryError::Newer { path: path.to_owned(), got, known })
        }
        Some(version) => Ok(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_adds_its_steps_and_keeps_the_rows_and_this_one_then_leaves_the_file_alone() {
        let path = Path::new("history.db");
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(version(&connection, path).unwrap(), None);
        prepare(&mut connection, path).unwrap();
        assert_eq!(version(&connection, path).unwrap(), Some(STEPS.len() as i64));
        connection.execute("insert into tag(name) values ('warm')", []).unwrap();
        let steps = [STEPS, &["alter table tag add column colour text"]].concat();
        bring_forward(&mut connection, path, &steps).unwrap();
        let tag: (String, Option<String>) =
            connection.query_row("select name, colour from tag", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(tag, ("warm".to_owned(), None));
        let refused = prepare(&mut connection, path).unwrap_err().to_string();
        assert!(refused.contains(&format!("schema {}", steps.len())), "{refused}");
    }

    #[test]
    fn somebody_elses_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table meta(key, value); insert into meta values ('schema', 1)").unwrap();
        let refused = prepare(&mut connection, Path::new("x.db"));
        assert!(matches!(refused, Err(HistoryError::Foreign { .. })));
        connection.execute_batch("create table event(id)").unwrap();
        connection.execute_batch("update meta set value = 0").unwrap();
        assert!(matches!(prepare(&mut connection, Path::new("x.db")), Err(HistoryError::Newer { got: 0, .. })));
    }
}
