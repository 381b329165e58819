//! What the window shows until the background thread has opened the model: the panels at their places, empty, and one
//! sentence. Nothing here waits.

use egui::accesskit::Role;
use egui::{Align, Sense, Ui, WidgetInfo, vec2};

use super::layout::Areas;
use super::theme::{self, Themed as _};
use super::{FRAME, Screen, text};

/// Height of the sentence.
const LINE: f32 = 28.0;
const OPENS: &str = "The model is being opened";
const FAILED: &str = "The model cannot be opened: the system granted Zither no background thread, or it has failed. Save the \
    project and load the plugin anew.";

/// Draws it.
pub(super) fn draw(ui: &Ui, areas: &Areas, screen: &Screen) {
    let [envelope, tone, voice] = areas.pages;
    let panels = [areas.header, areas.latents, areas.pad, areas.spectrum, envelope, tone, voice];
    for panel in panels {
        ui.painter().rect_filled(panel, theme::ROUND, ui.colours().panel);
    }
    let name = areas.header.shrink2(vec2(theme::INSET, 0.0));
    text(ui, name, "Zither", Align::Min, theme::wordmark(), ui.colours().accent);
    let (said, colour, role) = match screen.half.is_alone() {
        false => (OPENS, ui.colours().text, Role::Status),
        true => (FAILED, ui.colours().alert, Role::Alert),
    };
    let middle = areas.middle();
    let line = middle.with_max_y(middle.center().y + LINE / 2.0).with_min_y(middle.center().y - LINE / 2.0);
    text(ui, line.shrink2(vec2(theme::INSET, 0.0)), said, Align::Center, theme::title(), colour);
    let response = ui.interact(line, ui.scope_id().with("opening"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(role, true, said));
    // The background thread tells when it is open; what opened it may have been another.
    ui.ctx().request_repaint_after(FRAME);
}
