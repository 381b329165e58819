//! Trying presets: a row that stays selected for a moment becomes the sound, silently for the host, until it is taken or
//! left; and what is taken, or turned by hand, can be taken back. What was there before is kept bit by bit.

mod past;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::past::{Past, Step};
use super::super::Hands;
use super::super::hands::Edit;
use crate::bridge::{Desk, Fetched, Order, View};
use crate::browser::history::Mark;
use crate::browser::models::Opened;
use crate::browser::preset::Preset;
use crate::browser::sitting::{Act, Shown};
use crate::browser::usage::PresetId;
use crate::params::Sound;

/// How long a row stays selected before it is tried: whoever walks on has not meant it.
pub(super) const DWELL: Duration = Duration::from_millis(120);
/// By then the host has brought round what it was told, and the bits are put right.
const SETTLED: Duration = Duration::from_secs(1);

/// A preset that is asked for.
#[derive(Clone, Copy)]
struct Asked {
    preset: PresetId,
    shown: Shown,
    ticket: u64,
    purpose: Purpose,
}

/// What a preset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To be heard until it is taken or left.
    Try,
    /// To be taken as soon as it is there.
    Take,
    /// To be heard against what was made of it by hand.
    Compare,
}

/// What is heard and not taken.
struct Tried {
    preset: PresetId,
    /// What was there before the first that was tried.
    before: Box<Sound>,
    /// It is what the sound of before was made from.
    is_compared: bool,
}

/// What is tried, and what was done before.
#[derive(Default)]
pub(super) struct Trial {
    /// A row that was just selected, and when it is to be tried, in seconds of the screen's clock.
    due: Option<(PresetId, Shown, f64)>,
    asked: Option<Asked>,
    tickets: u64,
    trying: Option<Tried>,
    /// The sound that was taken last: the host rounds its values, and they are put right again.
    exact: Option<(Box<Sound>, Instant)>,
    past: Past,
    trouble: Option<String>,
}

impl Trial {
    /// Whether a row waits to be tried.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// Whether the host may still be rounding what was taken last.
    pub(super) fn is_settling(&self) -> bool {
        self.exact.as_ref().is_some_and(|(_, taken)| taken.elapsed() < SETTLED)
    }

    /// Whether a preset is on its way.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether this preset is tried, or about to be.
    pub(super) fn is_about(&self, preset: PresetId) -> bool {
        match (&self.due, &self.asked, &self.trying) {
            (Some((due, ..)), ..) => *due == preset,
            (None, Some(asked), _) => asked.preset == preset,
            (None, None, Some(tried)) => tried.preset == preset,
            (None, None, None) => false,
        }
    }

    /// Has a preset tried, if no other comes before that.
    pub(super) fn wait_for(&mut self, preset: PresetId, shown: Shown, now: f64) {
        self.asked = None;
        self.due = Some((preset, shown, now + DWELL.as_secs_f64()));
    }

    /// Takes a preset for good: at once where it is tried already (true), else as soon as it is there.
    pub(super) fn take(&mut self, preset: PresetId, shown: Shown, hands: &Hands, desk: &Desk, view: &View) -> bool {
        let is_tried = self.trying.as_ref().is_some_and(|tried| tried.preset == preset);
        if is_tried && self.is_about(preset) {
            self.keep(hands, view);
            return true;
        }
        self.load(preset, shown, desk);
        false
    }

    /// Has a preset taken as soon as it is there.
    pub(super) fn load(&mut self, preset: PresetId, shown: Shown, desk: &Desk) {
        self.ask(preset, shown, Purpose::Take, desk);
    }

    /// Lets what is due happen; whether a preset was taken.
    pub(super) fn follow(&mut self, now: f64, hands: &Hands, desk: &Desk, view: &View) -> bool {
        if let Some((preset, shown, _)) = self.due.take_if(|(_, _, at)| *at <= now) {
            self.ask(preset, shown, Purpose::Try, desk);
        }
        let fetched = desk.take_fetched().and_then(|Fetched { ticket, outcome }| {
            let asked = self.asked.take_if(|asked| asked.ticket == ticket)?;
            Some((asked, outcome))
        });
        let taken = match fetched {
            Some((asked, Ok((preset, model)))) => self.put(asked, &preset, model, hands, view),
            Some((_, Err(reason))) => {
                self.trouble = Some(reason);
                false
            }
            None => false,
        };
        if let Some((exact, _)) = self.exact.as_ref().filter(|_| self.trying.is_none()) {
            exact.sharpen(hands.params);
        }
        taken
    }

    /// Why the preset that was asked for last could not be had.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Takes what is tried: now the host hears of it, and it can be taken back.
    pub(super) fn keep(&mut self, hands: &Hands, view: &View) {
        self.due = None;
        let Some(Tried { preset, before, is_compared }) = self.trying.take() else { return };
        let now = Sound::of(hands.params);
        now.differs_from(&before).for_each(|control| hands.tell(control));
        self.exact = Some((Box::new(now), Instant::now()));
        self.past.put(Step::Load(before));
        if is_compared {
            return;
        }
        hands.params.kept.doings.note(Act::Taken);
        if let Some(entry) = view.library.entry(preset) {
            hands.params.kept.announcement.make(entry.path().map(PathBuf::as_path), &entry.card().name);
        }
    }

    /// Leaves what is tried, and puts back what was there before. The host never heard of it.
    pub(super) fn go_back(&mut self, hands: &Hands) {
        (self.due, self.asked) = (None, None);
        if let Some(tried) = self.trying.take() {
            tried.before.put(hands.params);
            if !tried.is_compared {
                hands.params.kept.doings.note(Act::Left);
            }
        }
    }

    /// Has the loaded preset heard as it is saved, or again what was made of it by hand.
    pub(super) fn compare(&mut self, hands: &Hands, desk: &Desk) {
        match (&self.trying, hands.params.kept.preset.id()) {
            (Some(tried), _) if tried.is_compared => self.go_back(hands),
            (None, Some(preset)) if self.due.is_none() => self.ask(preset, None, Purpose::Compare, desk),
            (None, None) => {
                self.trouble = Some("No preset is loaded that the sound could be compared with.".to_owned())
            }
            _ => {}
        }
    }

    /// Whether the loaded preset is heard as it is saved, in place of what was made of it.
    pub(super) fn is_comparing(&self) -> bool {
        self.trying.as_ref().is_some_and(|tried| tried.is_compared)
    }

    /// What is tried now stays; nothing that waits takes its place.
    pub(super) fn stay(&mut self) {
        (self.due, self.asked) = (None, None);
    }

    /// Notes that a preset was hidden.
    pub(super) fn hidden(&mut self, preset: PresetId) {
        self.past.put(Step::Hide(preset));
    }

    /// Notes a gesture of the user's, which takes what is tried.
    pub(super) fn edited(&mut self, edit: Edit, now: f64, hands: &Hands, view: &View) {
        self.keep(hands, view);
        self.past.put_edit(edit.before, edit.control, now);
    }

    /// Takes the last step back: what is tried, a load, an edit, or that a preset was hidden.
    pub(super) fn undo(&mut self, hands: &Hands, desk: &Desk) {
        let trying = self.trying.as_ref().map(|tried| tried.preset);
        let hid_it = trying.is_some() && self.past.last_hidden() == trying;
        if (trying.is_some() || self.due.is_some()) && !hid_it {
            return self.go_back(hands);
        }
        match self.past.undo(&Sound::of(hands.params)) {
            Some(Step::Load(before)) => {
                hands.params.kept.doings.note(Act::Undone(before.preset()));
                self.put_back(before, hands);
            }
            Some(Step::Edit(before)) => self.put_back(before, hands),
            Some(Step::Hide(preset)) => desk.order(Order::Mark(preset, Mark::Hidden(false))),
            None => {}
        }
    }

    /// Does again what was taken back last.
    pub(super) fn redo(&mut self, hands: &Hands, desk: &Desk) {
        if self.trying.is_some() || self.due.is_some() {
            return;
        }
        match self.past.redo(&Sound::of(hands.params)) {
            Some(Step::Load(after)) => {
                if let Some(preset) = after.preset() {
                    hands.params.kept.doings.note(Act::Loaded(preset, None));
                }
                self.put_back(after, hands);
            }
            Some(Step::Edit(after)) => self.put_back(after, hands),
            Some(Step::Hide(preset)) => desk.order(Order::Mark(preset, Mark::Hidden(true))),
            None => {}
        }
    }

    fn put_back(&mut self, sound: Box<Sound>, hands: &Hands) {
        let now = Sound::of(hands.params);
        sound.put(hands.params);
        sound.differs_from(&now).for_each(|control| hands.tell(control));
        self.exact = Some((sound, Instant::now()));
    }

    fn ask(&mut self, preset: PresetId, shown: Shown, purpose: Purpose, desk: &Desk) {
        self.due = None;
        self.tickets += 1;
        let ticket = self.tickets;
        self.asked = Some(Asked { preset, shown, ticket, purpose });
        desk.order(Order::Fetch { preset, ticket });
    }

    /// Makes a preset the sound; whether it is taken with that.
    fn put(&mut self, asked: Asked, preset: &Preset, model: Option<Opened>, hands: &Hands, view: &View) -> bool {
        self.trouble = None;
        let is_compared = asked.purpose == Purpose::Compare;
        let before = self.trying.take().map_or_else(|| Box::new(Sound::of(hands.params)), |tried| tried.before);
        Sound::of_preset(preset, asked.preset, model).put(hands.params);
        self.trying = Some(Tried { preset: asked.preset, before, is_compared });
        if !is_compared {
            hands.params.kept.doings.note(Act::Tried(asked.preset, asked.shown));
        }
        let takes = asked.purpose == Purpose::Take;
        if takes {
            self.keep(hands, view);
        }
        takes
    }
}
