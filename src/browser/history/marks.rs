//! What the user says of a preset, apart from using it: by its id, so that a moved or renamed preset keeps it.

use crate::browser::usage::PresetId;

/// Longest tag and name that are kept, in characters.
pub(super) const MAX_NAME: usize = 128;
/// Longest path that is kept, in characters.
pub(super) const MAX_PATH: usize = 4096;

/// One thing that the user says of a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Whether it has a heart.
    Favourite(bool),
    /// Stars, 0 (none) to 5.
    Rating(u8),
    /// Whether it stays out of lists.
    Hidden(bool),
    /// A tag of the user's own is put on (`true`) or taken off.
    Tag(String, bool),
}

/// All that the user says of a preset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether it has a heart.
    pub favourite: bool,
    /// Stars, 0 (none) to 5.
    pub rating: u8,
    /// Whether it stays out of lists.
    pub hidden: bool,
    /// Tags of the user's own, sorted.
    pub tags: Vec<String>,
}

impl Marks {
    /// Each of them by itself; what is not said is left out.
    pub(super) fn each(&self) -> impl Iterator<Item = Mark> + '_ {
        let plain = [
            self.favourite.then_some(Mark::Favourite(true)),
            (self.rating > 0).then_some(Mark::Rating(self.rating)),
            self.hidden.then_some(Mark::Hidden(true)),
        ];
        let tags = self.tags.iter().map(|tag| Mark::Tag(tag.clone(), true));
        plain.into_iter().flatten().chain(tags)
    }
}

/// What a preset was called and where it lay when it was last seen: for people who read their history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The preset.
    pub preset: PresetId,
    /// Its file; empty where it is built in or was never saved.
    pub path: String,
    /// Its bank.
    pub bank: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub author: String,
}

/// What the ranking has learned for one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// For what: a name that the ranking chooses.
    pub task: String,
    /// A weight and the sum of its squared gradients, for each signal.
    pub values: Vec<(f64, f64)>,
    /// The last event that was learned from.
    pub learned: i64,
    /// The [`era`](super::Batch::era) of that event; those of another era are not kept, for they may know of events
    /// that the user has erased since.
    pub era: i64,
}

/// The first `most` characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
