//! The play panel, driven as a player drives it, with an engine that really sounds behind it.
#![cfg(feature = "plugin")]

mod common;
mod desk;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{off, on, render, sine_engine};
use desk::{Desk, Told};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Shape, ViewportId, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use zither::browser::library::{Card as LibraryCard, Library};
use zither::browser::usage::PresetId;
use zither::model::latent::LATENTS;
use zither::synth::controls::Control;
use zither::synth::engine::Engine;
use zither::synth::event::Event;

/// Begin, any number of sets (at least one), end: of `id` alone.
fn assert_one_gesture(told: &[Told], id: &'static str) {
    let [Told::Begin(first), sets @ .., Told::End(last)] = told else { panic!("{told:?}") };
    assert_eq!((*first, *last), (id, id), "{told:?}");
    assert!(!sets.is_empty() && sets.iter().all(|told| matches!(told, Told::Set(of, _) if *of == id)), "{told:?}");
}

/// The engine makes a block, and the audio thread shows what sounds, as the plugin does.
fn sound(desk: &mut Desk, engine: &mut Engine, frames: usize) {
    let _sound = render(engine, frames);
    desk.audio.show(frames, |scene| engine.show(scene));
    desk.harness.run_steps(1);
}

#[test]
fn the_keyboard_alone_steps_finely_pages_jumps_types_and_resets() {
    let mut desk = Desk::new();
    let value = |desk: &Desk| desk.params.normalised(Control::WIDTH);
    desk.harness.get_by_label("Width").focus();
    desk.harness.run_steps(2);
    let mut after = |modifiers, key, expected: f32| {
        desk.harness.key_press_modifiers(modifiers, key);
        desk.harness.run_steps(2);
        assert!((value(&desk) - expected).abs() < 1e-4, "{key:?} gives {}, not {expected}", value(&desk));
        assert_one_gesture(&desk.told(), "width");
    };
    after(Modifiers::NONE, Key::ArrowRight, 0.51);
    after(Modifiers::SHIFT, Key::ArrowDown, 0.509);
    after(Modifiers::NONE, Key::PageUp, 0.609);
    after(Modifiers::NONE, Key::Home, 0.0);
    after(Modifiers::NONE, Key::End, 1.0);
    after(Modifiers::NONE, Key::Delete, 0.5);
    desk.harness.key_press(Key::Enter);
    desk.harness.run_steps(3);
    let field =
        desk.harness.get_by(|node| node.role() == Role::TextInput && node.label().as_deref() == Some("Width value"));
    assert!(field.is_focused());
    field.type_text("25");
    desk.harness.run_steps(2);
    desk.harness.key_press(Key::Enter);
    desk.harness.run_steps(3);
    assert_eq!(value(&desk), 0.25);
    assert!(desk.harness.get_by_label("Width").is_focused(), "the focus is back where it came from");
}

#[test]
fn tab_goes_through_every_control_in_order_and_the_pad_is_moved_by_arrows() {
    let mut desk = Desk::new();
    desk.click(desk.rect("XY Pad").center());
    let (mut seen, mut pad) = (Vec::new(), false);
    for _ in 0..70 {
        desk.harness.key_press(Key::Tab);
        desk.harness.run_steps(2);
        let Some(focused) = desk.harness.query_by(|node| node.is_focused()) else { continue };
        let label = focused.accesskit_node().label().unwrap_or_default();
        if label == "XY pad" && !pad {
            pad = true;
            desk.harness.key_press(Key::ArrowUp);
            desk.harness.run_steps(2);
            assert!((desk.params.plain(Control::latent(1)) - 0.02).abs() < 1e-4);
            assert_eq!(desk.params.plain(Control::latent(0)), 0.0);
        }
        seen.push(label);
    }
    let place = |name: &str| seen.iter().position(|label| label == name).unwrap_or_else(|| panic!("{name}: {seen:?}"));
    for control in Control::all().filter(|&control| control != Control::BYPASS) {
        let latent = control.index() < LATENTS;
        let name = if latent { desk.latent_name(control.index()) } else { control.spec().name.to_owned() };
        place(&name);
    }
    assert!(pad && place("Bypass") < place(&desk.latent_name(0)) && place("XY pad") < place("Sustain"));
}

#[test]
fn the_spectrum_shows_the_newest_note_as_the_engine_plays_it() {
    let mut desk = Desk::new();
    desk.harness.state_mut().set_open(true);
    desk.audio.rate(common::RATE);
    let mut engine = sine_engine(common::RATE, &[(Control::GAIN, 0.0)]);
    let label = |desk: &Desk| {
        let node = desk.harness.get_by(|node| {
            node.role() == Role::Image && node.label().is_some_and(|label| label.starts_with("Spectrum"))
        });
        node.accesskit_node().label().unwrap()
    };
    sound(&mut desk, &mut engine, 4_800);
    assert_eq!(label(&desk), "Spectrum ");
    engine.handle(on(60));
    engine.handle(on(69));
    (0..4).for_each(|_| sound(&mut desk, &mut engine, 4_800));
    assert_eq!(label(&desk), "Spectrum A4 \u{b7} 440.0 Hz");
    engine.reset();
    (0..2).for_each(|_| sound(&mut desk, &mut engine, 4_800));
    assert_eq!(label(&desk), "Spectrum ");
}

#[test]
fn keys_and_dots_show_every_voice_where_it_is() {
    let mut desk = Desk::new();
    desk.harness.state_mut().set_open(true);
    desk.audio.rate(common::RATE);
    desk.click(desk.rect("XY Pad").center());
    let mut engine = sine_engine(common::RATE, &[]);
    let keys = |desk: &Desk| desk.harness.get_by_label("Keyboard").accesskit_node().value().unwrap_or_default();
    for key in [64, 60, 67] {
        engine.handle(on(key));
    }
    sound(&mut desk, &mut engine, 4_800);
    assert_eq!(keys(&desk), "C4 E4 G4");
    let field = desk.rect("XY pad");
    let dots = |desk: &Desk| circles(desk).into_iter().filter(|at| field.contains(*at)).collect::<Vec<_>>();
    let resting = dots(&desk);
    engine.handle(Event::Modulate { voice_id: 60, control: Control::latent(0), offset: 0.5 });
    (0..2).for_each(|_| sound(&mut desk, &mut engine, 9_600));
    let moved: Vec<_> = dots(&desk).into_iter().filter(|at| !resting.contains(at)).collect();
    let [at] = moved[..] else { panic!("one dot has moved: {moved:?}") };
    assert!((at - field.lerp_inside(vec2(0.75, 0.5))).length() < 1.0, "{at} in {field}");
}

/// The centres of all circles that were drawn in the last frame.
fn circles(desk: &Desk) -> Vec<Pos2> {
    let shapes = desk.harness.output().shapes.iter();
    shapes
        .filter_map(|clipped| if let Shape::Circle(circle) = &clipped.shape { Some(circle.center) } else { None })
        .collect()
}

#[test]
fn nothing_is_drawn_while_nothing_changes_and_a_note_is_drawn_at_once() {
    let mut desk = Desk::new();
    desk.harness.state_mut().set_open(true);
    desk.audio.rate(common::RATE);
    let rests = |desk: &Desk| desk.harness.output().viewport_output[&ViewportId::ROOT].repaint_delay;
    let mut engine = sine_engine(common::RATE, &[(Control::RELEASE, 50.0)]);
    sound(&mut desk, &mut engine, 4_800);
    desk.frames(10);
    assert_eq!(rests(&desk), Duration::MAX, "an idle screen asks for no frame");
    engine.handle(on(60));
    let (left, right) = render(&mut engine, 4_800);
    desk.audio.meter(&left, &right);
    desk.audio.show(4_800, |scene| engine.show(scene));
    desk.frames(2);
    assert!(rests(&desk) < Duration::from_millis(100), "a meter moves");
    engine.handle(off(60));
    // The last scene and the falling meters.
    for _ in 0..60 {
        sound(&mut desk, &mut engine, 4_800);
    }
    desk.frames(240);
    assert_eq!(rests(&desk), Duration::MAX, "all has come to rest");
}

/// The name of the preset that is pointed at on the map.
fn pointed_at(desk: &Desk) -> Option<String> {
    desk.harness.get_by_label("Map of presets").accesskit_node().value().filter(|name| !name.is_empty())
}

#[test]
fn the_map_names_a_preset_under_the_pointer_loads_it_by_a_click_and_the_load_is_taken_back() {
    let mut desk = Desk::new();
    desk.frames(3);
    let field = desk.rect("Map of presets");
    let mut found = std::collections::BTreeMap::new();
    for step in 0..80 {
        let at = field.lerp_inside(vec2((step % 40) as f32 / 40.0 + 0.0125, 0.35 + 0.3 * (step / 40) as f32));
        desk.harness.hover_at(at);
        desk.frames(1);
        found.extend(pointed_at(&desk).map(|name| (name, at)));
    }
    assert!(found.len() > 20, "{found:?}");
    let before = desk.sound();
    let (name, at) = found.pop_first().unwrap();
    desk.click(at);
    desk.frames(4);
    assert_eq!(desk.sound().0, name);
    let (_, preset) = desk.preset(&name);
    let wanted = Control::all().take(LATENTS).map(|control| preset.controls().get(control).to_bits());
    assert_eq!(desk.sound().1[..LATENTS], wanted.collect::<Vec<_>>());
    desk.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(desk.sound(), before);
}

#[test]
fn the_map_is_walked_by_arrows_and_enter_loads() {
    let mut desk = Desk::new();
    let said = |desk: &Desk| desk.harness.get_by_label("Map of presets").accesskit_node().description();
    assert_eq!(said(&desk).as_deref(), Some("Presets are being read"));
    desk.frames(3);
    assert_eq!(said(&desk).as_deref(), Some("What is near sounds alike; a click loads"));
    desk.harness.get_by_label("Map of presets").focus();
    desk.frames(2);
    desk.press(Modifiers::NONE, Key::ArrowRight);
    let first = pointed_at(&desk).expect("the keys are at a preset");
    let seen: Vec<_> = [Key::ArrowRight, Key::ArrowDown, Key::ArrowLeft, Key::ArrowUp]
        .into_iter()
        .map(|key| {
            desk.press(Modifiers::NONE, key);
            pointed_at(&desk).expect("and at others")
        })
        .collect();
    let last = seen.last().cloned().unwrap();
    assert!(seen.iter().any(|name| *name != first), "{seen:?}");
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
    assert_eq!(desk.sound().0, last);
}
/// A library of so many presets: those of the factory, over and over, under other names.
fn many(factory: &Library, count: usize) -> Library {
    let places = (0..count).map(|number| {
        let mut place = factory.entries()[number % factory.entries().len()].places[0].clone();
        let (id, name) = (PresetId::of(&number.to_le_bytes()), format!("{} {number}", place.card.name).into());
        place.card = Arc::new(LibraryCard { id, name, ..(*place.card).clone() });
        place
    });
    Library::new(places, Vec::new())
}

/// Median and 95th percentile of the time of a frame, in milliseconds: input, layout, accessibility tree, tessellation.
fn frame_cost(desk: &mut Desk, engine: &mut Engine) -> [f64; 2] {
    let mut times: Vec<f64> = (0..300)
        .map(|_| {
            let _sound = render(engine, 1_600);
            desk.audio.show(1_600, |scene| engine.show(scene));
            let begin = Instant::now();
            desk.harness.run_steps(1);
            let shapes = desk.harness.output().shapes.clone();
            let _triangles = desk.harness.ctx.tessellate(shapes, 1.0);
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[150], times[285]]
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures are what it is for")]
#[ignore = "a measurement: cargo test --release --test editor_play -- --ignored --nocapture cost"]
fn the_cost_of_a_frame_with_32_voices_and_100_000_presets() {
    let mut desk = Desk::new();
    desk.harness.state_mut().set_open(true);
    desk.audio.rate(common::RATE);
    desk.clerk.library = Arc::new(many(&desk.clerk.library, 100_000));
    let mut engine = sine_engine(common::RATE, &[]);
    (40..72).for_each(|key| engine.handle(on(key)));
    desk.frames(6);
    let report = |name: &str, [median, p95]: [f64; 2]| println!("frame {name}: p50 {median:.2} ms, p95 {p95:.2} ms");
    report("play, map", frame_cost(&mut desk, &mut engine));
    desk.click(desk.rect("XY Pad").center());
    report("play, pad", frame_cost(&mut desk, &mut engine));
    desk.browse();
    desk.frames(6);
    report("browser", frame_cost(&mut desk, &mut engine));
}
