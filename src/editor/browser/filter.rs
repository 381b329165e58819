//! What the user looks for: words, chosen values of facets, stars, and what is hidden.

use std::sync::Arc;

use crate::bridge::Arrangement;
use crate::browser::library::{Column, Facet, Permission, Query, Shown};
use crate::browser::usage::{PresetId, Shelf};

/// What is shown of a shelf.
#[derive(Default)]
pub(super) struct Filter {
    /// Beginnings of words.
    pub(super) text: String,
    /// As they are written, in the order in which they were chosen.
    chosen: Vec<(Facet, Arc<str>)>,
    /// The fewest stars, 0 for any.
    stars: u8,
    /// Only what is hidden.
    hidden: bool,
    /// What is nearest to this preset, in place of the shelf.
    near: Option<(PresetId, Arc<str>)>,
    /// How *All* is sorted, and whether the other way round.
    pub(super) column: (Column, bool),
}

/// Something that narrows the list, and can be taken off again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// What is nearest to a preset, which is called so.
    Near(PresetId, Arc<str>),
    /// A value of a facet.
    Value(Facet, Arc<str>),
    /// All badges that permit an export.
    SafeToExport,
    /// So many stars or more.
    Stars(u8),
    /// What is hidden, to have it back.
    Hidden,
}

impl Choice {
    /// As it is written in the list of facets.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Near(_, name) => format!("Similar to {name}"),
            Self::Value(_, name) => name.to_string(),
            Self::SafeToExport => "Safe to export".to_owned(),
            Self::Stars(1) => "1 star or more".to_owned(),
            Self::Stars(5) => "5 stars".to_owned(),
            Self::Stars(stars) => format!("{stars} stars or more"),
            Self::Hidden => "Hidden presets".to_owned(),
        }
    }

    /// As it is written where nothing says what it belongs to.
    pub(super) fn full_name(&self) -> String {
        match self {
            Self::Value(facet, name) => format!("{}: {name}", title(*facet)),
            _ => self.name(),
        }
    }
}

/// What the values of a facet are called together.
pub(super) fn title(facet: Facet) -> &'static str {
    match facet {
        Facet::Bank => "Bank",
        Facet::Category => "Category",
        Facet::Tag => "Character",
        Facet::Author => "Author",
        Facet::Permission => "Rights",
    }
}

/// The badges that permit an export.
fn safe() -> impl Iterator<Item = (Facet, &'static str)> {
    let safe = Permission::ALL.into_iter().filter(|permission| permission.may_export());
    safe.map(|permission| (Facet::Permission, permission.name()))
}

impl Filter {
    /// It, as the library is asked.
    pub(super) fn query(&self) -> Query {
        let shown = if self.hidden { Shown::Hidden } else { Shown::Unhidden };
        let mut query = Query { shown, rating: self.stars, ..Query::of_text(&self.text) };
        self.chosen.iter().for_each(|(facet, name)| query.choose(*facet, name, true));
        query
    }

    /// The order of a shelf's rows.
    pub(super) fn order(&self, shelf: Shelf) -> Arrangement {
        match (&self.near, shelf, self.column) {
            (Some((preset, _)), ..) => Arrangement::Near(*preset),
            (None, Shelf::All, (Column::Name, false)) => Arrangement::Shelf,
            (None, Shelf::All, (column, is_reversed)) => Arrangement::Column(column, is_reversed),
            (None, ..) => Arrangement::Shelf,
        }
    }

    /// Whether what is nearest to a preset stands in place of the shelf.
    pub(super) fn is_near(&self) -> bool {
        self.near.is_some()
    }

    /// All that is chosen, beside the words.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let is_safe = self.has(&Choice::SafeToExport);
        let values = self.chosen.iter().filter(|(facet, _)| !(is_safe && *facet == Facet::Permission));
        let near = self.near.iter().map(|(preset, name)| Choice::Near(*preset, Arc::clone(name)));
        let values = values.map(|(facet, name)| Choice::Value(*facet, Arc::clone(name)));
        let mut choices: Vec<Choice> = near.chain(values).collect();
        choices.extend(is_safe.then_some(Choice::SafeToExport));
        choices.extend((self.stars > 0).then_some(Choice::Stars(self.stars)));
        choices.extend(self.hidden.then_some(Choice::Hidden));
        choices
    }

    /// Whether it is chosen.
    pub(super) fn has(&self, choice: &Choice) -> bool {
        match choice {
            Choice::Near(preset, _) => self.near.as_ref().is_some_and(|(near, _)| near == preset),
            Choice::Value(facet, name) => self.has_value(*facet, name),
            Choice::SafeToExport => {
                let count = self.chosen.iter().filter(|(facet, _)| *facet == Facet::Permission).count();
                count == safe().count() && safe().all(|(facet, name)| self.has_value(facet, name))
            }
            Choice::Stars(stars) => self.stars == *stars,
            Choice::Hidden => self.hidden,
        }
    }

    /// Chooses it, or takes it off.
    pub(super) fn toggle(&mut self, choice: &Choice) {
        let is_chosen = self.has(choice);
        match choice {
            Choice::Near(preset, name) => self.near = (!is_chosen).then(|| (*preset, Arc::clone(name))),
            Choice::Value(facet, name) if is_chosen => self.chosen.retain(|(of, one)| of != facet || one != name),
            Choice::Value(facet, name) => self.chosen.push((*facet, Arc::clone(name))),
            Choice::SafeToExport => {
                self.chosen.retain(|(facet, _)| *facet != Facet::Permission);
                self.chosen.extend(safe().filter(|_| !is_chosen).map(|(facet, name)| (facet, name.into())));
            }
            Choice::Stars(stars) => self.stars = if is_chosen { 0 } else { *stars },
            Choice::Hidden => self.hidden = !is_chosen,
        }
    }

    /// Takes off all but the words.
    pub(super) fn clear(&mut self) {
        *self = Self { text: std::mem::take(&mut self.text), column: self.column, ..Self::default() };
    }

    fn has_value(&self, facet: Facet, name: &str) -> bool {
        self.chosen.iter().any(|(of, one)| *of == facet && **one == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_asked_for_named_and_taken_off_again() {
        let mut filter = Filter { text: "bel".into(), ..Filter::default() };
        let bank = Choice::Value(Facet::Bank, "Mine".into());
        let near = Choice::Near(PresetId::of(b"x"), "X".into());
        for choice in [&near, &bank, &Choice::Stars(4), &Choice::SafeToExport, &Choice::Hidden] {
            filter.toggle(choice);
            assert!(filter.has(choice), "{choice:?}");
        }
        let query = filter.query();
        assert_eq!((query.text.as_str(), query.rating, query.shown), ("bel", 4, Shown::Hidden));
        assert_eq!(query.chosen[&Facet::Permission].len(), 2);
        let names: Vec<String> = filter.choices().iter().map(Choice::full_name).collect();
        assert_eq!(names, ["Similar to X", "Bank: Mine", "Safe to export", "4 stars or more", "Hidden presets"]);
        filter.toggle(&Choice::Value(Facet::Permission, Permission::Free.name().into()));
        assert!(!filter.has(&Choice::SafeToExport), "only one of the two is left");
        assert_eq!(filter.order(Shelf::ForYou), Arrangement::Near(PresetId::of(b"x")));
        filter.toggle(&near);
        assert_eq!(filter.order(Shelf::All), Arrangement::Shelf);
        filter.toggle(&bank);
        assert!(!filter.has(&bank));
        filter.clear();
        assert_eq!((filter.choices(), filter.text.as_str()), (vec![], "bel"));
    }
}
