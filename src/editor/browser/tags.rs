//! Tags of one preset or of several: taken off by a click, put on by writing them.

use std::collections::BTreeMap;

use egui::accesskit::Role;
use egui::{EventFilter, Key, RichText, Sense, TextEdit, Ui, WidgetInfo};

use super::super::Screen;
use super::super::theme::Themed as _;
use super::{Browser, Focus, Ids};
use crate::bridge::Order;
use crate::browser::library::{Place, fold};
use crate::browser::usage::PresetId;

/// Presets whose tags are looked at; of more, these stand for all.
const MOST: usize = 1_000;

/// A tag of some of the presets.
struct Worn {
    name: String,
    /// By how many.
    presets: usize,
    /// It is the user's own, and can be taken off.
    is_own: bool,
}

/// Draws the tags, and a field for more.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, about: &[PresetId], screen: &mut Screen) {
    let desk = screen.half.desk();
    ui.horizontal_wrapped(|ui| {
        for worn in worn(&screen.browser, about) {
            let shown = if worn.presets < about.len() {
                format!("{} ({})", worn.name, worn.presets)
            } else {
                worn.name.clone()
            };
            if !worn.is_own {
                let stays = egui::Button::new(RichText::new(&shown).color(ui.colours().muted)).sense(Sense::hover());
                let response = ui.add(stays).on_hover_text("Comes with Zither and stays");
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &shown));
                continue;
            }
            let response = ui.button(format!("{shown}  \u{d7}"));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Take tag {} off", worn.name)));
            if response.clicked() {
                desk.order(Order::Tag { presets: about.to_vec(), tag: worn.name, on: false });
            }
        }
    });
    let browser = &mut screen.browser;
    let width = ui.available_width();
    let field = TextEdit::singleline(&mut browser.details.tags).id(ids.tags).hint_text("Add tags").desired_width(width);
    let field = field.background_color(ui.colours().well);
    let response = ui.add(field.margin(egui::Margin::symmetric(8, 4)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Add tags"));
    hold_escape(ui, &response);
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        for tag in browser.details.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            desk.order(Order::Tag { presets: about.to_vec(), tag: tag.to_owned(), on: true });
        }
        browser.details.tags.clear();
        browser.wants = Some(Focus::List);
    }
}

/// Keeps Esc for whoever reads the keys while a field has the focus.
pub(super) fn hold_escape(ui: &Ui, response: &egui::Response) {
    if response.has_focus() {
        let filter =
            EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
}

/// The tags of these presets, in the order of their names.
fn worn(browser: &Browser, about: &[PresetId]) -> Vec<Worn> {
    let mut all: BTreeMap<String, Worn> = BTreeMap::new();
    for preset in about.iter().take(MOST) {
        let Some(entry) = browser.view.library.entry(*preset) else { continue };
        let own_file = |place: &&Place| !place.is_factory() && place.path.is_some();
        let is_own = entry.places.iter().find(own_file).is_some();
        let written = entry.card().tags.iter().map(|tag| (tag.to_string(), is_own));
        let said = browser.view.marks.get(preset).map(|marks| marks.tags.as_slice()).unwrap_or_default();
        let mut of_this: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for (name, is_own) in written.chain(said.iter().map(|tag| (tag.clone(), true))) {
            of_this.entry(fold(&name)).or_insert((name, is_own));
        }
        for (folded, (name, is_own)) in of_this {
            let worn = all.entry(folded).or_insert(Worn { name, presets: 0, is_own: false });
            worn.presets += 1;
            worn.is_own |= is_own;
        }
    }
    all.into_values().collect()
}
