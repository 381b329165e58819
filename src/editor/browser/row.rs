//! One row of the list: heart, name, bank and tags, the reason why it stands there, and what its licence asks for.

use egui::accesskit::Role;
use egui::{Align, Button, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use super::super::theme;
use super::super::theme::Themed as _;
use super::stars;
use crate::browser::library::{Entry, Permission};

/// Height of a row.
pub(super) const HEIGHT: f32 = 28.0;
const HEART: f32 = 26.0;
/// Width of the name, and of bank and tags, in parts of the row.
pub(super) const PARTS: [f32; 2] = [0.29, 0.22];
/// Width of a badge, and of the word beside it.
const BADGE: f32 = 16.0;
const WORD: f32 = 40.0;
const ANOTHER: f32 = 74.0;
/// Width of the bar that marks what is selected, and of the wedge before the name of what plays.
const BAR: f32 = 3.0;
const PLAYS: f32 = 12.0;

/// What is shown of a preset beside what stands in its file.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) is_selected: bool,
    pub(super) is_playing: bool,
    /// It was made for the user, and is not saved.
    pub(super) is_made: bool,
    pub(super) has_heart: bool,
    pub(super) stars: u8,
    /// Why it stands there; where rows are sorted by what they say, who made it instead.
    pub(super) reason: Option<&'a str>,
}

/// What the pointer did to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Try,
    Take,
    Heart,
    /// Another sound is to be made in place of this one.
    Another,
}

/// The scroll offset at which a row stands in the middle of the list.
pub(super) fn centred(place: usize, height: f32) -> f32 {
    ((place as f32 + 0.5) * HEIGHT - height / 2.0).max(0.0)
}

/// Draws a row; what the pointer did to it.
pub(super) fn draw(ui: &mut Ui, entry: &Entry, look: Look) -> Option<Touch> {
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let fill = match (look.is_selected, response.hovered()) {
        (true, _) => Some(theme::chosen(ui.colours())),
        (false, true) => Some(ui.colours().well),
        (false, false) => None,
    };
    let back = area.shrink2(vec2(0.0, 1.0));
    if let Some(fill) = fill {
        ui.painter().rect_filled(back, 5.0, fill);
    }
    if look.is_selected {
        ui.painter().rect_filled(back.with_max_x(back.left() + BAR), 1.5, ui.colours().accent);
    }
    let colour = match (look.has_heart, response.hovered() || look.is_selected) {
        (true, _) => ui.colours().alert,
        (false, true) => ui.colours().text,
        (false, false) => ui.colours().muted.gamma_multiply(0.6),
    };
    stars::heart(ui.painter(), area.left_center() + vec2(HEART / 2.0, 0.0), look.has_heart, colour);
    let right = if look.is_made { area.right() - ANOTHER } else { area.right() };
    texts(ui, area.with_max_x(right), entry, look);
    let another = look.is_made && another(ui, area.with_min_x(right).shrink2(vec2(4.0, 3.0)));
    let (name, card) = (&entry.card().name, entry.card());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, look.is_selected, &**name));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(in_words(entry, look)));
    let at = response.interact_pointer_pos();
    let touch = match at {
        _ if another => Some(Touch::Another),
        Some(at) if response.clicked() && at.x < area.left() + HEART => Some(Touch::Heart),
        _ if response.double_clicked() => Some(Touch::Take),
        _ if response.clicked() => Some(Touch::Try),
        _ => None,
    };
    if !card.description.is_empty() {
        response.on_hover_text(&*card.description);
    }
    touch
}

/// What its marks say, for those who do not see them.
fn in_words(entry: &Entry, look: Look) -> String {
    let mut words = vec![entry.card().permission.name().to_owned()];
    words.extend(look.is_playing.then(|| "loaded".to_owned()));
    words.extend(look.has_heart.then(|| "favourite".to_owned()));
    words.extend((look.stars > 0).then(|| format!("{} of 5 stars", look.stars)));
    words.extend(look.reason.filter(|reason| !reason.is_empty()).map(str::to_owned));
    words.join(", ")
}

/// The button of the row that was made; whether it was pressed.
fn another(ui: &mut Ui, area: Rect) -> bool {
    ui.put(area, Button::new("Another")).on_hover_text("Makes another sound of those that you kept (M)").clicked()
}

/// What is beside the heart.
pub(super) fn inside(area: Rect) -> Rect {
    Rect::from_min_max(area.min + vec2(HEART, 0.0), area.max - vec2(8.0, 0.0))
}

fn texts(ui: &Ui, area: Rect, entry: &Entry, look: Look) {
    let card = entry.card();
    let inside = inside(area);
    let [name, about] = PARTS.map(|part| part * inside.width());
    let column = |left: f32, width: f32| Rect::from_min_size(inside.min + vec2(left, 0.0), vec2(width - 12.0, HEIGHT));
    let (colour, aside) = if look.is_playing { (ui.colours().accent, PLAYS) } else { (ui.colours().text, 0.0) };
    if look.is_playing {
        let at = inside.left_center();
        let wedge = [vec2(0.0, -4.0), vec2(7.0, 0.0), vec2(0.0, 4.0)].map(|offset| at + offset);
        ui.painter().add(Shape::convex_polygon(wedge.to_vec(), colour, Stroke::NONE));
    }
    super::super::text(ui, column(aside, name - aside), &card.name, Align::Min, theme::body(), colour);
    let words: Vec<&str> =
        std::iter::once(entry.places[0].family()).chain(card.tags.iter().map(|tag| &**tag)).collect();
    super::super::text(ui, column(name, about), &words.join(" \u{b7} "), Align::Min, theme::small(), ui.colours().text);
    // What may be done freely needs no word in each row; the details have it.
    let word = match card.permission {
        Permission::Free => "",
        Permission::Credit => "credit",
        Permission::Ask => "ask",
    };
    let badge = inside.with_min_x(inside.right() - BADGE - if word.is_empty() { 0.0 } else { WORD });
    let rated = f32::from(look.stars) * stars::STAR;
    let reason = column(name + about, badge.left() - inside.left() - name - about - rated);
    super::super::text(ui, reason, look.reason.unwrap_or(&card.author), Align::Min, theme::small(), ui.colours().muted);
    stars::row(ui.painter(), badge.left_center() - vec2(rated + 4.0, 0.0), look.stars, ui.colours().accent);
    stars::badge(ui, badge.left_center() + vec2(6.0, 0.0), card.permission);
    super::super::text(
        ui,
        badge.with_min_x(badge.left() + BADGE),
        word,
        Align::Min,
        theme::small(),
        ui.colours().muted,
    );
}
