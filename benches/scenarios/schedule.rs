//! What the ways to lay decoding out in time cost: chords whose notes begin at the same sample, every latent moving.

use std::time::Duration;

use zither::model::Model;
use zither::synth::engine::{Engine, VOICES};
use zither::synth::stagger::Schedule;

use crate::player::Account;
use crate::score::{Motion, Notes, RATE, Score};

/// The same chord is played so often, and of each block the fastest time counts: what else the machine did is left out.
const TIMES: usize = 8;
/// Voices and block lengths.
const CHORDS: [(usize, usize); 3] = [(16, 32), (VOICES, 64), (16, 256)];
const SCHEDULES: [(&str, Schedule); 4] = [
    ("at once, one by one", Schedule { in_turns: false, in_groups: false }),
    ("at once, in groups", Schedule { in_turns: false, in_groups: true }),
    ("in turns, one by one", Schedule { in_turns: true, in_groups: false }),
    ("in turns, in groups", Schedule { in_turns: true, in_groups: true }),
];

/// A line for each chord and way.
pub(crate) fn lines(clock_cost: Duration) -> impl Iterator<Item = String> {
    CHORDS.into_iter().flat_map(move |(voices, block)| {
        SCHEDULES.into_iter().map(move |(name, schedule)| {
            let times = fastest(voices, block, schedule, clock_cost);
            let samples = times.len() * block * voices;
            let mean = 1e9 * times.iter().sum::<Duration>().as_secs_f64() / samples as f64;
            // The first block holds the onsets of the whole chord.
            let mut later = times[1..].to_vec();
            later.sort_unstable();
            let at = |share: f64| later[((later.len() - 1) as f64 * share) as usize].as_secs_f64();
            let part = |seconds: f64| 100.0 * seconds * f64::from(RATE) / block as f64;
            format!(
                "[schedule:{voices}v_block{block}] {name:<21} ns_per_sample_voice={mean:.1} p50_us={:.1} p99_us={:.1} \
                 p999_us={:.1} p999_share={:.1}% onset_us={:.1} onset_share={:.1}%",
                1e6 * at(0.5),
                1e6 * at(0.99),
                1e6 * at(0.999),
                part(at(0.999)),
                1e6 * times[0].as_secs_f64(),
                part(times[0].as_secs_f64()),
            )
        })
    })
}

fn fastest(voices: usize, block: usize, schedule: Schedule, clock_cost: Duration) -> Vec<Duration> {
    let score = Score { notes: Notes::Held(voices), motion: Motion::Latents, unison: 1.0, block, part: usize::MAX };
    let mut fastest = Vec::new();
    for _ in 0..TIMES {
        let mut engine = Engine::new(Model::factory(), RATE);
        engine.set_schedule(schedule);
        let mut account = Account::default();
        account.play(&mut engine, &score, 0, clock_cost);
        if fastest.is_empty() {
            fastest = account.times;
        } else {
            fastest.iter_mut().zip(account.times).for_each(|(least, time)| *least = time.min(*least));
        }
    }
    fastest
}
