//! The files that run in the audio callback name nothing that waits, reads a file or builds a text: what the witnesses
//! of `cargo xtask rtproof` cannot see where it happens to succeed at once, such as taking a free lock.
//!
//! Lines are read as text, up to the tests at the end of a file.

use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders under `src` whose code the callback runs; what else they hold makes what it needs.
const CALLBACK: &[&str] = &[
    "dsp",
    "model/contour",
    "model/contour.rs",
    "model/decoder.rs",
    "model/kernel.rs",
    "model/motion.rs",
    "synth",
    "bridge.rs",
    "bridge/audio.rs",
    "bridge/stage.rs",
    "bridge/tap.rs",
    "plugin/entry/block.rs",
    "plugin/events.rs",
    "plugin/instrument.rs",
];

/// What has no place there.
const WORDS: &[&str] = &[
    "Mutex",
    "RwLock",
    "Condvar",
    "Barrier",
    "OnceLock",
    "LazyLock",
    ".lock()",
    "mpsc",
    "std::thread",
    "thread::",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::env",
    "File::",
    "Instant",
    "SystemTime",
    "println!",
    "eprintln!",
    "dbg!",
    "String",
    "format!",
    "to_string(",
    "to_owned(",
    "block_on",
];

/// Files that make or read texts for other threads, beside nothing that the callback runs but reading numbers.
const TEXTS: &[&str] = &["synth/controls.rs"];

/// The words of [`WORDS`] that stand in a file before its tests, as `line: word`.
fn found(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let line = line.split("//").next().unwrap_or_default();
        found.extend(WORDS.iter().filter(|word| line.contains(*word)).map(|word| format!("{number}: `{word}`")));
    }
    found
}

/// The Rust files at `path`: itself, or all below it but tests.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let entries = entries.map(|entry| entry.expect("the entry reads").path());
    let is_code = |file: &PathBuf| file.extension().is_some_and(|end| end == "rs") && !file.ends_with("tests.rs");
    entries.flat_map(|entry| sources(&entry)).filter(is_code).collect()
}

#[test]
fn the_callback_names_nothing_that_waits() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<_> = CALLBACK.iter().flat_map(|path| sources(&source.join(path))).collect();
    assert!(files.len() > 20, "only {} files: has something moved?", files.len());
    let mut all = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&source).unwrap();
        if !TEXTS.iter().any(|text| Path::new(text) == inside) {
            let found = found(&fs::read_to_string(&file).unwrap());
            all.extend(found.into_iter().map(|word| format!("src/{}:{word}", inside.display())));
        }
    }
    assert!(all.is_empty(), "these have no place in the audio callback:\n{}", all.join("\n"));
}

#[test]
fn a_planted_word_is_found_and_those_of_comments_and_tests_are_not() {
    for line in [
        "use std::sync::Mutex;",
        "    let guard = self.state.lock().unwrap();",
        "    let name = format!(\"{key}\");",
        "    std::thread::sleep(PERIOD);",
        "    let file = File::open(path)?;",
    ] {
        assert!(!found(line).is_empty(), "{line}");
    }
    assert!(
        found("// a Mutex would wait\nlet level = 0.5;\n#[cfg(test)]\nmod tests { use std::sync::Mutex; }").is_empty()
    );
}
