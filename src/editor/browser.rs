//! The list of presets: a search box, shelves, facets, rows. Its keys are read in [`keys`]; what happens to the sound stands
//! in [`trial`], how it is saved in [`form`].

mod bar;
mod details;
mod export;
mod facets;
mod filter;
mod form;
mod import;
pub(super) mod keys;
mod list;
mod problems;
mod row;
mod selection;
mod stars;
mod tags;
mod trial;
mod work;

use egui::{Id, Rect, Ui, pos2, vec2};

use self::details::Details;
use self::facets::Folds;
use self::filter::Filter;
use self::form::Form;
use self::import::Import;
use self::selection::Picks;
use self::trial::Trial;
use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::bridge::{Desk, View, Wish, Work};
use crate::browser::sitting::Shown;
use crate::browser::usage::{PresetId, Shelf};

/// Width of the list of facets.
const FACETS: Share = Share { part: 0.19, least: 168.0, most: 230.0 };
const BAR: f32 = 30.0;
const FOOTER: f32 = 22.0;

/// What the list remembers. Lives as long as the instance.
pub(super) struct Browser {
    open: bool,
    shelf: Shelf,
    filter: Filter,
    folds: Folds,
    details: Details,
    /// What stands in place of the rows.
    instead: Option<Instead>,
    import: Import,
    /// Long work that goes on.
    work: Option<Work>,
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

/// What may stand in place of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instead {
    /// The files that could not be read.
    Problems,
    /// What is to be taken in.
    Import,
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
            details: Details::default(),
            instead: None,
            import: Import::default(),
            work: None,
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
        self.instead = None;
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

    /// Takes a preset for good that is shown elsewhere than in the list, as soon as it is there.
    pub(super) fn load(&mut self, preset: PresetId, hands: &Hands, desk: &Desk) {
        self.trial.take(preset, None, hands, desk, &self.view);
    }

    /// Why the preset that was asked for last could not be had.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trial.trouble()
    }

    /// What is wished to be seen.
    fn wish(&self) -> Wish {
        Wish {
            shelf: self.shelf,
            query: self.filter.query(),
            order: self.filter.order(self.shelf),
            look: self.look,
            another: self.another,
        }
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
        if let Some(told) = desk.take_done() {
            self.details.said = Some(told);
        }
        if let Some(outcome) = desk.take_imported() {
            self.import.said = Some(outcome);
        }
        self.work = desk.work();
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
        if self.trial.is_settling() {
            ui.ctx().request_repaint_after(super::FRAME);
        }
        if self.trial.is_due() {
            ui.ctx().request_repaint_after(trial::DWELL);
        }
    }

    fn take(&mut self, view: View) {
        let about = |view: &View| view.wish.as_ref().map(|wish| (wish.shelf, wish.query.clone(), wish.order));
        let asks_for_others = about(&view) != about(&self.view);
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
        (self.selected, self.place, self.instead) = (None, 0, None);
        self.details.turn_over();
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
        if self.selected != Some(preset) {
            self.details.turn_over();
        }
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
    bar::draw(ui, &ids, bar, browser);
    let (list, details) = list.split_left_right_at_x(list.right() - DETAILS.of(below.width()));
    let list = list.with_max_x(list.right() - theme::GAP);
    facets::draw(ui, facets.with_max_x(facets.right() - 6.0), browser);
    let chips = facets::chips(ui, list, browser);
    let list = list.with_min_y(list.top() + chips);
    match screen.browser.instead {
        None => list::draw(ui, &ids, list, hands, screen),
        Some(Instead::Problems) => problems::draw(ui, list, &mut screen.browser),
        Some(Instead::Import) => import::draw(ui, &ids, list, screen),
    }
    details::draw(ui, &ids, details, hands, screen);
    work::footer(ui, footer, screen);
}

/// Width of the details.
const DETAILS: Share = Share { part: 0.27, least: 230.0, most: 340.0 };

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
    tags: Id,
    folder: Id,
    file: Id,
}

impl Ids {
    fn of(ui: &Ui) -> Self {
        let id = |name: &str| ui.scope_id().with(name);
        Self { search: id("search"), list: id("list"), tags: id("tags"), folder: id("folder"), file: id("file") }
    }
}
