//! What sounds: partials and noise of the newest voice, as the audio thread makes them.

use egui::{Align, Align2, Mesh, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};

use super::theme::{self, Themed as _};
use super::{Screen, keyboard};
use crate::synth::scene::{Spectrum, VoiceView};

/// Frequencies in Hz at the ends of the axis.
const HZ: (f32, f32) = (20.0, 20_000.0);
/// Levels in dB at the ends of the other.
const DB: (f32, f32) = (-90.0, 0.0);
const DECADES: [(f32, &str); 3] = [(100.0, "100 Hz"), (1_000.0, "1 kHz"), (10_000.0, "10 kHz")];
const LEVELS: [(f32, &str); 4] = [(-20.0, "-20 dB"), (-40.0, "-40"), (-60.0, "-60"), (-80.0, "-80")];
/// Room below for the frequencies.
const CAPTIONS: f32 = 18.0;
/// How near the pointer has to come to a partial to name it, in points.
const NEAR: f32 = 5.0;
const SILENT: &str = "Play a note to see its partials";

/// Draws the panel.
pub(super) fn draw(ui: &Ui, screen: &Screen) {
    let inside = super::panel(ui, "Spectrum");
    let field = inside.with_max_y(inside.bottom() - CAPTIONS);
    let newest = screen.scene.newest();
    let title = super::title_line(inside);
    let said = newest.map_or_else(String::new, |voice| in_words(voice, &screen.scene.spectrum));
    super::text(ui, title.with_min_x(title.left() + 80.0), &said, Align::Max, theme::small(), ui.colours().muted);
    ui.painter().rect_filled(field, 6.0, ui.colours().well);
    grid(ui.painter(), field);
    if newest.is_some() {
        let painter = ui.painter().with_clip_rect(field);
        noise(&painter, field, &screen.scene.spectrum);
        partials(&painter, field, &screen.scene.spectrum);
    } else {
        super::text(ui, field.shrink(8.0), SILENT, Align::Center, theme::small(), ui.colours().muted);
    }
    let response = ui.interact(field, ui.scope_id().with("spectrum"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Image, true, format!("Spectrum {said}")));
    if let Some(pointer) = response.hover_pos().filter(|_| newest.is_some()) {
        response.on_hover_text_at_pointer(at_pointer(field, pointer, &screen.scene.spectrum));
    }
}

/// Which note it is, and where it sounds.
fn in_words(voice: &VoiceView, spectrum: &Spectrum) -> String {
    format!("{} \u{b7} {:.1} Hz", keyboard::name(voice.key), spectrum.hz[0])
}

fn x(field: Rect, hz: f32) -> f32 {
    let along = (hz.max(1.0) / HZ.0).ln() / (HZ.1 / HZ.0).ln();
    field.left() + along * field.width()
}

fn y(field: Rect, db: f32) -> f32 {
    field.top() + (DB.1 - db.clamp(DB.0, DB.1)) / (DB.1 - DB.0) * field.height()
}

fn grid(painter: &Painter, field: Rect) {
    let colours = painter.colours();
    let line = Stroke::new(0.75, colours.line);
    for (hz, name) in DECADES {
        let x = x(field, hz);
        painter.vline(x, field.y_range(), line);
        let at = pos2(x, field.bottom() + 3.0);
        painter.text(at, Align2::CENTER_TOP, name, theme::caption(), colours.muted);
    }
    for (db, name) in LEVELS {
        let y = y(field, db);
        painter.hline(field.x_range(), y, line);
        let at = pos2(field.left() + 4.0, y - 1.0);
        painter.text(at, Align2::LEFT_BOTTOM, name, theme::caption(), colours.muted);
    }
}

/// The noise as a surface under the levels of its bands.
fn noise(painter: &Painter, field: Rect, spectrum: &Spectrum) {
    let colours = painter.colours();
    let bands = Spectrum::band_hz().into_iter().zip(spectrum.noise_db);
    let line: Vec<Pos2> = bands.map(|(hz, db)| pos2(x(field, hz), y(field, db))).collect();
    let mut surface = Mesh::default();
    for (index, &at) in line.iter().enumerate() {
        let fill = colours.muted.gamma_multiply(0.3);
        surface.colored_vertex(at, fill);
        surface.colored_vertex(pos2(at.x, field.bottom()), fill);
        if index > 0 {
            let right = 2 * index as u32;
            surface.add_triangle(right - 2, right - 1, right);
            surface.add_triangle(right - 1, right, right + 1);
        }
    }
    painter.add(Shape::mesh(surface));
    painter.add(Shape::line(line, Stroke::new(1.0, colours.muted)));
}

/// Each partial as a line up to its level.
fn partials(painter: &Painter, field: Rect, spectrum: &Spectrum) {
    let stroke = Stroke::new(1.5, painter.colours().sound);
    for (&hz, &db) in spectrum.hz.iter().zip(&spectrum.partial_db) {
        if db > DB.0 && hz < HZ.1 {
            painter.vline(x(field, hz), y(field, db)..=field.bottom(), stroke);
        }
    }
}

/// What is under the pointer: a partial, or a place on the axes.
fn at_pointer(field: Rect, pointer: Pos2, spectrum: &Spectrum) -> String {
    let distance = |&slot: &usize| (x(field, spectrum.hz[slot]) - pointer.x).abs();
    let audible = (0..spectrum.hz.len()).filter(|&slot| spectrum.partial_db[slot] > DB.0);
    let nearest = audible.min_by(|a, b| distance(a).total_cmp(&distance(b)));
    match nearest.filter(|slot| distance(slot) < NEAR) {
        Some(slot) => {
            let (hz, db) = (spectrum.hz[slot], spectrum.partial_db[slot]);
            format!("Partial {}: {hz:.1} Hz, {db:.1} dB", slot + 1)
        }
        None => {
            let hz = HZ.0 * (HZ.1 / HZ.0).powf((pointer.x - field.left()) / field.width());
            let db = DB.1 + (DB.0 - DB.1) * (pointer.y - field.top()) / field.height();
            format!("{hz:.0} Hz, {db:.0} dB")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: Rect = Rect { min: Pos2 { x: 10.0, y: 20.0 }, max: Pos2 { x: 310.0, y: 200.0 } };

    #[test]
    fn the_axes_are_logarithmic_from_20_hz_to_20_khz_and_from_0_to_90_db_below() {
        assert!((x(FIELD, 20.0) - 10.0).abs() < 1e-3 && (x(FIELD, 20_000.0) - 310.0).abs() < 1e-3);
        assert!((x(FIELD, 200.0) - 110.0).abs() < 1e-3 && (x(FIELD, 2_000.0) - 210.0).abs() < 1e-3);
        assert_eq!((y(FIELD, 0.0), y(FIELD, -45.0), y(FIELD, -300.0)), (20.0, 110.0, 200.0));
    }

    #[test]
    fn the_pointer_names_the_partial_it_is_on() {
        let mut spectrum = Spectrum::SILENT;
        (spectrum.hz[2], spectrum.partial_db[2]) = (600.0, -12.0);
        let on = pos2(x(FIELD, 600.0) + 1.0, 100.0);
        assert_eq!(at_pointer(FIELD, on, &spectrum), "Partial 3: 600.0 Hz, -12.0 dB");
        assert_eq!(at_pointer(FIELD, pos2(110.0, 110.0), &spectrum), "200 Hz, -45 dB");
    }
}
