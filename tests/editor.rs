//! The editor's functions, driven as a user drives them, without a window: every edit is a gesture that the host sees,
//! and the parameter follows.
#![cfg(feature = "plugin")]

mod common;
mod desk;

use common::home::is_at_home;
use common::steady_model;
use desk::{Desk, Told};
use egui::accesskit::{Role, Toggled};
use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use nice_plug::prelude::Params;
use zither::bridge;
use zither::browser::preset::Preset;
use zither::browser::settings::{Change, Theme as Colours};
use zither::browser::sitting::Act;
use zither::browser::usage::Shelf;
use zither::model::latent::LatentSpace;
use zither::model::{Card, Model, ModelReference};
use zither::synth::controls::{Control, Controls};

/// Begin, any number of sets (at least one), end: of `id` alone.
fn assert_one_gesture(told: &[Told], id: &'static str) {
    let of_id: Vec<_> = told
        .iter()
        .filter(|told| matches!(told, Told::Begin(of) | Told::Set(of, _) | Told::End(of) if *of == id))
        .collect();
    assert_eq!(of_id.first(), Some(&&Told::Begin(id)), "{told:?}");
    assert_eq!(of_id.last(), Some(&&Told::End(id)), "{told:?}");
    assert!(of_id.len() > 2, "{told:?}");
    assert!(of_id[1..of_id.len() - 1].iter().all(|told| matches!(told, Told::Set(..))), "{told:?}");
}

#[test]
fn a_latent_slider_is_found_by_its_name_and_dragging_it_is_one_gesture() {
    let mut desk = Desk::new();
    let track = desk.rect(&desk.latent_name(2));
    desk.drag(track.center(), track.center() + vec2(0.3 * track.width(), 0.0), Modifiers::NONE);
    let told = desk.told();
    assert_one_gesture(&told, "latent_3");
    assert!(
        told.iter().all(|told| matches!(told, Told::Begin(id) | Told::Set(id, _) | Told::End(id) if *id == "latent_3"))
    );
    let value = desk.params.plain(Control::latent(2));
    assert!((value - 0.6).abs() < 0.1, "{value}");
}

#[test]
fn shift_makes_a_drag_fine() {
    let mut desk = Desk::new();
    let track = desk.rect(&desk.latent_name(0));
    desk.drag(track.center(), track.center() + vec2(100.0, 0.0), Modifiers::SHIFT);
    assert_one_gesture(&desk.told(), "latent_1");
    let value = desk.params.plain(Control::latent(0));
    let coarse = 2.0 * 100.0 / track.width();
    assert!(value > 0.0 && (value - 0.1 * coarse).abs() < 0.05 * coarse, "{value} of {coarse}");
}

#[test]
fn a_double_click_resets() {
    let mut desk = Desk::new();
    let knob = desk.rect("Gain").center();
    desk.drag(knob, knob + vec2(0.0, 60.0), Modifiers::NONE);
    assert!(desk.params.plain(Control::GAIN) < -10.0);
    desk.told();
    desk.click(knob);
    desk.click(knob);
    let default = Control::GAIN.spec().default;
    assert_eq!(desk.params.plain(Control::GAIN), default);
    assert_one_gesture(&desk.told(), "gain");
}

#[test]
fn the_pad_moves_the_two_latents_of_its_axes() {
    let mut desk = Desk::new();
    desk.params.kept.set_pad_axis(0, 4);
    desk.params.kept.set_pad_axis(1, 9);
    desk.click(desk.rect("XY Pad").center());
    let field = desk.rect("XY pad");
    desk.drag(field.center(), field.lerp_inside(vec2(0.75, 0.1)), Modifiers::NONE);
    let told = desk.told();
    assert_one_gesture(&told, "latent_5");
    assert_one_gesture(&told, "latent_10");
    let (x, y) = (desk.params.plain(Control::latent(4)), desk.params.plain(Control::latent(9)));
    assert!((x - 0.5).abs() < 0.02 && (y - 0.8).abs() < 0.02, "{x} {y}");
}

#[test]
fn a_typed_value_is_taken_with_its_unit() {
    let mut desk = Desk::new();
    desk.type_value("Attack value", "1.5 s");
    assert_one_gesture(&desk.told(), "attack");
    let attack = desk.params.plain(Control::ATTACK);
    assert!((attack - 1_500.0).abs() < 1.0, "{attack}");
    desk.type_value("Voice Mode value", "legato");
    assert_eq!(desk.params.plain(Control::MODE), 2.0);
}

#[test]
fn a_typed_text_that_is_no_value_changes_nothing() {
    let mut desk = Desk::new();
    desk.type_value("Gain value", "loud");
    assert_eq!(desk.told(), []);
    assert_eq!(desk.params.plain(Control::GAIN), Control::GAIN.spec().default);
}

#[test]
fn arrow_keys_turn_what_has_the_focus() {
    let mut desk = Desk::new();
    desk.harness.get_by_label("Unison").focus();
    desk.harness.run_steps(2);
    desk.harness.key_press(Key::ArrowUp);
    desk.harness.run_steps(2);
    assert_eq!(desk.params.plain(Control::UNISON), 2.0);
    assert_one_gesture(&desk.told(), "unison");
}

#[test]
fn the_keyboard_plays_and_lets_go() {
    let mut desk = Desk::new();
    let board = desk.rect("Keyboard");
    let low = board.left_bottom() + vec2(4.0, -4.0);
    desk.drag(low, low + vec2(0.0, -8.0), Modifiers::NONE);
    let played: Vec<_> = std::iter::from_fn(|| desk.audio.next_key()).collect();
    let [bridge::Key::Down { key: 36, velocity }, bridge::Key::Up { key: 36 }] = played[..] else {
        panic!("C2 is pressed and let go, not {played:?}");
    };
    assert!(velocity > 0.8, "{velocity}");
}

#[test]
fn the_keyboard_has_the_focus_of_tab_and_is_played_by_arrows_and_enter() {
    let mut desk = Desk::new();
    let played = |desk: &mut Desk| std::iter::from_fn(|| desk.audio.next_key()).collect::<Vec<_>>();
    let held = |desk: &mut Desk, key, pressed| {
        let modifiers = Modifiers::NONE;
        desk.harness.event(Event::Key { key, physical_key: None, pressed, repeat: false, modifiers });
        desk.frames(2);
    };
    for _ in 0..90 {
        if desk.harness.query_by_label_contains("Keyboard, at").is_some() {
            break;
        }
        desk.press(Modifiers::NONE, Key::Tab);
    }
    let label = |desk: &Desk| desk.harness.get_by_label_contains("Keyboard").accesskit_node().label().unwrap();
    assert_eq!(label(&desk), "Keyboard, at C4");
    for key in [Key::ArrowRight, Key::ArrowUp] {
        desk.press(Modifiers::NONE, key);
    }
    assert_eq!((label(&desk).as_str(), played(&mut desk)), ("Keyboard, at C#5", vec![]));
    held(&mut desk, Key::Space, true);
    held(&mut desk, Key::ArrowLeft, true);
    held(&mut desk, Key::Space, false);
    let down = |key| bridge::Key::Down { key, velocity: 0.75 };
    let up = |key| bridge::Key::Up { key };
    assert_eq!(played(&mut desk), [down(73), up(73), down(72), up(72)]);
    held(&mut desk, Key::Enter, true);
    desk.press(Modifiers::NONE, Key::Tab);
    assert_eq!(played(&mut desk), [down(72), up(72)], "whose focus goes lets go");
}

#[test]
fn every_control_is_found_by_its_name() {
    let desk = Desk::new();
    for control in Control::all() {
        let name = match control.index() {
            latent if latent < zither::model::latent::LATENTS => desk.latent_name(latent),
            _ => control.spec().name.to_owned(),
        };
        assert!(desk.harness.query_all_by_label(&name).next().is_some(), "{name}");
    }
}

#[test]
fn a_fault_is_shown() {
    let mut desk = Desk::new();
    assert!(desk.harness.query_by_role(Role::Alert).is_none());
    desk.audio.fail();
    desk.harness.run_steps(2);
    assert!(desk.harness.query_by_role(Role::Alert).is_some());
}

#[test]
fn the_window_is_drawn_before_the_model_is_open_and_opens_nothing_itself() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("the_window_is_drawn_before_the_model_is_open_and_opens_nothing_itself", room.path()) {
        return;
    }
    let mut desk = Desk::unopened(egui::Theme::Dark, 1.0);
    desk.press(Modifiers::COMMAND, Key::F);
    desk.frames(10);
    assert!(desk.sees("The model is being opened"));
    assert!(Model::factory_if_open().is_none(), "this thread has not opened it");
    assert!(desk.harness.query_all_by_label("Gain").next().is_none(), "nothing is there that would need it");
    // What the background thread does.
    assert!(desk.params.kept.model.open() && !desk.params.kept.model.open());
    desk.frames(2);
    assert!(!desk.sees("being opened") && desk.sees(&desk.latent_name(15)));
}

#[test]
fn a_window_whose_model_nobody_opens_says_so() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("a_window_whose_model_nobody_opens_says_so", room.path()) {
        return;
    }
    let mut desk = Desk::unopened(egui::Theme::Dark, 1.0);
    assert!(desk.harness.query_by_role(Role::Alert).is_none());
    desk.listener = bridge::halves().2;
    desk.frames(2);
    let alert = desk.harness.get_by_role(Role::Alert).accesskit_node().label().unwrap();
    assert!(alert.contains("load the plugin anew"), "{alert}");
}

/// Writes a model whose first latent is called `latent`.
fn write_model(path: &std::path::Path, name: &str, latent: &str) {
    let mut space = LatentSpace::default();
    latent.clone_into(&mut space.names[0]);
    let card = Card { name: name.to_owned(), ..Card::default() };
    let weights = steady_model(&[(0, -20.0)]).weights().clone();
    std::fs::write(path, Model::new(card, space, weights, Vec::new()).to_bytes()).expect("the folder is there");
}

#[test]
fn a_model_of_the_users_folder_is_chosen_from_a_menu_and_names_the_latents() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("a_model_of_the_users_folder_is_chosen_from_a_menu_and_names_the_latents", room.path()) {
        return;
    }
    let folder = std::path::PathBuf::from(std::env::var_os("ZITHER_HOME").unwrap()).join("models");
    std::fs::create_dir(&folder).unwrap();
    write_model(&folder.join("bells.safetensors"), "My Bells", "Shimmer");
    std::fs::write(folder.join("broken.safetensors"), b"no model").unwrap();
    let mut desk = Desk::new();
    let factory = desk.latent_name(0);
    let open = |desk: &mut Desk| {
        desk.click(desk.rect("Model").center());
        // What the background thread does.
        desk.params.kept.model.tend();
        desk.harness.run_steps(3);
    };
    open(&mut desk);
    assert!(desk.harness.query_by_label_contains("broken.safetensors is no complete safetensors file").is_some());
    desk.click(desk.harness.get_by_label_contains("My Bells").rect().center());
    assert_eq!(desk.latent_name(0), factory, "the editor itself opens nothing");
    desk.params.kept.model.tend();
    desk.harness.run_steps(2);
    assert_eq!((desk.latent_name(0).as_str(), desk.harness.state().model.as_str()), ("1 Shimmer", "My Bells"));
    assert!(desk.harness.query_all_by_label("1 Shimmer").next().is_some());
    open(&mut desk);
    std::fs::write(folder.join("bells.safetensors"), b"no model any more").unwrap();
    desk.click(desk.harness.get_by_label_contains("bells.safetensors").rect().center());
    desk.params.kept.model.tend();
    desk.harness.run_steps(2);
    let alert = desk.harness.get_by_role(Role::Alert).accesskit_node().label().unwrap();
    assert!(alert.contains("bells.safetensors: is no complete safetensors file"), "{alert}");
    assert_eq!(desk.harness.state().model, "My Bells", "what played plays on");
    open(&mut desk);
    desk.click(desk.rect("Built in").center());
    desk.params.kept.model.tend();
    desk.harness.run_steps(2);
    assert_eq!(desk.latent_name(0), factory);
    assert!(desk.harness.query_by_role(Role::Alert).is_none());
}

#[test]
fn a_missing_model_is_said_with_what_to_do() {
    let mut desk = Desk::new();
    let missing = r#"{"name":"Old Strings","digest":"fnv1a64:0123456789abcdef","path":"/nowhere/old.safetensors"}"#;
    desk.params.deserialize_fields(&[("model".to_owned(), missing.to_owned())].into());
    desk.harness.run_steps(2);
    let alert = desk.harness.get_by_role(Role::Alert).accesskit_node().label().unwrap();
    assert!(alert.contains("put Old Strings (0123456789ab) into "), "{alert}");
    assert_eq!(desk.params.serialize_fields()["model"], missing);
}

#[test]
fn a_preset_is_found_and_loaded_by_the_keyboard_alone() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("winter bel");
    assert!(desk.harness.query_by_label("Winter Bells").is_some());
    assert!(desk.harness.query_by_label("Velvet Section").is_none(), "what does not fit is not listed");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let (id, preset) = desk.preset("Winter Bells");
    let (name, bits) = desk.sound();
    let controls = preset.controls();
    let wanted = Control::all().filter(|&control| control != Control::BYPASS).map(|control| controls.get(control));
    assert_eq!((name.as_str(), desk.params.kept.preset.id()), ("Winter Bells", Some(id)));
    assert_eq!(bits, wanted.map(f32::to_bits).collect::<Vec<_>>(), "what the host rounded is put right");
    assert!(desk.harness.query_by_label("Preset list").is_none(), "the knobs are back");
    assert_eq!(desk.acts(), [Act::Tried(id, Some((Shelf::ForYou, 0))), Act::Taken]);
    let told = desk.told();
    let changed = Control::all().filter(|&control| desk.params.plain(control) != control.spec().default);
    for control in changed {
        assert_one_gesture(&told, control.spec().id);
    }
}

#[test]
fn a_row_is_tried_after_a_moment_and_esc_puts_back_exactly_what_was_there() {
    let mut desk = Desk::new();
    desk.drag(desk.rect("Gain").center(), desk.rect("Gain").center() + vec2(0.0, 13.0), Modifiers::NONE);
    let before = desk.sound();
    desk.told();
    desk.acts();
    desk.browse();
    desk.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(desk.sound(), before, "not before a moment has gone by");
    desk.frames(10);
    let tried = desk.sound();
    assert_eq!(tried.0, desk.row(0).1);
    assert_ne!(tried.1, before.1);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    assert_eq!(desk.sound().0, desk.row(1).1);
    desk.press(Modifiers::NONE, Key::Escape);
    assert_eq!(desk.sound(), before);
    assert!(desk.harness.query_by_label("Preset list").is_none());
    assert_eq!(desk.told(), [], "the host never heard of it");
    let tried = |row: u16| Act::Tried(desk.row(usize::from(row)).0, Some((Shelf::ForYou, row)));
    assert_eq!(desk.acts(), [tried(0), tried(1), Act::Left]);
}

#[test]
fn of_rows_that_are_walked_past_only_the_last_is_tried() {
    let mut desk = Desk::new();
    desk.browse();
    for _ in 0..5 {
        desk.harness.key_press(Key::ArrowDown);
        desk.frames(3);
    }
    desk.frames(12);
    assert_eq!((desk.clerk.fetched, desk.sound().0), (1, desk.row(4).1));
}

#[test]
fn a_load_is_taken_back_with_the_edits_that_were_there() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("silk koto");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let knob = desk.rect("Attack").center();
    desk.drag(knob, knob - vec2(0.0, 31.0), Modifiers::NONE);
    let edited = desk.sound();
    desk.browse();
    desk.type_text("round bass");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    assert_eq!(desk.sound().0, "Round Bass");
    desk.told();
    desk.acts();
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound(), edited);
    assert_one_gesture(&desk.told(), "latent_1");
    assert_eq!(desk.acts(), [Act::Undone(Some(desk.preset("Silk Koto").0))]);
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound().0, "Silk Koto", "the edit, too");
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound().0, "", "and the load before it");
}

#[test]
fn an_edit_takes_what_is_tried() {
    let mut desk = Desk::new();
    desk.browse();
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    desk.harness.get_by_label("Presets").click();
    desk.frames(2);
    assert_eq!(desk.sound().0, desk.row(0).1, "closing the list leaves what sounds");
    desk.acts();
    let knob = desk.rect("Gain").center();
    desk.drag(knob, knob + vec2(0.0, 13.0), Modifiers::NONE);
    assert_eq!(desk.acts(), [Act::Tweaked]);
}

#[test]
fn hearts_and_what_is_not_wanted_are_said_by_letters_in_the_list_and_by_none_in_the_search() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("fx");
    assert!(desk.clerk.marks.is_empty(), "in the search they are letters");
    desk.press(Modifiers::NONE, Key::Backspace);
    desk.press(Modifiers::NONE, Key::Backspace);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    let (first, name) = desk.row(0);
    desk.type_text("f");
    assert!(desk.clerk.marks[&first].favourite);
    desk.type_text("x");
    assert!(desk.clerk.marks[&first].hidden);
    assert!(desk.harness.query_by_role_and_label(Role::ListBoxOption, &name).is_none());
    desk.press(Modifiers::COMMAND, Key::Z);
    desk.press(Modifiers::COMMAND, Key::Z);
    assert!(!desk.clerk.marks[&first].hidden, "it is back");
    desk.type_text("silk");
    assert!(desk.harness.query_by_label("Silk Koto").is_some() && desk.harness.query_by_label("Round Bass").is_none());
}

#[test]
fn a_sound_is_saved_by_the_keyboard_alone_and_is_the_loaded_preset_then() {
    let mut desk = Desk::new();
    desk.browse();
    desk.type_text("silk koto");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let (base, koto) = desk.preset("Silk Koto");
    let knob = desk.rect("Attack").center();
    desk.drag(knob, knob - vec2(0.0, 31.0), Modifiers::NONE);
    let (_, bits) = desk.sound();
    desk.acts();
    desk.press(Modifiers::COMMAND, Key::S);
    assert!(desk.harness.query_by_label("Save preset").is_some());
    desk.type_text("My Koto");
    desk.press(Modifiers::NONE, Key::Tab);
    desk.type_text(" Two");
    for _ in 0..2 {
        desk.press(Modifiers::NONE, Key::Tab);
    }
    desk.harness.event(Event::Key {
        key: Key::A,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    desk.type_text("soft, , slow");
    desk.press(Modifiers::NONE, Key::Enter);
    assert!(desk.harness.query_by_label("Save preset").is_none(), "the knobs are back");
    let banks: Vec<_> =
        std::fs::read_dir(desk.clerk.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(banks.len(), 1, "{banks:?}");
    assert!(banks[0].ends_with("User Two"), "{banks:?}");
    let saved = Preset::read(&banks[0].join("My Koto.zither")).unwrap();
    assert_eq!((&saved.category, saved.tags.join(" ").as_str()), (&koto.category, "soft slow"));
    assert_eq!(desk.params.kept.preset.named(), ("My Koto".to_owned(), Some(saved.id())));
    assert_eq!(desk.sound().1, bits, "the sound stays as it is");
    let controls = saved.controls();
    let wanted = Control::all().filter(|&control| control != Control::BYPASS).map(|control| controls.get(control));
    assert_eq!(wanted.map(f32::to_bits).collect::<Vec<_>>(), bits);
    assert_ne!(saved.id(), base);
    assert_eq!(desk.acts(), [Act::Saved(saved.id())]);
}

#[test]
fn what_is_saved_out_of_the_list_is_selected_there_and_a_save_that_fails_loses_nothing() {
    let mut desk = Desk::new();
    desk.browse();
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    let tried = desk.sound();
    desk.press(Modifiers::COMMAND, Key::S);
    desk.press(Modifiers::NONE, Key::Delete);
    desk.press(Modifiers::NONE, Key::Enter);
    assert!(desk.harness.query_by_label("Give the preset a name.").is_some());
    desk.type_text("Mine");
    std::fs::write(desk.clerk.folder.path(), b"no folder").unwrap();
    desk.press(Modifiers::NONE, Key::Enter);
    assert!(desk.harness.query_by_label_contains("Not saved: ").is_some());
    assert_eq!(desk.sound(), tried);
    desk.press(Modifiers::NONE, Key::Escape);
    assert!(desk.harness.query_by_label("Preset list").is_some(), "where it was opened");
    std::fs::remove_file(desk.clerk.folder.path()).unwrap();
    desk.press(Modifiers::COMMAND, Key::S);
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let saved = Preset::read(&desk.clerk.folder.path().join("User/Mine.zither")).unwrap();
    assert_eq!(desk.params.kept.preset.named(), ("Mine".to_owned(), Some(saved.id())));
    assert!(desk.harness.query_by_label("Save preset").is_none());
    let row = desk.harness.get_by(|node| node.role() == Role::ListBoxOption && node.label().as_deref() == Some("Mine"));
    assert_eq!(row.accesskit_node().toggled(), Some(Toggled::True));
}

#[test]
fn each_tab_shows_its_panel_and_a_second_theme_is_a_click_away() {
    let mut desk = Desk::new();
    for (tab, seen) in [
        ("Browser", "Search presets"),
        ("Rights", "Export clearance report"),
        ("Settings", "Light"),
        ("Play", "Map of presets"),
    ] {
        assert!(desk.harness.query_by_label(seen).is_none(), "{seen} before {tab}");
        desk.harness.get_by_role_and_label(Role::Tab, tab).click();
        desk.harness.run_steps(3);
        assert!(desk.harness.query_by_label(seen).is_some(), "{seen} after {tab}");
        let told = desk.harness.get_by_role_and_label(Role::Tab, tab).accesskit_node().toggled();
        assert_eq!(told, Some(Toggled::True), "{tab}");
    }
    desk.harness.get_by_role_and_label(Role::Tab, "Settings").click();
    desk.harness.run_steps(3);
    desk.harness.get_by_label("Light").click();
    desk.harness.run_steps(3);
    assert_eq!(desk.harness.ctx.theme(), egui::Theme::Light);
    desk.frames(1);
    assert_eq!(desk.clerk.changes, [Change::Theme(Colours::Light)]);
}

#[test]
fn a_sound_that_was_made_for_the_user_is_tried_passed_over_taken_and_saved_like_a_row() {
    let mut desk = Desk::new();
    let sound = |name: &str, latent| {
        let mut controls = Controls::default();
        controls.set(Control::latent(2), latent);
        Preset { model: ModelReference::factory().clone(), ..Preset::new(name, &controls) }
    };
    desk.clerk.made = vec![sound("Winter Keys", 0.25), sound("Velvet Bells", -0.5)];
    let [first, second] = [0, 1].map(|at| desk.clerk.made[at].clone());
    desk.browse();
    assert!(desk.harness.query_by_label("Winter Keys").is_none(), "not on this shelf");
    desk.click(desk.rect("New to you").center());
    desk.frames(4);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    assert_eq!((desk.sound().0.as_str(), desk.params.plain(Control::latent(2))), ("Winter Keys", 0.25));
    desk.press(Modifiers::NONE, Key::ArrowDown);
    desk.frames(10);
    assert_eq!(desk.sound().0, desk.row(0).1, "the row below is the first of the library");
    desk.type_text("m");
    desk.frames(10);
    assert!(desk.harness.query_by_label("Winter Keys").is_none());
    assert_eq!((desk.sound().0.as_str(), desk.params.plain(Control::latent(2))), ("Velvet Bells", -0.5));
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    assert!(desk.harness.query_by_label("Preset list").is_none(), "the knobs are back");
    assert_eq!(desk.params.kept.preset.named(), ("Velvet Bells".to_owned(), Some(second.id())));
    let shown = |row| Some((Shelf::NewToYou, row));
    let tried =
        [Act::Tried(first.id(), shown(0)), Act::Tried(desk.row(0).0, shown(1)), Act::Tried(second.id(), shown(0))];
    assert_eq!(desk.acts(), [&tried[..], &[Act::Taken]].concat());
    desk.press(Modifiers::COMMAND, Key::S);
    desk.type_text("Mine");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    let saved = Preset::read(&desk.clerk.folder.path().join("User/Mine.zither")).unwrap();
    assert_eq!(saved.id(), second.id(), "the sound is the one that was made");
    assert_eq!(desk.acts(), [Act::Saved(second.id())]);
}
