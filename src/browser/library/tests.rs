//! The library as its users see it.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::browser::history::Marks;
use crate::browser::preset::Preset;
use crate::model::ModelReference;
use crate::synth::controls::{Control, Controls};

/// A folder for a test, and the user's folder of presets in it, which is not made yet.
pub(super) fn user_folder() -> (tempfile::TempDir, PresetFolder) {
    let room = tempfile::tempdir().unwrap();
    let folder = PresetFolder::at(room.path().join("presets"));
    (room, folder)
}

/// A preset like no other with another `sound`.
pub(super) fn preset(name: &str, sound: f32) -> Preset {
    let mut controls = Controls::default();
    controls.set(Control::latent(0), sound);
    Preset { model: ModelReference::factory().clone(), ..Preset::new(name, &controls) }
}

/// Writes presets at these paths below a folder.
pub(super) fn write(root: &Path, presets: &[(&str, Preset)]) {
    for (path, preset) in presets {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        preset.write(&path).unwrap();
    }
}

/// The library of a folder as it is now.
pub(super) fn library(root: &Path) -> Library {
    let mut scanner = Scanner::new(Some(root.to_owned()));
    assert!(scanner.look(Look::Files, &|| true));
    scanner.library()
}

/// Names of what is found in the user's own banks.
fn names<'a>(library: &'a Library, found: &Found) -> Vec<&'a str> {
    let entries = found.rows.iter().map(|&row| &library.entries()[row as usize]);
    entries.filter(|entry| !entry.is_factory()).map(|entry| &*entry.card().name).collect()
}

fn find<'a>(library: &'a Library, text: &str) -> Vec<&'a str> {
    names(library, &library.find(&Query::of_text(text), &HashMap::new(), Order::Name))
}

/// A folder of some sounds.
fn room() -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    let tagged = |name: &str, sound, category: &str, tags: &[&str], author: &str| Preset {
        category: category.to_owned(),
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        author: author.to_owned(),
        description: format!("{name} as it was heard in the Zoo."),
        ..preset(name, sound)
    };
    write(
        room.path(),
        &[
            ("Mine/Keys/Glass Harp.zither", tagged("Glass Harp", 0.1, "Keys", &["Warm", "wide"], "Ada Müller")),
            ("Mine/Crème.zither", tagged("Crème brûlée", 0.2, "Pads", &["warm"], "Ada Müller")),
            ("Theirs/Bär.zither", tagged("Bär", 0.3, "Bass", &["dark", "glassy"], "Bo")),
            ("Loose.zither", tagged("Loose", 0.4, "", &[], "")),
        ],
    );
    room
}

#[test]
fn words_are_found_by_their_beginnings_in_name_author_bank_folder_tags_and_description() {
    let room = room();
    let library = library(room.path());
    for (text, expected) in [
        ("g", vec!["Glass Harp", "Bär"]),
        ("gla", vec!["Glass Harp", "Bär"]),
        ("HARP gl", vec!["Glass Harp"]),
        ("lass", vec![]),
        ("creme bru", vec!["Crème brûlée"]),
        ("crème", vec!["Crème brûlée"]),
        ("bar", vec!["Bär"]),
        ("baer", vec!["Bär"]),
        ("ada mull", vec!["Crème brûlée", "Glass Harp"]),
        ("theirs", vec!["Bär"]),
        ("keys", vec!["Glass Harp"]),
        ("warm", vec!["Crème brûlée", "Glass Harp"]),
        ("zoo", vec!["Bär", "Crème brûlée", "Glass Harp", "Loose"]),
        ("glass zoo", vec!["Bär", "Glass Harp"]),
        ("glass xylo", vec![]),
        (" - ", vec!["Bär", "Crème brûlée", "Glass Harp", "Loose"]),
    ] {
        assert_eq!(find(&library, text), expected, "{text}");
    }
}

#[test]
fn two_files_of_one_sound_are_one_entry_under_the_users_name() {
    let room = tempfile::tempdir().unwrap();
    let sound = preset("First", 0.5);
    let renamed = Preset { name: "Zweit".into(), tags: vec!["own".into()], ..sound.clone() };
    write(room.path(), &[("Factory/First.zither", sound.clone()), ("Mine/Zweit.zither", renamed)]);
    let library = library(room.path());
    let entry = library.entry(sound.id()).unwrap();
    assert_eq!((&*entry.card().name, entry.places.len(), entry.is_factory()), ("Zweit", 2, false));
    assert_eq!((find(&library, "first"), find(&library, "own")), (vec!["Zweit"], vec!["Zweit"]));
    let found = library.find(&Query::of_text("zweit"), &HashMap::new(), Order::Name);
    let banks: Vec<_> = found.facet(Facet::Bank).iter().map(|count| (&*count.name, count.presets)).collect();
    assert_eq!(banks, [("Mine", 1), ("Factory", 1)]);
    std::fs::remove_file(room.path().join("Mine/Zweit.zither")).unwrap();
    assert_eq!(entry.read().unwrap(), sound, "the place that is left");
}

#[test]
fn the_factory_presets_are_there_without_a_folder_and_can_be_read() {
    let mut scanner = Scanner::new(None);
    let first = scanner.library();
    assert!(scanner.look(Look::Files, &|| true) && !scanner.look(Look::Folders, &|| true));
    assert!(first.entries().len() >= 16);
    assert_eq!(first.entries().len(), scanner.library().entries().len());
    for entry in first.entries() {
        assert!(entry.is_factory() && entry.path().is_none());
        assert_eq!(entry.places[0].family(), &*entry.places[0].folder);
        assert_eq!(entry.read().unwrap().id(), entry.id);
        assert_eq!(entry.card().permission, Permission::Free);
    }
    let missing = library(Path::new("/nowhere/at/all"));
    assert_eq!((missing.entries().len(), missing.problems().len()), (first.entries().len(), 0));
}

#[test]
fn tags_of_the_users_own_are_found_and_counted_as_those_of_files_are() {
    let room = room();
    let library = library(room.path());
    let id = |name: &str| library.entries().iter().find(|entry| &*entry.card().name == name).unwrap().id;
    let tagged = |tags: &[&str]| Marks { tags: tags.iter().map(ToString::to_string).collect(), ..Marks::default() };
    let marks = HashMap::from([
        (id("Bär"), tagged(&["My Song", "WARM"])),
        (id("Glass Harp"), tagged(&["warm", "my song"])),
        (PresetId::of(b"gone"), tagged(&["nowhere"])),
    ]);
    let find = |query: &Query| library.find(query, &marks, Order::Name);
    assert_eq!(names(&library, &find(&Query::of_text("son"))), ["Bär", "Glass Harp"]);
    assert_eq!(names(&library, &find(&Query::of_text("song bar"))), ["Bär"]);
    assert_eq!(names(&library, &find(&Query::of_text("nowhere"))), [""; 0]);
    let mut query = Query::of_text("zoo");
    let counts = |query: &Query| -> Vec<(String, u32)> {
        find(query).facet(Facet::Tag).iter().map(|count| (count.name.to_string(), count.presets)).collect()
    };
    let counted =
        |name: &str, query: &Query| counts(query).into_iter().find(|(tag, _)| fold(tag) == name).map(|tag| tag.1);
    assert_eq!((counted("warm", &query), counted("my song", &query)), (Some(3), Some(2)), "{:?}", counts(&query));
    assert_eq!(counted("nowhere", &query), None);
    assert!(counts(&query).is_sorted_by_key(|(name, _)| fold(name)), "{:?}", counts(&query));
    query.choose(Facet::Tag, "my SONG", true);
    assert_eq!(names(&library, &find(&query)), ["Bär", "Glass Harp"]);
    query.choose(Facet::Tag, "wide", true);
    assert_eq!(names(&library, &find(&query)), ["Glass Harp"]);
    query.choose(Facet::Tag, "nowhere", true);
    assert_eq!(names(&library, &find(&query)), [""; 0]);
}

#[test]
fn facets_count_what_choosing_them_would_give() {
    let room = room();
    let library = library(room.path());
    let mut query = Query::of_text("zoo");
    let counts = |query: &Query, facet: Facet| -> Vec<(String, u32, bool)> {
        let found = library.find(query, &HashMap::new(), Order::Name);
        found.facet(facet).iter().map(|count| (count.name.to_string(), count.presets, count.chosen)).collect()
    };
    let row = |name: &str, presets, chosen| (name.to_owned(), presets, chosen);
    assert_eq!(counts(&query, Facet::Bank), [row("Mine", 2, false), row("Theirs", 1, false), row(USER_BANK, 1, false)]);
    let warm = row("warm", 2, false);
    assert_eq!(
        counts(&query, Facet::Tag),
        [row("dark", 1, false), row("glassy", 1, false), warm, row("wide", 1, false)]
    );
    // Banks are one or the other: those not chosen keep their counts. Tags are all at once: they narrow.
    query.choose(Facet::Bank, "mine", true);
    assert_eq!(counts(&query, Facet::Bank)[..2], [row("Mine", 2, true), row("Theirs", 1, false)]);
    query.choose(Facet::Tag, "WARM", true);
    assert_eq!(counts(&query, Facet::Tag), [row("warm", 2, true), row("wide", 1, false)]);
    query.choose(Facet::Tag, "wide", true);
    assert_eq!(names(&library, &library.find(&query, &HashMap::new(), Order::Name)), ["Glass Harp"]);
    query.choose(Facet::Bank, "Mine", false);
    query.clear(Facet::Tag);
    query.choose(Facet::Category, "Bass", true);
    query.choose(Facet::Category, "Pads", true);
    assert_eq!(names(&library, &library.find(&query, &HashMap::new(), Order::Name)), ["Bär", "Crème brûlée"]);
    query.choose(Facet::Author, "Nobody", true);
    assert_eq!(library.find(&query, &HashMap::new(), Order::Name).rows.len(), 0);
}

#[test]
fn marks_say_what_is_shown_and_they_follow_the_sound() {
    let room = room();
    let before = library(room.path());
    let id = |library: &Library, name: &str| {
        library.entries()[library.find(&Query::of_text(name), &HashMap::new(), Order::Name).rows[0] as usize].id
    };
    let mut marks = HashMap::new();
    marks.insert(id(&before, "loose"), Marks { hidden: true, ..Marks::default() });
    marks.insert(id(&before, "zoo harp"), Marks { favourite: true, rating: 4, ..Marks::default() });
    std::fs::rename(room.path().join("Mine/Keys/Glass Harp.zither"), room.path().join("Theirs/x.zither")).unwrap();
    let library = library(room.path());
    let found = |query: Query| names(&library, &library.find(&query, &marks, Order::Name));
    assert_eq!(found(Query::of_text("zoo")), ["Bär", "Crème brûlée", "Glass Harp"]);
    assert_eq!(found(Query { shown: Shown::Hidden, ..Query::default() }), ["Loose"]);
    assert_eq!(found(Query { shown: Shown::All, ..Query::of_text("zoo") }).len(), 4);
    assert_eq!(found(Query { favourites: true, ..Query::default() }), ["Glass Harp"]);
    assert_eq!(found(Query { rating: 4, ..Query::default() }), ["Glass Harp"]);
    assert_eq!(found(Query { rating: 5, ..Query::default() }).len(), 0);
}

#[test]
fn scores_order_and_leave_out_and_equal_ones_go_by_name() {
    let room = room();
    let library = library(room.path());
    let scores = library.scores(|entry| match &*entry.card().name {
        "Loose" => 2.0,
        "Bär" | "Crème brûlée" => 1.0,
        "Glass Harp" => f32::NAN,
        _ => f32::NEG_INFINITY,
    });
    let find = |text: &str| library.find(&Query::of_text(text), &HashMap::new(), Order::Scores(&scores));
    assert_eq!(names(&library, &find("")), ["Loose", "Bär", "Crème brûlée"]);
    assert_eq!(names(&library, &find("b")), ["Bär", "Crème brûlée"]);
    assert_eq!(library.find(&Query::default(), &HashMap::new(), Order::Scores(&[])).rows.len(), 0);
}

#[test]
fn near_sounds_of_the_same_model_come_first_and_others_not_at_all() {
    let room = room();
    let other =
        Preset { model: ModelReference { digest: "other:1".into(), ..Default::default() }, ..preset("Other", 0.1) };
    write(room.path(), &[("Other.zither", other)]);
    let library = library(room.path());
    let nearness = library.nearness(preset("", 0.2).id());
    let found = library.find(&Query::of_text("zoo"), &HashMap::new(), Order::Scores(&nearness));
    let all = library.find(&Query::default(), &HashMap::new(), Order::Scores(&nearness));
    assert_eq!(names(&library, &found)[0], "Crème brûlée");
    assert_eq!(names(&library, &found)[3], "Loose");
    assert!(!names(&library, &all).contains(&"Other"));
    assert!((nearness[found.rows[3] as usize] + 0.2).abs() < 1e-6);
    assert!(library.nearness(preset("", 0.99).id()).is_empty());
}

#[test]
fn stepping_goes_round_and_on_from_where_a_row_was() {
    assert_eq!(step(3, Some(1), 0, 1), Some(2));
    assert_eq!(step(3, Some(2), 0, 1), Some(0));
    assert_eq!(step(3, Some(0), 0, -1), Some(2));
    // The second of four was taken out.
    assert_eq!((step(3, None, 1, 1), step(3, None, 1, -1)), (Some(1), Some(0)));
    assert_eq!((step(3, None, 9, 1), step(3, None, 0, -1)), (Some(0), Some(2)));
    assert_eq!(step(0, None, 0, 1), None);
}

#[test]
fn a_random_row_is_any_but_the_current_one_and_the_same_for_the_same_seed() {
    let picks: BTreeSet<_> = (0..50).map(|seed| random(3, Some(1), seed)).collect();
    assert_eq!(picks, [Some(0), Some(2)].into());
    let picks: BTreeSet<_> = (0..50).map(|seed| random(3, None, seed)).collect();
    assert_eq!(picks.len(), 3);
    assert_eq!(random(3, Some(1), 5), random(3, Some(1), 5));
    assert_eq!((random(1, Some(0), 1), random(0, None, 1)), (Some(0), None));
}

#[test]
fn only_what_changed_is_read_again_and_broken_files_are_listed() {
    let room = room();
    let mut scanner = Scanner::new(Some(room.path().to_owned()));
    scanner.look(Look::Files, &|| true);
    let before = scanner.library();
    assert!(!scanner.look(Look::Files, &|| true), "nothing changed");
    std::fs::write(room.path().join("Mine/bad.zither"), "{").unwrap();
    write(room.path(), &[("Mine/Keys/New.zither", preset("New", 0.7))]);
    std::fs::remove_file(room.path().join("Theirs/Bär.zither")).unwrap();
    assert!(scanner.look(Look::Folders, &|| true));
    let after = scanner.library();
    assert_eq!(find(&after, ""), ["Crème brûlée", "Glass Harp", "Loose", "New"]);
    assert_eq!(after.problems().len(), 1);
    assert!(after.problems()[0].path.ends_with("Mine/bad.zither"));
    let card = |library: &Library| Arc::clone(&library.entry(preset("", 0.1).id()).unwrap().places[0].card);
    assert!(Arc::ptr_eq(&card(&before), &card(&after)), "what did not change was not read again");
    std::fs::remove_dir_all(room.path().join("Mine")).unwrap();
    assert!(scanner.look(Look::Folders, &|| true));
    assert_eq!(find(&scanner.library(), ""), ["Loose"]);
    assert!(scanner.library().problems().is_empty());
}

#[test]
fn a_file_that_is_changed_in_place_is_noticed_by_a_look_at_the_files() {
    let room = room();
    let mut scanner = Scanner::new(Some(room.path().to_owned()));
    scanner.look(Look::Files, &|| true);
    std::fs::write(room.path().join("Loose.zither"), preset("Changed in place", 0.4).to_json()).unwrap();
    assert!(scanner.look(Look::Files, &|| true));
    assert_eq!(find(&scanner.library(), "changed"), ["Changed in place"]);
}

#[test]
fn the_order_does_not_depend_on_how_often_or_when_files_were_read() {
    let room = room();
    write(room.path(), &[("A/Same.zither", preset("Same", 0.8)), ("B/Same.zither", preset("Same", 0.9))]);
    let order = |library: &Library| library.entries().iter().map(|entry| entry.id).collect::<Vec<_>>();
    let first = order(&library(room.path()));
    assert_eq!(first, order(&library(room.path())));
    assert!(library(room.path()).entries().is_sorted_by_key(|entry| fold(&entry.card().name)));
}

#[test]
fn what_was_deleted_is_not_listed() {
    let room = room();
    write(room.path(), &[("Trash/Gone.zither", preset("Gone", 0.6)), ("Mine/Trash/Kept.zither", preset("Kept", 0.65))]);
    let library = library(room.path());
    assert!(find(&library, "gone").is_empty());
    assert_eq!(find(&library, "kept"), ["Kept"]);
}
