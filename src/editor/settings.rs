//! The settings panel: what the user sets once, for all projects.

use egui::{Align, Rect, Theme, Ui, UiBuilder, vec2};

use super::theme::{self, Themed as _};

const ROW: f32 = 30.0;
const CAPTION: f32 = 150.0;

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui) {
    let inside = super::panel(ui, "Settings");
    let row = Rect::from_min_size(inside.min, vec2(inside.width(), ROW));
    super::text(ui, row.with_max_x(row.left() + CAPTION), "Theme", Align::Min, theme::body(), ui.colours().text);
    ui.scope_builder(UiBuilder::new().max_rect(row.with_min_x(row.left() + CAPTION)).id_salt("theme"), |ui| {
        ui.horizontal_centered(|ui| {
            for (choice, name) in [(Theme::Dark, "Dark"), (Theme::Light, "Light")] {
                if ui.selectable_label(ui.ctx().theme() == choice, name).clicked() {
                    ui.ctx().set_theme(choice);
                }
            }
        });
    });
}
