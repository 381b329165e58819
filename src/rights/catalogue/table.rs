//! Catalogues as tables: CSV, TSV, and what spreadsheets make of them.

use std::borrow::Cow;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::columns::{self, Column};
use super::{Catalogue, CatalogueError, MAX_FIELD_BYTES, Work};

/// Most quotes left open that are got over in one file; each costs reading from there to its end again.
const MAX_OPEN_QUOTES: usize = 16;

/// The bytes as UTF-8 where a byte order mark says that they are UTF-16, without the mark.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// Reads a table whose first line names its columns.
pub(super) fn read(bytes: &[u8], catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    let mut part = Part { rest: bytes, line: 1, delimiter: delimiter(bytes), has_header: true };
    let columns = header(part.reader().byte_headers().map_err(std::io::Error::from)?, catalogue);
    if !columns.iter().flatten().any(|column| matches!(column, Column::Id | Column::File)) {
        return Err(CatalogueError::NoColumns);
    }
    let mut quotes_left = MAX_OPEN_QUOTES;
    loop {
        let mut reader = part.reader();
        let open = rows(&mut reader, &part, &columns, quotes_left > 0, catalogue)?;
        let Some(start) = open else { return Ok(()) };
        part = part.after(&start, catalogue);
        quotes_left -= 1;
    }
}

/// A table from some line on.
struct Part<'a> {
    rest: &'a [u8],
    /// Line of the file that `rest` begins with.
    line: u64,
    delimiter: u8,
    has_header: bool,
}

impl<'a> Part<'a> {
    fn reader(&self) -> Reader<&'a [u8]> {
        ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(self.has_header)
            .flexible(true)
            .from_reader(self.rest)
    }

    /// The line of the row that begins at this place. Line ends before it, as of blank lines, are read with it.
    fn line_of(&self, start: &csv::Position) -> u64 {
        let rest = self.rest.get(start.byte() as usize..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        self.line + start.line() - 1 + ends.filter(|byte| **byte == b'\n').count() as u64
    }

    /// What follows the first line of a row whose quote is not closed, which is told.
    fn after(&self, start: &csv::Position, catalogue: &mut Catalogue) -> Self {
        let line = self.line_of(start);
        catalogue.problem(line, "a quote is opened and never closed; the row is left out");
        let rest = self.rest.get(start.byte() as usize..).unwrap_or_default().trim_ascii_start();
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        Self { rest: &rest[end..], line: line + 1, has_header: false, ..*self }
    }
}

/// Takes rows in to the end of the table, or to one whose quote is not closed: then where that begins.
fn rows(
    reader: &mut Reader<&[u8]>,
    part: &Part,
    columns: &[Option<Column>],
    heed_quotes: bool,
    catalogue: &mut Catalogue,
) -> Result<Option<csv::Position>, CatalogueError> {
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(std::io::Error::from)? {
        let Some(start) = record.position().cloned() else { continue };
        let written = part.rest.get(start.byte() as usize..reader.position().byte() as usize).unwrap_or_default();
        if heed_quotes && is_open(&record, written) {
            return Ok(Some(start));
        }
        row(part.line_of(&start), &record, columns, catalogue);
    }
    Ok(None)
}

/// Whether a quote swallowed what follows: a field runs over lines, and is too long or ends without its quote.
fn is_open(record: &ByteRecord, written: &[u8]) -> bool {
    let runs_on = record.iter().any(|field| field.contains(&b'\n'));
    runs_on
        && (record.iter().any(|field| field.len() > MAX_FIELD_BYTES)
            || !written.iter().filter(|byte| **byte == b'"').count().is_multiple_of(2))
}

/// The sign between columns: the one that the first line has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |sign: u8| first.iter().filter(|byte| **byte == sign).count();
    // The last of equals wins.
    [b';', b'\t', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

/// The column of each place; what is unknown or named twice is told and passed over.
fn header(record: &ByteRecord, catalogue: &mut Catalogue) -> Vec<Option<Column>> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    for name in record.iter().map(String::from_utf8_lossy) {
        let column = Column::named(&name);
        let again = column.is_some() && columns.contains(&column);
        if again {
            let what = format!(
                "the column `{}` means `{}`, which another column gives; it is passed over",
                columns::clean(&name),
                column.map_or("", Column::name)
            );
            catalogue.problem(1, what);
        } else if column.is_none() && !name.trim().is_empty() {
            let shown: String = columns::clean(&name).chars().take(40).collect();
            catalogue.problem(1, format!("the column `{shown}` is unknown; it is passed over"));
        }
        columns.push(column.filter(|_| !again));
    }
    columns
}

/// Takes one row in.
fn row(line: u64, record: &ByteRecord, columns: &[Option<Column>], catalogue: &mut Catalogue) {
    if record.iter().all(|field| field.trim_ascii().is_empty()) {
        return;
    }
    if record.len() > columns.len() {
        // Which fields moved nobody can know, and rights must not be given to the wrong track.
        let what = format!(
            "has {} fields under {} columns; quote fields that hold the separator; the row is left out",
            record.len(),
            columns.len()
        );
        return catalogue.problem(line, what);
    }
    let mut work = Work::default();
    for (column, field) in columns.iter().zip(record).filter_map(|(column, field)| Some(((*column)?, field))) {
        let text = String::from_utf8_lossy(field);
        if let Cow::Owned(_) = text {
            catalogue
                .problem(line, format!("`{}` is not in UTF-8; unknown signs are shown as \u{fffd}", column.name()));
        }
        if let Err(what) = columns::put(&mut work, column, &text) {
            catalogue.problem(line, what);
        }
    }
    if let Some(what) = columns::contradiction(&work) {
        catalogue.problem(line, what);
    }
    catalogue.add(line, work);
}
