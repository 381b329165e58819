//! The map of presets: each in a cell of its own, near to what sounds alike; where the sound is among them, and where each
//! voice is. A click loads a preset, as the list does.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{
    Align, Align2, Color32, FontId, Key, Painter, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::edit::{self, ring};
use super::theme::{self, Themed as _};
use super::{Hands, Screen};
use crate::bridge::Desk;
use crate::browser::chart::{Chart, Spot};
use crate::browser::usage::PresetId;
use crate::model::latent::LATENTS;
use crate::synth::controls::Control;

/// Room below for the name of a preset.
const CAPTION: f32 = 24.0;
const KEYS: &str = "What is near sounds alike; a click loads";
/// Smallest and largest letters of a name in its cell, and the height of a line in theirs.
const FONT: (f32, f32) = (8.5, 11.0);
const LINE: f32 = 1.3;

/// What the map remembers.
#[derive(Default)]
pub(super) struct Map {
    chart: Arc<Chart>,
    seen: u64,
    /// The preset that the keys are about.
    cursor: Option<usize>,
}

impl Map {
    /// Says whether a map is to be seen, and takes up the newest.
    pub(super) fn follow(&mut self, desk: &Desk, is_seen: bool) {
        desk.wish_chart(is_seen);
        if let Some(chart) = desk.chart(&mut self.seen) {
            (self.chart, self.cursor) = (chart, None);
        }
    }
}

/// Draws the map into `area`.
pub(super) fn draw(ui: &mut Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let field = area.with_max_y(area.bottom() - CAPTION);
    let chart = Arc::clone(&screen.map.chart);
    let response = ui.interact(field, ui.scope_id().with("map"), Sense::click());
    let here = Control::all().take(LATENTS).map(|control| hands.params.plain(control)).collect::<Vec<_>>();
    let place = here.as_slice().try_into().ok().and_then(|latents| chart.place(latents));
    let hovered = response.hover_pos().and_then(|pointer| spot_at(&chart, field, pointer));
    let asked = keys(ui, &response, &chart, &mut screen.map.cursor)
        .or(hovered.filter(|_| response.clicked_by(egui::PointerButton::Primary)));
    if let Some(spot) = asked.and_then(|number| chart.spots.get(number)) {
        screen.browser.load(spot.preset, hands, screen.half.desk());
    }
    let shown = hovered.or(screen.map.cursor.filter(|_| response.has_focus()));
    let painter = ui.painter().with_clip_rect(field);
    painter.rect_filled(field, 6.0, ui.colours().well);
    let look = Look { loaded: hands.params.kept.preset.id(), shown: shown.and_then(|number| chart.spots.get(number)) };
    chart.spots.iter().for_each(|spot| cell(&painter, field, &chart, spot, &look));
    for voice in screen.scene.voices() {
        if let Some(place) = chart.place(&voice.latents) {
            super::pad::dot(&painter, field, upwards(place), voice.is_held);
        }
    }
    if let Some(place) = place {
        thumb(&painter, super::pad::at(field, upwards(place)));
    }
    ring(ui, &response, field.shrink(4.0), 6);
    let said = look.shown.map_or_else(|| rest(screen, &chart), |spot| format!("{} \u{b7} {}", spot.name, spot.family));
    let caption = area.with_min_y(field.bottom() + 6.0);
    super::text(ui, caption, &said, Align::Min, theme::small(), ui.colours().muted);
    let name = look.shown.map(|spot| spot.name.to_string());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Grid, true, "Map of presets");
        info.current_text_value.clone_from(&name);
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(said));
    if let Some(name) = name.filter(|_| hovered.is_some()) {
        response.on_hover_text_at_pointer(name);
    }
}

/// How the cells look.
struct Look<'a> {
    loaded: Option<PresetId>,
    /// What the pointer or the keys are at.
    shown: Option<&'a Spot>,
}

/// What is said where no preset is pointed at.
fn rest(screen: &Screen, chart: &Chart) -> String {
    match screen.browser.trouble() {
        Some(trouble) => trouble.to_owned(),
        None if screen.map.seen == 0 => "Presets are being read".to_owned(),
        None if chart.spots.is_empty() => "No preset of this model is here yet".to_owned(),
        None => KEYS.to_owned(),
    }
}

/// The map's rows go down, the pad's values up.
fn upwards([x, y]: [f32; 2]) -> [f32; 2] {
    [x, 1.0 - y]
}

fn area_of(chart: &Chart, field: Rect, spot: &Spot) -> Rect {
    let size = vec2(field.width() / chart.columns as f32, field.height() / chart.rows as f32);
    let corner = field.min + vec2(spot.cell[0] as f32 * size.x, spot.cell[1] as f32 * size.y);
    Rect::from_min_size(corner, size)
}

fn spot_at(chart: &Chart, field: Rect, at: Pos2) -> Option<usize> {
    chart.spots.iter().position(|spot| area_of(chart, field, spot).contains(at))
}

/// As much of its name as fits; what is loaded is framed and has a corner, what is pointed at is framed, with its family
/// in bright.
fn cell(painter: &Painter, field: Rect, chart: &Chart, spot: &Spot, look: &Look) {
    let (area, colours) = (area_of(chart, field, spot).shrink(1.0), painter.colours());
    let is_shown = look.shown.is_some_and(|shown| shown.preset == spot.preset);
    let is_kin = look.shown.is_some_and(|shown| shown.family == spot.family);
    painter.rect_filled(area, 3.0, if is_kin { colours.line } else { colours.panel });
    let ink = if is_kin { colours.text } else { colours.muted };
    write(painter, area, &spot.name, ink);
    if look.loaded == Some(spot.preset) {
        painter.rect_stroke(area, 3.0, Stroke::new(2.0, colours.accent), StrokeKind::Inside);
        let side = (area.height() * 0.4).min(7.0);
        let corner = [area.right_top(), area.right_top() - vec2(side, 0.0), area.right_top() + vec2(0.0, side)];
        painter.add(Shape::convex_polygon(corner.to_vec(), colours.accent, Stroke::NONE));
    } else if is_shown {
        painter.rect_stroke(area, 3.0, Stroke::new(1.5, colours.text), StrokeKind::Inside);
    }
}

/// As much of a name as fits, in as many lines as there is room for.
fn write(painter: &Painter, area: Rect, name: &str, ink: Color32) {
    let size = (area.height() / 2.0).clamp(FONT.0, FONT.1);
    let (font, room) = (FontId::proportional(size), (area.height() / (LINE * size)).max(1.0) as usize);
    let lines = painter.fonts_mut(|fonts| lines(name, room, area.width(), |letter| fonts.glyph_width(&font, letter)));
    let top = area.center().y - LINE * size * (lines.len() as f32 - 1.0) / 2.0;
    for (number, line) in lines.into_iter().enumerate() {
        let at = pos2(area.center().x, top + LINE * size * number as f32);
        painter.text(at, Align2::CENTER_CENTER, line, font.clone(), ink);
    }
}

/// A name's words in so many lines that are no wider than this. Of a word that is wider its beginning is there.
fn lines(name: &str, room: usize, width: f32, mut letter_width: impl FnMut(char) -> f32) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), name);
    while !rest.is_empty() && lines.len() < room {
        let mut left = width;
        let is_too_wide = |&(_, letter): &(usize, char)| {
            left -= letter_width(letter);
            left < 0.0
        };
        let fitting = rest.char_indices().find(is_too_wide).map_or(rest.len(), |(end, _)| end);
        let is_whole = rest[fitting..].is_empty() || rest[fitting..].starts_with(' ');
        let line = if is_whole { None } else { rest[..fitting].rsplit_once(' ').map(|(words, _)| words) };
        let line = line.unwrap_or(&rest[..fitting]);
        lines.extend((!line.is_empty()).then_some(line));
        rest = rest[line.len()..].split_once(' ').map_or("", |(_, after)| after);
    }
    lines
}

/// Where the sound is.
fn thumb(painter: &Painter, at: Pos2) {
    let colours = painter.colours();
    painter.circle(at, 7.0, colours.accent, Stroke::new(1.0, colours.ground));
    painter.circle_filled(at, 2.5, colours.ground);
}

/// With the keyboard's focus arrows go from preset to preset, Enter loads; the preset that is to be loaded.
fn keys(ui: &Ui, response: &Response, chart: &Chart, cursor: &mut Option<usize>) -> Option<usize> {
    if !response.has_focus() {
        return None;
    }
    edit::hold_arrows(ui, response);
    let arrows =
        [(Key::ArrowRight, [1, 0]), (Key::ArrowLeft, [-1, 0]), (Key::ArrowDown, [0, 1]), (Key::ArrowUp, [0, -1])];
    for (_, direction) in arrows.into_iter().filter(|(key, _)| ui.input(|input| input.key_pressed(*key))) {
        *cursor = match *cursor {
            Some(from) => chart.next(from, direction).or(Some(from)),
            None => (!chart.spots.is_empty()).then_some(0),
        };
    }
    cursor.filter(|_| ui.input(|input| input.key_pressed(Key::Enter)))
}

/// The switch between map and pad, as two tabs in the title's place; which of them is chosen.
pub(super) fn switch(ui: &Ui, inside: Rect, is_map: &mut bool) {
    let line = super::title_line(inside);
    for (place, (name, shows_map)) in [("Map", true), ("XY Pad", false)].into_iter().enumerate() {
        let left = line.left() + place as f32 * 48.0;
        let area = Rect::from_min_max(pos2(left, line.top()), pos2(left + [36.0, 52.0][place], line.bottom()));
        let response = ui.interact(area, ui.scope_id().with(("switch", name)), Sense::click());
        let is_chosen = *is_map == shows_map;
        let colour = if is_chosen || response.hovered() { ui.colours().text } else { ui.colours().muted };
        super::text(ui, area, name, Align::Min, theme::title(), colour);
        if is_chosen {
            let under = area.with_min_y(area.bottom() - 1.0).with_max_y(area.bottom() + 1.0);
            ui.painter().rect_filled(under.with_max_x(under.right() - 6.0), 1.0, ui.colours().accent);
        }
        ring(ui, &response, area, 4);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_chosen, name));
        if response.clicked() {
            *is_map = shows_map;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_name_is_broken_between_words_and_of_a_long_word_the_beginning_is_shown() {
        let check = |name, room, letters: f32, expected: &[&str]| {
            assert_eq!(lines(name, room, letters, |_| 1.0), expected, "{name} in {room} lines of {letters} letters");
        };
        check("Night Growl", 1, 16.0, &["Night Growl"]);
        check("Night Growl", 3, 10.0, &["Night", "Growl"]);
        check("Sun and Sea", 3, 7.0, &["Sun and", "Sea"]);
        check("Bone Xylophone", 3, 6.0, &["Bone", "Xyloph"]);
        check("Harmonium Hymn", 3, 5.0, &["Harmo", "Hymn"]);
        check("Celesta Snow", 1, 2.0, &["Ce"]);
        check("Šedý Žár", 2, 3.0, &["Šed", "Žár"]);
        check("Night", 2, 0.5, &[]);
        check("", 2, 9.0, &[]);
    }
}
