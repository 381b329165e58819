//! The index of the user's rights folder, one for all instances.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::bridge::{IndexFacts, IndexView};
use crate::browser::folders;
use crate::rights::axis;
use crate::rights::date::Date;
use crate::rights::index::{Index, IndexError, Segment};

/// How often it is looked whether the index was made, changed or repaired.
const LOOK: Duration = Duration::from_secs(3);

/// The index, once somebody needs it. It is looked after while it is in use: one that is built anew is taken up.
#[derive(Default)]
pub(super) struct Library {
    index: Option<Index>,
    view: IndexView,
    looked: Option<Instant>,
}

impl Library {
    /// Looks after the index, if it is time; tells what there is new to say of it, on the way too.
    pub(super) fn look(&mut self, tell: &mut impl FnMut(&IndexView)) {
        if self.looked.is_some_and(|last| last.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        // One that was refused is tried again without a word, or the screen would flicker.
        let is_quiet = matches!(self.view, IndexView::Refused(_));
        let mut is_told = false;
        let view = self.view_now(&mut |view| {
            if !is_quiet {
                is_told = true;
                tell(view);
            }
        });
        if is_told || view != self.view {
            tell(&view);
            self.view = view;
        }
    }

    /// The index; `None` where there is none that can be used.
    pub(super) fn index(&mut self) -> Option<&mut Index> {
        self.index.as_mut()
    }

    /// What there is to say of it.
    pub(super) fn view(&self) -> &IndexView {
        &self.view
    }

    fn view_now(&mut self, tell: &mut impl FnMut(&IndexView)) -> IndexView {
        let Some(folder) = folders::rights().map(|folder| folder.join(folders::INDEX)) else {
            return IndexView::Missing(PathBuf::from(folders::INDEX));
        };
        let outcome = match &mut self.index {
            Some(index) => index.refresh().map(drop),
            None => {
                let on_the_way = |done, of| tell(&IndexView::Opening { done, of });
                Index::open_telling(&folder, on_the_way).map(|index| self.index = Some(index))
            }
        };
        match (outcome, &self.index) {
            // One that cannot be taken up leaves the one before it in use.
            (_, Some(index)) => IndexView::Open(facts(index)),
            (Err(IndexError::Missing(folder)), None) => IndexView::Missing(folder),
            (Err(error), None) => IndexView::Refused(error.to_string()),
            (Ok(()), None) => IndexView::Unopened,
        }
    }
}

fn facts(index: &Index) -> IndexFacts {
    let ticks: f64 = index.tracks().map(|track| f64::from(track.ticks)).sum();
    IndexFacts {
        digest: index.digest().to_owned(),
        tracks: index.tracks().count(),
        hours: axis::seconds(ticks) / 3_600.0,
        made: index.segments().iter().map(Segment::created).max().map(Date::of_seconds),
        damage: index.damage().map(str::to_owned),
    }
}
