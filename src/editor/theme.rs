//! Colours, type and distances: one set, used everywhere. The reasons stand in `docs/design.md`.

use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Painter, Stroke, TextStyle,
    Theme, Ui, Visuals,
};

/// The font of text and values, whose figures are all of one width.
const TEXT: &str = "Inter";
/// The font of titles. Licence of both: SIL Open Font License 1.1, beside them.
const DISPLAY: &str = "Inter Display SemiBold";

/// The colours by their roles, one set for each theme. Text of any role stands out at 4.5 : 1 or more from whatever it
/// may stand on, and what is drawn in a well at 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11); a test says so.
#[derive(Debug)]
pub struct Colours {
    /// Behind everything.
    pub ground: Color32,
    /// A panel.
    pub panel: Color32,
    /// The well of a slider, knob, pad or meter.
    pub well: Color32,
    /// Lines in a well.
    pub line: Color32,
    /// Text that is read.
    pub text: Color32,
    /// Text that explains.
    pub muted: Color32,
    /// What the player sets.
    pub accent: Color32,
    /// What sounds.
    pub sound: Color32,
    /// What needs attention.
    pub alert: Color32,
}

/// For a dim room.
pub const DARK: Colours = Colours {
    ground: Color32::from_rgb(0x12, 0x15, 0x1a),
    panel: Color32::from_rgb(0x1b, 0x20, 0x27),
    well: Color32::from_rgb(0x2b, 0x32, 0x3c),
    line: Color32::from_rgb(0x3a, 0x43, 0x50),
    text: Color32::from_rgb(0xe9, 0xec, 0xef),
    muted: Color32::from_rgb(0x9d, 0xa8, 0xb5),
    accent: Color32::from_rgb(0xf2, 0xb1, 0x4a),
    sound: Color32::from_rgb(0x5f, 0xc9, 0xa8),
    alert: Color32::from_rgb(0xf0, 0x6a, 0x5d),
};

/// For daylight.
pub const LIGHT: Colours = Colours {
    ground: Color32::from_rgb(0xe7, 0xea, 0xef),
    panel: Color32::from_rgb(0xf8, 0xf9, 0xfb),
    well: Color32::from_rgb(0xd3, 0xda, 0xe2),
    line: Color32::from_rgb(0xb2, 0xbd, 0xc9),
    text: Color32::from_rgb(0x1a, 0x20, 0x28),
    muted: Color32::from_rgb(0x4d, 0x59, 0x67),
    accent: Color32::from_rgb(0x8a, 0x4a, 0x00),
    sound: Color32::from_rgb(0x0a, 0x6b, 0x50),
    alert: Color32::from_rgb(0xb3, 0x26, 0x1e),
};

/// What knows the theme that it is drawn in.
pub trait Themed {
    /// The colours to draw with.
    fn colours(&self) -> &'static Colours;
}

impl Themed for Context {
    fn colours(&self) -> &'static Colours {
        of(self.theme())
    }
}

impl Themed for Ui {
    fn colours(&self) -> &'static Colours {
        self.ctx().colours()
    }
}

impl Themed for Painter {
    fn colours(&self) -> &'static Colours {
        self.ctx().colours()
    }
}

/// The colours of a theme.
#[must_use]
pub fn of(theme: Theme) -> &'static Colours {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// The ring about what has the keyboard's focus.
#[must_use]
pub fn focus(colours: &Colours) -> Stroke {
    Stroke::new(2.0, colours.accent)
}

/// Behind the row that is chosen in a list.
#[must_use]
pub fn chosen(colours: &Colours) -> Color32 {
    colours.accent.gamma_multiply(0.18)
}

/// Distance between panels, and from the window's edge.
pub const GAP: f32 = 10.0;
/// Distance from a panel's edge to what is in it.
pub const INSET: f32 = 14.0;
/// Height of a panel's title.
pub const TITLE: f32 = 28.0;
/// Corners of panels.
pub const ROUND: u8 = 8;
/// How much smaller a line of text may be made that does not fit.
pub const SQUEEZE: f32 = 0.86;

/// The instrument's name.
#[must_use]
pub fn wordmark() -> FontId {
    FontId::new(22.0, FontFamily::Name(DISPLAY.into()))
}

/// Titles of panels.
#[must_use]
pub fn title() -> FontId {
    FontId::new(14.0, FontFamily::Name(DISPLAY.into()))
}

/// Names and values.
#[must_use]
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Names under knobs, the status line.
#[must_use]
pub fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Captions of axes.
#[must_use]
pub fn caption() -> FontId {
    FontId::new(10.5, FontFamily::Proportional)
}

/// Ours first. What they lack, such as emoji in a preset's name, egui's own fonts have.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 2] = [
        (TEXT, include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        (DISPLAY, include_bytes!("../../assets/fonts/InterDisplay-SemiBold.otf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.entry(family).or_default().insert(0, TEXT.to_owned());
    }
    let display = [DISPLAY].into_iter().map(str::to_owned).chain(fonts.families[&FontFamily::Proportional].clone());
    fonts.families.insert(FontFamily::Name(DISPLAY.into()), display.collect());
    fonts
}

/// Dresses a context before its first frame: fonts, and egui's own widgets (menus, text fields) to match, in both themes.
/// Which of the two is shown is the context's to say.
pub fn apply(ctx: &Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_visuals_of(theme, visuals(theme));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles.insert(TextStyle::Body, body());
        style.text_styles.insert(TextStyle::Button, body());
        style.spacing.button_padding = egui::vec2(8.0, 4.0);
        style.spacing.menu_margin = Margin::same(6);
        style.interaction.selectable_labels = false;
    });
}

fn visuals(theme: Theme) -> Visuals {
    let colours = of(theme);
    let mut visuals = theme.default_visuals();
    visuals.panel_fill = colours.ground;
    visuals.window_fill = colours.panel;
    visuals.extreme_bg_color = colours.ground;
    visuals.override_text_color = Some(colours.text);
    visuals.selection.bg_fill = colours.accent.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, colours.text);
    let widgets = &mut visuals.widgets;
    for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
        state.weak_bg_fill = colours.well;
        state.bg_fill = colours.well;
        state.bg_stroke = Stroke::NONE;
        state.corner_radius = CornerRadius::same(5);
    }
    visuals.widgets.hovered.bg_stroke = Stroke::new(1.0, colours.line);
    // Also of what has the keyboard's focus.
    visuals.widgets.active.bg_stroke = focus(colours);
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that the editor writes beside letters and figures, and letters of some languages that presets are named in.
    const SIGNS: &str =
        "\u{b7}\u{2026}\u{2013}\u{2019}\u{2212}\u{d7}\u{b1}%/()#+,.:;-_'\"ÄßéñøŁčőğΩλЯжệ\u{2190}\u{2192}";

    #[test]
    fn both_fonts_have_every_sign_and_values_have_figures_of_one_width() {
        let ctx = Context::default();
        let mut ours = fonts();
        ours.families.values_mut().for_each(|chain| chain.truncate(1));
        ctx.set_fonts(ours);
        let _first_frame = ctx.run_ui(egui::RawInput::default(), |_| ());
        ctx.fonts_mut(|fonts| {
            for font in [title(), body()] {
                let missing: String = SIGNS.chars().filter(|&sign| !fonts.has_glyph(&font, sign)).collect();
                assert_eq!(missing, "", "{font:?}");
            }
            let widths: Vec<f32> = ('0'..='9').map(|figure| fonts.glyph_width(&body(), figure)).collect();
            assert!(widths.iter().all(|&width| width == widths[0]), "{widths:?}");
        });
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: Color32) -> f32 {
        let linear = egui::Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(one: Color32, other: Color32) -> f32 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_and_what_is_drawn_stand_out_in_both_themes() {
        for colours in [&DARK, &LIGHT] {
            for (name, ink) in [("text", colours.text), ("muted", colours.muted), ("accent", colours.accent)] {
                for paper in [colours.ground, colours.panel, colours.well] {
                    assert!(contrast(ink, paper) >= 4.5, "{name} on {paper:?}: {}", contrast(ink, paper));
                }
            }
            let chosen = colours.panel.blend(chosen(colours));
            for (name, ink) in [("text", colours.text), ("muted", colours.muted), ("accent", colours.accent)] {
                assert!(contrast(ink, chosen) >= 4.5, "{name} in a chosen row: {}", contrast(ink, chosen));
            }
            assert!(contrast(colours.alert, colours.panel) >= 4.5, "{colours:?}");
            assert!(contrast(colours.alert, colours.ground) >= 4.5, "{colours:?}");
            for (name, ink) in [("sound", colours.sound), ("alert", colours.alert)] {
                assert!(contrast(ink, colours.well) >= 3.0, "{name}: {}", contrast(ink, colours.well));
            }
        }
    }
}
