//! What is remembered of what the user does, and how to end that.

use std::time::Duration;

use egui::{Button, Checkbox, RichText, Ui};

use super::super::Screen;
use super::super::rows::{explain, row, status};
use super::super::theme;
use crate::bridge::{HistoryOrder, HistoryView, Order};
use crate::browser::history::Stat;

/// For so long the second click is waited for, in seconds.
const WAITS: f64 = 6.0;

/// When the first click on *Erase* came, until the second does or it has waited too long.
#[derive(Default)]
pub(in crate::editor) struct Asked(Option<f64>);

pub(super) fn draw(ui: &mut Ui, screen: &mut Screen) {
    explain(ui, "Nothing leaves this machine: Zither opens no connection to anybody.");
    record(ui, screen);
    let history = screen.standing.history.clone();
    row(ui, "Recorded", |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(recorded(&history)).font(theme::small()));
            erase(ui, screen, &history);
        });
    });
    if screen.standing.doing.is_some() {
        status(ui, "The history is being written anew.");
    }
    match &screen.standing.done {
        Some(Ok(said)) => status(ui, said),
        Some(Err(reason)) => status(ui, &format!("Not done: {reason}")),
        None => {}
    }
}

/// The switch of the history. Off, what is there stays.
fn record(ui: &mut Ui, screen: &Screen) {
    let was_on = match &screen.standing.history {
        HistoryView::Read(stat) => stat.recording,
        HistoryView::Empty => true,
        HistoryView::Unread | HistoryView::Refused(_) => return,
    };
    let mut on = was_on;
    let box_ = Checkbox::new(&mut on, "Remember which presets I use, to recommend others");
    let tip = "Loads, edits and saves of presets, with their times; no sound. Kept in one file on this machine, for all \
               plugins of this user. Hearts, stars and tags are kept either way.";
    let response = ui.add_enabled(screen.standing.doing.is_none(), box_).on_hover_text(tip);
    if response.changed() {
        screen.half.desk().order(Order::History(HistoryOrder::Record(on)));
    }
}

fn erase(ui: &mut Ui, screen: &mut Screen, history: &HistoryView) {
    let events = match history {
        HistoryView::Read(stat) => events(stat),
        HistoryView::Unread | HistoryView::Empty | HistoryView::Refused(_) => 0,
    };
    let now = ui.input(|input| input.time);
    let asked = &mut screen.asked_to_erase.0;
    asked.take_if(|at| now - *at > WAITS);
    let is_asked = asked.is_some();
    if is_asked {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(WAITS));
    }
    let shown = if is_asked { format!("Click again to erase {events} events") } else { "Erase the history".to_owned() };
    let can = events > 0 && screen.standing.doing.is_none();
    let response = ui.add_enabled(can, Button::new(shown));
    let tip = "What was recorded, and what the ranking has learned from it, without a trace in the file. Hearts, stars \
               and tags stay. This cannot be taken back.";
    if response.on_hover_text(tip).clicked() {
        *asked = (!is_asked).then_some(now);
        if is_asked {
            screen.half.desk().order(Order::History(HistoryOrder::Erase));
        }
    }
}

fn events(stat: &Stat) -> u32 {
    stat.deeds.iter().map(|(_, count)| count).sum()
}

/// How much is kept, since when.
fn recorded(history: &HistoryView) -> String {
    match history {
        HistoryView::Unread => "being counted".to_owned(),
        HistoryView::Empty => "nothing yet".to_owned(),
        HistoryView::Refused(reason) => format!("cannot be told: {reason}"),
        HistoryView::Read(stat) => {
            let since = stat.days.as_ref().map(|(first, _)| format!(" since {first}")).unwrap_or_default();
            let off = if stat.recording { "" } else { "; nothing more is recorded" };
            match events(stat) {
                0 => format!("nothing{off}"),
                1 => format!("1 event{since}{off}"),
                count => format!("{count} events{since}{off}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::usage::Deed;

    #[test]
    fn what_is_kept_is_told_by_its_number_and_its_first_day() {
        let deeds = vec![(Deed::Load, 3), (Deed::Keep, 1)];
        let days = Some(("2026-11-01".to_owned(), "2026-11-26".to_owned()));
        let stat = Stat { recording: true, deeds, days, ..Stat::default() };
        assert_eq!(recorded(&HistoryView::Read(stat.clone())), "4 events since 2026-11-01");
        let off = Stat { recording: false, ..stat };
        assert_eq!(recorded(&HistoryView::Read(off)), "4 events since 2026-11-01; nothing more is recorded");
        assert_eq!(recorded(&HistoryView::Read(Stat { recording: true, ..Stat::default() })), "nothing");
        assert_eq!(recorded(&HistoryView::Empty), "nothing yet");
    }
}
