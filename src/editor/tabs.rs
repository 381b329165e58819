//! The tabs of the panels.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::edit::ring;
use super::theme::{self, Themed as _};
use super::{Hands, Panel, Screen};

/// Width of a tab.
pub(super) const WIDTH: f32 = 66.0;
/// Height of the line under the tab that is shown.
const UNDERLINE: f32 = 3.0;

/// Draws the tabs side by side; a click, or Enter on a tab with the focus, shows its panel.
pub(super) fn draw(ui: &Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let shown = screen.panel();
    for (place, panel) in Panel::ALL.into_iter().enumerate() {
        let tab = Rect::from_min_size(pos2(area.left() + place as f32 * WIDTH, area.top()), vec2(WIDTH, area.height()));
        let response = ui.interact(tab, ui.scope_id().with(("tab", panel.name())), Sense::click());
        let is_shown = panel == shown;
        let is_lit = is_shown || response.hovered() || response.has_focus();
        let colour = if is_lit { ui.colours().text } else { ui.colours().muted };
        super::text(ui, tab, panel.name(), Align::Center, theme::body(), colour);
        if is_shown {
            let line = tab.with_min_y(tab.bottom() - UNDERLINE).shrink2(vec2(10.0, 0.0));
            ui.painter().rect_filled(line, UNDERLINE / 2.0, ui.colours().accent);
        }
        ring(ui, &response, tab.shrink2(vec2(4.0, 8.0)), 5);
        response.widget_info(|| WidgetInfo::selected(egui::accesskit::Role::Tab, true, is_shown, panel.name()));
        if response.clicked() {
            screen.show(panel, hands);
        }
    }
}
