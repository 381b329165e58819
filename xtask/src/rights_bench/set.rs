//! Everything that a matcher is asked, in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::music::{self, Role, Track};
use super::truth::{self, Half, Kind, Truth};
use super::{families, queries, sessions, versions};

/// The file of truths; it is written last, so that a set with it is whole.
const TRUTH: &str = "truth.jsonl";
/// Clips of each thing that is no recording.
const NOISES: usize = 16;
/// Sessions with embedded excerpts, of each half.
const SESSIONS: usize = 8;
/// Pieces that pad the catalogue, and their length in seconds: 4.9 hours.
const PADDING: (usize, f64) = (60, 294.0);
/// Pieces that are played anew, and their length in seconds; a third is held out.
const PIECES: (usize, f64) = (90, 40.0);

/// A catalogue, what is asked of it, and what is known of that.
pub(super) struct Set {
    pub(super) folder: PathBuf,
    pub(super) truths: Vec<Truth>,
}

impl Set {
    /// The set of recorded music in `folder`; what is missing is made, from packages in `cache`.
    ///
    /// # Errors
    /// If music cannot be fetched or a file not be written.
    pub(super) fn recorded(folder: &Path, cache: &Path) -> Result<Self> {
        Self::open_or(folder, || {
            let tracks = music::fetch(cache, folder)?;
            let recipes = families::all();
            let asked = [recipes.clone(), families::both()].concat();
            let mut truths = queries::make(&tracks, &asked, NOISES, folder)?;
            truths.extend(sessions::make(&tracks, &recipes, SESSIONS, folder)?);
            truths.extend(sessions::hours(&tracks, folder)?);
            let padding = music::pad(PADDING.0, PADDING.1, folder)?;
            Self { folder: folder.to_owned(), truths }.write(&tracks, padding)
        })
    }

    /// A small set of music that we make, in `folder`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) fn generated(folder: &Path) -> Result<Self> {
        Self::open_or(folder, || {
            let tracks = music::generate(&music::compose(100, 18, 60.0), folder)?;
            let recipes = families::short(2);
            let mut truths = queries::make(&tracks, &recipes, 4, folder)?;
            truths.extend(sessions::make(&tracks, &recipes, 1, folder)?);
            Self { folder: folder.to_owned(), truths }.write(&tracks, Vec::new())
        })
    }

    /// A catalogue of music that we make, and sessions with excerpts of it, in `folder`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) fn sessions(folder: &Path) -> Result<Self> {
        Self::open_or(folder, || {
            let tracks = music::generate(&music::compose(100, 18, 60.0), folder)?;
            let truths = sessions::make(&tracks, &families::short(1), SESSIONS / 2, folder)?;
            Self { folder: folder.to_owned(), truths }.write(&tracks, Vec::new())
        })
    }

    /// A set of music that we make, of the same played anew, and of other music like it, in `folder`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) fn resembling(folder: &Path) -> Result<Self> {
        Self::open_or(folder, || {
            let pieces = music::compose(2_000, PIECES.0, PIECES.1);
            let tracks = music::generate(&pieces, folder)?;
            let mut truths = queries::make(&tracks, &families::short(4), 0, folder)?;
            truths.extend(versions::make(&tracks, &pieces, folder)?);
            Self { folder: folder.to_owned(), truths }.write(&tracks, Vec::new())
        })
    }

    fn open_or(folder: &Path, make: impl FnOnce() -> Result<Self>) -> Result<Self> {
        if folder.join(TRUTH).exists() {
            return Ok(Self { folder: folder.to_owned(), truths: truth::read_lines(&folder.join(TRUTH))? });
        }
        for part in ["catalogue", "held-out", "padding", "queries", "sessions"] {
            fs::create_dir_all(folder.join(part)).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        println!("rights-bench: making queries in {}", folder.display());
        make()
    }

    fn write(self, tracks: &[Track], padding: Vec<PathBuf>) -> Result<Self> {
        let catalogue = tracks.iter().filter(|track| track.role == Role::Catalogue).map(|track| track.path.clone());
        let catalogue: Vec<PathBuf> = catalogue.collect();
        write_list(&self.catalogue(), &catalogue)?;
        write_list(&self.padded(), &[catalogue, padding].concat())?;
        write_list(&self.folder.join("queries.txt"), &self.queries())?;
        write_list(&self.folder.join("sessions.txt"), &self.streams())?;
        truth::write_lines(&self.folder.join(TRUTH), &self.truths)?;
        Ok(self)
    }

    /// The list of the tracks that excerpts are cut from.
    pub(super) fn catalogue(&self) -> PathBuf {
        self.folder.join("catalogue.txt")
    }

    /// The same list with the tracks that pad it.
    pub(super) fn padded(&self) -> PathBuf {
        self.folder.join("catalogue-padded.txt")
    }

    /// Paths of all clips.
    pub(super) fn queries(&self) -> Vec<PathBuf> {
        self.files(|truth| truth.kind != Kind::Session)
    }

    /// Paths of all streams.
    pub(super) fn streams(&self) -> Vec<PathBuf> {
        self.files(|truth| truth.kind == Kind::Session)
    }

    fn files(&self, wanted: impl Fn(&Truth) -> bool) -> Vec<PathBuf> {
        self.truths.iter().filter(|truth| wanted(truth)).map(|truth| self.folder.join(&truth.file)).collect()
    }

    /// Only what belongs to that half, if one is given.
    pub(super) fn half(mut self, half: Option<Half>) -> Self {
        self.truths.retain(|truth| half.is_none_or(|half| truth.half == half));
        self
    }
}

/// Writes a list of files, one absolute path a line.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write_list(path: &Path, files: &[PathBuf]) -> Result<()> {
    let lines: Result<String> =
        files.iter().map(|file| Ok(format!("{}\n", std::path::absolute(file)?.display()))).collect();
    fs::write(path, lines?).with_context(|| format!("cannot write {}", path.display()))
}
