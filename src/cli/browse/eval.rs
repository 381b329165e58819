//! `zitherctl browse eval`: answers recorded requests as the plugin would have, one line each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::browser::history::{History, Weights as Learned};
use crate::browser::recommend::{Head, Item, Recommender, Request, Row, Task};
use crate::browser::usage::{Deed, Event, PresetId, ProjectId, SessionId};

/// Reads events and requests from standard input, a JSON object a line, and answers each request with a line.
///
/// An event: {"op":"event","t":1651234567,"session":"s1","preset":"p3","event":"load"}; after a load comes one of keep,
/// audition and abandon; tweak, save, favourite, unfavourite, export, hide, undo and a key `project` are understood too.
/// A request: {"op":"recommend","id":"q1","task":"open" or "next","now":1651234999,"session":"s1","k":10,"exclude":["p3"]}.
/// What is not understood is told on stderr and skipped.
#[derive(Args)]
pub(in crate::cli) struct Eval {
    /// The presets in their order, a JSON object a line: `preset`, `bank`, `folder`, `author`, `tags`, `latent`, of which
    /// all but the first may be absent.
    #[arg(long)]
    catalog: PathBuf,
    /// The database of the history; it is made where there is none, and what one holds counts as the past.
    #[arg(long)]
    db: PathBuf,
    /// Rows of a shelf where a request does not say.
    #[arg(long, default_value_t = 10)]
    k: usize,
}

/// Events that may wait to be written before the next line is read: far fewer than the writer has room for.
const WAITING: usize = 512;
/// How long the database may take to write them.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line of the catalogue.
#[derive(Deserialize)]
struct Entry {
    preset: String,
    #[serde(default)]
    bank: Option<String>,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    latent: Option<Vec<f32>>,
}

/// A line of standard input.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Line {
    Event {
        t: f64,
        session: String,
        preset: String,
        event: String,
        #[serde(default)]
        project: Option<String>,
    },
    Recommend {
        id: Value,
        task: String,
        now: f64,
        session: String,
        #[serde(default)]
        project: Option<String>,
        #[serde(default)]
        k: Option<usize>,
        #[serde(default)]
        exclude: Vec<String>,
    },
}

impl Eval {
    pub(super) fn run(self) -> Result<()> {
        let (items, names) = read_catalogue(&self.catalog)?;
        let mut session = Session::new(items, names, &self.db, self.k)?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        for line in std::io::stdin().lock().lines() {
            let line = line.context("cannot read standard input")?;
            match session.answer(&line) {
                Ok(Some(answer)) => {
                    serde_json::to_writer(&mut out, &answer).context("cannot write an answer")?;
                    out.write_all(b"\n").and_then(|()| out.flush()).context("cannot write an answer")?;
                }
                Ok(None) => {}
                Err(error) => eprintln!("skipped: {error:#}"),
            }
        }
        session.end()
    }
}

/// The presets of a catalogue file, and what each is called there.
fn read_catalogue(path: &Path) -> Result<(Vec<Item>, HashMap<PresetId, String>)> {
    let what = || format!("cannot read the catalogue {}", path.display());
    let mut items = Vec::new();
    let mut names = HashMap::new();
    for (number, line) in (1..).zip(BufReader::new(File::open(path).with_context(what)?).lines()) {
        let line = line.with_context(what)?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Entry>(&line) {
            Ok(entry) => {
                let id = PresetId::of(entry.preset.as_bytes());
                names.insert(id, entry.preset);
                items.push(Item {
                    id,
                    bank: entry.bank.unwrap_or_default(),
                    folder: entry.folder.unwrap_or_default(),
                    author: entry.author.unwrap_or_default(),
                    tags: entry.tags.unwrap_or_default(),
                    latent: entry.latent.unwrap_or_default(),
                });
            }
            Err(error) => eprintln!("skipped: {}:{number}: {error}", path.display()),
        }
    }
    Ok((items, names))
}

/// The recommender, the history it learns from, and what its presets are called outside.
struct Session {
    recommender: Recommender,
    history: History,
    waiting: usize,
    names: HashMap<PresetId, String>,
    rows: usize,
}

impl Session {
    fn new(items: Vec<Item>, names: HashMap<PresetId, String>, db: &Path, rows: usize) -> Result<Self> {
        let mut recommender = Recommender::new(items);
        let history = History::open(db);
        let mut reader = history.reader();
        for (_, event) in reader.events_since(0)?.events {
            recommender.recall(&event);
        }
        for head in Head::ALL {
            if let Some(learned) = reader.weights(head.name())? {
                recommender.weights_mut().restore(head, &learned.values);
            }
        }
        Ok(Self { recommender, history, waiting: 0, names, rows })
    }

    /// An event goes where it goes in the plugin: to the writer of the history, and to the recommender.
    fn note(&mut self, event: Event) -> Result<()> {
        self.history.record(event);
        self.recommender.note(&event);
        self.waiting += 1;
        if self.waiting >= WAITING {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.waiting = 0;
        anyhow::ensure!(self.history.flush(PATIENCE), "the history cannot be written: {:?}", self.history.status());
        Ok(())
    }

    /// Writes what is left, and what was learned.
    fn end(&mut self) -> Result<()> {
        self.flush()?;
        let batch = self.history.reader().events_since(0)?;
        for head in Head::ALL {
            let values = self.recommender.weights().values(head);
            let task = head.name().to_owned();
            self.history.learn(Learned { task, values, learned: batch.last, era: batch.era });
        }
        self.flush()
    }

    /// Takes a line in; the answer to a request.
    fn answer(&mut self, line: &str) -> Result<Option<Value>> {
        match serde_json::from_str(line)? {
            Line::Event { t, session, preset, event, project } => {
                let deed = Deed::by_name(&event).with_context(|| format!("no event is called {event}"))?;
                let id = PresetId::of(preset.as_bytes());
                self.names.entry(id).or_insert(preset);
                self.note(Event {
                    time: t as i64,
                    session: SessionId::of(session.as_bytes()),
                    project: project.map(|project| ProjectId::of(project.as_bytes())),
                    preset: id,
                    deed,
                    dwell_ms: 0,
                    shown: None,
                })?;
                Ok(None)
            }
            Line::Recommend { id, task, now, session, project, k, exclude } => {
                let request = Request {
                    task: if task == "open" { Task::Open } else { Task::Next },
                    now: now as i64,
                    session: SessionId::of(session.as_bytes()),
                    project: project.map(|project| ProjectId::of(project.as_bytes())),
                    rows: k.unwrap_or(self.rows),
                    exclude: exclude.iter().map(|preset| PresetId::of(preset.as_bytes())).collect(),
                    explore: false,
                };
                let start = Instant::now();
                let shelves = self.recommender.recommend(&request);
                let spent = start.elapsed().as_micros() as u64;
                let rows = |rows: &[Row]| rows.iter().map(|row| self.told(row)).collect::<Vec<_>>();
                Ok(Some(json!({ "id": id, "mixed": rows(&shelves.mixed), "novel": rows(&shelves.novel), "us": spent })))
            }
        }
    }

    fn told(&self, row: &Row) -> Value {
        let name = |id: PresetId| self.names.get(&id).cloned().unwrap_or_else(|| id.to_string());
        json!({ "preset": name(row.preset), "score": row.score, "why": row.why.told(&name).to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(folder: &Path) -> Session {
        let items: Vec<Item> = (0..40)
            .map(|number| {
                let id = PresetId::of(format!("p{number}").as_bytes());
                Item { id, bank: format!("b{}", number / 10), ..Item::default() }
            })
            .collect();
        let names = (0..40).map(|number| (PresetId::of(format!("p{number}").as_bytes()), format!("p{number}")));
        Session::new(items, names.collect(), &folder.join("history.db"), 10).unwrap()
    }

    /// Ten sessions in which p1, p2 and p3 are kept in turn; the answer to a request in an eleventh.
    fn lines() -> Vec<String> {
        let mut lines = Vec::new();
        for (session, preset) in (0..10).flat_map(|session| (1..4).map(move |preset| (session, preset))) {
            let time = 1_000_000 + session * 90_000 + preset * 200;
            for (event, after) in [("load", 0), ("keep", 30)] {
                lines.push(format!(
                    r#"{{"op":"event","t":{},"session":"s{session}","preset":"p{preset}","event":"{event}","new":1}}"#,
                    time + after
                ));
            }
        }
        lines.push(r#"{"op":"event","t":1900000,"session":"x","preset":"p1","event":"purr"}"#.into());
        lines.push("no JSON".into());
        lines.push(r#"{"op":"event","t":1900000,"session":"t","preset":"p2","event":"keep"}"#.into());
        lines.push(
            r#"{"op":"recommend","id":"q","task":"next","now":1900009,"session":"t","k":5,"exclude":["p2"]}"#.into(),
        );
        lines
    }

    #[test]
    fn a_stream_is_answered_the_same_twice_and_stored() {
        let answer = || {
            let folder = tempfile::tempdir().unwrap();
            let mut session = session(folder.path());
            let mut answers: Vec<Value> = lines().iter().filter_map(|line| session.answer(line).ok()?).collect();
            session.end().unwrap();
            assert_eq!(session.history.reader().events_since(0).unwrap().events.len(), 61);
            let learned = session.history.reader().weights("next").unwrap().unwrap();
            assert_eq!(learned.values, session.recommender.weights().values(Head::Next));
            answers[0]["us"] = Value::Null;
            serde_json::to_string(&answers).unwrap()
        };
        let first = answer();
        assert_eq!(first, answer());
        let rows: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(rows[0]["mixed"][0]["preset"], "p3");
        assert_eq!(rows[0]["mixed"][0]["why"], "follows p2: 10 of 10 times");
        let novel: Vec<_> = rows[0]["novel"].as_array().unwrap().iter().map(|row| row["preset"].clone()).collect();
        assert_eq!(novel.len(), 5);
        assert!(["p1", "p2", "p3"].iter().all(|kept| !novel.contains(&Value::from(*kept))));
    }
}
