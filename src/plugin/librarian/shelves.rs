//! What stands on each shelf, in which order and why. Ranked once for each look that a user takes, so that nothing moves
//! under the pointer; what is looked for and what is hidden is sorted out of that.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::past::{Past, Use};
use crate::bridge::{Arrangement, Wish};
use crate::browser::history::Marks;
use crate::browser::library::{Facets, Library, Order, Query};
use crate::browser::recommend::{Request, Row};
use crate::browser::usage::{Deed, PresetId, Shelf};

/// Presets that are recommended, at most.
pub(super) const RECOMMENDED: usize = 200;

/// Presets that are listed as similar to one, at most, and that one.
const NEAREST: usize = 101;

/// All shelves as of one look.
pub(super) struct Shelves {
    library: Arc<Library>,
    mixed: Vec<Row>,
    novel: Vec<Row>,
    /// The last used first.
    recents: Vec<(PresetId, Use)>,
    /// The last order that took a while to find.
    sorted: Option<(Arrangement, Vec<f32>)>,
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
        let (mixed, novel, library) = (ranked.mixed, ranked.novel, Arc::clone(library));
        Self { library, mixed, novel, recents, sorted: None, now: request.now }
    }

    /// What a wish finds.
    pub(super) fn find(&mut self, wish: &Wish, marks: &HashMap<PresetId, Marks>) -> Rows {
        let near = matches!(wish.order, Arrangement::Near(_));
        let favourites = wish.query.favourites || (wish.shelf == Shelf::Favourites && !near);
        let query = Query { favourites, ..wish.query.clone() };
        let scores = match wish.order {
            Arrangement::Shelf => self.scores(wish.shelf, !query.text.trim().is_empty()),
            order => Some(self.sorted(order).to_vec()),
        };
        let order = scores.as_deref().map_or(Order::Name, Order::Scores);
        let found = self.library.find(&query, marks, order);
        let reasons = match wish.order {
            Arrangement::Near(preset) => self.distances(preset, &found.rows),
            _ => self.reasons(wish.shelf),
        };
        Rows { rows: found.rows, facets: found.facets, reasons }
    }

    /// Scores for an order that has nothing to do with the history.
    fn sorted(&mut self, order: Arrangement) -> &[f32] {
        let known = self.sorted.take().filter(|(of, _)| *of == order);
        let scores = || match order {
            Arrangement::Column(column, is_reversed) => self.library.by_column(column, is_reversed),
            Arrangement::Near(preset) => nearest(self.library.nearness(preset)),
            Arrangement::Shelf => Vec::new(),
        };
        &self.sorted.insert(known.unwrap_or_else(|| (order, scores()))).1
    }

    /// How far each row is from a preset.
    fn distances(&mut self, preset: PresetId, rows: &[u32]) -> HashMap<PresetId, String> {
        let library = Arc::clone(&self.library);
        let scores = self.sorted(Arrangement::Near(preset));
        let told = |row: &u32| {
            let (id, distance) = (library.entries()[*row as usize].id, -scores[*row as usize]);
            (id != preset).then(|| (id, format!("{distance:.2} away")))
        };
        rows.iter().filter_map(told).collect()
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

/// Leaves the nearest alone.
fn nearest(mut nearness: Vec<f32>) -> Vec<f32> {
    let mut sorted = nearness.clone();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    if let Some(&last) = sorted.get(NEAREST) {
        nearness.iter_mut().filter(|score| **score <= last).for_each(|score| *score = f32::NEG_INFINITY);
    }
    nearness
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
    use crate::browser::library::{Column, Scanner};
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

    fn find(shelves: &mut Shelves, shelf: Shelf, text: &str, marks: &HashMap<PresetId, Marks>) -> Vec<PresetId> {
        let wish = Wish { shelf, query: Query::of_text(text), order: Arrangement::Shelf, look: 0, another: 0 };
        let rows = shelves.find(&wish, marks);
        rows.rows.iter().map(|&row| shelves.library.entries()[row as usize].id).collect()
    }

    #[test]
    fn each_shelf_has_its_presets_in_its_order_with_its_reasons() {
        let (ids, mut shelves) = shelves();
        let none = HashMap::new();
        assert_eq!(find(&mut shelves, Shelf::ForYou, "", &none)[0], ids[3]);
        assert!(!find(&mut shelves, Shelf::NewToYou, "", &none).contains(&ids[3]));
        assert_eq!(find(&mut shelves, Shelf::Recents, "", &none), [ids[4], ids[5], ids[3]]);
        assert_eq!(find(&mut shelves, Shelf::All, "", &none), ids);
        assert_eq!(find(&mut shelves, Shelf::Favourites, "", &none), []);
        let marks = HashMap::from([(ids[2], Marks { favourite: true, ..Marks::default() })]);
        assert_eq!(find(&mut shelves, Shelf::Favourites, "", &marks), [ids[2]]);
        let reasons = shelves.reasons(Shelf::ForYou);
        assert!(reasons[&ids[3]].contains("10"), "{reasons:?}");
        let recents = shelves.reasons(Shelf::Recents);
        let told = [ids[4], ids[5], ids[3]].map(|id| recents[&id].as_str());
        assert_eq!(told, ["loaded 1 minute ago", "loaded 2 minutes ago", "kept 1 day ago"]);
    }

    #[test]
    fn what_is_looked_for_is_found_beyond_what_is_ranked_and_what_is_hidden_is_not() {
        let (ids, mut shelves) = shelves();
        let library = Arc::clone(&shelves.library);
        let name = |id: PresetId| library.entry(id).unwrap().card().name.to_string();
        for (shelf, id, found) in [
            (Shelf::ForYou, ids[0], true),
            (Shelf::NewToYou, ids[0], true),
            (Shelf::NewToYou, ids[3], false),
            (Shelf::Recents, ids[0], false),
            (Shelf::Recents, ids[4], true),
        ] {
            let rows = find(&mut shelves, shelf, &name(id), &HashMap::new());
            assert_eq!(rows.contains(&id), found, "{shelf:?} {}", name(id));
        }
        let marks = HashMap::from([(ids[3], Marks { hidden: true, ..Marks::default() })]);
        assert!(!find(&mut shelves, Shelf::ForYou, "", &marks).contains(&ids[3]));
    }

    #[test]
    fn what_is_similar_is_listed_nearest_first_with_its_distance_and_columns_sort_what_there_is() {
        let (ids, mut shelves) = shelves();
        let mut rows = |shelf, order| {
            let found =
                shelves.find(&Wish { shelf, query: Query::default(), order, look: 0, another: 0 }, &HashMap::new());
            let rows = found.rows.iter().map(|&row| shelves.library.entries()[row as usize].id).collect::<Vec<_>>();
            (rows, found.reasons)
        };
        let (near, distances) = rows(Shelf::Favourites, Arrangement::Near(ids[7]));
        assert_eq!((near[0], near.len()), (ids[7], NEAREST.min(ids.len())), "whatever the shelf");
        let distance = |id: &PresetId| distances[id].trim_end_matches(" away").parse::<f32>().unwrap();
        assert!(near[1..].windows(2).all(|pair| distance(&pair[0]) <= distance(&pair[1])), "{distances:?}");
        let (mut reversed, _) = rows(Shelf::All, Arrangement::Column(Column::Name, true));
        reversed.reverse();
        assert_eq!(reversed, ids);
        assert_eq!(
            rows(Shelf::All, Arrangement::Column(Column::Name, false)).0,
            ids,
            "what was sorted last is not taken for it"
        );
    }
}
