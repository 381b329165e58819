//! File names that every system takes, and that no other file has.

use std::collections::HashSet;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::shelve::ShelveError;
use crate::browser::preset::PresetError;

/// Longest stem of a file name, in bytes: systems take 255, and a number and an extension come behind it.
const MAX_STEM: usize = 180;
/// Signs that some system refuses in names, or that shells and Windows read as something else.
const REFUSED: &str = "<>:\"/\\|?*";
/// Names that mean a device on Windows, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The stem of a file, or the name of a folder, for what a user calls something: as it is where that is possible, and
/// never empty.
#[must_use]
pub fn file_stem(name: &str) -> String {
    let fair = |c: char| if c.is_control() || REFUSED.contains(c) { '_' } else { c };
    let mut stem = String::new();
    for c in name.trim().chars().map(fair) {
        if stem.len() + c.len_utf8() > MAX_STEM {
            break;
        }
        stem.push(c);
    }
    // Windows drops dots and spaces at the end; names that begin with a dot are hidden elsewhere.
    let stem = stem.trim_end_matches(['.', ' ']).trim_start_matches('.').trim();
    match stem {
        "" => "_".to_owned(),
        stem if is_device(stem) => format!("_{stem}"),
        stem => stem.to_owned(),
    }
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_port = |kind| {
        let mut rest = first.strip_prefix(kind).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&first.as_str()) || is_port("com") || is_port("lpt")
}

/// `stem` itself, then with numbers behind it: `Glass`, `Glass 2`, `Glass 3`, as far as there is reason to try.
pub(super) fn alternatives(stem: &str) -> impl Iterator<Item = String> {
    /// Files of one name in one folder.
    const MOST: usize = 10_000;
    std::iter::once(stem.to_owned()).chain((2..=MOST).map(move |number| format!("{stem} {number}")))
}

/// Finds a name for a file in a folder that no other has, in whatever case, and makes it with `write`, which must refuse
/// to replace one that has come meanwhile.
pub(super) fn place(
    folder: &Path,
    stem: &str,
    extension: &str,
    write: impl Fn(&Path) -> Result<(), PresetError>,
) -> Result<PathBuf, ShelveError> {
    place_among(folder, &mut taken_in(folder)?, stem, extension, write)
}

/// The names of the files of a folder. Case makes no difference on two systems of three, and folders travel.
pub(super) fn taken_in(folder: &Path) -> Result<HashSet<String>, ShelveError> {
    let names = fs::read_dir(folder).map_err(ShelveError::of_io(folder))?;
    Ok(names.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().to_lowercase())).collect())
}

/// As [`place`], with the names that are taken; the new one is among them then.
pub(super) fn place_among(
    folder: &Path,
    taken: &mut HashSet<String>,
    stem: &str,
    extension: &str,
    write: impl Fn(&Path) -> Result<(), PresetError>,
) -> Result<PathBuf, ShelveError> {
    for name in alternatives(stem).map(|stem| format!("{stem}.{extension}")) {
        if !taken.insert(name.to_lowercase()) {
            continue;
        }
        let path = folder.join(name);
        match write(&path) {
            Err(PresetError::Io(error)) if error.kind() == ErrorKind::AlreadyExists => {}
            outcome => return outcome.map(|()| path.clone()).map_err(ShelveError::of(&path)),
        }
    }
    let reason = Error::new(ErrorKind::AlreadyExists, "every name is taken");
    Err(ShelveError::of_io(folder)(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_as_they_are_where_every_system_takes_them() {
        for name in ["Glass Harp", "Crème brûlée", "琴", "808 (deep)", "Console", "com10", "a.b"] {
            assert_eq!(file_stem(name), name);
        }
    }

    #[test]
    fn what_some_system_refuses_is_replaced() {
        for (name, stem) in [
            ("AC/DC", "AC_DC"),
            ("../../up", "_.._up"),
            ("What?\u{7} *now*", "What__ _now_"),
            ("dots... ", "dots"),
            (".hidden", "hidden"),
            ("con", "_con"),
            ("NUL.tar", "_NUL.tar"),
            ("Com1", "_Com1"),
            ("lpt³", "_lpt³"),
            ("...", "_"),
            ("", "_"),
        ] {
            assert_eq!(file_stem(name), stem, "{name}");
            assert_eq!(file_stem(stem), stem, "what is fair stays");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let stem = file_stem(&"é".repeat(500));
        assert!(stem.len() <= MAX_STEM && stem.chars().all(|c| c == 'é'));
    }
}
