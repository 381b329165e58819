//! Additive tones that stand still: drawbar organs, pipes, reeds.

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, ratio};
use super::envelope::Adsr;
use super::filter::StateVariable;
use super::movement::Swing;
use super::strike::{Sound, Strike};
use super::wavetable::{Wavetable, increment, phase};
use crate::train::random::Random;

/// Drawbars in multiples of half the fundamental.
const DRAWBARS: [usize; 9] = [1, 2, 3, 4, 6, 8, 10, 12, 16];

/// Stops that sound together.
pub(super) struct Organ {
    /// Level of each multiple of half the fundamental.
    levels: Vec<f32>,
    /// Fall towards high frequencies in dB per octave above 1 kHz.
    dull: f32,
    /// Peaks of the case: Hz, dB, octaves.
    formants: [(f32, f32, f32); 2],
    /// Cents of a second, detuned set of stops, and its level.
    second: (f32, f32),
    envelope: Adsr,
    /// Level and length of a percussive tone, and its multiple.
    percussion: (f32, f32, f32),
    /// Level of the key's click.
    click: f32,
    breath: f32,
    vibrato: Swing,
    tremolo: Swing,
    touch: f32,
}

impl Organ {
    pub(super) fn draw(random: &mut Random) -> Self {
        let drawbars = random.chance(0.5);
        let speaks = if drawbars { log_between(random, 0.002, 0.012) } else { log_between(random, 0.012, 0.12) };
        let swings = random.chance(0.45);
        Self {
            levels: if drawbars { drawn_bars(random) } else { pipes(random) },
            dull: random.between(0.0, 7.0),
            formants: std::array::from_fn(|_| {
                (log_between(random, 250.0, 4_000.0), random.between(-8.0, 10.0), random.between(0.3, 1.0))
            }),
            second: if random.chance(0.35) {
                (random.between(1.5, 14.0), factor(random.between(-10.0, 0.0)))
            } else {
                (0.0, 0.0)
            },
            envelope: Adsr {
                attack: speaks,
                decay: 0.5,
                sustain: random.between(0.85, 1.0),
                release: log_between(random, 0.03, 0.35),
            },
            percussion: if drawbars && random.chance(0.4) {
                let multiple = if random.chance(0.5) { 2.0 } else { 3.0 };
                (factor(random.between(-12.0, 2.0)), log_between(random, 0.25, 1.2), multiple)
            } else {
                (0.0, 0.1, 2.0)
            },
            click: if random.chance(0.5) { factor(random.between(-34.0, -16.0)) } else { 0.0 },
            breath: if drawbars { 0.0 } else { factor(random.between(-52.0, -30.0)) },
            vibrato: if swings { Swing::draw(random, 18.0, 0.1) } else { Swing::STILL },
            tremolo: if swings { Swing::draw(random, 4.0, 0.1) } else { Swing::STILL },
            touch: random.between(0.1, 0.8),
        }
    }

    fn table(&self, strike: &Strike) -> Wavetable {
        // The harder a key is pressed the more of its upper harmonics speak.
        let soft = 4.0 * self.touch * (1.0 - strike.effort);
        Wavetable::new(0.5 * 1.02 * strike.hz, |n, hz| {
            let octaves = (hz / 1_000.0).log2();
            let peak =
                |&(centre, gain, width): &(f32, f32, f32)| gain * (-0.5 * ((hz / centre).log2() / width).powi(2)).exp();
            let colour = self.formants.iter().map(peak).sum::<f32>() - (self.dull + soft) * octaves.max(0.0);
            self.levels.get(n - 1).map_or(0.0, |level| level * factor(colour))
        })
    }
}

impl Sound for Organ {
    fn pitches(&self) -> RangeInclusive<u8> {
        30..=96
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let table = self.table(strike);
        let sine = Wavetable::new(strike.hz, |n, _| if n == 1 { 1.0 } else { 0.0 });
        let mut envelope = self.envelope.start(strike);
        let struck = Adsr { attack: 0.002, decay: self.percussion.1, sustain: 0.0, release: 0.05 };
        let mut percussion = struck.scaled(strike, 0.8).start(strike);
        let mut click = Adsr { attack: 5e-4, decay: 0.02, sustain: 0.0, release: 0.02 }.start(strike);
        let mut air = StateVariable::new(2.0 * strike.hz, 0.8);
        let mut knock = StateVariable::new(random.between(1_500.0, 3_000.0), 0.9);
        let (vibrato, tremolo) = (self.vibrato.started(random), self.tremolo.started(random));
        let (mut phases, mut struck_phase) = ([phase(random), phase(random)], 0_u32);
        let level = strike.effort.powf(self.touch);
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            let hz = strike.hz * ratio(vibrato.at(time));
            let steps = [0.5 * hz, 0.5 * hz * ratio(self.second.0)].map(increment);
            let percussive_step = increment(self.percussion.2 * hz);
            let gain = level * factor(tremolo.at(time));
            for _ in 0..samples {
                let white = random.between(-1.0, 1.0);
                let stops = table.read(phases[0]) + self.second.1 * table.read(phases[1]);
                let open = envelope.next();
                let struck = self.percussion.0 * percussion.next() * sine.read(struck_phase);
                let noise = self.click * click.next() * knock.band(white) + self.breath * open * air.band(white);
                out.push(gain * (open * stops + struck + 3.0 * noise));
                for (phase, step) in phases.iter_mut().zip(steps) {
                    *phase = phase.wrapping_add(step);
                }
                struck_phase = struck_phase.wrapping_add(percussive_step);
            }
        }
        out
    }
}

fn drawn_bars(random: &mut Random) -> Vec<f32> {
    let mut levels = vec![0.0; DRAWBARS[DRAWBARS.len() - 1]];
    for bar in DRAWBARS {
        // Eight positions, 3 dB apart.
        let position = random.below(9);
        levels[bar - 1] = if position == 0 && bar != 2 { 0.0 } else { factor(3.0 * (position as f32 - 8.0)) };
    }
    levels
}

/// Ranks of pipes an octave apart, each with harmonics of its own fall; stopped ones have few even harmonics.
fn pipes(random: &mut Random) -> Vec<f32> {
    let mut levels = vec![0.0_f32; 128];
    let fall = random.between(0.8, 3.5);
    let even = if random.chance(0.3) { factor(random.between(-25.0, -8.0)) } else { 1.0 };
    for rank in [1, 2, 4, 8] {
        let drawn = rank == 2 || random.chance(if rank == 1 { 0.2 } else { 0.45 });
        let level = if drawn { factor(random.between(-14.0, 0.0)) } else { 0.0 };
        for n in 1..=levels.len() / rank {
            let closed = if n % 2 == 0 { even } else { 1.0 };
            levels[n * rank - 1] += level * closed * (n as f32).powf(-fall);
        }
    }
    levels
}
