//! The files that could not be read, each with its reason.

use egui::{Label, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};

use super::super::theme::{self, Themed as _};
use super::{Browser, Focus};

/// Files that are listed: of a folder full of nonsense these say enough.
const MOST: usize = 500;

/// Draws them in place of the rows.
pub(super) fn draw(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("problems"), |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.horizontal(|ui| {
            if ui.button("Back to the presets").clicked() {
                browser.instead = None;
                browser.wants = Some(Focus::List);
            }
            ui.label(RichText::new("These files are left as they are.").font(theme::small()).color(ui.colours().muted));
        });
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for problem in browser.view.library.problems().iter().take(MOST) {
                let name = problem.path.display().to_string();
                ui.add(Label::new(RichText::new(name).font(theme::small()).color(ui.colours().text)).wrap());
                let reason = format!("It {}.", problem.error);
                ui.add(Label::new(RichText::new(reason).font(theme::small()).color(ui.colours().muted)).wrap());
            }
        });
    });
}
