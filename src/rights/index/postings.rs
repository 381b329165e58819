//! The rows of an index as bits: where every shape stands.
//!
//! A *posting* is a place, `step << 22 | tick`. A row holds the postings of one shape in ascending order, coded after
//! P. Elias (J. ACM 21, 1974) and R. Fano: the low bits of each posting as they are; the rest, its *group* of steps, in
//! unary before them, one zero for every group and one one for every posting. Zeros counted in the unary part lead to the
//! first posting of a group, so a search touches three or four cache lines, and a posting costs about 25 bits.

use std::ops::Range;

use super::super::axis::STEPS;
use super::super::pairs::SHAPES;

/// Bits of a tick within a segment.
pub(super) const TICK_BITS: u32 = 22;
/// Ticks of a segment: 9.3 hours.
pub(super) const TICKS: u32 = 1 << TICK_BITS;
/// Bits of a step.
const STEP_BITS: u32 = 10;
/// Most postings of a segment; its bits can then be counted in 32 bits.
pub(super) const MAX_POSTINGS: usize = 1 << 25;
/// Bits that can be taken from any place of the rows at once.
const WORD: usize = 56;

/// A shape and its place, in the order in which the rows hold them.
pub(super) fn key(shape: usize, step: u16, tick: u32) -> u64 {
    (shape as u64) << 32 | u64::from(step) << TICK_BITS | u64::from(tick)
}

/// Where each row begins, counted in postings.
pub(super) struct Rows {
    coding: Coding,
    /// Postings before each row, and at the end all of them.
    before: Vec<u32>,
}

/// One row within the bits.
#[derive(Clone, Copy)]
pub(super) struct Row {
    coding: Coding,
    /// First bit.
    start: usize,
    /// Number of postings.
    postings: usize,
}

/// How many bits of a posting are kept as they are: `22..=32`, the same in all rows of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) low_bits: u32,
}

impl Coding {
    /// The coding that takes the fewest bits for a number of postings.
    fn smallest(postings: usize) -> Self {
        let bits = |coding: &Self| coding.bits_before(SHAPES, postings);
        (TICK_BITS..=u32::BITS).map(|low_bits| Self { low_bits }).min_by_key(bits).expect("the range has members")
    }

    /// The coding of a stored number; `None` if no segment has it.
    pub(super) fn from_stored(low_bits: u32) -> Option<Self> {
        (TICK_BITS..=u32::BITS).contains(&low_bits).then_some(Self { low_bits })
    }

    /// Steps of a group, as a power of two.
    fn shift(self) -> u32 {
        self.low_bits - TICK_BITS
    }

    /// Groups of steps in a row.
    fn groups(self) -> usize {
        STEPS.div_ceil(1 << self.shift())
    }

    /// Bytes that hold `postings` postings in all rows.
    pub(super) fn bytes(self, postings: usize) -> usize {
        self.bits_before(SHAPES, postings).div_ceil(8)
    }

    /// Bits of the first `rows` rows, which hold `postings` postings.
    fn bits_before(self, rows: usize, postings: usize) -> usize {
        postings * (self.low_bits as usize + 1) + rows * self.groups()
    }
}

impl Rows {
    /// From the number of postings in each row; `None` if there are not [`SHAPES`] rows or too many postings.
    pub(super) fn new(coding: Coding, counts: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut before = Vec::with_capacity(SHAPES + 1);
        let mut sum = 0_u32;
        before.push(0);
        for count in counts.into_iter().take(SHAPES + 1) {
            sum = sum.checked_add(count).filter(|&sum| sum as usize <= MAX_POSTINGS)?;
            before.push(sum);
        }
        (before.len() == SHAPES + 1).then_some(Self { coding, before })
    }

    /// Lays out the rows for ascending keys and writes their bits.
    pub(super) fn write(keys: &[u64]) -> (Self, Vec<u8>) {
        let mut counts = vec![0_u32; SHAPES];
        for key in keys {
            counts[(key >> 32) as usize] += 1;
        }
        let rows = Self::new(Coding::smallest(keys.len()), counts).expect("the caller keeps to the limits");
        let mut bits = BitWriter::with_capacity(rows.bytes());
        for shape in 0..SHAPES {
            let row = &keys[rows.before[shape] as usize..rows.before[shape + 1] as usize];
            rows.coding.write_row(row, &mut bits);
        }
        (rows, bits.finish())
    }

    pub(super) fn coding(&self) -> Coding {
        self.coding
    }

    /// Postings in each row.
    pub(super) fn counts(&self) -> impl Iterator<Item = u32> {
        (0..SHAPES).map(|shape| self.len(shape))
    }

    /// Postings of all rows.
    pub(super) fn postings(&self) -> usize {
        self.before[SHAPES] as usize
    }

    /// Bytes that hold the bits of all rows.
    pub(super) fn bytes(&self) -> usize {
        self.coding.bytes(self.postings())
    }

    /// Postings in the row of a shape; 0 for a shape that does not exist.
    pub(super) fn len(&self, shape: usize) -> u32 {
        self.before.get(shape + 1).map_or(0, |&end| end - self.before[shape])
    }

    /// The row of a shape; `None` if it is empty.
    pub(super) fn row(&self, shape: usize) -> Option<Row> {
        let postings = self.len(shape) as usize;
        let start = || self.coding.bits_before(shape, self.before[shape] as usize);
        (postings > 0).then(|| Row { coding: self.coding, start: start(), postings })
    }
}

impl Coding {
    fn write_row(self, row: &[u64], bits: &mut BitWriter) {
        let mut group = 0;
        for key in row {
            let own = ((*key & u64::from(u32::MAX)) >> self.low_bits) as usize;
            bits.zeros(own - group);
            bits.put(1, 1);
            group = own;
        }
        bits.zeros(self.groups() - group);
        for key in row {
            bits.put(key & low_mask(self.low_bits), self.low_bits);
        }
    }
}

impl Row {
    /// The first byte of the row and the last one that its bits reach.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let end = self.lows() + self.postings * self.coding.low_bits as usize;
        (self.start / 8, (end - 1) / 8)
    }

    /// First bit of the low parts.
    fn lows(&self) -> usize {
        self.start + self.postings + self.coding.groups()
    }

    /// Calls `hit` with the step and tick of each posting in a range of steps (not empty, within the axis), in ascending
    /// order.
    ///
    /// `word` gives 56 or more bits from any bit of the row on. Where it has none the search ends with `None`.
    pub(super) fn search(
        &self,
        steps: Range<u16>,
        mut word: impl FnMut(usize) -> Option<u64>,
        mut hit: impl FnMut(u16, u32),
    ) -> Option<()> {
        let (low_bits, shift, lows) = (self.coding.low_bits, self.coding.shift(), self.lows());
        let (first, last) = (usize::from(steps.start >> shift), usize::from((steps.end - 1) >> shift));
        let mut at = self.skip_groups(first, &mut word)?;
        let mut index = at - self.start - first;
        while at < lows && at - self.start - index <= last {
            let mut ones = word(at)? & low_mask(WORD as u32);
            while ones != 0 {
                let group = at + ones.trailing_zeros() as usize - self.start - index;
                if group > last || index >= self.postings {
                    return Some(());
                }
                let low = word(lows + index * low_bits as usize)? & low_mask(low_bits);
                let step = (group << shift) as u16 | (low >> TICK_BITS) as u16;
                if steps.contains(&step) {
                    hit(step, low as u32 & (TICKS - 1));
                }
                index += 1;
                ones &= ones - 1;
            }
            at += WORD;
        }
        Some(())
    }

    /// The bit behind the zero that ends group `groups - 1`.
    fn skip_groups(&self, mut groups: usize, word: &mut impl FnMut(usize) -> Option<u64>) -> Option<usize> {
        let (mut at, end) = (self.start, self.lows());
        while groups > 0 {
            let zeros = !word(at)? & low_mask(WORD as u32);
            let count = zeros.count_ones() as usize;
            if count >= groups {
                return Some(at + place_of_one(zeros, groups as u32) as usize + 1);
            }
            groups -= count;
            at += WORD;
            if at >= end {
                return None;
            }
        }
        Some(at)
    }
}

/// The place of the `nth` one of `bits`, counted from 1; there are as many.
fn place_of_one(mut bits: u64, mut nth: u32) -> u32 {
    let mut place = 0;
    for half in [32, 16, 8] {
        let below = (bits & low_mask(half)).count_ones();
        if below < nth {
            nth -= below;
            bits >>= half;
            place += half;
        }
    }
    for _ in 1..nth {
        bits &= bits - 1;
    }
    place + bits.trailing_zeros()
}

/// The lowest `bits` bits, fewer than 64.
fn low_mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// The bits of `bytes` from `bit` on, 57 at least; `None` at the end.
pub(super) fn word(bytes: &[u8], bit: usize) -> Option<u64> {
    let eight = bytes.get(bit / 8..bit / 8 + 8)?;
    Some(u64::from_le_bytes(eight.try_into().ok()?) >> (bit % 8))
}

/// Bits one behind the other, the lowest of a byte first.
struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that fill no byte yet.
    rest: u64,
    /// Number of them.
    count: u32,
}

impl BitWriter {
    fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes + 8), rest: 0, count: 0 }
    }

    /// Appends the lowest `count` bits of `value`, at most 32; the others are zero.
    fn put(&mut self, value: u64, count: u32) {
        self.rest |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.rest as u8);
            self.rest >>= 8;
            self.count -= 8;
        }
    }

    fn zeros(&mut self, mut count: usize) {
        while count > 0 {
            let now = count.min(32);
            self.put(0, now as u32);
            count -= now;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let padding = (8 - self.count % 8) % 8;
        self.put(0, padding);
        self.bytes
    }
}

/// Bits of a step and of a tick make one posting.
const _: () = assert!(STEP_BITS + TICK_BITS == u32::BITS && STEPS <= 1 << STEP_BITS);

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
            row.search(steps, |bit| word(bytes, bit), hit).expect("all bits are there");
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
    fn six_hours_take_less_than_26_bits_a_posting() {
        let coding = Coding::smallest(3_456_000);
        assert_eq!(coding.low_bits, 23);
        assert!(coding.bits_before(SHAPES, 3_456_000) < 26 * 3_456_000);
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
                    row.search(0..STEPS as u16, |bit| word(&bytes, bit), hit);
                }
                assert!(hits <= rows.len(shape));
            }
        }
    }

    #[test]
    fn the_place_of_a_one_is_found_in_every_word() {
        let mut random = Dice::new(5);
        for _ in 0..1_000 {
            let bits = random.wide() & random.wide();
            let places = (0..64).filter(|place| bits >> place & 1 == 1);
            for (nth, place) in (1..).zip(places) {
                assert_eq!(place_of_one(bits, nth), place);
            }
        }
    }
}
