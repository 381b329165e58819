//! What tells the user's project from others, for the ledger of what was recognised in it.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Longest name that is kept, in characters.
const NAME_LIMIT: usize = 128;
/// Longest id, in bytes.
const ID_LIMIT: usize = 64;

/// The project of one instance. No plugin format names the project, so it is known by an id that is drawn once for a new
/// instance and goes wherever the instance's state goes: it stays when the project is renamed or moved, and a copy of
/// the instance, in whichever project, writes into the same ledger. Never touched on the audio thread.
#[derive(Default)]
pub struct ProjectOf(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Empty until somebody asks.
    id: String,
    name: String,
}

impl ProjectOf {
    /// The id.
    #[must_use]
    pub fn id(&self) -> String {
        let mut known = self.known();
        if known.id.is_empty() {
            known.id = drawn();
        }
        known.id.clone()
    }

    /// Takes the id that a project has kept; what can be none is ignored.
    pub(super) fn set_id(&self, id: &str) {
        let plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_';
        if (1..=ID_LIMIT).contains(&id.len()) && id.chars().all(plain) {
            id.clone_into(&mut self.known().id);
        }
    }

    /// What the host calls the instance's track; empty where it does not say.
    #[must_use]
    pub fn name(&self) -> String {
        self.known().name.clone()
    }

    /// Takes the name from the host.
    pub fn set_name(&self, name: &str) {
        self.known().name = name.chars().filter(|sign| !sign.is_control()).take(NAME_LIMIT).collect();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 bits in hexadecimal digits, from the standard library's random keys and the time.
#[must_use]
pub fn drawn() -> String {
    let now = SystemTime::now();
    let half = || RandomState::new().hash_one((now, std::process::id()));
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_drawn_once_and_no_two_are_alike() {
        let (one, other) = (ProjectOf::default(), ProjectOf::default());
        assert_eq!((one.id().len(), one.id()), (32, one.id()));
        assert_ne!(one.id(), other.id());
        other.set_id(&one.id());
        assert_eq!(one.id(), other.id());
        for bad in ["", "../../etc", "a b", &"a".repeat(65)] {
            other.set_id(bad);
            assert_eq!(one.id(), other.id());
        }
    }
}
