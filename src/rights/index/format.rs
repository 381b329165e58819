//! The file of a segment, byte for byte. Little-endian throughout.
//!
//! | part | bytes |
//! |---|---|
//! | header | [`HEADER_BYTES`]: magic, version, digest of the analysis, time of making, counts, length and CRC-32 of each part below, CRC-32 of the header |
//! | tracks | see [`super::track`] |
//! | rows | the number of postings of each shape, seven bits a byte, the lowest first, the eighth bit set in all but the last |
//! | chunks | the tick from which each chunk of peaks counts, 4 bytes each |
//! | postings | the bits of all rows ([`super::postings`]), in blocks |
//! | peaks | the entries of the trail ([`super::trail`]), in blocks |
//!
//! A block is 4 KiB, then the first 8 bytes of the next one, then the CRC-32 of both, which begins with the block's number.
//! The last block is as long as what is left for it, and is followed by 8 zero bytes.

use super::super::{axis, pairs};
use super::cache::{BLOCK, OVERLAP};
use super::error::{Fault, Section};
use super::postings::{MAX_POSTINGS, TICKS};
use super::trail::{CHUNK, ENTRY_BYTES, MAX_ENTRIES};

/// Version of the format.
pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"ZRIGHTS\0";
/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 8 + 4 + 32 + 8 + 5 * 4 + SECTIONS.len() * 12 + 4;
/// Bytes of a CRC-32.
pub(super) const SUM_BYTES: usize = 4;
/// Largest track table.
pub(super) const MAX_TRACK_BYTES: usize = 64 << 20;
/// Most tracks of a segment: as many as the pauses between them leave room for.
pub(super) const MAX_TRACKS: u32 = TICKS / super::builder::PAUSE + 1;

/// The parts of a segment, in the order of the file.
pub(super) const SECTIONS: [Section; 5] =
    [Section::Tracks, Section::Rows, Section::Chunks, Section::Postings, Section::Peaks];

/// A part of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) sum: u32,
}

/// What the header of a segment says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    /// Seconds since 1970 at which the segment was made.
    pub(super) created: u64,
    /// The tick at which its last track ends.
    pub(super) ticks: u32,
    pub(super) tracks: u32,
    pub(super) postings: u32,
    pub(super) peaks: u32,
    /// Entries of the trail.
    pub(super) entries: u32,
    /// Where the parts are.
    pub(super) extents: [Extent; SECTIONS.len()],
}

/// What tells the peaks and pairs of one analysis from another's: a segment is of use to the analysis that made it only.
pub(super) fn analysis_digest() -> [u8; 32] {
    let axis = [axis::RATE, axis::WINDOW as u32, axis::HOP as u32, axis::TICKS_PER_FRAME, axis::LOWEST_HZ.to_bits()];
    let steps = [axis::OCTAVES, axis::ROWS_PER_OCTAVE, axis::STEPS_PER_ROW].map(|count| count as u32);
    let shapes = [pairs::MAX_STEPS as u32, pairs::STEPS_PER_SHAPE as u32, pairs::MIN_TICKS, pairs::END_TICKS];
    let rest = [pairs::TICKS_PER_SHAPE, pairs::INDEX_FAN as u32, pairs::REVISION];
    let mut hasher = blake3::Hasher::new();
    for number in axis.iter().chain(&steps).chain(&shapes).chain(&rest) {
        hasher.update(&number.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        put(&mut out, VERSION);
        out.extend(analysis_digest());
        out.extend(self.created.to_le_bytes());
        for count in [self.ticks, self.tracks, self.postings, self.peaks, self.entries] {
            put(&mut out, count);
        }
        for extent in &self.extents {
            out.extend(extent.bytes.to_le_bytes());
            put(&mut out, extent.sum);
        }
        let sum = crc32fast::hash(&out);
        put(&mut out, sum);
        out
    }

    /// Reads and checks a header; `file` is the length of the whole file.
    pub(super) fn from_bytes(bytes: &[u8], file: u64) -> Result<Self, Fault> {
        let fault = |reason: &str| Fault::damaged(Section::Header, reason);
        let mut cursor = Cursor(bytes);
        if cursor.take(8) != Some(MAGIC) {
            return Err(fault("it is no segment of an index"));
        }
        match cursor.u32() {
            Some(VERSION) => {}
            Some(got) => return Err(Fault::Version(got)),
            None => return Err(fault("it ends too early")),
        }
        let (body, sum) = bytes.split_last_chunk().ok_or_else(|| fault("it ends too early"))?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(fault("its checksum is wrong"));
        }
        let (header, analysis) = Self::fields(&mut cursor).ok_or_else(|| fault("it makes no sense"))?;
        if analysis != analysis_digest() {
            return Err(Fault::Analysis);
        }
        header.check(file).map(|()| header)
    }

    fn fields(cursor: &mut Cursor<'_>) -> Option<(Self, [u8; 32])> {
        let analysis = cursor.array()?;
        let created = u64::from_le_bytes(cursor.array()?);
        let [ticks, tracks, postings, peaks, entries] =
            [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let mut extents = [Extent::default(); SECTIONS.len()];
        let mut offset = HEADER_BYTES as u64;
        for extent in &mut extents {
            *extent = Extent { offset, bytes: u64::from_le_bytes(cursor.array()?), sum: cursor.u32()? };
            offset = offset.checked_add(extent.bytes)?;
        }
        Some((Self { created, ticks, tracks, postings, peaks, entries, extents }, analysis))
    }

    /// Checks counts and lengths against their limits and against each other, before anything is allocated.
    fn check(&self, file: u64) -> Result<(), Fault> {
        let fault = |reason: String| Err(Fault::damaged(Section::Header, reason));
        let end = self.extents.last().map_or(0, |last| last.offset + last.bytes);
        if end != file {
            return fault(format!("the file has {file} bytes and should have {end}"));
        }
        let limits = [
            (self.ticks, TICKS),
            (self.tracks, MAX_TRACKS),
            (self.postings, MAX_POSTINGS as u32),
            (self.peaks, self.entries),
            (self.entries, MAX_ENTRIES as u32),
        ];
        if let Some((count, limit)) = limits.iter().find(|(count, limit)| count > limit) {
            return fault(format!("it counts {count} where {limit} is the most"));
        }
        let lengths = [
            (Section::Tracks, self.extent(Section::Tracks).bytes.min(MAX_TRACK_BYTES as u64)),
            (Section::Rows, self.extent(Section::Rows).bytes.min(pairs::SHAPES as u64 * 5)),
            (Section::Chunks, u64::from(self.entries).div_ceil(CHUNK as u64) * 4),
            (Section::Postings, self.extent(Section::Postings).bytes.min(MAX_POSTINGS as u64 * 5)),
            (Section::Peaks, stored_bytes(self.entries as usize * ENTRY_BYTES) as u64),
        ];
        match lengths.iter().find(|(section, bytes)| self.extent(*section).bytes != *bytes) {
            Some((section, _)) => fault(format!("the length of its {section} is wrong")),
            None => Ok(()),
        }
    }

    pub(super) fn extent(&self, section: Section) -> Extent {
        SECTIONS.iter().position(|&own| own == section).map_or(Extent::default(), |place| self.extents[place])
    }
}

/// Bytes of the blocks that hold `bytes` bytes.
pub(super) fn stored_bytes(bytes: usize) -> usize {
    bytes + bytes.div_ceil(BLOCK) * (OVERLAP + SUM_BYTES)
}

/// Cuts bytes into blocks.
pub(super) fn to_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(stored_bytes(bytes.len()));
    for (number, block) in (0_u32..).zip(bytes.chunks(BLOCK)) {
        let start = out.len();
        out.extend(block);
        let next = bytes.get((number as usize + 1) * BLOCK..).unwrap_or_default();
        out.extend((0..OVERLAP).map(|byte| next.get(byte).copied().unwrap_or(0)));
        let sum = block_sum(number, &out[start..]);
        put(&mut out, sum);
    }
    out
}

/// The checksum of a block and its overlap. A block in the place of another has the wrong one.
pub(super) fn block_sum(number: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(number);
    hasher.update(bytes);
    hasher.finalize()
}

/// Writes the row table.
pub(super) fn counts_to_bytes(counts: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut out = Vec::new();
    for mut count in counts {
        while count > 0x7F {
            out.push(count as u8 | 0x80);
            count >>= 7;
        }
        out.push(count as u8);
    }
    out
}

/// Reads the row table; `None` where a number does not end.
pub(super) fn counts_from_bytes(bytes: &[u8]) -> Option<Vec<u32>> {
    let (mut counts, mut count, mut shift) = (Vec::with_capacity(pairs::SHAPES), 0_u32, 0);
    for byte in bytes {
        count |= u32::from(byte & 0x7F).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            counts.push(std::mem::take(&mut count));
            shift = 0;
        }
    }
    (shift == 0).then_some(counts)
}

pub(super) fn put(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_le_bytes());
}

/// Bytes that are taken from the front.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_table_reads_back() {
        let counts = [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 25, 0];
        let bytes = counts_to_bytes(counts);
        assert_eq!(counts_from_bytes(&bytes).as_deref(), Some(counts.as_slice()));
        assert_eq!(counts_from_bytes(&[0x80]), None);
        assert_eq!(counts_from_bytes(&[0xFF; 9]), None);
    }

    #[test]
    fn a_block_repeats_the_beginning_of_the_next() {
        let bytes: Vec<u8> = (0..BLOCK + 100).map(|byte| (byte % 251) as u8).collect();
        let blocks = to_blocks(&bytes);
        assert_eq!(blocks.len(), stored_bytes(bytes.len()));
        assert_eq!(blocks[BLOCK..BLOCK + OVERLAP], bytes[BLOCK..BLOCK + OVERLAP]);
        let second = &blocks[BLOCK + OVERLAP + SUM_BYTES..];
        assert_eq!(second[..100], bytes[BLOCK..]);
        assert_eq!(second[100..100 + OVERLAP], [0; OVERLAP]);
        let sum = u32::from_le_bytes(*second.last_chunk().unwrap());
        assert_eq!(sum, block_sum(1, &second[..100 + OVERLAP]));
        assert_ne!(sum, block_sum(0, &second[..100 + OVERLAP]));
    }
}
