//! Which rows are meant: one that is selected, or several that were picked; and the ways through the list.

use std::collections::BTreeSet;

use super::super::Hands;
use super::{Browser, Focus};
use crate::bridge::Desk;
use crate::browser::library;
use crate::browser::usage::PresetId;

/// Rows that were picked beside the selected one.
#[derive(Default)]
pub(super) struct Picks {
    /// Empty where the selected row alone is meant.
    presets: BTreeSet<PresetId>,
    /// Where a range began.
    from: Option<usize>,
}

impl Picks {
    /// Whether it is one of several.
    pub(super) fn has(&self, preset: PresetId) -> bool {
        self.presets.contains(&preset)
    }
}

impl Browser {
    /// The presets that keys and buttons are about.
    pub(super) fn meant(&self) -> Vec<PresetId> {
        if self.picks.presets.is_empty() {
            return self.selected.into_iter().collect();
        }
        self.picks.presets.iter().copied().collect()
    }

    /// Leaves a field of the details, with nothing written or done.
    pub(super) fn leave_field(&mut self) {
        self.details.turn_over();
        self.wants = Some(Focus::List);
    }

    /// Picks one more row, or one less; it is not tried by that.
    pub(super) fn pick(&mut self, place: usize) {
        let Some(preset) = self.preset(place) else { return };
        let picks = &mut self.picks;
        picks.presets.extend(self.selected);
        if !picks.presets.remove(&preset) {
            picks.presets.insert(preset);
        }
        picks.from = Some(place);
        self.details.turn_over();
        (self.selected, self.place) = (Some(preset), place);
    }

    /// Picks all rows from where the range began to one that is so many on.
    pub(super) fn extend(&mut self, by: isize) {
        let Some(last) = self.view.count().checked_sub(1) else { return };
        self.extend_to(self.place.saturating_add_signed(by).min(last));
        self.reveal = true;
    }

    /// Picks all rows from where the range began to this one.
    pub(super) fn extend_to(&mut self, place: usize) {
        let from = *self.picks.from.get_or_insert(if self.selected.is_some() { self.place } else { place });
        let presets = (from.min(place)..=from.max(place)).filter_map(|row| self.preset(row)).collect();
        self.picks.presets = presets;
        self.details.turn_over();
        (self.selected, self.place) = (self.preset(place), place);
    }

    /// Goes to another row of the list, whichever.
    pub(super) fn jump(&mut self, now: f64) {
        let at = self.selected.and_then(|preset| self.view.place(preset));
        // The time tells one press from the next; the library makes a number of it that has nothing in common with that.
        if let Some(place) = library::random(self.view.count(), at, now.to_bits()) {
            self.select(place, now);
        }
    }

    /// Asks for a step through the list, forwards or back, round its ends.
    pub(super) fn turn(&mut self, by: i32) {
        self.turns += by;
    }

    /// Makes the steps that were asked for, from the selected row. With the list closed they load, and begin at what is
    /// loaded.
    pub(super) fn make_turns(&mut self, now: f64, hands: &Hands, desk: &Desk) {
        if self.turns == 0 || self.view.wish.is_none() {
            return;
        }
        let by = std::mem::take(&mut self.turns);
        let from = if self.open || self.trial.is_asked() { self.selected } else { hands.params.kept.preset.id() };
        let at = from.and_then(|preset| self.view.place(preset));
        let Some(place) = library::step(self.view.count(), at, self.place, by) else { return };
        if self.open {
            return self.select(place, now);
        }
        let Some(preset) = self.preset(place) else { return };
        (self.selected, self.place) = (Some(preset), place);
        self.trial.load(preset, self.shown(), desk);
    }
}
