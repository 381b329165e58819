//! The index on disk: all tracks of a catalogue, their pairs by shape and their peaks in order of time.
//!
//! An index is a folder: a [manifest](self::manifest) that lists immutable [segments](segment) and the tracks taken out of
//! them. Adding writes another segment, removing writes a line, [`compact`] merges; each ends with the list being replaced
//! at once, so a reader has either the old index or the new one. `docs/rights.md` tells what is where.

mod bits;
mod builder;
mod cache;
#[cfg(test)]
mod cost;
mod error;
mod format;
#[cfg(test)]
mod hostile;
mod manifest;
mod postings;
mod segment;
mod source;
mod stat;
#[cfg(test)]
mod testing;
mod timeline;
mod track;
mod trail;
mod verify;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use builder::{NewTrack, PAUSE, SegmentBuilder, TrackError};
pub use cache::Cache;
pub use error::{IndexError, Section};
pub use segment::Segment;
pub use stat::{Row, Stat};
pub use track::{MAX_ABOUT_BYTES, MAX_ID_BYTES, Track};
pub use verify::verify;
pub use writer::{AddError, Addition, Builder, compact, remove};

use error::io_at;
use manifest::Manifest;
use source::Source;

/// Memory for blocks, in bytes. An index of six hours of music fits into it as a whole.
const CACHE_BYTES: usize = 16 << 20;
/// Times that opening is tried again where segments vanish, as an index that is compacted at this moment replaces them.
const TRIES: usize = 4;

/// An open index. Owned by one thread, whichever; no other knows of it.
///
/// Opening reads the tables of its segments. Afterwards searches read what they need, block by block, into memory that
/// was allocated then. It stays as it was opened, whatever is written meanwhile, until [`refresh`](Self::refresh).
pub struct Index {
    /// Where it is; none for one in memory.
    folder: Option<PathBuf>,
    manifest: Manifest,
    segments: Vec<Segment>,
    cache: Cache,
    /// Segments opened so far, to tell them apart in the cache.
    opened: u32,
}

impl Index {
    /// Opens the index in a folder.
    ///
    /// # Errors
    /// If there is none, or one of its tables cannot be read.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        Self::open_with(folder, CACHE_BYTES)
    }

    /// The same; calls `tell` with the number of segments that are open, and how many there are, before each.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn open_telling(folder: &Path, mut tell: impl FnMut(usize, usize)) -> Result<Self, IndexError> {
        let mut index = Self::unopened(folder, CACHE_BYTES);
        index.follow(folder, &mut tell)?;
        Ok(index)
    }

    /// Opens the index in a folder with `cache` bytes of memory for blocks.
    pub(super) fn open_with(folder: &Path, cache: usize) -> Result<Self, IndexError> {
        let mut index = Self::unopened(folder, cache);
        index.follow(folder, &mut |_, _| ())?;
        Ok(index)
    }

    fn unopened(folder: &Path, cache: usize) -> Self {
        Self {
            folder: Some(folder.to_owned()),
            manifest: Manifest::new(Vec::new()),
            segments: Vec::new(),
            cache: Cache::new(cache),
            opened: 0,
        }
    }

    /// An index of segments in memory, for tests and for a look at a few files.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn in_memory(segments: Vec<Vec<u8>>) -> Result<Self, IndexError> {
        let mut open = Vec::new();
        for (serial, bytes) in (0..).zip(segments) {
            let segment = Segment::open(Source::Memory(bytes), serial);
            open.push(segment.map_err(|fault| fault.at(Path::new("memory")))?);
        }
        Ok(Self {
            folder: None,
            manifest: Manifest::new(Vec::new()),
            opened: open.len() as u32,
            segments: open,
            cache: Cache::new(CACHE_BYTES),
        })
    }

    /// Looks whether the index was changed on disk, and if so goes on with the new one; whether it did. Segments that both
    /// have in common stay open, with their blocks.
    ///
    /// # Errors
    /// If the new index cannot be opened; then this one stays as it is.
    pub fn refresh(&mut self) -> Result<bool, IndexError> {
        match self.folder.clone() {
            Some(folder) => self.follow(&folder, &mut |_, _| ()),
            None => Ok(false),
        }
    }

    fn follow(&mut self, folder: &Path, tell: &mut impl FnMut(usize, usize)) -> Result<bool, IndexError> {
        let mut tries = 0;
        loop {
            let manifest = Manifest::read(folder)?;
            if manifest == self.manifest {
                return Ok(false);
            }
            tries += 1;
            match self.open_missing(folder, &manifest, tell) {
                Ok(new) => {
                    self.take_over(manifest, new);
                    return Ok(true);
                }
                Err(IndexError::Io { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound && tries < TRIES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens the segments of a list that are not open: `None` for each that is.
    fn open_missing(
        &mut self,
        folder: &Path,
        manifest: &Manifest,
        tell: &mut impl FnMut(usize, usize),
    ) -> Result<Vec<Option<Segment>>, IndexError> {
        let is_open = |digest: &str| self.manifest.segments.iter().any(|open| open.digest == digest);
        let mut opened = self.opened;
        let mut open = |(done, entry): (usize, &manifest::Entry)| {
            tell(done, manifest.segments.len());
            if is_open(&entry.digest) {
                return Ok(None);
            }
            opened += 1;
            open_segment(&folder.join(entry.file()), opened).map(Some)
        };
        let new = manifest.segments.iter().enumerate().map(&mut open).collect();
        self.opened = opened;
        new
    }

    fn take_over(&mut self, manifest: Manifest, new: Vec<Option<Segment>>) {
        let digests = std::mem::take(&mut self.manifest.segments).into_iter().map(|entry| entry.digest);
        let mut open: Vec<(String, Segment)> = digests.zip(self.segments.drain(..)).collect();
        let mut keep = |digest: &str| {
            let place = open.iter().position(|(own, _)| own == digest)?;
            Some(open.swap_remove(place).1)
        };
        for (entry, new) in manifest.segments.iter().zip(new) {
            if let Some(mut segment) = new.or_else(|| keep(&entry.digest)) {
                segment.set_removed(|id| entry.removed.contains(id));
                self.segments.push(segment);
            }
        }
        self.cache.forget_damage(|serial| self.segments.iter().any(|segment| segment.serial() == serial));
        self.manifest = manifest;
    }

    /// Its segments, to look at.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Its segments and the cache through which they are searched.
    pub fn split(&mut self) -> (&[Segment], &mut Cache) {
        (&self.segments, &mut self.cache)
    }

    /// Tracks that it can find.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.segments.iter().flat_map(Segment::tracks).filter(|track| !track.removed)
    }

    /// What tells this state of the index from every other: a BLAKE3 in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.manifest.check()
    }

    /// The first part of it that could not be read since it was opened, and why. What lies there is not found.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.cache.damage()
    }

    /// The files of its segments.
    fn paths(&self) -> Vec<PathBuf> {
        let folder = self.folder.as_deref().unwrap_or(Path::new("memory"));
        self.manifest.segments.iter().map(|entry| folder.join(entry.file())).collect()
    }
}

fn open_segment(path: &Path, serial: u32) -> Result<Segment, IndexError> {
    let file = File::open(path).map_err(io_at(path))?;
    let source = Source::file(file).map_err(io_at(path))?;
    Segment::open(source, serial).map_err(|fault| fault.at(path))
}

#[cfg(test)]
mod tests {
    use super::testing::{Dice, Music};
    use super::*;
    use crate::rights::axis::STEPS;
    use crate::rights::pairs::{self, INDEX_FAN, SHAPES};
    use crate::rights::peaks::Peak;

    /// What must be found in the segment of these tracks: shape, step and tick, sorted.
    fn all_pairs(segment: &Segment, music: &[Music]) -> Vec<(usize, u16, u32)> {
        let mut all = Vec::new();
        for (track, music) in segment.tracks().iter().zip(music) {
            for first in 0..music.peaks.len() {
                pairs::from_peak(&music.peaks, first, INDEX_FAN, |pair| {
                    let place = |shape| (shape, pair.first.step, track.start + pair.first.tick);
                    all.extend(pair.shape().map(place));
                });
            }
        }
        all.sort_unstable();
        all
    }

    fn memory(music: &[Music]) -> Index {
        let mut builder = SegmentBuilder::new();
        for music in music {
            assert!(builder.has_room_for(&music.track()));
            builder.add_track(&music.track()).unwrap();
        }
        Index::in_memory(vec![builder.finish(1)]).unwrap()
    }

    #[test]
    fn a_search_finds_every_pair_of_its_shape_and_steps_and_no_other() {
        let mut dice = Dice::new(1);
        let music: Vec<Music> = (0..4).map(|number| Music::new(&mut dice, number, 20_000)).collect();
        let mut index = memory(&music);
        let (segments, cache) = index.split();
        let all = all_pairs(&segments[0], &music);
        for _ in 0..200 {
            let shape = dice.below(SHAPES);
            let start = dice.below(STEPS) as u16;
            for steps in [0..STEPS as u16, start..start + 40, start..start] {
                let mut found = Vec::new();
                segments[0].search(cache, shape, steps.clone(), |step, tick| found.push((shape, step, tick)));
                let expected = all.iter().filter(|(own, step, _)| *own == shape && steps.contains(step));
                assert!(found.iter().eq(expected), "{shape} {steps:?}");
            }
        }
        assert_eq!(index.damage(), None);
        verify::rows_are_sound(&index.segments()[0]).unwrap();
    }

    #[test]
    fn the_peaks_of_a_track_are_those_it_was_added_with() {
        let mut dice = Dice::new(2);
        let music: Vec<Music> = (0..4).map(|number| Music::new(&mut dice, number, 12_000)).collect();
        let mut index = memory(&music);
        let (segments, cache) = index.split();
        for (track, music) in segments[0].tracks().iter().zip(&music) {
            let range = track.start..track.start + track.ticks;
            let mut found = Vec::new();
            segments[0].peaks(cache, range, |peak| found.push(Peak { tick: peak.tick - track.start, step: peak.step }));
            assert_eq!(found, music.peaks);
            assert_eq!((track.id.as_str(), track.about.as_str()), (music.id.as_str(), music.about.as_str()));
        }
        verify::peaks_are_sound(&index.segments()[0]).unwrap();
    }

    #[test]
    fn a_tick_belongs_to_the_track_that_lies_there_or_to_none() {
        let mut dice = Dice::new(3);
        let music: Vec<Music> = (0..3).map(|number| Music::new(&mut dice, number, 100)).collect();
        let index = memory(&music);
        let segment = &index.segments()[0];
        for (number, track) in segment.tracks().iter().enumerate() {
            let end = track.start + track.ticks;
            assert_eq!(segment.track_at(track.start), Some(number));
            assert_eq!(segment.track_at(end - 1), Some(number));
            assert_eq!(segment.track_at(end), None);
            assert_eq!(segment.track_at(end + PAUSE - 1), None);
        }
        assert_eq!(segment.track_at(u32::MAX), None);
    }

    #[test]
    fn an_index_without_tracks_finds_nothing() {
        let mut index = Index::in_memory(vec![SegmentBuilder::new().finish(0)]).unwrap();
        let (segments, cache) = index.split();
        segments[0].search(cache, 0, 0..STEPS as u16, |_, _| panic!("a hit"));
        segments[0].peaks(cache, 0..u32::MAX, |_| panic!("a peak"));
        assert_eq!(segments[0].track_at(0), None);
        assert_eq!(index.damage(), None);
    }

    #[test]
    fn a_cache_of_one_block_finds_what_a_large_one_finds() {
        let mut dice = Dice::new(4);
        let mut index = memory(&[Music::new(&mut dice, 0, 60_000)]);
        let (segments, cache) = index.split();
        let mut small = Cache::new(0);
        for _ in 0..200 {
            let shape = dice.below(SHAPES);
            let (mut one, mut other) = (Vec::new(), Vec::new());
            segments[0].search(&mut small, shape, 100..600, |step, tick| one.push((step, tick)));
            segments[0].search(cache, shape, 100..600, |step, tick| other.push((step, tick)));
            assert_eq!(one, other);
        }
    }
}
