//! What holds for all projects of the user: the settings, and the history as a whole.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::archive::Archive;
use crate::bridge::{HistoryOrder, HistoryView, Standing};
use crate::browser::history::{self, HistoryError, Reader, Store};
use crate::browser::settings::{Change, SettingsFile};

/// How often the history is counted while a screen shows it.
const LOOK: Duration = Duration::from_secs(1);
/// How long other programs that write at the same moment are waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Why there is no history where the system names no home folder.
const NO_FOLDER: &str = "this system names no folder of yours; set ZITHER_HOME to one";

/// The user's settings and history, for all instances. Owned by the librarian.
pub(super) struct Household {
    file: SettingsFile,
    reader: Option<Reader>,
    looked: Option<Instant>,
    standing: Standing,
}

impl Household {
    /// The household of this user, with its settings as they are now.
    pub(super) fn of_user() -> Self {
        Self::at(SettingsFile::of_user(), history::file())
    }

    fn at(file: SettingsFile, history: Option<PathBuf>) -> Self {
        let reader = history.map(|path| Reader::of(&path));
        let mut household = Self { file, reader, looked: None, standing: Standing::default() };
        household.take_settings();
        household
    }

    /// What there is to tell.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Takes up what other programs have set.
    pub(super) fn read(&mut self) {
        self.file.read();
        self.take_settings();
    }

    /// Sets something and writes it.
    pub(super) fn set(&mut self, change: Change) {
        self.file.set(change);
        self.take_settings();
    }

    fn take_settings(&mut self) {
        self.standing.settings = self.file.settings();
        self.standing.trouble = self.file.trouble().map(str::to_owned);
    }

    /// Counts what the history holds, if it is time.
    pub(super) fn look(&mut self) {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            self.count();
        }
    }

    fn count(&mut self) {
        self.looked = Some(Instant::now());
        self.standing.history = match self.reader.as_mut().map(Reader::stat) {
            None => HistoryView::Refused(NO_FOLDER.to_owned()),
            Some(Ok(None)) => HistoryView::Empty,
            Some(Ok(Some(stat))) => HistoryView::Read(stat),
            Some(Err(error)) => HistoryView::Refused(error.to_string()),
        };
    }

    /// Says that an order is being carried out, so that it can be shown while it is.
    pub(super) fn begin(&mut self, order: HistoryOrder) {
        (self.standing.doing, self.standing.done) = (Some(order), None);
    }

    /// Carries it out. Waits for the disk and for other programs.
    pub(super) fn finish(&mut self, order: HistoryOrder, archive: &Archive) {
        let path = self.reader.as_ref().map(Reader::path);
        let outcome = match path {
            Some(path) => {
                // What still waits here was done before.
                archive.settle(PATIENCE);
                Store::open(path, PATIENCE).and_then(|store| carry_out(order, store)).map_err(|error| error.to_string())
            }
            None => Err(NO_FOLDER.to_owned()),
        };
        (self.standing.doing, self.standing.done) = (None, Some(outcome));
        self.count();
    }
}

fn carry_out(order: HistoryOrder, mut store: Store) -> Result<String, HistoryError> {
    match order {
        HistoryOrder::Record(on) => {
            store.set_recording(on)?;
            Ok(if on { "Recording goes on." } else { "Nothing is recorded any more." }.to_owned())
        }
        HistoryOrder::Erase => {
            let erased = store.erase(None)?;
            let aside = match &erased.set_aside[..] {
                [] => String::new(),
                [file, ..] => format!(" {} was damaged and set aside; it may hold as much.", file.display()),
            };
            Ok(format!("Erased: {} events. Hearts, stars and tags stay.{aside}", erased.events))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::history::History;
    use crate::browser::settings::Theme;
    use crate::browser::usage::{Deed, Event, PresetId, SessionId};

    fn event() -> Event {
        let (session, preset) = (SessionId::of(b"s"), PresetId::of(b"p"));
        Event { time: 1_795_651_199, session, project: None, preset, deed: Deed::Keep, dwell_ms: 0, shown: None }
    }

    #[test]
    fn the_history_is_counted_switched_off_and_erased_while_a_plugin_writes_it() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("history.db");
        let mut household = Household::at(SettingsFile::at(None), Some(path.clone()));
        household.look();
        assert_eq!(household.standing().history, HistoryView::Empty);
        assert!(!path.exists(), "a look makes no file");
        let history = History::open(&path);
        history.record(event());
        assert!(history.flush(PATIENCE));
        let archive = Archive::default();
        let mut order = |order| {
            household.begin(order);
            assert_eq!(household.standing().doing, Some(order));
            household.finish(order, &archive);
            let HistoryView::Read(stat) = household.standing().history.clone() else { panic!("it was read") };
            let events: u32 = stat.deeds.iter().map(|(_, count)| count).sum();
            (events, stat.recording, household.standing().done.clone().unwrap().unwrap())
        };
        assert_eq!(order(HistoryOrder::Record(false)), (1, false, "Nothing is recorded any more.".to_owned()));
        history.record(event());
        assert!(history.flush(PATIENCE));
        assert_eq!(order(HistoryOrder::Record(true)), (1, true, "Recording goes on.".to_owned()));
        let (events, _, said) = order(HistoryOrder::Erase);
        assert!(events == 0 && said.starts_with("Erased: 1 events."), "{said}");
    }

    #[test]
    fn what_is_set_is_told_with_what_is_wrong() {
        let mut household = Household::at(SettingsFile::at(None), None);
        household.set(Change::Theme(Theme::Light));
        let standing = household.standing();
        assert_eq!(standing.settings.theme, Theme::Light);
        assert!(standing.trouble.as_ref().is_some_and(|trouble| trouble.contains("ZITHER_HOME")));
        household.look();
        household.finish(HistoryOrder::Erase, &Archive::default());
        assert!(matches!(household.standing().history, HistoryView::Refused(_)));
        assert!(household.standing().done.as_ref().is_some_and(Result::is_err));
    }
}
