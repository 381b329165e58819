//! `zitherctl rights match`: whose music is in these files?

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::media::stream::AudioStream;
use crate::rights::attribution::Likeness;
use crate::rights::decision;
use crate::rights::guard::{Guard, Match as Found, Tidings};
use crate::rights::index::Index;

use super::build;

/// Below this a candidate is noise, and printed only as the best of its file.
const WEAK: f64 = 0.02;

/// Plays files through the guard, as a stream, and prints what it recognises.
///
/// One line a report. A file that cannot be read is told on stderr and does not stop the rest.
#[derive(Args)]
pub(in crate::cli) struct Match {
    /// Files to look into.
    #[arg(required_unless_present = "files_from")]
    files: Vec<PathBuf>,
    /// Folder of the index.
    #[arg(long)]
    index: PathBuf,
    /// A file that names files, one path a line.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Prints JSON Lines: `file`, `track`, `query_t`, `ref_t`, `rate`, `pitch`, `kind` (recording,
    /// version or similar), `confidence`, `reported`, `detected_at`.
    #[arg(long)]
    jsonl: bool,
    /// Prints candidates from this confidence on, and with 0 at least the best one of each file; without it, what the guard
    /// would show.
    #[arg(long, value_name = "0..1")]
    min_confidence: Option<f64>,
}

impl Match {
    pub(super) fn run(self) -> Result<()> {
        let mut paths = self.files.clone();
        if let Some(list) = &self.files_from {
            paths.extend(build::read_list(list)?);
        }
        let mut index = Index::open(&self.index)?;
        for path in &paths {
            match self.listen(path, &mut index) {
                Ok(()) => {}
                // Nobody reads on.
                Err(error) if is_broken_pipe(&error) => return Ok(()),
                Err(error) => eprintln!("{}: {error:#}", path.display()),
            }
        }
        if let Some(damage) = index.damage() {
            eprintln!("{}: {damage}", self.index.display());
        }
        Ok(())
    }

    fn listen(&self, path: &Path, index: &mut Index) -> Result<()> {
        let mut stream = AudioStream::open(path).map_err(|error| anyhow::anyhow!(build::reason(error)))?;
        let mut guard: Option<Guard> = None;
        let mut told = Vec::new();
        let mut file = Report::default();
        loop {
            let block = stream.next_block().map_err(|error| anyhow::anyhow!(build::reason(error)));
            let Some(block) = block? else { break };
            if guard.is_none() {
                guard = Guard::new(block.rate);
            }
            let Some(guard) = &mut guard else { anyhow::bail!("a sample rate of {} Hz", block.rate) };
            guard.feed(block.stereo(), index, |tidings| told.push(tidings));
            self.report(path, &mut told, &mut file, index)?;
        }
        let Some(guard) = &mut guard else { anyhow::bail!("it holds no samples") };
        guard.finish(index, |tidings| told.push(tidings));
        self.report(path, &mut told, &mut file, index)?;
        match &file.best {
            Some(best) if file.printed == 0 && self.min_confidence == Some(0.0) => self.print(path, best, index),
            _ => Ok(()),
        }
    }

    fn report(&self, path: &Path, told: &mut Vec<Tidings>, file: &mut Report, index: &Index) -> Result<()> {
        for tidings in told.drain(..) {
            let (found, ended) = match tidings {
                Tidings::Heard(found) => (found, false),
                Tidings::Ended(found) => (found, true),
            };
            let wanted = match self.min_confidence {
                Some(least) => found.confidence >= least.max(WEAK),
                None => found.is_shown(),
            };
            // What is shown was told when it was heard; it is told again where more speaks for it in the end.
            let is_news = !ended || !found.is_shown() || file.told.iter().all(|&told| told < found.confidence);
            if wanted && is_news {
                file.printed += 1;
                file.told.push(found.confidence);
                self.print(path, &found, index)?;
            }
            if file.best.as_ref().is_none_or(|best| best.confidence < found.confidence) {
                file.best = Some(found);
            }
        }
        Ok(())
    }

    fn print(&self, path: &Path, found: &Found, index: &Index) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if self.jsonl {
            writeln!(out, "{}", to_json(path, found, index))?;
        } else {
            writeln!(out, "{}: {}", path.display(), in_words(found, index))?;
        }
        out.flush()?;
        Ok(())
    }
}

pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// What was found in a file.
#[derive(Default)]
struct Report {
    best: Option<Found>,
    printed: usize,
    /// Confidences that were printed.
    told: Vec<f64>,
}

fn name(index: &Index, track: u32) -> &str {
    index.track_at(track).map_or("", |(track, _)| &track.id)
}

fn to_json(path: &Path, found: &Found, index: &Index) -> Value {
    let [score, surprise] = decision::features(&found.evidence);
    let middle = |range: &std::ops::Range<f64>| 0.5 * (range.start + range.end);
    json!({
        "file": path.to_string_lossy(),
        "track": name(index, found.track),
        "query_t": middle(&found.heard),
        "ref_t": middle(&found.place),
        "rate": found.rate,
        "pitch": found.pitch,
        "kind": found.likeness.name(),
        "confidence": found.confidence,
        "reported": found.is_shown(),
        "detected_at": found.at,
        "heard": [found.heard.start, found.heard.end],
        "rivals": found.rivals.iter().map(|rival| name(index, *rival)).collect::<Vec<_>>(),
        "evidence": {
            "confidence": decision::confidence(&found.evidence),
            "score": score,
            "surprise": surprise,
            "points": found.evidence.points,
            "hits": found.evidence.hits,
            "chance": found.evidence.chance,
            "traits": found.evidence.traits.0,
        },
    })
}

fn in_words(found: &Found, index: &Index) -> String {
    let clock = |seconds: f64| format!("{}:{:04.1}", (seconds / 60.0) as u64, seconds % 60.0);
    let change = |name: &str, ratio: f64| match (ratio - 1.0) * 100.0 {
        percent if percent.abs() < 0.5 => String::new(),
        percent => format!(", {name} {percent:+.1} %"),
    };
    format!(
        "{}..{} is {}`{}` from {}{}{}, confidence {:.4}",
        clock(found.heard.start),
        clock(found.heard.end),
        match found.likeness {
            Likeness::Recording => "",
            Likeness::Version => "perhaps a version of ",
            Likeness::Similar => "only similar to ",
        },
        name(index, found.track),
        clock(found.place.start),
        change("tempo", found.rate),
        change("pitch", found.pitch),
        found.confidence
    )
}
