//! What the engine's tests share: models whose sound is known, and a source of chance.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod home;
pub(crate) mod splash;

use std::f64::consts::TAU;
use std::sync::Arc;

use zither::analysis::frames::{Motion, PARTIALS};
use zither::model::architecture::{HELD_KNOTS, KNOTS, OUTPUTS};
use zither::model::latent::LatentSpace;
use zither::model::motion;
use zither::model::weights::{Weights, layer};
use zither::model::{Card, Model};
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::Engine;
use zither::synth::event::{Event, NoteAddress};

/// Samples per second, where nothing else is said.
pub(crate) const RATE: f32 = 48_000.0;

/// A model that gives every note the same steady sound: these partials `(number from 0, level in dB)` exactly on their
/// harmonics, no noise, and a release that falls by 60 dB in 0.2 s.
pub(crate) fn steady_model(partials: &[(usize, f32)]) -> Arc<Model> {
    moving_model(partials, &Motion::STILL)
}

/// The same, and every note moves like this.
pub(crate) fn moving_model(partials: &[(usize, f32)], moves: &Motion) -> Arc<Model> {
    let mut weights = Weights::untrained(1);
    for linear in &mut weights.linears {
        linear.weight.fill(0.0);
        linear.bias.fill(0.0);
    }
    // The note net's last layer gives slots, then motion.
    weights.linears[layer::NOTE + 2].bias[PARTIALS..].copy_from_slice(&motion::outputs(moves));
    let head = &mut weights.linears[layer::HEAD].bias;
    for knot in 0..KNOTS {
        let values = &mut head[knot * OUTPUTS..(knot + 1) * OUTPUTS];
        if knot < HELD_KNOTS {
            values[..OUTPUTS - 1].fill((-140.0 + 60.0) / 20.0);
            partials.iter().for_each(|&(partial, level)| values[partial] = (level + 60.0) / 20.0);
        } else {
            let seconds = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7][knot - HELD_KNOTS];
            values[..OUTPUTS - 1].fill(-60.0 / 20.0 * seconds / 0.2);
        }
    }
    Arc::new(Model::new(Card::default(), LatentSpace::default(), weights, Vec::new()))
}

/// A small random number generator (xorshift), so that tests repeat.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    /// A number in 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.below(1 << 24) as f32 / (1 << 24) as f32
    }
}

pub(crate) fn on(key: u8) -> Event {
    Event::NoteOn { voice_id: Some(i32::from(key)), channel: 0, key, velocity: 0.8 }
}

pub(crate) fn off(key: u8) -> Event {
    Event::NoteOff { address: NoteAddress { key: Some(key), ..NoteAddress::default() } }
}

/// The next `samples` of the engine.
pub(crate) fn render(engine: &mut Engine, samples: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut left, mut right) = (vec![0.0; samples], vec![0.0; samples]);
    engine.render(&mut left, &mut right);
    (left, right)
}

pub(crate) fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// These values, a gain of 0 dB, and defaults.
pub(crate) fn controls(values: &[(Control, f32)]) -> Controls {
    let mut controls = Controls::default();
    controls.set(Control::GAIN, 0.0);
    values.iter().for_each(|&(control, value)| controls.set(control, value));
    controls
}

/// One sine per note at -20 dB.
pub(crate) fn sine_engine(rate: f32, values: &[(Control, f32)]) -> Engine {
    let mut engine = Engine::new(steady_model(&[(0, -20.0)]), rate);
    engine.set_controls(&controls(values));
    engine
}

/// Frequency near `near` from the phase advance over a tenth of a second, starting at `start` seconds.
pub(crate) fn frequency(samples: &[f32], rate: f32, start: f64, near: f64) -> f64 {
    let rate = f64::from(rate);
    let window = (rate * 0.1) as usize;
    let phase = |from: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for n in 0..window {
            let hann = 0.5 - 0.5 * (TAU * n as f64 / window as f64).cos();
            let angle = TAU * near * (from + n) as f64 / rate;
            re += f64::from(samples[from + n]) * hann * angle.cos();
            im -= f64::from(samples[from + n]) * hann * angle.sin();
        }
        im.atan2(re)
    };
    let from = (start * rate) as usize;
    let advance = phase(from + window) - phase(from);
    near + (advance / TAU - (advance / TAU).round()) * rate / window as f64
}

pub(crate) fn cents(hz: f64, expected: f64) -> f64 {
    1_200.0 * (hz / expected).log2()
}
