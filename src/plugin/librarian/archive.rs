//! The user's history, opened when there is something to be noted or shown: a host that only looks at the plugin makes no
//! file.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::browser::history::{self, Batch, Card, History, Mark, Marks, Reader};
use crate::browser::usage::{Event, PresetId};

/// How long the first event waits for the database, to know by what it calls projects. Where it is locked for longer,
/// events say nothing of their project until it is open.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is looked for what other programs have written, while a list is open.
const LOOK: Duration = Duration::from_millis(250);

/// The history, once something needs it, and what the user says of presets.
#[derive(Default)]
pub(super) struct Archive {
    open: Option<(History, Reader)>,
    looked: Option<Instant>,
    /// Somebody has written, and it could not be read yet.
    is_behind: bool,
    marks: Arc<HashMap<PresetId, Marks>>,
    /// What was said here and is not read yet.
    said: Vec<(PresetId, Mark)>,
}

impl Archive {
    /// With the database in this file.
    #[cfg(test)]
    pub(super) fn at(file: &std::path::Path) -> Self {
        let history = History::open(file);
        let reader = history.reader();
        Self { open: Some((history, reader)), ..Self::default() }
    }

    /// The history; none where the system names no home folder.
    pub(super) fn history(&mut self) -> Option<&History> {
        self.open().map(|(history, _)| &*history)
    }

    /// Keeps events of the project that is called so, and what their presets are called.
    pub(super) fn keep(&mut self, events: Vec<Event>, project: &str, card: impl Fn(PresetId) -> Card) {
        if events.is_empty() {
            return;
        }
        let Some(history) = self.history() else { return };
        let project = history.project_id(project);
        for event in events {
            history.describe(card(event.preset));
            history.record(Event { project, ..event });
        }
    }

    /// Waits until what was kept so far is written, if it can be within `patience`.
    pub(super) fn settle(&self, patience: Duration) {
        if let Some((history, _)) = &self.open {
            let _waits_no_longer = history.flush(patience);
        }
    }

    /// What the user says of presets. Another [`Arc`] than before means that something changed.
    pub(super) fn marks(&self) -> &Arc<HashMap<PresetId, Marks>> {
        &self.marks
    }

    /// Keeps something that the user says of a preset; it counts at once.
    pub(super) fn mark(&mut self, preset: PresetId, mark: Mark) {
        if let Some(history) = self.history() {
            history.mark(preset, mark.clone());
        }
        put(Arc::make_mut(&mut self.marks), preset, &mark);
        self.said.push((preset, mark));
    }

    /// Looks whether anyone has written, if it is time; the events after `last`, if so. What cannot be read now is tried
    /// again.
    pub(super) fn look(&mut self, last: i64) -> Option<Batch> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return None;
        }
        self.looked = Some(Instant::now());
        let was_behind = self.is_behind;
        let (_, reader) = self.open()?;
        if !reader.changed().ok()? && !was_behind {
            return None;
        }
        let read = (reader.marks(), reader.events_since(last));
        self.is_behind = read.0.is_err() || read.1.is_err();
        let (marks, batch) = (read.0.ok()?, read.1.ok()?);
        self.take(marks);
        Some(batch)
    }

    /// Reads from the very first event on.
    pub(super) fn reader(&mut self) -> Option<&mut Reader> {
        self.open().map(|(_, reader)| reader)
    }

    /// Takes the marks that were read; what was said here and is still on its way stands above them.
    fn take(&mut self, read: HashMap<PresetId, Marks>) {
        let mut marks = read;
        self.said.retain(|(preset, mark)| {
            let before = marks.get(preset).cloned().unwrap_or_default();
            put(&mut marks, *preset, mark);
            marks.get(preset).is_some_and(|after| *after != before)
        });
        if marks != *self.marks {
            self.marks = Arc::new(marks);
        }
    }

    fn open(&mut self) -> Option<&mut (History, Reader)> {
        if self.open.is_none() {
            let history = History::open(&history::file()?);
            let _locked = history.flush(PATIENCE);
            let reader = history.reader();
            self.open = Some((history, reader));
        }
        self.open.as_mut()
    }
}

fn put(marks: &mut HashMap<PresetId, Marks>, preset: PresetId, mark: &Mark) {
    let marks = marks.entry(preset).or_default();
    match mark {
        Mark::Favourite(on) => marks.favourite = *on,
        Mark::Hidden(on) => marks.hidden = *on,
        Mark::Rating(stars) => marks.rating = *stars,
        Mark::Tag(tag, on) => {
            marks.tags.retain(|known| known != tag);
            if *on {
                marks.tags.push(tag.clone());
                marks.tags.sort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hearts(archive: &Archive) -> usize {
        archive.marks().values().filter(|marks| marks.favourite).count()
    }

    #[test]
    fn what_was_just_said_counts_until_it_is_read_back() {
        let preset = PresetId::of(b"a");
        let mut archive = Archive::default();
        put(Arc::make_mut(&mut archive.marks), preset, &Mark::Favourite(true));
        archive.said.push((preset, Mark::Favourite(true)));
        archive.take(HashMap::new());
        assert_eq!((hearts(&archive), archive.said.len()), (1, 1), "it is not written yet");
        let read = HashMap::from([(preset, Marks { favourite: true, ..Marks::default() })]);
        archive.take(read);
        assert_eq!((hearts(&archive), archive.said.len()), (1, 0));
        archive.take(HashMap::new());
        assert_eq!(hearts(&archive), 0, "another program has taken it back");
    }
}
