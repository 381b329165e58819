//! The library, once somebody asks for it, and what the history says of its presets.

use std::sync::Arc;

use super::archive::Archive;
use super::past::Past;
use crate::browser::history::Card;
use crate::browser::library::{Follower, Library, follow};
use crate::browser::usage::PresetId;

/// The presets of this user, for all instances.
#[derive(Default)]
pub(super) struct Stacks {
    follower: Option<Arc<Follower>>,
    past: Option<Past>,
}

impl Stacks {
    /// The library as it is now; its files are read from the first call on.
    pub(super) fn library(&mut self) -> Arc<Library> {
        self.follower.get_or_insert_with(follow).library()
    }

    /// Has the folder looked at now, because a file was saved there.
    pub(super) fn look(&self) {
        if let Some(follower) = &self.follower {
            follower.look();
        }
    }

    /// Whether all files were read.
    pub(super) fn is_complete(&self) -> bool {
        self.follower.as_ref().is_some_and(|follower| follower.is_complete())
    }

    /// Ends the first reading of files for now, or goes on with it.
    pub(super) fn read(&self, on: bool) {
        match &self.follower {
            Some(follower) if on => follower.look(),
            Some(follower) => follower.halt(),
            None => {}
        }
    }

    /// Whether it was ended.
    pub(super) fn is_halted(&self) -> bool {
        self.follower.as_ref().is_some_and(|follower| follower.is_halted())
    }

    /// How many files were read so far, of how many.
    pub(super) fn progress(&self) -> (u32, u32) {
        self.follower.as_ref().map_or((0, 0), |follower| follower.progress())
    }

    /// What the history says of these presets as of now.
    pub(super) fn past(&mut self, library: &Arc<Library>, archive: &mut Archive) -> &mut Past {
        let known = self.past.take().filter(|past| past.is_of(library));
        let past = self.past.insert(known.unwrap_or_else(|| Past::of(library, archive)));
        past.follow(archive);
        past
    }

    /// The same as it was last asked for.
    pub(super) fn known_past(&self) -> Option<&Past> {
        self.past.as_ref()
    }

    /// What a preset is called and where it lies, where the library was asked for and has it.
    pub(super) fn card(&self, preset: PresetId) -> Option<Card> {
        let library = self.follower.as_ref()?.library();
        let entry = library.entry(preset)?;
        let path = entry.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let (bank, card) = (entry.places[0].bank.to_string(), entry.card());
        Some(Card { preset, path, bank, name: card.name.to_string(), author: card.author.to_string() })
    }
}
