//! What can be recommended: presets by number, with the groups that they stand in.

use std::collections::HashMap;

use crate::browser::library::Entry;
use crate::browser::usage::PresetId;
use crate::model::ModelReference;

/// A preset as the recommender knows it. All but the id may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Which.
    pub id: PresetId,
    /// Its bank, by any name that is the bank's alone.
    pub bank: String,
    /// Its folder within the bank.
    pub folder: String,
    /// Who made it.
    pub author: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its point in latent space, as long as every other item's.
    pub latent: Vec<f32>,
}

impl From<&Entry> for Item {
    /// A preset of the library, by its first place.
    fn from(entry: &Entry) -> Self {
        let (place, card) = (&entry.places[0], entry.card());
        // Latents of another model mean something else.
        let latent = if card.model.is_same(ModelReference::factory()) { card.latents.to_vec() } else { Vec::new() };
        Self {
            id: entry.id,
            bank: place.family().to_owned(),
            folder: place.folder.to_string(),
            author: card.author.to_string(),
            tags: card.tags.iter().map(ToString::to_string).collect(),
            latent,
        }
    }
}

/// The number of a preset in the catalogue.
pub(super) type Number = u32;
/// The number of a bank, folder, author or tag; they share one row of numbers.
pub(super) type Group = u32;

/// The group of what belongs to none.
pub(super) const NO_GROUP: Group = 0;

/// All presets in the order they were given, and their groups.
#[derive(Debug)]
pub(super) struct Catalogue {
    ids: Vec<PresetId>,
    numbers: HashMap<PresetId, Number>,
    homes: Vec<Home>,
    tags: Vec<Box<[Group]>>,
    members: Vec<Vec<Number>>,
    latents: Vec<Box<[f32]>>,
    starters: Vec<Number>,
    /// Presets from here on are known from events alone, and never recommended.
    listed: Number,
}

/// Where a preset stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Home {
    pub(super) bank: Group,
    pub(super) folder: Group,
    pub(super) author: Group,
    /// Its place in its folder, or where it has none in its bank.
    pub(super) place: u32,
}

impl Home {
    /// The group whose order says what stands next to it.
    pub(super) fn row(&self) -> Group {
        if self.folder == NO_GROUP { self.bank } else { self.folder }
    }
}

impl Catalogue {
    /// The catalogue of `items`; of items with one id the first counts.
    pub(super) fn new(items: Vec<Item>) -> Self {
        let mut catalogue = Self {
            ids: Vec::with_capacity(items.len()),
            numbers: HashMap::with_capacity(items.len()),
            homes: Vec::with_capacity(items.len()),
            tags: Vec::with_capacity(items.len()),
            members: vec![Vec::new()],
            latents: Vec::with_capacity(items.len()),
            starters: Vec::new(),
            listed: 0,
        };
        let mut groups = HashMap::new();
        for item in items {
            if !catalogue.numbers.contains_key(&item.id) {
                catalogue.list(item, &mut groups);
            }
        }
        catalogue.listed = catalogue.ids.len() as Number;
        catalogue.starters = (0..catalogue.listed).collect();
        let members = &catalogue.members;
        catalogue.starters.sort_by_cached_key(|number| {
            let bank = catalogue.homes[*number as usize].bank;
            (bank == NO_GROUP, members[bank as usize].partition_point(|member| member < number), *number)
        });
        catalogue.starters.truncate(STARTERS);
        catalogue
    }

    fn list(&mut self, item: Item, groups: &mut HashMap<(u8, String), Group>) {
        let number = self.adopt(item.id);
        let mut group = |kind: u8, name: String| {
            let known = groups.len() as Group + 1;
            if name.is_empty() { NO_GROUP } else { *groups.entry((kind, name)).or_insert(known) }
        };
        let folder = if item.folder.is_empty() { String::new() } else { format!("{}\0{}", item.bank, item.folder) };
        let mut home =
            Home { bank: group(0, item.bank), folder: group(1, folder), author: group(2, item.author), place: 0 };
        let tags: Box<[Group]> =
            item.tags.into_iter().map(|tag| group(3, tag)).filter(|tag| *tag != NO_GROUP).collect();
        self.members.resize(groups.len() + 1, Vec::new());
        home.place = self.members[home.row() as usize].len() as u32;
        for group in [home.bank, home.folder].into_iter().filter(|group| *group != NO_GROUP) {
            self.members[group as usize].push(number);
        }
        self.homes[number as usize] = home;
        self.tags[number as usize] = tags;
        self.latents[number as usize] = unit(item.latent);
    }

    /// The number of a preset, which it gets now if it is not in the catalogue.
    pub(super) fn adopt(&mut self, id: PresetId) -> Number {
        let next = self.ids.len() as Number;
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.ids.push(id);
            self.homes.push(Home::default());
            self.tags.push(Box::default());
            self.latents.push(Box::default());
        }
        number
    }

    pub(super) fn number(&self, id: PresetId) -> Option<Number> {
        self.numbers.get(&id).copied()
    }

    pub(super) fn id(&self, number: Number) -> PresetId {
        self.ids[number as usize]
    }

    pub(super) fn home(&self, number: Number) -> Home {
        self.homes[number as usize]
    }

    pub(super) fn tags(&self, number: Number) -> &[Group] {
        &self.tags[number as usize]
    }

    /// The latent at length 1, or nothing.
    pub(super) fn latent(&self, number: Number) -> &[f32] {
        &self.latents[number as usize]
    }

    /// The presets of a group in the catalogue's order.
    pub(super) fn members(&self, group: Group) -> &[Number] {
        &self.members[group as usize]
    }

    pub(super) fn groups(&self) -> usize {
        self.members.len()
    }

    /// Presets that have a number, listed or not.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the preset may be recommended.
    pub(super) fn is_listed(&self, number: Number) -> bool {
        number < self.listed
    }

    /// What is shown to those of whom nothing is known: the first preset of every bank, then the second, and so on.
    pub(super) fn starters(&self) -> &[Number] {
        &self.starters
    }
}

/// How many presets are enough to begin with.
const STARTERS: usize = 512;

/// The vector at length 1; what has no direction is empty.
fn unit(latent: Vec<f32>) -> Box<[f32]> {
    let norm = latent.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm.is_finite() && norm > 0.0 { latent.iter().map(|x| x / norm).collect() } else { Box::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, bank: &str, folder: &str) -> Item {
        Item { id: PresetId::of(name.as_bytes()), bank: bank.into(), folder: folder.into(), ..Item::default() }
    }

    #[test]
    fn folders_belong_to_their_bank_and_keep_the_order_of_the_catalogue() {
        let catalogue = Catalogue::new(vec![
            item("a", "keys", "soft"),
            item("b", "bass", "soft"),
            item("c", "keys", "soft"),
            item("d", "keys", ""),
        ]);
        let home = |n: Number| catalogue.home(n);
        assert_eq!(home(0).folder, home(2).folder);
        assert_ne!(home(0).folder, home(1).folder);
        assert_eq!(catalogue.members(home(0).folder), [0, 2]);
        assert_eq!(catalogue.members(home(0).bank), [0, 2, 3]);
        assert_eq!([home(0).place, home(2).place, home(3).place], [0, 1, 2]);
    }

    #[test]
    fn a_preset_known_from_events_alone_is_not_listed() {
        let mut catalogue = Catalogue::new(vec![item("a", "", "")]);
        let stray = catalogue.adopt(PresetId::of(b"gone"));
        assert_eq!(catalogue.adopt(PresetId::of(b"gone")), stray);
        assert!(catalogue.is_listed(0) && !catalogue.is_listed(stray));
    }
}
