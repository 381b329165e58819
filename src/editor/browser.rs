//! The list of presets: a search box, shelves, facets, rows. Its keys are read in [`keys`]; what happens to the sound stands
//! in [`trial`], how it is saved in [`form`].

mod facets;
mod filter;
mod form;
pub(super) mod keys;
mod row;
mod selection;
mod trial;

use egui::{Align, Id, Rect, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use self::facets::Folds;
use self::filter::Filter;
use self::form::Form;
use self::selection::Picks;
use self::trial::Trial;
use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::bridge::{Desk, View, Wish};
use crate::browser::sitting::Shown;
use crate::browser::usage::{PresetId, Shelf};

const SEARCH: f32 = 250.0;
/// Width of the list of facets.
const FACETS: Share = Share { part: 0.19, least: 168.0, most: 230.0 };
const BAR: f32 = 30.0;
const FOOTER: f32 = 22.0;
const KEYS: &str = "Up and Down try, Enter keeps, Esc goes back, F heart, 1-5 stars, X not this, R random, C compare, Ctrl+Z undo, / search";

/// What the list remembers. Lives as long as the instance.
pub(super) struct Browser {
    open: bool,
    shelf: Shelf,
    filter: Filter,
    folds: Folds,
    /// Rises with each opening: the shelves are ranked anew.
    look: u64,
    /// Rises when another sound is to be made.
    another: u64,
    /// Another was asked for: it is selected as soon as it is there.
    awaits_made: bool,
    seen: u64,
    view: View,
    /// Several rows that the keys are about.
    picks: Picks,
    /// So many steps through the list are to be made as soon as it is there.
    turns: i32,
    /// The row that the keys are about.
    selected: Option<PresetId>,
    /// Where it stands, from 0, or stood when it was last there.
    place: usize,
    /// The row is to be brought into sight.
    reveal: bool,
    /// What is to have the keyboard's focus next.
    wants: Option<Focus>,
    /// Enter was pressed before the rows that it is about were there.
    enter: bool,
    /// What was just saved, to be selected as soon as it is listed.
    sought: Option<PresetId>,
    trial: Trial,
    form: Form,
}

/// What the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Search,
    List,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            open: false,
            shelf: Shelf::ForYou,
            filter: Filter::default(),
            folds: Folds::default(),
            look: 0,
            another: 0,
            awaits_made: false,
            seen: 0,
            view: View::default(),
            picks: Picks::default(),
            turns: 0,
            selected: None,
            place: 0,
            reveal: false,
            wants: None,
            enter: false,
            sought: None,
            trial: Trial::default(),
            form: Form::default(),
        }
    }
}

impl Browser {
    /// Whether it is shown.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens it, or closes it with what sounds.
    pub(super) fn toggle(&mut self, hands: &Hands) {
        if self.open { self.close(hands) } else { self.show(hands) }
    }

    fn show(&mut self, hands: &Hands) {
        self.open = true;
        self.look += 1;
        self.filter.text.clear();
        self.selected = hands.params.kept.preset.id();
        self.place = 0;
        self.reveal = true;
        self.wants = Some(Focus::Search);
    }

    /// Closes it; what sounds stays.
    fn close(&mut self, hands: &Hands) {
        self.trial.keep(hands, &self.view);
        self.hide();
    }

    /// Closes it; what was there before sounds again.
    fn cancel(&mut self, hands: &Hands) {
        self.trial.go_back(hands);
        self.hide();
    }

    fn hide(&mut self) {
        self.open = false;
        self.enter = false;
        self.form.is_open = false;
    }

    /// What is wished to be seen.
    fn wish(&self) -> Wish {
        Wish { shelf: self.shelf, query: self.filter.query(), look: self.look, another: self.another }
    }

    /// Takes up what the librarian has laid out, and lets what is due happen. Once a frame.
    pub(super) fn follow(&mut self, ui: &Ui, hands: &Hands, desk: &Desk) {
        let is_asked = self.open || self.turns != 0;
        desk.wish(is_asked.then(|| self.wish()));
        if let Some(view) = desk.view(&mut self.seen) {
            self.take(view);
        }
        if let Some(outcome) = desk.take_saved() {
            self.settle_saved(outcome);
        }
        let now = ui.input(|input| input.time);
        if self.awaits_made && self.view.wish.as_ref() == Some(&self.wish()) {
            self.awaits_made = false;
            if self.view.made.is_some() {
                self.select(0, now);
            }
        }
        self.make_turns(now, hands, desk);
        if let Some(edit) = hands.take_edit() {
            self.trial.edited(edit, now, hands, &self.view);
        }
        let taken = self.trial.follow(now, hands, desk, &self.view);
        if taken && self.open {
            self.hide();
        }
        if self.enter && self.view.wish.as_ref() == Some(&self.wish()) {
            self.enter = false;
            self.keep(hands, desk);
        }
        if self.trial.is_due() {
            ui.ctx().request_repaint_after(trial::DWELL);
        }
    }

    fn take(&mut self, view: View) {
        let asks_for_others = view.wish.as_ref().map(|wish| (wish.shelf, &wish.query))
            != self.view.wish.as_ref().map(|wish| (wish.shelf, &wish.query));
        self.view = view;
        if self.form.is_open {
            self.form.learn(&self.view.library);
        }
        if let Some(saved) = self.sought.take_if(|saved| self.view.library.entry(*saved).is_some()) {
            (self.selected, self.reveal) = (Some(saved), true);
        }
        let at = self.selected.and_then(|preset| self.view.place(preset));
        match at {
            Some(at) => self.place = at,
            None => self.selected = None,
        }
        if asks_for_others {
            self.place = at.unwrap_or(0);
            self.reveal = true;
        }
    }

    /// Another list comes: its first row is the one that Enter takes.
    fn begin_anew(&mut self) {
        (self.selected, self.place) = (None, 0);
        self.picks = Picks::default();
    }

    /// The preset of a row.
    fn preset(&self, place: usize) -> Option<PresetId> {
        Some(self.view.entry(place)?.id)
    }

    /// Asks for another sound in place of the one that was made.
    fn make_another(&mut self) {
        self.another += 1;
        self.awaits_made = true;
    }

    /// Moves the selection by so many rows, and has the row tried when it stays there.
    fn step(&mut self, by: isize, now: f64) {
        let Some(last) = self.view.count().checked_sub(1) else { return };
        let place = match self.selected {
            Some(_) => self.place.saturating_add_signed(by).min(last),
            // What came after a row that is gone has its place now.
            None => self.place.saturating_add_signed(by.min(0)).min(last),
        };
        self.select(place, now);
    }

    fn select(&mut self, place: usize, now: f64) {
        let Some(preset) = self.preset(place) else { return };
        self.picks = Picks::default();
        (self.place, self.reveal, self.sought) = (place, true, None);
        if self.selected.replace(preset) != Some(preset) || !self.trial.is_about(preset) {
            self.trial.wait_for(preset, self.shown(), now);
        }
    }

    /// Selects the row under the pointer, which stays where it is.
    fn point_at(&mut self, place: usize, now: f64) {
        self.select(place, now);
        self.reveal = false;
    }

    fn shown(&self) -> Shown {
        let shelf = self.view.wish.as_ref()?.shelf;
        Some((shelf, u16::try_from(self.place).unwrap_or(u16::MAX)))
    }

    /// Takes the selected row, or the first, for good.
    fn keep(&mut self, hands: &Hands, desk: &Desk) {
        if self.view.wish.as_ref() != Some(&self.wish()) {
            self.enter = true;
            return;
        }
        if self.selected.is_none() {
            self.place = 0;
            self.selected = self.preset(0);
        }
        let Some(preset) = self.selected else { return };
        if self.trial.take(preset, self.shown(), hands, desk, &self.view) {
            self.hide();
        }
    }
}

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &mut Screen) {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, theme::ROUND, ui.colours().panel);
    let inside = area.shrink2(vec2(theme::INSET, 10.0));
    let bar = inside.with_max_y(inside.top() + BAR);
    let footer = inside.with_min_y(inside.bottom() - FOOTER);
    if screen.browser.form.is_open {
        return form::draw(ui, inside, hands, screen);
    }
    let below = Rect::from_min_max(pos2(inside.left(), bar.bottom() + 8.0), pos2(inside.right(), footer.top() - 6.0));
    let (facets, list) = below.split_left_right_at_x(below.left() + FACETS.of(below.width()));
    let ids = Ids::of(ui);
    keys::read(ui, &ids, hands, screen);
    let browser = &mut screen.browser;
    search(ui, &ids, bar.with_max_x(bar.left() + SEARCH), browser);
    shelves(ui, bar.with_min_x(bar.left() + SEARCH + theme::INSET), browser);
    facets::draw(ui, facets.with_max_x(facets.right() - 6.0), browser);
    let chips = facets::chips(ui, list, browser);
    rows(ui, &ids, list.with_min_y(list.top() + chips), hands, screen);
    let (said, colour) = match screen.browser.trial.trouble() {
        Some(trouble) => (trouble, ui.colours().alert),
        None => (KEYS, ui.colours().muted),
    };
    super::text(ui, footer, said, Align::Min, theme::small(), colour);
    super::text(ui, footer, &count(&screen.browser.view), Align::Max, theme::small(), ui.colours().muted);
}

/// A part of the width, within bounds.
struct Share {
    part: f32,
    least: f32,
    most: f32,
}

impl Share {
    fn of(&self, width: f32) -> f32 {
        (self.part * width).clamp(self.least, self.most)
    }
}

/// The widgets that the keys go to.
struct Ids {
    search: Id,
    list: Id,
}

impl Ids {
    fn of(ui: &Ui) -> Self {
        Self { search: ui.scope_id().with("search"), list: ui.scope_id().with("list") }
    }
}

fn search(ui: &mut Ui, ids: &Ids, area: Rect, browser: &mut Browser) {
    let field =
        TextEdit::singleline(&mut browser.filter.text).id(ids.search).hint_text("Search").desired_width(SEARCH - 16.0);
    let response = ui.put(area, field.margin(egui::Margin::symmetric(8, 6)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Search presets"));
    if response.changed() {
        browser.begin_anew();
    }
    if browser.wants == Some(Focus::Search) {
        browser.wants = None;
        keys::end_of(ui, ids.search, &browser.filter.text);
        response.request_focus();
    }
}

fn shelves(ui: &mut Ui, area: Rect, browser: &mut Browser) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("shelves"), |ui| {
        ui.horizontal_centered(|ui| {
            for shelf in Shelf::ALL {
                let name = shelf_name(shelf);
                if ui.selectable_label(browser.shelf == shelf, name).clicked() && browser.shelf != shelf {
                    browser.shelf = shelf;
                    browser.selected = None;
                    browser.wants = Some(Focus::List);
                }
            }
        });
    });
}

fn shelf_name(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::ForYou => "For you",
        Shelf::NewToYou => "New to you",
        Shelf::Recents => "Recents",
        Shelf::Favourites => "Favourites",
        Shelf::All => "All",
    }
}

fn rows(ui: &mut Ui, ids: &Ids, area: Rect, hands: &Hands, screen: &mut Screen) {
    let response = ui.interact(area, ids.list, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::ListBox, true, "Preset list"));
    let browser = &mut screen.browser;
    if browser.wants == Some(Focus::List) {
        browser.wants = None;
        response.request_focus();
    }
    keys::hold(ui, ids.list);
    if browser.view.count() == 0 {
        return super::text(ui, area, nothing(browser), Align::Center, theme::body(), ui.colours().muted);
    }
    let mut touched = None;
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("rows"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut scroll = ScrollArea::vertical().auto_shrink(false);
        if std::mem::take(&mut browser.reveal) {
            scroll = scroll.vertical_scroll_offset(row::centred(browser.place, area.height()));
        }
        scroll.show_rows(ui, row::HEIGHT, browser.view.count(), |ui, range| {
            for place in range {
                let Some(entry) = browser.view.entry(place) else { continue };
                touched =
                    row::draw(ui, entry, browser.look_of(entry.id, hands)).map(|touch| (place, touch)).or(touched);
            }
        });
    });
    if let Some((place, touch)) = touched {
        touch_row(ui, place, touch, hands, screen);
    }
}

impl Browser {
    /// What is to be shown of a preset beside what stands in its file.
    fn look_of(&self, preset: PresetId, hands: &Hands) -> row::Look<'_> {
        row::Look {
            is_selected: self.selected == Some(preset) || self.picks.has(preset),
            is_playing: hands.params.kept.preset.id() == Some(preset),
            is_made: self.view.is_made(preset),
            has_heart: self.view.marks.get(&preset).is_some_and(|marks| marks.favourite),
            reason: self.view.reasons.get(&preset).map_or("", String::as_str),
        }
    }
}

fn touch_row(ui: &Ui, place: usize, touch: row::Touch, hands: &Hands, screen: &mut Screen) {
    let (now, modifiers) = ui.input(|input| (input.time, input.modifiers));
    let browser = &mut screen.browser;
    browser.wants = Some(Focus::List);
    match touch {
        row::Touch::Try if modifiers.command => browser.pick(place),
        row::Touch::Try if modifiers.shift => browser.extend_to(place),
        row::Touch::Try => browser.point_at(place, now),
        row::Touch::Take => {
            browser.point_at(place, now);
            browser.keep(hands, screen.half.desk());
        }
        row::Touch::Another => browser.make_another(),
        row::Touch::Heart => {
            if let Some(preset) = browser.preset(place) {
                keys::heart(&[preset], browser, screen.half.desk());
            }
        }
    }
}

/// Why no row is there.
fn nothing(browser: &Browser) -> &'static str {
    let is_looked_for = !browser.filter.text.trim().is_empty();
    let is_narrowed = !browser.filter.choices().is_empty();
    match browser.shelf {
        _ if browser.view.wish.is_none() || !browser.view.is_complete => "Presets are being read.",
        _ if is_narrowed && is_looked_for => "No preset has all these words and what is chosen.",
        _ if is_narrowed => "No preset here has all that is chosen.",
        _ if is_looked_for => "No preset has all these words.",
        Shelf::Recents => "Nothing was loaded yet.",
        Shelf::Favourites => "No preset has a heart yet: F gives one.",
        Shelf::ForYou | Shelf::NewToYou | Shelf::All => "There is no preset here.",
    }
}

fn count(view: &View) -> String {
    let count = match view.count() {
        1 => "1 preset".to_owned(),
        count => format!("{count} presets"),
    };
    if view.is_complete { count } else { format!("{count}, more are being read") }
}
