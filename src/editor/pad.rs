//! The XY pad: two latents of choice under one finger.

use egui::{
    Align, ComboBox, Key, Painter, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use super::edit::{self, ring};
use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::model::latent::LATENTS;
use crate::synth::controls::Control;
use crate::synth::scene::VoiceView;

const CHOICE: f32 = 26.0;
const CAPTION: f32 = 76.0;
const FINE: f32 = 0.1;

/// Draws the pad and the choice of its axes into `inside`.
pub(super) fn draw(ui: &mut Ui, inside: Rect, hands: &Hands, screen: &Screen) {
    let choices = 2.0 * (CHOICE + 6.0);
    let field = inside.with_max_y(inside.bottom() - choices - 4.0);
    let axes = hands.params.kept.pad_axes();
    pad(ui, field, hands, axes, screen.scene.voices());
    for (axis, caption) in ["Horizontal", "Vertical"].into_iter().enumerate() {
        let top = field.bottom() + 8.0 + axis as f32 * (CHOICE + 6.0);
        let row = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), CHOICE));
        super::text(ui, row.with_max_x(row.left() + CAPTION), caption, Align::Min, theme::small(), ui.colours().muted);
        choose(ui, row.with_min_x(row.left() + CAPTION), hands, screen, axis, caption);
    }
}

fn choose(ui: &mut Ui, area: Rect, hands: &Hands, screen: &Screen, axis: usize, caption: &str) {
    let chosen = hands.params.kept.pad_axes()[axis];
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt(caption), |ui| {
        ui.spacing_mut().interact_size.y = CHOICE;
        let menu = ComboBox::from_id_salt(caption).width(area.width()).height(420.0).truncate();
        let shown = menu.selected_text(&screen.names[chosen]).show_ui(ui, |ui| {
            for latent in 0..LATENTS {
                if ui.selectable_label(latent == chosen, &screen.names[latent]).clicked() {
                    hands.params.kept.set_pad_axis(axis, latent);
                }
            }
        });
        let name = format!("{caption} axis");
        ui.ctx().accesskit_node_builder(shown.response.id, |node| node.set_label(name));
    });
}

fn pad(ui: &Ui, field: Rect, hands: &Hands, axes: [usize; 2], voices: &[VoiceView]) {
    let controls = axes.map(Control::latent);
    let response = ui.interact(field, ui.scope_id().with("field"), Sense::click_and_drag());
    let place = turn(ui, &response, hands, controls, field);
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Unknown, true, "XY pad"));
    let lit = response.hovered() || response.dragged();
    let modulated = controls.map(|control| control.spec().normalise(hands.params.plain(control)));
    let painter = ui.painter().with_clip_rect(field);
    paint(&painter, field, place, modulated, lit);
    for voice in voices {
        dot(&painter, field, axes.map(|axis| 0.5 + 0.5 * voice.latents[axis]), voice.is_held);
    }
    ring(ui, &response, field.shrink(4.0), 6);
}

/// Lets the pointer turn both controls; returns the place to draw, normalised.
fn turn(ui: &Ui, response: &Response, hands: &Hands, controls: [Control; 2], field: Rect) -> [f32; 2] {
    // The same latent on both axes moves with the horizontal one only.
    let moving = if controls[0] == controls[1] { &controls[..1] } else { &controls[..] };
    let current = controls.map(|control| hands.normalised(control));
    let id = response.id.with("place");
    keys(ui, response, hands, controls);
    if response.double_clicked() {
        moving.iter().for_each(|&control| hands.reset(control));
    } else if response.clicked_by(egui::PointerButton::Primary)
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let place = normalised(field, pointer);
        moving.iter().zip(place).for_each(|(&control, value)| hands.set_once(control, value));
    }
    if response.drag_started() {
        moving.iter().for_each(|&control| hands.begin(control));
        ui.data_mut(|data| data.insert_temp(id, current));
    }
    if response.drag_stopped() {
        moving.iter().for_each(|&control| hands.end(control));
        ui.data_mut(|data| data.remove_temp::<[f32; 2]>(id));
    }
    if !response.dragged() {
        return current;
    }
    let before: [f32; 2] = ui.data(|data| data.get_temp(id)).unwrap_or(current);
    let after = dragged(ui, response, field, before);
    ui.data_mut(|data| data.insert_temp(id, after));
    for (axis, &control) in moving.iter().enumerate().filter(|(axis, _)| after[*axis] != before[*axis]) {
        hands.set(control, after[axis]);
    }
    after
}

/// With the keyboard's focus arrows move the thumb, Delete brings it back to the middle.
fn keys(ui: &Ui, response: &Response, hands: &Hands, controls: [Control; 2]) {
    if !response.has_focus() {
        return;
    }
    edit::hold_arrows(ui, response);
    let resets = ui.input(|input| input.key_pressed(Key::Delete) || input.key_pressed(Key::Backspace));
    for (control, steps) in controls.into_iter().zip(edit::arrows(ui)) {
        if resets {
            hands.reset(control);
        } else if steps != 0.0 {
            hands.set_once(control, hands.normalised(control) + steps * edit::ARROW);
        }
    }
}

fn dragged(ui: &Ui, response: &Response, field: Rect, before: [f32; 2]) -> [f32; 2] {
    if ui.input(|input| input.modifiers.shift) {
        let delta = FINE * response.drag_delta() / field.size();
        return [before[0] + delta.x, before[1] - delta.y].map(|value| value.clamp(0.0, 1.0));
    }
    response.interact_pointer_pos().map_or(before, |pointer| normalised(field, pointer))
}

fn normalised(field: Rect, at: Pos2) -> [f32; 2] {
    let x = (at.x - field.left()) / field.width();
    let y = (field.bottom() - at.y) / field.height();
    [x.clamp(0.0, 1.0), y.clamp(0.0, 1.0)]
}

/// Where a voice is: full while it is held, a ring when it dies away.
pub(super) fn dot(painter: &Painter, field: Rect, place: [f32; 2], is_held: bool) {
    let (at, colours) = (at(field, place), painter.colours());
    if is_held {
        painter.circle(at, 4.5, colours.sound, Stroke::new(1.0, colours.ground));
    } else {
        painter.circle_stroke(at, 4.0, Stroke::new(1.5, colours.sound));
    }
}

/// A normalised place in a field.
pub(super) fn at(field: Rect, [x, y]: [f32; 2]) -> Pos2 {
    pos2(field.left() + x * field.width(), field.bottom() - y * field.height())
}

fn paint(painter: &Painter, field: Rect, place: [f32; 2], modulated: [f32; 2], lit: bool) {
    let at = |place| at(field, place);
    painter.rect_filled(field, 6.0, painter.colours().well);
    for quarter in [0.25, 0.5, 0.75] {
        let width = if quarter == 0.5 { 1.5 } else { 0.75 };
        let centre = at([quarter, quarter]);
        painter.vline(centre.x, field.y_range(), Stroke::new(width, painter.colours().line));
        painter.hline(field.x_range(), centre.y, Stroke::new(width, painter.colours().line));
    }
    let thumb = at(place);
    let cross = Stroke::new(1.0, painter.colours().accent.gamma_multiply(0.6));
    painter.vline(thumb.x, field.y_range(), cross);
    painter.hline(field.x_range(), thumb.y, cross);
    if at(modulated).distance(thumb) > 1.0 {
        let stroke = Stroke::new(1.5, painter.colours().text);
        painter.rect_stroke(Rect::from_center_size(at(modulated), vec2(9.0, 9.0)), 0.0, stroke, StrokeKind::Middle);
    }
    painter.circle_filled(thumb, if lit { 11.0 } else { 9.5 }, painter.colours().accent);
    painter.circle_filled(thumb, 4.0, painter.colours().ground);
}
