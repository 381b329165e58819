//! Tags of the user's own, which stand in the history and not in the files: found and counted as those of the files are.

use std::collections::HashMap;
use std::sync::Arc;

use super::bits::Bits;
use super::words::{each_word, fold};
use crate::browser::history::Marks;
use crate::browser::usage::PresetId;

/// Which entries have which tags. Made for each search: a few tags on some hundred presets take some microseconds.
#[derive(Default)]
pub(super) struct Own {
    /// Tags that no file has, as they are written, by their numbers less the first.
    names: Vec<Arc<str>>,
    /// The number of the first of them.
    first: u32,
    /// Every tag: as it is compared, its number and its entries.
    tags: HashMap<String, (u32, Vec<u32>)>,
    /// Numbers of the tags of an entry that its files lack.
    by_entry: HashMap<u32, Vec<u32>>,
}

impl Own {
    /// The tags that the user gave. The files have `known` tags, folded, with their numbers; `has` says which entry.
    pub(super) fn of(
        marks: &HashMap<PresetId, Marks>,
        number: impl Fn(PresetId) -> Option<u32>,
        known: &HashMap<String, u32>,
        has: impl Fn(u32, u32) -> bool,
    ) -> Self {
        let mut own = Self { first: known.len() as u32, ..Self::default() };
        let tagged = marks.iter().filter(|(_, marks)| !marks.tags.is_empty());
        let mut tagged: Vec<(u32, &Marks)> = tagged.filter_map(|(id, marks)| Some((number(*id)?, marks))).collect();
        tagged.sort_by_key(|(entry, _)| *entry);
        for (entry, tag) in tagged.into_iter().flat_map(|(entry, marks)| marks.tags.iter().map(move |tag| (entry, tag)))
        {
            let value = own.put(entry, tag, known);
            let values = own.by_entry.entry(entry).or_default();
            if !has(entry, value) && !values.contains(&value) {
                values.push(value);
            }
        }
        own
    }

    /// Notes a tag of an entry; its number.
    fn put(&mut self, entry: u32, tag: &str, known: &HashMap<String, u32>) -> u32 {
        let next = self.first + self.names.len() as u32;
        let folded = fold(tag);
        let number = known.get(&folded).copied();
        let (value, entries) = self.tags.entry(folded).or_insert_with(|| {
            if number.is_none() {
                self.names.push(tag.into());
            }
            (number.unwrap_or(next), Vec::new())
        });
        entries.push(entry);
        *value
    }

    /// The tags that no file has, in the order of their numbers, which follow those of the files' tags.
    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The number of a folded tag.
    pub(super) fn number(&self, folded: &str) -> Option<u32> {
        self.tags.get(folded).map(|(number, _)| *number)
    }

    /// Numbers of the tags of an entry that its files lack.
    pub(super) fn of_entry(&self, entry: u32) -> &[u32] {
        self.by_entry.get(&entry).map_or(&[], Vec::as_slice)
    }

    /// Adds the entries that have a tag with a word that begins so.
    pub(super) fn find(&self, prefix: &str, found: &mut Bits) {
        for (tag, (_, entries)) in &self.tags {
            let mut fits = false;
            each_word(tag, |word, _| fits |= word.starts_with(prefix));
            entries.iter().filter(|_| fits).for_each(|entry| found.insert(*entry));
        }
    }
}
