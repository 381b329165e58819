//! What there is to know of the selected preset, and what can be done with it; or with several.

use std::path::Path;
use std::sync::Arc;

use egui::{Label, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};

use super::super::theme::{self, Themed as _};
use super::super::{Hands, Screen};
use super::export::{self, Export};
use super::filter::Choice;
use super::{Browser, Ids, keys, stars, tags};
use crate::bridge::Order;
use crate::browser::library::Entry;
use crate::browser::usage::PresetId;
use crate::params::Sound;

const LINE: f32 = 22.0;
const GAP: f32 = 6.0;

/// What the details remember.
#[derive(Default)]
pub(super) struct Details {
    /// The tags that are being written.
    pub(super) tags: String,
    pub(super) export: Export,
    /// What became of the last order.
    pub(super) said: Option<Result<String, String>>,
}

impl Details {
    /// Forgets what was said and begun of other rows.
    pub(super) fn turn_over(&mut self) {
        self.said = None;
        self.tags.clear();
        self.export.close();
    }
}

/// Draws the details of what the keys are about, or of what is loaded.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, area: Rect, hands: &Hands, screen: &mut Screen) {
    ui.painter().rect_filled(area, theme::ROUND, ui.colours().ground);
    let mut about = screen.browser.meant();
    if about.is_empty() {
        about.extend(hands.params.kept.preset.id());
    }
    ui.scope_builder(UiBuilder::new().max_rect(area.shrink(10.0)).id_salt("details"), |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, GAP);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let library = Arc::clone(&screen.browser.view.library);
            match about[..] {
                [] => say(ui, "Select a preset to see what it is.", false),
                [preset] => match library.entry(preset) {
                    Some(entry) => one(ui, ids, entry, hands, screen),
                    None => say(ui, "The loaded preset is not in your library.", false),
                },
                _ => several(ui, ids, &about, screen),
            }
            match &screen.browser.details.said {
                Some(Ok(said)) => say(ui, said, false),
                Some(Err(reason)) => {
                    ui.add(Label::new(RichText::new(reason).font(theme::small()).color(ui.colours().alert)).wrap());
                }
                None => {}
            }
        });
    });
}

/// A text in as many lines as it needs.
fn say(ui: &mut Ui, text: &str, is_read: bool) {
    let colour = if is_read { ui.colours().text } else { ui.colours().muted };
    ui.add(Label::new(RichText::new(text).font(theme::small()).color(colour)).wrap());
}

fn one(ui: &mut Ui, ids: &Ids, entry: &Entry, hands: &Hands, screen: &mut Screen) {
    let (card, place) = (entry.card(), &entry.places[0]);
    ui.add(Label::new(RichText::new(&*card.name).font(theme::title()).color(ui.colours().text)).wrap());
    marks(ui, &[entry.id], screen);
    let by = if card.author.is_empty() { String::new() } else { format!("by {}", card.author) };
    let bank =
        if place.folder.is_empty() { place.bank.to_string() } else { format!("{} / {}", place.bank, place.folder) };
    // The factory's banks are called as their categories.
    let category = if *card.category == *place.folder { String::new() } else { card.category.to_string() };
    let parts = [by, bank, category];
    say(
        ui,
        &parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" \u{b7} "),
        false,
    );
    if !card.description.is_empty() {
        say(ui, &card.description, true);
    }
    if let Some(reason) = screen.browser.view.reasons.get(&entry.id) {
        say(ui, reason, false);
    }
    compare(ui, entry.id, hands, screen);
    doings(ui, entry, screen);
    tags::draw(ui, ids, &[entry.id], screen);
    rights(ui, entry);
    file(ui, entry, screen);
    let bank = (!place.is_factory()).then(|| place.bank.to_string());
    export::draw(ui, ids, &[entry.id], bank, screen);
}

fn several(ui: &mut Ui, ids: &Ids, about: &[PresetId], screen: &mut Screen) {
    let name = format!("{} presets", about.len());
    ui.add(Label::new(RichText::new(name).font(theme::title()).color(ui.colours().text)));
    marks(ui, about, screen);
    hide(ui, about, screen);
    tags::draw(ui, ids, about, screen);
    export::draw(ui, ids, about, None, screen);
}

/// Heart and stars.
fn marks(ui: &mut Ui, about: &[PresetId], screen: &Screen) {
    let (browser, desk) = (&screen.browser, screen.half.desk());
    let marks = |preset: &PresetId| browser.view.marks.get(preset);
    let has_heart = about.iter().all(|preset| marks(preset).is_some_and(|marks| marks.favourite));
    let rating = about.iter().map(|preset| marks(preset).map_or(0, |marks| marks.rating)).min().unwrap_or(0);
    ui.horizontal(|ui| {
        if stars::heart_button(ui, has_heart).clicked() {
            keys::heart(about, browser, desk);
        }
        if let Some(rating) = stars::buttons(ui, rating) {
            keys::rate(about, rating, desk);
        }
    });
}

/// Lets the sound be heard as it was edited and as it is saved.
fn compare(ui: &mut Ui, preset: PresetId, hands: &Hands, screen: &mut Screen) {
    let trial = &mut screen.browser.trial;
    let is_comparing = trial.is_comparing();
    if hands.params.kept.preset.id() != Some(preset) || !(is_comparing || Sound::of(hands.params).is_edited()) {
        return;
    }
    ui.horizontal(|ui| {
        let edited = ui.selectable_label(!is_comparing, "Edited").on_hover_text("The sound as you turned it (C)");
        let saved = ui.selectable_label(is_comparing, "As saved").on_hover_text("The sound as it is saved (C)");
        if (edited.clicked() && is_comparing) || (saved.clicked() && !is_comparing) {
            trial.compare(hands, screen.half.desk());
        }
    });
}

fn doings(ui: &mut Ui, entry: &Entry, screen: &mut Screen) {
    ui.horizontal_wrapped(|ui| {
        let similar = ui.button("Similar").on_hover_text("Lists the sounds that are nearest to this one (.)");
        if similar.clicked() {
            screen.browser.show_similar(entry.id);
        }
        hide(ui, &[entry.id], screen);
    });
}

fn hide(ui: &mut Ui, about: &[PresetId], screen: &mut Screen) {
    let is_hidden = |preset| screen.browser.view.marks.get(preset).is_some_and(|marks| marks.hidden);
    let name = if about.iter().all(is_hidden) { "Show again" } else { "Hide" };
    if ui.button(name).on_hover_text("Hidden presets are in no list but that of hidden ones (X)").clicked() {
        keys::hide(about, &mut screen.browser, screen.half.desk());
    }
}

fn rights(ui: &mut Ui, entry: &Entry) {
    let card = entry.card();
    ui.horizontal(|ui| {
        let (area, _) = ui.allocate_exact_size(vec2(14.0, LINE), egui::Sense::hover());
        stars::badge(ui, area.center(), card.permission);
        say(ui, card.permission.name(), true);
    });
    let licence = if card.licence.is_empty() { "No licence is stated." } else { &*card.licence };
    say(ui, licence, false);
    say(ui, &format!("Model: {}", card.model.name), false);
}

fn file(ui: &mut Ui, entry: &Entry, screen: &Screen) {
    let Some(path) = entry.path() else { return say(ui, "Built in", false) };
    let shown = path.display().to_string();
    let response = ui.add(Label::new(RichText::new(&shown).font(theme::small()).color(ui.colours().muted)).truncate());
    response.on_hover_text(&shown);
    ui.horizontal_wrapped(|ui| {
        if ui.button("Show in folder").clicked() {
            screen.half.desk().order(Order::Reveal(entry.id));
        }
        if ui.button("Copy path").clicked() {
            copy(ui, path);
        }
    });
}

fn copy(ui: &Ui, path: &Path) {
    ui.ctx().copy_text(path.to_string_lossy().into_owned());
}

impl Browser {
    /// Lists what is nearest to a preset, in place of the shelf.
    pub(super) fn show_similar(&mut self, preset: PresetId) {
        let Some(entry) = self.view.library.entry(preset) else { return };
        let choice = Choice::Near(preset, entry.card().name.as_ref().into());
        if !self.filter.has(&choice) {
            self.choose(&choice);
        }
        self.selected = Some(preset);
        self.wants = Some(super::Focus::List);
    }
}
