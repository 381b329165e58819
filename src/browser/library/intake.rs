//! Taking presets into the user's folder: a file, a bank, or a folder full of both. Nothing there is replaced.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::USER_BANK;
use super::course::Course;
use super::exchange::{BANK_EXTENSION, Bank};
use super::naming::{file_stem, place_among, taken_in};
use super::shelve::{PresetFolder, ShelveError};
use crate::browser::preset::{EXTENSION, MAX_DEPTH, MAX_PRESETS, Preset, list, list_ending};

/// Problems that are told one by one; more are counted.
const MAX_TOLD: usize = 1_000;

/// What came of it, as a sentence by [`fmt::Display`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Presets that were written.
    pub taken: usize,
    /// Presets that lay in their folder already, just as they are.
    pub known: usize,
    /// What could not be taken.
    pub failed: usize,
    /// Which file that was, and why, of the first thousand.
    pub problems: Vec<String>,
    /// It was ended before all was taken.
    pub is_stopped: bool,
}

/// A folder of the user's that presets go into.
struct Slot {
    folder: PathBuf,
    /// The texts of the presets that lie there.
    known: HashSet<String>,
    /// The names of the files there.
    taken: HashSet<String>,
}

/// Takes a preset file, a bank file or all that lies in a folder into banks of the user's: into `bank`, or where that is
/// none into that of each bank file, into one that is called as the folder, and single files into `User`. A preset that lies
/// there already is not written again; one that is called as another gets another file name.
#[must_use]
pub fn take_in(into: &PresetFolder, path: &Path, bank: Option<&str>, course: &Course) -> Intake {
    let mut intake = Intake::default();
    if path.starts_with(into.path()) {
        intake.fail(format!("{} lies in your presets folder already", path.display()));
    } else if path.is_dir() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let loose = bank.map(str::to_owned).or(name).unwrap_or_else(|| USER_BANK.to_owned());
        let found = folders(path, into.path(), &mut intake);
        course.expect(found.iter().flat_map(|(_, files)| files).filter(|file| !is_bank(file)).count());
        for (below, files) in found {
            intake.take_files(into, &files, (bank, &loose, &below), course);
        }
    } else {
        course.expect(usize::from(!is_bank(path)));
        intake.take_files(into, &[path.to_owned()], (bank, bank.unwrap_or(USER_BANK), ""), course);
    }
    intake.is_stopped = !course.goes_on();
    intake
}

impl Bank {
    /// Writes the presets into a bank of the user's, as [`take_in`] does.
    ///
    /// # Errors
    /// If the bank may not be the user's, as `Factory`, or its folder cannot be made.
    pub fn import(&self, into: &PresetFolder, bank: &str, course: &Course) -> Result<Intake, ShelveError> {
        into.make_folder(bank, "")?;
        let mut intake = Intake::default();
        // By folder, so that each is listed once.
        let mut presets: Vec<&(String, Preset)> = self.presets.iter().collect();
        presets.sort_by(|(a, _), (b, _)| a.cmp(b));
        course.expect(presets.len());
        for together in presets.chunk_by(|(a, _), (b, _)| a == b) {
            match Slot::open(into, bank, &together[0].0) {
                Ok(mut slot) => {
                    for (_, preset) in together.iter().take_while(|_| course.goes_on()) {
                        intake.count(slot.put(preset));
                        course.step();
                    }
                }
                Err(problem) => intake.fail(problem),
            }
        }
        Ok(intake)
    }
}

impl Intake {
    /// Files of one folder: banks into their bank, presets into `loose` and the folder `below` it.
    fn take_files(
        &mut self,
        into: &PresetFolder,
        files: &[PathBuf],
        (bank, loose, below): (Option<&str>, &str, &str),
        course: &Course,
    ) {
        let mut slot = None;
        for file in files {
            if !course.goes_on() {
                return;
            }
            if is_bank(file) {
                self.take_bank(into, file, bank, course);
                continue;
            }
            course.step();
            match Preset::read(file) {
                Ok(preset) => match slot.get_or_insert_with(|| Slot::open(into, loose, below)) {
                    Ok(slot) => self.count(slot.put(&preset)),
                    Err(problem) => self.fail(problem),
                },
                Err(error) => self.fail(format!("{} {error}", file.display())),
            }
        }
    }

    fn take_bank(&mut self, into: &PresetFolder, file: &Path, bank: Option<&str>, course: &Course) {
        let shown = file.display();
        match Bank::read(file) {
            Ok((read, problems)) => {
                problems.iter().for_each(|problem| self.fail(format!("{shown}: {problem}")));
                if read.presets.is_empty() {
                    return;
                }
                match read.import(into, bank.unwrap_or(&read.name), course) {
                    Ok(imported) => self.add(imported),
                    Err(problem) => self.fail(format!("{shown}: {problem}")),
                }
            }
            Err(error) => self.fail(format!("{shown} {error}")),
        }
    }

    fn count(&mut self, put: Result<bool, ShelveError>) {
        match put {
            Ok(true) => self.taken += 1,
            Ok(false) => self.known += 1,
            Err(problem) => self.fail(problem),
        }
    }

    fn fail(&mut self, problem: impl fmt::Display) {
        self.failed += 1;
        if self.problems.len() < MAX_TOLD {
            self.problems.push(problem.to_string());
        }
    }

    fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.known += other.known;
        self.failed += other.failed;
        self.problems.extend(other.problems);
        self.problems.truncate(MAX_TOLD);
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.taken, self.known, self.failed, self.is_stopped) == (0, 0, 0, false) {
            return write!(f, "No preset was found there.");
        }
        if self.is_stopped {
            write!(f, "Stopped: ")?;
        }
        let presets = if self.taken == 1 { "1 preset".to_owned() } else { format!("{} presets", self.taken) };
        write!(f, "{presets} taken, {} were there already, {} could not be taken.", self.known, self.failed)
    }
}

impl Slot {
    /// The folder of a bank, made where it is not there, no deeper than presets are looked for.
    fn open(into: &PresetFolder, bank: &str, folder: &str) -> Result<Self, ShelveError> {
        let shallow = folder.split('/').take(MAX_DEPTH - 1).collect::<Vec<_>>().join("/");
        let folder = into.make_folder(bank, &shallow)?;
        let files = list(&folder).map(|listed| listed.files).unwrap_or_default();
        let known = files.into_iter().filter_map(|(path, _)| Some(Preset::read(&path).ok()?.to_json())).collect();
        Ok(Self { taken: taken_in(&folder)?, folder, known })
    }

    /// Puts a preset there; whether it was not there yet.
    fn put(&mut self, preset: &Preset) -> Result<bool, ShelveError> {
        let text = preset.to_json();
        if self.known.contains(&text) {
            return Ok(false);
        }
        let (stem, write) = (file_stem(&preset.name), |path: &Path| preset.write_new(path));
        place_among(&self.folder, &mut self.taken, &stem, EXTENSION, write)?;
        self.known.insert(text);
        Ok(true)
    }
}

fn is_bank(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == BANK_EXTENSION)
}

/// What may be taken of a folder and those below it `but` one: their names from there, parted by `/`, and their files.
fn folders(root: &Path, but: &Path, intake: &mut Intake) -> Vec<(String, Vec<PathBuf>)> {
    let (mut found, mut room) = (Vec::new(), MAX_PRESETS);
    let mut waiting = vec![(String::new(), root.to_owned(), 0)];
    while let Some((below, path, depth)) = waiting.pop() {
        if path == but {
            continue;
        }
        let listed = match list_ending(&path, &[EXTENSION, BANK_EXTENSION]) {
            Ok(listed) => listed,
            Err(error) => {
                intake.fail(format!("{} cannot be read: {error}", path.display()));
                continue;
            }
        };
        let files: Vec<PathBuf> = listed.files.into_iter().map(|(file, _)| file).take(room).collect();
        room -= files.len();
        if depth < MAX_DEPTH {
            // The last is taken first.
            waiting.extend(listed.folders.into_iter().rev().map(|folder| {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let below = if below.is_empty() { name } else { format!("{below}/{name}") };
                (below, folder, depth + 1)
            }));
        }
        found.push((below, files));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{library, preset, user_folder, write};
    use super::*;

    fn bank() -> Bank {
        let presets = vec![("Keys".to_owned(), preset("Glass", 0.1)), (String::new(), preset("Zang", 0.3))];
        Bank { name: "Mine".to_owned(), presets }
    }

    fn taken(intake: &Intake) -> (usize, usize, usize) {
        (intake.taken, intake.known, intake.failed)
    }

    #[test]
    fn an_import_writes_what_is_new_once_and_replaces_nothing() {
        let (_room, folder) = user_folder();
        let import = |bank: &Bank| bank.import(&folder, "Mine", &Course::default()).unwrap();
        assert_eq!(taken(&import(&bank())), (2, 0, 0));
        assert_eq!(taken(&import(&bank())), (0, 2, 0));
        let mut other = bank();
        other.presets[0].1 = preset("Glass", 0.9);
        assert_eq!(taken(&import(&other)), (1, 1, 0));
        let there = |name: &str| Preset::read(&folder.path().join("Mine/Keys").join(name)).unwrap();
        assert_eq!((there("Glass.zither"), there("Glass 2.zither")), (preset("Glass", 0.1), preset("Glass", 0.9)));
        assert!(bank().import(&folder, "Factory", &Course::default()).is_err());
    }

    #[test]
    fn a_bank_from_elsewhere_cannot_leave_the_folder() {
        let (room, folder) = user_folder();
        let deep = vec!["deep"; 100].join("/");
        let presets =
            vec![("../../..".into(), preset("../x", 0.1)), ("/etc".into(), preset("y", 0.2)), (deep, preset("z", 0.3))];
        let bank = Bank { name: "../up".into(), presets };
        assert_eq!(taken(&bank.import(&folder, &bank.name, &Course::default()).unwrap()), (3, 0, 0));
        assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 1);
        assert_eq!(library(folder.path()).entries().iter().filter(|entry| !entry.is_factory()).count(), 3);
    }

    #[test]
    fn a_folder_is_taken_with_its_folders_and_banks_and_each_broken_file_is_named() {
        let (room, folder) = user_folder();
        let from = room.path().join("Theirs");
        write(&from, &[("Soft/Ice.zither", preset("Ice", 0.5)), ("Top.zither", preset("Top", 0.6))]);
        bank().write(&from.join("Soft/Mine.zitherbank")).unwrap();
        std::fs::write(from.join("bad.zither"), "{").unwrap();
        std::fs::write(from.join("notes.txt"), "{").unwrap();
        let course = Course::default();
        let intake = take_in(&folder, &from, None, &course);
        assert_eq!((taken(&intake), course.so_far()), ((4, 0, 1), (5, 5)));
        assert!(intake.problems[0].contains("bad.zither") && !intake.is_stopped, "{:?}", intake.problems);
        assert_eq!(intake.to_string(), "4 presets taken, 0 were there already, 1 could not be taken.");
        for file in ["Theirs/Soft/Ice.zither", "Theirs/Top.zither", "Mine/Keys/Glass.zither", "Mine/Zang.zither"] {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
        assert_eq!(taken(&take_in(&folder, &from, None, &Course::default())), (0, 4, 1));
        let single = take_in(&folder, &from.join("Top.zither"), None, &Course::default());
        assert_eq!((taken(&single), folder.path().join("User/Top.zither").is_file()), ((1, 0, 0), true));
        let gone = take_in(&folder, &from.join("gone.zither"), None, &Course::default());
        assert!(gone.problems[0].contains("gone.zither"), "{gone:?}");
        let own = take_in(&folder, &folder.path().join("Mine"), None, &Course::default());
        assert!(own.problems[0].contains("already"), "{own:?}");
        let all = take_in(&folder, room.path(), Some("All"), &Course::default());
        assert_eq!(taken(&all), (4, 0, 1), "what lies in the presets folder is no part of it");
        let none = room.path().join("empty");
        std::fs::create_dir(&none).unwrap();
        let none = take_in(&folder, &none, None, &Course::default());
        assert_eq!(none.to_string(), "No preset was found there.");
    }

    #[test]
    fn what_is_stopped_ends_with_what_was_taken() {
        let (room, folder) = user_folder();
        let from = room.path().join("Many");
        let files: Vec<(String, Preset)> =
            (0..300).map(|number| (format!("{number}.zither"), preset("Same", number as f32 / 1_000.0))).collect();
        write(&from, &files.iter().map(|(name, preset)| (name.as_str(), preset.clone())).collect::<Vec<_>>());
        let course = Course::default();
        let intake = std::thread::scope(|scope| {
            let work = scope.spawn(|| take_in(&folder, &from, None, &course));
            while course.so_far().0 < 3 {
                std::thread::yield_now();
            }
            course.stop();
            work.join().unwrap()
        });
        assert!(intake.is_stopped && intake.taken >= 3 && intake.taken < 300, "{intake:?}");
        assert!(intake.to_string().starts_with("Stopped: "), "{intake}");
        assert_eq!(list(&folder.path().join("Many")).unwrap().files.len(), intake.taken);
        let rest = take_in(&folder, &from, None, &Course::default());
        assert_eq!((rest.taken, rest.known), (300 - intake.taken, intake.taken), "the rest is taken another time");
    }
}
