//! What the library costs. Prints figures:
//!
//! `cargo test --release --no-default-features --lib library::cost -- --ignored --nocapture --test-threads 1`

#![allow(clippy::print_stdout, reason = "figures are what it is for")]

#[allow(clippy::duplicate_mod, reason = "rooms that measure share a clock, and nothing else")]
#[path = "../../../tests/common/thread_time.rs"]
mod thread_time;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use self::thread_time::thread_time;
use super::tests::preset;
use super::{Facet, Library, Look, Order, Query, Scanner};
use crate::browser::history::Marks;
use crate::browser::preset::Preset;

/// Words that names and descriptions are made of; few begin alike.
const WORDS: [&str; 40] = [
    "Amber",
    "Bowed",
    "Bär",
    "Cathedral",
    "Crème",
    "Dark",
    "Dust",
    "Echo",
    "Electric",
    "Fable",
    "Glass",
    "Grand",
    "Halo",
    "Harp",
    "Iron",
    "Ivory",
    "Juno",
    "Keys",
    "Koto",
    "Lone",
    "Lunar",
    "Mallet",
    "Midnight",
    "Nylon",
    "Organ",
    "Paper",
    "Quartz",
    "Reed",
    "Rose",
    "Seam",
    "Silk",
    "Slow",
    "Soft",
    "Tape",
    "Umbra",
    "Velvet",
    "Winter",
    "Xylo",
    "Yonder",
    "Zephyr",
];

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}

/// A preset as users have them: two words and a number, four tags of 200, one of 300 authors, a sentence.
fn made(number: usize, dice: &mut Dice) -> Preset {
    let sound = number as f32 / 1_000_000.0;
    Preset {
        author: format!("Author {}", dice.below(300)),
        category: WORDS[dice.below(12)].to_owned(),
        tags: (0..4).map(|_| format!("tag{} {}", dice.below(200), WORDS[dice.below(5)])).collect(),
        description: format!("{} sound of {number}.", dice.words(6)),
        ..preset(&format!("{} {}", dice.words(2), number % 1_000), sound)
    }
}

/// Writes presets in 100 banks; every hundredth is garbage.
fn fill(root: &Path, count: usize) {
    let mut dice = Dice(1);
    for number in 0..count {
        let folder = root.join(format!("Bank {}", number % 100));
        std::fs::create_dir_all(&folder).unwrap();
        let text = if number % 100 == 7 { "garbage".to_owned() } else { made(number, &mut dice).to_json() };
        std::fs::write(folder.join(format!("{number}.zither")), text).unwrap();
    }
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let (start, clock) = (thread_time(), std::time::Instant::now());
    let result = run();
    let (spent, passed) = (thread_time() - start, clock.elapsed());
    println!(
        "{what}: {:.1} ms of the processor's time, {:.1} ms passed",
        spent.as_secs_f64() * 1e3,
        passed.as_secs_f64() * 1e3
    );
    result
}

fn scan(count: usize) -> Library {
    let room = tempfile::tempdir().unwrap();
    fill(room.path(), count);
    let mut scanner = Scanner::new(Some(room.path().to_owned()));
    timed(&format!("{count} files, first look"), || scanner.look(Look::Files, &|| true));
    let library = timed("  library of them", || scanner.library());
    timed("  second look, every file", || scanner.look(Look::Files, &|| true));
    std::thread::sleep(Duration::from_secs(4));
    scanner.look(Look::Folders, &|| true);
    timed("  another, folders that changed", || assert!(!scanner.look(Look::Folders, &|| true)));
    preset("One more", 0.999).write(&room.path().join("Bank 7/New.zither")).unwrap();
    timed("  one file more", || assert!(scanner.look(Look::Folders, &|| true)));
    assert_eq!(library.problems().len(), count / 100);
    library
}

#[test]
#[ignore = "prints figures, for docs/browser.md"]
fn a_scan() {
    let plain = made(1, &mut Dice(1));
    let ids = || (0..1_000).map(|_| std::hint::black_box(&plain).id()).max();
    timed("1,000 ids", ids);
    scan(10_000);
}

#[test]
#[ignore = "prints figures, for docs/browser.md"]
fn a_search() {
    let library = scan(100_000);
    let mut dice = Dice(2);
    let mut marks = HashMap::new();
    for entry in library.entries().iter().step_by(10) {
        marks.insert(entry.id, Marks { favourite: dice.below(2) == 0, hidden: dice.below(9) == 0, ..Marks::default() });
    }
    let scores = library.scores(|_| dice.below(1 << 20) as f32);
    let orders = [("by name", Order::Name), ("by score", Order::Scores(&scores))];
    for (what, order) in orders {
        let mut times: Vec<Duration> = Vec::new();
        for round in 0..200 {
            let mut query = Query::default();
            if round % 4 == 3 {
                query.choose(Facet::Bank, &format!("Bank {}", dice.below(100)), true);
                query.choose(Facet::Tag, &format!("tag{} Amber", dice.below(200)), true);
            }
            // A key stroke after the other.
            let text = dice.words(2);
            for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
                text[..end].clone_into(&mut query.text);
                let start = thread_time();
                std::hint::black_box(library.find(&query, &marks, order));
                times.push(thread_time() - start);
            }
        }
        times.sort();
        let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
        let (p50, p99, worst) = (at(0.5), at(0.99), at(1.0));
        println!("{} key strokes, {what}: p50 {p50:.2} ms, p99 {p99:.2} ms, worst {worst:.2} ms", times.len());
    }
    let id = library.entries()[500].id;
    timed("nearness to one of them", || library.nearness(id));
}
