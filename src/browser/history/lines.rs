//! The history as JSON Lines: to read, to take to another machine, to keep.
//!
//! One object a line, told by its `kind`: `history` (the first line, with the `format`), `preset` (what it is called and
//! what the user says of it) and `event`. Lines of other kinds and unknown keys are passed over.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::marks::{Card, Mark, Marks};
use super::reader;
use super::store::{Store, put_card, put_event, put_mark};
use super::{HistoryError, Reader};
use crate::browser::usage::{Deed, Event, PresetId, Shelf};

/// Version of the lines.
const FORMAT: u64 = 1;
/// Longest line, in bytes.
const MAX_LINE: u64 = 64 << 10;
/// Most lines: some hundred times the events of a busy year.
const MAX_LINES: usize = 10_000_000;

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Events that were added.
    pub events: usize,
    /// Events that were there already.
    pub known: usize,
    /// Presets whose names and marks were merged.
    pub presets: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    History {
        format: u64,
    },
    Preset(PresetLine),
    Event(EventLine),
    #[serde(other)]
    Unknown,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct PresetLine {
    preset: String,
    name: String,
    bank: String,
    author: String,
    path: String,
    favourite: bool,
    rating: u8,
    hidden: bool,
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EventLine {
    /// ISO 8601, UTC, to the second.
    time: String,
    deed: String,
    /// For people; the preset's id counts.
    #[serde(default)]
    name: String,
    preset: String,
    session: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(default)]
    dwell_ms: u32,
    /// Shelf and row, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<(String, u16)>,
}

impl Reader {
    /// Writes all that was recorded and all that the user says of presets; how many events.
    ///
    /// # Errors
    /// If the history cannot be read or `out` not be written.
    pub fn export(&mut self, out: &mut impl Write) -> Result<usize, HistoryError> {
        let read = |transaction: &Transaction<'_>| {
            let presets = reader::presets(transaction)?;
            let events = reader::batch(transaction, 0)?.events;
            events_to_lines(transaction, &presets, &events).map(|events| (presets, events))
        };
        let (presets, events) = self.read(read)?.unwrap_or_default();
        let presets = presets.into_iter().map(|(card, marks)| Line::Preset(preset_line(card, marks)));
        let count = events.len();
        let head = std::iter::once(Line::History { format: FORMAT });
        for line in head.chain(presets).chain(events.into_iter().map(Line::Event)) {
            let text = serde_json::to_string(&line).expect("strings and numbers are JSON");
            let io = |source| HistoryError::Io { path: self.path().to_owned(), doing: "exported", source };
            writeln!(out, "{text}").map_err(io)?;
        }
        Ok(count)
    }
}

impl Store {
    /// Takes in what was exported: all of it or, where a line is wrong, nothing. What is known already is not doubled, and
    /// what the user says of presets here is kept before what the file says.
    ///
    /// # Errors
    /// If `lines` cannot be read, a line is wrong, or the history cannot be written.
    pub fn import(&mut self, lines: &mut impl BufRead) -> Result<Imported, HistoryError> {
        // Times are read by a database that nobody waits for.
        let clock = Connection::open_in_memory().map_err(|source| HistoryError::of(self.path(), source))?;
        let (presets, events) = parse(&clock, lines)?;
        let imported = self.transact(|transaction| {
            let mut known: HashMap<PresetId, (Card, Marks)> =
                reader::presets(transaction)?.into_iter().map(|(card, marks)| (card.preset, (card, marks))).collect();
            for (card, marks) in &presets {
                merge(transaction, card, marks, known.remove(&card.preset))?;
            }
            let added = add(transaction, &events)?;
            Ok(Imported { events: added, known: events.len() - added, presets: presets.len() })
        })?;
        self.settle()?;
        Ok(imported)
    }
}

fn preset_line(card: Card, marks: Marks) -> PresetLine {
    PresetLine {
        preset: card.preset.to_string(),
        name: card.name,
        bank: card.bank,
        author: card.author,
        path: card.path,
        favourite: marks.favourite,
        rating: marks.rating,
        hidden: marks.hidden,
        tags: marks.tags,
    }
}

fn events_to_lines(
    connection: &Connection,
    presets: &[(Card, Marks)],
    events: &[(i64, Event)],
) -> rusqlite::Result<Vec<EventLine>> {
    let names: HashMap<_, _> = presets.iter().map(|(card, _)| (card.preset, card.name.as_str())).collect();
    let mut clock = connection.prepare("select strftime('%Y-%m-%dT%H:%M:%SZ', ?1, 'unixepoch')")?;
    let mut line = |event: &Event| {
        Ok(EventLine {
            time: clock.query_row([event.time], |row| row.get(0))?,
            deed: event.deed.name().to_owned(),
            name: names.get(&event.preset).copied().unwrap_or_default().to_owned(),
            preset: event.preset.to_string(),
            session: event.session.to_string(),
            project: event.project.map(|project| project.to_string()),
            dwell_ms: event.dwell_ms,
            shown: event.shown.map(|(shelf, row)| (shelf.name().to_owned(), row)),
        })
    };
    events.iter().map(|(_, event)| line(event)).collect()
}

type Parsed = (Vec<(Card, Marks)>, Vec<Event>);

/// Reads all lines.
fn parse(clock: &Connection, lines: &mut impl BufRead) -> Result<Parsed, HistoryError> {
    let (mut presets, mut events) = (Vec::new(), Vec::new());
    let mut text = String::new();
    for line in 1.. {
        let wrong = |reason: String| HistoryError::Line { line, reason };
        text.clear();
        let length = lines.take(MAX_LINE + 1).read_line(&mut text).map_err(|error| wrong(error.to_string()))?;
        if length == 0 {
            break;
        }
        if length as u64 > MAX_LINE || line > MAX_LINES {
            return Err(wrong(format!("is beyond {MAX_LINE} bytes or {MAX_LINES} lines: this is no exported history")));
        }
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&text).map_err(|error| wrong(format!("is no line of a history: {error}")))? {
            Line::History { format: FORMAT } | Line::Unknown => {}
            Line::History { format } => {
                return Err(wrong(format!("has format {format}; this version reads {FORMAT}: update Zither")));
            }
            Line::Preset(preset) => presets.push(preset_of(preset).map_err(wrong)?),
            Line::Event(event) => events.push(event_of(clock, &event).map_err(wrong)?),
        }
    }
    Ok((presets, events))
}

fn preset_of(line: PresetLine) -> Result<(Card, Marks), String> {
    let card = Card {
        preset: id("preset", &line.preset)?,
        path: line.path,
        bank: line.bank,
        name: line.name,
        author: line.author,
    };
    Ok((card, Marks { favourite: line.favourite, rating: line.rating, hidden: line.hidden, tags: line.tags }))
}

fn event_of(clock: &Connection, line: &EventLine) -> Result<Event, String> {
    let read = |clock: &Connection| {
        clock.prepare_cached("select unixepoch(?1)")?.query_row([&line.time], |row| row.get::<_, Option<i64>>(0))
    };
    let time = read(clock).map_err(|error| error.to_string())?;
    let shown = match &line.shown {
        Some((shelf, row)) => Some((Shelf::by_name(shelf).ok_or_else(|| format!("`{shelf}` is no shelf"))?, *row)),
        None => None,
    };
    Ok(Event {
        time: time.ok_or_else(|| format!("`{}` is no time such as 2026-11-26T10:09:14Z", line.time))?,
        session: id("session", &line.session)?,
        project: line.project.as_deref().map(|text| id("project", text)).transpose()?,
        preset: id("preset", &line.preset)?,
        deed: Deed::by_name(&line.deed).ok_or_else(|| format!("`{}` is nothing that is done", line.deed))?,
        dwell_ms: line.dwell_ms,
        shown,
    })
}

fn id<T: std::str::FromStr<Err = crate::browser::usage::NoId>>(key: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("`{key}` {error}"))
}

/// Puts on what the file says of a preset and nothing here contradicts.
fn merge(
    transaction: &Transaction<'_>,
    card: &Card,
    marks: &Marks,
    known: Option<(Card, Marks)>,
) -> rusqlite::Result<()> {
    let (known_card, known_marks) = known.unwrap_or_default();
    if known_card.name.is_empty() {
        put_card(transaction, card, true)?;
    }
    for mark in marks.each().filter(|mark| known_marks.rating == 0 || !matches!(mark, Mark::Rating(_))) {
        put_mark(transaction, card.preset, &mark)?;
    }
    Ok(())
}

/// Adds the events that are not there yet, and as often as they are not; how many that were.
fn add(transaction: &Transaction<'_>, events: &[Event]) -> rusqlite::Result<usize> {
    let mut here: HashMap<Event, usize> = HashMap::new();
    for (_, event) in reader::batch(transaction, 0)?.events {
        *here.entry(event).or_default() += 1;
    }
    let mut added = 0;
    for event in events {
        match here.get_mut(event).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => {
                put_event(transaction, event)?;
                added += 1;
            }
        }
    }
    if added > 0 {
        // Old events among new ones: who has read the new ones has to begin again.
        transaction.execute("update meta set value = value + 1 where key = 'era'", [])?;
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::browser::history::store::Change;
    use crate::browser::usage::{ProjectId, SessionId};

    const PATIENCE: Duration = Duration::from_secs(10);

    fn event(time: i64) -> Event {
        Event {
            time,
            session: SessionId::of(&[time as u8]),
            project: (time % 2 == 0).then(|| ProjectId::of(b"song")),
            preset: PresetId::of(b"harp"),
            deed: Deed::ALL[time as usize % Deed::ALL.len()],
            dwell_ms: 31_000,
            shown: (time % 3 == 0).then_some((Shelf::ForYou, 4)),
        }
    }

    fn export(path: &Path) -> String {
        let mut text = Vec::new();
        Reader::of(path).export(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn import(path: &Path, text: &str) -> Result<Imported, HistoryError> {
        Store::open(path, PATIENCE)?.import(&mut text.as_bytes())
    }

    #[test]
    fn what_was_exported_comes_in_whole_once_and_no_second_time() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let preset = PresetId::of(b"harp");
        let card =
            Card { preset, path: "/harp.zither".into(), bank: "Mine".into(), name: "Harp".into(), ..Card::default() };
        // The same twice within a second is twice.
        let mut changes: Vec<_> = [5, 5, 6, 7].map(|time| Change::Event(event(time))).into();
        changes.push(Change::Card(Box::new(card)));
        changes.extend([Mark::Rating(3), Mark::Tag("wet".into(), true)].map(|mark| Change::Mark(preset, mark)));
        Store::open(&a, PATIENCE).unwrap().write(&changes, 0).unwrap();
        let text = export(&a);
        assert!(text.starts_with("{\"kind\":\"history\",\"format\":1}\n"), "{text}");
        assert!(
            text.contains("\"time\":\"1970-01-01T00:00:06Z\",\"deed\":\"favourite\"")
                || text.contains("\"deed\":\"export\"")
        );
        assert_eq!(import(&b, &text).unwrap(), Imported { events: 4, known: 0, presets: 1 });
        assert_eq!(export(&b), text);
        assert_eq!(import(&b, &text).unwrap(), Imported { events: 0, known: 4, presets: 1 });
        assert_eq!(export(&b), text);
    }

    #[test]
    fn two_histories_merge_and_what_is_said_here_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let preset = PresetId::of(b"harp");
        let mark = |mark| Change::Mark(preset, mark);
        let here = [Change::Event(event(9)), mark(Mark::Rating(2)), mark(Mark::Tag("wet".into(), true))];
        let there = [Change::Event(event(3)), mark(Mark::Rating(5)), mark(Mark::Favourite(true))];
        Store::open(&a, PATIENCE).unwrap().write(&here, 0).unwrap();
        Store::open(&b, PATIENCE).unwrap().write(&there, 0).unwrap();
        let mut reader = Reader::of(&a);
        let era = reader.events_since(0).unwrap().era;
        import(&a, &export(&b)).unwrap();
        let batch = reader.events_since(0).unwrap();
        assert_eq!(batch.events, [(2, event(3)), (1, event(9))]);
        assert_eq!(batch.era, era + 1);
        let marks = Marks { favourite: true, rating: 2, hidden: false, tags: vec!["wet".into()] };
        assert_eq!(reader.marks().unwrap(), [(preset, marks)].into());
    }

    #[test]
    fn a_wrong_line_is_named_and_nothing_of_the_file_comes_in() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.db"), folder.path().join("b.db"));
        Store::open(&a, PATIENCE).unwrap().write(&[Change::Event(event(1))], 0).unwrap();
        let text = export(&a);
        for (wrong, reason) in [
            ("{\"kind\":\"event\"}".to_owned(), "missing field"),
            (
                text.replace("\"keep\"", "\"x\"").replace("\"audition\"", "\"x\"").lines().last().unwrap().to_owned(),
                "nothing that is done",
            ),
            (text.replace("1970-01-01T", "yesterday ").lines().last().unwrap().to_owned(), "no time such as"),
            ("{\"kind\":\"preset\",\"preset\":\"12\"}".to_owned(), "`preset` is no id"),
            ("{\"kind\":\"history\",\"format\":2}".to_owned(), "update Zither"),
            ("x".repeat(70_000), "no exported history"),
            ("[]".to_owned(), "no line of a history"),
        ] {
            let said = import(&b, &format!("{text}\n{wrong}\n")).unwrap_err().to_string();
            assert!(said.starts_with("line 5: ") && said.contains(reason), "{said}");
        }
        assert_eq!(Reader::of(&b).events_since(0).unwrap().events, []);
        let later = format!("{text}{{\"kind\":\"colour\",\"of\":1}}\n");
        assert_eq!(import(&b, &later).unwrap().events, 1);
    }
}
