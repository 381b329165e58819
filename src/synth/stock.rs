//! What the voices have made and is not yet heard, and when they will be asked for more.

use super::allocator::{SLOTS, SlotSet};
use super::tone::StereoChunk;
use super::voice::{Surroundings, Voice};
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
    /// Those of which nothing comes after the chunk.
    last: SlotSet,
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
            last: SlotSet::EMPTY,
        }
    }

    /// The clock begins anew, and nothing is made.
    pub(super) fn reset(&mut self) {
        (self.spans, self.earliest) = ([Span { start: 0, end: 0 }; SLOTS], 0);
    }

    /// A note begins in `slot`, of which nothing is made; its first frame is due `now`.
    pub(super) fn start(&mut self, slot: usize, now: u64) {
        self.spans[slot] = Span { start: now, end: now };
        self.last.remove(slot);
        self.expect_frame(slot, now);
    }

    /// Lets `voice` make more for `slot`, from `now` on.
    pub(super) fn refill(&mut self, slot: usize, now: u64, voice: &mut Voice, around: &Surroundings<'_>) {
        let end = now + voice.render(&mut self.chunks[slot], around) as u64;
        self.spans[slot] = Span { start: now, end };
        self.expect_frame(slot, end + voice.until_due() as u64);
        if voice.is_over() {
            self.last.insert(slot);
        }
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
    /// was, 0 if there is no more.
    pub(super) fn add_to(&self, slot: usize, now: u64, left: &mut [f32], right: &mut [f32]) -> usize {
        let (Span { start, end }, chunk) = (self.spans[slot], &self.chunks[slot]);
        let (from, count) = ((now - start) as usize, left.len().min((end - now) as usize));
        for (out, made) in [left, right].into_iter().zip(chunk) {
            out.iter_mut().zip(&made[from..from + count]).for_each(|(out, made)| *out += made);
        }
        count
    }

    /// The sum of all `slots` at one moment: to the same bits as [`Stock::add_to`] slot by slot. There is more of each.
    pub(super) fn sample(&self, slots: SlotSet, now: u64) -> [f32; 2] {
        let mut sum = [0.0; 2];
        for slot in slots.slots() {
            // Never beyond the chunk, which the compiler does not know.
            let at = (now - self.spans[slot].start) as usize % CHUNK;
            let [left, right] = &self.chunks[slot];
            sum = [sum[0] + left[at], sum[1] + right[at]];
        }
        sum
    }

    /// Those of `slots` of which nothing is left at `now`.
    pub(super) fn empty(&self, slots: SlotSet, now: u64) -> SlotSet {
        slots.filter(|slot| self.spans[slot].end == now)
    }

    /// Those of `slots` whose last chunk is over by `now`.
    pub(super) fn over(&self, slots: SlotSet, now: u64) -> SlotSet {
        (slots & self.last).filter(|slot| self.spans[slot].end <= now)
    }

    /// Whether nothing comes after the chunk of `slot`.
    pub(super) fn is_last(&self, slot: usize) -> bool {
        self.last.contains(slot)
    }

    /// The sample of `slot` that would come at `now`, or the last one where that is not made yet.
    pub(super) fn next_sample(&self, slot: usize, now: u64) -> [f32; 2] {
        let Span { start, end } = self.spans[slot];
        let last = (end - start).checked_sub(1);
        last.map_or([0.0; 2], |last| self.chunks[slot].map(|made| made[(now - start).min(last) as usize]))
    }
}
