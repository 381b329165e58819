//! What was recognised in the project, the newest first: since the instance was made, and in earlier sessions.

use egui::{Align, Key, Modifiers, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::super::edit::ring;
use super::super::rows::explain;
use super::super::theme::{self, Themed as _};
use super::super::{Screen, text};
use super::{NAMES, sure, titled};
use crate::bridge::Recognition;
use crate::rights::ledger::{Source, Span};
use crate::rights::report::words;

/// Height of a row, and of the choice of streams.
const ROW: f32 = 40.0;
const FILTER: f32 = 26.0;

/// A recognition of the list. What is known of it may grow while it is looked at.
#[derive(Clone, Debug)]
pub(in crate::editor) struct Chosen {
    source: Source,
    work: String,
    heard: Span,
}

impl Chosen {
    fn of(found: &Recognition) -> Self {
        Self { source: found.source, work: found.work.id.clone(), heard: found.heard }
    }

    fn is(&self, found: &Recognition) -> bool {
        let overlaps = found.heard.from <= self.heard.to && self.heard.from <= found.heard.to;
        self.source == found.source && self.work == found.work.id && overlaps
    }
}

/// The recognition that was chosen, or the newest.
pub(super) fn shown(screen: &Screen) -> Option<&Recognition> {
    let matches = &screen.report.matches;
    let chosen = screen.chosen.as_ref().and_then(|chosen| matches.iter().find(|found| chosen.is(found)));
    chosen.or(matches.first())
}

/// Reads the key that leads back from the list, and forgets what is no longer there.
pub(super) fn read_keys(ui: &Ui, screen: &mut Screen) {
    let Some(chosen) = &screen.chosen else { return };
    let is_gone = !screen.report.matches.iter().any(|found| chosen.is(found));
    if is_gone || ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        screen.chosen = None;
    }
}

/// Draws the choice of streams, and the rows.
pub(super) fn draw(ui: &mut Ui, area: Rect, screen: &mut Screen) {
    let (top, list) = (area.with_max_y(area.top() + FILTER), area.with_min_y(area.top() + FILTER + 4.0));
    ui.scope_builder(UiBuilder::new().max_rect(top).id_salt("streams"), |ui| {
        ui.horizontal_centered(|ui| filter(ui, screen));
    });
    let rows: Vec<Recognition> =
        screen.report.matches.iter().filter(|found| is_of(screen.filter, found)).cloned().collect();
    ui.scope_builder(UiBuilder::new().max_rect(list).id_salt("history"), |ui| {
        if rows.is_empty() {
            let all = screen.report.matches.is_empty();
            return explain(ui, if all { "What is recognised is listed here." } else { "Nothing in this stream." });
        }
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            rows.iter().for_each(|found| row(ui, found, screen));
        });
    });
}

fn is_of(filter: Option<Source>, found: &Recognition) -> bool {
    filter.is_none_or(|source| found.source == source)
}

fn filter(ui: &mut Ui, screen: &mut Screen) {
    let [side, own] = NAMES;
    for (name, source) in [("All", None), (side, Some(Source::Sidechain)), (own, Some(Source::Output))] {
        let shown = RichText::new(name).font(theme::small());
        let response = ui.selectable_label(screen.filter == source, shown);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(format!("Show {}", name.to_lowercase())));
        if response.clicked() {
            screen.filter = source;
        }
    }
}

/// One recognition in two lines; a click shows all of it.
fn row(ui: &mut Ui, found: &Recognition, screen: &mut Screen) {
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let is_chosen = screen.chosen.as_ref().is_some_and(|chosen| chosen.is(found));
    let colours = ui.colours();
    let is_lit = response.hovered() || response.has_focus();
    let fill = if is_chosen { colours.line } else { colours.well };
    if is_chosen || is_lit {
        ui.painter().rect_filled(area, 5.0, fill);
    }
    ring(ui, &response, area, 5);
    let inside = area.shrink2(vec2(6.0, 2.0));
    let (upper, lower) = inside.split_top_bottom_at_fraction(0.5);
    let title = titled(&found.work);
    let about = about(found);
    let muted = if is_chosen { colours.text } else { colours.muted };
    let (when, width, colour) = match (found.sounds, found.is_earlier) {
        (true, _) => ("now", 34.0, colours.text),
        (false, true) => ("earlier", 52.0, muted),
        (false, false) => ("", 34.0, muted),
    };
    text(ui, upper.with_max_x(upper.right() - width), &title, Align::Min, theme::small(), colours.text);
    text(ui, upper, when, Align::Max, theme::small(), colour);
    text(ui, lower, &about, Align::Min, theme::small(), muted);
    let told = if when.is_empty() { format!("{title}, {about}") } else { format!("{title}, {about}, {when}") };
    response.widget_info(|| WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, is_chosen, &told));
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        screen.chosen = Some(Chosen::of(found));
    }
}

fn about(found: &Recognition) -> String {
    let (heard, source) = (words::span(found.heard), words::source(found.source));
    format!("{heard} \u{b7} {} \u{b7} {} \u{b7} {source}", found.policy, sure(found))
}
