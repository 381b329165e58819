//! What stands on each shelf, in which order and why. Ranked once for each look that a user takes, so that nothing moves
//! under the pointer; what is looked for and what is hidden is sorted out of that.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::past::{Past, Use};
use crate::bridge::Wish;
use crate::browser::history::Marks;
use crate::browser::library::{Facets, Library, Order, Query};
use crate::browser::recommend::{Request, Row};
use crate::browser::usage::{Deed, PresetId, Shelf};

/// Presets that are recommended, at most.
pub(super) const RECOMMENDED: usize = 200;

/// All shelves as of one look.
pub(super) struct Shelves {
    library: Arc<Library>,
    mixed: Vec<Row>,
    novel: Vec<Row>,
    /// The last used first.
    recents: Vec<(PresetId, Use)>,
    /// When they were ranked, in seconds since 1970-01-01, UTC.
    now: i64,
}

/// Rows, and why each stands where it stands.
pub(super) struct Rows {
    pub(super) rows: Vec<u32>,
    pub(super) facets: Facets,
    pub(super) reasons: HashMap<PresetId, String>,
}

impl Shelves {
    /// Ranks all shelves.
    pub(super) fn of(library: &Arc<Library>, past: &mut Past, request: &Request) -> Self {
        let ranked = past.recommend(request);
        let mut recents: Vec<_> = past.uses().iter().map(|(&preset, &used)| (preset, used)).collect();
        recents.sort_by_key(|(preset, used)| (Reverse(used.time), *preset));
        Self { library: Arc::clone(library), mixed: ranked.mixed, novel: ranked.novel, recents, now: request.now }
    }

    /// What a wish finds.
    pub(super) fn find(&self, wish: &Wish, marks: &HashMap<PresetId, Marks>) -> Rows {
        let favourites = wish.query.favourites || wish.shelf == Shelf::Favourites;
        let query = Query { favourites, ..wish.query.clone() };
        let scores = self.scores(wish.shelf, !query.text.trim().is_empty());
        let order = scores.as_deref().map_or(Order::Name, Order::Scores);
        let found = self.library.find(&query, marks, order);
        Rows { rows: found.rows, facets: found.facets, reasons: self.reasons(wish.shelf) }
    }

    /// A score for each preset, where the shelf has an order of its own. What is looked for is found among all presets
    /// (on *New to you*, among all that were never kept); those that are ranked come first.
    fn scores(&self, shelf: Shelf, is_looked_for: bool) -> Option<Vec<f32>> {
        let ranked: Vec<PresetId> = match shelf {
            Shelf::ForYou => self.mixed.iter().map(|row| row.preset).collect(),
            Shelf::NewToYou => self.novel.iter().map(|row| row.preset).collect(),
            Shelf::Recents => self.recents.iter().map(|(preset, _)| *preset).collect(),
            Shelf::Favourites | Shelf::All => return None,
        };
        let others = if is_looked_for && shelf != Shelf::Recents { 0.0 } else { f32::NEG_INFINITY };
        let mut scores = vec![others; self.library.entries().len()];
        let mut set = |preset: PresetId, score: f32| {
            if let Some(number) = self.library.number(preset) {
                scores[number as usize] = score;
            }
        };
        if shelf == Shelf::NewToYou {
            let kept = self.recents.iter().filter(|(_, used)| used.was_kept);
            kept.for_each(|(preset, _)| set(*preset, f32::NEG_INFINITY));
        }
        for (place, preset) in ranked.iter().enumerate() {
            set(*preset, (ranked.len() - place) as f32);
        }
        Some(scores)
    }

    fn reasons(&self, shelf: Shelf) -> HashMap<PresetId, String> {
        let name = |preset: PresetId| {
            self.library.entry(preset).map_or("a preset that is gone".into(), |entry| entry.card().name.to_string())
        };
        let rows = match shelf {
            Shelf::Recents => {
                return self.recents.iter().map(|(preset, used)| (*preset, self.last_used(*used))).collect();
            }
            Shelf::NewToYou => &self.novel,
            Shelf::ForYou | Shelf::Favourites | Shelf::All => &self.mixed,
        };
        rows.iter().map(|row| (row.preset, row.why.told(&name).to_string())).collect()
    }

    fn last_used(&self, used: Use) -> String {
        let done = match used.deed {
            Deed::Keep => "kept",
            Deed::Tweak => "changed",
            Deed::Save => "saved",
            Deed::Export => "exported",
            _ => "loaded",
        };
        format!("{done} {}", ago(self.now - used.time))
    }
}

/// So many seconds ago, in the largest whole unit.
fn ago(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    match units.into_iter().find(|(_, length)| seconds >= *length) {
        None => "just now".to_owned(),
        Some((unit, length)) if seconds / length == 1 => format!("1 {unit} ago"),
        Some((unit, length)) => format!("{} {unit}s ago", seconds / length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::Scanner;
    use crate::browser::recommend::Task;
    use crate::browser::usage::{Event, SessionId};

    /// The built-in presets after one was kept ten times and two were loaded.
    fn shelves() -> (Vec<PresetId>, Shelves) {
        let library = Arc::new(Scanner::new(None).library());
        let ids: Vec<PresetId> = library.entries().iter().map(|entry| entry.id).collect();
        let mut past = Past::empty(&library);
        let event = |time, preset, deed| {
            let (session, project) = (SessionId::of(b"s"), None);
            Event { time, session, project, preset, deed, dwell_ms: 0, shown: None }
        };
        let kept = (0..10).flat_map(|time| [event(time, ids[3], Deed::Load), event(time, ids[3], Deed::Keep)]);
        let loaded = [event(90_000, ids[5], Deed::Load), event(90_060, ids[4], Deed::Load)];
        kept.chain(loaded).for_each(|event| past.take(&event));
        let (session, exclude) = (SessionId::of(b"t"), Vec::new());
        let request = Request {
            task: Task::Open,
            now: 90_120,
            session,
            project: None,
            rows: RECOMMENDED,
            exclude,
            explore: false,
        };
        let shelves = Shelves::of(&library, &mut past, &request);
        (ids, shelves)
    }

    fn find(shelves: &Shelves, shelf: Shelf, text: &str, marks: &HashMap<PresetId, Marks>) -> Vec<PresetId> {
        let rows = shelves.find(&Wish { shelf, query: Query::of_text(text), look: 0, another: 0 }, marks);
        rows.rows.iter().map(|&row| shelves.library.entries()[row as usize].id).collect()
    }

    #[test]
    fn each_shelf_has_its_presets_in_its_order_with_its_reasons() {
        let (ids, shelves) = shelves();
        let none = HashMap::new();
        assert_eq!(find(&shelves, Shelf::ForYou, "", &none)[0], ids[3]);
        assert!(!find(&shelves, Shelf::NewToYou, "", &none).contains(&ids[3]));
        assert_eq!(find(&shelves, Shelf::Recents, "", &none), [ids[4], ids[5], ids[3]]);
        assert_eq!(find(&shelves, Shelf::All, "", &none), ids);
        assert_eq!(find(&shelves, Shelf::Favourites, "", &none), []);
        let marks = HashMap::from([(ids[2], Marks { favourite: true, ..Marks::default() })]);
        assert_eq!(find(&shelves, Shelf::Favourites, "", &marks), [ids[2]]);
        let reasons = shelves.reasons(Shelf::ForYou);
        assert!(reasons[&ids[3]].contains("10"), "{reasons:?}");
        let recents = shelves.reasons(Shelf::Recents);
        let told = [ids[4], ids[5], ids[3]].map(|id| recents[&id].as_str());
        assert_eq!(told, ["loaded 1 minute ago", "loaded 2 minutes ago", "kept 1 day ago"]);
    }

    #[test]
    fn what_is_looked_for_is_found_beyond_what_is_ranked_and_what_is_hidden_is_not() {
        let (ids, shelves) = shelves();
        let name = |id: PresetId| shelves.library.entry(id).unwrap().card().name.to_string();
        for (shelf, id, found) in [
            (Shelf::ForYou, ids[0], true),
            (Shelf::NewToYou, ids[0], true),
            (Shelf::NewToYou, ids[3], false),
            (Shelf::Recents, ids[0], false),
            (Shelf::Recents, ids[4], true),
        ] {
            let rows = find(&shelves, shelf, &name(id), &HashMap::new());
            assert_eq!(rows.contains(&id), found, "{shelf:?} {}", name(id));
        }
        let marks = HashMap::from([(ids[3], Marks { hidden: true, ..Marks::default() })]);
        assert!(!find(&shelves, Shelf::ForYou, "", &marks).contains(&ids[3]));
    }
}
