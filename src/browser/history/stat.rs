//! How much the history holds.

use rusqlite::Transaction;

use super::store::meta;
use super::{HistoryError, Reader};
use crate::browser::usage::Deed;

/// How much the history holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Whether events are recorded.
    pub recording: bool,
    /// Events of each kind; kinds without any are left out.
    pub deeds: Vec<(Deed, u32)>,
    /// The first and the last event's day, such as `2026-11-26`; none without events.
    pub days: Option<(String, String)>,
    /// Sittings.
    pub sessions: u32,
    /// Projects.
    pub projects: u32,
    /// Presets that were used or that the user said something of.
    pub presets: u32,
    /// Presets with a heart.
    pub favourites: u32,
    /// Presets with stars.
    pub rated: u32,
    /// Presets that stay out of lists.
    pub hidden: u32,
    /// Presets with tags of the user's own.
    pub tagged: u32,
    /// Changes that found no room while the disk took none, since the file was begun.
    pub lost: u32,
}

impl Reader {
    /// Counts what there is; none where there is no file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn stat(&mut self) -> Result<Option<Stat>, HistoryError> {
        self.read(stat)
    }
}

fn stat(transaction: &Transaction<'_>) -> rusqlite::Result<Stat> {
    let count = |what: &str| transaction.query_row(&format!("select count(*) from {what}"), [], |row| row.get(0));
    let mut kinds = transaction.prepare("select kind, count(*) from event group by kind order by kind")?;
    let kinds = kinds.query_map([], |row| Ok((Deed::by_number(row.get(0)?), row.get(1)?)))?;
    let deeds: rusqlite::Result<Vec<_>> = kinds.collect();
    let days = "select date(min(t), 'unixepoch'), date(max(t), 'unixepoch') from event";
    let (first, last): (Option<String>, Option<String>) =
        transaction.query_row(days, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Stat {
        recording: meta(transaction, "recording")?,
        deeds: deeds?.into_iter().filter_map(|(deed, count)| Some((deed?, count))).collect(),
        days: first.zip(last),
        sessions: count("session")?,
        projects: count("project")?,
        presets: count("preset")?,
        favourites: count("preset where favourite > 0")?,
        rated: count("preset where rating > 0")?,
        hidden: count("preset where hidden > 0")?,
        tagged: count("preset where id in (select preset_id from preset_tag)")?,
        lost: meta(transaction, "lost")?,
    })
}
