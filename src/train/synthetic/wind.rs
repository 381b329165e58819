//! Blown and bowed tones: a spectrum that brightens with effort, breath, vibrato. Flutes, reeds, brass, fiddles.

use std::ops::RangeInclusive;

use super::draw::{factor, log_between, one_of, ratio};
use super::envelope::Adsr;
use super::filter::StateVariable;
use super::movement::Swing;
use super::strike::{Sound, Strike};
use super::wavetable::{Wavetable, increment, phase};
use crate::train::random::Random;

/// Resonances of the body or bell.
const RESONANCES: usize = 6;

/// A player and a tube or string.
pub(super) struct Wind {
    /// Power of the harmonics' fall when played softly and at full effort.
    fall: (f32, f32),
    /// dB of the even harmonics: those of a closed tube are weak.
    even: f32,
    /// Hz, dB and octaves of the resonances.
    resonances: [(f32, f32, f32); RESONANCES],
    envelope: Adsr,
    /// How much of the effort comes with the attack, and seconds in which brightness follows.
    swell: f32,
    /// Level, and multiple of the fundamental, of the breath.
    breath: (f32, f32),
    /// Level and seconds of the noise at the start.
    chiff: (f32, f32),
    /// Cents and seconds by which the pitch starts below.
    scoop: (f32, f32),
    vibrato: Swing,
    /// Depth of the drift of the pitch in cents.
    drift: Swing,
    touch: f32,
    range: (u8, u8),
}

impl Wind {
    pub(super) fn draw(random: &mut Random) -> Self {
        let bowed = random.chance(0.35);
        let loud = random.between(0.5, if bowed { 1.3 } else { 2.6 });
        let closed = !bowed && random.chance(0.3);
        Self {
            fall: (loud + random.between(0.4, 2.5), loud),
            even: if closed { random.between(-26.0, -8.0) } else { random.between(-3.0, 2.0) },
            resonances: std::array::from_fn(|_| {
                let strong = if bowed { 8.0 } else { 6.0 };
                (log_between(random, 200.0, 7_000.0), random.normal() * strong, random.between(0.15, 0.7))
            }),
            envelope: Adsr {
                attack: log_between(random, 0.015, 0.3),
                decay: random.between(0.3, 2.0),
                sustain: random.between(0.65, 1.0),
                release: log_between(random, 0.06, 0.6),
            },
            swell: random.between(0.2, 1.0),
            breath: (factor(random.between(-60.0, -28.0)), one_of(random, &[1.0, 2.0, 3.0, 6.0])),
            chiff: if random.chance(0.5) {
                (factor(random.between(-30.0, -6.0)), log_between(random, 0.02, 0.15))
            } else {
                (0.0, 0.1)
            },
            scoop: (if random.chance(0.4) { random.between(5.0, 70.0) } else { 0.0 }, random.between(0.02, 0.1)),
            vibrato: if random.chance(0.65) { Swing::draw(random, 40.0, 0.8) } else { Swing::STILL },
            drift: Swing::slow(random, 5.0),
            touch: random.between(0.5, 1.4),
            range: one_of(random, &[(24, 72), (36, 84), (40, 88), (48, 96), (30, 96)]),
        }
    }

    fn table(&self, hz: f32, fall: f32) -> Wavetable {
        Wavetable::new(1.04 * hz, |n, hz| {
            let peak =
                |&(centre, gain, width): &(f32, f32, f32)| gain * (-0.5 * ((hz / centre).log2() / width).powi(2)).exp();
            let even = if n % 2 == 0 { self.even } else { 0.0 };
            (n as f32).powf(-fall) * factor(self.resonances.iter().map(peak).sum::<f32>() + even)
        })
    }
}

impl Sound for Wind {
    fn pitches(&self) -> RangeInclusive<u8> {
        self.range.0..=self.range.1
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        // Tables of one phase, so that going from one to the other only changes the spectrum.
        let (soft, hard) = (self.table(strike.hz, self.fall.0), self.table(strike.hz, self.fall.1));
        let quick = Adsr { attack: self.envelope.attack * (1.5 - 0.8 * strike.effort), ..self.envelope };
        let mut envelope = quick.scaled(strike, 0.85).start(strike);
        let mut chiff = Adsr { attack: 0.003, decay: self.chiff.1, sustain: 0.0, release: 0.05 }.start(strike);
        let mut air = StateVariable::new((self.breath.1 * strike.hz).min(8_000.0), 0.8);
        let mut rush = StateVariable::new((3.0 * strike.hz).clamp(400.0, 7_000.0), 0.6);
        let (vibrato, drift) = (self.vibrato.started(random), self.drift.started(random));
        let mut at = phase(random);
        let level = strike.effort.powf(self.touch);
        let mut out = Vec::with_capacity(strike.length);
        for (time, samples) in strike.stretches() {
            let swung = vibrato.at(time);
            let cents = swung + drift.at(time) - self.scoop.0 * (-3.0 * time / self.scoop.1).exp();
            let step = increment(strike.hz * ratio(cents));
            // A vibrato of 10 cents brings half a decibel.
            let gain = level * factor(0.05 * swung);
            for _ in 0..samples {
                let open = envelope.next();
                let effort = strike.effort * (1.0 - self.swell + self.swell * open);
                let tone = soft.read(at) + effort * (hard.read(at) - soft.read(at));
                let white = random.between(-1.0, 1.0);
                let breath = self.breath.0 * open * air.band(white) + self.chiff.0 * chiff.next() * rush.band(white);
                out.push(gain * (open * tone + 3.0 * breath));
                at = at.wrapping_add(step);
            }
        }
        out
    }
}
