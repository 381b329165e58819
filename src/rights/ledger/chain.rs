//! How rows hang together: `{"hash":"…","prev":"…","seq":0,…}`, where `hash` is BLAKE3 of all bytes that follow it in the
//! line and `prev` the hash of the line before.
//!
//! Hashes are of the bytes as they stand in the file, so checking never depends on how a JSON library writes numbers.

use std::fmt;
use std::io::{Read, Result, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Row;

/// What every line begins with.
pub(super) const HEAD: &str = "{\"hash\":\"";
/// Signs of a hash.
const HEX: usize = 64;

/// How many rows a ledger has, and the hash of the last. Written `214:5d41…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// How many rows.
    pub rows: u64,
    /// Hash of the last, as 64 hexadecimal digits; zeros where there is none.
    pub hash: String,
}

impl Seal {
    /// The seal of no rows.
    #[must_use]
    pub fn empty() -> Self {
        Self { rows: 0, hash: "0".repeat(HEX) }
    }

    /// Where the seal of a ledger lies.
    #[must_use]
    pub fn path_beside(ledger: &Path) -> PathBuf {
        beside(ledger, "seal")
    }

    /// The seal of a ledger: none where there is no file, `Err` in words where it is damaged.
    pub(super) fn read_beside(ledger: &Path) -> Result<Option<std::result::Result<Self, String>>> {
        let mut bytes = Vec::new();
        match std::fs::File::open(Self::path_beside(ledger)) {
            Ok(file) => file.take(1_000).read_to_end(&mut bytes).map(|_| Some(Self::of_file(&bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The seal that a file holds. Any byte that its writer would not have written is a change.
    pub(super) fn of_file(bytes: &[u8]) -> std::result::Result<Self, String> {
        let seal: Self = String::from_utf8_lossy(bytes).parse()?;
        if format!("{seal}\n").as_bytes() == bytes {
            Ok(seal)
        } else {
            Err("the seal is not as it was written".to_owned())
        }
    }

    /// Replaces the seal of a ledger, whole or not at all.
    pub(super) fn write_beside(&self, ledger: &Path) -> Result<()> {
        let text = format!("{self}\n");
        crate::rights::whole::write(&Self::path_beside(ledger), text.as_bytes())
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rows, self.hash)
    }
}

impl FromStr for Seal {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.trim().split_once(':').and_then(|(rows, hash)| Some((rows.parse().ok()?, hash)));
        match parts {
            Some((rows, hash)) if is_hash(hash) => Ok(Self { rows, hash: hash.to_owned() }),
            _ => Err(format!("`{}` is no seal: expected rows, a colon and 64 hexadecimal digits", text.trim())),
        }
    }
}

/// A file of another ending beside a ledger.
pub(super) fn beside(ledger: &Path, ending: &str) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn is_hash(text: &str) -> bool {
    text.len() == HEX && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// What stands after `hash` in a row.
#[derive(Serialize)]
struct Written<'a> {
    prev: &'a str,
    seq: u64,
    #[serde(flatten)]
    row: &'a Row,
}

/// Adds the line of a row that follows `end`, and gives the new end.
pub(super) fn add(text: &mut String, end: &Seal, row: &Row) -> Seal {
    let json =
        serde_json::to_string(&Written { prev: &end.hash, seq: end.rows, row }).expect("texts and numbers are JSON");
    let body = &json[1..];
    let hash = blake3::hash(body.as_bytes()).to_hex().to_string();
    text.push_str(&format!("{HEAD}{hash}\",{body}\n"));
    Seal { rows: end.rows + 1, hash }
}

/// A line as it stands in the file.
pub(super) struct Line<'a> {
    /// The hash it states.
    pub(super) stated: &'a str,
    /// The hash of its bytes.
    pub(super) actual: String,
    /// The JSON object without its hash.
    body: &'a [u8],
}

/// Place in the chain, and the row where it can be read.
#[derive(Deserialize)]
pub(super) struct Placed {
    pub(super) prev: String,
    pub(super) seq: u64,
    #[serde(flatten)]
    pub(super) row: Row,
}

impl<'a> Line<'a> {
    /// Takes a line without its end apart; none where it is no line of a ledger.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(HEAD.as_bytes())?;
        let stated = std::str::from_utf8(rest.get(..HEX)?).ok().filter(|hash| is_hash(hash))?;
        let body = rest[HEX..].strip_prefix(b"\",")?;
        Some(Self { stated, actual: blake3::hash(body).to_hex().to_string(), body })
    }

    /// Whether its bytes are those that were written.
    pub(super) fn is_whole(&self) -> bool {
        self.stated == self.actual
    }

    /// Its place and row.
    pub(super) fn placed(&self) -> std::result::Result<Placed, serde_json::Error> {
        serde_json::from_slice(&[b"{", self.body].concat())
    }
}

/// Appends to a file of what was set aside, and synchronises it.
pub(super) fn set_aside(ledger: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(beside(ledger, "torn"))?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}
