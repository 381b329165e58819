//! The rows: only those in sight are drawn, however many there are. On *All* a head above them sorts.

use egui::accesskit::Role;
use egui::{Align, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo};

use super::super::theme::{self, Themed as _};
use super::super::{Hands, Screen};
use super::{Browser, Focus, Ids, keys, row};
use crate::browser::library::Column;
use crate::browser::usage::{PresetId, Shelf};

const HEAD: f32 = 24.0;
/// Draws the list, and lets the pointer do what it does to a row.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, area: Rect, hands: &Hands, screen: &mut Screen) {
    let browser = &mut screen.browser;
    let has_head = browser.shelf == Shelf::All && !browser.filter.is_near();
    let (top, area) = area.split_top_bottom_at_y(area.top() + if has_head { HEAD } else { 0.0 });
    if has_head {
        head(ui, top, browser);
    }
    let response = ui.interact(area, ids.list, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Preset list"));
    if browser.wants == Some(Focus::List) {
        browser.wants = None;
        response.request_focus();
    }
    keys::hold(ui, ids.list);
    if browser.view.count() == 0 {
        return super::super::text(ui, area, nothing(browser), Align::Center, theme::body(), ui.colours().muted);
    }
    if let Some((place, touch)) = rows(ui, area, has_head, hands, browser) {
        touch_row(ui, place, touch, hands, screen);
    }
}

fn rows(ui: &mut Ui, area: Rect, has_head: bool, hands: &Hands, browser: &mut Browser) -> Option<(usize, row::Touch)> {
    let mut touched = None;
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("rows"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut scroll = ScrollArea::vertical().auto_shrink(false);
        if std::mem::take(&mut browser.reveal) {
            scroll = scroll.vertical_scroll_offset(row::centred(browser.place, area.height()));
        }
        scroll.show_rows(ui, row::HEIGHT, browser.view.count(), |ui, range| {
            for place in range {
                let Some(entry) = browser.view.entry(place) else { continue };
                let look = browser.look_of(entry.id, has_head, hands);
                touched = row::draw(ui, entry, look).map(|touch| (place, touch)).or(touched);
            }
        });
    });
    touched
}

/// What the rows are sorted by: a click on what they are sorted by already turns them round.
fn head(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    let inside = row::inside(area);
    let [name, about] = row::PARTS.map(|part| part * inside.width());
    let columns = [
        (Column::Name, "Name", inside.left(), name),
        (Column::Bank, "Bank", inside.left() + name, about),
        (Column::Author, "Author", inside.left() + name + about, 70.0),
        (Column::Newest, "Newest", inside.right() - 64.0, 64.0),
    ];
    for (column, name, left, width) in columns {
        let cell = area.with_min_x(left).with_max_x(left + width);
        let (sorted, is_reversed) = browser.filter.column;
        let is_sorted = sorted == column;
        let response = ui.interact(cell, ui.scope_id().with(("sort", name)), Sense::click());
        let shown = match (is_sorted, is_reversed) {
            (true, false) => format!("{name} \u{2193}"),
            (true, true) => format!("{name} \u{2191}"),
            (false, _) => name.to_owned(),
        };
        let is_lit = is_sorted || response.hovered() || response.has_focus();
        let colour = if is_lit { ui.colours().text } else { ui.colours().muted };
        super::super::text(ui, cell, &shown, Align::Min, theme::small(), colour);
        response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, is_sorted, format!("Sort by {name}")));
        if response.clicked() {
            browser.filter.column = (column, is_sorted && !is_reversed);
            browser.begin_anew();
        }
    }
}

impl Browser {
    /// What is to be shown of a preset beside what stands in its file.
    fn look_of(&self, preset: PresetId, has_head: bool, hands: &Hands) -> row::Look<'_> {
        let marks = self.view.marks.get(&preset);
        row::Look {
            is_selected: self.selected == Some(preset) || self.picks.has(preset),
            is_playing: hands.params.kept.preset.id() == Some(preset),
            is_made: self.view.is_made(preset),
            has_heart: marks.is_some_and(|marks| marks.favourite),
            stars: marks.map_or(0, |marks| marks.rating),
            reason: (!has_head).then(|| self.view.reasons.get(&preset).map_or("", String::as_str)),
        }
    }
}

fn touch_row(ui: &Ui, place: usize, touch: row::Touch, hands: &Hands, screen: &mut Screen) {
    let (now, modifiers) = ui.input(|input| (input.time, input.modifiers));
    let browser = &mut screen.browser;
    browser.wants = Some(Focus::List);
    match touch {
        row::Touch::Try if modifiers.command => browser.pick(place),
        row::Touch::Try if modifiers.shift => browser.extend_to(place),
        row::Touch::Try => browser.point_at(place, now),
        row::Touch::Take => {
            browser.point_at(place, now);
            browser.keep(hands, screen.half.desk());
        }
        row::Touch::Another => browser.make_another(),
        row::Touch::Heart => {
            if let Some(preset) = browser.preset(place) {
                keys::heart(&[preset], browser, screen.half.desk());
            }
        }
    }
}

/// Why no row is there.
fn nothing(browser: &Browser) -> &'static str {
    let is_looked_for = !browser.filter.text.trim().is_empty();
    let is_narrowed = !browser.filter.choices().is_empty();
    match browser.shelf {
        _ if browser.view.wish.is_none() || !browser.view.is_complete => "Presets are being read.",
        _ if is_narrowed && is_looked_for => "No preset has all these words and what is chosen.",
        _ if is_narrowed => "No preset here has all that is chosen.",
        _ if is_looked_for => "No preset has all these words.",
        Shelf::Recents => "Nothing was loaded yet.",
        Shelf::Favourites => "No preset has a heart yet: F gives one.",
        Shelf::ForYou | Shelf::NewToYou | Shelf::All => "There is no preset here.",
    }
}
