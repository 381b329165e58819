//! Bouncing: a host that renders offline runs faster than the background thread can listen, and has time to wait for it.

use std::time::{Duration, Instant};

use crate::bridge::{AudioHalf, PIECE, Stream};

/// How long a piece may wait for room. Reached only if the background thread is gone.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked for.
const LOOK: Duration = Duration::from_micros(500);

/// Hands streams over; offline and only there, it waits where a ring is full, so that nothing goes unchecked.
#[derive(Default)]
pub(super) struct Offline(bool);

impl Offline {
    /// Waiting or not.
    pub(super) fn new(on: bool) -> Self {
        Self(on)
    }

    /// Whether it waits.
    pub(super) fn is_on(&self) -> bool {
        self.0
    }

    /// Hands over a stretch of a stream.
    pub(super) fn tap(&mut self, bridge: &mut AudioHalf, stream: Stream, [left, right]: [&[f32]; 2]) {
        if !self.0 {
            return bridge.tap(stream, left, right);
        }
        for (left, right) in left.chunks(PIECE).zip(right.chunks(PIECE)) {
            self.wait(|| bridge.has_room(stream, left.len()));
            bridge.tap(stream, left, right);
        }
    }

    /// Waits, and does not wait a second time for what never came.
    fn wait(&mut self, reached: impl Fn() -> bool) {
        let start = Instant::now();
        while self.0 && !reached() {
            self.0 = start.elapsed() < PATIENCE;
            std::thread::sleep(LOOK);
        }
    }
}
