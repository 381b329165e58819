//! The plugin in a VST3 host.
#![cfg(feature = "plugin")]
#![allow(non_snake_case, reason = "VST3's names")]

mod vst3_host;

use std::ffi::CStr;

use vst3::Steinberg::IPluginFactoryTrait;
use vst3::Steinberg::Vst::IAudioProcessorTrait;

use vst3_host::*;

const RATE: f64 = 48_000.0;
const NOTE: Action = Action::On { id: 7, pitch: 60, velocity: 0.8 };

fn peak(audio: &[[f32; 2]]) -> f32 {
    audio.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn is_finite(audio: &[[f32; 2]]) -> bool {
    audio.iter().flatten().all(|sample| sample.is_finite())
}

fn first_difference(a: &[[f32; 2]], b: &[[f32; 2]]) -> Option<usize> {
    a.iter().zip(b).position(|(a, b)| a.map(f32::to_bits) != b.map(f32::to_bits))
}

#[test]
fn the_factory_offers_one_instrument() {
    // SAFETY: the factory is kept during the call.
    assert_eq!(unsafe { factory().countClasses() }, 1);
    let name = class().name.map(|letter| letter as u8);
    assert_eq!(CStr::from_bytes_until_nul(&name), Ok(c"Zither"));
}

#[test]
fn the_buses_are_a_stereo_sidechain_and_a_stereo_output_and_no_others() {
    let rig = Rig::new();
    assert_eq!((rig.buses(true), rig.buses(false)), (vec![2], vec![2]));
    assert!(rig.arrange(vec![STEREO], vec![STEREO]));
    for (inputs, outputs) in [
        (vec![], vec![]),
        (vec![STEREO], vec![]),
        (vec![STEREO], vec![MONO]),
        (vec![STEREO, STEREO], vec![STEREO]),
        (vec![MONO], vec![STEREO]),
    ] {
        assert!(!rig.arrange(inputs.clone(), outputs.clone()), "{inputs:?} {outputs:?}");
    }
    // SAFETY: the processor is kept during the call.
    assert_eq!(unsafe { rig.processor.getLatencySamples() }, 0);
}

#[test]
fn a_note_begins_at_its_own_sample_at_every_rate() {
    for rate in [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let onset = 333;
        let audio = Rig::new().render(rate, &[(onset, NOTE)], rate as usize / 2, 256);
        assert!(is_finite(&audio), "{rate}");
        let first = audio.iter().position(|frame| frame != &[0.0; 2]).expect("the note sounds");
        assert!((onset..onset + 3).contains(&first), "at {rate} Hz the first sample is {first}");
        assert!((0.005..1.0).contains(&peak(&audio)), "at {rate} Hz the peak is {}", peak(&audio));
    }
}

#[test]
fn rates_that_make_no_sense_are_refused() {
    for rate in [0.0, -48_000.0, 999.0, 1e9, f64::NAN] {
        assert!(!Rig::new().start(rate, 512), "{rate}");
    }
}

#[test]
fn an_automation_point_takes_effect_at_its_own_sample() {
    for name in ["Latent 1", "Gain"] {
        let rig = Rig::new();
        let plain = rig.render(RATE, &[(0, NOTE)], 24_000, 1_024);
        let point = (10_007, Action::Set { parameter: rig.parameter(name), value: 0.9 });
        let moved = Rig::new().render(RATE, &[(0, NOTE), point], 24_000, 1_024);
        let first = first_difference(&plain, &moved).unwrap_or_else(|| panic!("{name} is not heard"));
        assert!((10_007..10_007 + 480).contains(&first), "{name}: {first}");
    }
}

#[test]
fn any_block_size_gives_the_same_bytes() {
    let latent = Rig::new().parameter("Latent 2");
    let mut actions = vec![(100, NOTE), (200, Action::On { id: 8, pitch: 67, velocity: 0.5 })];
    actions.extend((0..20).map(|step| {
        let value = 0.3 + 0.02 * step as f64;
        (1_001 + 701 * step, Action::Set { parameter: latent, value })
    }));
    actions.push((15_000, Action::Off { id: 7, pitch: 60 }));
    actions.sort_by_key(|&(sample, _)| sample);
    let whole = Rig::new().render(RATE, &actions, 20_000, 20_000);
    assert!(peak(&whole) > 0.005);
    for size in [1, 64, 997, 8_192] {
        let split = Rig::new().render(RATE, &actions, 20_000, size);
        assert_eq!(first_difference(&whole, &split), None, "blocks of {size}");
    }
}

#[test]
fn a_block_without_samples_is_a_change_of_parameters_and_nothing_else() {
    let rig = Rig::new();
    let latent = rig.parameter("Latent 1");
    assert!(rig.start(RATE, 512));
    assert!(rig.block(&[(0, Action::Set { parameter: latent, value: 0.75 })], 0).is_empty());
    assert!(peak(&rig.block(&[(0, NOTE)], 512)) > 0.0);
    rig.stop();
    assert!((rig.value(latent) - 0.75).abs() < 1e-6);
}

#[test]
fn the_text_of_every_parameter_is_read_back() {
    let rig = Rig::new();
    let all = rig.parameters();
    assert_eq!(all.len(), zither::synth::controls::CONTROLS);
    for info in all {
        let name = text(&info.title);
        for step in 0..=100 {
            let printed = rig.print(info.id, f64::from(step) / 100.0);
            let value = rig.parse(info.id, &printed).unwrap_or_else(|| panic!("{name}: {printed:?} is refused"));
            assert!((0.0..=1.0).contains(&value), "{name}: {value}");
            assert_eq!(rig.print(info.id, value), printed, "{name}");
        }
    }
}

#[test]
fn a_saved_state_comes_back_byte_for_byte_and_sounds_the_same() {
    let first = Rig::new();
    let (latent, gain) = (first.parameter("Latent 1"), first.parameter("Gain"));
    let changes = [(latent, 0.9), (gain, 0.6)].map(|(parameter, value)| (0, Action::Set { parameter, value }));
    first.render(RATE, &changes, 512, 512);
    let saved = first.save();
    let second = Rig::new();
    assert_ne!(second.save(), saved);
    assert!(second.load(&saved));
    assert_eq!(second.save(), saved);
    assert_eq!((second.value(latent), second.value(gain)), (first.value(latent), first.value(gain)));
    let (a, b) = (first.render(RATE, &[(10, NOTE)], 12_000, 256), second.render(RATE, &[(10, NOTE)], 12_000, 256));
    assert_eq!(first_difference(&a, &b), None);
}

#[test]
fn a_state_that_is_no_state_is_refused_and_changes_nothing() {
    let rig = Rig::new();
    let before = rig.save();
    for bytes in [&[][..], b"no state", &before[..before.len() / 2], &[0xFF; 64]] {
        assert!(!rig.load(bytes), "{bytes:?}");
        assert_eq!(rig.save(), before);
    }
}

#[test]
fn two_instances_live_apart_and_go_in_either_order() {
    for first_goes_first in [true, false] {
        let (a, b) = (Rig::new(), Rig::new());
        assert!(a.start(RATE, 512) && b.start(96_000.0, 512));
        for block in 0..50 {
            let actions: &[Timed] = if block == 0 { &[(0, NOTE)] } else { &[] };
            a.block(actions, 512);
            b.block(actions, 512);
        }
        let (gone, stays) = if first_goes_first { (a, b) } else { (b, a) };
        gone.stop();
        drop(gone);
        assert!(peak(&stays.block(&[], 512)) > 0.0);
        stays.stop();
    }
}
