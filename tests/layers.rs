//! The rooms of `docs/architecture.md` and their arrows: a room may name only the rooms that stand below it.
//!
//! Lines are read as text, so every path to another room must be written as `crate::room::...`.

use std::fs;
use std::path::{Path, PathBuf};

/// What a room may know, and words that must not stand in it.
struct Room {
    name: &'static str,
    knows: &'static [&'static str],
    never: &'static [&'static str],
}

/// The plugin framework and what draws.
const FRAMEWORK: &[&str] = &["nice_plug", "egui", "clap_sys"];
/// The framework, and what the audio thread must never reach.
const FRAMEWORK_OR_BLOCKING: &[&str] =
    &["nice_plug", "egui", "clap_sys", "std::fs", "std::io", "std::net", "std::thread", "Mutex", "RwLock", "println!"];

const ROOMS: &[Room] = &[
    Room { name: "dsp", knows: &[], never: FRAMEWORK_OR_BLOCKING },
    Room { name: "analysis", knows: &["dsp"], never: FRAMEWORK },
    Room { name: "model", knows: &["dsp", "analysis"], never: FRAMEWORK },
    Room { name: "synth", knows: &["dsp", "analysis", "model"], never: FRAMEWORK_OR_BLOCKING },
    Room { name: "media", knows: &["dsp", "analysis"], never: FRAMEWORK },
    Room { name: "rights", knows: &["dsp"], never: FRAMEWORK },
    Room { name: "browser", knows: &["model", "synth", "rights"], never: FRAMEWORK },
    Room { name: "train", knows: &["dsp", "analysis", "model", "media"], never: FRAMEWORK },
    Room { name: "params", knows: &["model", "synth", "browser"], never: &[] },
    Room { name: "bridge", knows: &["params", "rights", "browser", "synth"], never: &[] },
    Room { name: "editor", knows: &["bridge", "params", "browser", "synth", "model", "rights"], never: &[] },
    Room {
        name: "plugin",
        knows: &["dsp", "analysis", "model", "synth", "media", "browser", "rights", "params", "bridge", "editor"],
        never: &[],
    },
    Room {
        name: "cli",
        knows: &["dsp", "analysis", "model", "synth", "media", "browser", "rights", "train"],
        never: FRAMEWORK,
    },
];

/// All that is wrong with the source `text` of a file in `room`, as `line: what`.
fn faults(room: &Room, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        for name in rooms_named(code) {
            let known = name == room.name || room.knows.contains(&name);
            match ROOMS.iter().any(|other| other.name == name) {
                _ if known => {}
                true => faults.push(format!("{number}: `{}` must not know `{name}`", room.name)),
                false => faults.push(format!("{number}: `crate::{name}` is no room; write one room per `use`")),
            }
        }
        for word in room.never.iter().filter(|word| code.contains(*word)) {
            faults.push(format!("{number}: `{word}` has no place in `{}`", room.name));
        }
    }
    faults
}

/// The names that follow `crate::` in a line.
fn rooms_named(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with(['$', '_'])).map(|(at, prefix)| {
        let path = &code[at + prefix.len()..];
        let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
        if path.starts_with('{') { "{...}" } else { &path[..end] }
    })
}

/// The Rust files of `folder` and below.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder reads") {
        let path = entry.expect("the entry reads").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The room that a file belongs to: the first name of its path under `src`.
fn room_of(file: &Path) -> &str {
    let first = file.iter().next().expect("a file has a name").to_str().expect("names are in ASCII");
    first.strip_suffix(".rs").unwrap_or(first)
}

#[test]
fn arrows_only_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for file in sources(&source) {
        let inside = file.strip_prefix(&source).unwrap();
        let name = room_of(inside);
        if ["lib", "main", "bin"].contains(&name) {
            continue; // The roof: a few lines each that see everything.
        }
        match ROOMS.iter().find(|room| room.name == name) {
            Some(room) => {
                let found = faults(room, &fs::read_to_string(&file).unwrap());
                all.extend(found.into_iter().map(|fault| format!("src/{}:{fault}", inside.display())));
            }
            None => all.push(format!("src/{}: `{name}` is no room of tests/layers.rs", inside.display())),
        }
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn every_room_stands_above_all_that_it_knows() {
    for (at, room) in ROOMS.iter().enumerate() {
        for known in room.knows {
            let below = ROOMS.iter().position(|other| other.name == *known);
            assert!(below.is_some_and(|below| below < at), "{} knows {known}", room.name);
        }
    }
}

/// What the checker says of one line in the room of this name.
fn check(room: &str, line: &str, expected: usize) {
    let room = ROOMS.iter().find(|other| other.name == room).expect("a room of the table");
    assert_eq!(faults(room, line).len(), expected, "{line}: {:?}", faults(room, line));
}

#[test]
fn a_planted_upward_arrow_is_found() {
    check("dsp", "use crate::synth::engine::Engine;", 1);
    check("rights", "use crate::media::audio::Mono;", 1);
    check("synth", "    let frame: crate::media::audio::Mono = todo();", 1);
    check("cli", "use crate::plugin::instrument::Instrument;", 1);
    check("train", "pub(crate) use crate::cli::main;", 1);
    check("analysis", "use crate::{dsp, synth};", 1);
    check("analysis", "use crate::nowhere::Thing;", 1);
    check("synth", "use std::sync::Mutex;", 1);
    check("model", "use nice_plug::prelude::*;", 1);
}

#[test]
fn downward_arrows_comments_and_visibility_are_no_faults() {
    check("synth", "use crate::model::latent::LATENTS;", 0);
    check("synth", "use crate::synth::event::Event;", 0);
    check("dsp", "// see crate::synth::engine", 0);
    check("dsp", "pub(crate) fn f() {}", 0);
    check("cli", "use crate::train::fit;", 0);
}
