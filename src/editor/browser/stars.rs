//! Small pictures that say something of a preset: heart, stars, and a badge for what its licence permits. Each has a shape
//! of its own, so that nothing is said by colour alone.

use egui::accesskit::Role;
use egui::epaint::Mesh;
use egui::{Color32, Painter, Pos2, Response, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use super::super::theme::Themed as _;
use crate::browser::library::Permission;

/// Side of a star's square.
pub(super) const STAR: f32 = 13.0;
const BUTTON: f32 = 22.0;

/// A heart: filled, or its outline.
pub(super) fn heart(painter: &Painter, at: Pos2, is_given: bool, colour: Color32) {
    /// Its right half from the notch to the point, in parts of half its width.
    const HALF: [[f32; 2]; 9] = [
        [0.0, -0.42],
        [0.2, -0.68],
        [0.5, -0.78],
        [0.82, -0.66],
        [1.0, -0.34],
        [0.95, 0.02],
        [0.74, 0.34],
        [0.4, 0.66],
        [0.0, 1.0],
    ];
    const RADIUS: f32 = 5.8;
    let left = HALF[1..8].iter().rev().map(|[x, y]| [-x, *y]);
    let corners = HALF.into_iter().chain(left).map(|[x, y]| at + RADIUS * vec2(x, y));
    outline(painter, at, corners.collect(), is_given, colour);
}

/// A star: filled, or its outline.
pub(super) fn star(painter: &Painter, at: Pos2, is_filled: bool, colour: Color32) {
    let corner = |number: usize| {
        let radius = if number.is_multiple_of(2) { 0.5 } else { 0.21 } * STAR;
        at + radius * Vec2::angled(number as f32 * std::f32::consts::TAU / 10.0 - std::f32::consts::FRAC_PI_2)
    };
    outline(painter, at, (0..10).map(corner).collect(), is_filled, colour);
}

/// An outline, all of which is seen from its middle, and what is in it where it is filled.
fn outline(painter: &Painter, middle: Pos2, corners: Vec<Pos2>, is_filled: bool, colour: Color32) {
    if is_filled {
        let mut mesh = Mesh::default();
        let count = corners.len() as u32;
        mesh.colored_vertex(middle, colour);
        corners.iter().for_each(|corner| mesh.colored_vertex(*corner, colour));
        (0..count).for_each(|number| mesh.add_triangle(0, number + 1, (number + 1) % count + 1));
        painter.add(mesh);
    }
    painter.add(Shape::closed_line(corners, Stroke::new(1.2, colour)));
}

/// As many stars as a preset has, side by side from the left.
pub(super) fn row(painter: &Painter, left: Pos2, stars: u8, colour: Color32) {
    for number in 0..stars {
        star(painter, left + vec2((f32::from(number) + 0.5) * STAR, 0.0), true, colour);
    }
}

/// A ring, a diamond or a triangle.
pub(super) fn badge(ui: &Ui, at: Pos2, permission: Permission) {
    let (painter, colours) = (ui.painter(), ui.colours());
    let corners = |offsets: &[Vec2]| offsets.iter().map(|offset| at + *offset).collect::<Vec<_>>();
    match permission {
        Permission::Free => {
            painter.circle_stroke(at, 4.0, Stroke::new(1.6, colours.sound));
        }
        Permission::Credit => {
            let diamond = corners(&[vec2(0.0, -5.0), vec2(5.0, 0.0), vec2(0.0, 5.0), vec2(-5.0, 0.0)]);
            painter.add(Shape::convex_polygon(diamond, colours.accent, Stroke::NONE));
        }
        Permission::Ask => {
            let triangle = corners(&[vec2(0.0, -5.0), vec2(5.2, 4.2), vec2(-5.2, 4.2)]);
            painter.add(Shape::convex_polygon(triangle, colours.alert, Stroke::NONE));
        }
    }
}

/// A heart that can be given and taken back.
pub(super) fn heart_button(ui: &mut Ui, is_given: bool) -> Response {
    let (area, response) = ui.allocate_exact_size(Vec2::splat(BUTTON), Sense::click());
    let is_lit = response.hovered() || response.has_focus();
    let colour = match (is_given, is_lit) {
        (true, _) => ui.colours().alert,
        (false, true) => ui.colours().text,
        (false, false) => ui.colours().muted,
    };
    heart(ui.painter(), area.center(), is_given, colour);
    ring(ui, &response);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_given, "Favourite"));
    response.on_hover_text("A heart puts it on Favourites (F)")
}

/// Five stars; how many were given. A click on what is given takes all.
pub(super) fn buttons(ui: &mut Ui, rating: u8) -> Option<u8> {
    let mut given = None;
    for stars in 1..=5 {
        let (area, response) = ui.allocate_exact_size(Vec2::splat(BUTTON), Sense::click());
        let is_lit = stars <= rating || response.hovered();
        let colour = if is_lit { ui.colours().accent } else { ui.colours().muted };
        star(ui.painter(), area.center(), stars <= rating, colour);
        ring(ui, &response);
        let name = if stars == 1 { "1 star".to_owned() } else { format!("{stars} stars") };
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, stars == rating, &name));
        if response.on_hover_text(format!("{name} (key {stars}; 0 takes them)")).clicked() {
            given = Some(if stars == rating { 0 } else { stars });
        }
    }
    given
}

/// The focus ring.
fn ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        ui.painter().rect_stroke(response.rect, 4.0, Stroke::new(1.5, ui.colours().accent), StrokeKind::Inside);
    }
}
