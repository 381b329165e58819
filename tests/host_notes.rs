//! Notes of a CLAP host: their ends, their modulation, the same bytes however they are played, and what no host should
//! send.

#![cfg(feature = "plugin")]

mod clap_host;

use std::collections::BTreeMap;

use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::voice_info::{PluginVoiceInfo, VoiceInfo, VoiceInfoFlags};
use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent, ParamModEvent,
    ParamValueEvent,
};
use clack_host::prelude::*;

use clap_host::*;

const EXPRESSIONS: [NoteExpressionType; 7] = [
    NoteExpressionType::Volume,
    NoteExpressionType::Pan,
    NoteExpressionType::Tuning,
    NoteExpressionType::Vibrato,
    NoteExpressionType::Expression,
    NoteExpressionType::Brightness,
    NoteExpressionType::Pressure,
];

fn voice_info(rig: &mut Rig) -> VoiceInfo {
    let info: PluginVoiceInfo = rig.extension();
    info.get(&rig.instance.plugin_handle()).expect("it has voices")
}

#[test]
fn the_host_is_told_of_64_voices_and_of_fewer_where_the_player_wants_fewer() {
    let mut rig = Rig::new();
    let fresh = voice_info(&mut rig);
    assert_eq!((fresh.voice_count, fresh.voice_capacity), (64, 64));
    assert_eq!(fresh.flags, VoiceInfoFlags::SUPPORTS_OVERLAPPING_NOTES);
    let polyphony = rig.parameter("Polyphony");
    let mut player = rig.start(RATE);
    // The host counts steps; the first is one voice.
    player.play(&[(0, Action::Set { parameter: polyphony.id, value: polyphony.min + 4.0 })], 64, &[64]);
    let fewer = voice_info(&mut rig);
    assert_eq!((fewer.voice_count, fewer.voice_capacity), (5, 64));
    rig.stop(player);
}

/// How often each id was reported as ended.
fn ends(player: &Player) -> BTreeMap<u32, usize> {
    let mut ends = BTreeMap::new();
    player.ended.iter().for_each(|&id| *ends.entry(id).or_default() += 1);
    ends
}

#[test]
fn every_note_is_reported_as_ended_once_in_every_voice_mode() {
    for mode in 0..3 {
        let mut rig = Rig::new();
        let (release, voices) = (rig.parameter("Release"), rig.parameter("Voice Mode"));
        rig.set(&[(release.id, release.min), (voices.id, f64::from(mode))]);
        let mut player = rig.start(RATE);
        let mut dice = Dice(5);
        // More than voices, some choked, some at one sample, some released before they are heard.
        let mut actions: Vec<Timed> = Vec::new();
        for id in 0..150_u32 {
            let (key, start) = (36 + dice.roll(60) as u16, dice.roll(12) * 1_000);
            actions.push((start, Action::On { id, key, velocity: 0.6 }));
            let end = start + [0, 1, 5_000, 20_000][dice.roll(4)];
            actions.push((end, if dice.roll(5) == 0 { Action::Choke { id, key } } else { Action::Off { id, key } }));
        }
        actions.sort_by_key(|&(sample, _)| sample);
        let audio = player.play(&actions, 4 * 48_000, &[480]);
        assert!(peak(&audio[..12_000]) > 0.005 && peak(&audio[3 * 48_000..]) == 0.0, "mode {mode}");
        let ends = ends(&player);
        assert_eq!(ends.len(), 150, "mode {mode}");
        assert!(ends.values().all(|&times| times == 1), "mode {mode}: {ends:?}");
        rig.stop(player);
    }
}

#[test]
fn a_flood_at_one_sample_loses_no_end() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    let flood: Vec<Timed> =
        (0..250).map(|id| (0, Action::On { id, key: 30 + (id % 80) as u16, velocity: 0.5 })).collect();
    player.play(&flood, 4_800, &[64]);
    assert!((250 - 64..250).contains(&player.ended.len()), "{} of 250", player.ended.len());
    player.play(&[(0, Action::Midi([0xB0, 120, 0]))], 4_800, &[64]);
    assert!(ends(&player).len() == 250 && player.ended.len() == 250);
    rig.stop(player);
}

#[test]
fn every_latent_is_modulated_for_one_note_alone() {
    let (total, at) = (6_000, 1_000);
    let on = |id, key| (0, Action::On { id, key, velocity: 0.8 });
    let play = |actions: &[Timed]| Rig::new().render(RATE, actions, total, &[256]);
    let (plain, other) = (play(&[on(7, 60)]), play(&[on(8, 60)]));
    for latent in 1..=16 {
        let parameter = Rig::new().parameter(&format!("Latent {latent}"));
        assert!(parameter.flags.bits() & POLYPHONIC == POLYPHONIC, "{}", parameter.name);
        let change = (at, Action::Modulate { parameter: parameter.id, id: 7, key: 60, amount: 0.8 });
        let first = first_difference(&plain, &play(&[on(7, 60), change])).expect("it is heard");
        assert!((at..at + 480).contains(&first), "latent {latent}: {first}");
        assert_eq!(first_difference(&other, &play(&[on(8, 60), change])), None, "latent {latent}");
    }
}

/// CLAP's flags for modulation of one note, by its id.
const POLYPHONIC: u32 = (1 << 10) | (1 << 11);

#[test]
fn a_controller_that_announces_mpe_bends_each_note_by_its_channel_and_all_by_the_first() {
    let zone = [[0xB0, 101, 0], [0xB0, 100, 6], [0xB0, 6, 15]].map(|bytes| (0, Action::Midi(bytes)));
    let notes = |channels: &[u8]| -> Vec<Timed> {
        channels.iter().map(|channel| (0, Action::Midi([0x90 | channel, 60, 100]))).collect()
    };
    let bend = |channel: u8| (5_000, Action::Midi([0xE0 | channel, 0, 80]));
    let heard = |zoned: bool, notes: Vec<Timed>, bend: Timed| {
        let before = [if zoned { zone.to_vec() } else { vec![] }, notes].concat();
        let play = |actions: &[Timed]| Rig::new().render(RATE, actions, 8_000, &[256]);
        first_difference(&play(&before), &play(&[before.clone(), vec![bend]].concat()))
    };
    assert!(heard(true, notes(&[3]), bend(3)).is_some_and(|first| first >= 5_000));
    assert_eq!(heard(true, notes(&[3]), bend(4)), None);
    assert!(heard(true, notes(&[3]), bend(0)).is_some());
    assert_eq!(heard(false, notes(&[3]), bend(0)), None);
}

/// Twenty seconds of whatever a player, a modulator and an automation may do.
fn performance(parameters: &[Parameter], seconds: usize) -> Vec<Timed> {
    let mut dice = Dice(31);
    let mut actions: Vec<Timed> = Vec::new();
    let latents: Vec<_> = parameters.iter().filter(|parameter| parameter.name.starts_with("Latent")).collect();
    for id in 0..(12 * seconds) as u32 {
        let (key, start) = (36 + dice.roll(60) as u16, dice.roll(seconds * 48_000));
        let velocity = 0.2 + 0.01 * dice.roll(80) as f64;
        let length = dice.roll(48_000);
        actions.push((start, Action::On { id, key, velocity }));
        actions.push((start + length, Action::Off { id, key }));
        for _ in 0..3 {
            let (at, value) = (start + dice.roll(length.max(1)), 0.01 * dice.roll(100) as f64);
            let latent = latents[dice.roll(latents.len())].id;
            actions.push((at, Action::Modulate { parameter: latent, id, key, amount: value - 0.5 }));
            let kind = EXPRESSIONS[dice.roll(EXPRESSIONS.len())];
            actions.push((start + dice.roll(length.max(1)), Action::Express { id, key, kind, value }));
        }
        let parameter = &parameters[dice.roll(parameters.len())];
        let value = parameter.at(0.01 * dice.roll(100) as f64);
        actions.push((dice.roll(seconds * 48_000), Action::Set { parameter: parameter.id, value }));
        let (status, data) = ([0xE0, 0xB0, 0xD0][dice.roll(3)], [1, 64, 74][dice.roll(3)]);
        actions.push((dice.roll(seconds * 48_000), Action::Midi([status, data, dice.roll(128) as u8])));
    }
    actions.sort_by_key(|&(sample, _)| sample);
    actions
}

/// Plays sorted `actions` in blocks of these sizes, of which the last repeats.
fn play(player: &mut Player, actions: &[Timed], total: usize, mut size: impl FnMut() -> usize) -> Vec<[f32; 2]> {
    let mut audio = Vec::with_capacity(total);
    while audio.len() < total {
        let (start, end) = (audio.len(), total.min(audio.len() + size()));
        let from = actions.partition_point(|&(sample, _)| sample < start);
        let to = actions.partition_point(|&(sample, _)| sample < end);
        audio.extend(player.block(&actions[from..to], start, end - start).expect("the plugin processes"));
    }
    audio
}

#[test]
fn real_time_offline_and_any_split_into_blocks_give_the_same_bytes() {
    let state = include_bytes!("golden/state-0.1-transfer.bin");
    let mut rig = Rig::new();
    assert!(rig.load(state));
    let saved = rig.save();
    let parameters: Vec<_> = rig.parameters().into_iter().filter(|parameter| parameter.name != "Bypass").collect();
    let seconds = 20;
    let (actions, total) = (performance(&parameters, seconds), (seconds + 1) * 48_000);
    let render = |state: &[u8], mode: RenderMode, total: usize, size: &mut dyn FnMut() -> usize| {
        let mut rig = Rig::new();
        assert!(rig.load(state));
        let offline: PluginRender = rig.extension();
        offline.set(&rig.instance.plugin_handle(), mode).expect("it renders in either mode");
        let mut player = rig.start(RATE);
        let audio = play(&mut player, &actions, total, size);
        rig.stop(player);
        audio
    };
    let whole = render(state, RenderMode::Realtime, total, &mut || 4_096);
    assert!(is_finite(&whole) && peak(&whole) > 0.05);
    let mut dice = Dice(3);
    let mut random = || dice.roll(2_000);
    let check = |name: &str, state: &[u8], mode, total: usize, size: &mut dyn FnMut() -> usize| {
        let audio = render(state, mode, total, size);
        assert_eq!(first_difference(&whole[..total], &audio), None, "{name}");
    };
    check("blocks of 32", state, RenderMode::Realtime, total, &mut || 32);
    check("blocks of 64, offline", state, RenderMode::Offline, total, &mut || 64);
    check("blocks of 333", state, RenderMode::Realtime, total, &mut || 333);
    check("random blocks, offline", state, RenderMode::Offline, total, &mut random);
    check("the saved state", &saved, RenderMode::Offline, total, &mut || 4_096);
    check("single samples", state, RenderMode::Realtime, 4 * 48_000, &mut || 1);
}

#[test]
fn a_reset_and_a_new_activation_give_the_same_bytes_again() {
    let mut rig = Rig::new();
    let parameters = rig.parameters();
    let mut actions = performance(&parameters, 3);
    // Parameters stay where automation leaves them, so it is left out here.
    actions.retain(|(_, action)| !matches!(action, Action::Set { .. }));
    let mut player = rig.start(RATE);
    let first = play(&mut player, &actions, 100_000, || 512);
    player.processor.reset();
    let again = play(&mut player, &actions, 100_000, || 77);
    assert_eq!(first_difference(&first, &again), None, "after a reset");
    rig.stop(player);
    let mut player = rig.start(RATE);
    assert_eq!(first_difference(&first, &play(&mut player, &actions, 100_000, || 512)), None, "activated anew");
    rig.stop(player);
}

/// Numbers that no host should send.
const WILD: [f64; 10] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30, 1e300, 1e-40, -0.0, 1e9, -1.0];

/// Any event with anything in it.
fn wild_event(events: &mut EventBuffer, dice: &mut Dice, parameters: &[Parameter], frames: usize) {
    let time = if dice.roll(20) == 0 { u32::MAX - dice.roll(9) as u32 } else { dice.roll(2 * frames) as u32 };
    let any = |dice: &mut Dice| [-1, -32_768, 32_767, 128, 0, 15, 60, 127][dice.roll(8)];
    let id = [-1, i32::MIN, i32::MAX, 0, dice.roll(50) as i32][dice.roll(5)];
    let note = Pckn::from_raw(any(dice), any(dice), any(dice), id);
    let value = if dice.roll(2) == 0 { WILD[dice.roll(WILD.len())] } else { 0.01 * dice.roll(200) as f64 - 0.5 };
    let parameter = match dice.roll(10) {
        0 => ClapId::new(dice.roll(1 << 30) as u32),
        _ => parameters[dice.roll(parameters.len())].id,
    };
    match dice.roll(8) {
        0 => events.push(&NoteOnEvent::new(time, note, value)),
        1 => events.push(&NoteOffEvent::new(time, note, value)),
        2 => events.push(&NoteChokeEvent::new(time, note)),
        3 => events.push(&NoteExpressionEvent::new(time, note, EXPRESSIONS[dice.roll(7)], value)),
        4 => events.push(&ParamValueEvent::new(time, parameter, note, value)),
        5 => events.push(&ParamModEvent::new(time, parameter, note, value)),
        _ => events.push(&MidiEvent::new(time, 0, [0, 1, 2].map(|_| dice.roll(256) as u8))),
    }
}

#[test]
fn whatever_a_host_sends_the_output_is_sound_nothing_hangs_and_a_reset_makes_it_like_new() {
    let notes = chord(0, 20_000);
    let fresh = Rig::new().render(RATE, &notes, 48_000, &[512]);
    let mut rig = Rig::new();
    let (clean, parameters) = (rig.save(), rig.parameters());
    let mut player = rig.start(RATE);
    player.sidechain = Some(|sample| WILD[sample % WILD.len()] as f32);
    let mut dice = Dice(77);
    for (round, count) in [1, 10, 100, 1_000, 10_000, 10_000, 50_000].into_iter().enumerate() {
        for frames in [1, 64, 512] {
            let mut events = EventBuffer::new();
            (0..count).for_each(|_| wild_event(&mut events, &mut dice, &parameters, frames));
            let audio = player.send(&events, 0, frames).expect("the plugin processes");
            assert!(is_finite(&audio) && peak(&audio) <= 8.0, "round {round}: {}", peak(&audio));
        }
        assert!(is_finite(&player.play(&[], 2_000, &[256])));
    }
    // Modulation goes back, every key goes up and every pedal; what sounds has its release. Only then do all values go
    // back: the framework forgets one that modulation pins to an end of its range.
    let mut events = EventBuffer::new();
    for parameter in &parameters {
        events.push(&ParamModEvent::new(0, parameter.id, Pckn::match_all(), 0.0));
    }
    (0..16).for_each(|channel| events.push(&MidiEvent::new(0, 0, [0xB0 | channel, 64, 0])));
    events.push(&NoteOffEvent::new(0, Pckn::match_all(), 0.0));
    player.send(&events, 0, 64).expect("the plugin processes");
    assert!(rig.load(&clean));
    let tail = player.play(&[], 20 * 48_000, &[512]);
    assert!(is_finite(&tail) && peak(&tail[19 * 48_000..]) == 0.0, "a note hangs");
    player.processor.reset();
    assert_eq!(first_difference(&fresh, &player.play(&notes, 48_000, &[512])), None, "it is not like new");
    rig.stop(player);
}

#[test]
fn parameters_that_jump_at_every_sample_do_no_harm() {
    let mut rig = Rig::new();
    let parameters = rig.parameters();
    let mut player = rig.start(RATE);
    let mut dice = Dice(8);
    let mut actions = chord(0, 100_000);
    actions.extend((0..4_096).map(|sample| {
        let parameter = &parameters[dice.roll(parameters.len())];
        (
            sample,
            Action::Set { parameter: parameter.id, value: if sample % 2 == 0 { parameter.min } else { parameter.max } },
        )
    }));
    let audio = player.play(&actions, 4_096, &[4_096]);
    assert!(is_finite(&audio) && peak(&audio) <= 8.0);
    rig.stop(player);
}
