//! Controllers that give each note a channel of its own.

mod common;

use common::{RATE, cents, controls, frequency, peak, render, sine_engine};
use zither::synth::controls::Control;
use zither::synth::engine::Engine;
use zither::synth::event::{Event, NoteAddress};

fn on(channel: u8, key: u8) -> Event {
    Event::NoteOn { voice_id: None, channel, key, velocity: 0.8 }
}

fn off(channel: u8, key: u8) -> Event {
    let address = NoteAddress { channel: Some(channel), key: Some(key), ..NoteAddress::default() };
    Event::NoteOff { address }
}

/// Registered parameter `lsb` of a channel, as a controller sends it.
fn register(engine: &mut Engine, channel: u8, lsb: u8, value: u8) {
    for (controller, value) in [(101, 0), (100, lsb), (6, value), (101, 127), (100, 127)] {
        engine.handle(Event::Controller { channel, controller, value });
    }
}

/// An engine that a controller has told of its lower zone.
fn zoned(values: &[(Control, f32)]) -> Engine {
    let mut engine = sine_engine(RATE, values);
    register(&mut engine, 0, 6, 15);
    engine
}

/// Semitones above key 57 (220 Hz) of what sounds in the next half second, near `near`.
fn semitones(engine: &mut Engine, near: f64) -> f64 {
    let (left, _) = render(engine, 24_000);
    let hz = 220.0 * (near / 12.0).exp2();
    near + cents(frequency(&left, RATE, 0.2, hz), hz) / 100.0
}

fn assert_near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 0.005, "{got}, not {expected}");
}

#[test]
fn a_note_bends_by_its_own_channel_over_48_semitones_from_its_first_sample_on() {
    let mut engine = zoned(&[]);
    engine.handle(Event::PitchBend { channel: 3, value: 0.25 });
    engine.handle(on(3, 57));
    assert_near(semitones(&mut engine, 12.0), 12.0);
    engine.handle(Event::PitchBend { channel: 4, value: -1.0 });
    assert_near(semitones(&mut engine, 12.0), 12.0);
    register(&mut engine, 3, 0, 24);
    assert_near(semitones(&mut engine, 6.0), 6.0);
}

#[test]
fn the_manager_channel_bends_all_by_the_bend_range() {
    let mut engine = zoned(&[(Control::BEND_RANGE, 5.0)]);
    engine.handle(on(7, 57));
    engine.handle(Event::PitchBend { channel: 0, value: 1.0 });
    assert_near(semitones(&mut engine, 5.0), 5.0);
}

#[test]
fn the_control_makes_a_zone_where_no_controller_announces_one() {
    let values = [(Control::MPE, 2.0), (Control::BEND_RANGE, 2.0)];
    let mut engine = sine_engine(RATE, &values);
    engine.handle(on(7, 57));
    engine.handle(Event::PitchBend { channel: 7, value: 0.5 });
    assert_near(semitones(&mut engine, 12.0), 12.0);
    engine.set_controls(&controls(&[(Control::MPE, 0.0), (Control::BEND_RANGE, 2.0)]));
    assert_near(semitones(&mut engine, 1.0), 1.0);
}

#[test]
fn a_released_note_keeps_its_bend_when_its_channel_goes_on_to_another() {
    // The release of the model takes long enough to listen.
    let values = [(Control::RELEASE, 20_000.0), (Control::RELEASE_STRETCH, 400.0)];
    let mut engine = zoned(&values);
    engine.handle(Event::PitchBend { channel: 3, value: 0.25 });
    engine.handle(on(3, 57));
    render(&mut engine, 9_600);
    engine.handle(off(3, 57));
    engine.handle(Event::PitchBend { channel: 3, value: 0.0 });
    let (left, _) = render(&mut engine, 12_000);
    let hz = frequency(&left, RATE, 0.0, 440.0);
    assert!(cents(hz, 440.0).abs() < 2.0, "{hz}");
}

#[test]
fn the_pedal_of_the_manager_channel_holds_the_notes_of_all() {
    let mut engine = zoned(&[]);
    engine.handle(Event::Sustain { channel: 0, down: true });
    engine.handle(on(2, 57));
    engine.handle(on(9, 64));
    engine.handle(off(2, 57));
    engine.handle(off(9, 64));
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 2);
    engine.handle(Event::Sustain { channel: 0, down: false });
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
}

#[test]
fn a_zone_that_goes_while_the_pedal_is_down_leaves_no_note_behind() {
    let mut engine = zoned(&[]);
    engine.handle(Event::Sustain { channel: 0, down: true });
    engine.handle(on(2, 57));
    engine.handle(off(2, 57));
    register(&mut engine, 0, 6, 0);
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
    let mut engine = sine_engine(RATE, &[(Control::MPE, 3.0)]);
    engine.handle(Event::Sustain { channel: 0, down: true });
    engine.handle(on(2, 57));
    engine.handle(off(2, 57));
    engine.set_controls(&controls(&[]));
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
}

#[test]
fn pressure_and_timbre_shape_one_note_or_through_the_manager_all() {
    let level = |pressed: Option<u8>| {
        let mut engine = zoned(&[]);
        engine.handle(on(2, 81));
        if let Some(channel) = pressed {
            engine.handle(Event::Pressure { channel, value: 1.0 });
        }
        let (left, _) = render(&mut engine, 9_600);
        peak(&left[4_800..])
    };
    assert_eq!(level(Some(3)), level(None));
    assert!(level(Some(2)) > 1.3 * level(None));
    assert_eq!(level(Some(0)), level(Some(2)));
    let timbre = |channel: u8| {
        let mut engine = zoned(&[]);
        engine.handle(on(2, 93));
        engine.handle(Event::Timbre { channel, value: 1.0 });
        peak(&render(&mut engine, 9_600).0[4_800..])
    };
    assert_eq!(timbre(0), timbre(2));
    assert!(timbre(2) > 1.2 * timbre(3));
}
