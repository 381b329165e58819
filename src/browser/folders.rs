//! Where a user's presets, models, settings, history, rights index and ledgers lie: the one place that knows.
//!
//! Names the standard library only, because `cargo xtask install` compiles this file too. Windows lets users move their
//! Documents folder; it is looked for where it is by default, and `ZITHER_HOME` names any other place.

use std::path::{Path, PathBuf};

/// Environment variable that names the folder of all that Zither keeps for a user, in place of the system's.
pub const HOME_VARIABLE: &str = "ZITHER_HOME";
/// Subfolder of the presets that come with Zither.
pub const FACTORY: &str = "Factory";
/// Subfolder of [`rights`]: the index that the plugin listens with.
pub const INDEX: &str = "index";
/// Subfolder of [`rights`]: a folder of clearance reports for each project.
pub const REPORTS: &str = "reports";

/// The folder of the user's presets, which need not exist; the factory presets lie in [`FACTORY`] inside it. `None`
/// where the system names no home folder. Reads the environment, so not for the audio thread.
#[must_use]
pub fn presets() -> Option<PathBuf> {
    of_this_user("Presets")
}

/// The folder of the user's own models, which need not exist; as [`presets`].
#[must_use]
pub fn models() -> Option<PathBuf> {
    of_this_user("Models")
}

/// The folder of the ledgers of what was recognised in projects, one file each, which need not exist; as [`presets`]. By
/// XDG it is the program's state and not the user's data: nobody copies it to another machine.
#[must_use]
pub fn ledgers() -> Option<PathBuf> {
    of_this_user("Ledgers")
}

/// The folder of the database of what the user did with presets, which need not exist; as [`ledgers`].
#[must_use]
pub fn history() -> Option<PathBuf> {
    of_this_user("History")
}

/// The folder of what the rights guard knows and what it hands out: the index in [`INDEX`], clearance reports in
/// [`REPORTS`], neither of which need exist; as [`presets`].
#[must_use]
pub fn rights() -> Option<PathBuf> {
    of_this_user("Rights")
}

/// The file of what the user sets once for all projects, which need not exist; as [`presets`].
#[must_use]
pub fn settings() -> Option<PathBuf> {
    of_this_user("Settings").map(|path| path.with_extension("json"))
}

fn of_this_user(kind: &str) -> Option<PathBuf> {
    // A host's current folder says nothing: like XDG, only absolute paths count.
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let documents = cfg!(any(target_os = "macos", target_os = "windows"));
    let base = variable(base_for(kind).0);
    folder_for(kind, documents, variable(HOME_VARIABLE), base, std::env::home_dir())
}

/// The XDG variable of a kind's base folder, and where that is in the home folder without it.
fn base_for(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Ledgers" | "History" => ("XDG_STATE_HOME", ".local/state"),
        "Settings" => ("XDG_CONFIG_HOME", ".config"),
        _ => ("XDG_DATA_HOME", ".local/share"),
    }
}

/// Whether `file` is one of the factory presets.
#[must_use]
pub fn is_factory(file: &Path) -> bool {
    presets().is_some_and(|folder| file.starts_with(folder.join(FACTORY)))
}

/// The rule by itself: with `documents` users expect to see the folder of this `kind` among their documents.
fn folder_for(
    kind: &str,
    documents: bool,
    own: Option<PathBuf>,
    base: Option<PathBuf>,
    home: Option<PathBuf>,
) -> Option<PathBuf> {
    if let Some(own) = own {
        return Some(own.join(kind.to_lowercase()));
    }
    if documents {
        return Some(home?.join("Documents").join("Zither").join(kind));
    }
    let base = match base {
        Some(base) => base,
        None => home?.join(base_for(kind).1),
    };
    Some(base.join("zither").join(kind.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(documents: bool, own: &str, data: &str, home: &str) -> Option<String> {
        folder_of("Presets", documents, own, data, home)
    }

    fn folder_of(kind: &str, documents: bool, own: &str, data: &str, home: &str) -> Option<String> {
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let found = folder_for(kind, documents, path(own), path(data), path(home))?;
        Some(found.to_str().unwrap().replace('\\', "/"))
    }

    #[test]
    fn each_system_has_its_own_folder_and_the_variable_moves_it() {
        assert_eq!(folder(false, "", "", "/u").unwrap(), "/u/.local/share/zither/presets");
        assert_eq!(folder(false, "", "/data", "/u").unwrap(), "/data/zither/presets");
        assert_eq!(folder(true, "", "/data", "/u").unwrap(), "/u/Documents/Zither/Presets");
        assert_eq!(folder(true, "/own", "/data", "/u").unwrap(), "/own/presets");
        assert_eq!(folder(false, "/own", "", "").unwrap(), "/own/presets");
        assert_eq!(folder(true, "", "/data", ""), None);
        assert_eq!(folder(false, "", "", ""), None);
        assert_eq!(folder_of("Ledgers", false, "", "", "/u").unwrap(), "/u/.local/state/zither/ledgers");
        assert_eq!(folder_of("Ledgers", false, "", "/state", "/u").unwrap(), "/state/zither/ledgers");
        assert_eq!(folder_of("History", false, "", "", "/u").unwrap(), "/u/.local/state/zither/history");
        assert_eq!(folder_of("Settings", false, "", "", "/u").unwrap(), "/u/.config/zither/settings");
        assert_eq!(folder_of("Ledgers", true, "", "", "/u").unwrap(), "/u/Documents/Zither/Ledgers");
        assert_eq!(folder_of("Ledgers", false, "/own", "/state", "/u").unwrap(), "/own/ledgers");
    }
}
