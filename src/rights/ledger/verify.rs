//! Reading a ledger, and what was done to it.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Serialize;

use super::chain::{Line, Seal};
use super::{Event, LedgerError, MAX_ROW_BYTES, Row};

/// Most faults that are listed; a ledger with more has none that matters more than these.
const MAX_FAULTS: usize = 100;

/// A change that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line of the file, from 1; none where it concerns the ledger's end or its seal.
    pub line: Option<u64>,
    /// What was found.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What a ledger was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Rows read, and the hash of the last: what the ledger's seal should be.
    pub seal: Seal,
    /// Changes that were found, now or when rows were added; the first hundred. None: the ledger is as it was written.
    pub faults: Vec<Fault>,
    /// What stopped programs left, and what became of it; nothing is missing for it.
    pub notes: Vec<String>,
}

impl Verification {
    /// Whether the ledger is as it was written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, line: Option<u64>, what: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { line, what: what.into() });
        }
    }
}

/// Reads a ledger and checks it; hands each row that can be read to `each`, also those of a damaged ledger.
///
/// # Errors
/// If the file cannot be read. What is wrong with it stands in the verification.
pub fn read(path: &Path, each: impl FnMut(u64, Row)) -> Result<Verification, LedgerError> {
    read_against(path, None, each)
}

/// As [`read`]; besides, the ledger must have had the `witness`, a seal that was noted earlier.
///
/// # Errors
/// As [`read`].
pub fn read_against(
    path: &Path,
    witness: Option<&Seal>,
    each: impl FnMut(u64, Row),
) -> Result<Verification, LedgerError> {
    let io = |source| LedgerError::Io { path: path.to_owned(), doing: "read", source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(LedgerError::NoLedger { path: path.to_owned() });
    }
    // Writers hold it for milliseconds; where the file system knows no locks, a reader goes without.
    let _ = file.lock_shared();
    let sealed = Seal::read_beside(path).map_err(io)?;
    judge(BufReader::with_capacity(1 << 16, &file), sealed, witness, each).map_err(io)
}

/// Checks the lines of a ledger and the seal that lay beside it.
pub(super) fn judge(
    mut lines: impl BufRead,
    sealed: Option<Result<Seal, String>>,
    witness: Option<&Seal>,
    mut each: impl FnMut(u64, Row),
) -> std::io::Result<Verification> {
    let mut found = Verification { seal: Seal::empty(), faults: Vec::new(), notes: Vec::new() };
    let mut witnessed = witness.is_none_or(|witness| *witness == found.seal);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        (&mut lines).take(MAX_ROW_BYTES as u64).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        line(number, &bytes, &mut found, &mut each);
        witnessed |= Some(&found.seal) == witness;
    }
    check_seal(sealed, &mut found);
    if let Some(witness) = witness.filter(|_| !witnessed) {
        found.fault(None, format!("the ledger never had the seal {witness} that was noted earlier"));
    }
    Ok(found)
}

/// Checks one line and hands its row on.
fn line(number: u64, bytes: &[u8], found: &mut Verification, each: &mut impl FnMut(u64, Row)) {
    let at = Some(number);
    let Some(whole) = bytes.strip_suffix(b"\n") else {
        return found.fault(at, "is only half written, or its end was cut off");
    };
    let Some(line) = Line::of(whole) else {
        return found.fault(at, "was changed: it is no row of a ledger");
    };
    if !line.is_whole() {
        found.fault(at, "was changed: its hash does not fit what it says");
    }
    let next = Seal { rows: found.seal.rows + 1, hash: line.stated.to_owned() };
    let expected = std::mem::replace(&mut found.seal, next);
    let placed = match line.placed() {
        Ok(placed) => placed,
        Err(error) => return found.fault(at, format!("cannot be read: {error}")),
    };
    if placed.prev != expected.hash || placed.seq != expected.rows {
        let what = "does not follow the line before it: rows were taken out, put in, changed or moved";
        found.fault(at, what);
        // What follows is judged by this line, so that one removal is one fault.
        found.seal.rows = placed.seq.saturating_add(1);
    }
    if let Event::Finding(finding) = &placed.row.event {
        let told = |what: &String| format!("as was found on {}: {what}", placed.row.time);
        found.notes.extend(finding.notes.iter().map(told));
        finding.faults.iter().for_each(|what| found.fault(at, told(what)));
    }
    each(placed.seq, placed.row);
}

/// Compares the end with the seal.
fn check_seal(sealed: Option<Result<Seal, String>>, found: &mut Verification) {
    let Seal { rows, hash } = found.seal.clone();
    let what = match sealed {
        None if rows == 0 => return,
        None => "the seal beside the ledger is missing: rows taken off its end would not be seen".to_owned(),
        Some(Err(_)) => "the seal beside the ledger was changed".to_owned(),
        Some(Ok(sealed)) if sealed.rows > rows => {
            format!("{} rows are missing at the end: {} were sealed", sealed.rows - rows, sealed.rows)
        }
        Some(Ok(sealed)) if sealed.rows < rows => format!(
            "{} rows at the end are not sealed: a program was stopped as it wrote them, and the next that writes will \
             seal them, or they were added from outside",
            rows - sealed.rows
        ),
        Some(Ok(sealed)) if sealed.hash != hash => "the last row is not the one that was sealed".to_owned(),
        Some(Ok(_)) => return,
    };
    found.fault(None, what);
}
