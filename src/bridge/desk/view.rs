//! The list of presets, as the librarian lays it out.

use std::collections::HashMap;
use std::sync::Arc;

use super::Wish;
use crate::browser::history::Marks;
use crate::browser::library::{Entry, Facets, Library};
use crate::browser::usage::PresetId;

/// What an editor shows.
#[derive(Clone, Default)]
pub struct View {
    /// The wish that it answers; none before the first.
    pub wish: Option<Wish>,
    /// All presets.
    pub library: Arc<Library>,
    /// A sound that was made for the user and is not saved: it stands before the rows.
    pub made: Option<Arc<Entry>>,
    /// Numbers of the library's entries, best first.
    pub rows: Arc<[u32]>,
    /// What the rows have in common, and what else there would be.
    pub facets: Arc<Facets>,
    /// Why a preset stands where it stands.
    pub reasons: Arc<HashMap<PresetId, String>>,
    /// What the user says of presets.
    pub marks: Arc<HashMap<PresetId, Marks>>,
    /// All files were read; until then presets may be missing.
    pub is_complete: bool,
    /// Files that were read so far, and that there are, when all are read for the first time.
    pub progress: (u32, u32),
    /// The user has stopped that.
    pub is_halted: bool,
}

impl View {
    /// How many sounds it lists.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::from(self.made.is_some()) + self.rows.len()
    }

    /// The sound at a place, from 0.
    #[must_use]
    pub fn entry(&self, place: usize) -> Option<&Entry> {
        let row = match (&self.made, place) {
            (Some(made), 0) => return Some(made),
            (Some(_), place) => place - 1,
            (None, place) => place,
        };
        self.library.entries().get(*self.rows.get(row)? as usize)
    }

    /// The place of a sound.
    #[must_use]
    pub fn place(&self, preset: PresetId) -> Option<usize> {
        if self.is_made(preset) {
            return Some(0);
        }
        let number = self.library.number(preset)?;
        let row = self.rows.iter().position(|&row| row == number)?;
        Some(row + usize::from(self.made.is_some()))
    }

    /// Whether it is the sound that was made for the user.
    #[must_use]
    pub fn is_made(&self, preset: PresetId) -> bool {
        self.made.as_ref().is_some_and(|made| made.id == preset)
    }
}
