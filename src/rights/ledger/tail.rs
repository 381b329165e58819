//! The end of a ledger, before rows are added: found, compared with the seal, and mended where a program was stopped.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::Path;

use super::chain::{self, HEAD, Line, Seal};
use super::{Finding, LedgerError, MAX_ROW_BYTES};

/// Where the next row goes.
pub(super) struct Tail {
    /// What it follows.
    pub(super) seal: Seal,
    /// Length of the file, in bytes.
    pub(super) length: u64,
    /// What was amiss.
    pub(super) finding: Finding,
}

/// Finds the end of a locked ledger. Afterwards the file ends with a whole line, or is empty. Looks at the last rows and
/// the seal only, so a long ledger costs what a short one does.
///
/// # Errors
/// If the file system fails or the file is no ledger; then nothing was changed.
pub(super) fn repair(file: &mut File, path: &Path) -> std::result::Result<Tail, LedgerError> {
    let io = |source| LedgerError::Io { path: path.to_owned(), doing: "read", source };
    let no_ledger = || LedgerError::NoLedger { path: path.to_owned() };
    let mut begin = Vec::new();
    file.rewind().map_err(io)?;
    file.take(HEAD.len() as u64).read_to_end(&mut begin).map_err(io)?;
    if !HEAD.as_bytes().starts_with(&begin) {
        return Err(no_ledger());
    }
    let mut finding = Finding::default();
    let mut end = last_bytes(file).map_err(io)?;
    let mend = |source| LedgerError::Io { path: path.to_owned(), doing: "mended", source };
    if !end.is_whole_line() {
        let torn = end.torn().ok_or_else(no_ledger)?;
        finding.notes.push(finish(file, path, torn, end.length).map_err(mend)?.to_owned());
        end = last_bytes(file).map_err(io)?;
    }
    let sealed = Seal::read_beside(path).map_err(io)?;
    let seal = end.seal(&mut finding, sealed.as_ref()).ok_or_else(no_ledger)?;
    compare(&seal, sealed, &mut finding);
    Ok(Tail { seal, length: end.length, finding })
}

/// The last bytes of the file: room for a whole row and half a one.
struct End {
    bytes: Vec<u8>,
    length: u64,
}

fn last_bytes(file: &mut File) -> Result<End> {
    let length = file.seek(SeekFrom::End(0))?;
    let take = length.min(2 * MAX_ROW_BYTES as u64);
    file.seek(SeekFrom::Start(length - take))?;
    let mut bytes = Vec::new();
    file.take(take).read_to_end(&mut bytes)?;
    Ok(End { bytes, length })
}

impl End {
    fn is_whole_line(&self) -> bool {
        self.length == 0 || self.bytes.ends_with(b"\n")
    }

    /// What follows the last whole line; none where no line begins in reach, as in a file that is no ledger.
    fn torn(&self) -> Option<&[u8]> {
        match self.bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => Some(&self.bytes[end + 1..]),
            None => (self.bytes.len() as u64 == self.length).then_some(&self.bytes),
        }
    }

    /// The seal that the last line asks for. A changed line is followed as it stands, so that the change stays visible.
    fn seal(&self, finding: &mut Finding, sealed: Option<&std::result::Result<Seal, String>>) -> Option<Seal> {
        let Some(lines) = self.bytes.strip_suffix(b"\n") else { return Some(Seal::empty()) };
        let start = match lines.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if self.bytes.len() as u64 == self.length => 0,
            None => return None,
        };
        let line = Line::of(&lines[start..]);
        let place = line.as_ref().and_then(|line| line.placed().ok()).map(|placed| placed.seq);
        if !line.as_ref().is_some_and(Line::is_whole) || place.is_none() {
            finding.faults.push("the last row was changed".to_owned());
        }
        let sealed_rows = || sealed.and_then(|seal| seal.as_ref().ok()).map_or(0, |seal| seal.rows);
        let hash = line.map_or_else(|| Seal::empty().hash, |line| line.actual);
        Some(Seal { rows: place.map_or_else(sealed_rows, |place| place.saturating_add(1)), hash })
    }
}

/// Ends the file with a whole line: half a one is set aside, one that only lacks its end gets it.
fn finish(file: &mut File, path: &Path, torn: &[u8], length: u64) -> Result<&'static str> {
    if Line::of(torn).is_some_and(|line| line.is_whole()) {
        file.write_all(b"\n")?;
        file.sync_data()?;
        return Ok("the last row lacked its line end, which was added");
    }
    chain::set_aside(path, torn)?;
    file.set_len(length - torn.len() as u64)?;
    file.sync_data()?;
    Ok("the last row was only half written; it was set aside")
}

/// Tells a seal that differs from the ledger's end: rows after it are what a stopped program leaves.
fn compare(seal: &Seal, sealed: Option<std::result::Result<Seal, String>>, finding: &mut Finding) {
    match sealed {
        None if seal.rows == 0 => {}
        None => finding.faults.push("the seal was missing".to_owned()),
        Some(Err(_)) => finding.faults.push("the seal was damaged".to_owned()),
        Some(Ok(sealed)) if sealed.rows < seal.rows => {
            finding.notes.push(format!("rows {} to {} had not been sealed", sealed.rows, seal.rows - 1));
        }
        Some(Ok(sealed)) if sealed.rows > seal.rows => {
            finding.faults.push(format!("{} rows were missing at the end", sealed.rows - seal.rows));
        }
        Some(Ok(sealed)) if sealed.hash != seal.hash => {
            finding.faults.push("the last row was not the one that was sealed".to_owned());
        }
        Some(Ok(_)) => {}
    }
}
