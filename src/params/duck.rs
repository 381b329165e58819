//! Whether the output steps back while music is heard that may not be released as it is.

use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

/// For which music the output steps back, by the policy of its catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DuckFor {
    /// None.
    #[default]
    Nothing,
    /// What its owner denies.
    Deny,
    /// What its owner denies or wants to be asked for.
    Ask,
}

impl DuckFor {
    /// All, from lenient to strict.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Deny, Self::Ask];
}

/// A project's choice. Written by the editor and where a state is loaded, read by the background thread.
#[derive(Default)]
pub struct DuckChoice(AtomicU8);

impl DuckChoice {
    /// The choice.
    #[must_use]
    pub fn get(&self) -> DuckFor {
        DuckFor::ALL[usize::from(self.0.load(Ordering::Relaxed)).min(DuckFor::ALL.len() - 1)]
    }

    /// Chooses.
    pub fn set(&self, choice: DuckFor) {
        self.0.store(choice as u8, Ordering::Relaxed);
    }
}
