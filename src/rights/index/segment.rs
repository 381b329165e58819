//! A segment: some tracks of an index, with their pairs and peaks, in one file that never changes.

use std::ops::Range;

use super::super::axis::STEPS;
use super::super::peaks::Peak;
use super::bits::{Bits, MOST};
use super::cache::{BLOCK, BlockId, Cache, OVERLAP, Place};
use super::error::{Fault, Section};
use super::format::{self, HEADER_BYTES, Header, SUM_BYTES};
use super::postings::Rows;
use super::source::Source;
use super::track::Track;
use super::trail::{self, CHUNK_BYTES, ENTRY_BYTES};

/// An open segment. Its tracks lie one after another, with pauses, on one timeline of ticks.
///
/// Header and tables are in memory; postings and peaks are read block by block through a [`Cache`]. A block that cannot be
/// read, or has the wrong checksum, counts as empty, and the cache remembers why.
pub struct Segment {
    /// Tells it from all segments that use the same cache.
    serial: u32,
    source: Source,
    header: Header,
    rows: Rows,
    chunks: Vec<u32>,
    tracks: Vec<Track>,
    /// Of all blocks of postings, then of all blocks of peaks.
    places: Vec<Place>,
}

impl Segment {
    /// Reads header and tables.
    pub(super) fn open(source: Source, serial: u32) -> Result<Self, Fault> {
        let mut bytes = [0; HEADER_BYTES];
        if source.len() < HEADER_BYTES as u64 {
            return Err(Fault::damaged(Section::Header, "the file ends within it"));
        }
        source.read(0, &mut bytes)?;
        let header = Header::from_bytes(&bytes, source.len())?;
        let table = read_section(&source, &header, Section::Tracks)?;
        let tracks = Track::read_all(&table, header.tracks, header.ticks)?;
        let rows = read_rows(&source, &header)?;
        let chunks = read_chunks(&source, &header)?;
        let blocks = rows.bytes().div_ceil(BLOCK) + (header.entries as usize * ENTRY_BYTES).div_ceil(BLOCK);
        Ok(Self { serial, source, rows, chunks, tracks, places: Place::unseen(blocks), header })
    }

    pub(super) fn serial(&self) -> u32 {
        self.serial
    }

    /// Bytes of its track table.
    pub(super) fn table_bytes(&self) -> u64 {
        self.header.extent(Section::Tracks).bytes
    }

    /// Its tracks, removed ones too, in order of their start.
    #[must_use]
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Marks the tracks that were removed.
    pub(super) fn set_removed(&mut self, removed: impl Fn(&str) -> bool) {
        for track in &mut self.tracks {
            track.removed = removed(&track.id);
        }
    }

    /// The number of the track that a tick lies in; `None` in the pauses and in tracks that were removed.
    #[must_use]
    pub fn track_at(&self, tick: u32) -> Option<usize> {
        let number = self.tracks.partition_point(|track| track.start <= tick).checked_sub(1)?;
        let track = &self.tracks[number];
        (tick - track.start < track.ticks && !track.removed).then_some(number)
    }

    /// The tick at which its last track ends.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.header.ticks
    }

    /// Number of pairs.
    #[must_use]
    pub fn postings(&self) -> u32 {
        self.header.postings
    }

    /// Number of peaks.
    #[must_use]
    pub fn peak_count(&self) -> u32 {
        self.header.peaks
    }

    /// Seconds since 1970 at which it was made.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.header.created
    }

    /// Bytes of its file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.source.len()
    }

    /// Pairs of a shape: how many hits a search of all steps would have. Costs one memory access.
    #[inline]
    #[must_use]
    pub fn row_len(&self, shape: usize) -> u32 {
        self.rows.len(shape)
    }

    /// Calls `hit` with step and tick of the first peak of each pair of a shape whose first peak lies in a range of steps,
    /// in ascending order of step, then tick.
    ///
    /// Where the blocks are in memory it costs some tens of nanoseconds and two for each hit.
    pub fn search(&self, cache: &mut Cache, shape: usize, steps: Range<u16>, hit: impl FnMut(u16, u32)) {
        let steps = steps.start..steps.end.min(STEPS as u16);
        let Some(row) = self.rows.row(shape).filter(|_| !steps.is_empty()) else { return };
        // Damage ends the search early; the cache tells of it.
        row.search(steps, &mut Blocks { segment: self, cache, joint: [0; JOINT] }, hit);
    }

    /// Calls `each` with the peaks in a range of ticks of the timeline, in order of time.
    pub fn peaks(&self, cache: &mut Cache, ticks: Range<u32>, mut each: impl FnMut(Peak)) {
        let before = self.posting_blocks();
        let bytes = self.header.entries as usize * ENTRY_BYTES;
        for chunk in trail::first_chunk(&self.chunks, ticks.start)..self.chunks.len() {
            if self.chunks[chunk] >= ticks.end {
                return;
            }
            let start = chunk * CHUNK_BYTES;
            let Some(block) = self.block(cache, before + start / BLOCK) else { continue };
            let within = start % BLOCK..start % BLOCK + CHUNK_BYTES.min(bytes - start);
            if !trail::read_chunk(&block[within], self.chunks[chunk], &ticks, &mut each) {
                return;
            }
        }
    }

    fn posting_blocks(&self) -> usize {
        self.rows.bytes().div_ceil(BLOCK)
    }

    #[inline]
    fn block<'a>(&self, cache: &'a mut Cache, block: usize) -> Option<&'a [u8]> {
        let id = BlockId { segment: self.serial, block: block as u32 };
        cache.block(id, self.places.get(block)?, |bytes| self.load(block, bytes))
    }

    /// Reads a block and checks it.
    fn load(&self, block: usize, out: &mut [u8]) -> Result<(), String> {
        let before = self.posting_blocks();
        let (section, number, bytes) = match block.checked_sub(before) {
            None => (Section::Postings, block, self.rows.bytes()),
            Some(number) => (Section::Peaks, number, self.header.entries as usize * ENTRY_BYTES),
        };
        let stored = BLOCK.min(bytes - number * BLOCK) + OVERLAP;
        let offset = self.header.extent(section).offset + (number * (BLOCK + OVERLAP + SUM_BYTES)) as u64;
        let damage = |what: &dyn std::fmt::Display| format!("block {number} of the {section}: {what}");
        self.source.read(offset, &mut out[..stored + SUM_BYTES]).map_err(|error| damage(&error))?;
        let (data, rest) = out.split_at_mut(stored);
        if rest[..SUM_BYTES] != format::block_sum(number as u32, data).to_le_bytes() {
            return Err(damage(&"its checksum is wrong"));
        }
        rest.fill(0);
        Ok(())
    }
}

/// Most bytes that a search asks for at once, with those behind.
const JOINT: usize = MOST / 8 + 1 + OVERLAP;

/// The postings of a segment as a search reads them.
struct Blocks<'a> {
    segment: &'a Segment,
    cache: &'a mut Cache,
    /// Bytes from the end of a block and the beginning of the next.
    joint: [u8; JOINT],
}

impl Bits for Blocks<'_> {
    #[inline]
    fn bytes(&mut self, bit: usize, count: usize) -> Option<&[u8]> {
        let (block, start) = (bit / 8 / BLOCK, bit / 8 % BLOCK);
        let end = start + (bit % 8 + count).div_ceil(8);
        match end <= BLOCK {
            true => self.segment.block(self.cache, block)?.get(start..),
            false => self.across(block, start, end),
        }
    }
}

impl Blocks<'_> {
    /// Bytes that begin in one block and end in the next.
    #[cold]
    fn across(&mut self, block: usize, start: usize, end: usize) -> Option<&[u8]> {
        let (first, rest) = self.joint.split_at_mut(BLOCK - start);
        first.copy_from_slice(&self.segment.block(self.cache, block)?[start..BLOCK]);
        let rest = rest.get_mut(..end - BLOCK + OVERLAP)?;
        rest.copy_from_slice(&self.segment.block(self.cache, block + 1)?[..end - BLOCK + OVERLAP]);
        Some(&self.joint)
    }
}

/// Reads a part that is not in blocks, and checks its sum.
fn read_section(source: &Source, header: &Header, section: Section) -> Result<Vec<u8>, Fault> {
    let extent = header.extent(section);
    let mut bytes = vec![0; extent.bytes as usize];
    source.read(extent.offset, &mut bytes)?;
    match crc32fast::hash(&bytes) == extent.sum {
        true => Ok(bytes),
        false => Err(Fault::damaged(section, "its checksum is wrong")),
    }
}

fn read_rows(source: &Source, header: &Header) -> Result<Rows, Fault> {
    let bytes = read_section(source, header, Section::Rows)?;
    let rows = format::counts_from_bytes(&bytes).and_then(|counts| Rows::new(&counts));
    rows.filter(|rows| rows.postings() == header.postings as usize)
        .filter(|rows| format::stored_bytes(rows.bytes()) as u64 == header.extent(Section::Postings).bytes)
        .ok_or_else(|| Fault::damaged(Section::Rows, "it does not count the postings of the segment"))
}

fn read_chunks(source: &Source, header: &Header) -> Result<Vec<u32>, Fault> {
    let bytes = read_section(source, header, Section::Chunks)?;
    let (ticks, _) = bytes.as_chunks();
    let chunks: Vec<u32> = ticks.iter().map(|tick| u32::from_le_bytes(*tick)).collect();
    match chunks.is_sorted() {
        true => Ok(chunks),
        false => Err(Fault::damaged(Section::Chunks, "it is out of order")),
    }
}
