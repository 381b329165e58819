//! The panel of the list of presets, driven by keyboard and pointer as a user drives it.
#![cfg(feature = "plugin")]

mod desk;

use std::sync::Arc;

use desk::Desk;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use zither::browser::history::Marks;
use zither::browser::library::Look;
use zither::browser::preset::Preset;
use zither::synth::controls::Control;

impl Desk {
    /// The names of the rows in sight.
    fn rows(&self) -> Vec<String> {
        let rows = self.harness.query_all_by(|node| node.role() == Role::ListBoxOption);
        rows.filter_map(|row| row.accesskit_node().label()).collect()
    }

    /// Saves presets into the user's folder, by bank.
    fn give(&mut self, presets: &[(&str, Preset)]) {
        for (bank, preset) in presets {
            self.clerk.folder.save(preset, bank, "").expect("the folder takes them");
        }
        self.clerk.scanner.look(Look::Files, &|| true);
        self.clerk.library = Arc::new(self.clerk.scanner.library());
        self.frames(2);
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
    desk.give(&[
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
