//! The life of notes: how many there are, who has to go, and that each one ends and says so once.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{RATE, controls, off, on, peak, render, sine_engine};
use proptest::prelude::*;
use zither::browser::preset::{Preset, scan};
use zither::model::Model;
use zither::synth::controls::Control;
use zither::synth::engine::{Engine, VOICES};
use zither::synth::event::{EndedNote, Event, Expression, NoteAddress};

fn ended(engine: &mut Engine) -> Vec<EndedNote> {
    std::iter::from_fn(|| engine.ended()).collect()
}

fn ended_keys(engine: &mut Engine) -> Vec<u8> {
    ended(engine).into_iter().map(|note| note.key).collect()
}

#[test]
fn polyphony_is_64_and_the_oldest_has_to_go() {
    assert_eq!(VOICES, 64);
    let mut engine = sine_engine(RATE, &[]);
    (0..64).for_each(|key| engine.handle(on(20 + key)));
    render(&mut engine, 960);
    assert_eq!(engine.active_voices(), VOICES);
    (64..100).for_each(|key| engine.handle(on(20 + key)));
    render(&mut engine, 4_800);
    assert_eq!(engine.active_voices(), VOICES);
    let mut gone = ended_keys(&mut engine);
    gone.sort_unstable();
    assert_eq!(gone, (20..56).collect::<Vec<u8>>());
}

#[test]
fn a_flood_of_notes_is_cut_off_and_told_so_and_what_sounds_stays() {
    let mut engine = sine_engine(RATE, &[]);
    (0..64).for_each(|key| engine.handle(on(20 + key)));
    let surplus = |n: u16| 84 + (n % 40) as u8;
    (0..10_000).for_each(|n| engine.handle(on(surplus(n))));
    let gone = ended_keys(&mut engine);
    assert!(!gone.is_empty() && gone.iter().all(|&key| key >= 84), "{gone:?}");
    render(&mut engine, 4_800);
    assert_eq!(engine.active_voices(), VOICES);
    (0..64).for_each(|key| engine.handle(off(20 + key)));
    (0..40).for_each(|n| engine.handle(off(surplus(n))));
    render(&mut engine, 48_000);
    let mut gone = ended_keys(&mut engine);
    gone.sort_unstable();
    assert_eq!(gone, (20..84).collect::<Vec<u8>>());
    engine.handle(on(60));
    render(&mut engine, 4_800);
    assert_eq!(engine.active_voices(), 1);
}

#[test]
fn every_note_ends_and_says_so_once() {
    let mut engine = Engine::new(Model::factory(), RATE);
    engine.set_controls(&controls(&[(Control::RELEASE, 500.0)]));
    for key in 40..52 {
        engine.handle(on(key));
        render(&mut engine, 1_000);
    }
    (40..52).for_each(|key| engine.handle(off(key)));
    render(&mut engine, 96_000);
    assert_eq!(engine.active_voices(), 0);
    let mut gone = ended_keys(&mut engine);
    gone.sort_unstable();
    assert_eq!(gone, (40..52).collect::<Vec<u8>>());
    let (left, right) = render(&mut engine, 4_800);
    assert_eq!((peak(&left), peak(&right)), (0.0, 0.0));
}

#[test]
fn fewer_voices_let_the_surplus_fade_without_a_click() {
    let mut engine = sine_engine(RATE, &[]);
    (0..40).for_each(|key| engine.handle(on(20 + key % 12)));
    let (before, _) = render(&mut engine, 9_600);
    engine.set_controls(&controls(&[(Control::VOICES, 3.0)]));
    let (after, _) = render(&mut engine, 480);
    assert_eq!(engine.active_voices(), 3);
    assert_eq!(ended_keys(&mut engine).len(), 9, "a key that still sounds is not reported");
    let step = |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let across = (after[0] - before[9_599]).abs();
    assert!(across.max(step(&after)) < 1.5 * step(&before[4_800..]), "{across} {}", step(&after));
    engine.handle(on(60));
    render(&mut engine, 480);
    assert_eq!(engine.active_voices(), 3);
}

#[test]
fn what_only_the_pedal_holds_goes_before_a_key_that_is_down() {
    let mut engine = sine_engine(RATE, &[(Control::VOICES, 2.0)]);
    engine.handle(on(40));
    engine.handle(Event::Sustain { channel: 0, down: true });
    engine.handle(on(50));
    engine.handle(off(50));
    engine.handle(on(60));
    render(&mut engine, 480);
    assert_eq!(ended_keys(&mut engine), [50]);
}

fn factory_presets() -> impl Iterator<Item = Preset> {
    let (presets, _) = scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("presets"));
    assert!(presets.len() >= 12);
    presets.into_iter().map(|(_, preset)| preset)
}

/// Seconds in which the voices of an engine come to their end, at most `most`.
fn seconds_to_silence(engine: &mut Engine, most: usize) -> Option<usize> {
    (0..=most).find(|_| {
        let silent = engine.active_voices() == 0;
        render(engine, 8_000);
        silent
    })
}

#[test]
fn held_notes_that_have_died_away_are_freed() {
    for preset in factory_presets().filter(|preset| ["Glass Grand", "Winter Bells"].contains(&preset.name.as_str())) {
        for pedal in [false, true] {
            let mut engine = Engine::new(Model::factory(), 8_000.0);
            engine.set_controls(&preset.controls());
            engine.handle(Event::Sustain { channel: 0, down: pedal });
            [36, 60, 84].into_iter().for_each(|key| engine.handle(on(key)));
            if pedal {
                [36, 60, 84].into_iter().for_each(|key| engine.handle(off(key)));
            }
            let seconds = seconds_to_silence(&mut engine, 20);
            assert!(seconds.is_some_and(|seconds| seconds > 1), "{}: {seconds:?}", preset.name);
            let mut gone = ended_keys(&mut engine);
            gone.sort_unstable();
            assert_eq!(gone, [36, 60, 84], "{}", preset.name);
            engine.handle(Event::AllNotesOff);
            assert!(ended_keys(&mut engine).is_empty());
        }
    }
}

#[test]
fn a_held_note_that_is_turned_down_to_nothing_comes_back() {
    let mut engine = sine_engine(RATE, &[]);
    let volume = |value| Event::Express { address: NoteAddress::default(), expression: Expression::Volume, value };
    engine.handle(on(60));
    engine.handle(volume(0.0));
    render(&mut engine, 10 * 48_000);
    assert_eq!(engine.active_voices(), 1);
    engine.handle(volume(1.0));
    assert!(peak(&render(&mut engine, 4_800).0) > 0.09);
    engine.handle(volume(0.0));
    engine.handle(off(60));
    render(&mut engine, 48_000);
    assert_eq!((engine.active_voices(), ended_keys(&mut engine)), (0, vec![60]));
}

#[test]
fn every_sound_ends_after_its_release_however_long_and_bright_it_is_made() {
    for preset in factory_presets() {
        let mut controls = preset.controls();
        for (control, value) in [
            (Control::RELEASE, f32::INFINITY),
            (Control::RELEASE_STRETCH, 400.0),
            (Control::BRIGHTNESS, 12.0),
            (Control::NOISE, 12.0),
            (Control::MOTION, 200.0),
        ] {
            controls.set(control, value);
        }
        let mut engine = Engine::new(Model::factory(), 8_000.0);
        engine.set_controls(&controls);
        engine.handle(on(48));
        render(&mut engine, 4_000);
        engine.handle(off(48));
        let seconds = seconds_to_silence(&mut engine, 60);
        assert!(seconds.is_some(), "{} is still there", preset.name);
    }
}

/// What a player or a host may do between two moments.
#[derive(Clone, Debug)]
enum Deed {
    /// `id` is given anew to each note, or not at all.
    On {
        channel: u8,
        key: u8,
        has_id: bool,
    },
    Off {
        channel: u8,
        key: u8,
    },
    /// One of the notes so far, by its id.
    OffById(usize),
    Choke {
        key: Option<u8>,
    },
    Sustain {
        channel: u8,
        down: bool,
    },
    AllNotesOff,
    Mode(u8),
    Polyphony(u8),
    Mpe(u8),
    Wait(usize),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let (channel, key) = (0..3_u8, 60..64_u8);
    prop_oneof![
        12 => (channel.clone(), key.clone(), any::<bool>())
            .prop_map(|(channel, key, has_id)| Deed::On { channel, key, has_id }),
        6 => (channel.clone(), key.clone()).prop_map(|(channel, key)| Deed::Off { channel, key }),
        6 => (0..100_usize).prop_map(Deed::OffById),
        1 => proptest::option::of(key).prop_map(|key| Deed::Choke { key }),
        2 => (channel, any::<bool>()).prop_map(|(channel, down)| Deed::Sustain { channel, down }),
        1 => Just(Deed::AllNotesOff),
        2 => (0..3_u8).prop_map(Deed::Mode),
        1 => prop_oneof![1..9_u8, Just(64)].prop_map(Deed::Polyphony),
        1 => (0..2_u8).prop_map(Deed::Mpe),
        8 => (0..400_usize).prop_map(Deed::Wait),
    ]
}

/// An engine under such deeds, and what it has reported.
struct Stage {
    engine: Engine,
    values: BTreeMap<Control, f32>,
    /// Times that a note was begun and reported as ended, by what a host knows it by.
    begun: BTreeMap<(Option<i32>, u8, u8), usize>,
    over: BTreeMap<(Option<i32>, u8, u8), usize>,
    ids: i32,
}

impl Stage {
    fn act(&mut self, deed: &Deed) {
        let at = |channel, key| NoteAddress { channel: Some(channel), key: Some(key), ..NoteAddress::default() };
        match *deed {
            Deed::On { channel, key, has_id } => {
                self.ids += 1;
                let voice_id = has_id.then_some(self.ids);
                *self.begun.entry((voice_id, channel, key)).or_default() += 1;
                self.engine.handle(Event::NoteOn { voice_id, channel, key, velocity: 0.7 });
            }
            Deed::Off { channel, key } => self.engine.handle(Event::NoteOff { address: at(channel, key) }),
            Deed::OffById(number) => {
                let id = 1 + number as i32 % self.ids.max(1);
                let address = NoteAddress { voice_id: Some(id), ..NoteAddress::default() };
                self.engine.handle(Event::NoteOff { address });
            }
            Deed::Choke { key } => {
                self.engine.handle(Event::Choke { address: NoteAddress { key, ..NoteAddress::default() } });
            }
            Deed::Sustain { channel, down } => self.engine.handle(Event::Sustain { channel, down }),
            Deed::AllNotesOff => self.engine.handle(Event::AllNotesOff),
            Deed::Mode(mode) => self.set(Control::MODE, f32::from(mode)),
            Deed::Polyphony(voices) => self.set(Control::VOICES, f32::from(voices)),
            Deed::Mpe(choice) => self.set(Control::MPE, f32::from(choice)),
            Deed::Wait(samples) => drop(render(&mut self.engine, samples)),
        }
        for note in ended(&mut self.engine) {
            *self.over.entry((note.voice_id, note.channel, note.key)).or_default() += 1;
        }
    }

    fn set(&mut self, control: Control, value: f32) {
        self.values.insert(control, value);
        let values: Vec<(Control, f32)> = self.values.iter().map(|(&control, &value)| (control, value)).collect();
        self.engine.set_controls(&controls(&values));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_note_ends_once_whatever_is_played(deeds in proptest::collection::vec(any_deed(), 1..120)) {
        let engine = sine_engine(8_000.0, &[]);
        let mut stage =
            Stage { engine, values: BTreeMap::new(), begun: BTreeMap::new(), over: BTreeMap::new(), ids: 0 };
        for deed in &deeds {
            stage.act(deed);
            prop_assert!(stage.engine.active_voices() <= VOICES + 16);
        }
        (0..3).for_each(|channel| stage.act(&Deed::Sustain { channel, down: false }));
        (0..3).for_each(|channel| (60..64).for_each(|key| stage.act(&Deed::Off { channel, key })));
        // The release of the model and of the envelope.
        stage.act(&Deed::Wait(16_000));
        prop_assert_eq!(stage.engine.active_voices(), 0);
        for (note, &begun) in &stage.begun {
            let over = stage.over.get(note).copied().unwrap_or(0);
            let most = if note.0.is_some() { 1 } else { begun };
            prop_assert!((1..=most).contains(&over), "{:?} began {} times and ended {} times", note, begun, over);
        }
        prop_assert_eq!(stage.over.len(), stage.begun.len());
        prop_assert_eq!(peak(&render(&mut stage.engine, 800).0), 0.0);
    }
}
