//! Rows of the panels that tell and set: sections, captions beside what they are of, and texts to take along.

use std::time::Duration;

use egui::{Align, Button, Label, Layout, Response, RichText, Ui, UiBuilder, vec2};

use super::theme::{self, Themed as _};

/// Width of a caption.
const CAPTION: f32 = 104.0;
/// Height of a row of one line.
const ROW: f32 = 24.0;
/// Width of a button that copies, whatever it says.
const COPY: f32 = 62.0;
/// For so long a button says that it has copied, in seconds.
const COPIED: f64 = 2.0;

/// A titled group of rows.
pub(super) fn section(ui: &mut Ui, title: &str, rows: impl FnOnce(&mut Ui)) {
    let text = RichText::new(title).font(theme::title()).color(ui.colours().text);
    let heading = ui.add(Label::new(text));
    name(ui, &heading, egui::accesskit::Role::Heading, title);
    let layout = Layout::top_down(Align::Min);
    ui.scope_builder(UiBuilder::new().layout(layout).id_salt(title), rows);
    ui.add_space(theme::GAP);
}

/// A caption, and what `add` draws beside it.
pub(super) fn row(ui: &mut Ui, caption: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let layout = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(vec2(CAPTION, ROW), layout, |ui| {
            ui.set_min_size(vec2(CAPTION, ROW));
            ui.add(Label::new(RichText::new(caption).font(theme::small()).color(ui.colours().muted)));
        });
        ui.vertical(|ui| {
            ui.set_min_height(ROW);
            add(ui);
        });
    });
}

/// A caption and a text, which can be selected.
pub(super) fn fact(ui: &mut Ui, caption: &str, text: &str) {
    row(ui, caption, |ui| {
        tell(ui, text);
    });
}

/// A text of as many lines as it needs, which can be selected.
pub(super) fn tell(ui: &mut Ui, text: &str) -> Response {
    ui.add_space(5.0);
    let text = RichText::new(text).font(theme::small()).color(ui.colours().text);
    ui.add(Label::new(text).selectable(true).wrap())
}

/// The same of what explains.
pub(super) fn explain(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).font(theme::small()).color(ui.colours().muted);
    ui.add(Label::new(text).selectable(true).wrap());
}

/// What became of something, for eyes and for assistive technology.
pub(super) fn status(ui: &mut Ui, text: &str) {
    let told = tell(ui, text);
    name(ui, &told, egui::accesskit::Role::Status, text);
}

fn name(ui: &Ui, response: &Response, role: egui::accesskit::Role, name: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(role);
        node.set_label(name);
    });
}

/// A caption and a path, an address or a command, with a button that copies it.
pub(super) fn takeaway(ui: &mut Ui, caption: &str, text: &str) {
    row(ui, caption, |ui| {
        ui.horizontal_top(|ui| {
            copy(ui, caption, text);
            ui.vertical(|ui| tell(ui, text));
        });
    });
}

/// The same in one line: what does not fit is read by pointing at it.
pub(super) fn takeaway_in_line(ui: &mut Ui, caption: &str, text: &str) {
    row(ui, caption, |ui| {
        ui.horizontal_top(|ui| {
            copy(ui, caption, text);
            ui.vertical(|ui| in_line(ui, text));
        });
    });
}

/// A caption and a text in one line, all of which is read by pointing at it.
pub(super) fn fact_in_line(ui: &mut Ui, caption: &str, text: &str) {
    row(ui, caption, |ui| in_line(ui, text));
}

fn in_line(ui: &mut Ui, text: &str) {
    ui.add_space(5.0);
    let shown = RichText::new(text).font(theme::small()).color(ui.colours().text);
    ui.add(Label::new(shown).selectable(true).truncate());
}

/// A button that copies `text`; `what` tells it from others.
pub(super) fn copy(ui: &mut Ui, what: &str, text: &str) {
    let id = ui.scope_id().with(("copied", what));
    let now = ui.input(|input| input.time);
    let copied = ui.data(|data| data.get_temp::<f64>(id)).is_some_and(|at| now - at < COPIED);
    if copied {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(COPIED));
    }
    let shown = RichText::new(if copied { "Copied" } else { "Copy" }).font(theme::small());
    let response = ui.add_sized(vec2(COPY, ROW - 3.0), Button::new(shown));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(format!("Copy {}", what.to_lowercase())));
    if response.clicked() {
        ui.ctx().copy_text(text.to_owned());
        ui.data_mut(|data| data.insert_temp(id, now));
    }
}
