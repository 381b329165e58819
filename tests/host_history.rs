//! What is done with presets in a host stands in the user's history.

#![cfg(feature = "plugin")]

mod clap_host;
#[path = "common/home.rs"]
mod home;

use std::path::Path;

use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::preset_data::Location;
use clack_extensions::render::{PluginRender, RenderMode};

use clap_host::*;
use home::is_at_home;
use zither::browser::history::{self, Reader};
use zither::browser::preset::Preset;
use zither::browser::usage::{Deed, Event, PresetId};
use zither::synth::controls::{Control, Controls};

const NOTE: Action = Action::On { id: 1, key: 60, velocity: 0.8 };

/// Writes a preset that is like no other of another `value`.
fn write(folder: &Path, name: &str, value: f32) -> (std::ffi::CString, PresetId) {
    let mut controls = Controls::default();
    controls.set(Control::latent(0), value);
    let (preset, path) = (Preset::new(name, &controls), folder.join(format!("{name}.zither")));
    preset.write(&path).expect("the folder is there");
    let path = path.to_str().expect("the path is text");
    (std::ffi::CString::new(path).expect("without zeros"), preset.id())
}

fn load(rig: &mut Rig, path: &std::ffi::CStr) {
    let extension: PluginPresetLoad = rig.extension();
    assert!(extension.load_from_location(&rig.instance.plugin_handle(), Location::File { path }, None).is_ok());
}

/// Plays a note for so many seconds of sound; the host bounces, so that all of it is heard however busy the machine is.
fn play(rig: &mut Rig, seconds: usize) {
    let render: PluginRender = rig.extension();
    render.set(&rig.instance.plugin_handle(), RenderMode::Offline).expect("it renders offline");
    let sustain = rig.parameter("Sustain");
    rig.set(&[(sustain.id, sustain.max)]);
    let audio = rig.render(RATE, &[(0, NOTE)], seconds * RATE as usize, &[4_096]);
    let silent = audio.iter().flatten().filter(|sample| sample.abs() < 3.2e-4).count();
    assert!(silent < audio.len() / 2, "{silent} of {}", 2 * audio.len());
}

/// Everything that stands in the history.
fn events() -> Vec<Event> {
    let file = history::file().expect("this test has a home");
    let batch = Reader::of(&file).events_since(0).expect("the history reads");
    batch.events.into_iter().map(|(_, event)| event).collect()
}

fn deeds(events: &[Event]) -> Vec<(PresetId, Deed)> {
    events.iter().map(|event| (event.preset, event.deed)).collect()
}

#[test]
fn presets_that_are_loaded_and_played_leave_their_rows() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("presets_that_are_loaded_and_played_leave_their_rows", room.path()) {
        return;
    }
    let [(path_a, a), (path_b, b)] = [("Glass Harp", 0.1), ("Wood", 0.2)].map(|(name, v)| write(room.path(), name, v));
    let mut rig = Rig::new();
    assert!(!history::file().unwrap().exists(), "a host that only looks leaves nothing behind");
    load(&mut rig, &path_a);
    play(&mut rig, 45);
    load(&mut rig, &path_b);
    let state = rig.save();
    load(&mut rig, &path_a);
    drop(rig);
    let first = events();
    let expected = [(a, Deed::Load), (a, Deed::Keep), (b, Deed::Load), (b, Deed::Abandon), (a, Deed::Load)];
    assert_eq!(deeds(&first), expected, "{first:?}");
    assert!(first.iter().all(|event| event.session == first[0].session && event.project == first[0].project));
    assert!(first[0].project.is_some());
    assert!(first[3].dwell_ms < 10_000, "{:?}", first[3]);
    let known = Reader::of(&history::file().unwrap()).presets().unwrap();
    let names: Vec<&str> = known.iter().map(|(card, _)| card.name.as_str()).collect();
    assert_eq!(names, ["Glass Harp", "Wood"]);

    // A project that comes back knows its preset, and loading it was no choice of the user's.
    let mut rig = Rig::new();
    assert!(rig.load(&state));
    play(&mut rig, 45);
    load(&mut rig, &path_a);
    drop(rig);
    let second = events().split_off(first.len());
    assert_eq!(deeds(&second), [(a, Deed::Load)], "{second:?}");
    assert_eq!(second[0].project, first[0].project, "the project is the same");
    assert_ne!(second[0].session, first[0].session);
}

#[test]
fn a_history_that_cannot_be_written_keeps_nobody_from_playing() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("a_history_that_cannot_be_written_keeps_nobody_from_playing", room.path()) {
        return;
    }
    // Where the folder should be there is a file.
    std::fs::write(room.path().join("history"), b"in the way").unwrap();
    let (path, _) = write(room.path(), "Glass Harp", 0.1);
    let mut rig = Rig::new();
    load(&mut rig, &path);
    play(&mut rig, 2);
    assert!(String::from_utf8_lossy(&rig.save()).contains("Glass Harp"));
    drop(rig);
    assert_eq!(std::fs::read(room.path().join("history")).unwrap(), b"in the way");
}
