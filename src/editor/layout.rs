//! Where everything is. What a larger window adds goes to the latents, the pad and the keyboard.

use egui::{Rect, pos2, vec2};

use super::theme::GAP;

const HEADER: f32 = 44.0;
const KNOBS: f32 = 218.0;
const KEYBOARD_SHARE: f32 = 0.13;
const STATUS: f32 = 22.0;
/// Parts of the width that latents, pad and spectrum have.
const SHARES: [f32; 3] = [0.385, 0.345, 0.27];
/// Parts that envelope, tone, voice and pitch have: as much as the names under their knobs need in the smallest window.
const KNOBS_SHARES: [f32; 3] = [0.298, 0.363, 0.339];

/// The window's areas.
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) latents: Rect,
    pub(super) pad: Rect,
    pub(super) spectrum: Rect,
    /// Envelope, tone, voice and pitch.
    pub(super) pages: [Rect; 3],
    pub(super) keyboard: Rect,
    pub(super) status: Rect,
}

impl Areas {
    /// All between header and keyboard, for the list of presets.
    pub(super) fn middle(&self) -> Rect {
        self.latents.union(self.pages[2])
    }
}

pub(super) fn areas(window: Rect) -> Areas {
    let inner = window.shrink(GAP);
    let row = |top: f32, height: f32| Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), height));
    let keyboard_height = (inner.height() * KEYBOARD_SHARE).max(72.0);
    let fixed = HEADER + KNOBS + keyboard_height + STATUS + 4.0 * GAP;
    let play_height = (inner.height() - fixed).max(120.0);
    let header = row(inner.top(), HEADER);
    let play = row(header.bottom() + GAP, play_height);
    let knobs = row(play.bottom() + GAP, KNOBS);
    let keyboard = row(knobs.bottom() + GAP, keyboard_height);
    let status = row(keyboard.bottom() + GAP, STATUS);
    let [latents, pad, spectrum] = columns(play, SHARES);
    Areas { header, latents, pad, spectrum, pages: columns(knobs, KNOBS_SHARES), keyboard, status }
}

/// Three panels side by side whose widths go with `parts`.
fn columns(row: Rect, parts: [f32; 3]) -> [Rect; 3] {
    let unit = (row.width() - 2.0 * GAP) / parts.iter().sum::<f32>();
    let mut left = row.left();
    parts.map(|part| {
        let panel = Rect::from_min_size(pos2(left, row.top()), vec2(part * unit, row.height()));
        left = panel.right() + GAP;
        panel
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{WINDOW_MAX, WINDOW_MIN};

    #[test]
    fn nothing_overlaps_or_leaves_the_window_at_any_size() {
        for [width, height] in [WINDOW_MIN, [1_000, 800], WINDOW_MAX] {
            let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(width as f32, height as f32));
            let all = areas(window);
            let [envelope, tone, voice] = all.pages;
            let areas =
                [all.header, all.latents, all.pad, all.spectrum, envelope, tone, voice, all.keyboard, all.status];
            for (index, area) in areas.iter().enumerate() {
                assert!(window.expand(0.01).contains_rect(*area), "area {index} of {width} x {height}: {area}");
                let clear = |other: &Rect| !other.shrink(0.01).intersects(*area);
                assert!(areas.iter().skip(index + 1).all(clear), "area {index} of {width} x {height}");
            }
        }
    }
}
