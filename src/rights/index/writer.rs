//! Changes an index on disk: build, add, remove, compact.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::peaks::Peak;
use super::builder::{NewTrack, SegmentBuilder, TrackError};
use super::error::{IndexError, io_at};
use super::manifest::{self, Entry, Manifest};
use super::{Cache, Index, Segment};

/// Name of the file that a writer locks.
const LOCK: &str = "index.lock";

/// Why a track was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It cannot stand in any index; others can still be added.
    #[error(transparent)]
    Track(#[from] TrackError),
    /// The index cannot be written.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// What became of a track that was to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addition {
    /// It was added.
    Added,
    /// A track of this id is there already; it stays as it is.
    SameId,
    /// The same recording is there already, as the track of this id.
    SameAudio(String),
}

/// Writes an index: one at a time for each folder, while others read.
///
/// Nothing changes for readers until [`finish`](Self::finish), which replaces the list of segments. A builder that is
/// dropped, or stopped at any moment, leaves the index as it was; what it left lying about is deleted by the next one.
pub struct Builder {
    folder: PathBuf,
    /// Segments that stay, then those written.
    entries: Vec<Entry>,
    segment: SegmentBuilder,
    /// Tracks of the finished index: by id, and the id by digest.
    ids: HashSet<String>,
    digests: HashMap<[u8; 32], String>,
    /// Held for as long as the builder lives.
    _lock: File,
}

impl Builder {
    /// Begins an index that replaces the one in `folder`, if there is one. The folder is made if need be.
    ///
    /// # Errors
    /// If the folder cannot be made or another process writes to it.
    pub fn create(folder: &Path) -> Result<Self, IndexError> {
        std::fs::create_dir_all(folder).map_err(io_at(folder))?;
        Self::locked(folder, Vec::new())
    }

    /// Continues the index in `folder`.
    ///
    /// # Errors
    /// If there is none, it cannot be opened, or another process writes to it.
    pub fn append(folder: &Path) -> Result<Self, IndexError> {
        // Without a lock first, so that no folder that holds no index gets one.
        Manifest::read(folder)?;
        let mut builder = Self::locked(folder, Vec::new())?;
        builder.entries = Manifest::read(folder)?.segments;
        for segment in Index::open_with(folder, 0)?.segments() {
            for track in segment.tracks().iter().filter(|track| !track.removed) {
                builder.ids.insert(track.id.clone());
                builder.digests.insert(track.digest, track.id.clone());
            }
        }
        Ok(builder)
    }

    fn locked(folder: &Path, entries: Vec<Entry>) -> Result<Self, IndexError> {
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(io_at(&path))?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => IndexError::Locked(folder.to_owned()),
            std::fs::TryLockError::Error(error) => io_at(&path)(error),
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            entries,
            segment: SegmentBuilder::new(),
            ids: HashSet::new(),
            digests: HashMap::new(),
            _lock: lock,
        })
    }

    /// Adds a track, unless its id or its audio is there already.
    ///
    /// # Errors
    /// If the track is refused, or a full segment could not be written.
    pub fn add_track(&mut self, track: &NewTrack<'_>) -> Result<Addition, AddError> {
        track.check()?;
        if self.ids.contains(track.id) {
            return Ok(Addition::SameId);
        }
        if let Some(id) = self.digests.get(&track.digest) {
            return Ok(Addition::SameAudio(id.clone()));
        }
        if !self.segment.has_room_for(track) {
            self.write_segment()?;
        }
        self.segment.add_track(track)?;
        self.ids.insert(track.id.to_owned());
        self.digests.insert(track.digest, track.id.to_owned());
        Ok(Addition::Added)
    }

    fn write_segment(&mut self) -> Result<(), IndexError> {
        if !Manifest::has_room(self.entries.len()) {
            let error = std::io::Error::other("the index has too many segments; compact it");
            return Err(io_at(&self.folder)(error));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let bytes = std::mem::take(&mut self.segment).finish(now);
        self.entries.push(manifest::write_segment(&self.folder, &bytes)?);
        Ok(())
    }

    /// Takes the tracks of an id out of the segments on disk; whether there was one. The audio stays in its segment until
    /// the index is compacted.
    fn remove(&mut self, index: &Index, id: &str) -> bool {
        let there = |segment: &Segment| segment.tracks().iter().any(|track| track.id == id && !track.removed);
        let holding = self.entries.iter_mut().zip(index.segments()).filter(|(_, segment)| there(segment));
        holding.map(|(entry, _)| entry.removed.insert(id.to_owned())).count() > 0
    }

    /// Puts the new index in the place of the old one; only from here on do readers see it. The number of its tracks.
    ///
    /// # Errors
    /// If it cannot be written; then the old one stays.
    pub fn finish(mut self) -> Result<usize, IndexError> {
        if !self.segment.is_empty() {
            self.write_segment()?;
        }
        let manifest = Manifest::new(std::mem::take(&mut self.entries));
        manifest.replace(&self.folder)?;
        manifest.sweep(&self.folder);
        Ok(self.ids.len())
    }
}

/// Takes tracks out of the index in `folder`; the ids of which there is no track. The audio stays in its segment until the
/// index is compacted.
///
/// # Errors
/// If the index cannot be opened or written, or another process writes to it.
pub fn remove<'a>(folder: &Path, ids: &[&'a str]) -> Result<Vec<&'a str>, IndexError> {
    let mut builder = Builder::append(folder)?;
    let index = Index::open_with(folder, 0)?;
    let mut missing = Vec::new();
    for &id in ids {
        if !builder.remove(&index, id) {
            missing.push(id);
        }
    }
    builder.finish()?;
    Ok(missing)
}

/// Writes the index in `folder` anew without the tracks that were removed, in as few segments as it fits into; the number of
/// its tracks. Readers keep what they have open until they look for a newer list.
///
/// # Errors
/// If the index cannot be read whole or written, or another process writes to it.
pub fn compact(folder: &Path) -> Result<usize, IndexError> {
    Manifest::read(folder)?;
    let mut builder = Builder::create(folder)?;
    let mut old = Index::open(folder)?;
    let paths = old.paths();
    let (segments, cache) = old.split();
    let mut peaks = Vec::new();
    for (segment, path) in segments.iter().zip(&paths) {
        for track in segment.tracks().iter().filter(|track| !track.removed) {
            read_peaks(segment, cache, track.start..track.start + track.ticks, &mut peaks);
            if let Some(damage) = cache.damage().filter(|_| peaks.len() != track.peaks as usize) {
                return Err(io_at(path)(std::io::Error::other(damage.to_owned())));
            }
            let new = NewTrack {
                id: &track.id,
                about: &track.about,
                digest: track.digest,
                ticks: track.ticks,
                peaks: &peaks,
            };
            match builder.add_track(&new) {
                Err(AddError::Index(error)) => return Err(error),
                Err(AddError::Track(error)) => return Err(io_at(path)(std::io::Error::other(error))),
                Ok(_) => {}
            }
        }
    }
    builder.finish()
}

/// The peaks of a stretch of the timeline, counted from its start.
fn read_peaks(segment: &Segment, cache: &mut Cache, ticks: std::ops::Range<u32>, peaks: &mut Vec<Peak>) {
    let start = ticks.start;
    peaks.clear();
    segment.peaks(cache, ticks, |peak| peaks.push(Peak { tick: peak.tick - start, step: peak.step }));
}
