//! What an editor is shown: rows in their order with their reasons, and a sound that was made for the user.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::archive::Archive;
use super::super::made::{self, Made, Occasion};
use super::super::shelves::{RECOMMENDED, Shelves};
use super::super::stacks::Stacks;
use super::{Clerk, MADE};
use crate::bridge::{Arrangement, Wish};
use crate::browser::history::Marks;
use crate::browser::library::{Library, Query};
use crate::browser::recommend::{Request, Task};
use crate::browser::usage::{PresetId, ProjectId, Shelf};
use crate::params::now;

/// What the editor was shown last, and of what it was made.
pub(super) struct Shown {
    wish: Wish,
    library: Arc<Library>,
    marks: Arc<HashMap<PresetId, Marks>>,
    is_complete: bool,
    shelves: Shelves,
    offer: Option<Offer>,
}

/// What was made for the user, if anything could be, once so many were passed over.
#[derive(Clone)]
struct Offer {
    another: u64,
    made: Option<Arc<Made>>,
}

impl Clerk {
    /// Lays out what the editor wishes to see, if it is not laid out already.
    pub(super) fn answer(&mut self, archive: &mut Archive, stacks: &mut Stacks) {
        let Some(wish) = self.half.desk().wished() else {
            self.shown = None;
            return;
        };
        let (library, is_complete) = (stacks.library(), stacks.is_complete());
        if library.entries().is_empty() && !is_complete {
            // What comes with Zither is there in a moment; until then nothing can be ranked.
            return;
        }
        let progress = if is_complete { (0, 0) } else { stacks.progress() };
        stacks.past(&library, archive);
        let is_shown = |shown: &Shown| {
            shown.wish == wish
                && Arc::ptr_eq(&shown.library, &library)
                && Arc::ptr_eq(&shown.marks, archive.marks())
                && shown.is_complete == is_complete
        };
        if self.shown.as_ref().is_some_and(is_shown) {
            self.tell_progress((progress, stacks.is_halted()));
            return;
        }
        let same_look = |shown: &Shown| shown.wish.look == wish.look && Arc::ptr_eq(&shown.library, &library);
        let (mut shelves, offer) = match self.shown.take().filter(same_look) {
            Some(shown) => (shown.shelves, shown.offer),
            None => (self.rank(&library, archive, stacks), None),
        };
        let marks = Arc::clone(archive.marks());
        let mut found = shelves.find(&wish, &marks);
        let is_asked =
            wish.shelf == Shelf::NewToYou && wish.query == Query::default() && wish.order == Arrangement::Shelf;
        let offer = if is_asked { Some(self.offer(offer, &wish, &library, archive, stacks)) } else { offer };
        let made = offer.as_ref().filter(|_| is_asked).and_then(|offer| offer.made.clone());
        if let Some(made) = &made {
            found.reasons.insert(made.entry.id, made.reason.clone());
        }
        self.half.desk().show(|view| {
            view.wish = Some(wish.clone());
            view.library = Arc::clone(&library);
            view.made = made.map(|made| Arc::clone(&made.entry));
            (view.rows, view.facets) = (found.rows.into(), Arc::new(found.facets));
            view.reasons = Arc::new(found.reasons);
            view.marks = Arc::clone(&marks);
            (view.is_complete, view.progress) = (is_complete, progress);
            view.is_halted = stacks.is_halted();
        });
        self.shown = Some(Shown { wish, library, marks, is_complete, shelves, offer });
    }

    /// Says how far reading has come since the rows were laid out.
    fn tell_progress(&mut self, progress: ((u32, u32), bool)) {
        if std::mem::replace(&mut self.progress, progress) != progress {
            self.half.desk().show(|view| (view.progress, view.is_halted) = progress);
        }
    }

    /// What was made for the user, as `before`, unless that is not wanted any more.
    fn offer(
        &self,
        before: Option<Offer>,
        wish: &Wish,
        library: &Library,
        archive: &mut Archive,
        stacks: &mut Stacks,
    ) -> Offer {
        let marks = Arc::clone(archive.marks());
        let is_hidden = |made: &Arc<Made>| marks.get(&made.entry.id).is_some_and(|marks| marks.hidden);
        let stays = |offer: &Offer| offer.another == wish.another && !offer.made.as_ref().is_some_and(is_hidden);
        before.filter(stays).unwrap_or_else(|| {
            let at = Occasion { now: now().div_euclid(1_000), project: self.project(archive), another: wish.another };
            let made = stacks.known_past().and_then(|past| made::make(past, library, &marks, at));
            Offer { another: wish.another, made: made.map(Arc::new) }
        })
    }

    /// Keeps in mind the sound that was made and is shown, because it is tried.
    pub(super) fn remember_made(&mut self, preset: PresetId) {
        let offered = self.shown.as_ref().and_then(|shown| shown.offer.as_ref()?.made.as_ref());
        if let Some(made) = offered.filter(|made| made.entry.id == preset) {
            self.made.retain(|known| known.entry.id != preset);
            self.made.push(Arc::clone(made));
            if self.made.len() > MADE {
                self.made.remove(0);
            }
        }
    }

    fn project(&self, archive: &mut Archive) -> Option<ProjectId> {
        archive.history().and_then(|history| history.project_id(&self.params.kept.project.id()))
    }

    /// Ranks all shelves for this moment. What is loaded need not be found.
    fn rank(&self, library: &Arc<Library>, archive: &mut Archive, stacks: &mut Stacks) -> Shelves {
        let request = Request {
            task: if self.has_kept { Task::Next } else { Task::Open },
            now: now().div_euclid(1_000),
            session: self.sitting.session(),
            project: self.project(archive),
            rows: RECOMMENDED,
            exclude: self.sitting.loaded().into_iter().collect(),
            explore: false,
        };
        Shelves::of(library, stacks.past(library, archive), &request)
    }
}
