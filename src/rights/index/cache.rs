//! Blocks of segments in memory: as many as fit into a fixed size, the ones used last.

use std::cell::Cell;

/// Bytes of a block; the last block of a part of a segment may be shorter.
pub(super) const BLOCK: usize = 4 * 1024;
/// Bytes of the following block that every block repeats, so that a word can be taken from any byte of it.
pub(super) const OVERLAP: usize = 8;
/// Memory of a block: as it is stored, with its checksum.
pub(super) const FRAME: usize = BLOCK + OVERLAP + super::format::SUM_BYTES;

/// Where in the cache a block was last seen: a hint, to be checked against the owner of the frame.
pub(super) struct Place(Cell<u32>);

impl Place {
    /// Of a block that was never asked for.
    const UNSEEN: u32 = u32::MAX;
    /// Of a block that cannot be read; it is not tried again.
    const DAMAGED: u32 = u32::MAX - 1;

    /// Places of `count` blocks.
    pub(super) fn unseen(count: usize) -> Vec<Self> {
        (0..count).map(|_| Self(Cell::new(Self::UNSEEN))).collect()
    }
}

/// A segment of an index, told from all others that the index ever had open, and a block of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockId {
    pub(super) segment: u32,
    pub(super) block: u32,
}

impl BlockId {
    const NONE: Self = Self { segment: u32::MAX, block: u32::MAX };
}

/// The blocks in memory. Made when an index is opened; allocates nothing afterwards.
///
/// Which block has to go is told by a clock: a hand goes round the frames, passes over one that was used again since it
/// last came by, and takes the first other.
pub struct Cache {
    frames: Vec<u8>,
    owners: Vec<BlockId>,
    used: Vec<bool>,
    hand: usize,
    /// The first block that could not be read: its segment, and why.
    damage: Option<(u32, String)>,
}

impl Cache {
    /// Room for `bytes` bytes, and for one block at least. The memory is taken up as it is used.
    pub(super) fn new(bytes: usize) -> Self {
        let count = (bytes / FRAME).clamp(1, Place::DAMAGED as usize);
        Self {
            frames: Vec::with_capacity(count * FRAME),
            owners: vec![BlockId::NONE; count],
            used: vec![false; count],
            hand: 0,
            damage: None,
        }
    }

    /// The first block that could not be read, and why.
    pub(super) fn damage(&self) -> Option<&str> {
        self.damage.as_ref().map(|(_, reason)| reason.as_str())
    }

    /// Forgets the damage of segments that are no longer open.
    pub(super) fn forget_damage(&mut self, is_open: impl Fn(u32) -> bool) {
        self.damage.take_if(|(segment, _)| !is_open(*segment));
    }

    /// The bytes of a block, [`FRAME`] of them. `load` is called to fill them where they are not in memory; if it fails,
    /// there are none, now and later.
    #[inline]
    pub(super) fn block(
        &mut self,
        id: BlockId,
        place: &Place,
        load: impl FnOnce(&mut [u8]) -> Result<(), String>,
    ) -> Option<&[u8]> {
        let seen = place.0.get() as usize;
        let frame = if self.owners.get(seen) == Some(&id) {
            self.used[seen] = true;
            seen
        } else {
            self.fill(id, place, load)?
        };
        Some(&self.frames[frame * FRAME..(frame + 1) * FRAME])
    }

    #[cold]
    fn fill(
        &mut self,
        id: BlockId,
        place: &Place,
        load: impl FnOnce(&mut [u8]) -> Result<(), String>,
    ) -> Option<usize> {
        if place.0.get() == Place::DAMAGED {
            return None;
        }
        let frame = self.free();
        self.owners[frame] = BlockId::NONE;
        if let Err(reason) = load(&mut self.frames[frame * FRAME..(frame + 1) * FRAME]) {
            place.0.set(Place::DAMAGED);
            self.damage.get_or_insert((id.segment, reason));
            return None;
        }
        self.owners[frame] = id;
        place.0.set(frame as u32);
        Some(frame)
    }

    /// A frame that was never used, or the one that has to go.
    fn free(&mut self) -> usize {
        let fresh = self.frames.len() / FRAME;
        if fresh < self.owners.len() {
            // Within its capacity: the memory was allocated, and is touched now for the first time.
            self.frames.resize((fresh + 1) * FRAME, 0);
            return fresh;
        }
        loop {
            let frame = self.hand;
            self.hand = (self.hand + 1) % self.owners.len();
            if !std::mem::take(&mut self.used[frame]) {
                return frame;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Blocks {
        cache: Cache,
        places: Vec<Place>,
        loads: usize,
    }

    impl Blocks {
        fn new(frames: usize, blocks: usize) -> Self {
            Self { cache: Cache::new(frames * FRAME), places: Place::unseen(blocks), loads: 0 }
        }

        fn first_byte(&mut self, block: u32) -> Option<u8> {
            let load = |bytes: &mut [u8]| {
                self.loads += 1;
                bytes.fill(block as u8);
                if block == 13 { Err("block 13 is bad".to_owned()) } else { Ok(()) }
            };
            let id = BlockId { segment: 0, block };
            self.cache.block(id, &self.places[block as usize], load).map(|bytes| bytes[0])
        }
    }

    #[test]
    fn a_block_is_loaded_once_while_there_is_room() {
        let mut blocks = Blocks::new(4, 4);
        for block in [0, 1, 2, 3, 0, 1, 2, 3, 3, 0] {
            assert_eq!(blocks.first_byte(block), Some(block as u8));
        }
        assert_eq!(blocks.loads, 4);
    }

    #[test]
    fn blocks_come_and_go_without_being_mixed_up() {
        let mut blocks = Blocks::new(3, 10);
        for turn in 0..1_000_u32 {
            let block = turn * turn % 10;
            assert_eq!(blocks.first_byte(block), Some(block as u8));
        }
        assert_eq!((blocks.cache.frames.len(), blocks.cache.frames.capacity()), (3 * FRAME, 3 * FRAME));
    }

    #[test]
    fn a_block_in_use_outlives_those_that_pass_by() {
        let mut blocks = Blocks::new(3, 12);
        for passing in 1..12 {
            blocks.first_byte(0);
            blocks.first_byte(passing);
        }
        assert_eq!(blocks.loads, 12);
    }

    #[test]
    fn a_block_that_cannot_be_read_is_tried_once_and_told() {
        let mut blocks = Blocks::new(2, 14);
        assert_eq!(blocks.first_byte(13), None);
        assert_eq!(blocks.first_byte(13), None);
        assert_eq!(blocks.loads, 1);
        assert_eq!(blocks.cache.damage(), Some("block 13 is bad"));
        assert_eq!(blocks.first_byte(1), Some(1));
    }
}
