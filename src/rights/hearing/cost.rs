//! What listening costs, measured: sixteen streams, as eight instances have them, each with the index for itself.
//!
//! `ZITHER_BENCH_INDEX` names the folder of an index, `ZITHER_BENCH_STREAMS` a list of WAV files, one path a line:
//! `cargo test --release --no-default-features --lib listening_cost -- --ignored --nocapture`. The processor's time counts,
//! so it does not matter what else the machine does. Linux only.

#![allow(clippy::print_stdout, reason = "a measurement prints its figures")]

#[allow(clippy::duplicate_mod, reason = "rooms that measure share a clock, and nothing else")]
#[path = "../../../tests/common/thread_time.rs"]
mod thread_time;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use self::thread_time::thread_time;
use super::*;

/// Streams of eight instances: a sidechain and an output each.
const STREAMS: usize = 16;
/// Samples a second.
const RATE: u32 = 44_100;
/// Pieces of a tenth of a second that are listened to.
const PIECES: usize = 600;

/// A file that is listened to.
struct Stream {
    samples: hound::WavIntoSamples<BufReader<File>, i16>,
    hearing: Hearing,
}

impl Stream {
    /// The next tenth of a second; silence after the end.
    fn piece(&mut self) -> Vec<[f32; 2]> {
        let mut sample = || f32::from(self.samples.next().and_then(Result::ok).unwrap_or_default()) / 32_768.0;
        (0..RATE / 10).map(|_| [sample(), sample()]).collect()
    }
}

fn open(path: &Path) -> Option<Stream> {
    let reader = hound::WavReader::open(path).expect("a WAV file");
    let spec = reader.spec();
    let fits = spec.sample_rate == RATE && spec.channels == 2 && reader.duration() >= PIECES as u32 * RATE / 10;
    fits.then(|| Stream { samples: reader.into_samples(), hearing: Hearing::new(RATE).expect("a rate") })
}

/// Mean, the 99th of a hundred and the worst of shares of a core, in per cent.
fn figures(mut shares: Vec<f64>) -> String {
    shares.sort_by(f64::total_cmp);
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let [most, worst] = [shares.len() * 99 / 100, shares.len() - 1].map(|at| shares[at]);
    format!("mean={mean:.2} p99={most:.2} worst={worst:.2}")
}

#[test]
#[ignore = "a measurement; needs an index and streams"]
fn listening_cost() {
    let of = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let folder = of("ZITHER_BENCH_INDEX");
    let mut index = Index::open(Path::new(&folder)).expect("an index");
    let list = std::fs::read_to_string(of("ZITHER_BENCH_STREAMS")).expect("a list");
    let mut streams: Vec<Stream> = list.lines().filter_map(|path| open(Path::new(path))).take(STREAMS).collect();
    assert_eq!(streams.len(), STREAMS, "too few streams of {RATE} Hz and a minute");
    let (mut single, mut total, mut heard) = (Vec::new(), Vec::new(), 0);
    for _ in 0..PIECES {
        let mut sum = 0.0;
        for stream in &mut streams {
            let piece = stream.piece();
            let before = thread_time();
            stream.hearing.feed(piece, &mut index, |_| heard += 1);
            let share = (thread_time() - before).as_secs_f64() / 0.1 * 100.0;
            single.push(share);
            sum += share;
        }
        total.push(sum);
    }
    println!("[rights:live] streams=1 percent of a core in 100 ms: {}", figures(single));
    println!("[rights:live] streams={STREAMS} percent of a core in 100 ms: {}; told={heard}", figures(total));
}
