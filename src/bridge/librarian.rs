//! The librarian's half of an instance: how much of its sound was audible, and the desk between it and the screen.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::desk::Desk;
use super::{Stream, Wires};

/// Owned by the librarian's thread.
pub struct LibrarianHalf {
    wires: Arc<Wires>,
    desk: Arc<Desk>,
    /// Frames that were counted already.
    counted: u64,
}

impl LibrarianHalf {
    pub(super) fn new(wires: Arc<Wires>, desk: Arc<Desk>) -> Self {
        Self { wires, desk, counted: 0 }
    }

    /// Milliseconds of the instance's own output that were audible since the last call.
    pub fn heard(&mut self) -> u32 {
        let sounding = self.wires.counts[Stream::Output as usize].sounding.load(Ordering::Relaxed);
        let rate = f64::from(self.wires.rate.load(Ordering::Relaxed)).max(1.0);
        let millis = (sounding.saturating_sub(self.counted) as f64 * 1_000.0 / rate) as u32;
        // What is no whole millisecond yet waits.
        self.counted += (f64::from(millis) * rate / 1_000.0) as u64;
        millis
    }

    /// The desk.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
