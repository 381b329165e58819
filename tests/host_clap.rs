//! The plugin in a CLAP host: life cycle, events, block sizes, state.

#![cfg(feature = "plugin")]

mod clap_host;

use std::path::{Path, PathBuf};

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::PluginLatency;
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_host::events::event_types::NoteExpressionType;
use clack_host::prelude::*;

use clap_host::*;
use zither::model::transfer::{StoredTransfer, Transfer};

const NOTE: Action = Action::On { id: 7, key: 60, velocity: 0.8 };
const RELEASE: Action = Action::Off { id: 7, key: 60 };

#[test]
fn the_factory_offers_one_instrument() {
    let entry = entry();
    let factory = entry.get_plugin_factory().unwrap();
    assert_eq!(factory.plugin_count(), 1);
    let descriptor = factory.plugin_descriptor(0).unwrap();
    assert_eq!(descriptor.id(), Some(ID));
    assert_eq!(descriptor.name(), Some(c"Zither"));
    assert!(descriptor.features().any(|feature| feature == c"instrument"));
    assert!(factory.plugin_descriptor(1).is_none());
}

#[test]
fn the_ports_are_a_stereo_output_and_a_stereo_sidechain() {
    let mut rig = Rig::new();
    let ports: PluginAudioPorts = rig.extension();
    let plugin = rig.instance.plugin_handle();
    assert_eq!((ports.count(&plugin, true), ports.count(&plugin, false)), (1, 1));
    for inputs in [true, false] {
        let mut buffer = AudioPortInfoBuffer::new();
        assert_eq!(ports.get(&plugin, 0, inputs, &mut buffer).unwrap().channel_count, 2);
        assert!(ports.get(&plugin, 1, inputs, &mut buffer).is_none());
    }
    let latency: PluginLatency = rig.extension();
    assert_eq!(latency.get(&rig.instance.plugin_handle()), 0);
}

#[test]
fn a_note_begins_at_its_own_sample_at_every_rate() {
    for rate in [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let onset = 333;
        let audio = Rig::new().render(rate, &[(onset, NOTE)], rate as usize / 2, &[256]);
        assert!(is_finite(&audio), "{rate}");
        let first = audio.iter().position(|frame| frame != &[0.0; 2]).expect("the note sounds");
        // The very first sample of a sine is 0.
        assert!((onset..onset + 3).contains(&first), "at {rate} Hz the first sample is {first}");
        assert!((0.005..1.0).contains(&peak(&audio)), "at {rate} Hz the peak is {}", peak(&audio));
    }
}

#[test]
fn rates_and_block_sizes_that_make_no_sense_are_refused() {
    let mut rig = Rig::new();
    for rate in [0.0, -48_000.0, 1.0, 999.0, 1e9, f64::NAN, f64::INFINITY] {
        assert!(!rig.activates(rate, 512), "{rate}");
    }
    for largest in [0, 65_537, u32::MAX] {
        assert!(!rig.activates(RATE, largest), "{largest}");
    }
    for (rate, largest) in [(1_000.0, 1), (768_000.0, 65_536), (RATE, 512)] {
        assert!(rig.activates(rate, largest), "{rate} {largest}");
    }
}

#[test]
fn a_released_note_falls_silent_and_its_end_is_reported() {
    let mut rig = Rig::new();
    let release = rig.parameter("Release");
    rig.set(&[(release.id, release.min)]);
    let mut player = rig.start(RATE);
    let audio = player.play(&[(0, NOTE), (24_000, RELEASE)], 5 * 48_000, &[512]);
    assert!(peak(&audio[..24_000]) > 0.005);
    assert!(peak(&audio[4 * 48_000..]) < 1e-6, "{}", peak(&audio[4 * 48_000..]));
    assert_eq!(player.ended, [7]);
    rig.stop(player);
}

#[test]
fn a_choked_note_ends_at_once() {
    let audio = Rig::new().render(RATE, &[(0, NOTE), (24_000, Action::Choke { id: 7, key: 60 })], 48_000, &[512]);
    assert!(peak(&audio[23_000..24_000]) > 1e-4);
    assert!(peak(&audio[24_000 + 4_800..]) < 1e-6, "{}", peak(&audio[28_800..]));
}

#[test]
fn an_automation_point_takes_effect_at_its_own_sample() {
    for name in ["Latent 1", "Gain", "Brightness", "Fine Tune"] {
        let mut rig = Rig::new();
        let parameter = rig.parameter(name);
        let point = |sample| (sample, Action::Set { parameter: parameter.id, value: parameter.at(0.9) });
        let plain = rig.render(RATE, &[(0, NOTE)], 24_000, &[1_024]);
        let moved = Rig::new().render(RATE, &[(0, NOTE), point(10_007)], 24_000, &[1_024]);
        let first = first_difference(&plain, &moved).unwrap_or_else(|| panic!("{name} is not heard"));
        // The change may take a frame of the model (5 ms) to be heard, but nothing comes before it.
        assert!((10_007..10_007 + 480).contains(&first), "{name}: {first}");
    }
}

#[test]
fn every_latent_is_heard() {
    let plain = Rig::new().render(RATE, &[(0, NOTE)], 12_000, &[512]);
    for latent in 1..=16 {
        let mut rig = Rig::new();
        let parameter = rig.parameter(&format!("Latent {latent}"));
        rig.set(&[(parameter.id, parameter.max)]);
        let moved = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
        assert!(first_difference(&plain, &moved).is_some(), "latent {latent}");
        assert!(is_finite(&moved));
    }
}

#[test]
fn one_note_is_modulated_and_expressed_alone() {
    let mut rig = Rig::new();
    let latent = rig.parameter("Latent 1").id;
    let other = Action::On { id: 8, key: 67, velocity: 0.8 };
    let alone = |actions: &[Timed]| Rig::new().render(RATE, actions, 24_000, &[512]);
    let plain = alone(&[(0, NOTE)]);
    for change in [
        Action::Modulate { parameter: latent, id: 7, key: 60, amount: 0.4 },
        Action::Express { id: 7, key: 60, kind: NoteExpressionType::Tuning, value: 0.3 },
        Action::Express { id: 7, key: 60, kind: NoteExpressionType::Volume, value: 0.3 },
        Action::Express { id: 7, key: 60, kind: NoteExpressionType::Pan, value: 0.1 },
        Action::Express { id: 7, key: 60, kind: NoteExpressionType::Brightness, value: 0.9 },
        Action::Express { id: 7, key: 60, kind: NoteExpressionType::Pressure, value: 0.9 },
    ] {
        let changed = alone(&[(0, NOTE), (5_000, change)]);
        let first = first_difference(&plain, &changed).unwrap_or_else(|| panic!("{change:?} is not heard"));
        assert!(first >= 5_000, "{change:?}: {first}");
        // Aimed at the first note, it leaves the second one as it is.
        let second = alone(&[(0, other)]);
        let aimed_elsewhere = alone(&[(0, other), (5_000, change)]);
        assert_eq!(first_difference(&second, &aimed_elsewhere), None, "{change:?} reaches another note");
    }
}

#[test]
fn midi_controllers_bend_and_pedal_are_heard() {
    let plain = Rig::new().render(RATE, &[(0, NOTE), (12_000, RELEASE)], 96_000, &[512]);
    for bytes in [[0xE0, 0, 96], [0xB0, 1, 127], [0xB0, 74, 127], [0xD0, 127, 0], [0xB0, 64, 127]] {
        let changed =
            Rig::new().render(RATE, &[(0, NOTE), (6_000, Action::Midi(bytes)), (12_000, RELEASE)], 96_000, &[512]);
        let first = first_difference(&plain, &changed).unwrap_or_else(|| panic!("{bytes:?} is not heard"));
        assert!(first >= 6_000, "{bytes:?}: {first}");
    }
}

#[test]
fn any_split_into_blocks_gives_the_same_bytes() {
    let mut rig = Rig::new();
    let (latent, gain) = (rig.parameter("Latent 2"), rig.parameter("Gain"));
    let mut actions = chord(100, 20_000);
    actions.extend((0..40).map(|step| {
        let parameter = if step % 2 == 0 { &latent } else { &gain };
        (501 + 601 * step, Action::Set { parameter: parameter.id, value: parameter.at(0.3 + 0.01 * step as f64) })
    }));
    actions.push((7_777, Action::Midi([0xE0, 0, 90])));
    actions.sort_by_key(|&(sample, _)| sample);
    let total = 30_000;
    let whole = rig.render(RATE, &actions, total, &[total]);
    assert!(peak(&whole) > 0.005);
    for size in [1, 64, 997, 8_192] {
        let split = Rig::new().render(RATE, &actions, total, &[size]);
        assert_eq!(first_difference(&whole, &split), None, "blocks of {size}");
    }
    let mut dice = Dice(20);
    for round in 0..10 {
        let mut blocks: Vec<_> = (0..200).map(|_| dice.roll(400)).collect();
        blocks.push(dice.roll(3_000) + 1);
        let split = Rig::new().render(RATE, &actions, total, &blocks);
        assert_eq!(first_difference(&whole, &split), None, "partition {round}: {blocks:?}");
    }
}

#[test]
fn the_largest_block_and_the_empty_one_are_processed() {
    let mut player_rig = Rig::new();
    let mut player = player_rig.start(RATE);
    assert_eq!(player.block(&[], 0, 0).unwrap().len(), 0);
    let audio = player.block(&[(0, NOTE)], 0, LARGEST_BLOCK).unwrap();
    assert!(is_finite(&audio) && peak(&audio) > 0.005);
    player_rig.stop(player);
}

#[test]
fn a_note_in_an_empty_block_is_not_lost() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    let mut events = EventBuffer::new();
    push(&mut events, 0, NOTE);
    let ports = |channels: &[usize]| channels.iter().map(|&channels| vec![vec![]; channels]).collect::<Vec<_>>();
    let (mut inputs, mut outputs) = (ports(&player.inputs), ports(&player.outputs));
    player.process(&mut inputs, &mut outputs, &events).unwrap();
    assert!(peak(&player.play(&[], 12_000, &[64])) > 0.005);
    rig.stop(player);
}

#[test]
fn fewer_or_narrower_outputs_than_declared_are_refused_and_do_no_harm() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    let port = |channels: usize| vec![vec![vec![0.0; 64]; channels]];
    let events = EventBuffer::new();
    for (what, mut inputs, mut outputs) in
        [("no output", port(2), vec![]), ("nothing at all", vec![], vec![]), ("a mono output", port(2), port(1))]
    {
        assert!(player.process(&mut inputs, &mut outputs, &events).is_err(), "{what}");
    }
    assert!(peak(&player.play(&[(0, NOTE)], 12_000, &[64])) > 0.005);
    rig.stop(player);
}

#[test]
fn a_sidechain_that_is_missing_or_narrow_is_not_there_and_the_rest_plays() {
    let expected = Rig::new().render(RATE, &[(0, NOTE)], 640, &[64]);
    for channels in [None, Some(0), Some(1)] {
        let mut rig = Rig::new();
        let mut player = rig.start(RATE);
        let mut audio = Vec::new();
        for block in 0..10 {
            let mut events = EventBuffer::new();
            if block == 0 {
                push(&mut events, 0, NOTE);
            }
            let mut inputs: Vec<_> = channels.iter().map(|&channels| vec![vec![0.5; 64]; channels]).collect();
            let mut outputs = vec![vec![vec![f32::NAN; 64]; 2]];
            player.process(&mut inputs, &mut outputs, &events).unwrap();
            audio.extend(outputs[0][0].iter().zip(&outputs[0][1]).map(|(&left, &right)| [left, right]));
        }
        assert_eq!(first_difference(&expected, &audio), None, "{channels:?}");
        rig.stop(player);
    }
}

#[test]
fn a_block_larger_than_promised_is_refused() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    assert!(player.block(&[], 0, LARGEST_BLOCK + 1).is_err());
    assert!(player.block(&[], 0, LARGEST_BLOCK).is_ok());
    rig.stop(player);
}

#[test]
fn process_before_activate_is_refused() {
    let rig = Rig::new();
    let plugin = rig.instance.raw_instance();
    let mut samples = [[0.0_f32; 64]; 2];
    let mut channels = samples.each_mut().map(|channel| channel.as_mut_ptr());
    let mut port = clap_sys::audio_buffer::clap_audio_buffer {
        data32: channels.as_mut_ptr(),
        data64: std::ptr::null_mut(),
        channel_count: 2,
        latency: 0,
        constant_mask: 0,
    };
    let (input, mut out_buffer) = (InputEvents::empty(), EventBuffer::new());
    let mut output = out_buffer.as_output();
    let process = clap_sys::process::clap_process {
        steady_time: 0,
        frames_count: 64,
        transport: std::ptr::null(),
        audio_inputs: &raw const port,
        audio_outputs: &raw mut port,
        audio_inputs_count: 1,
        audio_outputs_count: 1,
        in_events: input.as_raw(),
        out_events: output.as_raw(),
    };
    // SAFETY: every pointer in `process` is valid for the call; that the plugin is not active is what is tested.
    let status = unsafe { plugin.process.unwrap()(plugin, &process) };
    assert_eq!(status, clap_sys::process::CLAP_PROCESS_ERROR);
}

#[test]
fn parameters_beyond_the_last_are_refused() {
    let mut rig = Rig::new();
    let params: PluginParams = rig.extension();
    let plugin = rig.instance.plugin_handle();
    let count = params.count(&plugin);
    assert_eq!(count as usize, zither::synth::controls::CONTROLS);
    for index in [count, count + 1, u32::MAX] {
        assert!(params.get_info(&plugin, index, &mut ParamInfoBuffer::new()).is_none(), "{index}");
    }
    let unknown = ClapId::new(0x7FFF_FFFE);
    assert_eq!(params.get_value(&plugin, unknown), None);
    assert!(params.value_to_text(&plugin, unknown, 0.0, &mut [0; 32]).is_err());
}

#[test]
fn the_text_of_every_parameter_is_read_back() {
    let mut rig = Rig::new();
    let params: PluginParams = rig.extension();
    let all = rig.parameters();
    let plugin = rig.instance.plugin_handle();
    let print = |id, value| {
        let mut buffer = [0; 64];
        let text = params.value_to_text(&plugin, id, value, &mut buffer).expect("a value has a text");
        String::from_utf8(text.to_vec()).expect("the text is UTF-8")
    };
    for parameter in all {
        for step in 0..=200 {
            let text = print(parameter.id, parameter.at(f64::from(step) / 200.0));
            let c_text = std::ffi::CString::new(text.clone()).unwrap();
            let value = params.text_to_value(&plugin, parameter.id, &c_text);
            let value = value.unwrap_or_else(|| panic!("{}: {text:?} is refused", parameter.name));
            assert!((parameter.min..=parameter.max).contains(&value), "{}: {value}", parameter.name);
            assert_eq!(print(parameter.id, value), text, "{}", parameter.name);
        }
    }
}

#[test]
fn every_parameter_is_automatable_and_bypass_is_marked() {
    let all = Rig::new().parameters();
    for parameter in &all {
        assert!(parameter.flags.contains(ParamInfoFlags::IS_AUTOMATABLE), "{}", parameter.name);
        assert!((parameter.min..=parameter.max).contains(&parameter.default), "{}", parameter.name);
        let latent = parameter.name.starts_with("Latent ");
        let per_note = parameter.flags.contains(ParamInfoFlags::IS_MODULATABLE_PER_NOTE_ID);
        assert_eq!(per_note, latent, "{}", parameter.name);
    }
    let bypass: Vec<_> = all.iter().filter(|p| p.flags.contains(ParamInfoFlags::IS_BYPASS)).collect();
    assert!(matches!(&bypass[..], [one] if one.name == "Bypass"), "{bypass:?}");
}

#[test]
fn remote_control_pages_hold_every_latent() {
    let mut rig = Rig::new();
    let all = rig.parameters();
    let pages: PluginRemoteControls = rig.extension();
    let plugin = rig.instance.plugin_handle();
    let mut buffer = RemoteControlsPageBuffer::new();
    let mut shown = Vec::new();
    for index in 0..pages.count(&plugin) {
        let page = pages.get(&plugin, index, &mut buffer).expect("every page is described");
        assert!(!page.page_name.is_empty());
        shown.extend(page.param_ids.into_iter().flatten());
    }
    assert!(pages.get(&plugin, pages.count(&plugin), &mut RemoteControlsPageBuffer::new()).is_none());
    assert!(shown.iter().all(|id| all.iter().any(|parameter| parameter.id == *id)));
    for latent in all.iter().filter(|parameter| parameter.name.starts_with("Latent ")) {
        assert!(shown.contains(&latent.id), "{} is on no page", latent.name);
    }
}

#[test]
fn bypass_is_silent_and_comes_back() {
    let mut rig = Rig::new();
    let bypass = rig.parameter("Bypass");
    let set = |sample, value| (sample, Action::Set { parameter: bypass.id, value });
    let audio = rig.render(RATE, &[(0, NOTE), set(12_000, bypass.max), set(36_000, bypass.min)], 60_000, &[512]);
    assert!(peak(&audio[..12_000]) > 0.005);
    assert!(peak(&audio[18_000..36_000]) < 1e-6, "{}", peak(&audio[18_000..36_000]));
    assert!(peak(&audio[42_000..]) > 1e-4);
}

#[test]
fn a_saved_state_comes_back_byte_for_byte_and_sounds_the_same() {
    let mut first = Rig::new();
    let mut dice = Dice(5);
    let values: Vec<_> = first.parameters().iter().map(|p| (p.id, p.at(dice.roll(1_001) as f64 / 1_000.0))).collect();
    first.set(&values);
    let bypass = first.parameter("Bypass").id;
    first.set(&[(bypass, 0.0)]);
    let saved = first.save();
    let mut second = Rig::new();
    assert_ne!(second.save(), saved);
    assert!(second.load(&saved));
    assert_eq!(second.save(), saved);
    assert_eq!(second.values(), first.values());
    let actions = chord(10, 12_000);
    let (a, b) = (first.render(RATE, &actions, 24_000, &[256]), second.render(RATE, &actions, 24_000, &[256]));
    assert!(is_finite(&a));
    assert_eq!(first_difference(&a, &b), None);
}

#[test]
fn a_state_that_is_loaded_while_playing_is_heard() {
    let mut rig = Rig::new();
    let latent = rig.parameter("Latent 1");
    rig.set(&[(latent.id, latent.max)]);
    let saved = rig.save();
    let mut other = Rig::new();
    let plain = other.render(RATE, &[(0, NOTE)], 24_000, &[512]);
    let mut player = other.start(RATE);
    let mut audio = player.play(&[(0, NOTE)], 12_288, &[512]);
    assert!(other.load(&saved));
    audio.extend(player.play(&[], 24_000 - 12_288, &[512]));
    other.stop(player);
    assert_eq!(other.values()["Latent 1"], latent.max);
    assert!(first_difference(&plain, &audio).is_some_and(|first| first >= 12_288));
}

#[test]
fn a_state_that_is_no_state_is_refused_and_changes_nothing() {
    let mut rig = Rig::new();
    let before = rig.save();
    let mut dice = Dice(9);
    let noise: Vec<u8> = (0..100_000).map(|_| dice.roll(256) as u8).collect();
    let huge = vec![b' '; 5 << 20];
    let long_prefix = u64::MAX.to_le_bytes();
    for bytes in [&noise[..], &[], &huge, &long_prefix, b"{}", &before[..before.len() / 2]] {
        assert!(!rig.load(bytes), "{} bytes", bytes.len());
        assert_eq!(rig.save(), before);
    }
}

#[test]
fn a_damaged_state_never_leaves_a_value_outside_its_range() {
    let mut rig = Rig::new();
    let saved = rig.save();
    let all = rig.parameters();
    let mut dice = Dice(77);
    for _ in 0..300 {
        let mut damaged = saved.clone();
        for _ in 0..=dice.roll(8) {
            let at = dice.roll(damaged.len());
            damaged[at] = dice.roll(256) as u8;
        }
        let _accepted = rig.load(&damaged);
        let values = rig.values();
        for parameter in &all {
            let value = values[&parameter.name];
            assert!((parameter.min..=parameter.max).contains(&value), "{}: {value}", parameter.name);
        }
    }
    assert!(is_finite(&rig.render(RATE, &[(0, NOTE)], 12_000, &[512])));
}

/// The state of version 0.1 with every parameter at a chosen value.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/state-0.1.bin")
}

/// Parameters that version 0.1 did not have: they stand at their defaults.
const LATER: [&str; 4] = ["Motion", "Release Stretch", "Polyphony", "MPE"];

/// The value that the golden state holds: a third of the way up, so no default.
fn golden_value(parameter: &Parameter) -> f64 {
    if LATER.contains(&parameter.name.as_str()) { parameter.default } else { parameter.at(1.0 / 3.0) }
}

#[test]
fn the_golden_state_of_version_0_1_still_loads() {
    let bytes = std::fs::read(golden()).expect("tests/golden is committed");
    let mut rig = Rig::new();
    assert!(rig.load(&bytes));
    let values = rig.values();
    for parameter in rig.parameters() {
        let (value, expected) = (values[&parameter.name], golden_value(&parameter));
        assert!((value - expected).abs() < 1e-6, "{}: {value}, not {expected}", parameter.name);
    }
}

/// The state of a project with a transfer.
fn golden_with_transfer() -> PathBuf {
    golden().with_file_name("state-0.1-transfer.bin")
}

/// `state` with this transfer in place of its own.
fn with_transfer(state: &[u8], transfer: &StoredTransfer) -> Vec<u8> {
    let mut json: serde_json::Value = serde_json::from_slice(&state[8..]).expect("a length, then JSON");
    json["fields"]["transfer"] = serde_json::to_string(transfer).expect("plain data").into();
    let text = json.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn the_golden_state_with_a_transfer_loads_sounds_so_and_an_older_one_takes_it_away() {
    let louder = StoredTransfer::from(&Transfer::of_gain(6.0));
    let golden_state = std::fs::read(golden_with_transfer()).expect("tests/golden is committed");
    let plain = Rig::new().render(RATE, &[(0, NOTE)], 12_000, &[512]);
    let mut rig = Rig::new();
    assert!(rig.load(&golden_state));
    let saved = rig.save();
    assert!(String::from_utf8_lossy(&saved).contains(&louder.data), "the project keeps every number");
    let audio = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    let gain = peak(&audio) / peak(&plain);
    assert!((1.9..2.1).contains(&gain), "6 dB more are a factor of {gain}");
    let mut second = Rig::new();
    assert!(second.load(&saved));
    assert_eq!(second.save(), saved);
    assert_eq!(first_difference(&second.render(RATE, &[(0, NOTE)], 12_000, &[77]), &audio), None);
    assert!(second.load(&std::fs::read(golden()).unwrap()));
    assert!(!String::from_utf8_lossy(&second.save()).contains(&louder.data));
}

#[test]
#[ignore = "writes the golden file: run once per version, never for an old one"]
fn write_the_golden_state_with_a_transfer() {
    let state = with_transfer(&Rig::new().save(), &StoredTransfer::from(&Transfer::of_gain(6.0)));
    std::fs::write(golden_with_transfer(), state).unwrap();
}

#[test]
#[ignore = "writes the golden file: run once per version, never for an old one"]
fn write_the_golden_state() {
    let mut rig = Rig::new();
    let values: Vec<_> = rig.parameters().iter().map(|parameter| (parameter.id, golden_value(parameter))).collect();
    rig.set(&values);
    std::fs::create_dir_all(golden().parent().unwrap()).unwrap();
    std::fs::write(golden(), rig.save()).unwrap();
}

#[test]
fn two_instances_live_apart_and_go_in_either_order() {
    for first_goes_first in [true, false] {
        let (mut a, mut b) = (Rig::new(), Rig::new());
        let latent = a.parameter("Latent 1");
        a.set(&[(latent.id, latent.max)]);
        assert_eq!(b.values()["Latent 1"], latent.default);
        let (mut player_a, mut player_b) = (a.start(RATE), b.start(96_000.0));
        player_a.sidechain = Some(|sample| (sample as f32 * 0.01).sin());
        for start in (0..48_000).step_by(480) {
            player_a.block(&[(0, NOTE)], start, 480).unwrap();
            player_b.block(&[(0, NOTE)], start, 480).unwrap();
        }
        let (gone, gone_player, mut stays, mut stays_player) =
            if first_goes_first { (a, player_a, b, player_b) } else { (b, player_b, a, player_a) };
        let mut gone = gone;
        gone.stop(gone_player);
        drop(gone);
        assert!(peak(&stays_player.play(&[(0, NOTE)], 4_800, &[64])) > 0.005);
        stays.stop(stays_player);
    }
}

#[test]
fn an_instance_that_is_dropped_while_active_does_no_harm() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    player.play(&[(0, NOTE)], 4_800, &[64]);
    drop(player);
    drop(rig);
    assert!(peak(&Rig::new().render(RATE, &[(0, NOTE)], 4_800, &[64])) > 0.005);
}

#[test]
fn a_new_rate_starts_from_silence() {
    let mut rig = Rig::new();
    let fresh = rig.render(44_100.0, &[(500, NOTE)], 12_000, &[441]);
    rig.render(96_000.0, &[(0, NOTE)], 12_000, &[64]);
    let again = rig.render(44_100.0, &[(500, NOTE)], 12_000, &[441]);
    assert_eq!(peak(&again[..500]), 0.0);
    assert_eq!(first_difference(&fresh, &again), None);
}

#[test]
fn reset_silences_everything() {
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    assert!(peak(&player.play(&chord(0, 90_000), 12_000, &[256])) > 0.005);
    player.processor.reset();
    assert_eq!(peak(&player.play(&[], 12_000, &[256])), 0.0);
    rig.stop(player);
}

#[test]
fn a_flood_of_events_is_survived_and_ends_when_it_is_told_to() {
    let mut rig = Rig::new();
    let gain = rig.parameter("Gain").id;
    let mut player = rig.start(RATE);
    let flood: Vec<Timed> = (0..10_000)
        .map(|index| {
            let key = 24 + (index % 80) as u16;
            let action = match index % 4 {
                0 | 1 => Action::On { id: index as u32, key, velocity: 0.9 },
                2 => Action::Midi([0xE0, (index % 128) as u8, (index / 128 % 128) as u8]),
                _ => Action::Set { parameter: gain, value: (index % 100) as f64 / 100.0 },
            };
            (index * 512 / 10_000, action)
        })
        .collect();
    assert!(is_finite(&player.block(&flood, 0, 512).unwrap()));
    let audio = player.play(&[(0, Action::Midi([0xB0, 120, 0]))], 96_000, &[512]);
    assert!(is_finite(&audio));
    assert!(peak(&audio[90_000..]) < 1e-6, "a note is stuck");
    assert!(peak(&player.play(&[(0, NOTE)], 12_000, &[512])) > 1e-4);
    rig.stop(player);
}

#[test]
fn values_that_are_no_numbers_do_no_harm() {
    let mut rig = Rig::new();
    let latent = rig.parameter("Latent 1").id;
    let mut player = rig.start(RATE);
    player.sidechain = Some(|sample| [f32::NAN, f32::INFINITY, 1e30, -1e30, 1e-40][sample % 5]);
    let mut actions = vec![(0, NOTE)];
    for (sample, value) in (1_000..).step_by(700).zip([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]) {
        actions.push((sample, Action::Set { parameter: latent, value }));
        actions.push((sample, Action::Modulate { parameter: latent, id: 7, key: 60, amount: value }));
        let kind = NoteExpressionType::Tuning;
        actions.push((sample, Action::Express { id: 7, key: 60, kind, value }));
        actions.push((sample, Action::On { id: 9, key: 62, velocity: value }));
    }
    let audio = player.play(&actions, 48_000, &[256]);
    assert!(is_finite(&audio));
    assert!(peak(&audio) < 4.0, "{}", peak(&audio));
    player.sidechain = None;
    let clean = player.play(&[(0, Action::Midi([0xB0, 120, 0])), (6_000, NOTE)], 24_000, &[256]);
    assert!(is_finite(&clean) && peak(&clean[6_000..]) > 0.005);
    rig.stop(player);
}

#[test]
fn the_sidechain_is_not_heard_in_the_output() {
    let mut rig = Rig::new();
    let plain = rig.render(RATE, &[(100, NOTE)], 12_000, &[128]);
    let mut player = rig.start(RATE);
    player.sidechain = Some(|sample| (sample as f32 * 0.05).sin());
    let fed = player.play(&[(100, NOTE)], 12_000, &[128]);
    rig.stop(player);
    assert_eq!(first_difference(&plain, &fed), None);
}
