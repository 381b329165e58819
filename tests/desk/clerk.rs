//! Who answers the list of presets in the librarian's place.

use std::collections::HashMap;
use std::sync::Arc;

use zither::bridge::{Arrangement, Draft, Fetched, HistoryOrder, LibrarianHalf, Order, Standing, Wish, Work};
use zither::browser::chart::Chart;
use zither::browser::history::{Mark, Marks};
use zither::browser::library::{self, Entry, Intake, Library, Look, PresetFolder, Scanner};
use zither::browser::models;
use zither::browser::preset::Preset;
use zither::browser::settings::Change;
use zither::browser::usage::{PresetId, Shelf};
use zither::params::InstrumentParams;

/// A librarian that knows the built-in presets by name, and what is said of them here.
pub(crate) struct Clerk {
    half: LibrarianHalf,
    params: Arc<InstrumentParams>,
    scanner: Scanner,
    /// Where presets are saved.
    pub(crate) folder: PresetFolder,
    _room: tempfile::TempDir,
    pub(crate) library: Arc<Library>,
    /// What the map was made of.
    charted: Option<Arc<Library>>,
    pub(crate) marks: HashMap<PresetId, Marks>,
    pub(crate) fetched: usize,
    /// Files that were read, and that there are, until all are.
    pub(crate) reads: Option<(u32, u32)>,
    /// Reading was stopped.
    pub(crate) is_halted: bool,
    /// What was ordered that leads out of the library.
    pub(crate) errands: Vec<Order>,
    /// What is made for the user on *New to you*, one after the other.
    pub(crate) made: Vec<Preset>,
    /// What *For you* shows, best first, and why; all by name where nothing is ranked.
    pub(crate) ranked: Vec<(PresetId, String)>,
    /// What is to be set for all projects.
    pub(crate) changes: Vec<Change>,
    /// What is to be done with the history.
    pub(crate) history: Vec<HistoryOrder>,
}

impl Clerk {
    pub(crate) fn new(half: LibrarianHalf, params: Arc<InstrumentParams>) -> Self {
        let room = tempfile::tempdir().expect("there is room");
        let folder = PresetFolder::at(room.path().join("presets"));
        let mut scanner = Scanner::new(Some(folder.path().to_owned()));
        let library = Arc::new(scanner.library());
        Self {
            half,
            params,
            scanner,
            folder,
            _room: room,
            library,
            charted: None,
            marks: HashMap::new(),
            fetched: 0,
            reads: None,
            is_halted: false,
            errands: Vec::new(),
            made: Vec::new(),
            ranked: Vec::new(),
            changes: Vec::new(),
            history: Vec::new(),
        }
    }

    fn save(&mut self, draft: &Draft) {
        let outcome = self.folder.save(&draft.preset, &draft.bank, "");
        if let Ok(file) = &outcome {
            self.params.kept.take_saved(&draft.made_from, &draft.preset, file);
            self.look();
        }
        let told = outcome.map(|_| draft.preset.id()).map_err(|error| format!("Not saved: {error}"));
        self.half.desk().tell_saved(told);
    }

    /// Says what holds for all projects.
    pub(crate) fn tell(&self, standing: &Standing) {
        self.half.desk().tell(standing);
    }

    /// Takes presets into the user's folder, by bank.
    pub(crate) fn take_in(&mut self, presets: &[(&str, Preset)]) {
        for (bank, preset) in presets {
            self.folder.save(preset, bank, "").expect("the folder takes them");
        }
        self.look();
    }

    /// Looks at the user's folder.
    pub(crate) fn look(&mut self) {
        self.scanner.look(Look::Files, &|| true);
        self.library = Arc::new(self.scanner.library());
    }

    /// Does what is ordered, and answers what is wished for.
    pub(crate) fn work(&mut self) {
        for order in self.half.desk().orders() {
            match order {
                Order::Fetch { preset, ticket } => self.fetch(preset, ticket),
                Order::Save(draft) => self.save(&draft),
                Order::Mark(preset, mark) => self.mark(preset, &mark),
                Order::Read(on) => self.is_halted = !on,
                Order::Set(change) => self.changes.push(change),
                Order::History(order) => self.history.push(order),
                // No other program has set anything.
                Order::Reread => {}
                Order::Tag { presets, tag, on } => presets.iter().for_each(|preset| self.tag(*preset, &tag, on)),
                Order::Export { .. } | Order::Import(_) | Order::Stop | Order::Reveal(_) => self.errands.push(order),
            }
        }
        if self.half.desk().wishes_chart()
            && !self.charted.as_ref().is_some_and(|made| Arc::ptr_eq(made, &self.library))
        {
            let digest = &self.library.entries()[0].card().model.digest;
            self.half.desk().show_chart(Chart::of(&self.library, digest, &[0.0; 16]));
            self.charted = Some(Arc::clone(&self.library));
        }
        if let Some(wish) = self.half.desk().wished() {
            self.answer(wish);
        }
    }

    fn fetch(&mut self, preset: PresetId, ticket: u64) {
        self.fetched += 1;
        let made = self.made.iter().find(|made| made.id() == preset).cloned();
        let found = made.map_or_else(|| self.library.entry(preset).expect("the list shows it").read(), Ok);
        let with_model = |preset: Preset| {
            let model = models::find(&preset.model, None);
            (Arc::new(preset), model)
        };
        let outcome = found.map(with_model).map_err(|error| error.to_string());
        self.half.desk().hand_out(Fetched { ticket, outcome });
    }

    fn mark(&mut self, preset: PresetId, mark: &Mark) {
        let marks = self.marks.entry(preset).or_default();
        match mark {
            Mark::Favourite(on) => marks.favourite = *on,
            Mark::Hidden(on) => marks.hidden = *on,
            Mark::Rating(stars) => marks.rating = *stars,
            Mark::Tag(..) => panic!("the list says nothing of these"),
        }
    }

    fn tag(&mut self, preset: PresetId, tag: &str, on: bool) {
        match self.library.entry(preset).and_then(Entry::path).cloned() {
            Some(path) => {
                let (add, remove): (&[&str], &[&str]) = if on { (&[tag], &[]) } else { (&[], &[tag]) };
                assert_eq!(self.folder.retag(&[path], add, remove).0, 1);
                self.look();
            }
            None => {
                let tags = &mut self.marks.entry(preset).or_default().tags;
                tags.retain(|known| known != tag);
                tags.extend(on.then(|| tag.to_owned()));
            }
        }
    }

    /// Says what became of an errand.
    pub(crate) fn tell_done(&self, told: Result<String, String>) {
        self.half.desk().tell_done(told);
    }

    /// Says how far long work is.
    pub(crate) fn tell_work(&self, work: Option<Work>) {
        self.half.desk().tell_work(work);
    }

    /// Says what came of an import.
    pub(crate) fn tell_imported(&self, outcome: Result<Intake, String>) {
        self.half.desk().tell_imported(outcome);
    }

    fn answer(&self, wish: Wish) {
        let favourites = wish.shelf == Shelf::Favourites && wish.order == Arrangement::Shelf;
        let query = library::Query { favourites, ..wish.query.clone() };
        let scores = match wish.order {
            Arrangement::Shelf => self.scores(wish.shelf),
            Arrangement::Column(column, is_reversed) => Some(self.library.by_column(column, is_reversed)),
            Arrangement::Near(preset) => Some(self.library.nearness(preset)),
        };
        let order = scores.as_deref().map_or(library::Order::Name, library::Order::Scores);
        let found = self.library.find(&query, &self.marks, order);
        let made = self.made.get(wish.another as usize).filter(|_| wish.shelf == Shelf::NewToYou);
        self.half.desk().show(|view| {
            view.made = made.map(|made| Arc::new(Entry::unsaved(made, "Not saved")));
            view.wish = Some(wish);
            view.library = Arc::clone(&self.library);
            view.rows = found.rows.into();
            view.facets = Arc::new(found.facets);
            view.reasons = Arc::new(self.ranked.iter().cloned().collect());
            view.marks = Arc::new(self.marks.clone());
            (view.is_complete, view.progress) = (self.reads.is_none(), self.reads.unwrap_or_default());
            view.is_halted = self.is_halted;
        });
    }

    fn scores(&self, shelf: Shelf) -> Option<Vec<f32>> {
        let is_ranked = shelf == Shelf::ForYou && !self.ranked.is_empty();
        is_ranked.then(|| {
            let place = |entry: &Entry| self.ranked.iter().position(|(preset, _)| *preset == entry.id);
            let score = |entry| place(entry).map_or(f32::NEG_INFINITY, |place| -(place as f32));
            self.library.entries().iter().map(score).collect()
        })
    }
}
