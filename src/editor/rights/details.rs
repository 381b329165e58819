//! One recognition with all that is known of it, or why there is none.

use egui::{Button, Label, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::super::rows::{explain, fact, row, tell};
use super::super::theme::{self, Themed as _};
use super::super::{Screen, text};
use super::{licence, list, quiet, sure};
use crate::bridge::Recognition;
use crate::rights::attribution::Likeness;
use crate::rights::report::words;

/// What every recognition is and is not.
pub(super) const NOT_SAID: &str = "This is evidence and no legal statement. What is in no index is not recognised: a passage without a \
    match may still be somebody's.";
/// Height of a timeline, and of its bar.
const TIMELINE: f32 = 46.0;
const BAR: f32 = 10.0;
/// Longest timeline.
pub(super) const LONGEST: f32 = 420.0;
/// Least width of what is marked on it.
const MARK: f32 = 4.0;

/// Draws the recognition that was chosen, or the newest.
pub(super) fn draw(ui: &mut Ui, area: Rect, screen: &mut Screen) {
    let found = list::shown(screen).cloned();
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("details"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            match &found {
                Some(found) => one(ui, found, screen),
                None => quiet::draw(ui, screen),
            }
        });
    });
}

fn one(ui: &mut Ui, found: &Recognition, screen: &mut Screen) {
    let work = &found.work;
    head(ui, found, screen);
    let title = RichText::new(words::title(work)).font(theme::wordmark()).color(ui.colours().text);
    ui.add(Label::new(title).selectable(true).wrap());
    let by = if work.artists.is_empty() { "artist unknown".to_owned() } else { work.artists.join(", ") };
    tell(ui, &by);
    ui.add_space(6.0);
    fact(ui, "Owner", if work.owner.is_empty() { "not named in the catalogue" } else { &work.owner });
    fact(ui, "Licence", licence(work));
    fact(ui, "Policy", found.policy.word());
    fact(ui, "What to do", &words::to_do(work, found.policy));
    if found.length > 0.0 {
        row(ui, "In the work", |ui| place(ui, found));
    } else {
        fact(ui, "In the work", &words::span(found.place));
    }
    fact(ui, "In the project", &words::span(found.heard));
    let transform = words::transform(found.rate, found.pitch);
    fact(ui, "Sounds", &transform);
    fact(ui, "How sure", &confidence(found));
    fact(ui, "Kind", kind(found.likeness));
    fact(ui, "Evidence", &evidence(found));
    if !found.any_of.is_empty() {
        fact(ui, "Or one of", &found.any_of.join(", "));
    }
    ui.add_space(4.0);
    explain(ui, NOT_SAID);
}

/// When and where it is heard, and the way back from the list.
fn head(ui: &mut Ui, found: &Recognition, screen: &mut Screen) {
    let is_chosen = screen.chosen.is_some();
    let when = match (is_chosen, found.sounds, found.is_earlier) {
        (_, _, true) => "From an earlier session",
        (true, ..) => "From the list",
        (false, true, _) => "Heard now",
        (false, false, _) => "Heard last",
    };
    let ducked = if screen.half.ducks() { " \u{b7} the output is 12 dB lower" } else { "" };
    let head = format!("{when}, {}{ducked}", words::source(found.source));
    ui.horizontal(|ui| {
        ui.add(Label::new(RichText::new(head).font(theme::small()).color(ui.colours().muted)));
        if is_chosen && ui.add(Button::new(RichText::new("Back to now (Esc)").font(theme::small()))).clicked() {
            screen.chosen = None;
        }
    });
}

/// The work as a bar, with what was heard of it marked.
fn place(ui: &mut Ui, found: &Recognition) {
    let span = words::span(found.place);
    let length = found.length;
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width().min(LONGEST), TIMELINE), Sense::hover());
    let bar = Rect::from_center_size(area.center(), vec2(area.width(), BAR));
    let at = |second: f64| bar.left() + bar.width() * (second / length.max(1.0)).clamp(0.0, 1.0) as f32;
    let from = at(found.place.from).min(bar.right() - MARK);
    let mark =
        Rect::from_min_max(pos2(from, bar.top() - 2.0), pos2(at(found.place.to).max(from + MARK), bar.bottom() + 2.0));
    ui.painter().rect_filled(bar, BAR / 2.0, ui.colours().well);
    ui.painter().rect_filled(mark, 2.0, ui.colours().sound);
    let above = area.with_max_y(mark.top());
    let middle = mark.center().x.clamp(area.left() + 45.0, (area.right() - 45.0).max(area.left() + 45.0));
    let above = Rect::from_center_size(pos2(middle, above.center().y), vec2(90.0, above.height()));
    text(ui, above, &span, egui::Align::Center, theme::small(), ui.colours().text);
    let below = area.with_min_y(bar.bottom() + 2.0);
    text(ui, below, "0:00", egui::Align::Min, theme::small(), ui.colours().muted);
    text(ui, below, &words::clock(length), egui::Align::Max, theme::small(), ui.colours().muted);
    let told = format!("{span} of the work's {}", words::clock(length));
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Label, true, &told));
    response.on_hover_text(told);
}

fn confidence(found: &Recognition) -> String {
    let judged = words::judged(found.confidence, found.likeness);
    format!("{judged}: {} ({})", words::odds(found.confidence), sure(found))
}

fn kind(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Recording => "the recording itself",
        Likeness::Version => "maybe a version: the same piece, played anew",
        Likeness::Similar => "only similar: other music in the same key, rhythm or drums",
    }
}

fn evidence(found: &Recognition) -> String {
    let evidence = &found.evidence;
    let after = format!("first told after {:.1} s of it", found.after);
    match evidence.points {
        0 => after,
        points => format!(
            "{after}; of {points} points of its fingerprint {:.0} are met, by chance {:.0} would be",
            evidence.hits, evidence.chance
        ),
    }
}
