//! What a ledger's row says.

use serde::{Deserialize, Serialize, Serializer};

use crate::rights::attribution::Likeness;
use crate::rights::catalogue::{Policy, Work};
use crate::rights::date::{Date, Moment};

/// Version of the rows; readers pass over what they do not know.
pub const FORMAT: u64 = 1;

/// One row: when, in which project, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When it was made, by the system's clock.
    pub time: Moment,
    /// The project it was made in.
    pub project: Project,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Row {
    /// A row of this moment.
    #[must_use]
    pub fn now(project: Project, event: Event) -> Self {
        Self { time: Moment::now(), project, event }
    }
}

/// The project of a digital audio workstation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// What it is known by, also under a new name.
    pub id: String,
    /// What its user calls it; empty where the host does not say.
    #[serde(default)]
    pub name: String,
}

/// What a row tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Event {
    /// Listening began.
    Session(Session),
    /// A work was recognised.
    Match(Box<Match>),
    /// How much of a stretch of the project was checked.
    Coverage(Coverage),
    /// What the ledger found when it was written to.
    Finding(Finding),
    /// Of a later version.
    #[serde(other)]
    Unknown,
}

/// Listening began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// [`FORMAT`].
    pub format: u64,
    /// Version of Zither.
    pub version: String,
    /// The index that is listened with.
    pub index: Index,
}

impl Session {
    /// A session of this version with an index.
    #[must_use]
    pub fn new(index: Index) -> Self {
        Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), index }
    }
}

/// The index of a catalogue's sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// What it is known by.
    pub digest: String,
    /// When it was built, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<Date>,
    /// How many recordings it knows.
    #[serde(default)]
    pub works: u64,
}

/// Where the sound came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// What the host routes to the sidechain input.
    Sidechain,
    /// What the instrument itself plays.
    Output,
    /// A file that was checked.
    File,
    /// A sound device, or a pipe.
    Input,
}

/// A stretch of time, in seconds; `from` is not after `to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its begin.
    #[serde(serialize_with = "rounded")]
    pub from: f64,
    /// Its end.
    #[serde(serialize_with = "rounded")]
    pub to: f64,
}

impl Span {
    /// How long it lasts, in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        (self.to - self.from).max(0.0)
    }
}

/// A work was recognised over an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Where the sound came from.
    pub source: Source,
    /// The catalogue's row, quoted as it was when the index was built.
    pub work: Work,
    /// The policy on the day of the match.
    pub policy: Policy,
    /// Where it was heard, in project time.
    pub project_time: Span,
    /// Which part of the work was heard.
    pub work_time: Span,
    /// Seconds of the work per second of the project: 1 is unchanged, above 1 is played faster.
    #[serde(serialize_with = "rounded")]
    pub rate: f64,
    /// Frequency heard over frequency in the work: 1 is unchanged.
    #[serde(serialize_with = "rounded")]
    pub pitch: f64,
    /// Whether it is the recording, or only resembles it; rows of versions that did not ask say nothing of it.
    #[serde(default)]
    pub likeness: Likeness,
    /// 0 to 1: of the matches with confidence c a share c is right.
    #[serde(serialize_with = "rounded")]
    pub confidence: f64,
    /// Seconds of its sound after which it could first be said.
    #[serde(default, serialize_with = "rounded")]
    pub after: f64,
    /// Whether it was shown to the user; otherwise it was only possible.
    pub shown: bool,
    /// Ids of the works that it may be instead, where the sound does not tell them apart; each has a row of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<String>,
    /// Digest of the index.
    pub index: String,
    /// Which share of the sound around it was checked, 0 to 1.
    #[serde(serialize_with = "rounded")]
    pub coverage: f64,
}

/// How much of a stretch was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Where the sound came from.
    pub source: Source,
    /// The stretch that played, in project time.
    pub project_time: Span,
    /// The share of it that was checked, 0 to 1.
    #[serde(serialize_with = "rounded")]
    pub checked: f64,
    /// Why not all of it, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What the ledger found when it was written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What a program leaves that was stopped: nothing is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What only a change from outside leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// To a millionth: enough for a sample, and short to read. What is no number becomes 0, for JSON has none.
fn rounded<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let value = if value.is_finite() { (value * 1e6).round() / 1e6 } else { 0.0 };
    serializer.serialize_f64(if value.is_finite() { value } else { 0.0 })
}
