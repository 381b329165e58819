//! Trying presets: a row that stays selected for a moment becomes the sound, silently for the host, until it is taken or
//! left; and what is taken can be taken back. What was there before is kept bit by bit.

use std::path::PathBuf;
use std::time::Duration;

use super::super::Hands;
use crate::bridge::{Desk, Fetched, Order, View};
use crate::browser::history::Mark;
use crate::browser::models::Opened;
use crate::browser::preset::Preset;
use crate::browser::sitting::{Act, Shown};
use crate::browser::usage::PresetId;
use crate::params::Sound;

/// How long a row stays selected before it is tried: whoever walks on has not meant it.
pub(super) const DWELL: Duration = Duration::from_millis(120);
/// Steps that can be taken back.
const STEPS: usize = 64;

/// Something that can be taken back.
enum Step {
    /// Another sound was loaded; this was there before.
    Load(Box<Sound>),
    /// A preset was hidden.
    Hide(PresetId),
}

/// A preset that is asked for.
#[derive(Clone, Copy)]
struct Asked {
    preset: PresetId,
    shown: Shown,
    ticket: u64,
    /// It is taken as soon as it is there.
    take: bool,
}

/// What is tried, and what was done before.
#[derive(Default)]
pub(super) struct Trial {
    /// A row that was just selected, and when it is to be tried, in seconds of the screen's clock.
    due: Option<(PresetId, Shown, f64)>,
    asked: Option<Asked>,
    tickets: u64,
    /// What is tried, and what was there before the first that was.
    trying: Option<(PresetId, Box<Sound>)>,
    /// The sound that was taken last: the host rounds its values, and they are put right again.
    exact: Option<Box<Sound>>,
    steps: Vec<Step>,
    trouble: Option<String>,
}

impl Trial {
    /// Whether a row waits to be tried.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// Whether this preset is tried, or about to be.
    pub(super) fn is_about(&self, preset: PresetId) -> bool {
        match (&self.due, &self.asked, &self.trying) {
            (Some((due, ..)), ..) => *due == preset,
            (None, Some(asked), _) => asked.preset == preset,
            (None, None, Some((trying, _))) => *trying == preset,
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
        let is_tried = self.trying.as_ref().is_some_and(|(trying, _)| *trying == preset);
        if is_tried && self.is_about(preset) {
            self.keep(hands, view);
            return true;
        }
        self.ask(preset, shown, true, desk);
        false
    }

    /// Lets what is due happen; whether a preset was taken.
    pub(super) fn follow(&mut self, now: f64, hands: &Hands, desk: &Desk, view: &View) -> bool {
        if let Some((preset, shown, _)) = self.due.take_if(|(_, _, at)| *at <= now) {
            self.ask(preset, shown, false, desk);
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
        if let Some(exact) = self.exact.as_ref().filter(|_| self.trying.is_none()) {
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
        let Some((preset, before)) = self.trying.take() else { return };
        let now = Sound::of(hands.params);
        now.differs_from(&before).for_each(|control| hands.tell(control));
        self.exact = Some(Box::new(now));
        self.remember(Step::Load(before));
        hands.params.kept.doings.note(Act::Taken);
        if let Some(entry) = view.library.entry(preset) {
            hands.params.kept.announcement.make(entry.path().map(PathBuf::as_path), &entry.card().name);
        }
    }

    /// Leaves what is tried, and puts back what was there before. The host never heard of it.
    pub(super) fn go_back(&mut self, hands: &Hands) {
        (self.due, self.asked) = (None, None);
        if let Some((_, before)) = self.trying.take() {
            before.put(hands.params);
            hands.params.kept.doings.note(Act::Left);
        }
    }

    /// What is tried now stays; nothing that waits takes its place.
    pub(super) fn stay(&mut self) {
        (self.due, self.asked) = (None, None);
    }

    /// Notes that a preset was hidden.
    pub(super) fn hidden(&mut self, preset: PresetId) {
        self.remember(Step::Hide(preset));
    }

    /// Takes the last step back: what is tried, a load, or that a preset was hidden.
    pub(super) fn undo(&mut self, hands: &Hands, desk: &Desk) {
        let trying = self.trying.as_ref().map(|(preset, _)| *preset);
        let hid_it =
            matches!((self.steps.last(), trying), (Some(Step::Hide(hidden)), Some(trying)) if *hidden == trying);
        if (trying.is_some() || self.due.is_some()) && !hid_it {
            return self.go_back(hands);
        }
        match self.steps.pop() {
            Some(Step::Load(before)) => {
                let after = Sound::of(hands.params);
                before.put(hands.params);
                before.differs_from(&after).for_each(|control| hands.tell(control));
                hands.params.kept.doings.note(Act::Undone(before.preset()));
                self.exact = Some(before);
            }
            Some(Step::Hide(preset)) => desk.order(Order::Mark(preset, Mark::Hidden(false))),
            None => {}
        }
    }

    fn ask(&mut self, preset: PresetId, shown: Shown, take: bool, desk: &Desk) {
        self.due = None;
        self.tickets += 1;
        let ticket = self.tickets;
        self.asked = Some(Asked { preset, shown, ticket, take });
        desk.order(Order::Fetch { preset, ticket });
    }

    /// Makes a preset the sound; whether it is taken with that.
    fn put(&mut self, asked: Asked, preset: &Preset, model: Option<Opened>, hands: &Hands, view: &View) -> bool {
        self.trouble = None;
        let before = self.trying.take().map_or_else(|| Box::new(Sound::of(hands.params)), |(_, before)| before);
        Sound::of_preset(preset, asked.preset, model).put(hands.params);
        self.trying = Some((asked.preset, before));
        hands.params.kept.doings.note(Act::Tried(asked.preset, asked.shown));
        if asked.take {
            self.keep(hands, view);
        }
        asked.take
    }

    fn remember(&mut self, step: Step) {
        if self.steps.len() == STEPS {
            self.steps.remove(0);
        }
        self.steps.push(step);
    }
}
