//! The rights catalogue: who owns which recording, under which licence, and what a producer is asked to do about it.
//!
//! Read from what a label has: a table ([`table`]: CSV, TSV), JSON Lines ([`lines`]) and the tags in the audio files
//! themselves ([`tags`]). What is wrong is listed by line and the rest goes in: a row without an id or with one that was
//! given before is left out; a field that cannot be understood is left empty, and where that leaves no licence or no
//! policy, the policy is `ask`. For the companion and background threads.

mod bext;
mod columns;
mod licence;
mod lines;
mod table;
pub mod tags;

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use licence::{Licence, LicenceError};

use super::codes::{Ipi, Isrc, Iswc, Territory};
use super::date::Date;

/// Largest catalogue file, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// Longest field, in bytes.
pub const MAX_FIELD_BYTES: usize = 4 << 10;
/// Most works of one catalogue: as many as an index can number.
pub const MAX_WORKS: usize = 20_000_000;
/// Most problems that are listed; what more there are is counted.
pub const MAX_PROBLEMS: usize = 10_000;

/// What a producer is asked to do about a recording that was recognised. Ordered from lenient to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Nothing.
    Allow,
    /// Name the author as the licence wants it.
    Attribute,
    /// Ask the owner before release.
    Ask,
    /// Do not release: the owner said no.
    Deny,
}

impl Policy {
    /// The word that catalogues use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Attribute => "attribute",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let word = text.trim().to_lowercase();
        let all = [Self::Allow, Self::Attribute, Self::Ask, Self::Deny];
        let found = all.into_iter().find(|policy| policy.word() == word);
        found.ok_or_else(|| format!("`{text}` is no policy: expected allow, attribute, ask or deny"))
    }
}

/// A recording and its rights, as the catalogue has them. Compact as JSON: what is empty is left out.
///
/// Made by [`Catalogue::read`] and [`tags::read`]; an index stores it for each track, ledger rows quote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work {
    /// What the track is called in index, reports and ledger: the stem of its file unless the catalogue says otherwise.
    pub id: String,
    /// Its audio file, as the catalogue names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Title of the recording.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Who performs it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artists: Vec<String>,
    /// Who owns the recording.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// The licence under which it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<Licence>,
    /// Code of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isrc: Option<Isrc>,
    /// Code of the composition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iswc: Option<Iswc>,
    /// The author or publisher of the composition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipi: Option<Ipi>,
    /// Where the row holds; everywhere where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub territory: Vec<Territory>,
    /// First day on which the licence holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day on which the licence holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The policy that the catalogue states; where it states none, [`Work::policy`] follows from the licence.
    #[serde(skip_serializing_if = "Option::is_none", rename = "policy")]
    pub stated_policy: Option<Policy>,
    /// How the author wants to be named.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attribution: String,
    /// Where to ask for a licence: an address or a URL, shown and never opened.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact: String,
}

impl Work {
    /// The policy that the catalogue states, or the one that follows from the licence: `ask` where there is none.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.stated_policy.unwrap_or_else(|| self.licence.as_ref().map_or(Policy::Ask, Licence::policy))
    }

    /// The policy on a day: outside the days of its validity a licence permits nothing, so that is to be asked for.
    #[must_use]
    pub fn policy_on(&self, day: Date) -> Policy {
        let valid = self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until);
        if valid { self.policy() } else { self.policy().max(Policy::Ask) }
    }

    /// Takes from `other`, such as the file's own tags, what this row leaves empty.
    pub fn fill_from(&mut self, other: Self) {
        let text = |mine: &mut String, theirs: String| {
            if mine.is_empty() {
                *mine = theirs;
            }
        };
        text(&mut self.id, other.id);
        text(&mut self.file, other.file);
        text(&mut self.title, other.title);
        text(&mut self.owner, other.owner);
        text(&mut self.attribution, other.attribution);
        text(&mut self.contact, other.contact);
        if self.artists.is_empty() {
            self.artists = other.artists;
        }
        if self.territory.is_empty() {
            self.territory = other.territory;
        }
        self.licence = self.licence.take().or(other.licence);
        self.isrc = self.isrc.take().or(other.isrc);
        self.iswc = self.iswc.take().or(other.iswc);
        self.ipi = self.ipi.take().or(other.ipi);
        self.from = self.from.or(other.from);
        self.until = self.until.or(other.until);
        self.stated_policy = self.stated_policy.or(other.stated_policy);
    }
}

/// The id of a track whose catalogue gives it none: the stem of its file.
#[must_use]
pub fn id_of_file(file: &Path) -> String {
    columns::clean(&file.file_stem().unwrap_or_default().to_string_lossy())
}

/// Why a catalogue could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file system said no.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Too large to be read.
    #[error("has more than {} MiB; split it", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// No line that names columns.
    #[error(
        "names no column that is known in its first line; expected at least `id` or `file`, and for example `title`, \
         `artist`, `owner`, `licence`, `isrc`, `policy`"
    )]
    NoColumns,
}

/// Something that is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong, and what became of it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The rows of a catalogue file, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The works that went in, in the order of the file; no two have one id.
    pub works: Vec<Work>,
    /// What was wrong, in the order of the file; the first [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Problems that are not listed because there are too many.
    pub unlisted: usize,
    /// Line and place in `works` of each id.
    ids: HashMap<String, (u64, usize)>,
    /// Place in `works` of each file, by its path as given and by its bare name; none where two share the name.
    files: HashMap<String, Option<usize>>,
}

impl Catalogue {
    /// Reads a catalogue file: JSON Lines where it begins with `{`, a table otherwise.
    ///
    /// # Errors
    /// If the file cannot be read, is too large, or is a table without known columns. Anything smaller is a problem.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let about = std::fs::metadata(path)?;
        if !about.is_file() {
            // A pipe by that name would be waited for.
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file").into());
        }
        if about.len() > MAX_FILE_BYTES {
            return Err(CatalogueError::TooLarge);
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Self::from_bytes(&bytes)
    }

    /// Reads the text of a catalogue file, as [`Catalogue::read`]. UTF-8, or UTF-16 where a byte order mark says so.
    ///
    /// # Errors
    /// As [`Catalogue::read`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CatalogueError> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(CatalogueError::TooLarge);
        }
        let bytes = table::decoded(bytes);
        let mut catalogue = Self::default();
        if bytes.trim_ascii_start().starts_with(b"{") {
            lines::read(&bytes, &mut catalogue);
        } else {
            table::read(&bytes, &mut catalogue)?;
        }
        Ok(catalogue)
    }

    /// The row of an audio file: by its path, else by its name, else by its stem as an id.
    #[must_use]
    pub fn work_of_file(&self, file: &Path) -> Option<&Work> {
        let by = |name: &str| self.files.get(name).copied().flatten();
        let name = || Some(file.file_name()?.to_string_lossy());
        let place = by(&file.to_string_lossy()).or_else(|| by(&name()?)).or_else(|| {
            let (_, place) = self.ids.get(&id_of_file(file))?;
            // A row that names another file is not meant.
            self.works[*place].file.is_empty().then_some(*place)
        });
        place.map(|place| &self.works[place])
    }

    /// All that is known of an audio file: its row, and what that leaves empty from the file's own tags. Of a damaged tag
    /// the reason is told; the row counts all the same.
    #[must_use]
    pub fn describe(&self, file: &Path) -> (Work, Option<tags::TagError>) {
        let mut work = self.work_of_file(file).cloned().unwrap_or_default();
        let (tags, damage) = match tags::read(file) {
            Ok(tags) => (tags, None),
            Err(damage) => (Work { id: id_of_file(file), ..Work::default() }, Some(damage)),
        };
        work.fill_from(tags);
        (work, damage)
    }

    /// Takes a row of this line in, unless it has no id or one that was given before.
    fn add(&mut self, line: u64, mut work: Work) {
        if work.id.is_empty() {
            work.id = id_of_file(Path::new(&work.file.replace('\\', "/")));
        }
        if work.id.is_empty() {
            return self.problem(line, "names neither `id` nor `file`; the row is left out");
        }
        if let Some((first, _)) = self.ids.get(&work.id) {
            let what = format!("the id `{}` was given in line {first} before; the row is left out", work.id);
            return self.problem(line, what);
        }
        if self.works.len() == MAX_WORKS {
            return self.problem(line, format!("there are more than {MAX_WORKS} rows; the row is left out"));
        }
        let place = self.works.len();
        if !work.file.is_empty() {
            let path = work.file.replace('\\', "/");
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            if name != path {
                self.files.entry(path).or_insert(Some(place));
            }
            self.files.entry(name).and_modify(|known| *known = None).or_insert(Some(place));
        }
        self.ids.insert(work.id.clone(), (line, place));
        self.works.push(work);
    }

    fn problem(&mut self, line: u64, what: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { line, what: what.into() });
        } else {
            self.unlisted += 1;
        }
    }
}

#[cfg(test)]
mod tests;
