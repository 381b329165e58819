//! Bits within bytes, the lowest of a byte first.

/// Bits that are taken from the rows at once; as many can be had from any bit on.
pub(super) const WORD: usize = 56;

/// Where the bits of rows are.
pub(super) trait Bits {
    /// The bytes that hold `count` bits from `bit` on (at most [`MOST`]), and 7 or more behind them; `None` if they cannot
    /// be read.
    fn bytes(&mut self, bit: usize, count: usize) -> Option<&[u8]>;

    /// `count` bits from `bit` on, at most [`WORD`].
    #[inline]
    fn word(&mut self, bit: usize, count: usize) -> Option<u64> {
        word(self.bytes(bit, count)?, bit % 8).map(|word| word & low_mask(count as u32))
    }
}

/// Bytes in memory.
impl Bits for &[u8] {
    #[inline]
    fn bytes(&mut self, bit: usize, _count: usize) -> Option<&[u8]> {
        self.get(bit / 8..)
    }
}

/// Most bits that are asked for at once: the low parts of as many postings as a word can hold ones.
pub(super) const MOST: usize = WORD * 31;

/// The place of the `nth` one of `bits`, counted from 1; there are as many.
pub(super) fn place_of_one(mut bits: u64, mut nth: u32) -> u32 {
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
pub(super) fn low_mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// The bits of `bytes` from `bit` on, 57 at least; `None` at the end.
#[inline]
pub(super) fn word(bytes: &[u8], bit: usize) -> Option<u64> {
    bytes.get(bit / 8..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight) >> (bit % 8))
}

/// Bits one behind the other, the lowest of a byte first.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that fill no byte yet.
    rest: u64,
    /// Number of them.
    count: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes + 8), rest: 0, count: 0 }
    }

    /// Appends the lowest `count` bits of `value`, at most 32; the others are zero.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.rest |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.rest as u8);
            self.rest >>= 8;
            self.count -= 8;
        }
    }

    pub(super) fn zeros(&mut self, mut count: usize) {
        while count > 0 {
            let now = count.min(32);
            self.put(0, now as u32);
            count -= now;
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let padding = (8 - self.count % 8) % 8;
        self.put(0, padding);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dice;
    use super::*;

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
