//! How a pointer and a keyboard turn a control, the same for every slider and knob: drag, fine drag with Shift,
//! double-click to reset; with the keyboard's focus arrows, Page up and down, Home, End, Enter and Delete.

use egui::accesskit::Action;
use egui::{EventFilter, Key, Pos2, Rect, Response, StrokeKind, Ui, Vec2, WidgetInfo};

use super::screen::Typing;
use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::synth::controls::{Control, Curve};

/// How much slower a drag with Shift is, and how much smaller a step.
const FINE: f32 = 0.1;
/// Step of an arrow key on a continuous control, and of a page key.
pub(super) const ARROW: f32 = 0.01;
const PAGE: f32 = 0.1;
/// What the ring about a widget with the keyboard's focus leaves free.
const CLEARANCE: f32 = 2.0;

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
pub(super) fn edit(
    ui: &Ui,
    response: &Response,
    hands: &Hands,
    screen: &mut Screen,
    control: Control,
    label: &str,
    grip: &Grip,
) -> f32 {
    let value = drag(ui, response, hands, control, grip);
    if response.double_clicked() {
        hands.reset(control);
    } else if response.clicked_by(egui::PointerButton::Primary) {
        if let Some(value) = grip.at(response.interact_pointer_pos()) {
            hands.set_once(control, value);
        }
    } else if response.clicked() {
        // Enter or Space, with the focus here.
        screen.typing = Some(Typing::of(control, hands.print(control), Some(response.id)));
    }
    keys(ui, response, hands, control);
    describe(ui, response, control, value, label);
    value
}

/// Draws a ring about `area` if the widget there has the keyboard's focus.
pub(super) fn ring(ui: &Ui, response: &Response, area: Rect, corners: impl Into<egui::CornerRadius>) {
    if response.has_focus() {
        let area = area.expand(CLEARANCE);
        ui.painter().rect_stroke(area, corners, theme::focus(ui.colours()), StrokeKind::Outside);
    }
}

fn describe(ui: &Ui, response: &Response, control: Control, value: f32, label: &str) {
    let spec = control.spec();
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(spec.plain(value)), label));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(f64::from(spec.min));
        node.set_max_numeric_value(f64::from(spec.max));
        node.set_value(spec.print(spec.plain(value)));
        node.add_action(Action::Increment);
        node.add_action(Action::Decrement);
    });
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

/// Reads the keys of a control that has the focus, and what assistive technology asks for.
fn keys(ui: &Ui, response: &Response, hands: &Hands, control: Control) {
    let asked = |action| ui.input(|input| input.num_accesskit_action_requests(response.id, action)) as f32;
    let mut steps = asked(Action::Increment) - asked(Action::Decrement);
    let mut jump = None;
    if response.has_focus() {
        hold_arrows(ui, response);
        let [x, y] = arrows(ui);
        steps += x + y;
        let spec = control.spec();
        jump = ui.input(|input| {
            let is_pressed = |key| input.key_pressed(key);
            match () {
                () if is_pressed(Key::Home) => Some(0.0),
                () if is_pressed(Key::End) => Some(1.0),
                () if is_pressed(Key::Delete) || is_pressed(Key::Backspace) => Some(spec.normalise(spec.default)),
                () => None,
            }
        });
    }
    match jump {
        Some(value) => hands.set_once(control, value),
        None if steps != 0.0 => hands.set_once(control, hands.normalised(control) + steps * step(control, steps)),
        None => {}
    }
}

/// The least that a key changes: a whole one of what comes in steps, however fine the key.
fn step(control: Control, steps: f32) -> f32 {
    let spec = control.spec();
    if spec.curve != Curve::Stepped {
        return ARROW;
    }
    1.0 / (spec.max - spec.min) / steps.abs().min(1.0)
}

/// Keeps the arrow keys from moving the focus while a widget has it.
pub(super) fn hold_arrows(ui: &Ui, response: &Response) {
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
}

/// Steps to the right and upwards that arrows and page keys were pressed for, in parts where Shift makes them fine.
pub(super) fn arrows(ui: &Ui) -> [f32; 2] {
    ui.input(|input| {
        let presses = |key| input.num_presses(key) as f32;
        let pages = presses(Key::PageUp) - presses(Key::PageDown);
        let scale = if input.modifiers.shift { FINE } else { 1.0 };
        let right = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
        let up = presses(Key::ArrowUp) - presses(Key::ArrowDown) + pages * PAGE / ARROW;
        [scale * right, scale * up]
    })
}
