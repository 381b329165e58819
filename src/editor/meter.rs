//! The level meter: two bars from -60 to 0 dB re full scale, and the highest recent peak as a number.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::theme::Themed as _;
use super::{Screen, theme};

const FLOOR_DB: f32 = -60.0;
const NUMBER: f32 = 66.0;

pub(super) fn draw(ui: &Ui, area: Rect, screen: &Screen) {
    let bars = area.with_max_x(area.right() - NUMBER);
    let (peak, _) = screen.held_peak;
    let text = in_words(peak);
    let colour = if peak > 1.0 { ui.colours().alert } else { ui.colours().text };
    ui.painter().text(area.right_center(), Align2::RIGHT_CENTER, &text, theme::body(), colour);
    for (channel, &level) in screen.shown_peak.iter().enumerate() {
        let top = bars.center().y - 7.0 + channel as f32 * 8.0;
        bar(ui, Rect::from_min_size(pos2(bars.left(), top), vec2(bars.width(), 6.0)), level);
    }
    let response = ui.interact(area, ui.scope_id().with("meter"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Meter, true, format!("Output level: {text}")));
}

/// One bar, lit up to `level`.
pub(super) fn bar(ui: &Ui, area: Rect, level: f32) {
    ui.painter().rect_filled(area, 3.0, ui.colours().well);
    let lit = area.with_max_x(area.left() + area.width() * share(level));
    let colour = if level > 1.0 { ui.colours().alert } else { ui.colours().sound };
    ui.painter().rect_filled(lit, 3.0, colour);
    if level > 1.0 {
        // Over full scale is a mark too, and not only another colour.
        let over = Rect::from_min_max(pos2(area.right() - 5.0, area.top() - 2.0), area.max + vec2(0.0, 2.0));
        ui.painter().rect_filled(over, 1.0, colour);
    }
}

/// A level as a number, or that there is none.
pub(super) fn in_words(level: f32) -> String {
    if level > 1e-3 { format!("{:.1} dB", decibels(level)) } else { "silent".to_owned() }
}

fn decibels(level: f32) -> f32 {
    20.0 * level.max(1e-9).log10()
}

/// Lit part of a bar for an amplitude.
fn share(level: f32) -> f32 {
    (1.0 - decibels(level) / FLOOR_DB).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_fills_the_bar_and_the_floor_empties_it() {
        assert_eq!(share(1.0), 1.0);
        assert_eq!(share(0.0), 0.0);
        assert!((share(10.0_f32.powf(-30.0 / 20.0)) - 0.5).abs() < 1e-4);
    }
}
