//! The panel of the list of presets, driven by keyboard and pointer as a user drives it.
#![cfg(feature = "plugin")]

mod desk;

use std::sync::Arc;

use desk::{Desk, Told};
use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use zither::bridge::{Order, Parcel, Work, WorkKind};
use zither::browser::history::Marks;
use zither::browser::library::{Card, Intake, Library, Permission, Place};
use zither::browser::preset::Preset;
use zither::browser::usage::PresetId;
use zither::model::latent::LATENTS;
use zither::synth::controls::Control;

impl Desk {
    /// The names of the rows in sight.
    fn rows(&self) -> Vec<String> {
        let rows = self.harness.query_all_by(|node| node.role() == Role::ListBoxOption);
        rows.filter_map(|row| row.accesskit_node().label()).collect()
    }

    /// Clicks what is called so, wherever it is scrolled to.
    fn press_on(&mut self, label: &str) {
        self.harness.get_by_label(label).scroll_to_me();
        self.frames(20);
        self.harness.get_by_label(label).click();
        self.frames(4);
    }
}

/// A preset of one latent's value, with what else is said of it.
fn preset_of(name: &str, latent: f32, tags: &[&str], author: &str, licence: &str) -> Preset {
    let mut controls = zither::synth::controls::Controls::default();
    controls.set(Control::latent(0), latent);
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Preset { tags, author: author.into(), licence: licence.into(), ..Preset::new(name, &controls) }
}

/// A desk with three presets of the user's beside those that are built in.
fn furnished() -> Desk {
    let mut desk = Desk::new();
    desk.clerk.take_in(&[
        ("Ark", preset_of("Aardvark", 0.11, &["warm", "wide"], "Ada", "CC0-1.0")),
        ("Ark", preset_of("Badger", 0.12, &["warm"], "Ada", "CC-BY-4.0")),
        ("Zoo", preset_of("Camel", 0.13, &["hollow"], "Bob", "LicenseRef-Mine")),
    ]);
    desk.browse();
    desk
}

#[test]
fn facets_are_counted_narrow_the_list_together_and_are_taken_off_by_their_chips() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    assert_eq!(desk.rows(), ["Aardvark", "Badger"]);
    assert!(desk.harness.query_by_label("Bank: Zoo, 1").is_some(), "what else there is of this facet is still counted");
    assert!(desk.harness.query_by_label("Author: Ada, 2").is_some());
    assert!(desk.harness.query_by_label_contains("Author: Bob").is_none(), "nothing of his is left");
    desk.press_on("Bank: Zoo, 1");
    assert_eq!(desk.rows(), ["Aardvark", "Badger", "Camel"], "of a facet one is enough");
    desk.press_on("Safe to export, 2");
    assert_eq!(desk.rows(), ["Aardvark", "Badger"]);
    desk.press_on("Character: warm, 2");
    desk.press_on("Character: wide, 1");
    assert_eq!(desk.rows(), ["Aardvark"], "of tags it has all");
    desk.press_on("Take off Character: wide");
    assert_eq!(desk.rows(), ["Aardvark", "Badger"]);
    desk.press_on("Clear");
    assert!(desk.rows().len() > 3);
}

#[test]
fn the_users_own_banks_stand_first_and_facets_are_chosen_by_the_keyboard_alone() {
    let mut desk = furnished();
    let at = |desk: &Desk, label: &str| desk.harness.get_by_label_contains(label).rect().top();
    assert!(at(&desk, "Bank: Ark") < at(&desk, "Bank: Zoo") && at(&desk, "Bank: Zoo") < at(&desk, "Bank: Factory"));
    let is_there = |desk: &Desk| desk.harness.get_by_label("Bank: Zoo, 1").is_focused();
    for _ in 0..12 {
        if is_there(&desk) {
            break;
        }
        desk.press(Modifiers::NONE, Key::Tab);
    }
    assert!(is_there(&desk), "Tab leads there");
    desk.press(Modifiers::NONE, Key::Space);
    assert_eq!(desk.rows(), ["Camel"]);
    desk.type_text("b");
    assert_eq!(desk.rows(), ["Camel"], "letters belong to the list alone");
}

#[test]
fn stars_and_hidden_presets_are_facets_too() {
    let mut desk = furnished();
    let id = |desk: &Desk, name: &str| desk.preset(name).0;
    let (badger, camel) = (id(&desk, "Badger"), id(&desk, "Camel"));
    desk.clerk.marks.insert(badger, Marks { rating: 4, ..Marks::default() });
    desk.clerk.marks.insert(camel, Marks { hidden: true, ..Marks::default() });
    desk.frames(3);
    desk.press_on("3 stars or more");
    assert_eq!(desk.rows(), ["Badger"]);
    desk.press_on("Take off 3 stars or more");
    desk.press_on("Hidden presets, 1");
    assert_eq!(desk.rows(), ["Camel"]);
}

impl Desk {
    /// Turns a knob of the Play panel by hand.
    fn turn(&mut self, label: &str, by: f32) {
        let knob = self.rect(label).center();
        self.drag(knob, knob - vec2(0.0, by), Modifiers::NONE);
        self.frames(2);
    }
}

const AGAIN: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

#[test]
fn loads_and_edits_are_one_history_that_is_walked_back_and_forth_bit_by_bit() {
    let mut desk = Desk::new();
    let mut past = vec![desk.sound()];
    desk.turn("Attack", 31.0);
    past.push(desk.sound());
    desk.type_text("]");
    desk.frames(6);
    past.push(desk.sound());
    desk.turn("Release", 17.0);
    past.push(desk.sound());
    desk.type_text("]");
    desk.frames(6);
    past.push(desk.sound());
    assert!(past.windows(2).all(|pair| pair[0] != pair[1]), "each step is another sound");
    for before in past.iter().rev().skip(1) {
        desk.press(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.sound(), *before);
    }
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound(), past[0], "there is no more");
    desk.told();
    for after in &past[1..] {
        desk.press(AGAIN, Key::Z);
        assert_eq!(desk.sound(), *after);
    }
    assert!(desk.told().contains(&Told::Begin("attack")), "the host hears of each step");
    desk.press(Modifiers::COMMAND, Key::Z);
    desk.turn("Attack", 9.0);
    let edited = desk.sound();
    desk.press(AGAIN, Key::Z);
    assert_eq!(desk.sound(), edited, "another edit leaves nothing to be done again");
}

#[test]
fn brackets_load_the_next_of_the_result_with_the_list_closed_and_are_letters_where_text_is_written() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("bell[");
    let written = desk.harness.get_by_label("Search presets").accesskit_node().value();
    assert_eq!((written.as_deref(), desk.sound().0.as_str()), (Some("bell["), ""), "a sign in the search");
    desk.press(Modifiers::NONE, Key::Backspace);
    let rows = desk.rows();
    assert!(rows.len() > 2, "{rows:?}");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    assert!(desk.harness.query_by_label("Preset list").is_none());
    assert_eq!(desk.sound().0, rows[0]);
    for name in [&rows[1], &rows[2]] {
        desk.type_text("]");
        desk.frames(4);
        assert_eq!(desk.sound().0, **name);
    }
    desk.type_text("[");
    desk.frames(4);
    assert_eq!(desk.sound().0, rows[1]);
    desk.type_text("[[");
    desk.frames(4);
    assert_ne!(desk.sound().0, rows[0], "round the end");
    assert_eq!(desk.preset(&desk.sound().0).0, desk.params.kept.preset.id().unwrap());
    desk.click(desk.rect("Attack value").center());
    desk.frames(2);
    let before = desk.sound();
    desk.type_text("]");
    desk.frames(4);
    assert_eq!(desk.sound(), before, "a value is being typed");
}

#[test]
fn a_random_preset_is_one_of_the_result() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    for expected in ["Badger", "Aardvark", "Badger"] {
        desk.type_text("r");
        desk.frames(10);
        assert_eq!(desk.sound().0, expected, "of two it is the other one");
    }
}

#[test]
fn the_edited_and_the_saved_sound_are_heard_in_turns_bit_by_bit() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("silk koto");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let saved = desk.sound();
    desk.turn("Attack", 31.0);
    let edited = desk.sound();
    desk.told();
    desk.acts();
    desk.browse();
    desk.harness.get_by_label("Preset list").focus();
    desk.frames(2);
    for _ in 0..2 {
        desk.type_text("c");
        desk.frames(2);
        assert_eq!(desk.sound(), saved);
        desk.type_text("c");
        desk.frames(2);
        assert_eq!(desk.sound(), edited);
    }
    desk.type_text("c");
    desk.frames(2);
    desk.press(Modifiers::NONE, Key::Escape);
    assert_eq!(desk.sound(), edited, "Esc leads back to the edited one, too");
    assert_eq!((desk.told(), desk.acts()), (vec![], vec![]), "nobody hears of what was only compared");
    desk.browse();
    desk.harness.get_by_label("Preset list").focus();
    desk.frames(2);
    desk.type_text("c");
    desk.frames(2);
    desk.press(Modifiers::COMMAND, Key::F);
    desk.harness.get_by_role_and_label(Role::Tab, "Play").click();
    desk.frames(4);
    assert_eq!(desk.sound(), saved, "what sounds when the list is left stays");
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound(), edited, "and can be taken back");
}

#[test]
fn hearts_and_stars_are_given_to_several_rows_at_once() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    desk.press_on("Bank: Zoo, 1");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press(Modifiers::SHIFT, Key::ArrowDown);
    desk.type_text("f4");
    let marks = |desk: &Desk, name: &str| desk.clerk.marks.get(&desk.preset(name).0).cloned().unwrap_or_default();
    for name in ["Aardvark", "Badger"] {
        assert_eq!((marks(&desk, name).favourite, marks(&desk, name).rating), (true, 4), "{name}");
    }
    assert_eq!(marks(&desk, "Camel"), Marks::default());
    desk.harness.get_by_label("Camel").click_modifiers(Modifiers::COMMAND);
    desk.frames(4);
    desk.type_text("f0");
    let hearts = ["Aardvark", "Badger", "Camel"].map(|name| (marks(&desk, name).favourite, marks(&desk, name).rating));
    assert_eq!(hearts, [(true, 0); 3], "all have one, then");
    let said = |desk: &Desk| desk.harness.get_by_label("Badger").accesskit_node().description().unwrap_or_default();
    assert!(said(&desk).contains("favourite"), "{}", said(&desk));
    desk.type_text("f");
    assert!(!said(&desk).contains("favourite"));
    assert!(!marks(&desk, "Aardvark").favourite && !marks(&desk, "Camel").favourite);
    desk.harness.get_by_label("Aardvark").click();
    desk.frames(4);
    desk.harness.get_by_label("Badger").click_modifiers(Modifiers::SHIFT);
    desk.frames(4);
    desk.type_text("x");
    assert_eq!(desk.rows(), ["Camel"]);
}

#[test]
fn the_details_say_all_that_is_known_of_the_selected_preset() {
    let mut desk = furnished();
    let told = Preset {
        description: "A small animal of the desert.".into(),
        ..preset_of("Fennec", 0.14, &["warm"], "Cy", "CC-BY-NC-4.0")
    };
    desk.clerk.take_in(&[("Zoo", told)]);
    let fennec = desk.preset("Fennec").0;
    desk.clerk.ranked = vec![(fennec, "Kept 4 times in this project".into())];
    desk.frames(3);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(3);
    let path = desk.clerk.folder.path().join("Zoo").join("Fennec.zither").display().to_string();
    for text in [
        "by Cy \u{b7} Zoo",
        "A small animal of the desert.",
        "Kept 4 times in this project",
        "Ask before export",
        "CC-BY-NC-4.0",
        "Model: ",
        &path,
    ] {
        assert!(desk.sees(text), "{text}");
    }
    desk.press_on("Show in folder");
    assert!(matches!(desk.clerk.errands[..], [Order::Reveal(shown)] if shown == fennec), "{:?}", desk.clerk.errands);
    desk.clerk.tell_done(Err("No file manager can be opened: copy the path instead.".into()));
    desk.frames(2);
    assert!(desk.sees("copy the path instead"));
    desk.press_on("Copy path");
    desk.press_on("3 stars");
    assert_eq!(desk.clerk.marks[&fennec].rating, 3);
    desk.press_on("3 stars");
    assert_eq!(desk.clerk.marks[&fennec].rating, 0, "a click on what is given takes it");
    desk.press_on("Favourite");
    assert!(desk.clerk.marks[&fennec].favourite);
}

#[test]
fn what_is_similar_is_listed_nearest_first_until_its_chip_is_taken_off() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.type_text(".");
    assert_eq!(desk.rows(), ["Aardvark", "Badger"], "what is chosen still holds");
    desk.press_on("Take off Bank: Ark");
    assert_eq!(desk.rows()[..3], ["Aardvark", "Badger", "Camel"]);
    let distance = |desk: &Desk, name: &str| {
        let at = |name: &str| *desk.clerk.library.entry(desk.preset(name).0).unwrap().card().latents.first().unwrap();
        (at(name) - at("Aardvark")).abs()
    };
    assert!(distance(&desk, "Badger") < distance(&desk, "Camel"));
    desk.press_on("Take off Similar to Aardvark");
    assert!(desk.rows().len() > 3 && desk.rows()[1] != "Badger", "{:?}", desk.rows());
}

#[test]
fn tags_of_one_and_of_several_are_put_on_and_taken_off() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press(Modifiers::SHIFT, Key::ArrowDown);
    assert!(desk.sees("2 presets"));
    desk.harness.get_by_label("Add tags").focus();
    desk.frames(2);
    desk.type_text("dark, f");
    desk.press(Modifiers::NONE, Key::Enter);
    let tags = |desk: &Desk, name: &str| desk.preset(name).1.tags.join(" ");
    assert_eq!((tags(&desk, "Aardvark"), tags(&desk, "Badger")), ("warm wide dark f".into(), "warm dark f".into()));
    assert!(desk.clerk.marks.is_empty(), "letters in the field are letters");
    assert!(desk.harness.query_by_label("Character: dark, 2").is_some(), "it is a facet at once");
    desk.press_on("Take tag warm off");
    assert_eq!((tags(&desk, "Aardvark"), tags(&desk, "Badger")), ("wide dark f".into(), "dark f".into()));
    desk.press_on("Clear");
    desk.type_text("/silk koto");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.harness.get_by_label("Add tags").focus();
    desk.frames(2);
    desk.type_text("mine");
    desk.press(Modifiers::NONE, Key::Enter);
    let koto = desk.preset("Silk Koto").0;
    assert_eq!(desk.clerk.marks[&koto].tags, ["mine"], "what comes with Zither keeps its file");
    desk.press_on("Take tag mine off");
    assert!(desk.clerk.marks[&koto].tags.is_empty());
}

#[test]
fn a_preset_or_its_bank_is_exported_to_a_folder_that_is_written() {
    let mut desk = furnished();
    desk.press_on("Bank: Ark, 2");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press_on("Export preset");
    desk.harness.event(egui::Event::Key {
        key: Key::A,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    desk.type_text("/tmp/[x]");
    desk.press(Modifiers::NONE, Key::Enter);
    let aardvark = desk.preset("Aardvark").0;
    let [Order::Export { parcel: Parcel::Presets(presets), folder }] = &desk.clerk.errands[..] else {
        panic!("{:?}", desk.clerk.errands);
    };
    assert_eq!((presets.as_slice(), folder.as_str()), (&[aardvark][..], "/tmp/[x]"));
    desk.clerk.tell_done(Ok("Written to /tmp/[x]/Aardvark.zither.".into()));
    desk.frames(2);
    assert!(desk.sees("Written to /tmp/[x]/Aardvark.zither."));
    desk.press_on("Export bank");
    desk.press(Modifiers::NONE, Key::Escape);
    assert!(desk.harness.query_by_label("Preset list").is_some(), "Esc leaves the field alone");
    assert!(desk.harness.query_by_label("Folder to export to").is_none());
    desk.press_on("Export bank");
    desk.press_on("Export here");
    assert!(matches!(&desk.clerk.errands[1], Order::Export { parcel: Parcel::Bank(bank), .. } if bank == "Ark"));
}

#[test]
fn presets_are_taken_in_by_the_keyboard_alone_watched_stopped_and_told_of_file_by_file() {
    let mut desk = furnished();
    let is_there = |desk: &Desk| desk.harness.query_by_label("File or folder to import").is_some();
    desk.harness.get_by_label("Import").focus();
    desk.press(Modifiers::NONE, Key::Enter);
    assert!(is_there(&desk) && desk.harness.query_by_label("Preset list").is_none());
    desk.type_text("/tmp/[f] x");
    desk.press(Modifiers::NONE, Key::Enter);
    let [Order::Import(path)] = &desk.clerk.errands[..] else { panic!("{:?}", desk.clerk.errands) };
    assert_eq!(path, "/tmp/[f] x");
    desk.clerk.tell_work(Some(Work { kind: WorkKind::Import, so_far: (30, 120) }));
    desk.frames(2);
    let bar = desk.harness.get_by_label("Importing presets").accesskit_node();
    assert_eq!((bar.role(), bar.numeric_value()), (Role::ProgressIndicator, Some(25.0)));
    assert!(desk.harness.get_by_label("Take in").accesskit_node().is_disabled(), "one thing at a time");
    desk.press_on("Stop");
    assert!(matches!(desk.clerk.errands[1..], [Order::Stop]), "{:?}", desk.clerk.errands);
    desk.clerk.tell_work(None);
    let problems = vec!["/tmp/[f] x/bad.zither is no preset".to_owned()];
    desk.clerk.tell_imported(Ok(Intake { taken: 31, known: 2, failed: 1, problems, is_stopped: true }));
    desk.frames(2);
    assert!(desk.sees("Stopped: 31 presets taken, 2 were there already, 1 could not be taken."));
    assert!(desk.sees("bad.zither is no preset") && desk.harness.query_by_label("Importing presets").is_none());
    desk.clerk.tell_imported(Err("Not imported: there is no /tmp/[f] x.".into()));
    desk.frames(2);
    assert!(desk.sees("there is no /tmp/[f] x"));
    desk.press(Modifiers::NONE, Key::Escape);
    assert!(!is_there(&desk) && desk.harness.query_by_label("Preset list").is_some(), "Esc leads back to the rows");
}

#[test]
fn a_hidden_preset_is_seen_and_shown_again() {
    let mut desk = furnished();
    desk.press_on("Bank: Zoo, 1");
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press_on("Hide");
    assert!(desk.rows().is_empty());
    desk.press_on("Hidden presets, 1");
    assert_eq!(desk.rows(), ["Camel"]);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press_on("Show again");
    assert!(!desk.clerk.marks[&desk.preset("Camel").0].hidden);
}

#[test]
fn all_is_sorted_by_its_head_and_turned_round_by_a_second_click() {
    let mut desk = furnished();
    desk.press_on("All");
    desk.press_on("Sort by Author");
    assert_eq!(desk.rows()[..3], ["Aardvark", "Badger", "Camel"]);
    desk.press_on("Bank: Ark, 2");
    desk.press_on("Bank: Zoo, 1");
    desk.press_on("Sort by Bank");
    assert_eq!(desk.rows(), ["Aardvark", "Badger", "Camel"]);
    desk.press_on("Sort by Bank");
    assert_eq!(desk.rows(), ["Camel", "Badger", "Aardvark"]);
}

#[test]
fn files_that_cannot_be_read_are_listed_with_their_reasons_and_cost_nothing_else() {
    let mut desk = furnished();
    assert!(!desk.sees("could not be read"));
    std::fs::write(desk.clerk.folder.path().join("Ark/bad.zither"), "{").unwrap();
    std::fs::write(desk.clerk.folder.path().join("Ark/worse.zither"), "{}").unwrap();
    desk.clerk.look();
    desk.frames(3);
    assert!(desk.harness.query_by_label("Bank: Ark, 2").is_some(), "the good ones are there");
    desk.press_on("2 files could not be read");
    assert!(desk.sees("bad.zither") && desk.sees("worse.zither"));
    let problems = desk.clerk.library.problems();
    assert!(problems.iter().all(|problem| desk.sees(&problem.error.to_string())), "{problems:?}");
    desk.press_on("Back to the presets");
    assert!(desk.harness.query_by_label("Preset list").is_some());
}

#[test]
fn reading_many_files_says_how_far_it_is_and_what_came_of_it() {
    let mut desk = furnished();
    let all = desk.clerk.library.entries().len();
    for (reads, told) in [
        (Some((0, 0)), format!("{all} presets, more are looked for")),
        (Some((12, 40)), format!("{all} presets, 12 of 40 files read")),
        (None, format!("{all} presets")),
    ] {
        desk.clerk.reads = reads;
        desk.frames(3);
        let line = desk.harness.get_by_role(Role::Status).accesskit_node().label();
        assert_eq!(line.as_deref(), Some(told.as_str()));
    }
}

#[test]
fn reading_is_stopped_with_what_was_read_and_gone_on_with() {
    let mut desk = furnished();
    desk.clerk.reads = Some((12, 40));
    desk.frames(3);
    desk.press_on("Stop reading");
    let line = |desk: &Desk| desk.harness.get_by_role(Role::Status).accesskit_node().label().unwrap();
    assert!(desk.clerk.is_halted && line(&desk).ends_with("stopped at 12 of 40 files"), "{}", line(&desk));
    desk.press_on("Read on");
    assert!(!desk.clerk.is_halted && line(&desk).ends_with("12 of 40 files read"), "{}", line(&desk));
    desk.clerk.reads = None;
    desk.frames(3);
    assert!(desk.harness.query_by_label("Stop reading").is_none());
}

#[test]
fn every_widget_of_the_panel_has_a_name() {
    let mut desk = furnished();
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.press_on("Export preset");
    let roles = [Role::Button, Role::CheckBox, Role::RadioButton, Role::TextInput, Role::ListBoxOption, Role::ListBox];
    for role in roles {
        let nodes: Vec<_> = desk.harness.query_all_by(|node| node.role() == role).collect();
        assert!(!nodes.is_empty(), "{role:?}");
        for node in nodes {
            assert!(node.accesskit_node().label().is_some_and(|label| !label.is_empty()), "a {role:?} without a name");
        }
    }
}

#[test]
fn nothing_of_the_panel_overlaps_in_the_smallest_window() {
    let mut desk = furnished();
    desk.harness.set_size(vec2(900.0, 700.0));
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(4);
    let list = desk.rect("Preset list");
    let (facet, heart) = (desk.rect("Bank: Ark, 2"), desk.rect("Favourite"));
    assert!(facet.right() <= list.left() && list.right() <= heart.left(), "{facet} {list} {heart}");
    assert!(list.width() > 380.0, "{list}");
    let row = desk.harness.query_all_by(|node| node.role() == Role::ListBoxOption).next().unwrap().rect();
    assert!(list.expand(1.0).contains_rect(row), "{row} in {list}");
}

/// A library of so many presets in a hundred banks.
fn crowd(count: u32) -> Library {
    let place = |number: u32| {
        let tags = [["warm", "wide"], ["dark", "slow"], ["bright", "plucky"]][number as usize % 3];
        let mut latents = [0.0; LATENTS];
        latents[0] = number as f32 / count as f32;
        let card = Card {
            id: PresetId::of(&number.to_le_bytes()),
            name: format!("Sound {number} of the crowd").into(),
            author: format!("Author {}", number % 300).into(),
            category: ["Keys", "Pads", "Bass"][number as usize % 3].into(),
            tags: tags.map(Into::into).into(),
            description: "One of very many.".into(),
            licence: "CC0-1.0".into(),
            permission: Permission::Free,
            latents,
            model: Default::default(),
            is_of_recording: false,
        };
        Place {
            card: Arc::new(card),
            bank: format!("Bank {}", number % 100).into(),
            folder: "".into(),
            path: Some(format!("/presets/{number}.zither").into()),
            modified: None,
        }
    };
    Library::new((0..count).map(place), Vec::new())
}

/// Prints milliseconds of a frame: `frame_WHAT p50 p95 worst`.
#[allow(clippy::print_stdout, reason = "a measurement prints its figures")]
fn tell(what: &str, mut frames: Vec<f64>) {
    frames.sort_by(f64::total_cmp);
    let at = |part: f64| frames[(part * (frames.len() - 1) as f64) as usize];
    println!("frame_{what} p50 {:.2} p95 {:.2} worst {:.2}", at(0.5), at(0.95), at(1.0));
}

#[test]
#[ignore = "measures"]
fn a_frame_with_100_000_presets_in_the_list() {
    let mut desk = Desk::new();
    desk.clerk.library = Arc::new(crowd(100_000));
    desk.browse();
    desk.press_on("All");
    let frame = |desk: &mut Desk| {
        let start = std::time::Instant::now();
        desk.harness.step();
        let output = desk.harness.output();
        let shapes = output.shapes.clone();
        let meshes = desk.harness.ctx.tessellate(shapes, output.pixels_per_point);
        assert!(!meshes.is_empty());
        let took = start.elapsed().as_secs_f64() * 1e3;
        desk.clerk.work();
        took
    };
    tell("still", (0..200).map(|_| frame(&mut desk)).collect());
    let walk = (0..200).map(|_| {
        desk.harness.key_press(Key::ArrowDown);
        frame(&mut desk)
    });
    tell("walk", walk.collect());
    let page = (0..200).map(|_| {
        desk.harness.key_press(Key::PageDown);
        frame(&mut desk)
    });
    tell("page", page.collect());
    let typed = "crowd sound 7 of the crowd author 1".chars().map(|letter| {
        desk.harness.event(egui::Event::Text(letter.to_string()));
        frame(&mut desk)
    });
    tell("type", typed.collect());
}
