//! The model that plays, others to play, and how to make one.

use egui::{Key, Sense, TextEdit, Ui, vec2};

use super::super::rows::{explain, fact, fact_in_line, row, takeaway_in_line};
use super::super::theme::{self, Themed as _};
use super::super::{Hands, Screen, model};
use crate::browser::{folders, typed};
use crate::model::architecture::{NOISE_BANDS, PARTIALS};
use crate::model::latent::LATENTS;
use crate::model::{Card, ModelReference};
use crate::params::ModelWish;

/// Size of the choice of the model.
const CHOICE: egui::Vec2 = vec2(240.0, 24.0);
const FIELD: &str = "Path of a model file, taken by Enter";

/// Draws it.
pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    row(ui, "Plays", |ui| {
        let (area, _) = ui.allocate_exact_size(vec2(CHOICE.x.min(ui.available_width()), CHOICE.y), Sense::hover());
        model::choose(ui, area, hands, screen);
    });
    row(ui, "Another", |ui| another(ui, hands, screen));
    let reference = screen.models.reference.as_ref().unwrap_or_else(|| ModelReference::factory());
    fact(ui, "Digest", reference.short_digest());
    fact(ui, "Size", &format!("{LATENTS} latents to {PARTIALS} partials and {NOISE_BANDS} noise bands"));
    if let Some(played) = &screen.played {
        card(ui, &played.card, played.instruments.len());
    }
    match &screen.models.path {
        Some(path) => takeaway_in_line(ui, "Model file", &path.display().to_string()),
        None => fact(ui, "Model file", "built in"),
    }
    let example = folders::models().unwrap_or_default().join("mine.safetensors");
    let command = format!("zitherctl model train --data FOLDER --out \"{}\"", example.display());
    takeaway_in_line(ui, "Train your own", &command);
    explain(ui, "FOLDER holds recordings of single notes, a folder for each instrument.");
}

fn card(ui: &mut Ui, card: &Card, instruments: usize) {
    let known = |text: &str| if text.is_empty() { "not stated".to_owned() } else { text.to_owned() };
    fact_in_line(ui, "Trained on", &known(&card.training_data));
    fact(ui, "Licence", &format!("{}; {instruments} instruments", known(&card.licence)));
}

/// A model that lies elsewhere, by its path.
fn another(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let field = TextEdit::singleline(&mut screen.model_path).hint_text(FIELD).font(theme::small());
    let field = field.desired_width(ui.available_width() - 16.0).background_color(ui.colours().well);
    let response = ui.add(field.margin(egui::Margin::symmetric(8, 4)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Path of another model"));
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !screen.model_path.trim().is_empty()
    {
        // What is no path is refused by name, as what is no model is.
        let path = typed::path(&screen.model_path).unwrap_or_else(|_| screen.model_path.trim().into());
        hands.params.kept.model.wish(ModelWish::File(path));
    }
}
