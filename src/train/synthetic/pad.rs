//! Ensembles: many voices that are never quite together. Choirs, string sections, pads.

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, one_of, ratio};
use super::envelope::Adsr;
use super::filter::StateVariable;
use super::movement::Swing;
use super::strike::{HIGHEST_HZ, Sound, Strike};
use super::wavetable::{Wavetable, increment, phase};
use crate::train::random::Random;

/// First three formants of sung vowels in Hz (after Peterson and Barney 1952).
const VOWELS: [[f32; 3]; 6] = [
    [730.0, 1_090.0, 2_440.0],
    [570.0, 840.0, 2_410.0],
    [300.0, 870.0, 2_240.0],
    [530.0, 1_840.0, 2_480.0],
    [270.0, 2_290.0, 3_010.0],
    [440.0, 1_020.0, 2_240.0],
];

/// Voices, their formants, a filter.
pub(super) struct Pad {
    voices: Vec<Voice>,
    /// Hz and dB of the formants.
    formants: [(f32, f32); 3],
    width: f32,
    /// Power of the harmonics' fall.
    fall: f32,
    envelope: Adsr,
    /// Octaves of the cutoff above the fundamental, what it sweeps and what velocity adds.
    cutoff: (f32, f32, f32),
    sweep: Adsr,
    tremolo: Swing,
    breath: f32,
    touch: f32,
}

#[derive(Clone, Copy)]
struct Voice {
    cents: f32,
    level: f32,
    drift: Swing,
}

impl Pad {
    pub(super) fn draw(random: &mut Random) -> Self {
        let choir = random.chance(0.4);
        let count = one_of(random, &[3, 4, 5, 6]);
        let spread = log_between(random, 3.0, 14.0);
        let vowel = one_of(random, &VOWELS);
        let size = random.between(0.85, 1.2);
        let attack = log_between(random, 0.03, 0.9);
        Self {
            voices: (0..count)
                .map(|_| Voice {
                    cents: random.normal() * spread,
                    level: factor(random.between(-6.0, 0.0)),
                    drift: if choir { Swing::draw(random, 25.0, 0.6) } else { Swing::slow(random, 12.0) },
                })
                .collect(),
            formants: std::array::from_fn(|i| match choir {
                true => (vowel[i] * size, [22.0, 17.0, 12.0][i] + random.normal() * 2.0),
                false => (log_between(random, 300.0, 5_000.0), random.between(-6.0, 8.0)),
            }),
            width: if choir { random.between(0.12, 0.25) } else { random.between(0.3, 0.8) },
            fall: if choir { random.between(1.3, 2.0) } else { random.between(0.8, 1.6) },
            envelope: Adsr {
                attack,
                decay: log_between(random, 0.5, 4.0),
                sustain: random.between(0.6, 1.0),
                release: log_between(random, 0.15, 1.6),
            },
            cutoff: (random.between(2.0, 6.0), random.between(0.0, 3.0), random.between(0.5, 2.5)),
            sweep: Adsr {
                attack: attack * random.between(1.0, 3.0),
                decay: log_between(random, 0.5, 4.0),
                sustain: random.between(0.2, 1.0),
                release: 1.0,
            },
            tremolo: if random.chance(0.3) { Swing::draw(random, 5.0, 0.5) } else { Swing::STILL },
            breath: if random.chance(0.6) { factor(random.between(-48.0, -26.0)) } else { 0.0 },
            touch: random.between(0.5, 1.4),
        }
    }

    fn table(&self, hz: f32) -> Wavetable {
        Wavetable::new(1.03 * hz, |n, hz| {
            let peak = |&(centre, gain): &(f32, f32)| gain * (-0.5 * ((hz / centre).log2() / self.width).powi(2)).exp();
            (n as f32).powf(-self.fall) * factor(self.formants.iter().map(peak).sum())
        })
    }
}

impl Sound for Pad {
    fn pitches(&self) -> RangeInclusive<u8> {
        30..=90
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let table = self.table(strike.hz);
        let mut phases: Vec<u32> = self.voices.iter().map(|_| phase(random)).collect();
        let drifts: Vec<Swing> = self.voices.iter().map(|voice| voice.drift.started(random)).collect();
        let power: f32 = self.voices.iter().map(|voice| voice.level * voice.level).sum();
        let level = strike.effort.powf(self.touch) / power.sqrt();
        let quick = Adsr { attack: self.envelope.attack * (1.6 - strike.effort), ..self.envelope };
        let (mut envelope, mut sweep) = (quick.start(strike), self.sweep.start(strike));
        let (mut filter, mut air) = (StateVariable::default(), StateVariable::new(self.formants[1].0, 0.7));
        let tremolo = self.tremolo.started(random);
        let rest = strike.hz.log2() + self.cutoff.0 - 0.5 * strike.octave + self.cutoff.2 * (strike.effort - 1.0);
        let mut steps = vec![0; self.voices.len()];
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            for ((step, voice), drift) in steps.iter_mut().zip(&self.voices).zip(&drifts) {
                *step = increment(strike.hz * ratio(voice.cents + drift.at(time)));
            }
            let gain = level * factor(tremolo.at(time));
            for i in 0..samples {
                let open = sweep.next();
                if i == 0 {
                    filter.set((rest + self.cutoff.1 * open).exp2().clamp(strike.hz, HIGHEST_HZ), 0.7);
                }
                let mut sum = 3.0 * self.breath * air.band(random.between(-1.0, 1.0));
                for ((phase, step), voice) in phases.iter_mut().zip(&steps).zip(&self.voices) {
                    sum += voice.level * table.read(*phase);
                    *phase = phase.wrapping_add(*step);
                }
                out.push(gain * envelope.next() * filter.low(sum));
            }
        }
        out
    }
}
