//! Frequency modulation (Chowning 1973): electric pianos, basses, brass, bells.

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, one_of, ratio};
use super::envelope::{Adsr, Envelope};
use super::movement::Swing;
use super::strike::{HIGHEST_HZ, Sound, Strike};
use super::wavetable::increment;
use crate::train::random::Random;

/// Ratios of modulators to the fundamental in tones that are harmonic, and in bells.
const HARMONIC: [f32; 14] = [0.5, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 7.0, 9.0, 14.0];
const BELL: [f32; 8] = [1.4, 1.73, 2.41, 2.76, 3.5, 3.53, 5.19, 7.07];
/// Who modulates whom.
struct Algorithm {
    /// `(modulator, modulated)`; a modulator has the higher number.
    edges: &'static [(usize, usize)],
    /// Operators that are heard.
    carriers: &'static [usize],
}

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm { edges: &[(1, 0)], carriers: &[0] },
    Algorithm { edges: &[(1, 0), (2, 0)], carriers: &[0] },
    Algorithm { edges: &[(2, 1), (1, 0)], carriers: &[0] },
    Algorithm { edges: &[(2, 0), (3, 1)], carriers: &[0, 1] },
    Algorithm { edges: &[(3, 2), (2, 0)], carriers: &[0, 1] },
    Algorithm { edges: &[(3, 0), (3, 1), (3, 2)], carriers: &[0, 1, 2] },
];
const OPERATORS: usize = 4;

/// A tone of two to four operators.
pub(super) struct Fm {
    algorithm: &'static Algorithm,
    operators: [Operator; OPERATORS],
    /// Feedback of the last modulator in turns.
    feedback: f32,
    vibrato: Swing,
    tremolo: Swing,
    /// Powers of velocity to which level and index rise.
    touch: (f32, f32),
    /// Factor of the index, and of times, per octave.
    key: (f32, f32),
    lowest: u8,
}

#[derive(Clone, Copy)]
struct Operator {
    ratio: f32,
    /// Peak deviation in radians of a modulator, level of a carrier.
    strength: f32,
    envelope: Adsr,
}

impl Fm {
    pub(super) fn draw(random: &mut Random) -> Self {
        let struck = random.chance(0.6);
        let bell = random.chance(if struck { 0.35 } else { 0.1 });
        let algorithm = &ALGORITHMS[random.below(ALGORITHMS.len())];
        let length = log_between(random, 0.9, 7.0);
        let release = log_between(random, 0.06, 0.9);
        let brightest = log_between(random, 0.4, 5.0);
        let operators = std::array::from_fn(|number| {
            let carrier = algorithm.carriers.contains(&number);
            let own = if carrier { 1.0 } else { log_between(random, 0.05, 1.0) };
            Operator {
                ratio: ratio_of(random, number, carrier, bell) * ratio(random.normal() * 1.5),
                strength: if !carrier {
                    brightest * random.between(0.3, 1.0)
                } else if number == 0 {
                    1.0
                } else {
                    factor(random.between(-18.0, 0.0))
                },
                envelope: if struck {
                    let sustain = if carrier { 0.0 } else { random.between(0.0, 0.25) };
                    Adsr { attack: log_between(random, 0.001, 0.006), decay: length * own, sustain, release }
                } else {
                    Adsr {
                        attack: log_between(random, 0.008, 0.25),
                        decay: log_between(random, 0.1, 2.0),
                        sustain: random.between(0.35, 1.0),
                        release,
                    }
                },
            }
        });
        let swings = !struck && random.chance(0.5);
        Self {
            algorithm,
            operators,
            feedback: if random.chance(0.3) { random.between(0.0, 0.1) } else { 0.0 },
            vibrato: if swings { Swing::draw(random, 20.0, 0.6) } else { Swing::STILL },
            tremolo: if random.chance(0.2) { Swing::draw(random, 4.0, 0.2) } else { Swing::STILL },
            touch: (random.between(0.7, 1.8), random.between(0.2, 1.2)),
            key: (random.between(0.6, 0.95), random.between(0.55, 0.9)),
            lowest: if bell { 48 } else { 24 },
        }
    }

    /// Deviations of the modulators in turns at full envelope, so limited that all sidebands (Carson's rule) stay below
    /// the highest frequency.
    fn deviations(&self, strike: &Strike) -> [f32; OPERATORS] {
        let Algorithm { edges, .. } = self.algorithm;
        let mut highest = self.operators.map(|operator| operator.ratio * strike.hz);
        let mut deviations = [0.0; OPERATORS];
        for modulator in (1..OPERATORS).rev() {
            let modulates = || edges.iter().filter(|edge| edge.0 == modulator).map(|edge| edge.1);
            let Some(top) = modulates().map(|number| highest[number]).reduce(f32::max) else { continue };
            let room = ((HIGHEST_HZ - top) / highest[modulator] - 1.0).max(0.0);
            let touch = strike.effort.powf(self.touch.1) * self.key.0.powf(strike.octave);
            let index = (self.operators[modulator].strength * touch).min(room);
            modulates().for_each(|number| highest[number] += (index + 1.0) * highest[modulator]);
            deviations[modulator] = index / std::f32::consts::TAU;
        }
        deviations
    }
}

impl Sound for Fm {
    fn pitches(&self) -> RangeInclusive<u8> {
        self.lowest..=96
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let Algorithm { edges, carriers } = self.algorithm;
        let deviations = self.deviations(strike);
        let mut modulated_by = [[0.0; OPERATORS]; OPERATORS];
        edges.iter().for_each(|&(from, to)| modulated_by[to][from] = deviations[from]);
        let used = 1 + edges.iter().map(|edge| edge.0).max().unwrap_or(0);
        let heard: [f32; OPERATORS] = std::array::from_fn(|number| {
            let fits = self.operators[number].ratio * strike.hz < HIGHEST_HZ;
            if carriers.contains(&number) && fits { self.operators[number].strength } else { 0.0 }
        });
        let mut envelopes: [Envelope; OPERATORS] =
            self.operators.map(|operator| operator.envelope.scaled(strike, self.key.1).start(strike));
        let level = strike.effort.powf(self.touch.0);
        let (vibrato, tremolo) = (self.vibrato.started(random), self.tremolo.started(random));
        let mut phases = [0_u32; OPERATORS];
        let mut last = 0.0;
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            let hz = strike.hz * ratio(vibrato.at(time));
            let steps = self.operators.map(|operator| increment(operator.ratio * hz));
            let gain = level * factor(tremolo.at(time));
            for _ in 0..samples {
                let mut values = [0.0; OPERATORS];
                let mut sum = 0.0;
                for number in (0..used).rev() {
                    let mut turns = phases[number] as i32 as f32 * 0.5_f32.powi(32);
                    for from in number + 1..used {
                        turns += modulated_by[number][from] * values[from];
                    }
                    if number + 1 == used {
                        turns += self.feedback * last;
                    }
                    values[number] = sine(turns) * envelopes[number].next();
                    sum += heard[number] * values[number];
                    phases[number] = phases[number].wrapping_add(steps[number]);
                }
                last = values[used - 1];
                out.push(gain * sum);
            }
        }
        out
    }
}

fn ratio_of(random: &mut Random, number: usize, carrier: bool, bell: bool) -> f32 {
    match (carrier, bell) {
        (true, _) if number == 0 => 1.0,
        (true, false) => one_of(random, &[0.5, 1.0, 1.0, 2.0, 3.0]),
        (true, true) => one_of(random, &[1.0, 2.0, 2.76, 5.4]),
        (false, false) => one_of(random, &HARMONIC),
        (false, true) => one_of(random, &BELL),
    }
}

/// The sine of an angle in turns: a polynomial for the quarter turn around 0, error below 1e-5.
fn sine(turns: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    let x = turns - ((turns + 12_582_912.0) - 12_582_912.0);
    let x = if x.abs() > 0.25 { 0.5_f32.copysign(x) - x } else { x };
    let s = x * x;
    x * (std::f32::consts::TAU + s * (-41.341_7 + s * (81.605_2 + s * (-76.705_9 + s * (42.058 - 15.094 * s)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_a_sine() {
        for i in -3_000..3_000 {
            let turns = i as f32 / 1_000.0;
            assert!((sine(turns) - (std::f32::consts::TAU * turns).sin()).abs() < 2e-5, "{turns}");
        }
    }
}
