//! Struck bars, bells, membranes, tines: sums of modes that ring and die (Fletcher and Rossing, "The Physics of Musical
//! Instruments", 18 to 21).

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, ratio};
use super::envelope::{Adsr, decay_factor};
use super::filter::StateVariable;
use super::movement::Swing;
use super::strike::{HIGHEST_HZ, RATE, Sound, Strike};
use crate::train::random::Random;

/// Modes that sound at once; each may be a pair.
const MODES: usize = 32;

/// Frequencies of the modes of bodies, in multiples of what is heard as the pitch.
const BODIES: [Body; 8] = [
    Body { ratios: &[1.0, 2.756, 5.404, 8.933, 13.34, 18.64], rings: true },
    Body { ratios: &[1.0, 3.98, 9.9, 17.7, 27.0], rings: false },
    Body { ratios: &[1.0, 3.0, 6.1, 10.4, 15.6], rings: false },
    Body { ratios: &[0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.02, 5.2, 6.3, 7.1, 8.4], rings: true },
    Body { ratios: &[0.5, 1.0, 1.5, 2.0, 2.62, 3.31, 4.06, 4.87], rings: true },
    Body { ratios: &[1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.652, 4.06], rings: false },
    Body { ratios: &[1.0, 1.5, 1.99, 2.44, 2.89, 3.4], rings: false },
    Body { ratios: &[1.0, 6.27, 17.55, 34.4], rings: true },
];

struct Body {
    ratios: &'static [f32],
    /// Whether it usually rings on after note-off.
    rings: bool,
}

/// One mode: frequency ratio, amplitude, seconds of ringing at middle C, Hz by which its twin is off.
#[derive(Clone, Copy)]
struct Mode {
    ratio: f32,
    level: f32,
    seconds: f32,
    beat: f32,
}

/// A body and its mallet.
pub(super) struct Modal {
    modes: Vec<Mode>,
    /// Cutoff of the mallet in Hz at full velocity, and octaves that it falls towards soft ones.
    hardness: (f32, f32),
    /// Level, seconds and Hz of the noise of the stroke.
    stroke: (f32, f32, f32),
    /// Factor of the times per octave.
    key: f32,
    release: f32,
    tremolo: Swing,
    touch: f32,
}

impl Modal {
    pub(super) fn draw(random: &mut Random) -> Self {
        let body = &BODIES[random.below(BODIES.len())];
        let longest = if body.rings { log_between(random, 1.0, 9.0) } else { log_between(random, 0.3, 3.0) };
        let slope = random.between(0.2, 1.3);
        let (fall, spread) = (random.between(0.0, 1.2), random.between(0.0, 6.0));
        let stretch = random.between(0.96, 1.04);
        let pairs = body.rings && random.chance(0.5);
        let mode = |&multiple: &f32| Mode {
            ratio: if multiple == 1.0 { 1.0 } else { multiple.powf(stretch) * ratio(random.normal() * 12.0) },
            level: multiple.max(1.0).powf(-fall)
                * factor(if multiple == 1.0 { 0.0 } else { random.normal() * spread - 3.0 }),
            seconds: longest * multiple.powf(-slope) * (0.25 * random.normal()).exp(),
            beat: if pairs { log_between(random, 0.1, 2.0) } else { 0.0 },
        };
        Self {
            modes: body.ratios.iter().map(mode).collect(),
            hardness: (log_between(random, 1_000.0, 12_000.0), random.between(0.8, 3.0)),
            stroke: (
                factor(random.between(-40.0, -10.0)),
                log_between(random, 0.006, 0.08),
                log_between(random, 300.0, 6_000.0),
            ),
            key: random.between(0.55, 0.9),
            release: if body.rings && random.chance(0.6) { longest } else { log_between(random, 0.08, 0.6) },
            tremolo: if random.chance(0.12) { Swing::draw(random, 5.0, 0.0) } else { Swing::STILL },
            touch: random.between(0.7, 1.7),
        }
    }

    /// All modes that lie in band, as struck: Hz, amplitude, seconds.
    fn struck(&self, strike: &Strike) -> Vec<(f32, f32, f32)> {
        let soft = self.hardness.1 * (1.0 - strike.effort);
        let cutoff = (self.hardness.0 * (-soft).exp2()).max(1.2 * strike.hz);
        let shorter = self.key.powf(strike.octave);
        let mut struck = Vec::new();
        for mode in &self.modes {
            let hz = mode.ratio * strike.hz;
            let level = mode.level / (1.0 + (hz / cutoff).powi(4)).sqrt();
            let seconds = (mode.seconds * shorter).max(0.01);
            struck.push((hz, level, seconds));
            if mode.beat > 0.0 {
                struck.push((hz + mode.beat, 0.6 * level, 0.9 * seconds));
            }
        }
        struck.retain(|(hz, ..)| *hz < HIGHEST_HZ);
        struck.truncate(MODES);
        struck
    }
}

impl Sound for Modal {
    fn pitches(&self) -> RangeInclusive<u8> {
        36..=96
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let mut bank = Bank::new(&self.struck(strike));
        let (level, seconds, hz) = self.stroke;
        let mut noise = Adsr { attack: 6e-4, decay: seconds, sustain: 0.0, release: seconds }.start(strike);
        let mut wood = StateVariable::new(hz * (0.25 * strike.octave).exp2(), 0.7);
        let damper = decay_factor(self.release * self.key.powf(strike.octave).min(1.0));
        let tremolo = self.tremolo.started(random);
        let (gain, mut released, mut sample) = (strike.effort.powf(self.touch), 1.0, 0);
        let harder = 0.4 + 0.6 * strike.effort;
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            let gain = gain * factor(tremolo.at(time));
            for _ in 0..samples {
                let hit = 2.0 * level * harder * noise.next() * wood.band(random.between(-1.0, 1.0));
                released *= if sample >= strike.hold { damper } else { 1.0 };
                out.push(gain * released * (bank.next() + hit));
                sample += 1;
            }
        }
        out
    }
}

/// Decaying sines, as rotating phasors side by side.
struct Bank {
    re: [f32; MODES],
    im: [f32; MODES],
    turn_re: [f32; MODES],
    turn_im: [f32; MODES],
}

impl Bank {
    fn new(modes: &[(f32, f32, f32)]) -> Self {
        let mut bank = Self { re: [0.0; MODES], im: [0.0; MODES], turn_re: [0.0; MODES], turn_im: [0.0; MODES] };
        for (i, &(hz, level, seconds)) in modes.iter().enumerate().take(MODES) {
            let (sine, cosine) = (std::f32::consts::TAU * hz / RATE).sin_cos();
            let fall = decay_factor(seconds);
            bank.re[i] = level;
            (bank.turn_re[i], bank.turn_im[i]) = (fall * cosine, fall * sine);
        }
        bank
    }

    fn next(&mut self) -> f32 {
        let mut lanes = [0.0; 8];
        for i in 0..MODES {
            let (re, im) = (self.re[i], self.im[i]);
            lanes[i % 8] += im;
            self.re[i] = re * self.turn_re[i] - im * self.turn_im[i];
            self.im[i] = re * self.turn_im[i] + im * self.turn_re[i];
        }
        lanes.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_is_a_sum_of_decaying_sines() {
        let modes = [(440.0, 1.0, 0.5), (1_234.5, 0.3, 0.1)];
        let mut bank = Bank::new(&modes);
        for i in 0..9_600 {
            let t = i as f32 / RATE;
            let mode = |(hz, level, seconds): (f32, f32, f32)| {
                level * 10.0_f32.powf(-3.0 * t / seconds) * (std::f64::consts::TAU * f64::from(hz * t)).sin() as f32
            };
            let expected: f32 = modes.into_iter().map(mode).sum();
            assert!((bank.next() - expected).abs() < 2e-3, "sample {i}");
        }
    }
}
