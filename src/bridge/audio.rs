//! The audio thread's end of an instance.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::Consumer;

use super::stage::StageIn;
use super::tap::TapIn;
use super::{Key, Stream, Wires};
use crate::synth::scene::Scene;

/// Frames by which a host's transport may stray from where it should be before that counts as a jump: hosts that count in
/// beats or seconds round.
const JUMP: u64 = 64;

/// The audio thread's half: owned by the processor, never cloned.
pub struct AudioHalf {
    pub(super) wires: Arc<Wires>,
    pub(super) keys: Consumer<Key>,
    pub(super) taps: [TapIn; 2],
    pub(super) stage: StageIn,
    /// Where in the project the next block begins, in frames.
    pub(super) place: i64,
}

impl AudioHalf {
    /// The next key of the screen's keyboard.
    pub fn next_key(&mut self) -> Option<Key> {
        self.keys.pop().ok()
    }

    /// Whether an editor is open, and so somebody may press a key at any moment.
    #[must_use]
    pub fn screen_is_open(&self) -> bool {
        self.wires.screen_open.load(Ordering::Relaxed)
    }

    /// Begins a block of `frames` at this frame of the project, where the host's transport moves; otherwise project time
    /// runs on from where it was.
    pub fn begin(&mut self, position: Option<i64>, frames: usize) {
        let jumped = |position: &i64| position.abs_diff(self.place) > JUMP;
        self.place = position.filter(jumped).unwrap_or(self.place);
        let place = self.place;
        self.taps.iter_mut().for_each(|tap| tap.begin(place));
        self.place = place.saturating_add(frames as i64);
    }

    /// Gives a stretch of a stream to the background thread: in pieces, each whole or, where the ring is full, not at all,
    /// which is counted.
    pub fn tap(&mut self, stream: Stream, left: &[f32], right: &[f32]) {
        let frames = left.len().min(right.len());
        let lost = self.taps[stream as usize].push(&left[..frames], &right[..frames]);
        let count = &self.wires.counts[stream as usize];
        count.arrived.fetch_add(frames as u64, Ordering::Relaxed);
        if lost > 0 {
            count.unchecked.fetch_add(lost, Ordering::Relaxed);
        }
    }

    /// Whether the ring of a stream has room for so many frames, [`super::PIECE`] at most.
    #[must_use]
    pub fn has_room(&self, stream: Stream, frames: usize) -> bool {
        self.taps[stream as usize].has_room(frames)
    }

    /// Tells the background thread whether the callback waits for it, as it may while a host bounces offline.
    pub fn waits(&self, waits: bool) {
        self.wires.waits.store(waits, Ordering::Relaxed);
    }

    /// Whether the output is to step back, because of what is heard.
    #[must_use]
    pub fn ducks(&self) -> bool {
        self.wires.ducks.load(Ordering::Relaxed)
    }

    /// Reports a piece of output.
    pub fn meter(&self, left: &[f32], right: &[f32]) {
        for (peak, channel) in self.wires.peak.iter().zip([left, right]) {
            let highest = channel.iter().fold(0.0_f32, |highest, sample| highest.max(sample.abs()));
            peak.fetch_max(highest, Ordering::Relaxed);
        }
    }

    /// Lets `write` write down what sounds after a block of `frames`, where somebody sees it and it is time for it.
    pub fn show(&mut self, frames: usize, write: impl FnOnce(&mut Scene)) {
        if self.screen_is_open() {
            let is_new = self.stage.write(frames, self.wires.rate.load(Ordering::Relaxed), write);
            self.wires.news.request_repaint_with(is_new);
        }
    }

    /// Reports the number of sounding voices.
    pub fn voices(&self, voices: usize) {
        self.wires.voices.store(voices as u32, Ordering::Relaxed);
    }

    /// Reports the sample rate in Hz.
    pub fn rate(&self, rate: f32) {
        self.wires.rate.store(rate, Ordering::Relaxed);
    }

    /// Reports, for good, that the engine has failed and is silent.
    pub fn fail(&self) {
        self.wires.fault.store(true, Ordering::Relaxed);
        self.wires.news.request_repaint();
    }
}
