//! The words of all presets, sorted, so that a prefix is one run of them.

use std::collections::HashMap;
use std::ops::Range;

use super::bits::Bits;
use super::entry::Entry;
use super::own::Own;
use super::words::each_word;

/// Which entries have which words.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Sorted.
    words: Vec<Box<str>>,
    /// Where the postings of each word begin, and after the last the end of all.
    starts: Vec<u32>,
    /// By word: numbers of entries doubled, and one more where the word stands in the name.
    postings: Vec<u32>,
}

/// What a text is found in.
pub(super) struct Matches {
    /// Every entry that has all its words.
    pub(super) all: Bits,
    /// Those that have all of them in their names.
    pub(super) by_name: Bits,
}

impl Index {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut postings: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (number, entry) in (0..).zip(entries) {
            for place in &entry.places {
                let card = &place.card;
                let texts = [&*card.author, &*card.category, &*card.description, &*place.bank, &*place.folder];
                put(&mut postings, number, &card.name, true);
                texts.into_iter().chain(card.tags.iter().map(|tag| &**tag)).for_each(|text| {
                    put(&mut postings, number, text, false);
                });
            }
        }
        let mut sorted: Vec<_> = postings.into_iter().collect();
        sorted.sort_unstable();
        let mut index = Self::default();
        for (word, entries) in sorted {
            index.words.push(word);
            index.starts.push(index.postings.len() as u32);
            index.postings.extend(entries);
        }
        index.starts.push(index.postings.len() as u32);
        index
    }

    /// The entries, of `count`, that have for each word of `text` one that begins with it, in a tag of the user's `own` or
    /// in what stands in their files.
    pub(super) fn matches(&self, text: &str, count: usize, own: &Own) -> Matches {
        let mut matches = Matches { all: Bits::all(count), by_name: Bits::all(count) };
        each_word(text, |word, long| {
            let (mut all, mut by_name) = (Bits::none(count), Bits::none(count));
            for prefix in [word].into_iter().chain(long) {
                for &posting in self.postings.get(self.run(prefix)).unwrap_or_default() {
                    all.insert(posting / 2);
                    if posting % 2 == 1 {
                        by_name.insert(posting / 2);
                    }
                }
                own.find(prefix, &mut all);
            }
            matches.all.intersect(&all);
            matches.by_name.intersect(&by_name);
        });
        matches
    }

    /// The postings of all words with this prefix.
    fn run(&self, prefix: &str) -> Range<usize> {
        let first = self.words.partition_point(|word| **word < *prefix);
        let end = first + self.words[first..].partition_point(|word| word.starts_with(prefix));
        let start = |word: usize| self.starts.get(word).copied().unwrap_or_default() as usize;
        start(first)..start(end)
    }
}

/// Notes the words of a text of an entry. Entries come in order.
fn put(postings: &mut HashMap<Box<str>, Vec<u32>>, number: u32, text: &str, in_name: bool) {
    each_word(text, |word, long| {
        for word in [word].into_iter().chain(long) {
            let entries = match postings.get_mut(word) {
                Some(entries) => entries,
                None => postings.entry(word.into()).or_default(),
            };
            match entries.last_mut() {
                Some(last) if *last / 2 == number => *last |= u32::from(in_name),
                _ => entries.push(2 * number + u32::from(in_name)),
            }
        }
    });
}
