//! Reads the presets folder, and afterwards only what is new in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::entry::{Card, Place, Shared};
use super::{Library, TRASH, USER_BANK};
use crate::browser::preset::{Listed, MAX_DEPTH, MAX_PRESETS, Preset, PresetError, Problem, count, list};
use crate::browser::{bank, folders};

/// File systems tell times to a hundredth of a second, or to two: a folder that was changed so shortly before it was
/// listed may be changed again without another time.
const SETTLED: Duration = Duration::from_secs(3);

/// How thoroughly to look for changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// List the folders that were changed: enough for files that come, go or are renamed into place. One question to the
    /// file system a folder.
    Folders,
    /// List all folders, so that files changed where they lie are noticed too. One question a file.
    Files,
}

/// Follows one presets folder. Used by one background thread.
#[derive(Debug)]
pub struct Scanner {
    /// The presets folder; it need not exist.
    root: Option<PathBuf>,
    folders: BTreeMap<PathBuf, Folder>,
    shared: Shared,
    /// What is built in.
    factory: Vec<Place>,
    looked: bool,
    progress: Arc<Progress>,
}

/// How far the first look has come, for any thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files there are, as far as their names say; 0 until they are counted.
    pub files: AtomicU32,
    /// Files that were read.
    pub read: AtomicU32,
}

/// A folder as it was listed last.
#[derive(Debug)]
struct Folder {
    modified: Option<SystemTime>,
    listed: SystemTime,
    files: Vec<File>,
    folders: Vec<PathBuf>,
    problem: Option<Arc<Problem>>,
}

/// A file as it was read last.
#[derive(Debug)]
struct File {
    path: PathBuf,
    modified: Option<SystemTime>,
    size: u64,
    outcome: Result<Arc<Card>, Arc<Problem>>,
}

impl Scanner {
    /// Reads nothing yet but what is built in.
    #[must_use]
    pub fn new(root: Option<PathBuf>) -> Self {
        let mut shared = Shared::default();
        let place = |(folder, preset): (&str, Preset)| Place {
            card: shared.card(&preset),
            bank: shared.text(folders::FACTORY),
            folder: shared.text(folder),
            path: None,
            modified: None,
        };
        let factory = bank::factory().map(place).collect();
        let progress = Arc::default();
        Self { root, folders: BTreeMap::new(), shared, factory, looked: false, progress }
    }

    /// The library of what was read so far; before the first look, of what is built in.
    pub fn library(&mut self) -> Library {
        let (mut places, mut problems) = (self.factory.clone(), Vec::new());
        let Some(root) = self.root.clone() else { return Library::new(places, problems) };
        for (path, folder) in &self.folders {
            let (bank, below) = bank_of(path.strip_prefix(&root).unwrap_or(path));
            let (bank, below) = (self.shared.text(&bank), self.shared.text(&below));
            problems.extend(folder.problem.clone());
            for file in &folder.files {
                match &file.outcome {
                    Ok(card) => places.push(Place {
                        card: Arc::clone(card),
                        bank: Arc::clone(&bank),
                        folder: Arc::clone(&below),
                        path: Some(file.path.clone()),
                        modified: file.modified,
                    }),
                    Err(problem) => problems.push(Arc::clone(problem)),
                }
            }
        }
        Library::new(places, problems)
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Looks at the folder and reads what is new or changed; whether that is anything, or this was the first look. Ends
    /// early where `go_on` says no; the next look at all files reads on from there.
    pub fn look(&mut self, look: Look, go_on: &dyn Fn() -> bool) -> bool {
        let mut before = std::mem::take(&mut self.folders);
        let mut changed = !std::mem::replace(&mut self.looked, true);
        if let Some(root) = self.root.as_ref().filter(|_| changed) {
            self.progress.files.store(count(root) as u32, Ordering::Relaxed);
        }
        let mut waiting: Vec<_> = self.root.iter().filter(|root| root.is_dir()).map(|root| (root.clone(), 0)).collect();
        let mut room = MAX_PRESETS;
        while let Some((path, depth)) = waiting.pop().filter(|_| go_on()) {
            let known = before.remove(&path);
            let (mut folder, differs) = match known {
                Some(known) if look == Look::Folders && known.is_as_listed(&path) => (known, false),
                known => self.list(&path, known, go_on),
            };
            if folder.files.len() > room {
                folder.files.truncate(room);
                folder.problem = Some(Arc::new(Problem { path: path.clone(), error: PresetError::TooMany }));
            }
            room -= folder.files.len();
            if depth < MAX_DEPTH {
                let wanted = folder.folders.iter().filter(|folder| depth > 0 || !is_trash(folder));
                waiting.extend(wanted.map(|folder| (folder.clone(), depth + 1)));
            }
            changed |= differs;
            self.folders.insert(path, folder);
        }
        changed || !before.is_empty()
    }

    /// Lists a folder; whether it differs from what was known of it.
    fn list(&mut self, path: &Path, known: Option<Folder>, go_on: &dyn Fn() -> bool) -> (Folder, bool) {
        // Asked before it is listed: what comes meanwhile makes another time.
        let (listed, modified) = (SystemTime::now(), modified(path));
        let is_new = known.is_none();
        let known = known.unwrap_or(Folder { modified, listed, files: vec![], folders: vec![], problem: None });
        let (Listed { files, folders }, problem) = match list(path) {
            Ok(listed) => (listed, None),
            Err(error) => (Listed::default(), Some(Arc::new(Problem { path: path.to_owned(), error: error.into() }))),
        };
        let mut differs = is_new || folders != known.folders || problem.is_some() != known.problem.is_some();
        let mut known: BTreeMap<PathBuf, File> =
            known.files.into_iter().map(|file| (file.path.clone(), file)).collect();
        let mut file = |(path, about): (PathBuf, std::fs::Metadata)| {
            let (modified, size) = (about.modified().ok(), about.len());
            let same = known.remove(&path).filter(|file| file.modified == modified && file.size == size);
            differs |= same.is_none();
            same.unwrap_or_else(|| File { outcome: self.read(&path), path, modified, size })
        };
        let files = files.into_iter().take_while(|_| go_on()).map(&mut file).collect();
        differs |= !known.is_empty();
        (Folder { modified, listed, files, folders, problem }, differs)
    }

    fn read(&mut self, path: &Path) -> Result<Arc<Card>, Arc<Problem>> {
        self.progress.read.fetch_add(1, Ordering::Relaxed);
        let read = Preset::read(path).map(|preset| self.shared.card(&preset));
        read.map_err(|error| Arc::new(Problem { path: path.to_owned(), error }))
    }
}

impl Folder {
    fn is_as_listed(&self, path: &Path) -> bool {
        let settled = |time: SystemTime| self.listed.duration_since(time).is_ok_and(|since| since > SETTLED);
        self.problem.is_none() && self.modified.is_some_and(settled) && self.modified == modified(path)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

fn is_trash(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.eq_ignore_ascii_case(TRASH))
}

/// The bank of a folder below that of the presets, and its place in the bank.
fn bank_of(below: &Path) -> (String, String) {
    let mut names = below.iter().map(|name| name.to_string_lossy());
    let bank = names.next().map_or(USER_BANK.to_owned(), |name| name.into_owned());
    (bank, names.collect::<Vec<_>>().join("/"))
}
