//! Models and presets that change while the plugin plays in a CLAP host: the sound follows without a click, and a project
//! knows its model again.

#![cfg(feature = "plugin")]

mod clap_host;
mod common;

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::prelude::*;
use common::splash::splash;
use common::steady_model;
use zither::browser::bank;
use zither::browser::preset::Preset;
use zither::model::{Card, Model, ModelReference};
use zither::synth::controls::{Control, Controls};

use clap_host::*;

const NOTE: Action = Action::On { id: 7, key: 60, velocity: 0.8 };

/// A model of its own name in a file, and what presets call it.
struct Own {
    path: PathBuf,
    reference: ModelReference,
    _folder: tempfile::TempDir,
}

impl Own {
    fn new(name: &str, level_db: f32) -> Self {
        let folder = tempfile::tempdir().expect("the system has a place for files");
        let path = folder.path().join("own.safetensors");
        let steady = steady_model(&[(0, level_db)]);
        let card = Card { name: name.to_owned(), ..Card::default() };
        let model = Model::new(card, steady.space.clone(), steady.weights().clone(), Vec::new());
        std::fs::write(&path, model.to_bytes()).expect("the folder is there");
        Self { path, reference: ModelReference::of(&model), _folder: folder }
    }

    /// What a project keeps of it.
    fn kept(&self) -> serde_json::Value {
        let (name, digest) = (&self.reference.name, &self.reference.digest);
        serde_json::json!({"name": name, "digest": digest, "path": self.path.to_str()})
    }

    /// `state` of a project that was made with this model.
    fn project(&self, state: &[u8]) -> Vec<u8> {
        let mut json: serde_json::Value = serde_json::from_slice(&state[8..]).expect("a length, then JSON");
        json["fields"]["model"] = self.kept().to_string().into();
        let text = json.to_string();
        [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
    }
}

impl Rig {
    fn load_preset(&mut self, preset: &Preset) {
        let file = tempfile::Builder::new().suffix(".zither").tempfile().expect("the system has a place for files");
        preset.write(file.path()).expect("the preset is whole");
        let path = CString::new(file.path().to_str().expect("in UTF-8")).expect("paths hold no zero");
        let extension: PluginPresetLoad = self.extension();
        let location = Location::File { path: &path };
        assert!(extension.load_from_location(&self.instance.plugin_handle(), location, None).is_ok());
    }

    fn heard(&self, count: fn(&Heard) -> &std::sync::atomic::AtomicUsize) -> usize {
        self.instance.access_shared_handler(|heard| count(heard).load(Ordering::Relaxed))
    }

    /// The field of the saved state in which the model stands.
    fn kept_model(&mut self) -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_slice(&self.save()[8..]).expect("a length, then JSON");
        serde_json::from_str(json["fields"]["model"].as_str().expect("a text")).expect("JSON in it")
    }
}

fn mono(audio: &[[f32; 2]]) -> Vec<f32> {
    audio.iter().map(|frame| 0.5 * (frame[0] + frame[1])).collect()
}

fn level(audio: &[f32]) -> f32 {
    (audio.iter().map(|x| x * x).sum::<f32>() / audio.len() as f32).sqrt()
}

#[test]
fn a_project_has_its_own_model_from_the_first_sample_on_and_keeps_it() {
    let own = Own::new("Sine", -20.0);
    let mut rig = Rig::new();
    let factory = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    let state = own.project(&rig.save());
    assert!(rig.load(&state));
    assert_eq!(rig.kept_model(), own.kept());
    let sine = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    let expected = 0.1 * 10.0_f32.powf(-6.0 / 20.0) / 2.0_f32.sqrt();
    assert!((level(&mono(&sine)[6_000..]) / expected - 1.0).abs() < 0.05, "the model's own level");
    assert!(first_difference(&sine, &factory).is_some());
    let mut second = Rig::new();
    assert!(second.load(&rig.save()));
    assert_eq!(second.save(), rig.save());
    assert_eq!(first_difference(&second.render(RATE, &[(0, NOTE)], 12_000, &[77]), &sine), None);
}

#[test]
fn a_model_that_is_gone_is_played_by_the_factory_model_and_never_forgotten() {
    let own = Own::new("Gone", -20.0);
    let mut rig = Rig::new();
    let factory = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    let state = own.project(&rig.save());
    std::fs::remove_file(&own.path).unwrap();
    assert!(rig.load(&state));
    assert_eq!(first_difference(&rig.render(RATE, &[(0, NOTE)], 12_000, &[512]), &factory), None);
    assert_eq!(rig.kept_model(), own.kept(), "the project still names it");
}

#[test]
fn a_state_of_version_0_1_goes_back_to_the_factory_model() {
    let own = Own::new("Before", -20.0);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/state-0.1.bin");
    let golden = std::fs::read(golden).expect("tests/golden is committed");
    let mut rig = Rig::new();
    assert!(rig.load(&golden));
    let plain = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    assert!(rig.load(&own.project(&golden)) && rig.load(&golden));
    assert_eq!(rig.kept_model(), "factory");
    assert_eq!(first_difference(&rig.render(RATE, &[(0, NOTE)], 12_000, &[512]), &plain), None);
}

#[test]
fn a_model_is_swapped_under_a_held_note_without_a_click() {
    let (quiet, loud) = (Own::new("Quiet", -32.0), Own::new("Loud", -20.0));
    let mut rig = Rig::new();
    let states = [quiet.project(&rig.save()), loud.project(&rig.save())];
    assert!(rig.load(&states[0]));
    let mut player = rig.start(RATE);
    let mut audio = player.play(&[(0, NOTE)], 24_000, &[480]);
    assert!(rig.load(&states[1]));
    audio.extend(player.play(&[], 24_000, &[480]));
    rig.stop(player);
    let audio = mono(&audio);
    let change = 20.0 * (level(&audio[36_000..]) / level(&audio[12_000..24_000])).log10();
    assert!((change - 12.0).abs() < 0.2, "{change} dB");
    assert!(splash(&audio, 24_000, &[]) < -62.0, "{} dB", splash(&audio, 24_000, &[]));
}

#[test]
fn a_preset_brings_the_model_it_was_made_for_where_there_is_one_and_its_controls_in_any_case() {
    let own = Own::new("Preset's", -20.0);
    let mut controls = Controls::default();
    controls.set(Control::GAIN, -12.0);
    let preset = Preset { model: own.reference.clone(), ..Preset::new("Made for Sine", &controls) };
    let mut rig = Rig::new();
    let gain = rig.parameter("Gain");
    rig.load_preset(&preset);
    assert_eq!(rig.kept_model()["digest"], own.reference.digest, "it is named, though it is not found");
    assert!((rig.values()["Gain"] - gain.at(48.0 / 72.0)).abs() < 1e-6);
    let factory = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);

    // Played by another instance, the model is known.
    let mut other = Rig::new();
    let state = own.project(&other.save());
    assert!(other.load(&state));
    rig.load_preset(&preset);
    let sine = rig.render(RATE, &[(0, NOTE)], 12_000, &[512]);
    assert!(first_difference(&sine, &factory).is_some());
    assert_eq!(rig.kept_model(), own.kept());
    rig.load_preset(&Preset::new("For any model", &controls));
    assert_eq!(first_difference(&rig.render(RATE, &[(0, NOTE)], 12_000, &[512]), &sine), None);
    rig.load_preset(&Preset { model: ModelReference::factory().clone(), ..preset });
    assert_eq!(rig.kept_model(), "factory");
    assert_eq!(first_difference(&rig.render(RATE, &[(0, NOTE)], 12_000, &[512]), &factory), None);
}

#[test]
fn a_program_change_loads_the_factory_preset_of_that_number_and_the_host_is_told() {
    let mut rig = Rig::new();
    let plain = rig.render(RATE, &[(0, NOTE)], 24_000, &[480]);
    let mut player = rig.start(RATE);
    let mut audio = player.play(&[(0, NOTE), (9_000, Action::Midi([0xC3, 4, 0]))], 12_000, &[480]);
    assert_eq!(first_difference(&audio, &plain[..12_000]), None, "the audio thread only asks");
    assert_eq!(rig.heard(|heard| &heard.callbacks), 1);
    let rescans = rig.heard(|heard| &heard.rescans);
    rig.instance.call_on_main_thread_callback();
    assert!(rig.heard(|heard| &heard.rescans) > rescans && rig.heard(|heard| &heard.changes) == 1);
    audio.extend(player.play(&[], 12_000, &[480]));
    assert!(first_difference(&audio, &plain).is_some_and(|first| first >= 12_000));
    let preset = bank::program(4).unwrap();
    assert!(String::from_utf8_lossy(&rig.save()).contains(&preset.name));
    let told = rig.instance.access_shared_handler(|heard| std::mem::take(&mut *heard.presets.lock().unwrap()));
    assert!(matches!(&told[..], [Ok(place)] if place.contains(&preset.name)), "{told:?}");
    let (release, given) = (rig.parameter("Release"), rig.values()["Release"]);
    let spec = Control::RELEASE.spec();
    let expected = f64::from(spec.normalise(preset.controls().get(Control::RELEASE)));
    assert!((given - release.min - expected * (release.max - release.min)).abs() < 1e-4, "{given}");
    // A callback that was not asked for changes nothing.
    let before = rig.save();
    rig.instance.call_on_main_thread_callback();
    assert_eq!((rig.save(), rig.heard(|heard| &heard.changes)), (before, 1));
    rig.stop(player);
}

/// The sound between two presets.
fn blend(from: &Preset, to: &Preset, mix: f32) -> Preset {
    let (from, to) = (from.controls(), to.controls());
    let mut controls = from.clone();
    for control in Control::all() {
        controls.set(control, from.get(control) + mix * (to.get(control) - from.get(control)));
    }
    Preset::new("Between", &controls)
}

#[test]
fn no_factory_preset_clicks_into_another_under_a_held_note() {
    // One in eight: some of every family.
    let presets: Vec<Preset> = (0..128).step_by(8).filter_map(bank::program).collect();
    let mut rig = Rig::new();
    let mut play = |steps: &[Preset]| {
        rig.load_preset(&steps[0]);
        let mut player = rig.start(RATE);
        let mut audio = player.play(&[(0, NOTE)], 24_000, &[480]);
        for step in &steps[1..] {
            rig.load_preset(step);
            audio.extend(player.play(&[], 480, &[480]));
        }
        audio.extend(player.play(&[], 18_720, &[480]));
        rig.stop(player);
        mono(&audio)
    };
    for (number, from) in presets.iter().enumerate() {
        for to in [1, 4, 10].map(|apart| &presets[(number + apart) % presets.len()]) {
            let at_once = play(&[from.clone(), to.clone()]);
            // What lies between two sounds may be brighter than both: that is no click.
            let slowly: Vec<Preset> = (0..=30).map(|step| blend(from, to, step as f32 / 30.0)).collect();
            let splash = splash(&at_once, 24_000, &play(&slowly)[24_000..]);
            assert!(splash < -57.0, "{} to {}: {splash} dB", from.name, to.name);
        }
    }
}

fn wait_for(reached: impl Fn() -> bool, what: &str) {
    let begun = std::time::Instant::now();
    while !reached() {
        assert!(begun.elapsed().as_secs() < 20, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn models_that_nobody_plays_any_more_are_freed() {
    let own = Own::new("Freed", -20.0);
    let opened = zither::browser::models::open(&own.path).unwrap();
    let weak = Arc::downgrade(&opened.model);
    let mut rig = Rig::new();
    let plain = rig.save();
    assert!(rig.load(&own.project(&plain)));
    drop(opened);
    let mut player = rig.start(RATE);
    player.play(&[(0, NOTE)], 4_800, &[480]);
    wait_for(|| weak.strong_count() == 2, "the choice and the engine have it");
    assert!(rig.load(&plain));
    player.play(&[], 4_800, &[480]);
    wait_for(|| weak.strong_count() == 0, "the background thread drops it");
    rig.stop(player);
}
