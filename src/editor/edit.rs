//! How a pointer and a keyboard turn a control: drag, fine drag with shift, double-click to reset, arrow keys.

use egui::{EventFilter, Key, Pos2, Response, Ui, Vec2, WidgetInfo};

use super::Hands;
use crate::synth::controls::{Control, Curve};

/// How much slower a drag with shift is.
const FINE: f32 = 0.1;
/// Step of an arrow key on a continuous control.
const ARROW: f32 = 0.01;

/// How a widget reads the pointer.
pub(super) enum Grip<'a> {
    /// The value is where the pointer is.
    Absolute(&'a dyn Fn(Pos2) -> f32, &'a dyn Fn(Vec2) -> f32),
    /// The value moves with the pointer.
    Relative(&'a dyn Fn(Vec2) -> f32),
}

impl Grip<'_> {
    fn at(&self, pointer: Option<Pos2>) -> Option<f32> {
        match self {
            Self::Absolute(position, _) => pointer.map(position),
            Self::Relative(_) => None,
        }
    }

    fn moved(&self, delta: Vec2) -> f32 {
        match self {
            Self::Absolute(_, moved) | Self::Relative(moved) => moved(delta),
        }
    }
}

/// Lets `response` turn `control` and tells assistive technology what it is. Returns the normalised value to draw.
pub(super) fn edit(ui: &Ui, response: &Response, hands: &Hands, control: Control, label: &str, grip: &Grip) -> f32 {
    let value = drag(ui, response, hands, control, grip);
    if response.double_clicked() {
        hands.reset(control);
    } else if response.clicked()
        && let Some(value) = grip.at(response.interact_pointer_pos())
    {
        hands.set_once(control, value);
    }
    arrows(ui, response, hands, control);
    let plain = f64::from(control.spec().plain(value));
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), plain, label));
    value
}

/// The drag's own value is kept unsnapped, and is what is drawn: the parameter follows only when the host processes.
fn drag(ui: &Ui, response: &Response, hands: &Hands, control: Control, grip: &Grip) -> f32 {
    let current = hands.normalised(control);
    let id = response.id.with("drag");
    if response.drag_started() {
        hands.begin(control);
        ui.data_mut(|data| data.insert_temp(id, current));
    }
    if response.drag_stopped() {
        hands.end(control);
        ui.data_mut(|data| data.remove_temp::<f32>(id));
        return current;
    }
    if !response.dragged() {
        return current;
    }
    let before = ui.data(|data| data.get_temp(id)).unwrap_or(current);
    let fine = ui.input(|input| input.modifiers.shift);
    let moved = grip.moved(response.drag_delta());
    let after = match grip.at(response.interact_pointer_pos()) {
        _ if fine => before + FINE * moved,
        Some(position) => position,
        None => before + moved,
    };
    let after = after.clamp(0.0, 1.0);
    if after != before {
        ui.data_mut(|data| data.insert_temp(id, after));
        hands.set(control, after);
    }
    after
}

fn arrows(ui: &Ui, response: &Response, hands: &Hands, control: Control) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let steps = ui.input(|input| {
        let up = input.num_presses(Key::ArrowUp) + input.num_presses(Key::ArrowRight);
        let down = input.num_presses(Key::ArrowDown) + input.num_presses(Key::ArrowLeft);
        up as f32 - down as f32
    });
    if steps != 0.0 {
        let spec = control.spec();
        let step = if spec.curve == Curve::Stepped { 1.0 / (spec.max - spec.min) } else { ARROW };
        hands.set_once(control, hands.normalised(control) + steps * step);
    }
}
