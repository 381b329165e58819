//! The preset file: one JSON object in UTF-8, extension `.zither`, keys sorted so that differences read well.
//!
//! `format` is 1; `state` maps control ids to plain values; `transfer`, where there is one, is what a recording left. Keys that this version does not know, in the object and in
//! `state`, are kept when the file is written again.

mod folder;
mod identity;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::ModelReference;
use crate::model::transfer::{StoredTransfer, Transfer, TransferError};
use crate::synth::controls::{Control, Controls};

pub use folder::{Listed, count, list, list_ending, scan};

/// Version of the file format.
pub const FORMAT: u64 = 1;
/// Extension of preset files.
pub const EXTENSION: &str = "zither";
/// Largest preset file.
pub const MAX_BYTES: u64 = 256 * 1024;
/// Longest name, author, category and tag, in characters.
const MAX_NAME: usize = 128;
/// Folders below the scanned one that are still looked into.
pub const MAX_DEPTH: usize = 8;
/// Most presets of one scan: the library of half as many takes 170 MB.
pub const MAX_PRESETS: usize = 200_000;

/// Why a preset could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// The file system said no.
    #[error("cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// Too large to be a preset.
    #[error("has {got} bytes; a preset has at most {MAX_BYTES}")]
    TooLarge {
        /// Size of the file.
        got: u64,
    },
    /// No JSON, or keys of the wrong type.
    #[error("is no preset: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a newer Zither.
    #[error(
        "has format {got}; this version reads format {FORMAT}: update Zither, or save the preset with this version"
    )]
    Format {
        /// Format of the file.
        got: u64,
    },
    /// More files than are listed.
    #[error("has more than {MAX_PRESETS} presets; the rest is left out: move some of them elsewhere")]
    TooMany,
    /// It was there when the library was read.
    #[error("is no longer there")]
    Gone,
    /// The transfer is damaged or of a newer Zither.
    #[error("`transfer` {0}")]
    Transfer(#[from] TransferError),
    /// A key holds what it cannot.
    #[error("`{key}` {reason}")]
    Field {
        /// Which key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A file of a scanned folder that is no preset.
#[derive(Debug)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: PresetError,
}

/// A sound by name. Made and read off the audio thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// [`FORMAT`].
    pub format: u64,
    /// What the preset is for: `Zither`.
    #[serde(default = "product")]
    pub plugin: String,
    /// Version of Zither that wrote it.
    #[serde(default)]
    pub version: String,
    /// Name shown to the player.
    pub name: String,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// One category, such as `Keys`.
    #[serde(default)]
    pub category: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A sentence about it.
    #[serde(default)]
    pub description: String,
    /// SPDX expression.
    #[serde(default)]
    pub licence: String,
    /// The model it was made with.
    #[serde(default)]
    pub model: ModelReference,
    /// Control ids to plain values, unknown ids included.
    pub state: BTreeMap<String, f32>,
    /// What was transferred from a recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<StoredTransfer>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

fn product() -> String {
    "Zither".to_owned()
}

impl Preset {
    /// A preset of these controls. What belongs to the project, and not to the sound, is left out.
    #[must_use]
    pub fn new(name: &str, controls: &Controls) -> Self {
        let kept = Control::all().filter(|control| !control.is_of_project());
        Self {
            format: FORMAT,
            plugin: product(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            author: String::new(),
            category: String::new(),
            tags: Vec::new(),
            description: String::new(),
            licence: "CC0-1.0".to_owned(),
            model: ModelReference::default(),
            state: kept.map(|control| (control.spec().id.to_owned(), controls.get(control))).collect(),
            transfer: None,
            other: BTreeMap::new(),
        }
    }

    /// The controls as the preset sets them; what it does not name takes its default, what is out of range its limit.
    #[must_use]
    pub fn controls(&self) -> Controls {
        let mut controls = Controls::default();
        for (id, &value) in &self.state {
            if let Some(control) = Control::by_id(id).filter(|control| !control.is_of_project()) {
                controls.set(control, value);
            }
        }
        controls
    }

    /// What was transferred from a recording, as the engine takes it.
    ///
    /// # Errors
    /// If it cannot be played; one that was read from a file can.
    pub fn playable_transfer(&self) -> Result<Option<Transfer>, TransferError> {
        self.transfer.as_ref().map(Transfer::try_from).transpose()
    }

    /// Reads the text of a preset file.
    ///
    /// # Errors
    /// If it is too large, no JSON, of another format, or holds what a preset cannot.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PresetError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(PresetError::TooLarge { got: bytes.len() as u64 });
        }
        /// Only the format, so that a newer file is refused for that and not for a key it changed.
        #[derive(Deserialize)]
        struct Header {
            format: u64,
        }
        let header: Header = serde_json::from_slice(bytes)?;
        if header.format != FORMAT {
            return Err(PresetError::Format { got: header.format });
        }
        let preset: Self = serde_json::from_slice(bytes)?;
        preset.check()?;
        Ok(preset)
    }

    /// The text of the preset file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let value = serde_json::to_value(self).expect("strings, numbers and lists are JSON");
        // Sorted here, so that the order does not depend on how the JSON library keeps its maps.
        let sorted: BTreeMap<String, Value> = match value {
            Value::Object(map) => map.into_iter().collect(),
            _ => BTreeMap::new(),
        };
        // Through the text of state and transfer themselves: a number goes out with the digits of an f32.
        let mut text = String::from("{\n");
        for (index, (key, value)) in sorted.iter().enumerate() {
            let value = match key.as_str() {
                "state" => serde_json::to_string_pretty(&self.state),
                "transfer" => serde_json::to_string_pretty(&self.transfer),
                _ => serde_json::to_string_pretty(value),
            };
            let value = value.expect("a value is JSON").replace('\n', "\n  ");
            let comma = if index + 1 < sorted.len() { "," } else { "" };
            text.push_str(&format!("  {}: {value}{comma}\n", Value::from(key.as_str())));
        }
        text.push_str("}\n");
        text
    }

    /// Reads a preset file.
    ///
    /// # Errors
    /// As [`Preset::from_json`], and if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, PresetError> {
        let about = std::fs::metadata(path)?;
        if !about.is_file() {
            // A pipe by that name would be waited for.
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file").into());
        }
        if about.len() > MAX_BYTES {
            return Err(PresetError::TooLarge { got: about.len() });
        }
        // It may have grown since.
        let mut bytes = Vec::with_capacity(about.len() as usize + 1);
        std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Self::from_json(&bytes)
    }

    /// Writes a preset file: whole or not at all, even if the machine stops half-way. What lay there is replaced.
    ///
    /// # Errors
    /// If the preset would be refused when read, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PresetError> {
        self.stage(path)?.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// As [`Preset::write`], but leaves alone what lies there already.
    ///
    /// # Errors
    /// As [`Preset::write`]; of kind [`std::io::ErrorKind::AlreadyExists`] where there is such a file.
    pub fn write_new(&self, path: &Path) -> Result<(), PresetError> {
        self.stage(path)?.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The file beside `path` that is to become it, on the disk.
    fn stage(&self, path: &Path) -> Result<tempfile::NamedTempFile, PresetError> {
        self.check()?;
        let text = self.to_json();
        if text.len() as u64 > MAX_BYTES {
            return Err(PresetError::TooLarge { got: text.len() as u64 });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        make_readable(file.as_file())?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), PresetError> {
        let field = |key: &str, reason| Err(PresetError::Field { key: key.to_owned(), reason });
        if self.name.trim().is_empty() {
            return field("name", "is empty; give the preset a name");
        }
        let texts = [("name", &self.name), ("author", &self.author), ("category", &self.category)];
        let tags = self.tags.iter().map(|tag| ("tags", tag));
        for (key, text) in texts.into_iter().chain(tags) {
            if text.chars().count() > MAX_NAME {
                return field(key, "is longer than 128 characters");
            }
        }
        self.playable_transfer()?;
        match self.state.iter().find(|(_, value)| !value.is_finite()) {
            Some((id, _)) => field(id, "is not a finite number"),
            None => Ok(()),
        }
    }
}

/// A temporary file is private; a preset is as readable as any other file of its owner's.
pub(super) fn make_readable(file: &std::fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset() -> Preset {
        let mut controls = Controls::default();
        controls.set(Control::latent(0), 0.1);
        controls.set(Control::ATTACK, 33.333_332);
        Preset { tags: vec!["warm".into(), "wide".into()], ..Preset::new("Glass \"Harp\"", &controls) }
    }

    fn refusal(text: &str) -> String {
        Preset::from_json(text.as_bytes()).expect_err("this is no preset").to_string()
    }

    #[test]
    fn a_preset_survives_its_file_bit_by_bit_and_its_keys_are_sorted() {
        let preset = preset();
        let text = preset.to_json();
        let again = Preset::from_json(text.as_bytes()).unwrap();
        assert_eq!(again, preset);
        assert_eq!(again.controls().get(Control::ATTACK).to_bits(), 33.333_332_f32.to_bits());
        assert_eq!(again.to_json(), text);
        let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("  \"")).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(text.contains(r#""latent_1": 0.1,"#), "{text}");
    }

    #[test]
    fn a_transfer_is_kept_bit_by_bit_with_its_keys_of_later_versions_and_a_damaged_one_is_refused() {
        let mut stored = StoredTransfer::from(&Transfer::of_gain(-0.1));
        stored.other.insert("microphone".to_owned(), Value::from("far"));
        let preset = Preset { transfer: Some(stored), ..preset() };
        let text = preset.to_json();
        assert!(text.contains(r#""gain": -0.1,"#), "{text}");
        let again = Preset::from_json(text.as_bytes()).unwrap();
        assert_eq!((again.to_json(), again.playable_transfer()), (text.clone(), preset.playable_transfer()));
        assert_eq!(again, preset);
        assert!(refusal(&text.replace("\"data\": \"AAAA", "\"data\": \"AAA~")).contains("`transfer` is damaged"));
        assert!(refusal(&text.replace("\"version\": 1", "\"version\": 7")).contains("`transfer` has version 7"));
    }

    #[test]
    fn keys_of_later_versions_are_kept() {
        let text = preset().to_json().replacen("{\n", "{\n  \"colour\": [1, {\"a\": null}],\n", 1);
        let text = text.replace("\"attack\"", "\"arpeggio\": 0.5, \"attack\"");
        let again = Preset::from_json(text.as_bytes()).unwrap().to_json();
        let value: Value = serde_json::from_str(&again).unwrap();
        assert_eq!(value["colour"], serde_json::json!([1, {"a": null}]));
        assert_eq!(value["state"]["arpeggio"], 0.5);
    }

    #[test]
    fn values_out_of_range_come_to_their_limit_and_missing_ones_to_their_default() {
        let text = r#"{"format": 1, "name": "x", "state": {"gain": 1000, "unison": 2.4, "bypass": 1}}"#;
        let controls = Preset::from_json(text.as_bytes()).unwrap().controls();
        assert_eq!(controls.get(Control::GAIN), 12.0);
        assert_eq!(controls.get(Control::UNISON), 2.0);
        assert_eq!(controls.get(Control::BYPASS), 0.0);
        assert_eq!(controls.get(Control::RELEASE), Control::RELEASE.spec().default);
    }

    #[test]
    fn what_is_no_preset_is_refused_with_its_reason() {
        assert!(refusal("RIFF").contains("is no preset"));
        assert!(refusal(r#"{"format": 2, "name": 7}"#).contains("format 2"));
        assert!(refusal(r#"{"format": 1, "name": " ", "state": {}}"#).contains("`name` is empty"));
        assert!(refusal(r#"{"format": 1, "name": "x", "state": {"gain": 1e39}}"#).contains("`gain` is not a finite"));
        assert!(refusal(r#"{"format": 1, "name": "x", "state": {"gain": "loud"}}"#).contains("is no preset"));
        assert!(refusal(&" ".repeat(300_000)).contains("300000 bytes"));
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zither");
        preset().write_new(&path).unwrap();
        let other = Preset::new("Other", &Controls::default());
        let refused = other.write_new(&path).unwrap_err();
        assert!(matches!(&refused, PresetError::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists));
        assert_eq!(Preset::read(&path).unwrap(), preset());
        other.write(&path).unwrap();
        assert_eq!(Preset::read(&path).unwrap(), other);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
