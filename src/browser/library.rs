//! Every preset at hand: those that are built in and those of the user's folder, found by words and facets.
//!
//! A [`Library`] is what there was when the folder was last looked at. It never changes; [`follow`] keeps a background
//! thread that makes a new one when files come, go or change. A *bank* is a first folder below that of the presets.

mod bits;
mod columns;
mod course;
mod entry;
mod exchange;
mod facets;
mod follow;
mod index;
mod intake;
mod licence;
mod naming;
mod near;
mod own;
mod query;
mod scanner;
mod shelve;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

pub use columns::Column;
pub use course::Course;
pub use entry::{Card, Entry, Place};
pub use exchange::{BANK_EXTENSION, Bank, BankError, LineProblem};
pub use facets::{Count, Facet, Facets};
pub use follow::{Follower, follow};
pub use intake::{Intake, take_in};
pub use licence::{Permission, RECORDING_LICENCE};
pub use naming::file_stem;
pub use query::{Found, Order, Query, Shown, random, step};
pub use scanner::{Look, Progress, Scanner};
pub use shelve::{PresetFolder, ShelveError, is_in_trash};
pub use words::fold;

use self::facets::Tables;
use self::index::Index;
use self::near::Map;
use crate::browser::preset::Problem;
use crate::browser::usage::PresetId;

/// The bank of presets that lie in the presets folder itself.
pub const USER_BANK: &str = "User";
/// The folder of the presets folder that what is deleted goes to. No bank: it is not listed.
pub const TRASH: &str = "Trash";

/// The presets there are, in the order of their names. Made off the GUI thread; 100,000 presets take 1 s and,
/// with the scanner that read them, 170 MB.
#[derive(Debug, Default)]
pub struct Library {
    entries: Vec<Entry>,
    problems: Vec<Arc<Problem>>,
    numbers: HashMap<PresetId, u32>,
    index: Index,
    tables: Tables,
    map: Map,
}

impl Library {
    /// The library of these places; those of one sound become one entry.
    #[must_use]
    pub fn new(places: impl IntoIterator<Item = Place>, mut problems: Vec<Arc<Problem>>) -> Self {
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        let mut together: HashMap<PresetId, Vec<Place>> = HashMap::new();
        for place in places {
            together.entry(place.card.id).or_default().push(place);
        }
        let mut entries: Vec<Entry> = together.into_iter().map(|(id, places)| Entry { id, places }).collect();
        for entry in &mut entries {
            entry.places.sort_by(|a, b| rank(a).cmp(&rank(b)));
        }
        entries.sort_by_cached_key(|entry| (fold(&entry.card().name), entry.card().name.clone(), entry.id));
        let numbers = (0..).zip(&entries).map(|(number, entry)| (entry.id, number)).collect();
        let (index, tables, map) = (Index::of(&entries), Tables::of(&entries), Map::of(&entries));
        Self { entries, problems, numbers, index, tables, map }
    }

    /// All presets in the order of their names, which numbers them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Files that are no presets and folders that cannot be read, with their reasons, in the order of their paths.
    #[must_use]
    pub fn problems(&self) -> &[Arc<Problem>] {
        &self.problems
    }

    /// The number of a preset in [`Library::entries`].
    #[must_use]
    pub fn number(&self, preset: PresetId) -> Option<u32> {
        self.numbers.get(&preset).copied()
    }

    /// A preset.
    #[must_use]
    pub fn entry(&self, preset: PresetId) -> Option<&Entry> {
        self.entries.get(self.number(preset)? as usize)
    }

    /// A score for each of [`Library::entries`], for [`Order::Scores`].
    pub fn scores(&self, score: impl FnMut(&Entry) -> f32) -> Vec<f32> {
        self.entries.iter().map(score).collect()
    }

    /// Scores by how near each sound is to that of `preset`: minus the distance of their latents, 0 for itself and down
    /// to -8. Latents of another model mean something else, so presets of other models are left out.
    #[must_use]
    pub fn nearness(&self, preset: PresetId) -> Vec<f32> {
        self.number(preset).map_or_else(Vec::new, |number| self.map.nearness(number))
    }
}

/// The user's own before the factory's, files before what is built in, then by path.
fn rank(place: &Place) -> (bool, bool, Option<&std::path::PathBuf>) {
    (place.is_factory(), place.path.is_none(), place.path.as_ref())
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
