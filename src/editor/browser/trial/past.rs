//! What can be taken back, and what was taken back: sounds as they were before each load and each gesture, bit by bit.

use std::collections::VecDeque;

use crate::browser::usage::PresetId;
use crate::params::Sound;
use crate::synth::controls::Control;

/// Steps that can be taken back: a sound is some hundred bytes, and what was transferred to it some thousand.
const STEPS: usize = 256;
/// Edits of one control that follow each other faster than this, in seconds, are one: an arrow key that is held.
const PAUSE: f64 = 0.6;

/// Something that was done.
pub(super) enum Step {
    /// Another sound was loaded; this was there before, or after.
    Load(Box<Sound>),
    /// The sound was changed by hand; this was there before, or after.
    Edit(Box<Sound>),
    /// A preset was hidden.
    Hide(PresetId),
}

/// One history of loads, edits and what was hidden.
#[derive(Default)]
pub(super) struct Past {
    /// The last one behind.
    back: VecDeque<Step>,
    /// What was taken back, the last one behind.
    forth: Vec<Step>,
    /// The control that was changed last, and when, in seconds of the screen's clock.
    edited: Option<(Control, f64)>,
}

impl Past {
    /// Keeps a step; what was taken back before is gone.
    pub(super) fn put(&mut self, step: Step) {
        self.edited = None;
        self.forth.clear();
        self.push(step);
    }

    /// Keeps an edit, unless it goes on with the last one.
    pub(super) fn put_edit(&mut self, before: Box<Sound>, control: Control, now: f64) {
        let goes_on = self.edited.is_some_and(|(last, at)| last == control && now - at <= PAUSE);
        if !goes_on {
            self.put(Step::Edit(before));
        }
        self.edited = Some((control, now));
    }

    /// The preset that was hidden last, if nothing else was done since.
    pub(super) fn last_hidden(&self) -> Option<PresetId> {
        match self.back.back() {
            Some(Step::Hide(preset)) => Some(*preset),
            _ => None,
        }
    }

    /// Takes the last step that differs from the sound of now, which can be had again.
    pub(super) fn undo(&mut self, now: &Sound) -> Option<Step> {
        let step = next(|| self.back.pop_back(), now)?;
        self.edited = None;
        self.forth.push(step.with(now));
        Some(step)
    }

    /// Takes the last step again that was taken back.
    pub(super) fn redo(&mut self, now: &Sound) -> Option<Step> {
        let step = next(|| self.forth.pop(), now)?;
        self.edited = None;
        self.push(step.with(now));
        Some(step)
    }

    fn push(&mut self, step: Step) {
        if self.back.len() == STEPS {
            self.back.pop_front();
        }
        self.back.push_back(step);
    }
}

impl Step {
    /// The same, the other way round.
    fn with(&self, now: &Sound) -> Self {
        match self {
            Self::Load(_) => Self::Load(Box::new(now.clone())),
            Self::Edit(_) => Self::Edit(Box::new(now.clone())),
            Self::Hide(preset) => Self::Hide(*preset),
        }
    }
}

/// The next step that leads anywhere: a gesture may have changed nothing.
fn next(mut pop: impl FnMut() -> Option<Step>, now: &Sound) -> Option<Step> {
    loop {
        match pop()? {
            Step::Load(sound) | Step::Edit(sound) if sound.is_same(now) => {}
            step => return Some(step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::InstrumentParams;

    /// Changes the first latent by hand.
    fn edit(past: &mut Past, params: &InstrumentParams, value: f32, now: f64) {
        past.put_edit(Box::new(Sound::of(params)), Control::latent(0), now);
        params.put(Control::latent(0), value);
    }

    fn walk(step: Option<Step>, params: &InstrumentParams) -> f32 {
        if let Some(Step::Load(sound) | Step::Edit(sound)) = step {
            sound.put(params);
        }
        params.unmodulated(Control::latent(0))
    }

    #[test]
    fn edits_are_walked_back_and_forth_a_gesture_at_a_time_and_no_more_than_are_kept() {
        let (mut past, params) = (Past::default(), InstrumentParams::default());
        edit(&mut past, &params, 0.1, 0.0);
        edit(&mut past, &params, 0.2, 0.5);
        edit(&mut past, &params, 0.3, 9.0);
        edit(&mut past, &params, 0.3, 20.0);
        let undo = |past: &mut Past| walk(past.undo(&Sound::of(&params)), &params);
        let redo = |past: &mut Past| walk(past.redo(&Sound::of(&params)), &params);
        assert_eq!(undo(&mut past), 0.2, "the last one changed nothing");
        assert_eq!(undo(&mut past), 0.0, "the first two are one");
        assert_eq!(undo(&mut past), 0.0, "there is no more");
        assert_eq!((redo(&mut past), redo(&mut past), redo(&mut past)), (0.2, 0.3, 0.3));
        assert_eq!(undo(&mut past), 0.2);
        edit(&mut past, &params, 0.9, 30.0);
        assert_eq!(redo(&mut past), 0.9, "what was taken back is gone with another edit");
        (0..2 * STEPS).for_each(|at| edit(&mut past, &params, at as f32 / 1e4, 100.0 * at as f64));
        assert_eq!(past.back.len(), STEPS);
    }
}
