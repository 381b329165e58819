//! The latents as named sliders, eight above eight in two columns.

use egui::{Align, Painter, Rect, Sense, Ui, pos2, vec2};

use super::edit::{Grip, edit, ring};
use super::readout::readout;
use super::theme::Themed as _;
use super::{Hands, Screen, model, theme, tips};
use crate::model::latent::LATENTS;
use crate::synth::controls::Control;

const ROWS: usize = LATENTS / 2;
const MODEL: f32 = 220.0;
const READOUT: f32 = 50.0;
const TRACK: f32 = 6.0;
const THUMB: f32 = 7.0;

pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let inside = super::panel(ui, "Latents");
    let title = super::title_line(inside);
    let menu = title.with_min_x(title.right() - MODEL);
    model::choose(ui, menu, hands, screen);
    let row_height = inside.height() / ROWS as f32;
    let column_width = (inside.width() - 2.0 * theme::INSET) / 2.0;
    for index in 0..LATENTS {
        let (column, row) = (index / ROWS, index % ROWS);
        let left = inside.left() + column as f32 * (column_width + 2.0 * theme::INSET);
        let top = inside.top() + row as f32 * row_height;
        let area = Rect::from_min_size(pos2(left, top), vec2(column_width, row_height));
        slider(ui, area, hands, screen, index);
    }
}

fn slider(ui: &mut Ui, area: Rect, hands: &Hands, screen: &mut Screen, index: usize) {
    let control = Control::latent(index);
    let name = screen.names[index].clone();
    let (text, track) = parts(area);
    let label = text.with_max_x(text.right() - READOUT);
    super::squeezed(ui, label, &name, Align::Min, theme::body(), ui.colours().text);
    readout(ui, text.with_min_x(label.right()), hands, screen, control, &name, Align::Max);

    let response =
        ui.interact(track.expand2(vec2(0.0, 7.0)), ui.scope_id().with(("slider", control)), Sense::click_and_drag());
    let (left, width) = (track.left() + THUMB, track.width() - 2.0 * THUMB);
    let grip = Grip::Absolute(&|pointer| (pointer.x - left) / width, &|delta| delta.x / width);
    let value = edit(ui, &response, hands, screen, control, &name, &grip);
    let modulated = control.spec().normalise(hands.params.plain(control));
    let lit = response.hovered() || response.dragged() || response.has_focus();
    paint(ui.painter(), track, left + value * width, left + modulated * width, lit);
    ring(ui, &response, track.expand2(vec2(0.0, 4.0)), 8);
    tips::tip(response, hands, control, &name);
}

/// The name's and value's line, and the track under it, both centred in a row however high.
fn parts(area: Rect) -> (Rect, Rect) {
    let middle = area.center().y;
    let text = Rect::from_min_max(pos2(area.left(), middle - 18.0), pos2(area.right(), middle + 2.0));
    let track = Rect::from_min_size(pos2(area.left(), middle + 6.0), vec2(area.width(), TRACK));
    (text, track)
}

/// The fill grows from the middle, which is the model's centre.
fn paint(painter: &Painter, track: Rect, thumb_x: f32, modulated_x: f32, lit: bool) {
    let y = track.center().y;
    painter.rect_filled(track, TRACK / 2.0, painter.colours().well);
    let centre = track.center().x;
    let fill = Rect::from_x_y_ranges(centre.min(thumb_x)..=centre.max(thumb_x), track.y_range());
    painter.rect_filled(fill, 0.0, painter.colours().accent.gamma_multiply(0.75));
    painter.rect_filled(Rect::from_center_size(track.center(), vec2(2.0, TRACK + 4.0)), 0.0, painter.colours().muted);
    if (modulated_x - thumb_x).abs() > 0.5 {
        painter.circle_filled(pos2(modulated_x, y), 3.5, painter.colours().sound);
    }
    let radius = if lit { THUMB + 1.0 } else { THUMB };
    painter.circle_filled(
        pos2(thumb_x, y),
        radius,
        if lit { painter.colours().accent } else { painter.colours().text },
    );
}
