//! What is known of every file of the bench: one JSON object a line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A stretch of a file that comes from a catalogue track.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    /// Where it begins in the file, in seconds.
    pub(super) t: f64,
    /// How long it is in the file, in seconds.
    pub(super) length: f64,
    /// Id of the catalogue track.
    pub(super) track: String,
    /// Where it begins in the track, in seconds.
    pub(super) start: f64,
    /// Seconds of the track in one second of the file.
    pub(super) rate: f64,
    /// Frequencies in the file over those in the track.
    pub(super) pitch: f64,
}

impl Part {
    /// How far off it is, in seconds of the track, that the file at `query_t` is the track at `ref_t`.
    pub(super) fn error(&self, query_t: f64, ref_t: f64) -> f64 {
        (ref_t - self.start - self.rate * (query_t - self.t)).abs()
    }
}

/// What a file is to the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// An excerpt that should be found.
    Positive,
    /// A clip in which nothing should be found.
    Negative,
    /// Minutes of a stream in which excerpts may be embedded.
    Session,
}

/// What a file may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Half {
    /// To fit thresholds and calibration.
    Calibrate,
    /// To report figures.
    Test,
}

impl Half {
    pub(super) const BOTH: [Self; 2] = [Self::Calibrate, Self::Test];
}

/// What is known of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Truth {
    /// Path from the folder of the truth.
    pub(super) file: String,
    pub(super) half: Half,
    pub(super) kind: Kind,
    pub(super) family: String,
    /// What was done, in words.
    pub(super) label: String,
    /// Length of the file in seconds.
    pub(super) length: f64,
    /// The track that should be found, if it is one alone.
    pub(super) track: Option<String>,
    /// Place in the track at the file's beginning, in seconds.
    pub(super) start: f64,
    /// Seconds of the track in one second of the file.
    pub(super) rate: f64,
    /// Frequencies in the file over those in the track.
    pub(super) pitch: f64,
    /// Where it comes from, piece by piece; for a session, its embedded excerpts.
    pub(super) parts: Vec<Part>,
    /// What was done to each embedded excerpt of a session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<String>,
}

impl Truth {
    /// What the file is called in reports, whatever folder they put before it.
    pub(super) fn name(&self) -> &str {
        name(&self.file)
    }
}

/// The last component of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Reads one JSON object a line.
///
/// # Errors
/// If the file cannot be read or a line is no such object; the message names the line.
pub(super) fn read_lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let parse = |(at, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}, line {}", path.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect()
}

/// Writes one JSON object a line.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write_lines<T: Serialize>(path: &Path, items: &[T]) -> Result<()> {
    let lines: Result<Vec<String>, _> = items.iter().map(serde_json::to_string).collect();
    fs::write(path, lines?.join("\n") + "\n").with_context(|| format!("cannot write {}", path.display()))
}
