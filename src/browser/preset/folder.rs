//! The preset files of a folder.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use super::{EXTENSION, MAX_DEPTH, MAX_PRESETS, Preset, PresetError, Problem};

/// What lies in one folder, in the order of paths.
#[derive(Debug, Default)]
pub struct Listed {
    /// Preset files by their extension, unread, and what the file system says of them.
    pub files: Vec<(PathBuf, Metadata)>,
    /// Subfolders. Links are not followed, so that a circle of them has an end.
    pub folders: Vec<PathBuf>,
}

/// Lists one folder without its subfolders. Hidden folders, by which other programs keep their own, are passed over.
///
/// # Errors
/// If the folder cannot be read. A file that goes while it is listed is none.
pub fn list(folder: &Path) -> io::Result<Listed> {
    list_ending(folder, &[EXTENSION])
}

/// The same of files with any of these extensions.
///
/// # Errors
/// As [`list`].
pub fn list_ending(folder: &Path, extensions: &[&str]) -> io::Result<Listed> {
    let is_wanted = |path: &Path| extensions.iter().any(|wanted| path.extension().is_some_and(|has| has == *wanted));
    let mut listed = Listed::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                listed.folders.push(path);
            }
        } else if is_wanted(&path)
            && let Ok(about) = std::fs::metadata(&path)
            && about.is_file()
        {
            listed.files.push((path, about));
        }
    }
    listed.files.sort_by(|(a, _), (b, _)| a.cmp(b));
    listed.folders.sort();
    Ok(listed)
}

/// How many preset files a folder and its subfolders seem to hold, by their names alone. What cannot be read holds none.
#[must_use]
pub fn count(folder: &Path) -> usize {
    let mut count = 0;
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((path, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            let (name, is_folder) = (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
            if is_folder && depth < MAX_DEPTH && !name.as_encoded_bytes().starts_with(b".") {
                folders.push((entry.path(), depth + 1));
            } else if !is_folder && Path::new(&name).extension().is_some_and(|extension| extension == EXTENSION) {
                count += 1;
            }
        }
    }
    count.min(MAX_PRESETS)
}

/// All presets of a folder and its subfolders in the order of their paths, and what there is that is none.
#[must_use]
pub fn scan(folder: &Path) -> (Vec<(PathBuf, Preset)>, Vec<Problem>) {
    let (mut presets, mut problems) = (Vec::new(), Vec::new());
    for path in preset_files(folder, &mut problems) {
        match Preset::read(&path) {
            Ok(preset) => presets.push((path, preset)),
            Err(error) => problems.push(Problem { path, error }),
        }
    }
    (presets, problems)
}

fn preset_files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((path, depth)) = folders.pop() {
        match list(&path) {
            Ok(listed) => {
                files.extend(listed.files.into_iter().map(|(path, _)| path));
                if depth < MAX_DEPTH {
                    folders.extend(listed.folders.into_iter().map(|path| (path, depth + 1)));
                }
            }
            Err(error) => problems.push(Problem { path, error: error.into() }),
        }
    }
    files.sort();
    if files.len() > MAX_PRESETS {
        files.truncate(MAX_PRESETS);
        problems.push(Problem { path: folder.to_owned(), error: PresetError::TooMany });
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::controls::Controls;

    #[test]
    fn a_folder_gives_its_presets_and_its_problems() {
        let folder = tempfile::tempdir().unwrap();
        let preset = Preset::new("Glass Harp", &Controls::default());
        for sub in ["sub", ".git"] {
            std::fs::create_dir(folder.path().join(sub)).unwrap();
            preset.write(&folder.path().join(sub).join("b.zither")).unwrap();
        }
        preset.write(&folder.path().join("a.zither")).unwrap();
        std::fs::write(folder.path().join("bad.zither"), "{").unwrap();
        std::fs::write(folder.path().join("readme.txt"), "{").unwrap();
        std::fs::create_dir(folder.path().join("folder.zither")).unwrap();
        let (presets, problems) = scan(folder.path());
        let names: Vec<_> = presets.iter().map(|(path, _)| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.zither", "b.zither"]);
        assert_eq!((count(folder.path()), count(&folder.path().join("missing"))), (3, 0));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].path.ends_with("bad.zither"));
    }

    #[test]
    fn a_folder_that_is_missing_is_a_problem_and_a_circle_of_links_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(scan(&folder.path().join("missing")).1.len(), 1);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
            assert!(scan(folder.path()).0.is_empty());
        }
    }
}
