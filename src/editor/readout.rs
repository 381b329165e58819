//! A value as text: a click opens it for typing, Enter takes what was typed, Escape does not.

use egui::{Align, Align2, Key, Rect, Sense, TextEdit, Ui, WidgetInfo};

use super::screen::Typing;
use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::synth::controls::Control;

/// Draws the value of `control` into `area`.
pub(super) fn readout(
    ui: &mut Ui,
    area: Rect,
    hands: &Hands,
    screen: &mut Screen,
    control: Control,
    label: &str,
    align: Align,
) {
    match &mut screen.typing {
        Some(typing) if typing.control == control => {
            if type_into(ui, area, hands, typing, label) {
                screen.typing = None;
            }
        }
        _ => {
            if show(ui, area, hands, control, label, align) {
                screen.typing = Some(Typing::of(control, hands.print(control), None));
            }
        }
    }
}

/// Shows the value; returns whether it was clicked. The keyboard gets at it by Enter on the control itself.
fn show(ui: &Ui, area: Rect, hands: &Hands, control: Control, label: &str, align: Align) -> bool {
    let response = ui.interact(area, ui.scope_id().with(("readout", control)), Sense::CLICK);
    let text = hands.print(control);
    let anchor = Align2([align, Align::Center]);
    let colour = if response.hovered() { ui.colours().accent } else { ui.colours().text };
    ui.painter().text(anchor.pos_in_rect(&area), anchor, &text, theme::small(), colour);
    let name = format!("{label} value");
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name);
        info.current_text_value = Some(text.clone());
        info
    });
    response.on_hover_cursor(egui::CursorIcon::Text).clicked()
}

/// The text field; returns whether typing is over.
fn type_into(ui: &mut Ui, area: Rect, hands: &Hands, typing: &mut Typing, label: &str) -> bool {
    let field = TextEdit::singleline(&mut typing.text).font(theme::small()).margin(egui::vec2(4.0, 1.0));
    let response = ui.put(area.expand2(egui::vec2(4.0, 2.0)), field);
    let name = format!("{label} value");
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    if std::mem::take(&mut typing.fresh) {
        response.request_focus();
        select_all(ui, &response, typing.text.chars().count());
        return false;
    }
    if !response.lost_focus() {
        return false;
    }
    let given_up = ui.input(|input| input.key_pressed(Key::Escape));
    // Taken up here: what the focus goes back to would open the field again.
    let is_typed = given_up || ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Enter));
    if let Some(back) = typing.back().filter(|_| is_typed) {
        ui.memory_mut(|memory| memory.request_focus(back));
    }
    let spec = typing.control.spec();
    if let Some(plain) = spec.parse(&typing.text).filter(|_| !given_up) {
        hands.set_once(typing.control, spec.normalise(plain));
    }
    true
}

fn select_all(ui: &Ui, response: &egui::Response, characters: usize) {
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
    let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(characters));
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), response.id);
}
