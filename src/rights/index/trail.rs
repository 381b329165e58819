//! The peaks of all tracks of a segment in order of time, two bytes each, for a match to be verified against.
//!
//! An entry is `ticks << 10 | step`: the ticks since the entry before it, and the step of the peak. Where the next peak is
//! too far away, an entry [`GAP`]` << 10 | ticks` stands for time without one. Entries lie in chunks of [`CHUNK`]; the tick
//! that the first entry of a chunk counts from is kept apart, so that reading can begin at any chunk.

use std::ops::Range;

use super::super::axis::STEPS;
use super::super::peaks::Peak;

/// Entries of a chunk, about six seconds of music.
pub(super) const CHUNK: usize = 256;
/// Bytes of a chunk.
pub(super) const CHUNK_BYTES: usize = CHUNK * ENTRY_BYTES;
/// Bytes of an entry.
pub(super) const ENTRY_BYTES: usize = 2;
/// Most entries of a segment.
pub(super) const MAX_ENTRIES: usize = 1 << 23;
/// Ticks of an entry that is no peak.
const GAP: u32 = 63;
/// Longest time of an entry that is no peak.
const LONGEST_GAP: u32 = 1_023;

/// Writes the trail of a segment.
#[derive(Default)]
pub(super) struct TrailWriter {
    /// The entries, as they are stored.
    pub(super) bytes: Vec<u8>,
    /// The tick from which each chunk counts.
    pub(super) chunks: Vec<u32>,
    tick: u32,
}

impl TrailWriter {
    /// Appends a peak, not before the last one.
    pub(super) fn push(&mut self, peak: Peak) {
        while peak.tick - self.tick >= GAP {
            let gap = (peak.tick - self.tick).min(LONGEST_GAP);
            self.entry(GAP << 10 | gap, gap);
        }
        let ticks = peak.tick - self.tick;
        self.entry(ticks << 10 | u32::from(peak.step), ticks);
    }

    /// Number of entries.
    pub(super) fn entries(&self) -> u32 {
        (self.bytes.len() / ENTRY_BYTES) as u32
    }

    fn entry(&mut self, entry: u32, ticks: u32) {
        if self.bytes.len().is_multiple_of(CHUNK_BYTES) {
            self.chunks.push(self.tick);
        }
        self.bytes.extend((entry as u16).to_le_bytes());
        self.tick += ticks;
    }
}

/// The chunk in which reading from a tick begins.
pub(super) fn first_chunk(chunks: &[u32], tick: u32) -> usize {
    chunks.partition_point(|&start| start < tick).saturating_sub(1)
}

/// Calls `each` with the peaks of a chunk that lie in a range of ticks; whether a later chunk may hold more.
pub(super) fn read_chunk(bytes: &[u8], mut tick: u32, ticks: &Range<u32>, mut each: impl FnMut(Peak)) -> bool {
    for entry in bytes.chunks_exact(ENTRY_BYTES) {
        let entry = u16::from_le_bytes([entry[0], entry[1]]);
        let (advance, step) = (u32::from(entry >> 10), entry & 1_023);
        let gap = advance == GAP;
        tick = tick.saturating_add(if gap { u32::from(step) } else { advance });
        if tick >= ticks.end {
            return false;
        }
        if !gap && tick >= ticks.start && usize::from(step) < STEPS {
            each(Peak { tick, step });
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dice;
    use super::*;

    fn read(trail: &TrailWriter, ticks: Range<u32>) -> Vec<Peak> {
        let mut peaks = Vec::new();
        for chunk in first_chunk(&trail.chunks, ticks.start)..trail.chunks.len() {
            let end = trail.bytes.len().min((chunk + 1) * CHUNK_BYTES);
            let bytes = &trail.bytes[chunk * CHUNK_BYTES..end];
            if !read_chunk(bytes, trail.chunks[chunk], &ticks, |peak| peaks.push(peak)) {
                break;
            }
        }
        peaks
    }

    #[test]
    fn any_range_of_time_gives_its_peaks() {
        let mut dice = Dice::new(1);
        let (mut trail, mut peaks, mut tick) = (TrailWriter::default(), Vec::new(), 0);
        for _ in 0..5_000 {
            // Chords, runs, pauses of every length around what an entry can hold, and a very long one now and then.
            let widest = [1, 4, 4, 4, 4, 70, 1_100, 2_100, 30_000][dice.below(9)];
            tick += dice.below(widest) as u32;
            let peak = Peak { tick, step: dice.below(STEPS) as u16 };
            trail.push(peak);
            peaks.push(peak);
        }
        for _ in 0..500 {
            let start = dice.below(tick as usize) as u32;
            let range = start..start + dice.below(5_000) as u32;
            let expected: Vec<Peak> = peaks.iter().filter(|peak| range.contains(&peak.tick)).copied().collect();
            assert_eq!(read(&trail, range), expected);
        }
        assert_eq!(read(&trail, 0..u32::MAX), peaks);
    }

    #[test]
    fn a_peak_of_music_takes_two_bytes() {
        let mut trail = TrailWriter::default();
        Dice::new(2).peaks(10_000).into_iter().for_each(|peak| trail.push(peak));
        assert_eq!(trail.bytes.len(), 20_000);
    }
}
