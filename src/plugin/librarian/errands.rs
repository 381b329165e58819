//! What the list of presets has done with files: tags, exports, imports, a look into a folder.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::bridge::Parcel;
use crate::browser::library::{Bank, Course, Entry, Intake, Library, PresetFolder, ShelveError, take_in};
use crate::browser::typed;
use crate::browser::usage::PresetId;

/// What came of tagging presets.
pub(super) struct Tagged {
    /// Files that have other tags now.
    pub(super) changed: usize,
    /// Presets that have no file of the user's own.
    pub(super) without_file: Vec<PresetId>,
    /// What kept others from it.
    pub(super) problems: Vec<ShelveError>,
}

/// Puts a tag into the files of presets, or takes it out of them.
pub(super) fn tag(folder: &PresetFolder, library: &Library, presets: &[PresetId], tag: &str, on: bool) -> Tagged {
    let own_files = |entry: &Entry| -> Vec<PathBuf> {
        let own = entry.places.iter().filter(|place| !place.is_factory());
        own.filter_map(|place| place.path.clone()).collect()
    };
    let files = |preset: &PresetId| library.entry(*preset).map(own_files).unwrap_or_default();
    let without_file = presets.iter().copied().filter(|preset| files(preset).is_empty()).collect();
    let paths: Vec<PathBuf> = presets.iter().flat_map(files).collect();
    let (add, remove): (&[&str], &[&str]) = if on { (&[tag], &[]) } else { (&[], &[tag]) };
    let (changed, problems) = folder.retag(&paths, add, remove);
    Tagged { changed, without_file, problems }
}

/// Writes presets into a file in a folder: a single one as it is, several as a bank. What was done, as a sentence.
///
/// # Errors
/// If the folder is none, there is nothing to write, it was stopped, or the disk says no: why, as part of a sentence.
pub(super) fn export(library: &Library, parcel: &Parcel, folder: &str, course: &Course) -> Result<String, String> {
    let folder = folder_of(folder)?;
    let (bank, unread) = match parcel {
        Parcel::Presets(presets) => {
            Bank::of("Presets", presets.iter().filter_map(|preset| library.entry(*preset)), course)
        }
        Parcel::Bank(name) => Bank::of(name, library.in_bank(name), course),
    };
    if !course.goes_on() {
        return Err("you stopped it; no file was written".to_owned());
    }
    let file = bank.hand_out(&folder).map_err(|error| error.to_string())?;
    let mut said = format!("Written to {}.", file.display());
    let ask: Vec<&str> = bank.to_ask_for().map(|preset| preset.name.as_str()).collect();
    if let [first, others @ ..] = &ask[..] {
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        said += &format!(" Ask before you hand on {first}{others}: the licence asks for it, or there is none.");
    }
    if let Some((_, error)) = unread.first() {
        said += &format!(" {} could not be read: {error}", unread.len());
    }
    Ok(said)
}

/// Takes a file of presets, or a folder of them, into the user's folder.
///
/// # Errors
/// If there is no such file: why, as part of a sentence.
pub(super) fn import(into: &PresetFolder, file: &str, course: &Course) -> Result<Intake, String> {
    let path = typed::path(file)?;
    if path.exists() { Ok(take_in(into, &path, None, course)) } else { Err(format!("there is no {}", path.display())) }
}

/// The folder that the user wrote.
fn folder_of(text: &str) -> Result<PathBuf, String> {
    let path = typed::path(text)?;
    if path.is_dir() { Ok(path) } else { Err(format!("there is no folder {}", path.display())) }
}

/// Asks the system's file manager to show a file.
///
/// # Errors
/// If there is none.
pub(super) fn reveal(file: &Path) -> io::Result<Child> {
    let folder = file.parent().unwrap_or(file);
    let mut opener = if cfg!(target_os = "macos") {
        let mut open = Command::new("open");
        open.arg("-R").arg(file);
        open
    } else if cfg!(target_os = "windows") {
        let mut explorer = Command::new("explorer");
        explorer.arg(folder);
        explorer
    } else {
        let mut open = Command::new("xdg-open");
        open.arg(folder);
        open
    };
    opener.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::{Look, Scanner};
    use crate::browser::preset::Preset;
    use crate::synth::controls::{Control, Controls};

    fn preset(name: &str, latent: f32, licence: &str) -> Preset {
        let mut controls = Controls::default();
        controls.set(Control::latent(0), latent);
        Preset { licence: licence.into(), ..Preset::new(name, &controls) }
    }

    fn room() -> (tempfile::TempDir, PresetFolder) {
        let room = tempfile::tempdir().unwrap();
        let folder = PresetFolder::at(room.path().join("presets"));
        folder.save(&preset("Glass", 0.1, "CC0-1.0"), "Mine", "").unwrap();
        folder.save(&preset("Ice", 0.2, ""), "Mine", "").unwrap();
        (room, folder)
    }

    fn library(folder: &PresetFolder) -> Library {
        let mut scanner = Scanner::new(Some(folder.path().to_owned()));
        scanner.look(Look::Files, &|| true);
        scanner.library()
    }

    #[test]
    fn a_tag_goes_into_the_users_files_and_what_comes_with_zither_is_named() {
        let (_room, folder) = room();
        let before = library(&folder);
        let glass = preset("Glass", 0.1, "").id();
        let factory = before.entries().iter().find(|entry| entry.is_factory()).unwrap().id;
        let tagged = tag(&folder, &before, &[glass, factory], "cold", true);
        assert_eq!((tagged.changed, tagged.without_file, tagged.problems.len()), (1, vec![factory], 0));
        let after = library(&folder);
        assert_eq!(after.entry(glass).unwrap().card().tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["cold"]);
        assert_eq!(tag(&folder, &after, &[glass], "Cold", false).changed, 1);
        assert!(library(&folder).entry(glass).unwrap().card().tags.is_empty());
    }

    #[test]
    fn one_preset_becomes_its_own_file_and_several_a_bank_and_nothing_is_replaced() {
        let (room, folder) = room();
        let library = library(&folder);
        let out = room.path().join("out");
        let there = out.display().to_string();
        let one = Parcel::Presets(vec![preset("", 0.1, "").id()]);
        let export =
            |library: &Library, parcel: &Parcel, folder: &str| export(library, parcel, folder, &Course::default());
        assert!(export(&library, &one, &there).unwrap_err().contains("there is no folder"));
        assert!(export(&library, &one, "out").unwrap_err().contains("whole path"));
        std::fs::create_dir(&out).unwrap();
        for name in ["Glass.zither", "Glass 2.zither"] {
            let said = export(&library, &one, &there).unwrap();
            assert_eq!(said, format!("Written to {}.", out.join(name).display()));
            assert_eq!(Preset::read(&out.join(name)).unwrap(), preset("Glass", 0.1, "CC0-1.0"));
        }
        let said = export(&library, &Parcel::Bank("Mine".into()), &there).unwrap();
        assert!(said.contains("Mine.zitherbank") && said.contains("Ask before you hand on Ice:"), "{said}");
        let (bank, problems) = Bank::read(&out.join("Mine.zitherbank")).unwrap();
        assert_eq!((bank.presets.len(), problems.len()), (2, 0));
        assert!(export(&library, &Parcel::Bank("None".into()), &there).is_err());
        let stopped = Course::default();
        stopped.stop();
        let before = std::fs::read_dir(&out).unwrap().count();
        assert!(super::export(&library, &one, &there, &stopped).unwrap_err().contains("you stopped it"));
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), before);
    }

    #[test]
    fn a_path_is_taken_as_people_write_it_and_as_file_managers_copy_it() {
        let (room, folder) = room();
        let other = PresetFolder::at(room.path().join("other"));
        let file = room.path().join("My Ice.zither");
        preset("Ice", 0.4, "").write(&file).unwrap();
        let shown = file.display().to_string();
        let take = |text: &str| import(&other, text, &Course::default());
        assert_eq!(take(&format!(" \"{shown}\" ")).unwrap().taken, 1);
        assert_eq!(take(&format!("file://{}", shown.replace(' ', "%20"))).unwrap().known, 1);
        assert_eq!(take(&folder.path().display().to_string()).unwrap().taken, 2);
        assert!(take("Ice.zither").unwrap_err().contains("whole path"));
        assert!(take(&format!("{shown}x")).unwrap_err().contains("there is no"));
    }
}
