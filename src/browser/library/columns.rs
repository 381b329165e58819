//! Orders of the whole library by what stands in a column.

use std::cmp::Reverse;

use super::Library;
use super::facets::Facet;

/// What presets are put in order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The name, as the library is ordered by itself.
    #[default]
    Name,
    /// The bank, the user's own first.
    Bank,
    /// Who made them; those that name nobody last.
    Author,
    /// When the file was changed, the newest first; what has no file last.
    Newest,
}

impl Library {
    /// Scores for [`super::Order::Scores`] that put all presets in the order of a column, or the other way round; equal ones
    /// by name. Sorts, so that it is asked for when the list changes and not in each frame.
    #[must_use]
    pub fn by_column(&self, column: Column, is_reversed: bool) -> Vec<f32> {
        let count = self.entries().len() as u32;
        let first =
            |facet: Facet, number: u32| self.tables.of_entry(facet, number).first().copied().unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        match column {
            Column::Name => {}
            Column::Bank => order.sort_by_key(|&number| first(Facet::Bank, number)),
            Column::Author => order.sort_by_key(|&number| first(Facet::Author, number)),
            Column::Newest => order.sort_by_cached_key(|&number| {
                Reverse(self.entries()[number as usize].places.iter().filter_map(|place| place.modified).max())
            }),
        }
        if is_reversed {
            order.reverse();
        }
        let mut scores = vec![0.0; order.len()];
        (0..count).zip(order).for_each(|(place, number)| scores[number as usize] = -(place as f32));
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{library, preset, write};
    use super::super::{Order, Query};
    use super::*;
    use crate::browser::preset::Preset;

    #[test]
    fn each_column_puts_all_presets_in_its_order_and_the_other_way_round() {
        let room = tempfile::tempdir().unwrap();
        let by = |author: &str, name: &str, sound| Preset { author: author.into(), ..preset(name, sound) };
        write(
            room.path(),
            &[
                ("Zoo/c.zither", by("Ada", "Cat", 0.1)),
                ("Ark/b.zither", by("", "Bee", 0.2)),
                ("Ark/d.zither", by("bob", "Dog", 0.3)),
            ],
        );
        let at = |seconds| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        for (file, seconds) in [("Zoo/c.zither", 300), ("Ark/b.zither", 100), ("Ark/d.zither", 200)] {
            std::fs::File::options()
                .write(true)
                .open(room.path().join(file))
                .unwrap()
                .set_modified(at(seconds))
                .unwrap();
        }
        let library = library(room.path());
        let names = |column, is_reversed| {
            let scores = library.by_column(column, is_reversed);
            let found = library.find(&Query::default(), &Default::default(), Order::Scores(&scores));
            let own =
                found.rows.iter().map(|&row| &library.entries()[row as usize]).filter(|entry| !entry.is_factory());
            own.map(|entry| entry.card().name.to_string()).collect::<Vec<_>>()
        };
        for (column, wanted) in [
            (Column::Name, ["Bee", "Cat", "Dog"]),
            (Column::Bank, ["Bee", "Dog", "Cat"]),
            (Column::Author, ["Cat", "Dog", "Bee"]),
            (Column::Newest, ["Cat", "Dog", "Bee"]),
        ] {
            assert_eq!(names(column, false), wanted, "{column:?}");
            let mut reversed = names(column, true);
            reversed.reverse();
            assert_eq!(reversed, wanted, "{column:?} the other way round");
        }
        let last = library.by_column(Column::Bank, false).iter().copied().fold(0.0, f32::min);
        assert_eq!(last, 1.0 - library.entries().len() as f32, "the factory's come after them");
    }
}
