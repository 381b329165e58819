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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::home::is_at_home;
    use crate::rights::index::Builder;

    /// What is told of one look, however short the last is ago.
    fn told(library: &mut Library) -> Vec<IndexView> {
        let mut told = Vec::new();
        library.looked = None;
        library.look(&mut |view| told.push(view.clone()));
        told
    }

    #[test]
    fn a_refused_index_is_tried_again_without_a_word_until_there_is_something_new_to_say() {
        const NAME: &str = "plugin::listener::library::tests::a_refused_index_is_tried_again_without_a_word_until_there_is_something_new_to_say";
        let room = tempfile::tempdir().unwrap();
        if !is_at_home(NAME, room.path()) {
            return;
        }
        let folder = folders::rights().unwrap().join(folders::INDEX);
        let mut library = Library::default();
        assert!(matches!(told(&mut library)[..], [IndexView::Missing(_)]));
        Builder::create(&folder).unwrap().finish().unwrap();
        let whole: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        let kept: Vec<_> = whole.iter().map(|file| std::fs::read(file).unwrap()).collect();
        whole.iter().for_each(|file| std::fs::write(file, b"no index").unwrap());
        assert!(matches!(told(&mut library).last(), Some(IndexView::Refused(_))));
        for _ in 0..3 {
            assert_eq!(told(&mut library), [], "it was said already");
            assert!(library.index().is_none());
        }
        whole.iter().zip(kept).for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
        assert!(matches!(told(&mut library)[..], [IndexView::Open(_)]), "and no word of it being opened");
        assert!(library.index().is_some());
    }
}
