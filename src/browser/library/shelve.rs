//! The user's presets folder: where presets are saved, renamed, moved and put away. Nothing is overwritten by another
//! preset, and what is deleted or replaced lies in the trash.

use std::fs;
use std::io::{Error, Write};
use std::path::{Component, Path, PathBuf};

use super::naming::{file_stem, place};
use super::{TRASH, USER_BANK};
use crate::browser::folders;
use crate::browser::preset::{EXTENSION, Preset, PresetError, make_readable};

/// The user's presets folder. Its functions touch the disk, so they are not for the audio thread, and on the GUI thread
/// for single presets only. Other programs may change the folder meanwhile.
#[derive(Clone, Debug)]
pub struct PresetFolder {
    root: PathBuf,
}

/// Why a preset was not saved, moved or changed. Nothing was lost.
#[derive(Debug, thiserror::Error)]
pub enum ShelveError {
    /// The system names no home folder.
    #[error("there is no folder for presets: set {} to one", folders::HOME_VARIABLE)]
    NoFolder,
    /// Presets of the factory stay as they are.
    #[error("{} comes with Zither: save it into a bank of your own and change that", .0.display())]
    Factory(PathBuf),
    /// A bank of this name has another purpose.
    #[error("`{0}` cannot be a bank of yours: choose another name")]
    Reserved(String),
    /// A path that is none of a preset in the folder.
    #[error("{} is no preset of your presets folder", .0.display())]
    NotHere(PathBuf),
    /// A file or folder said no.
    #[error("{} {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: PresetError,
    },
}

impl ShelveError {
    pub(super) fn of(path: &Path) -> impl Fn(PresetError) -> Self {
        move |reason| Self::File { path: path.to_owned(), reason }
    }

    pub(super) fn of_io(path: &Path) -> impl Fn(Error) -> Self {
        move |error| Self::File { path: path.to_owned(), reason: error.into() }
    }
}

/// Whether a file lies in the trash of the user's presets folder.
#[must_use]
pub fn is_in_trash(file: &Path) -> bool {
    folders::presets().is_some_and(|folder| file.starts_with(folder.join(TRASH)))
}

impl PresetFolder {
    /// The folder of this user.
    ///
    /// # Errors
    /// If the system names no home folder.
    pub fn of_user() -> Result<Self, ShelveError> {
        folders::presets().map(Self::at).ok_or(ShelveError::NoFolder)
    }

    /// Any folder, which need not exist yet.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Saves a preset under its name into a bank of the user's and a folder there (names parted by `/`, or empty). Where
    /// a file of that name lies already, another name is found. Where it went is returned.
    ///
    /// # Errors
    /// If the bank may not be the user's, the preset would be refused when read, or the disk says no.
    pub fn save(&self, preset: &Preset, bank: &str, folder: &str) -> Result<PathBuf, ShelveError> {
        let folder = self.make_folder(bank, folder)?;
        place(&folder, &file_stem(&preset.name), EXTENSION, |path| preset.write_new(path))
    }

    /// Saves a preset in place of the one in a file of the folder, which goes to the trash. Whoever reads meanwhile finds
    /// the one or the other.
    ///
    /// # Errors
    /// As [`PresetFolder::save`], and if the file is none of the user's own.
    pub fn replace(&self, path: &Path, preset: &Preset) -> Result<(), ShelveError> {
        self.check_own(path)?;
        copy(path, &self.trash_of(path)?)?;
        preset.write(path).map_err(ShelveError::of(path))
    }

    /// Gives a preset another name, and its file too.
    ///
    /// # Errors
    /// As [`PresetFolder::replace`].
    pub fn rename(&self, path: &Path, name: &str) -> Result<PathBuf, ShelveError> {
        self.check_own(path)?;
        let mut preset = Preset::read(path).map_err(ShelveError::of(path))?;
        name.trim().clone_into(&mut preset.name);
        let stem = file_stem(name);
        let old = path.file_stem().unwrap_or_default().to_string_lossy();
        if old.to_lowercase() == stem.to_lowercase() {
            return preset.write(path).map(|()| path.to_owned()).map_err(ShelveError::of(path));
        }
        let folder = path.parent().unwrap_or(&self.root);
        let new = place(folder, &stem, EXTENSION, |path| preset.write_new(path))?;
        // Both are there for a moment: one sound in two places, and nothing lost if this is where it ends.
        fs::remove_file(path).map_err(ShelveError::of_io(path))?;
        Ok(new)
    }

    /// Moves a preset into another bank and folder, as it is.
    ///
    /// # Errors
    /// As [`PresetFolder::replace`].
    pub fn move_to(&self, path: &Path, bank: &str, folder: &str) -> Result<PathBuf, ShelveError> {
        self.check_own(path)?;
        let folder = self.make_folder(bank, folder)?;
        if path.parent() == Some(&*folder) { Ok(path.to_owned()) } else { carry(path, &folder) }
    }

    /// Puts a preset into the trash, where it lies as it did in the presets folder. Where it went is returned.
    ///
    /// # Errors
    /// As [`PresetFolder::replace`].
    pub fn delete(&self, path: &Path) -> Result<PathBuf, ShelveError> {
        self.check_own(path)?;
        let trash = self.trash_of(path)?;
        carry(path, &trash)
    }

    /// Takes a preset out of the trash, back to where it lay.
    ///
    /// # Errors
    /// If it is not in the trash, or the disk says no.
    pub fn restore(&self, path: &Path) -> Result<PathBuf, ShelveError> {
        let not_here = || ShelveError::NotHere(path.to_owned());
        let below = self.below(path).and_then(|below| below.strip_prefix(TRASH).ok()).ok_or_else(not_here)?;
        let folder = self.root.join(below.parent().unwrap_or(below));
        fs::create_dir_all(&folder).map_err(ShelveError::of_io(&folder))?;
        carry(path, &folder)
    }

    /// Puts tags on presets and takes others off, whatever their case; the sound stays. How many were changed, and what
    /// kept others from it.
    #[must_use]
    pub fn retag(&self, paths: &[PathBuf], add: &[&str], remove: &[&str]) -> (usize, Vec<ShelveError>) {
        let (mut changed, mut problems) = (0, Vec::new());
        for path in paths {
            match self.retag_one(path, add, remove) {
                Ok(differs) => changed += usize::from(differs),
                Err(problem) => problems.push(problem),
            }
        }
        (changed, problems)
    }

    fn retag_one(&self, path: &Path, add: &[&str], remove: &[&str]) -> Result<bool, ShelveError> {
        self.check_own(path)?;
        let mut preset = Preset::read(path).map_err(ShelveError::of(path))?;
        let same = |a: &str, b: &str| super::fold(a.trim()) == super::fold(b.trim());
        let before = preset.tags.clone();
        preset.tags.retain(|tag| !remove.iter().any(|other| same(tag, other)));
        for tag in add.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            if !preset.tags.iter().any(|other| same(tag, other)) {
                preset.tags.push(tag.to_owned());
            }
        }
        let differs = preset.tags != before;
        if differs {
            preset.write(path).map_err(ShelveError::of(path))?;
        }
        Ok(differs)
    }

    /// The folder of a bank, made where it is not there.
    pub(super) fn make_folder(&self, bank: &str, folder: &str) -> Result<PathBuf, ShelveError> {
        let bank = if bank.trim().is_empty() { USER_BANK } else { bank };
        let stem = file_stem(bank);
        if [folders::FACTORY, TRASH].iter().any(|reserved| stem.eq_ignore_ascii_case(reserved)) {
            return Err(ShelveError::Reserved(bank.to_owned()));
        }
        let mut path = self.root.join(stem);
        path.extend(folder.split(['/', '\\']).filter(|name| !name.trim().is_empty()).map(file_stem));
        fs::create_dir_all(&path).map_err(ShelveError::of_io(&path))?;
        Ok(path)
    }

    /// The path below the folder, where it is one and does not climb out of it.
    fn below<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let below = path.strip_prefix(&self.root).ok()?;
        let is_plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        (is_plain && path.extension().is_some_and(|extension| extension == EXTENSION)).then_some(below)
    }

    /// That a file is one of the user's own presets.
    fn check_own(&self, path: &Path) -> Result<(), ShelveError> {
        let below = self.below(path).ok_or_else(|| ShelveError::NotHere(path.to_owned()))?;
        let first = below.iter().next().unwrap_or_default();
        if first.eq_ignore_ascii_case(folders::FACTORY) {
            return Err(ShelveError::Factory(path.to_owned()));
        }
        if first.eq_ignore_ascii_case(TRASH) || !path.is_file() {
            return Err(ShelveError::NotHere(path.to_owned()));
        }
        Ok(())
    }

    /// The folder of the trash for a file, made where it is not there.
    fn trash_of(&self, path: &Path) -> Result<PathBuf, ShelveError> {
        let below = self.below(path).and_then(Path::parent).unwrap_or(Path::new(""));
        let trash = self.root.join(TRASH).join(below);
        fs::create_dir_all(&trash).map_err(ShelveError::of_io(&trash))?;
        Ok(trash)
    }
}

/// Moves a file into a folder under a name that is free there, byte by byte and with its time.
fn carry(path: &Path, folder: &Path) -> Result<PathBuf, ShelveError> {
    let new = copy(path, folder)?;
    fs::remove_file(path).map_err(ShelveError::of_io(path))?;
    Ok(new)
}

fn copy(path: &Path, folder: &Path) -> Result<PathBuf, ShelveError> {
    let bytes = fs::read(path).map_err(ShelveError::of_io(path))?;
    let modified = fs::metadata(path).and_then(|about| about.modified()).ok();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    place(folder, &stem, EXTENSION, |to| {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&bytes)?;
        modified.map(|time| file.as_file().set_modified(time)).transpose()?;
        make_readable(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(to).map_err(|error| error.error)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{library, preset, user_folder, write};
    use super::*;

    fn below(folder: &PresetFolder, path: &Path) -> String {
        path.strip_prefix(folder.path()).unwrap().to_str().unwrap().replace('\\', "/")
    }

    /// Every file below the folder.
    fn files(folder: &PresetFolder) -> Vec<String> {
        let (presets, problems) = crate::browser::preset::scan(folder.path());
        assert!(problems.is_empty(), "{problems:?}");
        presets.iter().map(|(path, _)| below(folder, path)).collect()
    }

    #[test]
    fn a_preset_is_saved_under_its_name_and_never_over_another() {
        let (_room, folder) = user_folder();
        let save = |name: &str, sound| below(&folder, &folder.save(&preset(name, sound), "Mine", "Keys/Soft").unwrap());
        assert_eq!(save("Glass", 0.1), "Mine/Keys/Soft/Glass.zither");
        assert_eq!(save("Glass", 0.2), "Mine/Keys/Soft/Glass 2.zither");
        assert_eq!(save("GLASS", 0.3), "Mine/Keys/Soft/GLASS 3.zither");
        assert_eq!(save("AC/DC", 0.4), "Mine/Keys/Soft/AC_DC.zither");
        let root = folder.save(&preset("Loose", 0.5), "", "").unwrap();
        assert_eq!(below(&folder, &root), "User/Loose.zither");
        let up = folder.save(&preset("Up", 0.6), "../../up", "../..").unwrap();
        assert!(up.starts_with(folder.path()), "{}", up.display());
        for reserved in ["Factory", "trash", " FACTORY "] {
            let refused = folder.save(&preset("x", 0.7), reserved, "").unwrap_err();
            assert!(matches!(refused, ShelveError::Reserved(_)), "{refused}");
        }
    }

    #[test]
    fn what_is_replaced_or_deleted_lies_in_the_trash_and_comes_back() {
        let (_room, folder) = user_folder();
        let path = folder.save(&preset("Glass", 0.1), "Mine", "Keys").unwrap();
        folder.replace(&path, &preset("Glass", 0.2)).unwrap();
        assert_eq!(Preset::read(&path).unwrap(), preset("Glass", 0.2));
        let gone = folder.delete(&path).unwrap();
        assert_eq!(files(&folder), ["Trash/Mine/Keys/Glass 2.zither", "Trash/Mine/Keys/Glass.zither"]);
        assert!(library(folder.path()).entries().iter().all(crate::browser::library::Entry::is_factory));
        assert_eq!(folder.restore(&gone).unwrap(), path.with_file_name("Glass 2.zither"));
        assert_eq!(Preset::read(&path.with_file_name("Glass 2.zither")).unwrap(), preset("Glass", 0.2));
        assert!(folder.restore(&gone).is_err() && folder.delete(&gone).is_err());
    }

    #[test]
    fn a_renamed_and_a_moved_preset_keep_their_sound() {
        let (_room, folder) = user_folder();
        let path = folder.save(&preset("Glass", 0.1), "Mine", "").unwrap();
        folder.save(&preset("Ice", 0.2), "Mine", "").unwrap();
        let path = folder.rename(&path, " glass ").unwrap();
        assert_eq!(
            (below(&folder, &path).as_str(), Preset::read(&path).unwrap().name.as_str()),
            ("Mine/Glass.zither", "glass")
        );
        let path = folder.rename(&path, "ice").unwrap();
        assert_eq!(below(&folder, &path), "Mine/ice 2.zither");
        let path = folder.move_to(&path, "Cold", "Bells").unwrap();
        assert_eq!(folder.move_to(&path, "Cold", "Bells").unwrap(), path);
        assert_eq!(files(&folder), ["Cold/Bells/ice 2.zither", "Mine/Ice.zither"]);
        assert_eq!(Preset::read(&path).unwrap().id(), preset("", 0.1).id());
    }

    #[test]
    fn tags_are_put_on_and_taken_off_many_presets_and_the_sound_stays() {
        let (_room, folder) = user_folder();
        let save = |name: &str, sound| folder.save(&preset(name, sound), "Mine", "").unwrap();
        let mut paths = vec![save("A", 0.1), save("B", 0.2)];
        assert_eq!(folder.retag(&paths, &["Warm", "wide", " "], &[]).0, 2);
        assert_eq!(folder.retag(&paths[..1], &["WARM"], &[]).0, 0, "it has that one");
        paths.push(folder.path().join("Mine/Gone.zither"));
        let (changed, problems) = folder.retag(&paths, &["dark"], &["warm"]);
        assert_eq!((changed, problems.len()), (2, 1));
        let after = Preset::read(&paths[0]).unwrap();
        assert_eq!((after.id(), after.tags), (preset("", 0.1).id(), vec!["wide".to_owned(), "dark".to_owned()]));
    }

    #[test]
    fn presets_of_the_factory_and_files_from_elsewhere_are_left_alone() {
        let (room, folder) = user_folder();
        write(folder.path(), &[("Factory/Glass.zither", preset("Glass", 0.1))]);
        let factory = folder.path().join("Factory/Glass.zither");
        assert!(matches!(folder.delete(&factory), Err(ShelveError::Factory(_))));
        assert!(matches!(folder.rename(&factory, "x"), Err(ShelveError::Factory(_))));
        let elsewhere = room.path().join("x.zither");
        preset("x", 0.2).write(&elsewhere).unwrap();
        for path in
            [elsewhere.clone(), folder.path().join("Mine/../../x.zither"), folder.path().join("Mine/none.zither")]
        {
            assert!(matches!(folder.delete(&path), Err(ShelveError::NotHere(_))), "{}", path.display());
        }
        assert!(elsewhere.exists());
    }

    #[test]
    fn two_who_save_one_name_at_once_have_two_files() {
        let (_room, folder) = user_folder();
        std::thread::scope(|scope| {
            for sound in 0..8 {
                let folder = &folder;
                scope.spawn(move || folder.save(&preset("Same", sound as f32 / 10.0), "Mine", "").unwrap());
            }
        });
        assert_eq!(files(&folder).len(), 8);
    }
}
