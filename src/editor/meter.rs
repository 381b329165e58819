//! The level meter: two bars from -60 to 0 dB re full scale, and the highest recent peak as a number.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Screen, theme};

const FLOOR_DB: f32 = -60.0;
const NUMBER: f32 = 66.0;

pub(super) fn draw(ui: &Ui, area: Rect, screen: &Screen) {
    let bars = area.with_max_x(area.right() - NUMBER);
    let (peak, _) = screen.held_peak;
    let text = if peak > 1e-3 { format!("{:.1} dB", decibels(peak)) } else { "silent".to_owned() };
    let colour = if peak > 1.0 { theme::ALERT } else { theme::TEXT };
    ui.painter().text(area.right_center(), Align2::RIGHT_CENTER, &text, theme::body(), colour);
    for (channel, &level) in screen.shown_peak.iter().enumerate() {
        let top = bars.center().y - 7.0 + channel as f32 * 8.0;
        let bar = Rect::from_min_size(pos2(bars.left(), top), vec2(bars.width(), 6.0));
        ui.painter().rect_filled(bar, 3.0, theme::WELL);
        let lit = bar.with_max_x(bar.left() + bar.width() * share(level));
        let colour = if level > 1.0 { theme::ALERT } else { theme::SOUND };
        ui.painter().rect_filled(lit, 3.0, colour);
    }
    let response = ui.interact(area, ui.scope_id().with("meter"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Meter, true, format!("Output level: {text}")));
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
