//! The scenarios, how long each is played, and what it is compared with.

use std::time::Duration;

use zither::model::Model;
use zither::synth::engine::{Engine, VOICES};

use crate::player::{Account, zither_counted_block};
use crate::scalar::Scalar;
use crate::score::{Motion, Notes, PERIOD, RATE, Score};

/// Periods in which the scalar instrument takes its turn: chords and spread notes alike.
const SCALAR_TURNS: usize = 6;
/// Share of a period that is counted, and that is played before.
const COUNTED_BLOCKS: usize = 200;

/// One scenario.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    notes: Notes,
    motion: Motion,
    unison: f32,
    block: usize,
    /// Blocks to play, at least.
    blocks: usize,
    /// How many of a period's first blocks are played.
    part: usize,
    /// What the line's last ratio refers to, and its name.
    against: Option<(&'static str, &'static Scenario)>,
}

const ONE: Scenario = Scenario {
    name: "1v",
    notes: Notes::Held(1),
    motion: Motion::Latents,
    unison: 1.0,
    block: 256,
    blocks: 20_000,
    part: usize::MAX,
    against: None,
};
const SIXTEEN: Scenario = Scenario { name: "16v", notes: Notes::Held(16), ..ONE };
const ALL: Scenario = Scenario { name: "64v", notes: Notes::Held(VOICES), blocks: 8_000, ..ONE };
const DYING: Scenario = Scenario { name: "tail", notes: Notes::Dying(16, 0.3), motion: Motion::Still, ..SIXTEEN };

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 13] = [
    ONE,
    Scenario { name: "1v_still", motion: Motion::Still, ..ONE },
    Scenario { name: "1v_unison8", unison: 8.0, ..ONE },
    SIXTEEN,
    Scenario { name: "16v_block32", block: 32, ..SIXTEEN },
    Scenario { name: "16v_unison8", unison: 8.0, blocks: 8_000, ..SIXTEEN },
    Scenario { name: "16v_automation", motion: Motion::Jumps(1), against: Some(("vs_16v", &SIXTEEN)), ..SIXTEEN },
    Scenario { name: "16v_automation32", motion: Motion::Jumps(32), against: Some(("vs_16v", &SIXTEEN)), ..SIXTEEN },
    ALL,
    Scenario { name: "64v_block64", block: 64, blocks: 20_000, ..ALL },
    Scenario { name: "silence", notes: Notes::None, against: Some(("vs_16v", &SIXTEEN)), ..ONE },
    Scenario {
        name: "denormal_tail",
        notes: Notes::Dying(16, 1e-40),
        motion: Motion::Denormal,
        against: Some(("vs_normal", &DYING)),
        ..DYING
    },
    Scenario {
        name: "midi_flood",
        notes: Notes::Flooded,
        blocks: 144,
        part: 24,
        against: Some(("vs_normal", &ALL)),
        ..ALL
    },
];

impl Scenario {
    fn score(&self) -> Score {
        Score { notes: self.notes, motion: self.motion, unison: self.unison, block: self.block, part: self.part }
    }

    /// Plays, measures, and says it in a line.
    pub(crate) fn run(&self, clock_cost: Duration) -> String {
        let score = self.score();
        let mut engine = Engine::new(Model::factory(), RATE);
        let mut scalar = Turns::new(Scalar::new(Model::factory(), RATE));
        let mut other = self.against.map(|(label, other)| {
            (label, Score { part: self.part, ..other.score() }, Turns::new(Engine::new(Model::factory(), RATE)))
        });
        let mut account = Account::default();
        let periods = self.blocks.div_ceil(self.part.min(PERIOD / self.block)).max(2);
        for number in 0..periods {
            let own = account.play(&mut engine, &score, number, clock_cost);
            if number < SCALAR_TURNS {
                let time = Account::default().play(&mut scalar.instrument, &score, number, clock_cost);
                scalar.push(own, time);
            }
            if let Some((_, score, turns)) = &mut other {
                let time = Account::default().play(&mut turns.instrument, score, number, clock_cost);
                turns.push(own, time);
            }
        }
        let mut line = self.line(account);
        line += &format!(" vs_scalar={:.1}", scalar.ratio());
        if let Some((label, _, turns)) = other {
            line += &format!(" {label}={:.4}", turns.ratio().recip());
        }
        line
    }

    fn line(&self, account: Account) -> String {
        let Account { mut times, voice_samples } = account;
        let total: Duration = times.iter().sum();
        let audio = (times.len() * self.block) as f64 / f64::from(RATE);
        let per_voice = if voice_samples == 0 { 0.0 } else { 1e9 * total.as_secs_f64() / voice_samples as f64 };
        times.sort_unstable();
        let at = |share: f64| 1e6 * times[((times.len() - 1) as f64 * share) as usize].as_secs_f64();
        format!(
            "[scn:{}] block={} p50_us={:.2} p99_us={:.2} p999_us={:.2} max_us={:.2} xrt={:.0} \
             ns_per_sample_voice={per_voice:.1}",
            self.name,
            self.block,
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
            audio / total.as_secs_f64(),
        )
    }

    /// Plays a fixed part of the first two periods, a chord and spread notes; says how much it was.
    pub(crate) fn count(&self) -> String {
        let score = self.score();
        let mut engine = Engine::new(Model::factory(), RATE);
        let (mut left, mut right) = (vec![0.0; self.block], vec![0.0; self.block]);
        let (mut samples, mut voice_samples) = (0, 0);
        for number in 0..2 {
            for pieces in score.blocks(number).take(COUNTED_BLOCKS) {
                zither_counted_block(&mut engine, &pieces, &mut left, &mut right);
                samples += self.block;
                voice_samples += engine.active_voices() * self.block;
            }
        }
        format!("[count:{}] samples={samples} voice_samples={voice_samples}", self.name)
    }
}

/// Another player of the same periods, and how its times compare.
struct Turns<I> {
    instrument: I,
    ratios: Vec<f64>,
}

impl<I> Turns<I> {
    fn new(instrument: I) -> Self {
        Self { instrument, ratios: Vec::new() }
    }

    fn push(&mut self, own: Duration, other: Duration) {
        self.ratios.push(other.as_secs_f64() / own.as_secs_f64().max(1e-12));
    }

    /// The median over the turns of the other's time over one's own.
    fn ratio(&self) -> f64 {
        let mut ratios = self.ratios.clone();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}
