//! How far work on many presets has come: shared by the thread that does it and whoever watches, who may end it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// It, counted in presets.
#[derive(Debug, Default)]
pub struct Course {
    done: AtomicU32,
    of: AtomicU32,
    is_stopped: AtomicBool,
}

impl Course {
    /// Has it end with the preset that it is at. What was done stays done.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether nobody has stopped it.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.is_stopped.load(Ordering::Relaxed)
    }

    /// Presets that are done, and that there are as far as is known.
    #[must_use]
    pub fn so_far(&self) -> (u32, u32) {
        (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }

    /// There are so many more.
    pub(super) fn expect(&self, more: usize) {
        self.of.fetch_add(more as u32, Ordering::Relaxed);
    }

    /// One more is done.
    pub(super) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
