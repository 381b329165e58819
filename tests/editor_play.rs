//! The play panel, driven as a player drives it, with an engine that really sounds behind it.
#![cfg(feature = "plugin")]

mod common;
mod desk;

use std::time::Duration;

use common::{off, on, render, sine_engine};
use desk::{Desk, Told};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Shape, ViewportId, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
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
