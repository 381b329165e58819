//! The line above the list: the search box, the shelves, and what takes presets in.

use egui::{Button, Rect, TextEdit, Ui, UiBuilder};

use super::super::theme;
use super::{Browser, Focus, Ids, Instead, keys};
use crate::browser::usage::Shelf;

const SEARCH: f32 = 250.0;
const IMPORT: f32 = 64.0;

/// Draws it.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, area: Rect, browser: &mut Browser) {
    search(ui, ids, area.with_max_x(area.left() + SEARCH), browser);
    let right = area.right() - IMPORT;
    shelves(ui, area.with_min_x(area.left() + SEARCH + theme::INSET).with_max_x(right), browser);
    import(ui, area.with_min_x(right).shrink2(egui::vec2(0.0, 2.0)), browser);
}

fn search(ui: &mut Ui, ids: &Ids, area: Rect, browser: &mut Browser) {
    let field =
        TextEdit::singleline(&mut browser.filter.text).id(ids.search).hint_text("Search").desired_width(SEARCH - 16.0);
    let response = ui.put(area, field.margin(egui::Margin::symmetric(8, 6)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Search presets"));
    if response.changed() {
        browser.begin_anew();
    }
    if browser.wants == Some(Focus::Search) {
        browser.wants = None;
        keys::end_of(ui, ids.search, &browser.filter.text);
        response.request_focus();
    }
}

/// Shows what takes presets in, in place of the rows.
fn import(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    let shows = browser.instead == Some(Instead::Import);
    let response = ui.put(area, Button::new("Import").selected(shows));
    if response.on_hover_text("Takes in presets, banks, and folders of them").clicked() {
        browser.show_import(!shows);
    }
}

fn shelves(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("shelves"), |ui| {
        ui.horizontal_centered(|ui| {
            for shelf in Shelf::ALL {
                let name = shelf_name(shelf);
                if ui.selectable_label(browser.shelf == shelf, name).clicked() && browser.shelf != shelf {
                    browser.shelf = shelf;
                    browser.begin_anew();
                    browser.wants = Some(Focus::List);
                }
            }
        });
    });
}

fn shelf_name(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::ForYou => "For you",
        Shelf::NewToYou => "New to you",
        Shelf::Recents => "Recents",
        Shelf::Favourites => "Favourites",
        Shelf::All => "All",
    }
}
