//! From a folder tree of audio files to a [`Dataset`]. A bad file becomes a line in a list, never the end of the work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use indicatif::ProgressBar;

use super::cache::{self, Cached, FileState};
use super::{Dataset, FRAMES_PER_SECOND, InstrumentNotes, Label, StoredNote};
use crate::analysis;
use crate::analysis::frames::{ANALYSIS_RATE, NoteFrames};
use crate::media::audio::read_mono_48k;

/// Analyses the samples of a note (48 kHz, from note-on) at its pitch, or at its own estimate where that is `None`; or
/// says why it cannot.
pub type Analyse<'a> = &'a (dyn Fn(&[f32], Option<f32>) -> Result<NoteFrames, String> + Sync);

/// The usual [`Analyse`].
///
/// # Errors
/// If no pitch is given and none can be made out, or the note cannot be analysed.
pub fn analyse_note(samples: &[f32], pitch: Option<f32>) -> Result<NoteFrames, String> {
    // To the semitone: what remains is the note's tuning, which the slots tell.
    let estimate = || analysis::pitch::estimate_pitch(samples).map(f32::round);
    let pitch = pitch.or_else(estimate).ok_or("no pitch can be made out; put it in the file's name, such as C4")?;
    analysis::analyse(samples, pitch).map_err(|error| error.to_string())
}

/// Folder of the cache, in the data's own folder.
const CACHE_FOLDER: &str = ".zither-notes";
/// Endings of the files that are read.
const ENDINGS: [&str; 4] = ["wav", "flac", "ogg", "oga"];
/// Deepest folder below the data's own.
const MAX_DEPTH: usize = 8;
/// Velocity of notes that do not tell theirs.
const DEFAULT_VELOCITY: f32 = 100.0;
/// Longest note that is looked at, in samples: what comes later is not trained on.
const MAX_SAMPLES: usize = 4 * ANALYSIS_RATE as usize;

/// How a folder is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Also train on notes whose names say that they are for judging.
    pub all_notes: bool,
    /// Threads to analyse on; at least one is used.
    pub threads: usize,
}

/// What came of a folder.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The notes.
    pub data: Dataset,
    /// Files without a usable note.
    pub problems: Vec<Problem>,
    /// How many notes were left out because they are for judging.
    pub left_out: usize,
}

/// A file that is not trained on.
#[derive(Debug)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// Why not.
    pub reason: String,
}

/// Reads all notes below `folder`: each folder with audio files in it is an instrument.
#[must_use]
pub fn load(folder: &Path, options: LoadOptions, analyse: Analyse<'_>, progress: &ProgressBar) -> Loaded {
    let mut loaded = Loaded::default();
    let mut folders = BTreeMap::new();
    find(folder, folder, 0, &mut folders, &mut loaded.problems);
    for files in folders.values_mut() {
        let before = files.len();
        files.retain(|path| options.all_notes || !Label::read(&stem(path)).for_judging);
        loaded.left_out += before - files.len();
    }
    progress.set_length(folders.values().map(|files| files.len() as u64).sum());
    let folders: Vec<(String, Vec<PathBuf>)> = folders.into_iter().collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                while let Some((name, files)) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let instrument = load_instrument(folder, name, files, analyse, progress);
                    done.lock().expect("no thread panics with it").push((name.clone(), instrument));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics with it");
    done.sort_by(|a, b| a.0.cmp(&b.0));
    let mut instruments = Vec::with_capacity(done.len());
    for (name, (notes, problems)) in done {
        loaded.problems.extend(problems);
        instruments.extend(InstrumentNotes::new(name, notes));
    }
    loaded.data = Dataset::new(instruments);
    loaded
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Sorts the audio files below `folder` by the name of their instrument: the path of their folder below `root`.
fn find(
    root: &Path,
    folder: &Path,
    depth: usize,
    folders: &mut BTreeMap<String, Vec<PathBuf>>,
    problems: &mut Vec<Problem>,
) {
    let mut problem = |path: &Path, reason: String| problems.push(Problem { path: path.to_owned(), reason });
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return problem(folder, error.to_string()),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() && !hidden && depth < MAX_DEPTH {
            find(root, &path, depth + 1, folders, problems);
        } else if !hidden && ENDINGS.contains(&ending.as_str()) {
            folders.entry(instrument_name(root, folder)).or_default().push(path);
        }
    }
}

fn instrument_name(root: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().replace(['/', '\\'], " ");
    if below.is_empty() { root.file_name().unwrap_or_default().to_string_lossy().into_owned() } else { below }
}

fn load_instrument(
    root: &Path,
    name: &str,
    files: &[PathBuf],
    analyse: Analyse<'_>,
    progress: &ProgressBar,
) -> (Vec<StoredNote>, Vec<Problem>) {
    let cache_path = root.join(CACHE_FOLDER).join(format!("{name}.notes"));
    let mut cached: Cached = cache::read(&cache_path);
    let (mut notes, mut problems, mut fresh) = (Vec::new(), Vec::new(), 0);
    for path in files {
        let known = file_state(path).and_then(|state| cached.remove_entry(&state));
        let result = match known {
            Some(entry) => Ok(entry),
            None => {
                fresh += 1;
                load_note(path, analyse)
            }
        };
        match result {
            Ok(entry) => notes.push(entry),
            Err(reason) => problems.push(Problem { path: path.clone(), reason }),
        }
        progress.inc(1);
    }
    if fresh > 0
        && let Err(error) = cache::write(&cache_path, notes.iter().map(|(state, note)| (state, note)))
    {
        problems.push(Problem { path: cache_path, reason: format!("the cache cannot be written: {error}") });
    }
    (notes.into_iter().map(|(_, note)| note).collect(), problems)
}

fn file_state(path: &Path) -> Option<FileState> {
    let metadata = path.metadata().ok()?;
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    Some(FileState { name, bytes: metadata.len(), changed: changed.as_nanos() as u64 })
}

fn load_note(path: &Path, analyse: Analyse<'_>) -> Result<(FileState, StoredNote), String> {
    let state = file_state(path).ok_or("its size and time of change cannot be read")?;
    let label = Label::read(&stem(path));
    let mut samples = read_mono_48k(path).map_err(|error| with_sources(&error))?;
    if label.hold_ms.is_none() {
        samples.drain(..onset(&samples));
    }
    samples.truncate(MAX_SAMPLES);
    let note = analyse(&samples, label.pitch)?;
    let whole = note.frames.len() as f32;
    let hold = label.hold_ms.map_or(whole, |ms| (ms / 1_000.0 * FRAMES_PER_SECOND).clamp(1.0, whole.max(1.0)));
    let velocity = label.velocity.unwrap_or(DEFAULT_VELOCITY);
    let note = StoredNote::new(&note, velocity, hold).ok_or("nothing sounds in it")?;
    Ok((state, note))
}

/// Where a recorded note begins: a millisecond before it first comes within 40 dB of its peak.
fn onset(samples: &[f32]) -> usize {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let first = samples.iter().position(|sample| sample.abs() > 0.01 * peak).unwrap_or(0);
    first.saturating_sub(ANALYSIS_RATE as usize / 1_000)
}

fn with_sources(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::{Depth, write_wav};
    use crate::train::dataset::tests::tone;

    fn fill(folder: &Path) {
        let samples: Vec<f32> = (0..48_000).map(|i| 0.5 * (i as f32 * 0.05).sin()).collect();
        for name in ["a/p060_v050_h500.wav", "a/p061_v050_h500.wav", "b/C4.wav", "b/deep/62.wav"] {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_wav(&path, &[&samples], ANALYSIS_RATE, Depth::Int24).unwrap();
        }
        std::fs::write(folder.join("b/bad.wav"), b"no audio").unwrap();
        std::fs::write(folder.join("b/notes.txt"), b"no audio").unwrap();
    }

    #[test]
    fn a_folder_gives_what_is_good_and_names_what_is_not_and_is_analysed_once() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let analysed = AtomicUsize::new(0);
        let analyse = |_: &[f32], pitch: Option<f32>| {
            analysed.fetch_add(1, Ordering::Relaxed);
            Ok(tone(pitch.ok_or("no pitch")?, 0.5, 100.0))
        };
        let options = LoadOptions { threads: 2, ..LoadOptions::default() };
        let loaded = load(folder.path(), options, &analyse, &ProgressBar::hidden());
        let names: Vec<_> = loaded.data.instruments.iter().map(|instrument| instrument.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "b deep"]);
        assert_eq!((loaded.left_out, loaded.problems.len()), (1, 1), "{:?}", loaded.problems);
        assert!(loaded.problems[0].path.ends_with("bad.wav"));
        assert_eq!(loaded.data.instruments[0].notes[0].hold, 100.0);
        let again = load(folder.path(), options, &analyse, &ProgressBar::hidden());
        assert_eq!((again.data, analysed.load(Ordering::Relaxed)), (loaded.data, 3));
        let all = LoadOptions { all_notes: true, ..options };
        assert_eq!(load(folder.path(), all, &analyse, &ProgressBar::hidden()).data.notes(), 4);
    }

    #[test]
    fn silence_before_a_recorded_note_is_skipped() {
        let samples: Vec<f32> = (0..20_000).map(|i| if i < 9_600 { 1e-4 } else { 0.5 }).collect();
        assert_eq!(onset(&samples), 9_600 - 48);
    }
}
