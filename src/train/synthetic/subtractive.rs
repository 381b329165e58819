//! Subtractive synthesis: bright oscillators through a resonant low-pass that moves. Basses, leads, synth brass, pads.

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, one_of, ratio};
use super::envelope::Adsr;
use super::filter::StateVariable;
use super::movement::Swing;
use super::strike::{HIGHEST_HZ, Sound, Strike};
use super::wavetable::{Wavetable, increment, phase};
use crate::train::random::Random;

/// What an oscillator sounds like before the filter.
#[derive(Clone, Copy, Debug)]
enum Wave {
    Saw,
    /// Of this width; that of two saws apart, so that the width can swing.
    Pulse(f32),
    Triangle,
    /// Harmonics with random levels, by a seed.
    Odd(u32),
}

/// One or two oscillators in unison, a low-pass, two envelopes.
pub(super) struct Subtractive {
    wave: Wave,
    /// Cents of each copy.
    copies: Vec<f32>,
    /// Level of a copy an octave lower.
    sub: f32,
    noise: f32,
    /// Octaves of the cutoff above the fundamental at rest, that its envelope and that velocity add.
    cutoff: f32,
    swing: (f32, f32),
    /// How much of an octave the cutoff follows per octave of pitch.
    tracking: f32,
    q: f32,
    four_poles: bool,
    filter: Adsr,
    amplitude: Adsr,
    vibrato: Swing,
    width: Swing,
    touch: f32,
    key: f32,
}

impl Subtractive {
    pub(super) fn draw(random: &mut Random) -> Self {
        let plucked = random.chance(0.45);
        let wave = match random.below(7) {
            0..=2 => Wave::Saw,
            3 | 4 => Wave::Pulse(random.between(0.08, 0.5)),
            5 => Wave::Triangle,
            _ => Wave::Odd(phase(random)),
        };
        let count = one_of(random, &[1, 1, 2, 2, 3, 5]);
        let spread = log_between(random, 2.0, 22.0);
        let copies = (0..count).map(|i| spread * (i as f32 - 0.5 * (count - 1) as f32) + random.normal());
        let copies = copies.collect();
        let decay = log_between(random, 0.15, if plucked { 4.0 } else { 2.0 });
        let release = log_between(random, 0.05, 0.8);
        let attack = log_between(random, 0.002, if plucked { 0.008 } else { 0.3 });
        let sustain = if plucked { 0.0 } else { random.between(0.5, 1.0) };
        Self {
            wave,
            copies,
            sub: if random.chance(0.25) { factor(random.between(-15.0, -3.0)) } else { 0.0 },
            noise: if random.chance(0.3) { factor(random.between(-50.0, -28.0)) } else { 0.0 },
            cutoff: random.between(0.5, 4.0),
            swing: (random.between(0.0, 3.5), random.between(0.5, 3.0)),
            tracking: random.between(0.3, 1.0),
            q: log_between(random, 0.6, 5.0),
            four_poles: random.chance(0.5),
            filter: Adsr {
                attack: attack * random.between(0.5, 2.0),
                decay: decay * random.between(0.3, 1.0),
                sustain: if plucked { 0.0 } else { random.between(0.0, 0.8) },
                release,
            },
            amplitude: Adsr { attack, decay, sustain, release },
            vibrato: if random.chance(0.3) { Swing::draw(random, 25.0, 0.7) } else { Swing::STILL },
            width: if random.chance(0.5) { Swing::slow(random, 0.15) } else { Swing::STILL },
            touch: random.between(0.6, 1.8),
            key: random.between(0.6, 0.95),
        }
    }

    fn table(&self, hz: f32) -> Wavetable {
        Wavetable::new(hz, |n, _| match self.wave {
            Wave::Saw | Wave::Pulse(_) => (n as f32).recip(),
            Wave::Triangle if n % 2 == 0 => 0.0,
            Wave::Triangle => ((n * n) as f32).recip() * if n % 4 == 1 { 1.0 } else { -1.0 },
            Wave::Odd(seed) => factor(9.0 * crate::dsp::random::bipolar(seed, n as u32)) / n as f32,
        })
    }
}

impl Sound for Subtractive {
    fn pitches(&self) -> RangeInclusive<u8> {
        24..=96
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        // Room for what detunes and vibrates upwards.
        let table = self.table(1.03 * strike.hz);
        let mut phases: Vec<u32> = self.copies.iter().map(|_| phase(random)).collect();
        let (mut sub_phase, mut filters) = (0_u32, [StateVariable::default(), StateVariable::default()]);
        let mut amplitude = self.amplitude.scaled(strike, self.key).start(strike);
        let mut filter = self.filter.scaled(strike, self.key).start(strike);
        let (vibrato, width) = (self.vibrato.started(random), self.width.started(random));
        let level = strike.effort.powf(self.touch) / (self.copies.len() as f32).sqrt();
        let rest = strike.hz.log2() - (1.0 - self.tracking) * strike.octave + self.cutoff;
        let touched = rest + self.swing.1 * (strike.effort - 1.0);
        let mut steps = vec![0; self.copies.len()];
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            let hz = strike.hz * ratio(vibrato.at(time));
            steps.iter_mut().zip(&self.copies).for_each(|(step, cents)| *step = increment(hz * ratio(*cents)));
            let pulse = match self.wave {
                Wave::Pulse(share) => Some(increment((share + width.at(time)).clamp(0.05, 0.95) * 48_000.0)),
                _ => None,
            };
            for i in 0..samples {
                let open = filter.next();
                if i == 0 {
                    let cutoff = (touched + self.swing.0 * open).exp2().clamp(0.7 * strike.hz, HIGHEST_HZ);
                    filters[0].set(cutoff, self.q);
                    filters[1].set(cutoff, 0.6);
                }
                let mut sum = self.noise * random.between(-1.0, 1.0);
                for (phase, step) in phases.iter_mut().zip(&steps) {
                    sum += table.read(*phase) - pulse.map_or(0.0, |apart| table.read(phase.wrapping_add(apart)));
                    *phase = phase.wrapping_add(*step);
                }
                sum += self.sub * table.read(sub_phase);
                sub_phase = sub_phase.wrapping_add(increment(0.5 * hz));
                let once = filters[0].low(sum);
                let filtered = if self.four_poles { filters[1].low(once) } else { once };
                out.push(level * amplitude.next() * filtered);
            }
        }
        out
    }
}
