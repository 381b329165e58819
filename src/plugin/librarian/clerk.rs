//! One instance, as the librarian sees it.

mod answer;

use std::process::Child;
use std::sync::Arc;

use self::answer::Shown;
use super::archive::Archive;
use super::errands;
use super::household::Household;
use super::made::Made;
use super::porter::{Outcome, Porter};
use super::save;
use super::stacks::Stacks;
use crate::bridge::{Draft, Fetched, LibrarianHalf, Order, Parcel};
use crate::browser::chart::{self, Chart};
use crate::browser::history::{Card, Mark};
use crate::browser::library::{Library, PresetFolder};
use crate::browser::models;
use crate::browser::preset::Preset;
use crate::browser::sitting::{Act, Sitting};
use crate::browser::usage::{Deed, Event, PresetId, SessionId};
use crate::params::{Done, InstrumentParams, drawn, now};
use crate::synth::controls::Control;

/// An instance: what is done with it, and what its editor asks for.
pub(in crate::plugin) struct Clerk {
    pub(super) id: u64,
    half: LibrarianHalf,
    params: Arc<InstrumentParams>,
    sitting: Sitting,
    /// Whether something was kept in the running session.
    has_kept: bool,
    /// What is to be saved.
    drafts: Vec<Draft>,
    /// File managers that were asked for, until they are open.
    openers: Vec<Child>,
    porter: Porter,
    /// What was told last.
    progress: ((u32, u32), bool),
    shown: Option<Shown>,
    charted: Option<Charted>,
    /// What was made for the user and tried, the latest last: in no folder, so it is known here alone.
    made: Vec<Arc<Made>>,
}

/// Sounds that were made and tried, and can still be saved with the rights of what they were made from.
const MADE: usize = 64;

/// What the map was made of that the editor was given last.
struct Charted {
    library: Arc<Library>,
    digest: String,
    /// The preset about which it shows the nearest, where there are too many for all.
    about: Option<PresetId>,
}

impl Clerk {
    /// The clerk of an instance that was just made.
    pub(super) fn new(id: u64, half: LibrarianHalf, params: Arc<InstrumentParams>) -> Self {
        let sitting = Sitting::new(SessionId::of(drawn().as_bytes()), now());
        Self {
            id,
            half,
            params,
            sitting,
            has_kept: false,
            drafts: Vec::new(),
            openers: Vec::new(),
            porter: Porter::default(),
            progress: ((0, 0), false),
            shown: None,
            charted: None,
            made: Vec::new(),
        }
    }

    /// Whether its editor shows a list.
    pub(super) fn is_asked(&self) -> bool {
        self.half.desk().wished().is_some()
    }

    /// Notes what was done since the last look, and does what is asked for.
    pub(super) fn tend(&mut self, archive: &mut Archive, stacks: &mut Stacks, household: &mut Household) {
        self.note(archive, stacks);
        for order in self.half.desk().orders() {
            match order {
                Order::Fetch { preset, ticket } => self.fetch(preset, ticket, stacks),
                Order::Mark(preset, mark) => self.mark(preset, mark, archive, stacks),
                Order::Save(draft) => self.drafts.push(*draft),
                Order::Set(change) => household.set(change),
                Order::Reread => household.read(),
                Order::History(order) => {
                    household.begin(order);
                    self.tell(household);
                    household.finish(order, archive);
                }
                Order::Tag { presets, tag, on } => self.tag(&presets, &tag, on, archive, stacks),
                Order::Export { parcel, folder } => {
                    self.porter.export(stacks.library(), parcel, folder, self.half.desk());
                }
                Order::Import(file) => self.porter.import(file, self.half.desk()),
                Order::Stop => self.porter.stop(),
                Order::Read(on) => stacks.read(on),
                Order::Reveal(preset) => self.reveal(preset, stacks),
            }
        }
        if let Some(outcome) = self.porter.tend(self.half.desk()) {
            self.settle(outcome, archive, stacks);
        }
        self.openers.retain_mut(|opener| matches!(opener.try_wait(), Ok(None)));
        self.save(false, stacks);
        if self.half.desk().looks_at_history() {
            household.look();
        }
        self.tell(household);
        self.answer(archive, stacks);
        self.chart(stacks);
    }

    /// Tells the editor what holds for all projects.
    pub(super) fn tell(&self, household: &Household) {
        self.half.desk().tell(household.standing());
    }

    /// Notes what still waits, and that the instance goes.
    pub(super) fn leave(mut self, archive: &mut Archive, stacks: &mut Stacks, household: &mut Household) {
        for order in self.half.desk().orders() {
            match order {
                Order::Save(draft) => self.drafts.push(*draft),
                Order::Set(change) => household.set(change),
                Order::History(order) => household.finish(order, archive),
                Order::Tag { presets, tag, on } => self.tag(&presets, &tag, on, archive, stacks),
                Order::Fetch { .. } | Order::Mark(..) | Order::Reread | Order::Reveal(_) => {}
                // What nobody watches is not begun.
                Order::Export { .. } | Order::Import(_) | Order::Stop | Order::Read(_) => {}
            }
        }
        self.save(true, stacks);
        self.note(archive, stacks);
        self.act(Act::Closed, now(), "", archive, stacks);
    }

    /// Lays out the map of presets, if the editor shows one and another is due.
    fn chart(&mut self, stacks: &mut Stacks) {
        if !self.half.desk().wishes_chart() {
            return;
        }
        let (library, digest) = (stacks.library(), self.params.kept.model.reference().digest);
        let is_crowded = library.entries().len() > chart::MOST;
        let about = self.params.kept.preset.id().filter(|_| is_crowded);
        let is_same = |charted: &Charted| {
            Arc::ptr_eq(&charted.library, &library) && charted.digest == digest && charted.about == about
        };
        if self.charted.as_ref().is_some_and(is_same) {
            return;
        }
        let here = std::array::from_fn(|index| self.params.unmodulated(Control::latent(index)));
        self.half.desk().show_chart(Chart::of(&library, &digest, &here));
        self.charted = Some(Charted { library, digest, about });
    }

    fn note(&mut self, archive: &mut Archive, stacks: &Stacks) {
        let done = self.params.kept.doings.take();
        // What was heard first: it was heard of what was there before.
        let before = done.first().map_or_else(now, |done| done.time);
        let heard = Act::Heard(self.half.heard());
        self.act(heard, before, "", archive, stacks);
        for Done { time, act, name } in done {
            self.act(act, time, &name, archive, stacks);
        }
    }

    /// Keeps what an act means. `name` is that of its preset, where it came with one.
    fn act(&mut self, act: Act, time: i64, name: &str, archive: &mut Archive, stacks: &Stacks) {
        let session = self.sitting.session();
        let events: Vec<Event> = self.sitting.act(act, time);
        self.has_kept &= session == self.sitting.session();
        self.has_kept |= events.iter().any(|event| event.deed == Deed::Keep);
        let named = |preset| {
            let is_its = matches!(act, Act::Loaded(its, _) | Act::Saved(its) | Act::Said(its, _) if its == preset);
            // What is left empty is left as it is known.
            Card { preset, name: if is_its { name.to_owned() } else { String::new() }, ..Card::default() }
        };
        let made = &self.made;
        let made =
            |preset| find(made, preset).map(|made| Card { preset, name: made.preset.name.clone(), ..Card::default() });
        let card = |preset| stacks.card(preset).or_else(|| made(preset)).unwrap_or_else(|| named(preset));
        archive.keep(events, &self.params.kept.project.id(), card);
    }

    /// Reads a preset, and looks for its model: what takes its time, so that the editor need not.
    fn fetch(&mut self, preset: PresetId, ticket: u64, stacks: &mut Stacks) {
        let library = stacks.library();
        self.remember_made(preset);
        let outcome = match library.entry(preset) {
            None if let Some(made) = find(&self.made, preset) => Ok((*made.preset).clone()),
            Some(entry) => entry.read().map_err(|error| format!("{} {error}", entry.card().name)),
            None => Err("the preset is no longer there".to_owned()),
        };
        let with_model = |preset: Preset| {
            let model = models::find(&preset.model, None);
            (Arc::new(preset), model)
        };
        self.half.desk().hand_out(Fetched { ticket, outcome: outcome.map(with_model) });
    }

    /// Saves what is to be saved. While files are being read, a sound that was made from a preset that is not known yet
    /// waits for it, because that preset's licence goes with it; not where the instance goes.
    fn save(&mut self, goes: bool, stacks: &mut Stacks) {
        if self.drafts.is_empty() {
            return;
        }
        let library = stacks.library();
        let made = &self.made;
        let made = |id| find(made, id).map(|made| &*made.entry);
        let origin = |draft: &Draft| draft.made_from.1.and_then(|id| made(id).or_else(|| library.entry(id)));
        let is_ready = |draft: &Draft| {
            goes || stacks.is_complete() || stacks.is_halted() || draft.made_from.1.is_none() || origin(draft).is_some()
        };
        let ready: Vec<Draft> = self.drafts.extract_if(.., |draft| is_ready(draft)).collect();
        for draft in ready {
            let outcome = PresetFolder::of_user().and_then(|folder| save::save(&folder, &draft, origin(&draft)));
            if let Ok((preset, file)) = &outcome {
                self.params.kept.take_saved(&draft.made_from, preset, file);
                stacks.look();
            }
            let told = outcome.map(|(preset, _)| preset.id()).map_err(|error| format!("Not saved: {error}"));
            self.half.desk().tell_saved(told);
        }
    }

    /// Puts a tag on presets, or takes it off: in their files where these are the user's own, else in the history.
    fn tag(&mut self, presets: &[PresetId], tag: &str, on: bool, archive: &mut Archive, stacks: &mut Stacks) {
        let library = stacks.library();
        let outcome = PresetFolder::of_user().map(|folder| errands::tag(&folder, &library, presets, tag, on));
        let tagged = match outcome {
            Ok(tagged) => tagged,
            Err(error) => return self.half.desk().tell_done(Err(format!("Not tagged: {error}"))),
        };
        for &preset in presets {
            let is_said = archive.marks().get(&preset).is_some_and(|marks| marks.tags.iter().any(|said| said == tag));
            if if on { tagged.without_file.contains(&preset) && !is_said } else { is_said } {
                archive.mark(preset, Mark::Tag(tag.to_owned(), on));
            }
        }
        if tagged.changed > 0 {
            stacks.look();
        }
        if let Some(problem) = tagged.problems.first() {
            self.half.desk().tell_done(Err(format!("Not tagged: {problem}")));
        }
    }

    /// Tells what came of long work.
    fn settle(&mut self, outcome: Outcome, archive: &mut Archive, stacks: &mut Stacks) {
        match outcome {
            Outcome::Imported(imported) => {
                stacks.look();
                self.half.desk().tell_imported(imported.map_err(|reason| format!("Not imported: {reason}.")));
            }
            Outcome::Exported(parcel, said) => {
                if let (Ok(_), Parcel::Presets(presets)) = (&said, parcel) {
                    for preset in presets {
                        self.act(Act::Said(preset, Deed::Export), now(), "", archive, stacks);
                    }
                }
                self.half.desk().tell_done(said.map_err(|reason| format!("Not exported: {reason}.")));
            }
        }
    }

    fn reveal(&mut self, preset: PresetId, stacks: &mut Stacks) {
        let library = stacks.library();
        let Some(file) = library.entry(preset).and_then(|entry| entry.path()) else { return };
        match errands::reveal(file) {
            Ok(opener) => self.openers.push(opener),
            Err(error) => {
                self.half
                    .desk()
                    .tell_done(Err(format!("No file manager can be opened ({error}): copy the path instead.")));
            }
        }
    }

    fn mark(&mut self, preset: PresetId, mark: Mark, archive: &mut Archive, stacks: &Stacks) {
        let deed = match mark {
            Mark::Favourite(true) => Some(Deed::Favourite),
            Mark::Favourite(false) => Some(Deed::Unfavourite),
            Mark::Hidden(true) => Some(Deed::Hide),
            Mark::Hidden(false) | Mark::Rating(_) | Mark::Tag(..) => None,
        };
        archive.mark(preset, mark);
        if let Some(deed) = deed {
            self.act(Act::Said(preset, deed), now(), "", archive, stacks);
        }
    }
}

fn find(made: &[Arc<Made>], preset: PresetId) -> Option<&Arc<Made>> {
    made.iter().find(|made| made.entry.id == preset)
}
