//! What an index of six hours costs: size, opening, searches.
//!
//! `cargo test --release --no-default-features --lib six_hours_cost -- --ignored --nocapture`

use std::time::{Duration, Instant};

use super::super::pairs::{INDEX_FAN, from_peak};
use super::super::peaks::Peak;
use super::testing::{Dice, Music};
use super::{Builder, Index, Stat};

/// Peaks of a track of 3.6 minutes, at 40 a second; they wander, so that pairs span less than an octave.
fn a_track(dice: &mut Dice, number: usize) -> Music {
    let (mut music, mut centre) = (Music::new(dice, number, 9_000), 300);
    for peak in &mut music.peaks {
        peak.step = (centre + dice.below(240)) as u16;
        if dice.below(100) == 0 {
            centre = dice.below(480);
        }
    }
    music
}

/// The time of each of many stretches of work, sorted.
fn sorted<T>(stretches: impl Iterator<Item = T>, mut work: impl FnMut(T)) -> Vec<Duration> {
    let mut times: Vec<Duration> = stretches
        .map(|stretch| {
            let start = Instant::now();
            work(stretch);
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

#[test]
#[ignore = "prints figures, for docs/rights.md"]
fn six_hours_cost() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(1);
    let music: Vec<Music> = (0..100).map(|number| a_track(&mut dice, number)).collect();
    let building = Instant::now();
    let mut builder = Builder::create(folder.path()).unwrap();
    music.iter().for_each(|music| _ = builder.add_track(&music.track()).unwrap());
    builder.finish().unwrap();
    eprintln!("building   {:?}", building.elapsed());

    let opening = sorted(0..20, |_| drop(Index::open(folder.path()).unwrap()));
    eprintln!("opening    {:?} (median)", opening[10]);
    let mut index = Index::open(folder.path()).unwrap();
    let stat = Stat::of(&index, 1);
    let (per_hour, seconds) = (stat.bytes as f64 / 1e6 / stat.hours, stat.hours * 3_600.0);
    let density = |count: u64| count as f64 / seconds;
    eprintln!(
        "size       {per_hour:.2} MB/h at {:.0} pairs/s and {:.0} peaks/s",
        density(stat.postings),
        density(stat.peaks)
    );
    assert!(opening[10] < Duration::from_millis(20) && per_hour < 3.0);

    let mut asked = Vec::new();
    for music in &music[..5] {
        for first in 0..music.peaks.len() {
            from_peak(&music.peaks, first, INDEX_FAN, |pair| {
                asked.extend(pair.shape().map(|shape| (shape, pair.first)))
            });
        }
    }
    for width in [1, 8, 40] {
        print_searches(&mut index, &asked, width);
    }
}

/// Searches the rows of pairs that were played, each in `width` steps: all one after another, then 200 of them repeatedly.
fn print_searches(index: &mut Index, asked: &[(usize, Peak)], width: u16) {
    let (segments, cache) = index.split();
    let mut hits = 0_u64;
    let mut search = |pairs: &[(usize, Peak)]| {
        for &(shape, peak) in pairs {
            let start = peak.step.saturating_sub(width / 2);
            segments[0].search(cache, shape, start..start + width, |step, tick| {
                hits += std::hint::black_box(u64::from(step) + u64::from(tick)).min(1);
            });
        }
    };
    asked.chunks(200).for_each(&mut search);
    let all = sorted(asked.chunks_exact(200), &mut search);
    let again = sorted(std::iter::repeat_n(&asked[..200], 400), &mut search);
    let each = |time: Duration| time.as_nanos() / 200;
    eprintln!(
        "searching  {width} steps: {} ns each, {} ns in the processor's cache",
        each(all[all.len() / 2]),
        each(again[40])
    );
    eprintln!("           {} hits in all", hits);
}
