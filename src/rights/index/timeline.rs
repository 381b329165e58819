//! An index as one timeline: the segments one after another, each on its own stretch of 2^22 ticks.

use std::ops::Range;

use super::super::peaks::Peak;
use super::{Index, Track};

/// Bits of a tick within its segment.
const BITS: u32 = 22;

impl Index {
    /// Calls `hit` with step and tick of the first peak of each pair of a shape whose first peak lies in a range of steps.
    #[inline]
    pub fn search(&mut self, shape: usize, steps: Range<u16>, mut hit: impl FnMut(u16, u32)) {
        for (number, segment) in (0_u32..).zip(&self.segments) {
            segment.search(&mut self.cache, shape, steps.clone(), |step, tick| hit(step, number << BITS | tick));
        }
    }

    /// Replaces what is in `into` by the peaks within `ticks` of one segment, as many as it has room for.
    pub fn peaks(&mut self, ticks: Range<u32>, into: &mut Vec<Peak>) {
        into.clear();
        let number = ticks.start >> BITS;
        let Some(segment) = self.segments.get(number as usize) else { return };
        let base = number << BITS;
        let end = ticks.end.min(base | ((1 << BITS) - 1));
        segment.peaks(&mut self.cache, ticks.start - base..end.max(base) - base, |peak| {
            if into.len() < into.capacity() {
                into.push(Peak { tick: base | peak.tick, step: peak.step });
            }
        });
    }

    /// The track at a tick and its ticks.
    #[must_use]
    pub fn track_at(&self, tick: u32) -> Option<(&Track, Range<u32>)> {
        let number = tick >> BITS;
        let segment = self.segments.get(number as usize)?;
        let base = number << BITS;
        let track = &segment.tracks()[segment.track_at(tick - base)?];
        Some((track, base + track.start..base + track.start + track.ticks))
    }
}
