//! A track of an index: what is known of a recording beside its peaks.

use super::super::peaks::Peak;
use super::NewTrack;
use super::error::{Fault, Section};
use super::format::{Cursor, put};

/// Longest id, in bytes.
pub const MAX_ID_BYTES: usize = 1_024;
/// Longest description, in bytes of JSON.
pub const MAX_ABOUT_BYTES: usize = 64 * 1_024;
/// Bytes of a track in the file, without id and description.
pub(super) const FIXED_BYTES: usize = 3 * 4 + 32 + 2 * 4;

/// A recording in an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What the catalogue calls it.
    pub id: String,
    /// BLAKE3 of what was analysed.
    pub digest: [u8; 32],
    /// Where it begins on the timeline of its segment, in ticks.
    pub start: u32,
    /// How long it is, in ticks.
    pub ticks: u32,
    /// Number of its peaks.
    pub peaks: u32,
    /// What else the catalogue says of it: a JSON object, kept as it was given.
    pub about: String,
    /// Whether it was taken out of the index. Searches still hit it, [`Segment::track_at`](super::Segment::track_at) does
    /// not name it.
    pub removed: bool,
}

impl Track {
    /// The same track with its peaks, for another segment.
    pub(super) fn with<'a>(&'a self, peaks: &'a [Peak]) -> NewTrack<'a> {
        NewTrack { id: &self.id, about: &self.about, digest: self.digest, ticks: self.ticks, peaks }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for number in [self.start, self.ticks, self.peaks] {
            put(out, number);
        }
        out.extend(self.digest);
        for text in [&self.id, &self.about] {
            put(out, text.len() as u32);
            out.extend(text.as_bytes());
        }
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let [start, ticks, peaks] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let digest = cursor.array()?;
        let mut text = |longest| {
            let bytes = cursor.u32().map(|bytes| bytes as usize).filter(|&bytes| bytes <= longest)?;
            String::from_utf8(cursor.take(bytes)?.to_vec()).ok()
        };
        let (id, about) = (text(MAX_ID_BYTES)?, text(MAX_ABOUT_BYTES)?);
        Some(Self { id, digest, start, ticks, peaks, about, removed: false })
    }

    /// Reads a table of `count` tracks that end by the tick `end`.
    pub(super) fn read_all(bytes: &[u8], count: u32, end: u32) -> Result<Vec<Self>, Fault> {
        let fault = |number: u32, what: &str| Fault::damaged(Section::Tracks, format!("track {number} {what}"));
        let (mut cursor, mut free) = (Cursor(bytes), 0);
        let mut tracks = Vec::with_capacity((count as usize).min(bytes.len() / FIXED_BYTES));
        for number in 1..=count {
            let track = Self::read(&mut cursor).ok_or_else(|| fault(number, "makes no sense"))?;
            let track_end = track.start.checked_add(track.ticks).filter(|&track_end| track_end <= end);
            free = track_end.filter(|_| track.start >= free).ok_or_else(|| fault(number, "is in another's time"))?;
            tracks.push(track);
        }
        if !cursor.0.is_empty() {
            return Err(Fault::damaged(Section::Tracks, "it is longer than its tracks"));
        }
        Ok(tracks)
    }
}
