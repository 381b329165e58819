//! The top line: name, tabs, preset, voices, level, bypass; and above all a fault.

use egui::{Align, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use super::edit::ring;
use super::theme::Themed as _;
use super::{Hands, Panel, Screen, meter, tabs, theme};
use crate::synth::controls::Control;

const WORDMARK: f32 = 86.0;
const BYPASS: f32 = 70.0;
const METER: f32 = 150.0;
const VOICES: f32 = 74.0;
const SAVE: f32 = 46.0;
/// What the preset's name and `Save` take at most.
const PRESET: f32 = 420.0;

pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, theme::ROUND, ui.colours().panel);
    if screen.half.fault() {
        return fault(ui, area);
    }
    let inside = area.shrink2(vec2(theme::INSET, 0.0));
    super::text(
        ui,
        inside.with_max_x(inside.left() + WORDMARK),
        "Zither",
        Align::Min,
        theme::wordmark(),
        ui.colours().accent,
    );
    let button = inside.with_min_x(inside.right() - BYPASS);
    let meter = Rect::from_min_max(inside.min, button.left_bottom()).with_min_x(button.left() - METER - theme::INSET);
    let meter = meter.with_max_x(button.left() - theme::INSET);
    let voices = inside.with_max_x(meter.left() - theme::INSET).with_min_x(meter.left() - theme::INSET - VOICES);
    let tabs = inside.with_min_x(inside.left() + WORDMARK);
    let tabs = tabs.with_max_x(tabs.left() + Panel::ALL.len() as f32 * tabs::WIDTH);
    let left = tabs.right() + theme::INSET;
    let preset = inside.with_min_x(left).with_max_x(voices.left().min(left + PRESET));
    let (preset, save) = preset.shrink2(vec2(0.0, 9.0)).split_left_right_at_x(preset.right() - SAVE);
    tabs::draw(ui, tabs, hands, screen);
    self::preset(ui, preset.with_max_x(preset.right() - 6.0), hands, screen);
    self::save(ui, save, hands, screen);
    let sounding = if screen.voices == 1 { "1 voice".to_owned() } else { format!("{} voices", screen.voices) };
    super::text(ui, voices, &sounding, Align::Max, theme::body(), ui.colours().text);
    meter::draw(ui, meter, screen);
    bypass(ui, button.shrink2(vec2(0.0, 9.0)), hands);
}

/// The preset's name; a click opens and closes the list.
fn preset(ui: &Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let name = hands.params.kept.preset.name();
    let (shown, colour) =
        if name.is_empty() { ("Presets", ui.colours().muted) } else { (name.as_str(), ui.colours().text) };
    let response = ui.interact(area, ui.scope_id().with("preset"), Sense::click());
    ui.painter().rect_filled(area, 5.0, if response.hovered() { ui.colours().line } else { ui.colours().well });
    let inside = area.shrink2(vec2(8.0, 0.0));
    super::text(ui, inside.with_max_x(inside.right() - 14.0), shown, Align::Min, theme::body(), colour);
    let tip = inside.right_center() + vec2(-4.0, if screen.browser.is_open() { -2.5 } else { 2.5 });
    let wing = if screen.browser.is_open() { 5.0 } else { -5.0 };
    let arrow = vec![tip, tip + vec2(-4.0, wing), tip + vec2(4.0, wing)];
    ui.painter().add(Shape::convex_polygon(arrow, ui.colours().muted, Stroke::NONE));
    ring(ui, &response, area, 5);
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, "Presets"));
    if response.clicked() {
        let next = if screen.panel() == Panel::Browser { screen.behind } else { Panel::Browser };
        screen.show(next, hands);
    }
}

/// Opens the form in which the sound is saved.
fn save(ui: &Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let response = ui.interact(area, ui.scope_id().with("save"), Sense::click());
    let is_lit = response.hovered() || response.has_focus();
    ui.painter().rect_filled(area, 5.0, if is_lit { ui.colours().line } else { ui.colours().well });
    super::text(ui, area, "Save", Align::Center, theme::body(), ui.colours().text);
    ring(ui, &response, area, 5);
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, "Save"));
    if response.on_hover_text("Saves the sound as a preset of yours (Ctrl+S)").clicked() {
        screen.browser.ask_to_save(hands);
    }
}

fn fault(ui: &Ui, area: Rect) {
    ui.painter().rect_filled(area, theme::ROUND, ui.colours().alert);
    let text = "The sound engine has failed and is silent. Save the project and load the plugin anew.";
    super::text(ui, area, text, Align::Center, theme::title(), ui.colours().ground);
    let response = ui.interact(area, ui.scope_id().with("fault"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Alert, true, text));
}

fn bypass(ui: &Ui, area: Rect, hands: &Hands) {
    let on = hands.normalised(Control::BYPASS) >= 0.5;
    let response = ui.interact(area, ui.scope_id().with("bypass"), Sense::click());
    let fill = if on { ui.colours().alert } else { ui.colours().well };
    ui.painter().rect_filled(area, 5.0, fill);
    let colour = if on { ui.colours().ground } else { ui.colours().text };
    let shown = if on { "Bypassed" } else { "Bypass" };
    super::text(ui, area, shown, Align::Center, theme::body(), colour);
    ring(ui, &response, area, 5);
    response.widget_info(|| WidgetInfo::selected(egui::accesskit::Role::Switch, true, on, "Bypass"));
    if response.clicked() {
        hands.set_once(Control::BYPASS, if on { 0.0 } else { 1.0 });
    }
}
