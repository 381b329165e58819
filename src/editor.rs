//! The editor. Everything that draws is a free function over [`egui::Ui`], so that tests drive it without a window; only
//! [`window`] knows the framework's window.

mod browser;
mod edit;
mod envelope;
mod handle;
mod hands;
mod header;
mod keyboard;
mod knob;
mod latents;
mod layout;
mod map;
mod meter;
mod model;
mod opening;
mod pad;
mod readout;
mod rights;
mod rows;
mod screen;
mod settings;
mod spectrum;
mod status;
mod tabs;
pub mod theme;
mod tips;
pub mod window;

use std::sync::Arc;
use std::time::Duration;

use egui::scroll_area::ScrollSource;
use egui::{
    Align, Align2, Color32, Event, FontId, FontSelection, Galley, Rect, ScrollArea, Sense, TextWrapMode, Ui, UiBuilder,
    Vec2, WidgetText,
};

pub use hands::Hands;
pub use screen::{Panel, Screen};

use self::theme::Themed as _;
use crate::params::{PAGES, WINDOW_MIN};

/// How often what moves by itself is drawn. What does not is drawn when there are news.
const FRAME: Duration = Duration::from_millis(33);

/// Draws the whole editor into what `ui` offers. Where that is less than it needs, as at a large scale on a small screen, it
/// scrolls.
pub fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    settings::wear(ui.ctx(), screen);
    let least = Vec2::from(WINDOW_MIN.map(|side| side as f32));
    let offered = ui.max_rect().size();
    if offered.x >= least.x && offered.y >= least.y {
        return whole(ui, hands, screen);
    }
    ui.painter().rect_filled(ui.max_rect(), 0.0, ui.colours().ground);
    let source = ScrollSource { drag: egui::scroll_area::DragScroll::Never, ..ScrollSource::default() };
    ScrollArea::both().scroll_source(source).auto_shrink(false).show(ui, |ui| {
        let (area, _) = ui.allocate_exact_size(least.max(ui.available_size()), Sense::hover());
        within(ui, area, "whole", |ui| whole(ui, hands, screen));
    });
}

fn whole(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let areas = layout::areas(ui.max_rect());
    ui.painter().rect_filled(ui.max_rect(), 0.0, ui.colours().ground);
    if screen.played.is_none() {
        return opening::draw(ui, &areas, screen);
    }
    within(ui, areas.header, "header", |ui| header::draw(ui, hands, screen));
    browser::keys::everywhere(ui, hands, screen);
    match screen.panel() {
        Panel::Play => play(ui, &areas, hands, screen),
        Panel::Browser => within(ui, areas.middle(), "browser", |ui| browser::draw(ui, hands, screen)),
        Panel::Rights => within(ui, areas.middle(), "rights", |ui| rights::draw(ui, hands, screen)),
        Panel::Settings => within(ui, areas.middle(), "settings", |ui| settings::draw(ui, hands, screen)),
    }
    within(ui, areas.keyboard, "keyboard", |ui| keyboard::draw(ui, screen));
    within(ui, areas.status, "status", |ui| status::draw(ui, hands, screen));
    screen.browser.follow(ui, hands, screen.half.desk());
    let is_seen = screen.shows_map && screen.panel() == Panel::Play;
    screen.map.follow(screen.half.desk(), is_seen);
    if acted(ui) {
        // What the user did may have changed what was drawn before it.
        ui.ctx().request_repaint();
    } else if screen.is_moving() {
        ui.ctx().request_repaint_after(FRAME);
    }
}

/// Whether the user did more in this frame than move the pointer.
fn acted(ui: &Ui) -> bool {
    let is_move = |event: &Event| matches!(event, Event::PointerMoved(_) | Event::MouseMoved(_) | Event::PointerGone);
    ui.input(|input| !input.events.iter().all(is_move))
}

/// What makes the sound: latents, pad, knobs.
fn play(ui: &mut Ui, areas: &layout::Areas, hands: &Hands, screen: &mut Screen) {
    within(ui, areas.latents, "latents", |ui| latents::draw(ui, hands, screen));
    within(ui, areas.pad, "pad", |ui| place(ui, hands, screen));
    within(ui, areas.spectrum, "spectrum", |ui| spectrum::draw(ui, screen));
    for (page, area) in PAGES[2..].iter().zip(areas.pages) {
        within(ui, area, page.name, |ui| knob::page(ui, hands, screen, page));
    }
}

/// Where the sound is: among presets, or on two latents.
fn place(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let inside = panel(ui, "");
    map::switch(ui, inside, &mut screen.shows_map);
    if screen.shows_map {
        map::draw(ui, inside, hands, screen);
    } else {
        pad::draw(ui, inside, hands, screen);
    }
}

fn within(ui: &mut Ui, area: Rect, name: &str, draw: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt(name), draw);
}

/// Draws a titled panel over the whole of `ui`; returns its inside.
fn panel(ui: &Ui, title: &str) -> Rect {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, theme::ROUND, ui.colours().panel);
    let inside = area.shrink2(egui::vec2(theme::INSET, 0.0));
    let inside = inside.with_min_y(area.top() + 5.0 + theme::TITLE).with_max_y(area.bottom() - 10.0);
    text(ui, title_line(inside), title, Align::Min, theme::title(), ui.colours().muted);
    inside
}

/// The line of a panel's title, and of what stands beside it.
fn title_line(inside: Rect) -> Rect {
    inside.with_min_y(inside.top() - theme::TITLE).with_max_y(inside.top() - 4.0)
}

/// One line of text, cut with an ellipsis where it does not fit.
fn text(ui: &Ui, area: Rect, text: &str, align: Align, font: FontId, colour: Color32) {
    let galley = laid_out(ui, area, text, font);
    put(ui, area, galley, align, colour);
}

/// As [`text`], but made somewhat smaller before it is cut: for names that stand alone.
fn squeezed(ui: &Ui, area: Rect, text: &str, align: Align, font: FontId, colour: Color32) {
    let mut galley = laid_out(ui, area, text, font.clone());
    if galley.elided {
        galley = laid_out(ui, area, text, FontId::new(theme::SQUEEZE * font.size, font.family));
    }
    put(ui, area, galley, align, colour);
}

fn laid_out(ui: &Ui, area: Rect, text: &str, font: FontId) -> Arc<Galley> {
    let cut = Some(TextWrapMode::Truncate);
    WidgetText::from(text).into_galley(ui, cut, area.width(), FontSelection::FontId(font))
}

fn put(ui: &Ui, area: Rect, galley: Arc<Galley>, align: Align, colour: Color32) {
    let anchor = Align2([align, Align::Center]);
    let place = anchor.align_size_within_rect(galley.size(), area);
    ui.painter().galley_with_override_text_color(place.min, galley, colour);
}
