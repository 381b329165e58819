//! What the engine costs, as named scenarios that print one greppable line each:
//! `[scn:16v] block=256 p50_us=.. p99_us=.. p999_us=.. max_us=.. xrt=.. ns_per_sample_voice=.. vs_scalar=..`
//!
//! Times are the CPU time of the thread, so other work on the machine counts only by what it drives out of the caches.
//! `xrt` is audio time over CPU time; `vs_scalar` is how many times as long a straightforward scalar implementation takes
//! for the same events, the two taking turns second by second. Some lines end with a ratio to another scenario, measured
//! in the same way. Names given as arguments choose among the scenarios; `--level avx2` measures what a processor without
//! AVX-512 and VNNI would do. What reading the clock takes, printed first, is taken off every block.
//!
//! `schedule` prints instead what the ways to lay decoding out in time cost.
//!
//! `--count NAME` plays a short fixed part of a scenario by the engine alone, for an instruction counter that looks for
//! `zither_counted_block`, and prints how many samples and voices it was.
#![allow(clippy::print_stdout, reason = "printing is what a benchmark does")]

mod clock;
mod player;
mod scalar;
mod scenario;
mod schedule;
mod score;

use scenario::SCENARIOS;
use zither::dsp::level::Level;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some(name) = option(&mut words, "--level") {
        Level::available().find(|level| level.name() == name).expect("a level of this processor").hold();
    }
    if let Some(name) = option(&mut words, "--count") {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
        println!("{}", scenario.expect("a scenario of that name").count());
        return;
    }
    let clock_cost = clock::cost();
    println!("[scn:clock] level={} ns_per_block={}", Level::detect().name(), clock_cost.as_nanos());
    if words.iter().any(|word| word == "schedule") {
        schedule::lines(clock_cost).for_each(|line| println!("{line}"));
    }
    for scenario in SCENARIOS.iter().filter(|s| words.is_empty() || words.iter().any(|name| name == s.name)) {
        println!("{}", scenario.run(clock_cost));
    }
}

/// Takes an option and its value out of the words.
fn option(words: &mut Vec<String>, name: &str) -> Option<String> {
    let at = words.iter().position(|word| word == name)?;
    words.drain(at..(at + 2).min(words.len())).nth(1)
}
