//! What the presets have in common, each with how many there are: a click narrows the list to it. What was chosen stands
//! as chips above the list.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2};

use super::super::theme::{self, Themed as _};
use super::filter::{Choice, title};
use super::{Browser, Focus};
use crate::browser::library::{Facet, Permission};

/// In the order in which they stand there.
const ORDER: [Facet; 5] = [Facet::Bank, Facet::Category, Facet::Tag, Facet::Author, Facet::Permission];
const LINE: f32 = 22.0;
const HEAD: f32 = 28.0;
const BOX: f32 = 12.0;
/// Width of a count.
const COUNT: f32 = 44.0;
/// Values of a facet before the rest is asked for, and with it: more are found faster by searching.
const FEW: usize = 8;
const MANY: usize = 200;

/// What the list of facets remembers.
#[derive(Default)]
pub(super) struct Folds {
    /// All values of these are listed.
    unfolded: BTreeSet<Facet>,
}

/// What was clicked.
enum Touch {
    Choose(Choice),
    Unfold(Facet),
}

/// Draws the list of facets.
pub(super) fn draw(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    let mut touch = None;
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("facets"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for facet in ORDER {
                touch = section(ui, facet, browser).or(touch.take());
            }
            touch = marks(ui, browser).or(touch.take());
        });
    });
    match touch {
        Some(Touch::Choose(choice)) => {
            browser.choose(&choice);
            // Who walks by keys goes on choosing.
            if ui.input(|input| input.pointer.primary_clicked()) {
                browser.wants = Some(Focus::List);
            }
        }
        Some(Touch::Unfold(facet)) if !browser.folds.unfolded.remove(&facet) => {
            browser.folds.unfolded.insert(facet);
        }
        Some(Touch::Unfold(_)) | None => {}
    }
}

fn section(ui: &mut Ui, facet: Facet, browser: &Browser) -> Option<Touch> {
    let counts = browser.view.facets.of(facet);
    if counts.is_empty() {
        return None;
    }
    head(ui, title(facet));
    let mut touch = None;
    if facet == Facet::Permission {
        let may_export = |name: &str| Permission::ALL.iter().any(|one| one.name() == name && one.may_export());
        let safe = counts.iter().filter(|count| may_export(&count.name)).map(|count| count.presets).sum();
        touch = value(ui, Choice::SafeToExport, Some(safe), browser);
    }
    let is_unfolded = browser.folds.unfolded.contains(&facet);
    let most = if is_unfolded { MANY } else { FEW };
    for count in counts.iter().take(most) {
        touch = value(ui, Choice::Value(facet, Arc::clone(&count.name)), Some(count.presets), browser).or(touch);
    }
    if counts.len() > FEW {
        let name = match (is_unfolded, counts.len()) {
            (true, _) => "fewer".to_owned(),
            (false, all) => format!("{} more", all.min(MANY) - FEW),
        };
        let (area, response) = line(ui, &format!("more {}", facet.name()));
        let inside = area.with_min_x(area.left() + BOX + 8.0);
        super::super::text(ui, inside, &name, Align::Min, theme::small(), ui.colours().accent);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {name}", title(facet))));
        touch = response.clicked().then_some(Touch::Unfold(facet)).or(touch);
    }
    touch
}

/// What the user has said of presets.
fn marks(ui: &mut Ui, browser: &Browser) -> Option<Touch> {
    head(ui, "Yours");
    let mut touch = None;
    for stars in [5, 4, 3, 1] {
        touch = value(ui, Choice::Stars(stars), None, browser).or(touch);
    }
    let hidden =
        browser.view.marks.iter().filter(|(id, marks)| marks.hidden && browser.view.library.entry(**id).is_some());
    value(ui, Choice::Hidden, Some(hidden.count() as u32), browser).or(touch)
}

fn head(ui: &mut Ui, name: &str) {
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    super::super::text(ui, area.with_min_y(area.top() + 6.0), name, Align::Min, theme::small(), ui.colours().muted);
}

/// A line that can be clicked, with the focus ring where it has the focus.
fn line(ui: &mut Ui, id: &str) -> (Rect, Response) {
    let (_, area) = ui.allocate_space(vec2(ui.available_width(), LINE));
    let response = ui.interact(area, ui.scope_id().with(id), Sense::click());
    let area = area.with_max_x(area.right() - 8.0);
    if response.hovered() {
        ui.painter().rect_filled(area, 4.0, ui.colours().well);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(area, 4.0, Stroke::new(1.5, ui.colours().accent), StrokeKind::Inside);
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    (area, response)
}

fn value(ui: &mut Ui, choice: Choice, count: Option<u32>, browser: &Browser) -> Option<Touch> {
    let is_chosen = browser.filter.has(&choice);
    let (area, response) = line(ui, &choice.full_name());
    check(ui, Rect::from_center_size(area.left_center() + vec2(4.0 + BOX / 2.0, 0.0), vec2(BOX, BOX)), is_chosen);
    let inside = area.with_min_x(area.left() + BOX + 10.0).with_max_x(area.right() - 4.0);
    let (words, number) = inside.split_left_right_at_x(inside.right() - if count.is_some() { COUNT } else { 0.0 });
    super::super::text(ui, words, &choice.name(), Align::Min, theme::small(), ui.colours().text);
    if let Some(count) = count {
        super::super::text(ui, number, &count.to_string(), Align::Max, theme::small(), ui.colours().muted);
    }
    let label = match count {
        Some(count) => format!("{}, {count}", choice.full_name()),
        None => choice.full_name(),
    };
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_chosen, &label));
    response.clicked().then_some(Touch::Choose(choice))
}

/// A box, with a tick where it is chosen.
fn check(ui: &Ui, area: Rect, is_chosen: bool) {
    let colours = ui.colours();
    if is_chosen {
        ui.painter().rect_filled(area, 3.0, colours.accent);
        let tick = [vec2(0.2, 0.5), vec2(0.42, 0.74), vec2(0.82, 0.26)].map(|part| area.lerp_inside(part));
        ui.painter().line(tick.to_vec(), Stroke::new(1.8, colours.panel));
    } else {
        ui.painter().rect_stroke(area, 3.0, Stroke::new(1.2, colours.muted), StrokeKind::Inside);
    }
}

/// Draws what is chosen as chips, each of which takes itself off, and what takes off all. How high they stand: nothing
/// where nothing is chosen.
pub(super) fn chips(ui: &mut Ui, area: Rect, browser: &mut Browser) -> f32 {
    let choices = browser.filter.choices();
    if choices.is_empty() {
        return 0.0;
    }
    let (mut off, mut clears) = (None, false);
    let drawn = ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("chips"), |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        ui.horizontal_wrapped(|ui| {
            clears = ui.button("Clear").on_hover_text("Takes off all that narrows the list").clicked();
            for choice in choices {
                let name = choice.full_name();
                let response = ui.button(format!("{name}  \u{d7}"));
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Take off {name}")));
                if response.clicked() {
                    off = Some(choice);
                }
            }
        });
    });
    if let Some(choice) = off {
        browser.choose(&choice);
        browser.wants = Some(Focus::List);
    }
    if clears {
        browser.filter.clear();
        browser.begin_anew();
        browser.wants = Some(Focus::List);
    }
    drawn.response.rect.height() + 6.0
}

impl Browser {
    /// Chooses something, or takes it off: another list then.
    pub(super) fn choose(&mut self, choice: &Choice) {
        self.filter.toggle(choice);
        self.begin_anew();
    }
}
