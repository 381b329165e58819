//! The bottom line: whose music is heard, in a sentence that opens the rights panel. What is wrong with the model has
//! precedence over hints.

use egui::{Align, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use super::edit::ring;
use super::theme::Themed as _;
use super::{Hands, Panel, Screen, model, rights, theme};

const HINT: &str = "Double-click resets, Shift drags finely, a click on a value types it";

/// Width of the rights' sentence.
const RIGHTS: f32 = 430.0;

pub(super) fn draw(ui: &Ui, hands: &Hands, screen: &mut Screen) {
    let area = ui.max_rect().shrink2(vec2(theme::INSET, 0.0));
    sentence(ui, area.with_max_x(area.left() + RIGHTS), hands, screen);
    let rest = area.with_min_x(area.left() + RIGHTS);
    match model::notice(screen) {
        Some(notice) => tell(ui, rest, &notice),
        None => super::text(ui, rest, HINT, Align::Max, theme::small(), ui.colours().muted),
    }
}

/// The rights' sentence; a click opens and closes the panel.
fn sentence(ui: &Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let line = rights::summary(screen);
    let at = area.left_center();
    let heard = screen.report.matches.first().is_some_and(|found| found.sounds);
    lamp(ui, at, heard, screen.listens > 0.0);
    let response = ui.interact(area, ui.scope_id().with("rights"), Sense::click());
    let lit = heard || response.hovered() || screen.panel() == Panel::Rights;
    let colour = if lit { ui.colours().text } else { ui.colours().muted };
    super::squeezed(ui, area.with_min_x(at.x + 12.0), &line, Align::Min, theme::small(), colour);
    ring(ui, &response, area.shrink2(vec2(0.0, 2.0)), 5);
    let role = egui::accesskit::Role::Button;
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(role, true, "What is heard");
        info.current_text_value = Some(line.clone());
        info
    });
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(&line).clicked() {
        let next = if screen.panel() == Panel::Rights { Panel::Play } else { Panel::Rights };
        screen.show(next, hands);
    }
}

/// A diamond while something is heard, a disc while it is listened, a ring while it is not.
fn lamp(ui: &Ui, at: Pos2, heard: bool, listens: bool) {
    let (painter, colours) = (ui.painter(), ui.colours());
    if heard {
        let diamond = [vec2(0.0, -5.5), vec2(5.5, 0.0), vec2(0.0, 5.5), vec2(-5.5, 0.0)].map(|offset| at + offset);
        painter.add(Shape::convex_polygon(diamond.to_vec(), colours.accent, Stroke::NONE));
    } else if listens {
        painter.circle_filled(at, 4.0, colours.sound);
    } else {
        painter.circle_stroke(at, 3.5, Stroke::new(1.5, colours.muted));
    }
}

/// What does not fit is read by pointing at it.
fn tell(ui: &Ui, area: Rect, notice: &str) {
    super::text(ui, area, notice, Align::Max, theme::small(), ui.colours().alert);
    let response = ui.interact(area, ui.scope_id().with("notice"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Alert, true, notice));
    response.on_hover_text(notice);
}
