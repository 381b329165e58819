//! The preset that a host names by a CLAP location: a file, or a name of one that is built in.

use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};

use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, clap_preset_discovery_location_kind,
};

use crate::browser::preset::{EXTENSION, Preset, PresetError};
use crate::browser::{bank, folders};

/// Why a location gives no preset.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The location is neither of the file system nor of the plugin.
    #[error("Zither's presets are files or built in: name one by its path")]
    Kind,
    /// No preset of this name is built in.
    #[error("no preset `{0}` is built in")]
    NotBuiltIn(String),
    /// The path is missing or no text.
    #[error("the path of the preset is not in UTF-8")]
    Path,
    /// There is one preset per file, without a key.
    #[error("{} holds one preset and none by the key `{key}`", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        key: String,
    },
    /// The file cannot be read or is no preset.
    #[error("{} {source}", path.display())]
    Preset {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PresetError,
    },
    /// The framework did not take the values.
    #[error("the preset's values could not be set")]
    NotSet,
    /// A fault of ours, caught before it reached the host.
    #[error("Zither failed while it read the preset; please report this file")]
    Panic,
}

impl Refusal {
    /// The operating system's number of the error, 0 where it is none of the system's.
    pub(super) fn os_error(&self) -> i32 {
        match self {
            Self::Preset { source: PresetError::Io(error), .. } => error.raw_os_error().unwrap_or(0),
            _ => 0,
        }
    }
}

/// Reads the preset at a location, and says which file it is. May touch the disk, never waits for anything else.
///
/// # Errors
/// If there is none.
///
/// # Safety
/// `location` and `load_key` must be null or strings that end in zero.
pub(super) unsafe fn read(
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> Result<(Option<PathBuf>, Preset), Refusal> {
    // SAFETY: as the caller promises.
    let (path, key) = unsafe { (text(location), text(load_key)) };
    match kind {
        CLAP_PRESET_DISCOVERY_LOCATION_FILE => {
            let path = Path::new(path.ok_or(Refusal::Path)?);
            if let Some(key) = key.filter(|key| !key.is_empty()) {
                return Err(Refusal::Key { path: path.to_owned(), key: key.to_owned() });
            }
            let preset = Preset::read(path).map_err(|source| Refusal::Preset { path: path.to_owned(), source })?;
            Ok((Some(path.to_owned()), preset))
        }
        CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN => {
            let named = |preset: &Preset| Some(&*preset.name) == key;
            let preset = bank::factory().map(|(_, preset)| preset).find(named);
            Ok((None, preset.ok_or_else(|| Refusal::NotBuiltIn(key.unwrap_or_default().to_owned()))?))
        }
        _ => Err(Refusal::Kind),
    }
}

/// Whether the user's folder holds factory presets, and the host lists them there. If not it is told of those that are
/// built in.
pub(super) fn is_factory_installed() -> bool {
    folders::presets().is_some_and(|folder| folder.join(folders::FACTORY).is_dir())
}

/// The file of a factory preset as `cargo xtask install` laid it, where the host lists that one.
pub(super) fn installed(folder: &str, name: &str) -> Option<PathBuf> {
    let path = folders::presets()?.join(folders::FACTORY).join(folder).join(format!("{name}.{EXTENSION}"));
    path.is_file().then_some(path)
}

/// The text at `pointer`, unless it is null or not in UTF-8.
///
/// # Safety
/// `pointer` must be null or a string that ends in zero and outlives the result.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })?.to_str().ok()
}

/// `text` for a host, without the zeros that would end it early.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}
