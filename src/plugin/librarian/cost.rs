//! What a start costs where much was done: `cargo test --release --lib librarian::cost -- --ignored --nocapture`.
#![allow(clippy::print_stdout, reason = "a measurement prints its figures")]

use std::fmt::Write;
use std::time::Instant;

use super::tests::{Editor, PATIENCE, wish};
use crate::browser::bank;
use crate::browser::history::{self, History};
use crate::browser::usage::{Deed, Event, PresetId, SessionId, Shelf};
use crate::plugin::home::is_at_home;

const EVENTS: i64 = 100_000;
/// Different presets that were kept; those beyond the factory's are gone.
const KEPT: i64 = 1_000;

/// Fifty thousand presets loaded and kept, a dozen in a sitting.
fn live() {
    let factory: Vec<PresetId> = bank::factory().map(|(_, preset)| preset.id()).collect();
    let history = History::open(&history::file().expect("there is a home"));
    for number in 0..EVENTS {
        let preset = number / 2 * 7 % KEPT;
        let preset = match factory.get(preset as usize) {
            Some(known) => *known,
            None => PresetId::of(&preset.to_le_bytes()),
        };
        let (session, project) = (SessionId::of(&(number / 24).to_le_bytes()), None);
        let (time, deed) = (1_600_000_000 + number * 900, if number % 2 == 0 { Deed::Load } else { Deed::Keep });
        history.record(Event { time, session, project, preset, deed, dwell_ms: 0, shown: None });
        assert!(number % 10_000 != 0 || history.flush(PATIENCE));
    }
    assert!(history.flush(PATIENCE));
}

#[test]
#[ignore = "measures"]
fn the_first_list_after_a_hundred_thousand_events() {
    let room = tempfile::tempdir().unwrap();
    let figures = room.path().join("figures");
    if !is_at_home("plugin::librarian::cost::the_first_list_after_a_hundred_thousand_events", room.path()) {
        return println!("{}", std::fs::read_to_string(figures).unwrap());
    }
    live();
    let mut told = String::new();
    for start in ["the first start, which learns", "the second", "the third", "the fourth"] {
        let begun = Instant::now();
        let mut editor = Editor::open();
        editor.screen.desk().wish(Some(wish(Shelf::ForYou, "")));
        let first = editor
            .wait("no list", |editor| editor.screen.desk().view(&mut editor.seen).filter(|view| view.count() > 0));
        let time = begun.elapsed().as_secs_f64() * 1e3;
        assert!(first.count() > 100, "{}", first.count());
        if !first.is_complete {
            editor.see(&wish(Shelf::ForYou, ""), |_| true);
        }
        let whole = begun.elapsed().as_secs_f64() * 1e3;
        writeln!(told, "{start}: first list after {time:.0} ms, that of all files after {whole:.0} ms").unwrap();
    }
    std::fs::write(std::env::var_os("ZITHER_HOME").map(std::path::PathBuf::from).unwrap().join("figures"), told)
        .unwrap();
}
