//! The on-screen keyboard: five octaves, louder towards the front edge of a key, gliding from key to key. With the
//! keyboard's focus arrows choose a key, and Enter or Space plays it while it is held.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, Key as Stroked, Painter, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Theme, Ui, WidgetInfo,
    pos2, vec2,
};

use super::edit::{hold_arrows, ring};
use super::theme::Themed as _;
use super::{Screen, theme};
use crate::bridge::Key;
use crate::synth::scene::VoiceView;

/// Lowest key: C2.
const FIRST: u8 = 36;
/// Highest key: C7.
const LAST: u8 = 96;
const BLACK_WIDTH: f32 = 0.62;
const BLACK_HEIGHT: f32 = 0.6;
/// Height of the mark on the key that the arrows have chosen.
const CURSOR: f32 = 18.0;
/// Velocities of the back and the front edge.
const VELOCITY: (f32, f32) = (0.35, 1.0);
/// Velocity of a key that is played by the computer's keyboard.
const TYPED: f32 = 0.75;
/// The key that the arrows start from: C4.
pub(super) const MIDDLE: u8 = 60;

const IVORY: Color32 = Color32::from_rgb(0xd9, 0xdd, 0xe2);
const EBONY: Color32 = Color32::from_rgb(0x20, 0x25, 0x2c);

pub(super) fn draw(ui: &Ui, screen: &mut Screen) {
    let board = ui.max_rect();
    let response = ui.interact(board, ui.scope_id().with("keys"), Sense::click_and_drag());
    let pointer = response.is_pointer_button_down_on().then(|| response.interact_pointer_pos()).flatten();
    let typed = typed(ui, &response, &mut screen.key_cursor);
    press(screen, pointer.and_then(|pointer| key_at(board, pointer)).or(typed));
    let cursor = response.has_focus().then_some(screen.key_cursor);
    let label = cursor.map_or_else(|| "Keyboard".to_owned(), |key| format!("Keyboard, at {}", name(key)));
    let voices = screen.scene.voices();
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, &label));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(in_words(voices));
        node.set_description("Arrows choose a key, Enter or Space plays it while it is held");
    });
    paint(ui.painter(), board, screen.held_key, voices);
    if let Some(key) = cursor {
        let front = area(board, key).with_min_y(area(board, key).bottom() - CURSOR).shrink(3.0);
        ui.painter().rect(front, 3.0, ui.colours().accent, Stroke::new(1.5, EBONY), StrokeKind::Inside);
    }
    ring(ui, &response, board.shrink(2.0), 5);
}

/// With the focus: arrows go a semitone or an octave, Home and End to the ends; the key that is held down, if it is.
fn typed(ui: &Ui, response: &Response, cursor: &mut u8) -> Option<(u8, f32)> {
    if !response.has_focus() {
        return None;
    }
    hold_arrows(ui, response);
    ui.input(|input| {
        let presses = |key| input.num_presses(key) as i32;
        let semitones = presses(Stroked::ArrowRight) - presses(Stroked::ArrowLeft);
        let octaves = presses(Stroked::ArrowUp) - presses(Stroked::ArrowDown);
        let moved = i32::from(*cursor) + semitones + 12 * octaves;
        *cursor = match () {
            () if input.key_pressed(Stroked::Home) => FIRST,
            () if input.key_pressed(Stroked::End) => LAST,
            () => moved.clamp(i32::from(FIRST), i32::from(LAST)) as u8,
        };
        let is_held = input.key_down(Stroked::Enter) || input.key_down(Stroked::Space);
        is_held.then_some((*cursor, TYPED))
    })
}

fn press(screen: &mut Screen, pressed: Option<(u8, f32)>) {
    if pressed.map(|(key, _)| key) == screen.held_key {
        return;
    }
    if let Some(key) = screen.held_key.take() {
        screen.half.play(Key::Up { key });
    }
    if let Some((key, velocity)) = pressed {
        screen.half.play(Key::Down { key, velocity });
        screen.held_key = Some(key);
    }
}

/// The key under the pointer and the velocity of that place; black keys lie above white ones.
fn key_at(board: Rect, pointer: Pos2) -> Option<(u8, f32)> {
    let hit = |black: bool| (FIRST..=LAST).find(|&key| is_black(key) == black && area(board, key).contains(pointer));
    let key = hit(true).or_else(|| hit(false))?;
    let area = area(board, key);
    let depth = (pointer.y - area.top()) / area.height();
    Some((key, VELOCITY.0 + depth * (VELOCITY.1 - VELOCITY.0)))
}

/// A key's name, such as `F#3`; the middle C is `C4`.
pub(super) fn name(key: u8) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    format!("{}{}", NAMES[usize::from(key % 12)], i32::from(key / 12) - 1)
}

const fn is_black(key: u8) -> bool {
    matches!(key % 12, 1 | 3 | 6 | 8 | 10)
}

/// White keys below `key`, counted from the lowest.
fn whites_below(key: u8) -> usize {
    (FIRST..key).filter(|&key| !is_black(key)).count()
}

fn area(board: Rect, key: u8) -> Rect {
    let white = board.width() / whites_below(LAST + 1) as f32;
    let left = board.left() + whites_below(key) as f32 * white;
    if is_black(key) {
        let size = vec2(BLACK_WIDTH * white, BLACK_HEIGHT * board.height());
        Rect::from_min_size(pos2(left - size.x / 2.0, board.top()), size)
    } else {
        Rect::from_min_size(pos2(left, board.top()), vec2(white, board.height()))
    }
}

/// The keys that sound, by name.
fn in_words(voices: &[VoiceView]) -> String {
    let mut keys: Vec<u8> = voices.iter().map(|voice| voice.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(name).collect::<Vec<_>>().join(" ")
}

/// What sounds on a key: filled up as far as it was hit hard, an outline of that when it dies away, and the finger, if it
/// moves there.
fn light(painter: &Painter, board: Rect, voice: &VoiceView) {
    let area = area(board, voice.key).shrink2(vec2(0.75, 0.0));
    let height = area.height() * voice.velocity.clamp(0.1, 1.0);
    let (lit, colour) = (area.with_min_y(area.bottom() - height), painter.colours().sound);
    if voice.is_held {
        painter.rect_filled(lit, 3.0, colour);
    } else {
        painter.rect_stroke(lit, 3.0, Stroke::new(2.5, colour), StrokeKind::Inside);
    }
    finger(painter, board, voice);
}

/// The finger of a note that is bent, pressed or slid: aside by the bend, a semitone by as much as keys are apart, further
/// up the brighter it makes the note, larger the harder it presses.
fn finger(painter: &Painter, board: Rect, voice: &VoiceView) {
    /// Deviations that are seen.
    const BENT: f32 = 0.02;
    const EXPRESSED: f32 = 0.01;
    if voice.bend.abs() <= BENT && voice.pressure <= EXPRESSED && voice.timbre.abs() <= EXPRESSED {
        return;
    }
    let area = area(board, voice.key);
    let semitone = board.width() / f32::from(LAST - FIRST + 1);
    // Above the name of a white key.
    let rest = area.bottom() - if is_black(voice.key) { 26.0 } else { 42.0 };
    let radius = 4.0 + 4.0 * voice.pressure;
    let at = pos2(area.center().x + voice.bend * semitone, rest - 16.0 * voice.timbre);
    let at = pos2(at.x.clamp(board.left() + radius, board.right() - radius), at.y);
    painter.circle(at, radius, painter.colours().sound, Stroke::new(1.5, EBONY));
}

/// White keys first: the black ones lie above them, and so does what sounds on them.
fn paint(painter: &Painter, board: Rect, held: Option<u8>, voices: &[VoiceView]) {
    let colour = |key: u8, resting: Color32| if held == Some(key) { painter.colours().accent } else { resting };
    for is_of_black in [false, true] {
        let resting = if is_of_black { EBONY } else { ivory(painter) };
        for key in (FIRST..=LAST).filter(|&key| is_black(key) == is_of_black) {
            painter.rect_filled(area(board, key).shrink2(vec2(0.75, 0.0)), 3.0, colour(key, resting));
        }
        let here = |voice: &&VoiceView| is_black(voice.key) == is_of_black && (FIRST..=LAST).contains(&voice.key);
        voices.iter().filter(here).for_each(|voice| light(painter, board, voice));
        if !is_of_black {
            names(painter, board, voices);
        }
    }
}

/// Of a white key at rest: it stands out from what is behind it in daylight too.
fn ivory(painter: &Painter) -> Color32 {
    match painter.ctx().theme() {
        Theme::Dark => IVORY,
        Theme::Light => Color32::WHITE,
    }
}

/// The names of the octaves, on keys that are lit in what can be read there.
fn names(painter: &Painter, board: Rect, voices: &[VoiceView]) {
    for key in (FIRST..=LAST).filter(|key| key % 12 == 0) {
        let at = area(board, key).center_bottom() - vec2(0.0, 4.0);
        let is_lit = voices.iter().any(|voice| voice.key == key && voice.is_held);
        let ink = if is_lit { painter.colours().panel } else { EBONY };
        painter.text(at, Align2::CENTER_BOTTOM, name(key), theme::small(), ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_at_its_own_place() {
        let board = Rect::from_min_size(pos2(10.0, 20.0), vec2(960.0, 90.0));
        for key in FIRST..=LAST {
            let bottom = area(board, key).center_bottom() - vec2(0.0, 1.0);
            assert_eq!(key_at(board, bottom).map(|(key, _)| key), Some(key));
        }
        assert_eq!(key_at(board, pos2(0.0, 0.0)), None);
    }

    #[test]
    fn the_front_of_a_key_is_louder_than_its_back() {
        let board = Rect::from_min_size(pos2(0.0, 0.0), vec2(960.0, 90.0));
        let key = area(board, 61);
        let (_, back) = key_at(board, key.center_top() + vec2(0.0, 1.0)).unwrap();
        let (_, front) = key_at(board, key.center_bottom() - vec2(0.0, 1.0)).unwrap();
        assert!(back < front && (0.0..=1.0).contains(&back) && (0.0..=1.0).contains(&front));
    }
}
