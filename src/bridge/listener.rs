//! The background thread's end of an instance.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::report::Board;
use super::tap::{Mark, TapOut};
use super::{Report, Stream, Wires};
use crate::rights::catalogue::Policy;

/// The background thread's half.
pub struct ListenerHalf {
    pub(super) wires: Arc<Wires>,
    pub(super) taps: [TapOut; 2],
    pub(super) board: Arc<Board>,
}

impl ListenerHalf {
    /// Level below which a sample counts as silence (-70 dB re full scale).
    pub const SILENCE: f32 = 3.2e-4;

    /// Takes the next frames of a stream, `most` at most and none beyond the next mark, and counts them.
    pub fn take(&mut self, stream: Stream, most: usize, take: impl FnOnce(Option<Mark>, [&[[f32; 2]]; 2])) -> usize {
        let count = &self.wires.counts[stream as usize];
        self.taps[stream as usize].take(most, |mark, slices| {
            let highest = |frame: &[f32; 2]| frame[0].abs().max(frame[1].abs());
            let (mut peak, mut sounding) = (0.0_f32, 0);
            for level in slices.iter().copied().flatten().map(highest) {
                peak = peak.max(level);
                sounding += u64::from(level > Self::SILENCE);
            }
            count.peak.fetch_max(peak, Ordering::Relaxed);
            count.sounding.fetch_add(sounding, Ordering::Relaxed);
            self.wires.news.request_repaint_with(sounding > 0);
            take(mark, slices);
        })
    }

    /// Frames of a stream that wait.
    #[must_use]
    pub fn waiting(&self, stream: Stream) -> usize {
        self.taps[stream as usize].waiting()
    }

    /// Counts frames that were compared with the index.
    pub fn count_checked(&self, stream: Stream, frames: usize) {
        self.wires.counts[stream as usize].checked.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// Counts frames that should have been and were not.
    pub fn count_unchecked(&self, stream: Stream, frames: usize) {
        self.wires.counts[stream as usize].unchecked.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// Frames a second; 0 before the first activation.
    #[must_use]
    pub fn rate(&self) -> f32 {
        self.wires.rate.load(Ordering::Relaxed)
    }

    /// Whether the callback waits where a ring is full, so that nothing need be skipped.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.wires.waits.load(Ordering::Relaxed)
    }

    /// Whether an editor is open.
    #[must_use]
    pub fn screen_is_open(&self) -> bool {
        self.wires.screen_open.load(Ordering::Relaxed)
    }

    /// Tells the screen.
    pub fn tell(&self, change: impl FnOnce(&mut Report)) {
        self.board.write(change);
        self.wires.news.request_repaint();
    }

    /// Tells the screen that something else has changed that it shows.
    pub fn tell_news(&self) {
        self.wires.news.request_repaint();
    }

    /// Whether the screen is told that a work is heard now whose policy is as strict as this, or stricter.
    #[must_use]
    pub fn hears(&self, policy: Policy) -> bool {
        self.board.hears(policy)
    }

    /// Tells the audio thread whether the output is to step back.
    pub fn duck(&self, ducks: bool) {
        let did = self.wires.ducks.swap(ducks, Ordering::Relaxed);
        self.wires.news.request_repaint_with(did != ducks);
    }

    /// Whether the screen has asked for a clearance report since the last look.
    #[must_use]
    pub fn export_is_wished(&self) -> bool {
        self.board.is_wished()
    }
}

impl Drop for ListenerHalf {
    fn drop(&mut self) {
        self.wires.is_alone.store(true, Ordering::Relaxed);
        self.wires.news.request_repaint();
    }
}
