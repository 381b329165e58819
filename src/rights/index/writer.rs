//! Changes an index on disk: build, add, remove, compact.

use std::collections::{HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::super::peaks::Peak;
use super::builder::{NewTrack, SegmentBuilder, TrackError};
use super::error::{Fault, IndexError, Section, io_at};
use super::manifest::{self, Entry, Manifest};
use super::{Cache, Index, Segment, Track};

/// Name of the file that a writer locks.
const LOCK: &str = "index.lock";
/// How long a writer waits for another one. A process that this one starts at the same moment can hold the lock, too, for
/// an instant.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// The index that is continued, if one is.
    old: Option<Index>,
    /// Its segments, as far as they stay; then those written.
    entries: Vec<Entry>,
    /// How many of them are old.
    kept: usize,
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
        Self::locked(folder)
    }

    /// Continues the index in `folder`.
    ///
    /// # Errors
    /// If there is none, it cannot be opened, or another process writes to it.
    pub fn append(folder: &Path) -> Result<Self, IndexError> {
        // Without a lock first, so that no folder that holds no index gets one.
        Manifest::read(folder)?;
        let mut builder = Self::locked(folder)?;
        let old = Index::open_with(folder, 0)?;
        for track in old.tracks() {
            builder.ids.insert(track.id.clone());
            builder.digests.insert(track.digest, track.id.clone());
        }
        builder.entries = old.manifest.segments.clone();
        builder.kept = builder.entries.len();
        builder.old = Some(old);
        Ok(builder)
    }

    fn locked(folder: &Path) -> Result<Self, IndexError> {
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(io_at(&path))?;
        let waiting = Instant::now();
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::Error(error) => return Err(io_at(&path)(error)),
                TryLockError::WouldBlock if waiting.elapsed() > PATIENCE => {
                    return Err(IndexError::Locked(folder.to_owned()));
                }
                TryLockError::WouldBlock => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            old: None,
            entries: Vec::new(),
            kept: 0,
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

    /// Takes old segments that are no larger than the one in the making into it, the last one first, so that however many
    /// times tracks are added, one at a time, an index has few segments. A segment that cannot be read whole stays as it is.
    fn absorb_small(&mut self) -> Result<(), IndexError> {
        let Some(old) = &mut self.old else { return Ok(()) };
        let (segments, cache) = old.split();
        while let Some(last) = segments[..self.kept].last() {
            if last.postings() > self.segment.postings() || !self.segment.has_room_for_all(last) {
                break;
            }
            let Some(tracks) = tracks_of(last, cache) else { break };
            for (track, peaks) in &tracks {
                if self.segment.add_track(&track.with(peaks)).is_err() {
                    return Ok(());
                }
            }
            self.kept -= 1;
            self.entries.remove(self.kept);
        }
        Ok(())
    }

    /// Takes the track of an id out of the old segments; whether there was one.
    fn remove(&mut self, id: &str) -> bool {
        let there = |segment: &Segment| segment.tracks().iter().any(|track| track.id == id && !track.removed);
        let segments = self.old.as_ref().map_or(&[][..], Index::segments);
        let holding = self.entries.iter_mut().zip(segments).filter(|(_, segment)| there(segment));
        self.ids.remove(id);
        holding.map(|(entry, _)| entry.removed.insert(id.to_owned())).count() > 0
    }

    /// Puts the new index in the place of the old one; only from here on do readers see it. The number of its tracks.
    ///
    /// # Errors
    /// If it cannot be written; then the old one stays.
    pub fn finish(mut self) -> Result<usize, IndexError> {
        if !self.segment.is_empty() {
            self.absorb_small()?;
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
    let missing = ids.iter().copied().filter(|id| !builder.remove(id)).collect();
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
    let mut old = Index::open_with(folder, 0)?;
    let paths = old.paths();
    let (segments, cache) = old.split();
    for (segment, path) in segments.iter().zip(&paths) {
        let Some(tracks) = tracks_of(segment, cache) else {
            let reason = cache.damage().unwrap_or("they are not as many as the track table says");
            return Err(Fault::damaged(Section::Peaks, reason).at(path));
        };
        for (track, peaks) in &tracks {
            builder.add_track(&track.with(peaks)).map_err(|error| match error {
                AddError::Index(error) => error,
                AddError::Track(error) => Fault::damaged(Section::Peaks, error.to_string()).at(path),
            })?;
        }
    }
    builder.finish()
}

/// The tracks of a segment that were not removed, with their peaks; `None` where these cannot be read.
fn tracks_of<'a>(segment: &'a Segment, cache: &mut Cache) -> Option<Vec<(&'a Track, Vec<Peak>)>> {
    let mut with_peaks = |track: &'a Track| {
        let mut peaks = Vec::new();
        segment.peaks(cache, track.start..track.start + track.ticks, |peak| {
            peaks.push(Peak { tick: peak.tick - track.start, step: peak.step });
        });
        (peaks.len() == track.peaks as usize).then_some((track, peaks))
    };
    segment.tracks().iter().filter(|track| !track.removed).map(&mut with_peaks).collect()
}

#[cfg(test)]
mod tests;
