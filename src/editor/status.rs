//! The bottom line: what was heard of the sidechain. Heard is not checked, and the line says so. What is wrong with the
//! model has precedence.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, vec2};

use super::{Screen, model, theme};
use crate::bridge::Heard;

const HINT: &str = "Double-click resets, Shift drags finely, a click on a value types it";

/// Width of the sidechain's sentence.
const SIDECHAIN: f32 = 320.0;

pub(super) fn draw(ui: &Ui, screen: &Screen) {
    let area = ui.max_rect().shrink2(vec2(theme::INSET, 0.0));
    let heard = screen.heard;
    let dot = if heard.sounding_seconds > 0.0 { theme::ACCENT } else { theme::LINE };
    let at = area.left_center();
    ui.painter().circle_filled(at, 4.0, dot);
    let line = sentence(&heard);
    super::text(ui, area.with_min_x(at.x + 12.0), &line, Align::Min, theme::small(), theme::MUTED);
    if let Some(notice) = model::notice(screen) {
        tell(ui, area.with_min_x(area.left() + SIDECHAIN), &notice);
    } else if heard.dropped_seconds > 0.0 {
        let lost = format!("{:.1} s of it not heard", heard.dropped_seconds);
        super::text(ui, area, &lost, Align::Max, theme::small(), theme::ALERT);
    } else {
        super::text(ui, area, HINT, Align::Max, theme::small(), theme::MUTED);
    }
    let sidechain = area.with_max_x(area.left() + SIDECHAIN);
    let response = ui.interact(sidechain, ui.scope_id().with("sidechain"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Status, true, &line));
}

/// What does not fit is read by pointing at it.
fn tell(ui: &Ui, area: Rect, notice: &str) {
    super::text(ui, area, notice, Align::Max, theme::small(), theme::ALERT);
    let response = ui.interact(area, ui.scope_id().with("notice"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Alert, true, notice));
    response.on_hover_text(notice);
}

fn sentence(heard: &Heard) -> String {
    if heard.sounding_seconds > 0.0 {
        format!("Rights sidechain: {:.1} s heard, unchecked", heard.sounding_seconds)
    } else if heard.seconds > 0.0 {
        "Rights sidechain: silent so far, unchecked".to_owned()
    } else {
        "Rights sidechain: nothing connected, unchecked".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ever_called_clear() {
        let silent = Heard { seconds: 3.0, ..Heard::default() };
        let sounding = Heard { sounding_seconds: 2.0, ..silent };
        for heard in [Heard::default(), silent, sounding] {
            let line = sentence(&heard);
            assert!(line.contains("unchecked") && !line.contains("clear"), "{line}");
        }
    }
}
