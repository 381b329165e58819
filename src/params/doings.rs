//! What is done to an instance, on its way to the background thread that keeps the history.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::browser::sitting::Act;

/// Acts that wait at most, where nobody takes them.
const MOST: usize = 4_096;

/// The acts of one instance, each with its time. Noted on the main thread and by the editor,
/// taken by the background thread, which holds the lock for no longer than that takes. Never touched on the audio thread.
#[derive(Default)]
pub struct Doings(Mutex<Vec<Done>>);

/// An act that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// In milliseconds since 1970.
    pub time: i64,
    /// What.
    pub act: Act,
    /// What the preset of the act is called; empty where whoever did it need not know.
    pub name: String,
}

impl Doings {
    /// Notes an act, as of now.
    pub fn note(&self, act: Act) {
        self.note_named(act, "");
    }

    /// Notes an act with a preset that is called so, as of now.
    pub fn note_named(&self, act: Act, name: &str) {
        let done = Done { time: now(), act, name: name.to_owned() };
        let mut waiting = self.waiting();
        if waiting.len() < MOST {
            waiting.push(done);
        }
    }

    /// All that was noted since the last call, in order.
    #[must_use]
    pub fn take(&self) -> Vec<Done> {
        std::mem::take(&mut *self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Done>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970-01-01, UTC.
#[must_use]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
