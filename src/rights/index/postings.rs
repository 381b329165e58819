//! The rows of an index as bits: where every shape stands.
//!
//! A *posting* is a place, `step << 22 | tick`. A row holds the postings of one shape in ascending order, coded after
//! P. Elias (J. ACM 21, 1974) and R. Fano: the low bits of each posting as they are; the rest, its *group*, in unary before
//! them, one zero for the end of every group and one one for every posting. Samples before the unary part say how many
//! zeros lie before every [`STRIDE`]th bit, so the first posting of a group is found by a few comparisons and a count of at
//! most four words. The longer a row, the fewer low bits: a posting costs 21 to 26 bits.

use std::ops::Range;

use super::super::axis::STEPS;
use super::super::pairs::SHAPES;
use super::bits::{BitWriter, Bits, WORD, low_mask, place_of_one, word};

/// Bits of a tick within a segment.
pub(super) const TICK_BITS: u32 = 22;
/// Ticks of a segment: 9.3 hours.
pub(super) const TICKS: u32 = 1 << TICK_BITS;
/// Places that there are.
const PLACES: u64 = (STEPS as u64) << TICK_BITS;
/// Most postings of a segment; its bits can then be counted in 32 bits.
pub(super) const MAX_POSTINGS: usize = 1 << 25;
/// Bits of the unary part between two samples.
const STRIDE: usize = 4 * WORD;
/// Bits of a sample.
const SAMPLE_BITS: usize = 16;
/// Fewest low bits of a posting, so that samples do not overflow.
const LEAST_LOW_BITS: u32 = 16;

/// A shape and its place, in the order in which the rows hold them.
pub(super) fn key(shape: usize, step: u16, tick: u32) -> u64 {
    (shape as u64) << 32 | u64::from(step) << TICK_BITS | u64::from(tick)
}

/// Where each row is: 12 thousand times 8 bytes, for as long as a segment is open.
pub(super) struct Rows {
    /// First bit of each row, and its number of postings.
    rows: Vec<(u32, u32)>,
    bits: usize,
    postings: usize,
}

/// One row within the bits.
#[derive(Clone, Copy)]
pub(super) struct Row {
    start: usize,
    postings: usize,
    low_bits: u32,
}

impl Rows {
    /// From the number of postings in each row; `None` if there are not [`SHAPES`] rows or too many postings.
    pub(super) fn new(counts: &[u32]) -> Option<Self> {
        let (mut rows, mut bits, mut postings) = (Vec::with_capacity(SHAPES), 0, 0);
        for &count in counts {
            rows.push((bits as u32, count));
            postings += count as usize;
            if postings > MAX_POSTINGS {
                return None;
            }
            bits += Row::new(0, count).map_or(0, |row| row.end());
        }
        (rows.len() == SHAPES).then_some(Self { rows, bits, postings })
    }

    /// Lays out the rows for ascending keys and writes their bits.
    pub(super) fn write(keys: &[u64]) -> (Self, Vec<u8>) {
        let mut counts = vec![0_u32; SHAPES];
        for key in keys {
            counts[(key >> 32) as usize] += 1;
        }
        let rows = Self::new(&counts).expect("the caller keeps to the limits");
        let (mut bits, mut keys) = (BitWriter::with_capacity(rows.bytes()), keys);
        for &(start, count) in &rows.rows {
            let (own, rest) = keys.split_at(count as usize);
            keys = rest;
            if let Some(row) = Row::new(start, count) {
                row.write(own, &mut bits);
            }
        }
        (rows, bits.finish())
    }

    /// Postings in each row.
    pub(super) fn counts(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|&(_, count)| count)
    }

    /// Postings of all rows.
    pub(super) fn postings(&self) -> usize {
        self.postings
    }

    /// Bytes that hold the bits of all rows.
    pub(super) fn bytes(&self) -> usize {
        self.bits.div_ceil(8)
    }

    /// Postings in the row of a shape; 0 for a shape that does not exist.
    pub(super) fn len(&self, shape: usize) -> u32 {
        self.rows.get(shape).map_or(0, |&(_, count)| count)
    }

    /// The row of a shape; `None` if it is empty.
    pub(super) fn row(&self, shape: usize) -> Option<Row> {
        self.rows.get(shape).and_then(|&(start, count)| Row::new(start, count))
    }
}

impl Row {
    /// A row of `count` postings from the bit `start` on; `None` if there are none.
    fn new(start: u32, count: u32) -> Option<Self> {
        // One bit fewer would cost another zero for every two groups and save a bit for every posting.
        let low_bits = (PLACES as u32).checked_div(count)?.checked_ilog2().unwrap_or(0).max(LEAST_LOW_BITS);
        Some(Self { start: start as usize, postings: count as usize, low_bits })
    }

    fn unary_bits(&self) -> usize {
        self.postings + PLACES.div_ceil(1 << self.low_bits) as usize
    }

    fn samples(&self) -> usize {
        (self.unary_bits() - 1) / STRIDE
    }

    /// First bit of the unary part.
    fn unary(&self) -> usize {
        self.start + self.samples() * SAMPLE_BITS
    }

    /// First bit of the low parts.
    fn lows(&self) -> usize {
        self.unary() + self.unary_bits()
    }

    /// The bit behind the row.
    fn end(&self) -> usize {
        self.lows() + self.postings * self.low_bits as usize
    }

    /// Appends the row.
    fn write(&self, keys: &[u64], bits: &mut BitWriter) {
        let group = |key: &u64| ((*key & low_mask(32)) >> self.low_bits) as usize;
        // A posting's one stands behind the ones of those before it and a zero for each group before its own.
        let ones: Vec<usize> = keys.iter().enumerate().map(|(index, key)| index + group(key)).collect();
        for sample in 1..=self.samples() {
            let before = ones.partition_point(|&one| one < sample * STRIDE);
            bits.put((sample * STRIDE - before) as u64, SAMPLE_BITS as u32);
        }
        let mut written = 0;
        for one in ones {
            bits.zeros(one - written);
            bits.put(1, 1);
            written = one + 1;
        }
        bits.zeros(self.unary_bits() - written);
        for key in keys {
            bits.put(key & low_mask(self.low_bits), self.low_bits);
        }
    }

    /// Calls `hit` with the step and tick of each posting in a range of steps within the axis, in ascending order. Where
    /// the bits cannot be had the search ends with `None`.
    #[inline]
    pub(super) fn search(&self, steps: Range<u16>, bits: &mut impl Bits, mut hit: impl FnMut(u16, u32)) -> Option<()> {
        let (from, to) = (u64::from(steps.start) << TICK_BITS, u64::from(steps.end) << TICK_BITS);
        let (unary, end, low_bits) = (self.unary(), self.unary_bits(), self.low_bits as usize);
        let first_group = (from >> self.low_bits) as usize;
        let mut at = self.first_bit(first_group, bits)?;
        let mut low = self.lows() + at.checked_sub(first_group)? * low_bits;
        // The group of a one at bit `at` is the number of zeros before it.
        let mut zeros = first_group;
        while at < end && (zeros as u64) << self.low_bits < to {
            let count = WORD.min(end - at);
            let mut ones = bits.word(unary + at, count)?;
            let postings = ones.count_ones() as usize;
            let lows = bits.bytes(low, postings * low_bits)?;
            let (mut group, mut bit) = (zeros as u64, low % 8);
            while ones != 0 {
                let place = u64::from(ones.trailing_zeros());
                let value = group.wrapping_add(place) << self.low_bits | word(lows, bit)? & low_mask(self.low_bits);
                if value >= to {
                    return Some(());
                }
                if value >= from {
                    hit((value >> TICK_BITS) as u16, value as u32 & (TICKS - 1));
                }
                ones &= ones - 1;
                group = group.wrapping_sub(1);
                bit += low_bits;
            }
            zeros += count - postings;
            low += postings * low_bits;
            at += count;
        }
        Some(())
    }

    /// The bit of the unary part at which a group begins: behind as many zeros.
    #[inline]
    fn first_bit(&self, group: usize, bits: &mut impl Bits) -> Option<usize> {
        if group == 0 {
            return Some(0);
        }
        let (unary, end) = (self.unary(), self.unary_bits());
        let (mut at, before) = self.sample_before(group, bits)?;
        let mut missing = group.checked_sub(before)?;
        while at < end {
            let count = WORD.min(end - at);
            let zeros = !bits.word(unary + at, count)? & low_mask(count as u32);
            let found = zeros.count_ones() as usize;
            if found >= missing {
                return Some(at + place_of_one(zeros, missing as u32) as usize + 1);
            }
            missing -= found;
            at += count;
        }
        None
    }

    /// The last sampled bit with fewer than `group` zeros before it, and how many these are.
    #[inline]
    fn sample_before(&self, group: usize, bits: &mut impl Bits) -> Option<(usize, usize)> {
        let (mut first, mut end, mut before) = (0, self.samples(), 0);
        while first < end {
            let middle = first.midpoint(end);
            let zeros = bits.word(self.start + middle * SAMPLE_BITS, SAMPLE_BITS)? as usize;
            if zeros < group {
                (first, before) = (middle + 1, zeros);
            } else {
                end = middle;
            }
        }
        Some((first * STRIDE, before))
    }
}

/// A place fits into 32 bits, and the zeros of a unary part into a sample.
const _: () = assert!(PLACES < 1 << 32 && PLACES >> LEAST_LOW_BITS < 1 << SAMPLE_BITS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::index::testing::Dice;

    fn random_keys(count: usize, shapes: usize, steps: usize) -> Vec<u64> {
        let mut random = Dice::new(7);
        let mut below = |end| random.below(end);
        let mut keys: Vec<u64> =
            (0..count).map(|_| key(below(shapes), below(steps) as u16, below(TICKS as usize) as u32)).collect();
        keys.sort_unstable();
        keys
    }

    /// All that a search finds, as keys.
    fn found(rows: &Rows, bytes: &[u8], shape: usize, steps: Range<u16>) -> Vec<u64> {
        let mut found = Vec::new();
        if let Some(row) = rows.row(shape) {
            let hit = |step, tick| found.push(key(shape, step, tick));
            row.search(steps, &mut &*bytes, hit).expect("all bits are there");
        }
        found
    }

    #[test]
    fn a_search_finds_what_a_scan_of_the_sorted_keys_finds() {
        for (count, shapes, steps) in [(1, 1, 1), (40, 3, STEPS), (3_000, 5, 20), (60_000, 40, STEPS)] {
            let keys = random_keys(count, shapes, steps);
            let (rows, mut bytes) = Rows::write(&keys);
            assert_eq!(bytes.len(), rows.bytes());
            bytes.extend([0; 8]);
            for shape in 0..=shapes {
                for range in [0..STEPS as u16, 0..1, 5..6, 100..141, 701..720] {
                    let within = |key: &&u64| {
                        (*key >> 32) as usize == shape && range.contains(&((*key >> TICK_BITS) as u16 & 1_023))
                    };
                    let expected: Vec<u64> = keys.iter().filter(within).copied().collect();
                    assert_eq!(found(&rows, &bytes, shape, range.clone()), expected, "{count} {shape} {range:?}");
                }
            }
        }
    }

    #[test]
    fn every_coding_reads_what_it_writes() {
        for count in [0, 10, 1_000, 20_000, 300_000, 3_000_000] {
            let keys = random_keys(count, SHAPES, STEPS);
            let (rows, mut bytes) = Rows::write(&keys);
            bytes.extend([0; 8]);
            let all: Vec<u64> = (0..SHAPES).flat_map(|shape| found(&rows, &bytes, shape, 0..STEPS as u16)).collect();
            assert!(all == keys);
        }
    }

    #[test]
    fn a_posting_takes_22_bits_in_long_rows_and_26_in_short_ones() {
        for (count, limit) in [(5_000, 21.5), (300, 25.5), (100, 27.0)] {
            let row = Row::new(0, count).unwrap();
            assert!(row.end() as f32 / (count as f32) < limit, "{count}: {}", row.end());
        }
    }

    #[test]
    fn no_other_number_of_low_bits_is_better_by_more_than_a_hundredth() {
        for count in [1, 2, 3, 10, 45, 46, 300, 719, 720, 721, 5_000, 40_000] {
            let row = Row::new(0, count).unwrap();
            for low_bits in 16..=31 {
                let other = Row { low_bits, ..row };
                assert!(row.end() <= other.end() + other.end() / 100 + 2, "{count}: {low_bits}");
            }
        }
    }

    #[test]
    fn any_bits_are_searched_without_panic() {
        let mut random = Dice::new(3);
        let keys = random_keys(20_000, 100, STEPS);
        let (rows, written) = Rows::write(&keys);
        for _ in 0..200 {
            let bytes: Vec<u8> = (0..written.len()).map(|_| random.next() as u8).collect();
            for shape in 0..100 {
                let mut hits = 0;
                let hit = |step, tick| {
                    assert!(usize::from(step) < STEPS && tick < TICKS);
                    hits += 1;
                };
                if let Some(row) = rows.row(shape) {
                    row.search(0..STEPS as u16, &mut &bytes[..], hit);
                }
                assert!(hits <= 3 * rows.len(shape));
            }
        }
    }
}
