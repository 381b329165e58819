//! The bank file, by which many presets are handed on: JSON Lines in UTF-8, extension `.zitherbank`.
//!
//! The first line is `{"bank": NAME, "format": 1}`; each further line is `{"folder": FOLDERS, "preset": {...}}`, a preset
//! as in its own file but on one line, so that banks are compared and mended by line. A line that is none costs that
//! preset alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::course::Course;
use super::licence::Permission;
use super::naming::{file_stem, place};
use super::{Entry, Library};
use crate::browser::preset::{EXTENSION, MAX_BYTES, MAX_PRESETS, Preset, PresetError, make_readable};
use crate::browser::usage::PresetId;

/// Extension of bank files.
pub const BANK_EXTENSION: &str = "zitherbank";
/// Version of the format.
const FORMAT: u64 = 1;
/// Longest line: a preset and its place.
const MAX_LINE: u64 = MAX_BYTES + 8_192;
/// Problems that are listed; a file of nonsense has enough with these.
const MAX_PROBLEMS: usize = 1_000;

/// Presets to hand on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bank {
    /// What it is called.
    pub name: String,
    /// Folders below that of the bank, parted by `/` and often empty, and the presets in them.
    pub presets: Vec<(String, Preset)>,
}

/// Why a bank file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The file system said no.
    #[error("cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The first line is not that of a bank.
    #[error("is no bank of presets: its first line must be {{\"bank\": NAME, \"format\": {FORMAT}}}")]
    NoBank,
    /// Of a newer Zither.
    #[error("has format {0}; this version reads format {FORMAT}: update Zither")]
    Format(u64),
    /// Nothing to write.
    #[error("would hold no presets: choose some")]
    Empty,
}

/// A line, counted from 1, that is no preset.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineProblem {
    /// Which line.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    bank: String,
    format: u64,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    folder: String,
    preset: Value,
}

impl Bank {
    /// A bank of presets of the library, with what cannot be read any more. Reads their files, as long as the `course`
    /// goes on.
    #[must_use]
    pub fn of<'a>(
        name: &str,
        entries: impl IntoIterator<Item = &'a Entry>,
        course: &Course,
    ) -> (Self, Vec<(PresetId, PresetError)>) {
        let (mut presets, mut problems) = (Vec::new(), Vec::new());
        let entries: Vec<&Entry> = entries.into_iter().collect();
        course.expect(entries.len());
        for entry in entries.into_iter().take_while(|_| course.goes_on()) {
            match entry.read() {
                Ok(preset) => presets.push((folder_in(entry, name), preset)),
                Err(error) => problems.push((entry.id, error)),
            }
            course.step();
        }
        (Self { name: name.to_owned(), presets }, problems)
    }

    /// Those of its presets that may not be handed on without asking.
    pub fn to_ask_for(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter().map(|(_, preset)| preset).filter(|preset| !Permission::of(preset).may_export())
    }

    /// Writes the bank file: whole or not at all.
    ///
    /// # Errors
    /// If there is no preset in it, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BankError> {
        if self.presets.is_empty() {
            return Err(BankError::Empty);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.file_in(folder)?.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Writes it into a folder under a file name that is free there: a single preset as its own file, more as a bank.
    /// Where it went is returned.
    ///
    /// # Errors
    /// If there is no preset in it, or the file cannot be written.
    pub fn hand_out(&self, folder: &Path) -> Result<PathBuf, BankError> {
        let file = match &self.presets[..] {
            [] => return Err(BankError::Empty),
            [(_, preset)] => place(folder, &file_stem(&preset.name), EXTENSION, |path| preset.write_new(path)),
            _ => place(folder, &file_stem(&self.name), BANK_EXTENSION, |path| {
                self.file_in(folder)?.persist_noclobber(path).map_err(|error| error.error)?;
                Ok(())
            }),
        };
        file.map_err(|error| std::io::Error::other(error.to_string()).into())
    }

    /// The bank file, whole and on the disk, before it has its name.
    fn file_in(&self, folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
        let mut file = std::io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        let header = Header { bank: self.name.clone(), format: FORMAT };
        writeln!(file, "{}", serde_json::to_string(&header)?)?;
        for (folder, preset) in &self.presets {
            writeln!(file, "{{\"folder\": {}, \"preset\": {}}}", Value::from(folder.as_str()), on_one_line(preset))?;
        }
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        make_readable(file.as_file())?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Reads a bank file.
    ///
    /// # Errors
    /// If it is no bank, of another format, or cannot be read. A line that is no preset is a problem and no error.
    pub fn read(path: &Path) -> Result<(Self, Vec<LineProblem>), BankError> {
        let mut lines = Lines { file: BufReader::new(std::fs::File::open(path)?), line: 0 };
        let header: Value =
            lines.next()?.and_then(|line| serde_json::from_slice(&line).ok()).ok_or(BankError::NoBank)?;
        match header.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(format) => return Err(BankError::Format(format)),
            None => return Err(BankError::NoBank),
        }
        let name = header.get("bank").and_then(Value::as_str).ok_or(BankError::NoBank)?;
        let (mut bank, mut problems) = (Self { name: name.to_owned(), presets: Vec::new() }, Vec::new());
        while let Some(line) = lines.next()? {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match parse(&line) {
                _ if problems.len() >= MAX_PROBLEMS || bank.presets.len() >= MAX_PRESETS => {
                    problems.push(LineProblem { line: lines.line, reason: "the rest is left out".to_owned() });
                    break;
                }
                Ok(preset) => bank.presets.push(preset),
                Err(reason) => problems.push(LineProblem { line: lines.line, reason }),
            }
        }
        Ok((bank, problems))
    }
}

impl Library {
    /// The presets of a bank, in the order of their names.
    pub fn in_bank<'a>(&'a self, bank: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries().iter().filter(move |entry| entry.places.iter().any(|place| *place.bank == *bank))
    }
}

/// The folder of an entry in the bank, or wherever it is.
fn folder_in(entry: &Entry, bank: &str) -> String {
    let place = entry.places.iter().find(|place| *place.bank == *bank);
    place.or(entry.places.first()).map_or_else(String::new, |place| place.folder.to_string())
}

/// The text of a preset without its line breaks, all of which stand between its parts.
fn on_one_line(preset: &Preset) -> String {
    preset.to_json().lines().map(str::trim_start).collect()
}

fn parse(line: &[u8]) -> Result<(String, Preset), String> {
    if line.len() as u64 > MAX_LINE {
        return Err(format!("is longer than {MAX_LINE} bytes"));
    }
    let line: Line = serde_json::from_slice(line).map_err(|error| format!("is no preset: {error}"))?;
    let preset = Preset::from_json(line.preset.to_string().as_bytes()).map_err(|error| error.to_string())?;
    Ok((line.folder, preset))
}

/// The lines of a file, however long they are.
struct Lines {
    file: BufReader<std::fs::File>,
    /// The number of the last one, from 1.
    line: usize,
}

impl Lines {
    /// The next line; of one that is too long, one byte more than may be.
    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.line += 1;
        let got = (&mut self.file).take(MAX_LINE + 1).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') && got as u64 > MAX_LINE {
            self.file.skip_until(b'\n')?;
        }
        Ok((got > 0).then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{library, preset, write};
    use super::*;
    use crate::model::transfer::{StoredTransfer, Transfer};

    fn room() -> tempfile::TempDir {
        let room = tempfile::tempdir().unwrap();
        let of_note = Preset {
            transfer: Some(StoredTransfer::from(&Transfer::of_gain(-0.1))),
            description: "Two\nlines, \"quoted\"  ".into(),
            licence: String::new(),
            ..preset("Zang", 33.333_332_f32 / 100.0)
        };
        write(
            room.path(),
            &[
                ("Mine/Keys/Glass.zither", preset("Glass", 0.1)),
                ("Mine/Zang.zither", of_note),
                ("Other/x.zither", preset("x", 0.3)),
            ],
        );
        room
    }

    /// The bank `Mine`, through its file.
    fn through_file(room: &Path) -> (Bank, String) {
        let library = library(room);
        let (bank, problems) = Bank::of("Mine", library.in_bank("Mine"), &Course::default());
        assert!(problems.is_empty());
        let path = room.join("Mine.zitherbank");
        bank.write(&path).unwrap();
        let (again, problems) = Bank::read(&path).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(again, bank);
        (again, std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn a_bank_survives_its_file_bit_by_bit_a_preset_a_line() {
        let room = room();
        let (bank, text) = through_file(room.path());
        assert_eq!(text.lines().count(), 3);
        assert_eq!(text.lines().next(), Some(r#"{"bank":"Mine","format":1}"#));
        let [(keys, glass), (none, zang)] = &bank.presets[..] else { panic!("{} presets", bank.presets.len()) };
        assert_eq!((keys.as_str(), none.as_str()), ("Keys", ""));
        assert_eq!((glass.to_json(), zang.id()), (preset("Glass", 0.1).to_json(), bank.presets[1].1.id()));
        assert_eq!(zang.to_json(), std::fs::read_to_string(room.path().join("Mine/Zang.zither")).unwrap());
        assert_eq!(bank.to_ask_for().map(|preset| &preset.name).collect::<Vec<_>>(), ["Zang"]);
    }

    #[test]
    fn a_line_that_is_no_preset_costs_that_preset_and_a_file_that_is_no_bank_is_refused() {
        let room = room();
        let (_, text) = through_file(room.path());
        let read = |text: &str| {
            let path = room.path().join("bad.zitherbank");
            std::fs::write(&path, text).unwrap();
            Bank::read(&path)
        };
        let long = format!("{}{{\"preset\": \"{}\"}}\n{{}}\n\n", text, "x".repeat(300_000));
        let (bank, problems) = read(&long).unwrap();
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!((bank.presets.len(), said.len()), (2, 2), "{said:?}");
        assert!(said[0].starts_with("line 4: is longer") && said[1].starts_with("line 5: is no preset"), "{said:?}");
        assert!(matches!(read(""), Err(BankError::NoBank)));
        assert!(matches!(read("{\"format\": 1}"), Err(BankError::NoBank)));
        assert!(matches!(read("{\"bank\": \"x\", \"format\": 7}"), Err(BankError::Format(7))));
        assert!(matches!(Bank::default().write(&room.path().join("x")), Err(BankError::Empty)));
    }
}
