//! The rights panel: whose music is heard, what to do about it, and on what evidence. It tells and never judges.

mod details;
mod list;
mod quiet;

use std::path::Path;

use egui::{Align, Button, Color32, ComboBox, Rect, RichText, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::rows::copy;
use super::theme::{Colours, Themed as _};
use super::{Hands, Screen, meter, theme};
use crate::bridge::{Export, Heard, IndexFacts, IndexView, Recognition, Stream};
use crate::params::DuckFor;
use crate::rights::catalogue::{Licence, Work};
use crate::rights::ledger::Source;
use crate::rights::report::words;

pub(super) use list::Chosen;

/// The left part of the panel, of one recognition.
const DETAILS_SHARE: f32 = 0.58;
/// Height of a line of text.
const LINE: f32 = 21.0;
/// Width of a stream's name, and of its level.
const NAME: f32 = 76.0;
const METER: f32 = 56.0;
/// Height of the row of buttons, and width of the one that exports.
const BUTTONS: f32 = 26.0;
const EXPORT: f32 = 170.0;
/// Width of the name of the choice of a duck.
const DUCK_NAME: f32 = 62.0;
/// What the streams are called.
const NAMES: [&str; 2] = ["Sidechain", "Own output"];
/// What the choice of a duck means.
const DUCK: &str = "While music is heard whose catalogue says this of it, in the sidechain or in what Zither plays, the \
    output is 12 dB lower, so that it cannot be bounced unnoticed. Kept with the project; off unless you choose it.";

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let inside = super::panel(ui, "Whose music is this?");
    let title = super::title_line(inside);
    super::text(ui, title, &index(&screen.report.index), Align::Max, theme::small(), ui.colours().muted);
    let (left, right) = inside.split_left_right_at_fraction(DETAILS_SHARE);
    let right = right.with_min_x(right.left() + theme::INSET);
    list::read_keys(ui, screen);
    details::draw(ui, left, screen);
    let line =
        |number: usize| Rect::from_min_size(right.min + vec2(0.0, number as f32 * LINE), vec2(right.width(), LINE));
    Stream::ALL.into_iter().for_each(|which| stream(ui, line(which as usize), screen, which));
    let said = said(screen, ui.colours());
    let foot = right.with_min_y(right.bottom() - BUTTONS - if said.is_some() { LINE + 6.0 } else { 0.0 });
    let (top, bottom) = (right.top() + 2.0 * LINE + 8.0, foot.top() - 8.0);
    list::draw(ui, right.with_min_y(top).with_max_y(bottom), screen);
    footer(ui, foot, hands, screen, said);
}

/// What became of the ledger or of the report, the report, and the duck.
fn footer(ui: &mut Ui, area: Rect, hands: &Hands, screen: &Screen, said: Option<(String, Color32)>) {
    if let Some((said, colour)) = said {
        told(ui, area.with_max_y(area.top() + LINE), screen, &said, colour);
    }
    let buttons = area.with_min_y(area.bottom() - BUTTONS);
    let is_written = screen.report.exported == Export::Writing;
    let shown = RichText::new(if is_written { "Writing the report\u{2026}" } else { "Export clearance report" });
    let button = Button::new(shown.font(theme::small()));
    ui.scope_builder(UiBuilder::new().max_rect(buttons.with_max_x(buttons.left() + EXPORT)).id_salt("export"), |ui| {
        ui.add_enabled_ui(!is_written, |ui| {
            let response = ui.add_sized(vec2(EXPORT, BUTTONS), button);
            if response.on_hover_text("As a page, a cue sheet and JSON, for this project").clicked() {
                screen.half.wish_export();
                ui.ctx().request_repaint();
            }
        });
    });
    duck(ui, buttons.with_min_x(buttons.left() + EXPORT + theme::INSET), hands);
}

/// What became of something; where it is a folder, with a button that copies it.
fn told(ui: &mut Ui, line: Rect, screen: &Screen, said: &str, colour: Color32) {
    let mut text = line;
    if let (Export::Written(folder), None) = (&screen.report.exported, &screen.report.trouble) {
        text.min.x += 70.0;
        ui.scope_builder(UiBuilder::new().max_rect(line).id_salt("copy"), |ui| {
            copy(ui, "the path of the report", &folder.display().to_string());
        });
    }
    super::text(ui, text, said, Align::Min, theme::small(), colour);
    let response = ui.interact(text, ui.scope_id().with("said"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Status, true, said));
    response.on_hover_text(said);
}

/// A stream's name, its level, and how much of it was checked.
fn stream(ui: &Ui, line: Rect, screen: &Screen, stream: Stream) {
    let at = stream as usize;
    let (name, level) = (NAMES[at], screen.shown_heard[at]);
    let (state, heard) = (state(screen, stream), &screen.heard[at]);
    let shown = format!("{state}, {}", in_short(heard));
    super::text(ui, line.with_max_x(line.left() + NAME), name, Align::Min, theme::small(), ui.colours().text);
    let meter = line.with_min_x(line.left() + NAME).with_max_x(line.left() + NAME + METER);
    meter::bar(ui, meter.shrink2(vec2(0.0, 7.0)), level);
    let rest = line.with_min_x(meter.right() + theme::INSET);
    super::text(ui, rest, &shown, Align::Min, theme::small(), ui.colours().muted);
    let response = ui.interact(line, ui.scope_id().with(name), Sense::hover());
    let told = format!("{name}: {}, {state}, {}", meter::in_words(level), checked(heard));
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Meter, true, &told));
    response.on_hover_text(told);
}

/// What becomes of a stream at this moment.
fn state(screen: &Screen, stream: Stream) -> &'static str {
    let at = stream as usize;
    let sounds = screen.shown_heard[at] > crate::bridge::ListenerHalf::SILENCE;
    match &screen.report.index {
        IndexView::Open(_) if screen.starves[at] > 0.0 => "unchecked",
        _ if screen.heard[at].seconds == 0.0 => "waiting",
        _ if !sounds => "silent",
        IndexView::Open(_) => "listening",
        _ => "unchecked",
    }
}

/// The choice of the music for which the output steps back.
fn duck(ui: &mut Ui, area: Rect, hands: &Hands) {
    let choice = &hands.params.kept.duck;
    let (label, menu) = (area.with_max_x(area.left() + DUCK_NAME), area.with_min_x(area.left() + DUCK_NAME));
    super::text(ui, label, "Duck for", Align::Min, theme::small(), ui.colours().muted);
    ui.scope_builder(UiBuilder::new().max_rect(menu).id_salt("duck"), |ui| {
        ui.spacing_mut().interact_size.y = area.height();
        let chosen = choice.get();
        let response = ComboBox::from_id_salt("duck")
            .width(menu.width())
            .truncate()
            .selected_text(ducked(chosen))
            .show_ui(ui, |ui| {
                for each in DuckFor::ALL {
                    if ui.selectable_label(each == chosen, ducked(each)).clicked() {
                        choice.set(each);
                    }
                }
            });
        ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Duck output for"));
        response.response.on_hover_text(DUCK);
    });
}

fn ducked(choice: DuckFor) -> &'static str {
    match choice {
        DuckFor::Nothing => "nothing",
        DuckFor::Deny => "deny",
        DuckFor::Ask => "deny and ask",
    }
}

/// What became of the ledger or of the report, where there is something to say.
fn said(screen: &Screen, colours: &Colours) -> Option<(String, Color32)> {
    match (&screen.report.trouble, &screen.report.exported) {
        (Some(trouble), _) => Some((format!("The ledger is not written: {trouble}"), colours.accent)),
        (None, Export::Written(folder)) => Some((format!("Written to {}", folder.display()), colours.text)),
        (None, Export::Refused(reason)) => Some((format!("No report: {reason}"), colours.text)),
        (None, Export::Unasked | Export::Writing) => None,
    }
}

/// The status line: one sentence of the whole.
pub(super) fn summary(screen: &Screen) -> String {
    if let Some(found) = screen.report.matches.first().filter(|found| found.sounds) {
        return format!("Heard: {} \u{b7} {} \u{b7} {}", titled(&found.work), found.policy, sure(found));
    }
    match &screen.report.index {
        IndexView::Missing(_) => "Rights: no index, nothing is checked".to_owned(),
        IndexView::Refused(_) => "Rights: the index cannot be used, nothing is checked".to_owned(),
        IndexView::Opening { .. } => "Rights: the index is being opened".to_owned(),
        IndexView::Unopened | IndexView::Open(_) => format!("Rights: {}", coverage(&screen.heard)),
    }
}

/// How much was listened to, of what sounded in each stream.
fn coverage(heard: &[Heard; 2]) -> String {
    let named = [words::source(Source::Sidechain), words::source(Source::Output)];
    let each = Stream::ALL.map(|stream| format!("{} {}", named[stream as usize], sounded(&heard[stream as usize])));
    each.join(", ")
}

fn sounded(heard: &Heard) -> String {
    if heard.checked_seconds == 0.0 && heard.unchecked_seconds == 0.0 { "silent".to_owned() } else { checked(heard) }
}

/// How much was compared with the index, and how much should have been and was not.
fn checked(heard: &Heard) -> String {
    let checked = format!("{} checked", words::clock(f64::from(heard.checked_seconds)));
    match heard.unchecked_seconds {
        0.0 => checked,
        seconds => format!("{checked}, unchecked: {seconds:.1} s"),
    }
}

/// The same in the room of a line.
fn in_short(heard: &Heard) -> String {
    let checked = words::clock(f64::from(heard.checked_seconds));
    match heard.unchecked_seconds {
        0.0 => format!("{checked} checked"),
        seconds => format!("{checked} checked, {seconds:.1} s not"),
    }
}

/// The index in a line.
pub(super) fn index(view: &IndexView) -> String {
    match view {
        IndexView::Unopened => "Index: not opened yet".to_owned(),
        IndexView::Opening { done, of } => format!("Index: being opened, {done} of {of} parts"),
        IndexView::Missing(_) => "Index: none".to_owned(),
        IndexView::Refused(reason) => format!("Index: cannot be used: {reason}"),
        IndexView::Open(IndexFacts { damage: Some(damage), .. }) => format!("Index: partly unreadable: {damage}"),
        IndexView::Open(IndexFacts { tracks, hours, made, .. }) => {
            let made = made.map(|made| format!(", of {made}")).unwrap_or_default();
            format!("Index: {tracks} recordings, {hours:.1} hours{made}")
        }
    }
}

/// The command that builds an index in a folder.
pub(super) fn build_command(folder: &Path) -> String {
    format!("zitherctl rights index build --out \"{}\" --files-from LIST", folder.display())
}

fn titled(work: &Work) -> String {
    let by = work.artists.join(", ");
    if by.is_empty() { words::title(work).to_owned() } else { format!("{} by {by}", words::title(work)) }
}

fn licence(work: &Work) -> &str {
    work.licence.as_ref().map_or("none known", Licence::as_str)
}

fn sure(found: &Recognition) -> String {
    format!("{:.1} %", (found.confidence * 1_000.0).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_checked_is_said_and_nothing_is_ever_called_clear() {
        let checked = Heard { seconds: 70.0, sounding_seconds: 65.0, checked_seconds: 65.0, ..Heard::default() };
        let behind = Heard { unchecked_seconds: 3.0, ..checked };
        let starved = Heard { checked_seconds: 0.0, ..behind };
        assert_eq!(coverage(&[checked, Heard::default()]), "sidechain 1:05 checked, own output silent");
        assert_eq!(coverage(&[behind, checked]), "sidechain 1:05 checked, unchecked: 3.0 s, own output 1:05 checked");
        assert_eq!(sounded(&starved), "0:00 checked, unchecked: 3.0 s");
        for heard in [[Heard::default(); 2], [checked; 2], [behind; 2]] {
            assert!(!coverage(&heard).contains("clear"));
        }
    }

    #[test]
    fn an_index_is_told_by_what_is_in_it() {
        let facts = IndexFacts { tracks: 26, hours: 1.58, ..IndexFacts::default() };
        assert_eq!(index(&IndexView::Open(facts.clone())), "Index: 26 recordings, 1.6 hours");
        let damaged = IndexFacts { damage: Some("its postings".to_owned()), ..facts };
        assert!(index(&IndexView::Open(damaged)).contains("its postings"));
        assert_eq!(index(&IndexView::Opening { done: 1, of: 3 }), "Index: being opened, 1 of 3 parts");
    }
}
