//! `zitherctl browse eval`: answers recorded requests as the plugin would have, one line each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::browser::recommend::{Item, Recommender, Request, Row, Task};
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
    /// A database for the history, which must not exist yet.
    #[arg(long)]
    db: PathBuf,
    /// Rows of a shelf where a request does not say.
    #[arg(long, default_value_t = 10)]
    k: usize,
}

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
        let mut session = Session { recommender: Recommender::new(items), names, rows: self.k };
        let mut out = BufWriter::new(std::io::stdout().lock());
        for line in std::io::stdin().lock().lines() {
            let line = line.context("cannot read standard input")?;
            match session.answer(&line) {
                Ok(Some(answer)) => {
                    serde_json::to_writer(&mut out, &answer).context("cannot write an answer")?;
                    out.write_all(b"\n").and_then(|()| out.flush()).context("cannot write an answer")?;
                }
                Ok(None) => {}
                Err(error) => eprintln!("skipped: {error}"),
            }
        }
        Ok(())
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

/// The recommender, and what its presets are called outside.
struct Session {
    recommender: Recommender,
    names: HashMap<PresetId, String>,
    rows: usize,
}

impl Session {
    /// Takes a line in; the answer to a request.
    fn answer(&mut self, line: &str) -> Result<Option<Value>> {
        match serde_json::from_str(line)? {
            Line::Event { t, session, preset, event, project } => {
                let deed = Deed::by_name(&event).with_context(|| format!("no event is called {event}"))?;
                let id = PresetId::of(preset.as_bytes());
                self.names.entry(id).or_insert(preset);
                self.recommender.note(&Event {
                    time: t as i64,
                    session: SessionId::of(session.as_bytes()),
                    project: project.map(|project| ProjectId::of(project.as_bytes())),
                    preset: id,
                    deed,
                    dwell_ms: 0,
                    shown: None,
                });
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
