//! What the voices have made and is not yet heard, and when they will be asked for more.

use super::allocator::{SLOTS, SlotSet};
use super::tone::StereoChunk;
use crate::dsp::sines::CHUNK;

/// A chunk of each slot with its place on the engine's clock, side by side: who mixes a sample or two of what is there goes
/// from chunk to chunk and touches no voice. Belongs to the engine; allocates only when made.
pub(super) struct Stock {
    chunks: Box<[StereoChunk]>,
    spans: [Span; SLOTS],
    /// When each slot's next frame is due.
    frames: [u64; SLOTS],
    /// No slot in use has a frame due before this.
    earliest: u64,
}

/// When a chunk begins and ends, in samples of the engine's clock.
#[derive(Clone, Copy)]
struct Span {
    start: u64,
    end: u64,
}

impl Stock {
    /// Nothing made.
    pub(super) fn new() -> Self {
        Self {
            chunks: vec![[[0.0; CHUNK]; 2]; SLOTS].into_boxed_slice(),
            spans: [Span { start: 0, end: 0 }; SLOTS],
            frames: [0; SLOTS],
            earliest: 0,
        }
    }

    /// The clock begins anew, and nothing is made.
    pub(super) fn reset(&mut self) {
        (self.spans, self.earliest) = ([Span { start: 0, end: 0 }; SLOTS], 0);
    }

    /// A note begins in `slot`, of which nothing is made; its first frame is due `now`.
    pub(super) fn start(&mut self, slot: usize, now: u64) {
        self.spans[slot] = Span { start: now, end: now };
        self.expect_frame(slot, now);
    }

    /// Takes what `make` makes for `slot` from `now` on. It says how many samples that is, and in how many after them the
    /// next frame falls.
    pub(super) fn refill(&mut self, slot: usize, now: u64, make: impl FnOnce(&mut StereoChunk) -> (usize, usize)) {
        let (length, frame_in) = make(&mut self.chunks[slot]);
        let end = now + length as u64;
        self.spans[slot] = Span { start: now, end };
        self.expect_frame(slot, end + frame_in as u64);
    }

    fn expect_frame(&mut self, slot: usize, at: u64) {
        self.frames[slot] = at;
        self.earliest = self.earliest.min(at);
    }

    /// Samples until the next frame of `slot`.
    pub(super) fn frame_in(&self, slot: usize, now: u64) -> usize {
        (self.frames[slot] - now) as usize
    }

    /// Those of `slots` whose next frame falls before `end`. All of them are made before this is asked for a later time.
    pub(super) fn due(&mut self, slots: SlotSet, end: u64) -> SlotSet {
        if self.earliest >= end {
            return SlotSet::EMPTY;
        }
        self.earliest = u64::MAX;
        slots.filter(|slot| {
            let at = self.frames[slot];
            if at >= end {
                self.earliest = self.earliest.min(at);
            }
            at < end
        })
    }

    /// Adds what there is of `slot` from `now` on to the two channels, which have one length; says how many samples that
    /// was.
    #[inline]
    pub(super) fn add_to(&self, slot: usize, now: u64, left: &mut [f32], right: &mut [f32]) -> usize {
        let (Span { start, end }, [made_left, made_right]) = (self.spans[slot], &self.chunks[slot]);
        let (from, count) = ((now - start) as usize, left.len().min((end - now) as usize));
        if let ([left], [right], 1) = (&mut *left, &mut *right, count) {
            (*left, *right) = (*left + made_left[from], *right + made_right[from]);
            return 1;
        }
        for (out, made) in [(left, made_left), (right, made_right)] {
            out.iter_mut().zip(&made[from..from + count]).for_each(|(out, made)| *out += made);
        }
        count
    }

    /// Whether what was made of `slot` ends at `now`.
    #[inline]
    pub(super) fn ends(&self, slot: usize, now: u64) -> bool {
        self.spans[slot].end == now
    }

    /// The sample of `slot` that would come at `now`, or the last one where that is not made yet.
    pub(super) fn next_sample(&self, slot: usize, now: u64) -> [f32; 2] {
        let Span { start, end } = self.spans[slot];
        let last = (end - start).checked_sub(1);
        last.map_or([0.0; 2], |last| self.chunks[slot].map(|made| made[(now - start).min(last) as usize]))
    }
}
