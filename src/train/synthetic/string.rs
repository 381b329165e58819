//! Plucked and struck strings: a delay line whose loop damps and disperses (Karplus and Strong 1983; Jaffe and Smith
//! 1983). Guitars, harps, zithers, clavinets, basses.

use std::ops::RangeInclusive;

use realfft::num_complex::Complex32;

use super::draw::{factor, log_between, ratio};
use super::envelope::decay_factor;
use super::filter::{OnePole, StateVariable};
use super::strike::{HIGHEST_HZ, RATE, Sound, Strike};
use crate::train::random::Random;

/// All-passes in the loop of a stiff string.
const ALLPASSES: usize = 4;
/// Least period, in samples, that stays for the delay line itself.
const LEAST_DELAY: f32 = 4.0;

/// One or two strings on a body.
pub(super) struct Plucked {
    /// Where it is plucked, as a share of its length.
    place: f32,
    /// Cutoff of the pluck in Hz at full velocity, and octaves that it falls towards soft ones.
    hardness: (f32, f32),
    /// Noise of finger or hammer beside the pluck.
    scratch: f32,
    /// Seconds in which middle C falls by 60 dB, and the factor per octave.
    decay: (f32, f32),
    /// Seconds in which a damped string falls.
    release: f32,
    /// How much sooner high partials die, 0 to 0.5.
    damping: f32,
    /// Coefficient of the all-passes; 0 is a perfectly flexible string.
    stiffness: f32,
    /// Cents and level of a second string.
    second: (f32, f32),
    /// Hz, sharpness and level of the body's resonances.
    body: [(f32, f32, f32); 4],
    touch: f32,
}

impl Plucked {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            place: random.between(0.04, 0.5),
            hardness: (log_between(random, 1_500.0, 14_000.0), random.between(0.8, 3.0)),
            scratch: factor(random.between(-45.0, -18.0)),
            decay: (log_between(random, 0.8, 10.0), random.between(0.55, 0.85)),
            release: if random.chance(0.2) { 2.0 } else { log_between(random, 0.06, 0.5) },
            damping: log_between(random, 0.01, 0.45),
            stiffness: if random.chance(0.6) { random.between(0.05, 0.6) } else { 0.0 },
            second: if random.chance(0.4) {
                (log_between(random, 0.4, 7.0), factor(random.between(-10.0, 0.0)))
            } else {
                (0.0, 0.0)
            },
            body: std::array::from_fn(|i| {
                let hz = log_between(random, [90.0, 180.0, 350.0, 900.0][i], [200.0, 450.0, 1_100.0, 4_000.0][i]);
                (hz, log_between(random, 1.5, 9.0), random.between(0.0, 1.2))
            }),
            touch: random.between(0.7, 1.6),
        }
    }

    /// The pluck: a short pulse and its reflection from the near end of the string, softer where velocity is low.
    fn pluck(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let period = RATE / strike.hz;
        let soft = self.hardness.1 * (1.0 - strike.effort);
        let cutoff = (self.hardness.0 * (-soft).exp2()).clamp(1.5 * strike.hz, HIGHEST_HZ);
        let mut filters = [OnePole::new(cutoff), OnePole::new(cutoff)];
        let length = (2.0 * period + RATE / cutoff * 4.0) as usize + 8;
        let mut pulse: Vec<f32> = (0..length)
            .map(|i| {
                let knock = if i == 0 { 0.5 * period } else { 0.0 };
                let scratch = if (i as f32) < period { self.scratch * random.between(-1.0, 1.0) * 4.0 } else { 0.0 };
                filters.iter_mut().fold(knock + scratch, |value, filter| filter.low(value))
            })
            .collect();
        let apart = (self.place * period).max(1.0);
        let (whole, between) = (apart as usize, apart.fract());
        for i in (0..length).rev() {
            let at = |back: usize| i.checked_sub(back).map_or(0.0, |index| pulse[index]);
            pulse[i] -= (1.0 - between) * at(whole) + between * at(whole + 1);
        }
        pulse
    }
}

impl Sound for Plucked {
    fn pitches(&self) -> RangeInclusive<u8> {
        24..=88
    }

    fn play(&self, strike: &Strike, random: &mut Random) -> Vec<f32> {
        let pluck = self.pluck(strike, random);
        let seconds = self.decay.0 * self.decay.1.powf(strike.octave);
        let string = |cents: f32| Line::new(strike.hz * ratio(cents), seconds, self.damping, self.stiffness);
        let mut strings = [string(0.0), string(self.second.0)];
        let mut body = self.body.map(|(hz, q, _)| StateVariable::new(hz, q));
        let mut rumble = OnePole::new(0.3 * strike.hz);
        let damper = decay_factor(self.release * self.decay.1.powf(strike.octave).min(1.0));
        let (mut released, level) = (1.0, strike.effort.powf(self.touch));
        (0..strike.length)
            .map(|i| {
                let input = pluck.get(i).copied().unwrap_or(0.0);
                let mut sum = strings[0].next(input);
                if self.second.1 > 0.0 {
                    sum += self.second.1 * strings[1].next(input);
                }
                sum = rumble.high(sum);
                let resonances = body.iter_mut().zip(&self.body);
                sum += resonances.map(|(filter, (.., level))| level * filter.band(sum)).sum::<f32>();
                released *= if i >= strike.hold { damper } else { 1.0 };
                level * released * sum
            })
            .collect()
    }
}

/// A vibrating string.
struct Line {
    delay: Vec<f32>,
    position: usize,
    /// Weights of the four samples around the end of the delay (Lagrange).
    taps: [f32; 4],
    gain: f32,
    damping: f32,
    before: f32,
    stiffness: f32,
    states: [f32; ALLPASSES],
}

impl Line {
    fn new(hz: f32, seconds: f32, damping: f32, stiffness: f32) -> Self {
        let (period, turn) = (RATE / hz, std::f32::consts::TAU * hz / RATE);
        // High strings have no room for much dispersion.
        let mut stiffness = stiffness;
        let delay_of = |response: Complex32| -response.arg() / turn;
        let losses = one_zero(damping, turn);
        while period - delay_of(losses) - ALLPASSES as f32 * delay_of(allpass(stiffness, turn)) < LEAST_DELAY + 2.0 {
            stiffness *= 0.8;
            if stiffness < 0.01 {
                break;
            }
        }
        let filters = delay_of(losses) + ALLPASSES as f32 * delay_of(allpass(stiffness, turn));
        let wanted = (period - filters).max(LEAST_DELAY);
        let per_period = decay_factor(seconds).powf(period);
        Self {
            // Read between the second and third oldest sample.
            delay: vec![0.0; wanted.floor() as usize + 2],
            position: 0,
            taps: lagrange(1.0 + wanted.fract()),
            gain: (per_period / losses.norm()).min(0.999_95),
            damping,
            before: 0.0,
            stiffness: -stiffness,
            states: [0.0; ALLPASSES],
        }
    }

    fn next(&mut self, input: f32) -> f32 {
        let length = self.delay.len();
        let tap = |back: usize| {
            let index = self.position + back;
            self.delay[if index >= length { index - length } else { index }]
        };
        // The oldest sample stands at the position itself.
        let [a, b, c, d] = self.taps;
        let read = a * tap(3) + b * tap(2) + c * tap(1) + d * tap(0);
        let lost = self.gain * ((1.0 - self.damping) * read + self.damping * self.before);
        self.before = read;
        let mut value = lost;
        for state in &mut self.states {
            // H = (c + 1/z) / (1 + c/z), transposed.
            let out = self.stiffness * value + *state;
            *state = value - self.stiffness * out;
            value = out;
        }
        let out = value + input;
        self.delay[self.position] = out;
        self.position = if self.position + 1 == length { 0 } else { self.position + 1 };
        out
    }
}

/// Response of the loss filter at an angle per sample.
fn one_zero(damping: f32, turn: f32) -> Complex32 {
    Complex32::new(1.0 - damping, 0.0) + Complex32::from_polar(damping, -turn)
}

/// Response of one all-pass of a string of this stiffness.
fn allpass(stiffness: f32, turn: f32) -> Complex32 {
    let late = Complex32::from_polar(1.0, -turn);
    (late - stiffness) / (Complex32::new(1.0, 0.0) - late * stiffness)
}

/// Weights of four samples 0, 1, 2 and 3 back for the value `delay` back, 1 to 2.
fn lagrange(delay: f32) -> [f32; 4] {
    std::array::from_fn(|k| {
        let others = (0..4).filter(|&j| j != k);
        others.map(|j| (delay - j as f32) / (k as f32 - j as f32)).product()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_in_tune_whatever_is_in_their_loop() {
        for (hz, damping, stiffness) in [(55.0, 0.4, 0.6), (220.0, 0.1, 0.0), (1_318.5, 0.45, 0.5), (880.0, 0.02, 0.3)]
        {
            let mut line = Line::new(hz, 6.0, damping, stiffness);
            let samples: Vec<f32> = (0..48_000).map(|i| line.next(if i == 0 { 1.0 } else { 0.0 })).collect();
            let at = |hz: f32| {
                let turn = std::f64::consts::TAU * f64::from(hz / RATE);
                let window = |i: usize| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / 48_000.0).cos();
                let sum = |f: fn(f64) -> f64| -> f64 {
                    let terms = samples.iter().enumerate();
                    terms.map(|(i, x)| f64::from(*x) * window(i) * f(turn * i as f64)).sum()
                };
                sum(f64::cos).hypot(sum(f64::sin))
            };
            let best =
                (-60..=60).map(|i| i as f32 * 0.25).max_by(|a, b| at(hz * ratio(*a)).total_cmp(&at(hz * ratio(*b))));
            assert!(best.unwrap().abs() <= 1.5, "{hz} Hz is {best:?} cents off");
        }
    }
}
