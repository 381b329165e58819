//! The settings panel: what the user sets once, for all projects, and what there is to know of this machine.

mod facts;
mod model;
mod privacy;

use egui::{Align, ComboBox, Context, Pos2, Rect, ScrollArea, Sense, Theme, Ui, UiBuilder, Vec2, vec2};

use super::edit::{Grip, edit, ring};
use super::rows::{fact, row, section};
use super::theme::Themed as _;
use super::{Hands, Screen, readout, theme};
use crate::browser::settings::{Change, Scale, Settings, Theme as Colours};
use crate::synth::controls::Control;

/// Scales that are offered, in percent.
const SCALES: [u16; 9] = [50, 75, 100, 125, 150, 200, 250, 300, 400];
/// What is left free for the scroll bar.
const SCROLL_BAR: f32 = 14.0;
/// Distance between the columns.
const GUTTER: f32 = 28.0;
/// Size of the slider of the polyphony, width of the number at its end, height of its groove.
const SLIDER: Vec2 = vec2(180.0, 24.0);
const NUMBER: f32 = 34.0;
const GROOVE: f32 = 6.0;

pub(super) use facts::index_place;
pub(super) use privacy::Asked;

/// Dresses the window in what the user has set, where that is known and new to it.
pub(super) fn wear(ctx: &Context, screen: &mut Screen) {
    let Some(settings) = screen.settings() else { return };
    if screen.worn.replace(settings) != Some(settings) {
        let Settings { theme, scale } = settings;
        ctx.set_theme(if theme == Colours::Light { Theme::Light } else { Theme::Dark });
        ctx.set_zoom_factor(scale.factor());
    }
}

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let inside = super::panel(ui, "Settings");
    ui.scope_builder(UiBuilder::new().max_rect(inside).id_salt("settings"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - SCROLL_BAR);
            ui.spacing_mut().item_spacing.x = GUTTER;
            ui.columns(2, |columns| {
                let [left, right] = columns else { return };
                for column in [&mut *left, &mut *right] {
                    column.spacing_mut().item_spacing = vec2(8.0, 1.0);
                }
                section(left, "Appearance", |ui| appearance(ui, screen));
                section(left, "Performance", |ui| performance(ui, hands, screen));
                section(left, "Model", |ui| model::draw(ui, hands, screen));
                section(left, "Privacy", |ui| privacy::draw(ui, screen));
                section(right, "Rights index", |ui| facts::index(ui, &screen.report.index));
                section(right, "Folders", facts::folders);
                section(right, "About", facts::about);
            });
        });
    });
}

fn appearance(ui: &mut Ui, screen: &mut Screen) {
    row(ui, "Theme, scale", |ui| {
        ui.horizontal(|ui| {
            themes(ui, screen);
            ui.add_space(theme::INSET);
            scales(ui, screen);
        });
    });
    if let Some(trouble) = &screen.standing.trouble {
        super::rows::status(ui, trouble);
    }
}

fn themes(ui: &mut Ui, screen: &mut Screen) {
    let worn = ui.ctx().theme();
    for (choice, shown, name) in [(Colours::Dark, Theme::Dark, "Dark"), (Colours::Light, Theme::Light, "Light")] {
        if ui.selectable_label(worn == shown, name).clicked() {
            screen.set(Change::Theme(choice));
            ui.ctx().request_repaint();
        }
    }
}

fn scales(ui: &mut Ui, screen: &mut Screen) {
    let chosen = screen.standing.settings.scale;
    let response = ComboBox::from_id_salt("scale").selected_text(chosen.to_string()).height(400.0).show_ui(ui, |ui| {
        for scale in SCALES.map(Scale::percent) {
            if ui.selectable_label(scale == chosen, scale.to_string()).clicked() {
                screen.set(Change::Scale(scale));
                ui.ctx().request_repaint();
            }
        }
    });
    ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Scale"));
}

fn performance(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    row(ui, "Polyphony", |ui| polyphony(ui, hands, screen));
    fact(ui, "In use", &voices(screen.voices));
    fact(ui, "Processor", &format!("{}; all ways give the same sound, bit by bit", processor(screen.processor)));
}

/// The most voices at a time: a slider, and the number, which can be typed.
fn polyphony(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let control = Control::VOICES;
    let (area, _) = ui.allocate_exact_size(SLIDER, Sense::hover());
    let (bar, number) = area.split_left_right_at_x(area.right() - NUMBER);
    let response = ui.interact(bar, ui.scope_id().with("polyphony"), Sense::click_and_drag());
    let at = |pointer: Pos2| (pointer.x - bar.left()) / bar.width();
    let moved = |delta: Vec2| delta.x / bar.width();
    let share = edit(ui, &response, hands, screen, control, "Polyphony", &Grip::Absolute(&at, &moved));
    let groove = Rect::from_center_size(bar.center(), vec2(bar.width(), GROOVE));
    ui.painter().rect_filled(groove, GROOVE / 2.0, ui.colours().well);
    let filled = groove.with_max_x(groove.left() + groove.width() * share.clamp(0.0, 1.0));
    ui.painter().rect_filled(filled, GROOVE / 2.0, ui.colours().accent);
    ring(ui, &response, groove.expand(3.0), 5);
    response.on_hover_text("A parameter of the project, which may be automated");
    readout::readout(ui, number, hands, screen, control, "Polyphony", Align::Max);
}

fn voices(count: u32) -> String {
    if count == 1 { "1 voice".to_owned() } else { format!("{count} voices") }
}

/// A processor level in words.
fn processor(level: &str) -> &str {
    match level {
        "avx512" => "plays by AVX-512",
        "avx2" => "plays by AVX2",
        _ => "plays by what every processor has",
    }
}
