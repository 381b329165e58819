//! A page of knobs.

use std::f32::consts::PI;

use egui::{Align, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::edit::{Grip, edit, ring};
use super::readout::readout;
use super::theme::Themed as _;
use super::{Hands, Screen, envelope, theme, tips};
use crate::params::Page;
use crate::synth::controls::{Control, Curve};

/// Pixels of a drag over the whole range.
const TRAVEL: f32 = 180.0;
/// Angle of the lowest and highest value, from straight down.
const GAP_ANGLE: f32 = 0.8;
const RADIUS: f32 = 19.0;
const LINE: f32 = 18.0;
/// Distance of the ring of modulation from that of the value.
const OUTSIDE: f32 = 4.5;
/// Room for the title of a page beside which something is drawn.
const TITLED: f32 = 90.0;

/// Draws a page as a panel of knobs in two rows.
pub(super) fn page(ui: &mut Ui, hands: &Hands, screen: &mut Screen, page: &Page) {
    let inside = super::panel(ui, page.name);
    if page.controls.contains(&Control::SUSTAIN) {
        let title = super::title_line(inside);
        let curve = title.shrink2(vec2(0.0, 3.0)).with_min_x(title.left() + TITLED);
        envelope::draw(ui.painter(), curve, hands);
    }
    let columns = page.controls.len().div_ceil(2).max(3);
    let cell = vec2(inside.width() / columns as f32, inside.height() / 2.0);
    for (index, &control) in page.controls.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let corner = inside.min + vec2(column as f32 * cell.x, row as f32 * cell.y);
        knob(ui, Rect::from_min_size(corner, cell), hands, screen, control);
    }
}

fn knob(ui: &mut Ui, area: Rect, hands: &Hands, screen: &mut Screen, control: Control) {
    let name = control.spec().name;
    let centre = pos2(area.center().x, area.top() + RADIUS + 2.0);
    let under = centre.y + RADIUS + 1.0;
    let line = |top: f32| Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), LINE));
    super::squeezed(ui, line(under), name, Align::Center, theme::small(), ui.colours().muted);
    readout(ui, line(under + LINE - 2.0), hands, screen, control, name, Align::Center);

    let handle = Rect::from_center_size(centre, vec2(2.0, 2.0) * (RADIUS + 2.0));
    let response = ui.interact(handle, ui.scope_id().with(("knob", control)), Sense::click_and_drag());
    let grip = Grip::Relative(&|delta| (delta.x - delta.y) / TRAVEL);
    let value = edit(ui, &response, hands, screen, control, name, &grip);
    let lit = response.hovered() || response.dragged() || response.has_focus();
    let modulated = control.spec().normalise(hands.params.plain(control));
    paint(ui.painter(), centre, control, snapped(control, value), lit);
    if tips::modulated(hands, control).is_some() {
        modulation(ui.painter(), centre, snapped(control, value), modulated);
    }
    ring(ui, &response, Rect::from_center_size(centre, vec2(2.0, 2.0) * RADIUS), 255);
    tips::tip(response, hands, control, name);
}

/// Stepped controls are drawn where they stand, not where the pointer is on the way to the next step.
fn snapped(control: Control, value: f32) -> f32 {
    let spec = control.spec();
    if spec.curve == Curve::Stepped { spec.normalise(spec.plain(value)) } else { value }
}

fn paint(painter: &Painter, centre: Pos2, control: Control, value: f32, lit: bool) {
    let spec = control.spec();
    let origin: f32 = if spec.min == -spec.max { 0.5 } else { 0.0 };
    painter.circle_filled(centre, RADIUS - 5.0, if lit { painter.colours().line } else { painter.colours().well });
    arc(painter, centre, RADIUS, [0.0, 1.0], Stroke::new(3.5, painter.colours().well));
    let lit_part = [origin.min(value), origin.max(value)];
    arc(painter, centre, RADIUS, lit_part, Stroke::new(3.5, painter.colours().accent));
    let colour = if lit { painter.colours().accent } else { painter.colours().text };
    let needle = [on_circle(centre, RADIUS - 13.0, value), on_circle(centre, RADIUS - 6.0, value)];
    painter.line_segment(needle, Stroke::new(2.5, colour));
}

/// How far modulation moves the value: a thin ring outside, with a knob at its end.
fn modulation(painter: &Painter, centre: Pos2, value: f32, modulated: f32) {
    let colour = painter.colours().sound;
    arc(painter, centre, RADIUS + OUTSIDE, [value.min(modulated), value.max(modulated)], Stroke::new(1.5, colour));
    painter.circle_filled(on_circle(centre, RADIUS + OUTSIDE, modulated), 2.5, colour);
}

fn arc(painter: &Painter, centre: Pos2, radius: f32, [from, to]: [f32; 2], stroke: Stroke) {
    const SEGMENTS: usize = 40;
    if to - from < 1e-4 {
        return;
    }
    let at = |index: usize| on_circle(centre, radius, from + (to - from) * index as f32 / SEGMENTS as f32);
    painter.add(Shape::line((0..=SEGMENTS).map(at).collect(), stroke));
}

fn on_circle(centre: Pos2, radius: f32, value: f32) -> Pos2 {
    let angle = PI / 2.0 + GAP_ANGLE + value * (2.0 * PI - 2.0 * GAP_ANGLE);
    centre + radius * vec2(angle.cos(), angle.sin())
}
