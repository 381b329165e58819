//! The panel of the list of presets, driven by keyboard and pointer as a user drives it.
#![cfg(feature = "plugin")]

mod desk;

use desk::{Desk, Told};
use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use zither::browser::history::Marks;
use zither::browser::preset::Preset;
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
    desk.type_text("f");
    assert!(!marks(&desk, "Aardvark").favourite && !marks(&desk, "Camel").favourite);
    desk.harness.get_by_label("Aardvark").click();
    desk.frames(4);
    desk.harness.get_by_label("Badger").click_modifiers(Modifiers::SHIFT);
    desk.frames(4);
    desk.type_text("x");
    assert_eq!(desk.rows(), ["Camel"]);
}
