//! The course of a note's level as the envelope's knobs set it: rise, fall, hold, release.

use egui::{Painter, Pos2, Rect, Shape, Stroke, pos2};

use super::Hands;
use super::theme::Themed as _;
use crate::synth::controls::Control;

/// Parts of the width that attack, decay and release take at their longest; the rest is held.
const LONGEST: [f32; 3] = [0.28, 0.28, 0.28];
/// Points of each curved part.
const POINTS: usize = 24;
/// What a released note falls by within its release time, in dB.
const RELEASE_DB: f32 = -60.0;

/// Draws the curve into `area`. Widths go with the knobs and not with seconds, so that short times are seen beside long
/// ones.
pub(super) fn draw(painter: &Painter, area: Rect, hands: &Hands) {
    let colours = painter.colours();
    let line =
        course(hands).into_iter().map(|[x, y]| pos2(area.left() + x * area.width(), area.bottom() - y * area.height()));
    painter.hline(area.x_range(), area.bottom(), Stroke::new(0.75, colours.line));
    painter.add(Shape::line(line.collect::<Vec<Pos2>>(), Stroke::new(1.5, colours.accent)));
}

/// Corners of the curve: time and level, each 0..1.
fn course(hands: &Hands) -> Vec<[f32; 2]> {
    let width = |stage: usize, control| LONGEST[stage] * hands.normalised(control);
    let [attack, decay, release] = [width(0, Control::ATTACK), width(1, Control::DECAY), width(2, Control::RELEASE)];
    let set = |control| hands.params.unmodulated(control);
    let is_off = set(Control::SUSTAIN) <= Control::SUSTAIN.spec().min;
    let sustain = if is_off { 4.0 * RELEASE_DB } else { set(Control::SUSTAIN) };
    let is_models = set(Control::RELEASE) >= Control::RELEASE.spec().max;
    let fall = if is_models { 0.0 } else { RELEASE_DB };
    let mut course = vec![[0.0, 0.0], [attack, 1.0]];
    course.extend(curve(attack, decay, 0.0, sustain));
    let held = 1.0 - LONGEST[2];
    course.push([held, level(sustain)]);
    course.extend(curve(held, release, sustain, sustain + fall));
    course
}

/// A straight fall in dB, from a time on and over so much of the width.
fn curve(from: f32, width: f32, start_db: f32, end_db: f32) -> impl Iterator<Item = [f32; 2]> {
    (1..=POINTS).map(move |point| {
        let part = point as f32 / POINTS as f32;
        [from + width * part, level(start_db + (end_db - start_db) * part)]
    })
}

fn level(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}
