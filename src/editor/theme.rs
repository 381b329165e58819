//! Colours, type sizes and distances: one set, used everywhere.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Visuals};

/// Behind everything.
pub const GROUND: Color32 = Color32::from_rgb(0x12, 0x15, 0x1a);
/// A panel.
pub const PANEL: Color32 = Color32::from_rgb(0x1b, 0x20, 0x27);
/// The well of a slider, knob, pad or meter.
pub const WELL: Color32 = Color32::from_rgb(0x2b, 0x32, 0x3c);
/// Lines in a well.
pub const LINE: Color32 = Color32::from_rgb(0x3a, 0x43, 0x50);
/// Text that is read.
pub const TEXT: Color32 = Color32::from_rgb(0xe9, 0xec, 0xef);
/// Text that explains.
pub const MUTED: Color32 = Color32::from_rgb(0x9d, 0xa8, 0xb5);
/// What the player sets.
pub const ACCENT: Color32 = Color32::from_rgb(0xf2, 0xb1, 0x4a);
/// What sounds.
pub const SOUND: Color32 = Color32::from_rgb(0x5f, 0xc9, 0xa8);
/// What needs attention.
pub const ALERT: Color32 = Color32::from_rgb(0xf0, 0x6a, 0x5d);

/// Distance between panels, and from the window's edge.
pub const GAP: f32 = 10.0;
/// Distance from a panel's edge to what is in it.
pub const INSET: f32 = 14.0;
/// Height of a panel's title.
pub const TITLE: f32 = 28.0;
/// Corners of panels.
pub const ROUND: u8 = 8;

/// The instrument's name.
#[must_use]
pub fn wordmark() -> FontId {
    FontId::new(24.0, FontFamily::Proportional)
}

/// Titles of panels.
#[must_use]
pub fn title() -> FontId {
    FontId::new(15.0, FontFamily::Proportional)
}

/// Names and values.
#[must_use]
pub fn body() -> FontId {
    FontId::new(14.0, FontFamily::Proportional)
}

/// Names under knobs, the status line.
#[must_use]
pub fn small() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Dresses egui's own widgets (menus, text fields) to match.
pub fn apply(ctx: &egui::Context) {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = GROUND;
    visuals.window_fill = PANEL;
    visuals.extreme_bg_color = GROUND;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = ACCENT.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    let widgets = &mut visuals.widgets;
    for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
        state.weak_bg_fill = WELL;
        state.bg_fill = WELL;
        state.bg_stroke = Stroke::NONE;
        state.corner_radius = CornerRadius::same(5);
    }
    visuals.widgets.hovered.bg_stroke = Stroke::new(1.0, LINE);
    ctx.set_visuals(visuals);
    ctx.all_styles_mut(|style| {
        style.text_styles.insert(TextStyle::Body, body());
        style.text_styles.insert(TextStyle::Button, body());
        style.spacing.button_padding = egui::vec2(8.0, 4.0);
        style.spacing.menu_margin = Margin::same(6);
        style.interaction.selectable_labels = false;
    });
}
