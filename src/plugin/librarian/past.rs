//! What the history says of presets: when each was used last, and what is recommended. Follows what all instances and
//! programs write.

use std::collections::HashMap;
use std::sync::Arc;

use super::archive::Archive;
use crate::browser::history::{Batch, Weights};
use crate::browser::library::{Entry, Library};
use crate::browser::recommend::{Head, Item, Recommender, Request, Shelves};
use crate::browser::usage::{Deed, Event, PresetId};

/// Events that a start learns from at most, the latest, where nothing that was learned is stored (after an erasure or an
/// import): more would keep the first list waiting.
const LESSONS: usize = 2_000;

/// The last use of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Seconds since 1970-01-01, UTC.
    pub(super) time: i64,
    /// What was done.
    pub(super) deed: Deed,
    /// Whether it was ever kept.
    pub(super) was_kept: bool,
}

/// The past, for one state of the library.
pub(super) struct Past {
    library: Arc<Library>,
    recommender: Recommender,
    uses: HashMap<PresetId, Use>,
    last: i64,
    era: i64,
}

impl Past {
    /// The past of these presets, as far as it can be read.
    pub(super) fn of(library: &Arc<Library>, archive: &mut Archive) -> Self {
        let mut past = Self::empty(library);
        past.read_all(archive);
        past
    }

    /// As if nothing had been done yet.
    pub(super) fn empty(library: &Arc<Library>) -> Self {
        Self {
            library: Arc::clone(library),
            recommender: Recommender::new(items(library)),
            uses: HashMap::new(),
            last: 0,
            era: 0,
        }
    }

    /// Whether it is of this state of the library.
    pub(super) fn is_of(&self, library: &Arc<Library>) -> bool {
        Arc::ptr_eq(&self.library, library)
    }

    /// Takes up what was written since the last look.
    pub(super) fn follow(&mut self, archive: &mut Archive) {
        match archive.look(self.last) {
            Some(batch) if batch.era == self.era => self.learn(&batch, archive),
            // Some of what is known here was erased, or older events were brought in.
            Some(_) => *self = Self::of(&Arc::clone(&self.library), archive),
            None => {}
        }
    }

    /// The ranking.
    pub(super) fn recommender(&self) -> &Recommender {
        &self.recommender
    }

    /// Ranks what it knows.
    pub(super) fn recommend(&mut self, request: &Request) -> Shelves {
        self.recommender.recommend(request)
    }

    /// The last use of each preset.
    pub(super) fn uses(&self) -> &HashMap<PresetId, Use> {
        &self.uses
    }

    /// Takes in an event and learns from it.
    pub(super) fn take(&mut self, event: &Event) {
        self.recommender.note(event);
        note_use(&mut self.uses, event);
    }

    fn read_all(&mut self, archive: &mut Archive) {
        let Some(reader) = archive.reader() else { return };
        let Ok(batch) = reader.events_since(0) else { return };
        let mut learned = i64::MAX;
        for head in Head::ALL {
            match reader.weights(head.name()) {
                Ok(Some(weights)) if weights.era == batch.era => {
                    self.recommender.weights_mut().restore(head, &weights.values);
                    learned = learned.min(weights.learned);
                }
                _ => learned = 0,
            }
        }
        let (known, mut new): (Vec<_>, Vec<_>) = batch.events.iter().copied().partition(|(id, _)| *id <= learned);
        let early = new.len().saturating_sub(LESSONS);
        for (_, event) in known.into_iter().chain(new.drain(..early)) {
            self.recommender.recall(&event);
            note_use(&mut self.uses, &event);
        }
        self.learn(&Batch { events: new, ..batch }, archive);
    }

    /// Notes new events, and keeps what was learned of them.
    fn learn(&mut self, batch: &Batch, archive: &mut Archive) {
        (self.last, self.era) = (batch.last, batch.era);
        batch.events.iter().for_each(|(_, event)| self.take(event));
        let has_learned = batch.events.iter().any(|(_, event)| event.deed == Deed::Keep);
        let Some(history) = archive.history().filter(|_| has_learned) else { return };
        for head in Head::ALL {
            let (task, values) = (head.name().to_owned(), self.recommender.weights().values(head));
            history.learn(Weights { task, values, learned: batch.last, era: batch.era });
        }
    }
}

fn note_use(uses: &mut HashMap<PresetId, Use>, event: &Event) {
    let is_use = matches!(event.deed, Deed::Load | Deed::Keep | Deed::Tweak | Deed::Save | Deed::Export);
    if is_use {
        let was_kept = uses.get(&event.preset).is_some_and(|used| used.was_kept) || event.deed == Deed::Keep;
        uses.insert(event.preset, Use { time: event.time, deed: event.deed, was_kept });
    }
}

/// The presets as the recommender knows them, in the order in which banks and folders list them.
fn items(library: &Library) -> Vec<Item> {
    let mut entries: Vec<&Entry> = library.entries().iter().collect();
    entries.sort_by(|a, b| {
        let (a, b) = (&a.places[0], &b.places[0]);
        (&a.bank, &a.folder).cmp(&(&b.bank, &b.folder))
    });
    entries.into_iter().map(Item::from).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::browser::history::Card;
    use crate::browser::library::Scanner;
    use crate::browser::usage::SessionId;

    #[test]
    fn what_was_used_last_is_known_after_a_restart() {
        let room = tempfile::tempdir().unwrap();
        let file = room.path().join("history.db");
        let library = Arc::new(Scanner::new(None).library());
        let ids: Vec<PresetId> = library.entries().iter().map(|entry| entry.id).collect();
        let event = |time, preset, deed| {
            let session = SessionId::of(b"s");
            Event { time, session, project: None, preset, deed, dwell_ms: 0, shown: None }
        };
        let mut archive = Archive::at(&file);
        let done = vec![event(100, ids[3], Deed::Load), event(200, ids[5], Deed::Load), event(230, ids[5], Deed::Keep)];
        archive.keep(done, "song", |preset| Card { preset, ..Card::default() });
        assert!(archive.history().unwrap().flush(Duration::from_secs(30)));
        drop(archive);
        let past = Past::of(&library, &mut Archive::at(&file));
        assert_eq!(past.uses()[&ids[3]], Use { time: 100, deed: Deed::Load, was_kept: false });
        assert_eq!(past.uses()[&ids[5]], Use { time: 230, deed: Deed::Keep, was_kept: true });
        assert_eq!(past.uses().len(), 2);
    }
}
