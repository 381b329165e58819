//! What presets have in common, counted: banks, categories, tags, authors, permissions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::bits::Bits;
use super::entry::Entry;
use super::licence::Permission;
use super::own::Own;
use super::words::fold;
use crate::browser::folders;
use crate::browser::history::Marks;
use crate::browser::usage::PresetId;

/// A way to part the presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// The first folder below that of the presets: the user's own first.
    Bank,
    /// The category.
    Category,
    /// Tags. Of several chosen ones a preset must have all; of any other facet, one.
    Tag,
    /// Who made them.
    Author,
    /// [`Permission`], by its name.
    Permission,
}

impl Facet {
    /// All facets, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Bank, Self::Category, Self::Tag, Self::Author, Self::Permission];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Category => "category",
            Self::Tag => "tag",
            Self::Author => "author",
            Self::Permission => "permission",
        }
    }
}

/// One value of a facet in a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// As it is written in the first preset that has it.
    pub name: Arc<str>,
    /// How many presets there would be with this one chosen as well (of tags), or besides those chosen (of any other
    /// facet).
    pub presets: u32,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The values of all facets in a result: what they would lead to, and those that are chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets([Vec<Count>; 5]);

impl Facets {
    /// Those of one facet, in the order that they are shown in.
    #[must_use]
    pub fn of(&self, facet: Facet) -> &[Count] {
        &self.0[facet as usize]
    }
}

/// Which entry has which values.
#[derive(Debug, Default)]
pub(super) struct Tables([Table; 5]);

#[derive(Debug, Default)]
struct Table {
    /// In the order that they are shown in.
    names: Vec<Arc<str>>,
    folded: HashMap<String, u32>,
    /// By entry, where its values begin; and after the last, the end of all.
    starts: Vec<u32>,
    /// Numbers of names.
    values: Vec<u32>,
}

impl Tables {
    pub(super) fn of(entries: &[Entry]) -> Self {
        Self(Facet::ALL.map(|facet| Table::of(facet, entries)))
    }

    /// Of the entries that match, those that have what is chosen, and all facets counted.
    pub(super) fn narrow(
        &self,
        matches: &Bits,
        chosen: &BTreeMap<Facet, BTreeSet<String>>,
        own: &Own,
    ) -> (Vec<u32>, Facets) {
        let names = |facet: Facet| if facet == Facet::Tag { own.names() } else { &[] };
        let mut counts = Facet::ALL.map(|facet| vec![0_u32; self.0[facet as usize].names.len() + names(facet).len()]);
        let wanted = Facet::ALL.map(|facet| self.wanted(facet, chosen.get(&facet), own));
        let filters: Vec<Facet> = Facet::ALL.into_iter().filter(|facet| wanted[*facet as usize].count > 0).collect();
        let mut rows = Vec::new();
        for entry in matches.iter() {
            let mut failed =
                filters.iter().filter(|facet| !wanted[**facet as usize].has(**facet, self.values(**facet, entry, own)));
            match (failed.next(), failed.next()) {
                (None, _) => {
                    rows.push(entry);
                    for (facet, counts) in Facet::ALL.into_iter().zip(&mut counts) {
                        self.values(facet, entry, own).for_each(|value| counts[value as usize] += 1);
                    }
                }
                // It would be there, were its value chosen too.
                (Some(&facet), None) if facet != Facet::Tag => {
                    let values = self.of_entry(facet, entry);
                    values.iter().for_each(|&value| counts[facet as usize][value as usize] += 1);
                }
                _ => {}
            }
        }
        let shown = |facet: Facet| {
            self.0[facet as usize].counted(&counts[facet as usize], &wanted[facet as usize], names(facet))
        };
        (rows, Facets(Facet::ALL.map(shown)))
    }

    /// The values of an entry, by their places in the order that they are shown in.
    pub(super) fn of_entry(&self, facet: Facet, entry: u32) -> &[u32] {
        self.0[facet as usize].of_entry(entry)
    }

    /// The values of an entry, with the user's own tags.
    fn values<'a>(&'a self, facet: Facet, entry: u32, own: &'a Own) -> impl Iterator<Item = u32> + 'a {
        let more = if facet == Facet::Tag { own.of_entry(entry) } else { &[] };
        self.of_entry(facet, entry).iter().chain(more).copied()
    }

    /// The tags that the user gave, as they are numbered here.
    pub(super) fn own(&self, marks: &HashMap<PresetId, Marks>, number: impl Fn(PresetId) -> Option<u32>) -> Own {
        let has = |entry, tag| self.of_entry(Facet::Tag, entry).contains(&tag);
        Own::of(marks, number, &self.0[Facet::Tag as usize].folded, has)
    }

    fn wanted(&self, facet: Facet, chosen: Option<&BTreeSet<String>>, own: &Own) -> Wanted {
        let table = &self.0[facet as usize];
        let is_tag = facet == Facet::Tag;
        let mut is = vec![false; table.names.len() + if is_tag { own.names().len() } else { 0 }];
        let chosen = chosen.into_iter().flatten();
        let count = chosen.inspect(|name| {
            let of_own = || if is_tag { own.number(name) } else { None };
            let value = table.folded.get(*name).copied().or_else(of_own);
            value.into_iter().for_each(|value| is[value as usize] = true);
        });
        Wanted { count: count.count(), is }
    }
}

/// The values of one facet that are chosen.
struct Wanted {
    /// By number of the value.
    is: Vec<bool>,
    /// How many are chosen, those included that no preset has.
    count: usize,
}

impl Wanted {
    fn has(&self, facet: Facet, values: impl Iterator<Item = u32>) -> bool {
        let mut found = values.filter(|&value| self.is[value as usize]);
        if facet == Facet::Tag { found.count() == self.count } else { found.next().is_some() }
    }
}

impl Table {
    fn of(facet: Facet, entries: &[Entry]) -> Self {
        let mut table = Self::default();
        for entry in entries {
            table.starts.push(table.values.len() as u32);
            each_value(facet, entry, |name| table.put(name));
        }
        table.starts.push(table.values.len() as u32);
        table.sort(facet);
        table
    }

    /// Adds a value to the last entry, once.
    fn put(&mut self, name: &Arc<str>) {
        let folded = fold(name);
        if folded.is_empty() {
            return;
        }
        let number = *self.folded.entry(folded).or_insert_with(|| {
            self.names.push(Arc::clone(name));
            self.names.len() as u32 - 1
        });
        let first = self.starts.last().map_or(0, |&start| start as usize);
        if !self.values[first..].contains(&number) {
            self.values.push(number);
        }
    }

    /// Numbers the values in the order that they are shown in.
    fn sort(&mut self, facet: Facet) {
        let key = |name: &str| match facet {
            Facet::Bank => usize::from(name == folders::FACTORY),
            Facet::Permission => Permission::ALL.iter().position(|p| p.name() == name).unwrap_or_default(),
            _ => 0,
        };
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_by_cached_key(|&old| (key(&self.names[old as usize]), fold(&self.names[old as usize])));
        let mut new = vec![0; order.len()];
        (0..).zip(&order).for_each(|(number, &old)| new[old as usize] = number);
        self.names = order.iter().map(|&old| Arc::clone(&self.names[old as usize])).collect();
        self.folded.values_mut().for_each(|value| *value = new[*value as usize]);
        self.values.iter_mut().for_each(|value| *value = new[*value as usize]);
    }

    fn of_entry(&self, entry: u32) -> &[u32] {
        &self.values[self.starts[entry as usize] as usize..self.starts[entry as usize + 1] as usize]
    }

    /// The values to show, with `more` of the user's own: those that are chosen, and those that lead to anything.
    fn counted(&self, counts: &[u32], wanted: &Wanted, more: &[Arc<str>]) -> Vec<Count> {
        let all = self.names.iter().chain(more).zip(counts).zip(&wanted.is);
        let shown = all.filter(|((_, presets), chosen)| **presets > 0 || **chosen);
        let count =
            |((name, &presets), &chosen): ((&Arc<str>, &u32), &bool)| Count { name: Arc::clone(name), presets, chosen };
        let mut counted: Vec<Count> = shown.map(count).collect();
        if !more.is_empty() {
            counted.sort_by_cached_key(|count| fold(&count.name));
        }
        counted
    }
}

/// The values of one entry, with those of all its places.
fn each_value(facet: Facet, entry: &Entry, mut take: impl FnMut(&Arc<str>)) {
    for place in &entry.places {
        match facet {
            Facet::Bank => take(&place.bank),
            Facet::Category => take(&place.card.category),
            Facet::Tag => place.card.tags.iter().for_each(&mut take),
            Facet::Author => take(&place.card.author),
            Facet::Permission => take(&place.card.permission.name().into()),
        }
    }
}
