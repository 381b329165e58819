use std::time::Instant;

use super::*;
use crate::bridge::{self, Arrangement, Draft, Fetched, Order, ScreenHalf, View, Wish};
use crate::browser::folders;
use crate::browser::history::{self, History, Reader};
use crate::browser::library::Query;
use crate::browser::preset::Preset;
use crate::browser::sitting::Act;
use crate::browser::usage::{Deed, Event, PresetId, SessionId, Shelf};
use crate::params::Sound;
use crate::plugin::home::is_at_home;
use crate::synth::controls::Control;

/// How long the librarian may take for anything here, on a machine that is busy with other tests.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

fn start() -> &'static Shared<Clerk> {
    Box::leak(Box::new(Shared::new("test", run)))
}

#[test]
fn one_thread_serves_all_instances_and_ends_with_the_last() {
    let thread = start();
    for first_leaves_first in [true, false] {
        let params = Arc::new(InstrumentParams::default());
        let join = || join(thread, bridge::halves().1.librarian(), Arc::clone(&params));
        let (a, b) = (join(), join());
        let (first, last) = if first_leaves_first { (a, b) } else { (b, a) };
        drop(first);
        assert_eq!(thread.instances(), Some(1));
        drop(last);
        assert_eq!(thread.instances(), None);
        assert_eq!(Arc::strong_count(&params), 1, "the thread is gone, and all it knew of the instances");
    }
}

/// An editor that is open at a librarian's.
pub(super) struct Editor {
    pub(super) screen: ScreenHalf,
    params: Arc<InstrumentParams>,
    pub(super) seen: u64,
    _place: Membership,
}

impl Editor {
    pub(super) fn open() -> Self {
        let (screen, params) = (bridge::halves().1, Arc::new(InstrumentParams::default()));
        let place = join(start(), screen.librarian(), Arc::clone(&params));
        Self { screen, params, seen: 0, _place: place }
    }

    pub(super) fn wait<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What answers a wish, once all files are read and it is as `is_it` says.
    pub(super) fn see(&mut self, wish: &Wish, is_it: impl Fn(&View) -> bool) -> View {
        self.screen.desk().wish(Some(wish.clone()));
        self.wait("no such view", |editor| {
            let view = editor.screen.desk().view(&mut editor.seen)?;
            (view.is_complete && view.wish.as_ref() == Some(wish) && is_it(&view)).then_some(view)
        })
    }

    /// Tries a sound of the list, as the editor does.
    fn try_out(&mut self, preset: PresetId, shelf: Shelf) {
        self.screen.desk().order(Order::Fetch { preset, ticket: 1 });
        let Fetched { outcome, .. } = self.wait("no preset", |editor| editor.screen.desk().take_fetched());
        let (found, model) = outcome.expect("it is there");
        Sound::of_preset(&found, preset, model).put(&self.params);
        self.params.kept.doings.note(Act::Tried(preset, Some((shelf, 0))));
    }

    /// Saves the sound, as the form does.
    fn save(&mut self, name: &str, tags: &[&str]) -> PresetId {
        let sound = Sound::of(&self.params);
        let tags = tags.iter().map(ToString::to_string).collect();
        let draft = Draft {
            preset: Preset { tags, ..sound.to_preset(name) },
            bank: "Own".into(),
            made_from: sound.made_from(),
        };
        self.screen.desk().order(Order::Save(Box::new(draft)));
        self.wait("not saved", |editor| editor.screen.desk().take_saved()).expect("there is room")
    }
}

pub(super) fn wish(shelf: Shelf, text: &str) -> Wish {
    Wish { shelf, query: Query::of_text(text), order: Arrangement::Shelf, look: 1, another: 0 }
}

fn names(view: &View) -> Vec<&str> {
    (0..view.count()).filter_map(|place| view.entry(place)).map(|entry| &*entry.card().name).collect()
}

/// A history of factory presets that were kept.
fn keep_some() {
    let history = History::open(&history::file().expect("there is a home"));
    let presets = crate::browser::bank::factory().step_by(5).take(12).map(|(_, preset)| preset.id());
    for (time, preset) in (1_700_000_000..).zip(presets) {
        let (session, project) = (SessionId::of(b"before"), None);
        history.record(Event { time, session, project, preset, deed: Deed::Keep, dwell_ms: 0, shown: None });
    }
    assert!(history.flush(PATIENCE));
}

fn events() -> Vec<(PresetId, Deed)> {
    let batch = Reader::of(&history::file().expect("there is a home")).events_since(0).expect("it reads");
    batch.events.iter().map(|(_, event)| (event.preset, event.deed)).collect()
}

#[test]
fn a_sound_is_made_of_the_history_tried_taken_and_saved_to_a_file_that_is_listed() {
    let room = tempfile::tempdir().unwrap();
    let name =
        "plugin::librarian::tests::a_sound_is_made_of_the_history_tried_taken_and_saved_to_a_file_that_is_listed";
    if !is_at_home(name, room.path()) {
        return;
    }
    keep_some();
    let mut editor = Editor::open();
    let view = editor.see(&wish(Shelf::NewToYou, ""), |view| view.made.is_some());
    let made = Arc::clone(view.made.as_ref().unwrap());
    assert_eq!(
        (view.entry(0).unwrap().id, view.place(made.id), &*made.places[0].bank),
        (made.id, Some(0), "Made for you, not saved")
    );
    assert!(view.reasons[&made.id].contains("which you kept 1"), "{}", view.reasons[&made.id]);
    assert_eq!(view.count(), view.rows.len() + 1);
    editor.try_out(made.id, Shelf::NewToYou);
    for (number, latent) in made.card().latents.iter().enumerate() {
        assert_eq!(editor.params.plain(Control::latent(number)).to_bits(), latent.to_bits());
    }
    editor.params.kept.doings.note(Act::Taken);
    let another = editor.see(&Wish { another: 1, ..wish(Shelf::NewToYou, "") }, |view| view.made.is_some());
    assert_ne!(another.made.unwrap().id, made.id);
    assert!(editor.see(&wish(Shelf::NewToYou, "a"), |_| true).made.is_none(), "it is not what is looked for");
    let saved = editor.save("Mine", &[]);
    assert_eq!(saved, made.id);
    let file = folders::presets().unwrap().join("Own/Mine.zither");
    let preset = Preset::read(&file).unwrap();
    assert_eq!((preset.id(), preset.licence.as_str()), (made.id, "CC0-1.0"));
    let listed = editor.see(&wish(Shelf::All, "mine own"), |view| view.count() > 0);
    assert_eq!(names(&listed), ["Mine"]);
    drop(editor);
    let done = events().split_off(12);
    assert_eq!(done, [Deed::Load, Deed::Keep, Deed::Save].map(|deed| (made.id, deed)), "{done:?}");
}

#[test]
fn what_the_form_says_is_saved_to_a_file_of_the_users_folder_and_listed() {
    let room = tempfile::tempdir().unwrap();
    let name = "plugin::librarian::tests::what_the_form_says_is_saved_to_a_file_of_the_users_folder_and_listed";
    if !is_at_home(name, room.path()) {
        return;
    }
    let mut editor = Editor::open();
    editor.params.put(Control::latent(3), 0.625);
    let saved = editor.save("Crème brûlée", &["burnt", "sweet"]);
    let file = folders::presets().unwrap().join("Own/Crème brûlée.zither");
    assert!(file.starts_with(std::env::var_os("ZITHER_HOME").unwrap()), "{}", file.display());
    let preset = Preset::read(&file).unwrap();
    assert_eq!((preset.id(), preset.controls().get(Control::latent(3))), (saved, 0.625));
    for words in ["creme", "BURNT sweet", "own"] {
        let listed = editor.see(&wish(Shelf::All, words), |view| view.count() > 0);
        assert_eq!(names(&listed), ["Crème brûlée"], "{words}");
    }
    assert_eq!(editor.params.kept.preset.named(), ("Crème brûlée".to_owned(), Some(saved)));
    let again = editor.save("Crème brûlée", &[]);
    assert_eq!(again, saved, "one sound is one preset");
    assert!(folders::presets().unwrap().join("Own/Crème brûlée 2.zither").exists(), "nothing is replaced");
    drop(editor);
    assert_eq!(events()[..2], [(saved, Deed::Save), (saved, Deed::Keep)]);
}

#[test]
fn presets_are_taken_in_and_handed_on_while_the_editor_watches_and_each_broken_file_is_named() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home(
        "plugin::librarian::tests::presets_are_taken_in_and_handed_on_while_the_editor_watches_and_each_broken_file_is_named",
        room.path(),
    ) {
        return;
    }
    let home = std::path::PathBuf::from(std::env::var_os("ZITHER_HOME").unwrap());
    let theirs = home.join("Theirs");
    std::fs::create_dir(&theirs).unwrap();
    for number in 0..40 {
        let mut controls = crate::synth::controls::Controls::default();
        controls.set(Control::latent(0), number as f32 / 100.0);
        Preset::new(&format!("Their {number}"), &controls).write(&theirs.join(format!("{number}.zither"))).unwrap();
    }
    std::fs::write(theirs.join("bad.zither"), b"no preset").unwrap();
    let mut editor = Editor::open();
    editor.screen.desk().order(Order::Import(theirs.display().to_string()));
    let intake = editor.wait("not imported", |editor| editor.screen.desk().take_imported()).unwrap();
    assert_eq!((intake.taken, intake.known, intake.failed), (40, 0, 1));
    assert!(intake.problems[0].contains("bad.zither"), "{:?}", intake.problems);
    let view = editor.see(&wish(Shelf::All, "theirs"), |view| view.rows.len() == 40);
    assert_eq!(&*view.entry(0).unwrap().places[0].bank, "Theirs");
    editor.screen.desk().order(Order::Import(home.join("gone").display().to_string()));
    let refused = editor.wait("no answer", |editor| editor.screen.desk().take_imported()).unwrap_err();
    assert!(refused.starts_with("Not imported: there is no") && editor.screen.desk().work().is_none(), "{refused}");
    let folder = home.display().to_string();
    editor.screen.desk().order(Order::Export { parcel: bridge::Parcel::Bank("Theirs".into()), folder });
    let said = editor.wait("not exported", |editor| editor.screen.desk().take_done()).unwrap();
    assert!(said.contains("Theirs.zitherbank") && home.join("Theirs.zitherbank").is_file(), "{said}");
}
