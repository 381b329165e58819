//! What the engine costs, as named scenarios that print one greppable line each:
//! `[scn:16v] block=256 p50_us=.. p99_us=.. max_us=.. ns_per_sample_voice=.. xrt=..`
//!
//! Block times are wall-clock; the cost per sample and voice is the thread's CPU time where the system tells it. Names
//! given as arguments choose among the scenarios.
#![allow(clippy::print_stdout, reason = "printing is what a benchmark does")]

use std::time::{Duration, Instant};

use zither::model::Model;
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::Engine;
use zither::synth::event::{Event, NoteAddress};

const RATE: f32 = 48_000.0;

/// One scenario: how many voices sound, in which blocks, and whether the latents move.
struct Scenario {
    name: &'static str,
    voices: u8,
    block: usize,
    moving: bool,
    unison: f32,
    width: f32,
}

/// Everything moves, at the default width.
const ONE: Scenario = Scenario { name: "1v", voices: 1, block: 256, moving: true, unison: 1.0, width: 50.0 };
const SIXTEEN: Scenario = Scenario { name: "16v", voices: 16, ..ONE };

const SCENARIOS: [Scenario; 9] = [
    ONE,
    Scenario { name: "1v_mono", width: 0.0, ..ONE },
    Scenario { name: "1v_still", moving: false, ..ONE },
    Scenario { name: "1v_still_mono", moving: false, width: 0.0, ..ONE },
    SIXTEEN,
    Scenario { name: "16v_mono", width: 0.0, ..SIXTEEN },
    Scenario { name: "16v_block32", block: 32, ..SIXTEEN },
    Scenario { name: "1v_unison8", unison: 8.0, ..ONE },
    Scenario { name: "silence", voices: 0, moving: false, ..ONE },
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for scenario in SCENARIOS.iter().filter(|s| wanted.is_empty() || wanted.iter().any(|name| name == s.name)) {
        println!("{}", scenario.run());
    }
}

impl Scenario {
    fn run(&self) -> String {
        let mut engine = Engine::new(Model::factory(), RATE);
        let mut controls = Controls::default();
        controls.set(Control::UNISON, self.unison);
        controls.set(Control::WIDTH, self.width);
        engine.set_controls(&controls);
        let (mut left, mut right) = (vec![0.0; self.block], vec![0.0; self.block]);
        let blocks = 20 * RATE as usize / self.block;
        let mut times = Vec::with_capacity(blocks);
        let cpu_before = thread_cpu();
        let mut voice_samples = 0;
        for block in 0..blocks {
            // New notes every two seconds, spread over the blocks, in place of the old ones.
            let period = 2 * RATE as usize / self.block;
            let turn = block % period;
            let start = Instant::now();
            if turn < usize::from(self.voices) {
                let key = 36 + 3 * turn as u8;
                // Sustained sounds would pile up otherwise.
                engine.handle(Event::Choke { address: NoteAddress { key: Some(key), ..NoteAddress::default() } });
                engine.handle(Event::NoteOn { voice_id: None, channel: 0, key, velocity: 0.8 });
            }
            if self.moving {
                let time = block as f32 * self.block as f32 / RATE;
                (0..16).for_each(|i| controls.set(Control::latent(i), 0.5 * (time * (1.0 + i as f32)).sin()));
                engine.set_controls(&controls);
            }
            engine.render(&mut left, &mut right);
            times.push(start.elapsed());
            voice_samples += engine.active_voices() * self.block;
        }
        let total: Duration = times.iter().sum();
        let cpu = cpu_before.zip(thread_cpu()).map_or(total, |(before, after)| after - before);
        self.line(times, cpu, voice_samples)
    }

    fn line(&self, mut times: Vec<Duration>, cpu: Duration, voice_samples: usize) -> String {
        times.sort_unstable();
        let at = |share: f64| 1e6 * times[((times.len() - 1) as f64 * share) as usize].as_secs_f64();
        let audio = (times.len() * self.block) as f64 / f64::from(RATE);
        let per_voice = 1e9 * cpu.as_secs_f64() / voice_samples.max(1) as f64;
        let per_voice = if voice_samples == 0 { 0.0 } else { per_voice };
        format!(
            "[scn:{}] block={} p50_us={:.1} p99_us={:.1} max_us={:.1} ns_per_sample_voice={per_voice:.1} xrt={:.0}",
            self.name,
            self.block,
            at(0.5),
            at(0.99),
            at(1.0),
            audio / cpu.as_secs_f64(),
        )
    }
}

/// CPU time of this thread, from the scheduler's account.
fn thread_cpu() -> Option<Duration> {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    account.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
