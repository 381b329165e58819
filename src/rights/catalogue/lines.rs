//! Catalogues as JSON Lines: one object a line, its keys named as the columns of a table.

use serde_json::{Map, Value};

use super::columns::{self, Column};
use super::{Catalogue, Work};

/// Longest line, in bytes: all fields at their longest.
const MAX_LINE_BYTES: usize = 64 << 10;

/// Reads one object a line; blank lines are passed over.
pub(super) fn read(bytes: &[u8], catalogue: &mut Catalogue) {
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match object(text) {
            Ok(object) => row(line, &object, catalogue),
            Err(what) => catalogue.problem(line, format!("{what}; the row is left out")),
        }
    }
}

fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    if text.len() > MAX_LINE_BYTES {
        return Err(format!("has {} bytes, at most {MAX_LINE_BYTES} are taken", text.len()));
    }
    serde_json::from_slice(text).map_err(|error| format!("is no JSON object: {error}"))
}

fn row(line: u64, object: &Map<String, Value>, catalogue: &mut Catalogue) {
    let mut work = Work::default();
    let mut seen = Vec::new();
    for (key, value) in object {
        let Some(column) = Column::named(key) else { continue };
        let put = match text_of(value) {
            _ if seen.contains(&column) => Err(format!("`{}` is given twice; the first counts", column.name())),
            Some(text) => columns::put(&mut work, column, &text),
            None => Err(columns::refuse(&mut work, column, "is no text")),
        };
        seen.push(column);
        if let Err(what) = put {
            catalogue.problem(line, what);
        }
    }
    if let Some(what) = columns::contradiction(&work) {
        catalogue.problem(line, what);
    }
    catalogue.add(line, work);
}

/// A text, a number, or a list of texts.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(";"))
        }
        Value::Bool(_) | Value::Object(_) => None,
    }
}
