//! From tracks to the bytes of a segment.

use super::super::axis::{STEPS, TICKS_PER_SECOND};
use super::super::pairs::{self, INDEX_FAN};
use super::super::peaks::Peak;
use super::Segment;
use super::format::{self, Extent, HEADER_BYTES, Header, SECTIONS};
use super::postings::{self, MAX_POSTINGS, Rows, TICKS};
use super::track::{FIXED_BYTES, MAX_ABOUT_BYTES, MAX_ID_BYTES, Track};
use super::trail::TrailWriter;

/// Least pause between two tracks on the timeline of a segment, in ticks (4 s): longer than any pair, and long enough that
/// a match cannot run from one into the next.
pub const PAUSE: u32 = 500;
/// Postings at which a segment takes no further track; bounds the memory of building one to some 100 MB.
const FULL: usize = 1 << 23;
/// Bytes of track table at which a segment takes no further track.
const FULL_TABLE: usize = 16 << 20;
/// Longest track, in seconds: 9.3 hours.
const MAX_SECONDS: u32 = TICKS / TICKS_PER_SECOND;
/// Most peaks of a track.
const MAX_PEAKS: usize = MAX_POSTINGS / INDEX_FAN;

/// Why a track cannot stand in an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// No id, or one too long.
    #[error("its id has {0} bytes; it must have 1 to {MAX_ID_BYTES}")]
    Id(usize),
    /// Too much is said about it.
    #[error("what the catalogue says of it has {0} bytes; {MAX_ABOUT_BYTES} is the most")]
    About(usize),
    /// Longer than a segment.
    #[error("it is {0} s long; {MAX_SECONDS} s is the most")]
    Long(u32),
    /// More peaks than a segment can hold.
    #[error("it has {0} peaks; {MAX_PEAKS} is the most")]
    Dense(usize),
    /// Peaks out of order, off the axis or behind the end.
    #[error("its peak {0} is out of place")]
    Peak(usize),
}

/// A recording that is to stand in an index.
#[derive(Clone, Copy, Debug)]
pub struct NewTrack<'a> {
    /// What the catalogue calls it; unique in an index.
    pub id: &'a str,
    /// What else the catalogue says of it: a JSON object.
    pub about: &'a str,
    /// BLAKE3 of what was analysed; two tracks with the same are the same recording.
    pub digest: [u8; 32],
    /// Length, in ticks.
    pub ticks: u32,
    /// Its peaks in order of time, all before its end.
    pub peaks: &'a [Peak],
}

impl NewTrack<'_> {
    /// Whether it can stand in an index.
    ///
    /// # Errors
    /// If it is beyond a limit, or its peaks are out of place.
    pub fn check(&self) -> Result<(), TrackError> {
        if !(1..=MAX_ID_BYTES).contains(&self.id.len()) {
            return Err(TrackError::Id(self.id.len()));
        }
        if self.about.len() > MAX_ABOUT_BYTES {
            return Err(TrackError::About(self.about.len()));
        }
        if self.ticks > TICKS {
            return Err(TrackError::Long(self.ticks / TICKS_PER_SECOND));
        }
        if self.peaks.len() > MAX_PEAKS {
            return Err(TrackError::Dense(self.peaks.len()));
        }
        let mut earliest = 0;
        for (number, peak) in self.peaks.iter().enumerate() {
            if peak.tick < earliest || peak.tick >= self.ticks || usize::from(peak.step) >= STEPS {
                return Err(TrackError::Peak(number));
            }
            earliest = peak.tick;
        }
        Ok(())
    }

    fn table_bytes(&self) -> usize {
        FIXED_BYTES + self.id.len() + self.about.len()
    }
}

/// A segment in the making, in memory: 8 bytes a posting and 2 bytes a peak, and once more what it has on disk while it is
/// finished.
#[derive(Default)]
pub struct SegmentBuilder {
    tracks: Vec<Track>,
    table_bytes: usize,
    keys: Vec<u64>,
    trail: TrailWriter,
    /// The first tick that the next track can have.
    free: u32,
}

impl SegmentBuilder {
    /// A segment without tracks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no track was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// Whether a track still fits. A segment without tracks takes any that is sound.
    #[must_use]
    pub fn has_room_for(&self, track: &NewTrack<'_>) -> bool {
        self.is_empty()
            || self.keys.len() + track.peaks.len() * INDEX_FAN <= FULL
                && self.table_bytes + track.table_bytes() <= FULL_TABLE
                && track.ticks <= TICKS.saturating_sub(self.free)
    }

    /// Whether all tracks of another segment still fit.
    pub(super) fn has_room_for_all(&self, other: &Segment) -> bool {
        self.keys.len() + other.postings() as usize <= FULL
            && self.table_bytes as u64 + other.table_bytes() <= FULL_TABLE as u64
            && other.ticks() <= TICKS.saturating_sub(self.free)
    }

    /// Number of pairs.
    pub(super) fn postings(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Adds a track that there is room for. Ids and digests are not compared.
    ///
    /// # Errors
    /// As [`NewTrack::check`].
    pub fn add_track(&mut self, track: &NewTrack<'_>) -> Result<(), TrackError> {
        track.check()?;
        let start = self.free;
        for first in 0..track.peaks.len() {
            pairs::from_peak(track.peaks, first, INDEX_FAN, |pair| {
                let place = |shape| postings::key(shape, pair.first.step, start + pair.first.tick);
                self.keys.extend(pair.shape().map(place));
            });
        }
        for peak in track.peaks {
            self.trail.push(Peak { tick: start + peak.tick, step: peak.step });
        }
        self.table_bytes += track.table_bytes();
        self.free = start + track.ticks + PAUSE;
        self.tracks.push(Track {
            id: track.id.to_owned(),
            digest: track.digest,
            start,
            ticks: track.ticks,
            peaks: track.peaks.len() as u32,
            about: track.about.to_owned(),
            removed: false,
        });
        Ok(())
    }

    /// The bytes of the segment; `created` is the time, in seconds since 1970.
    #[must_use]
    pub fn finish(mut self, created: u64) -> Vec<u8> {
        self.keys.sort_unstable();
        let (rows, bits) = Rows::write(&self.keys);
        drop(self.keys);
        let mut table = Vec::with_capacity(self.table_bytes);
        self.tracks.iter().for_each(|track| track.put(&mut table));
        let parts = [
            table,
            format::counts_to_bytes(rows.counts()),
            self.trail.chunks.iter().flat_map(|tick| tick.to_le_bytes()).collect(),
            format::to_blocks(&bits),
            format::to_blocks(&self.trail.bytes),
        ];
        let header = Header {
            created,
            ticks: self.tracks.last().map_or(0, |last| last.start + last.ticks),
            tracks: self.tracks.len() as u32,
            postings: rows.postings() as u32,
            peaks: self.tracks.iter().map(|track| track.peaks).sum(),
            entries: self.trail.entries(),
            extents: extents(&parts),
        };
        let mut out = header.to_bytes();
        out.reserve_exact(parts.iter().map(Vec::len).sum());
        parts.iter().for_each(|part| out.extend(part));
        out
    }
}

fn extents(parts: &[Vec<u8>; SECTIONS.len()]) -> [Extent; SECTIONS.len()] {
    let mut offset = HEADER_BYTES as u64;
    parts.each_ref().map(|part| {
        let extent = Extent { offset, bytes: part.len() as u64, sum: crc32fast::hash(part) };
        offset += extent.bytes;
        extent
    })
}
