//! The desk between an editor and the librarian: wishes and orders go one way, rows and presets the other. Whoever comes
//! puts something down or takes something up, and goes; nobody waits here, and nothing reads a file while it is locked.

mod view;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nice_plug_egui::RepaintNotifier;

pub use view::View;

use super::standing::{HistoryOrder, Standing};
use crate::browser::chart::Chart;
use crate::browser::history::Mark;
use crate::browser::library::{Column, Intake, Query};
use crate::browser::models::Opened;
use crate::browser::preset::Preset;
use crate::browser::settings::Change;
use crate::browser::usage::{PresetId, Shelf};
use crate::params::Named;

/// The rows that an editor wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Of which shelf.
    pub shelf: Shelf,
    /// What the user looks for on it.
    pub query: Query,
    /// In which order.
    pub order: Arrangement,
    /// Rises when the list is to be ranked anew; until then rows stay in their order, whatever happens meanwhile.
    pub look: u64,
    /// Rises when another sound is to be made for the user.
    pub another: u64,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrangement {
    /// That of the shelf.
    #[default]
    Shelf,
    /// By a column, or the other way round. Of shelves that have an order of their own, only what they show.
    Column(Column, bool),
    /// What is nearest to a preset, whatever the shelf.
    Near(PresetId),
}

/// Something that an editor wants done.
#[derive(Clone, Debug)]
pub enum Order {
    /// A preset, to be loaded. A later one takes the place of one that waits.
    Fetch {
        /// Which.
        preset: PresetId,
        /// Comes back with it.
        ticket: u64,
    },
    /// Something is said of a preset.
    Mark(PresetId, Mark),
    /// The sound is to be saved as a preset.
    Save(Box<Draft>),
    /// Something is set for all projects.
    Set(Change),
    /// A window was opened: what other programs have set meanwhile is to be taken up.
    Reread,
    /// Something is done with the history as a whole.
    History(HistoryOrder),
    /// A tag is put on presets (`true`) or taken off.
    Tag {
        /// Which.
        presets: Vec<PresetId>,
        /// The tag.
        tag: String,
        /// Whether they have it from now on.
        on: bool,
    },
    /// Presets are to be handed on.
    Export {
        /// Which.
        parcel: Parcel,
        /// The folder that the file goes to, as the user wrote it.
        folder: String,
    },
    /// A file of presets or a folder of them, as the user wrote its path, is to be taken into the user's folder.
    Import(String),
    /// Long work is to end with what was done so far.
    Stop,
    /// The first reading of the user's files goes on (`true`), or ends with what was read.
    Read(bool),
    /// The file of a preset is to be shown where it lies.
    Reveal(PresetId),
}

/// Long work on presets, while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// What is done.
    pub kind: WorkKind,
    /// Presets that are done, and that there are as far as is known.
    pub so_far: (u32, u32),
}

/// What takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// Presets are taken in.
    Import,
    /// Presets are handed on.
    Export,
}

/// Presets that are handed on together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// These.
    Presets(Vec<PresetId>),
    /// All of a bank.
    Bank(String),
}

/// A sound that the user wants saved as a preset.
#[derive(Clone, Debug)]
pub struct Draft {
    /// As the user describes it. Author and licence come from what it was made from.
    pub preset: Preset,
    /// The bank of the user's that it goes to.
    pub bank: String,
    /// The preset that was loaded.
    pub made_from: Named,
}

/// A preset that was asked for.
#[derive(Clone)]
pub struct Fetched {
    /// Of the order.
    pub ticket: u64,
    /// The preset, and its model where it was found; or why it cannot be read.
    pub outcome: Result<(Arc<Preset>, Option<Opened>), String>,
}

/// The desk of one instance.
#[derive(Default)]
pub struct Desk {
    top: Mutex<Top>,
    generation: AtomicU64,
    /// Rises with each new map.
    charts: AtomicU64,
    /// The screen is to look.
    news: RepaintNotifier,
    /// Rises whenever the standing changes.
    standings: AtomicU64,
}

#[derive(Default)]
struct Top {
    wish: Option<Wish>,
    orders: Vec<Order>,
    view: View,
    fetched: Option<Fetched>,
    saved: Option<Result<PresetId, String>>,
    standing: Standing,
    looks_at_history: bool,
    told: Option<Result<String, String>>,
    work: Option<Work>,
    imported: Option<Result<Intake, String>>,
    wishes_chart: bool,
    chart: Arc<Chart>,
}

impl Desk {
    /// An empty desk that says by this when the editor is to look.
    pub(super) fn new(news: RepaintNotifier) -> Self {
        Self { news, ..Self::default() }
    }

    /// Says what the editor wants to see; nothing while its list is closed.
    pub fn wish(&self, wish: Option<Wish>) {
        self.top().wish = wish;
    }

    /// What it wants to see.
    #[must_use]
    pub fn wished(&self) -> Option<Wish> {
        self.top().wish.clone()
    }

    /// Puts an order down.
    pub fn order(&self, order: Order) {
        let mut top = self.top();
        if matches!(order, Order::Fetch { .. }) {
            top.orders.retain(|waiting| !matches!(waiting, Order::Fetch { .. }));
        }
        top.orders.push(order);
    }

    /// Takes the orders up.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        std::mem::take(&mut self.top().orders)
    }

    /// Lays out what the editor is to show.
    pub fn show(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.top().view);
        self.generation.fetch_add(1, Ordering::Release);
        self.news.request_repaint();
    }

    /// What is laid out, if it has changed since `seen`.
    #[must_use]
    pub fn view(&self, seen: &mut u64) -> Option<View> {
        let generation = self.generation.load(Ordering::Acquire);
        (std::mem::replace(seen, generation) != generation).then(|| self.top().view.clone())
    }

    /// Lays out a preset, in place of one that nobody took.
    pub fn hand_out(&self, fetched: Fetched) {
        self.top().fetched = Some(fetched);
        self.news.request_repaint();
    }

    /// Takes the preset.
    #[must_use]
    pub fn take_fetched(&self) -> Option<Fetched> {
        self.top().fetched.take()
    }

    /// Says what became of a draft: the preset that it is now, or why there is none, as one sentence.
    pub fn tell_saved(&self, outcome: Result<PresetId, String>) {
        self.top().saved = Some(outcome);
        self.news.request_repaint();
    }

    /// Takes that.
    #[must_use]
    pub fn take_saved(&self) -> Option<Result<PresetId, String>> {
        self.top().saved.take()
    }

    /// Says what holds for all projects.
    pub fn tell(&self, standing: &Standing) {
        let mut top = self.top();
        if top.standing != *standing {
            top.standing.clone_from(standing);
            self.standings.fetch_add(1, Ordering::Release);
            self.news.request_repaint();
        }
    }

    /// What holds for all projects, if it has changed since `seen`.
    #[must_use]
    pub fn standing(&self, seen: &mut u64) -> Option<Standing> {
        let generation = self.standings.load(Ordering::Acquire);
        (std::mem::replace(seen, generation) != generation).then(|| self.top().standing.clone())
    }

    /// Says whether the editor shows how much the history holds.
    pub fn look_at_history(&self, looks: bool) {
        self.top().looks_at_history = looks;
    }

    /// Whether it does.
    #[must_use]
    pub fn looks_at_history(&self) -> bool {
        self.top().looks_at_history
    }

    /// Says what became of another order, or why nothing did, as one sentence.
    pub fn tell_done(&self, told: Result<String, String>) {
        self.top().told = Some(told);
        self.news.request_repaint();
    }

    /// Takes that.
    #[must_use]
    pub fn take_done(&self) -> Option<Result<String, String>> {
        self.top().told.take()
    }

    /// Says how far long work is; none goes on otherwise.
    pub fn tell_work(&self, work: Option<Work>) {
        let before = std::mem::replace(&mut self.top().work, work);
        self.news.request_repaint_with(before != work);
    }

    /// How far it is.
    #[must_use]
    pub fn work(&self) -> Option<Work> {
        self.top().work
    }

    /// Says what came of an import, or why there was none, as one sentence.
    pub fn tell_imported(&self, outcome: Result<Intake, String>) {
        self.top().imported = Some(outcome);
        self.news.request_repaint();
    }

    /// Takes that.
    #[must_use]
    pub fn take_imported(&self) -> Option<Result<Intake, String>> {
        self.top().imported.take()
    }

    /// Says whether the editor shows a map of presets.
    pub fn wish_chart(&self, wishes: bool) {
        self.top().wishes_chart = wishes;
    }

    /// Whether it does.
    #[must_use]
    pub fn wishes_chart(&self) -> bool {
        self.top().wishes_chart
    }

    /// Lays out a map.
    pub fn show_chart(&self, chart: Chart) {
        self.top().chart = Arc::new(chart);
        self.charts.fetch_add(1, Ordering::Release);
        self.news.request_repaint();
    }

    /// The map, if it is another since `seen`.
    #[must_use]
    pub fn chart(&self, seen: &mut u64) -> Option<Arc<Chart>> {
        let charts = self.charts.load(Ordering::Acquire);
        (std::mem::replace(seen, charts) != charts).then(|| Arc::clone(&self.top().chart))
    }

    fn top(&self) -> MutexGuard<'_, Top> {
        self.top.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_presets_that_are_asked_for_the_last_counts_and_what_is_said_is_never_lost() {
        let (desk, preset) = (Desk::default(), PresetId::of(b"a"));
        for ticket in 1..4 {
            desk.order(Order::Fetch { preset, ticket });
            desk.order(Order::Mark(preset, Mark::Favourite(true)));
        }
        let orders = desk.orders();
        assert_eq!(orders.len(), 4);
        assert!(matches!(orders[2], Order::Fetch { ticket: 3, .. }), "{orders:?}");
        assert!(desk.orders().is_empty());
    }

    #[test]
    fn a_view_is_copied_once_for_each_change() {
        let (desk, mut seen) = (Desk::default(), 0);
        assert!(desk.view(&mut seen).is_none());
        desk.show(|view| view.is_complete = true);
        assert!(desk.view(&mut seen).is_some_and(|view| view.is_complete));
        assert!(desk.view(&mut seen).is_none());
    }
}
