//! A bank of sinusoidal partials.

use super::kernel::LANES;
use super::level::Level;
use super::random;
use super::sines::{self, Partials, Sums};
use std::ops::Range;

/// Share of the sample rate above which partials begin to fade; they are gone at [`FADE_TO`].
const FADE_FROM: f32 = 0.46;
/// Share of the sample rate where no partial is left.
const FADE_TO: f32 = 0.49;

/// Gain 0..1 of a partial at `turns` cycles per sample: partials fade out before Nyquist instead of folding back.
#[inline]
#[must_use]
pub fn nyquist_fade(turns: f32) -> f32 {
    ((FADE_TO - turns) / (FADE_TO - FADE_FROM)).clamp(0.0, 1.0)
}

/// The amplitudes of partials on their way along straight lines; banks that play detuned copies of a note share them.
/// `N` is a multiple of [`LANES`].
#[derive(Clone, Debug)]
pub struct Loudness<const N: usize> {
    /// Bit `g` is set if any of the [`LANES`] partials from `g * LANES` on is audible.
    groups: u32,
    amplitude: [f32; N],
    step: [f32; N],
}

impl<const N: usize> Loudness<N> {
    /// No partial.
    pub const SILENT: Self = Self { groups: 0, amplitude: [0.0; N], step: [0.0; N] };

    /// Goes from `from` to `to` in `length` samples. Partials that stay at or below `inaudible` all the way cost nothing
    /// where [`LANES`] neighbours do.
    pub fn set(&mut self, from: &[f32; N], to: &[f32; N], length: usize, inaudible: f32) {
        let per_sample = 1.0 / length.max(1) as f32;
        self.amplitude = *from;
        for slot in 0..N {
            self.step[slot] = (to[slot] - from[slot]) * per_sample;
        }
        self.groups = 0;
        for (group, (from, to)) in from.chunks_exact(LANES).zip(to.chunks_exact(LANES)).enumerate() {
            let audible = from.iter().zip(to).fold(false, |any, (from, to)| any | (from.max(*to) > inaudible));
            self.groups |= u32::from(audible) << group;
        }
    }

    /// Whether no partial is audible.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.groups == 0
    }

    /// These partials at the samples `part` of their lines: partial `k` at `ratios[k] * base` cycles per sample, all of
    /// them with a gain that goes along a line.
    #[must_use]
    pub fn partials<'a>(&'a self, ratios: &'a [f32; N], base: f32, gain: [f32; 2], part: Range<usize>) -> Partials<'a> {
        Partials {
            ratio: ratios,
            base,
            amplitude: &self.amplitude,
            step: &self.step,
            position: part.start,
            gain,
            groups: self.groups,
            length: part.len(),
        }
    }
}

/// `N` oscillators with exact phases: a phase is a whole number of 2^-32 turns, and so is an increment, so that nothing
/// drifts however long a note lasts. An increment is exact to 2^-25 of its value or 2^-33 turns per sample, less than a
/// thousandth of a cent. Owned by a voice; no allocation; costs time for audible partials alone.
#[derive(Clone, Debug)]
pub struct OscillatorBank<const N: usize> {
    level: Level,
    phase: [u32; N],
}

impl<const N: usize> OscillatorBank<N> {
    /// A bank whose partials start at random phases drawn from `seed`.
    #[must_use]
    pub fn new(level: Level, seed: u32) -> Self {
        Self { level, phase: std::array::from_fn(|slot| random::hash(seed, slot as u32)) }
    }

    /// Adds the next samples of `partials` to `sums`.
    pub fn add(&mut self, partials: &Partials<'_>, sums: &mut Sums) {
        sines::add(self.level, partials, &mut self.phase, sums);
    }

    /// Like [`OscillatorBank::add`], to the same bits, and adds to `apart` the sum in which partial `k` counts `sides[k]`
    /// times.
    pub fn add_apart(&mut self, partials: &Partials<'_>, sides: &[f32; N], sums: &mut Sums, apart: &mut Sums) {
        sines::add_apart(self.level, partials, &mut self.phase, sides, sums, apart);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::sines::CHUNK;
    use std::mem::MaybeUninit;

    const N: usize = 64;
    const SECONDS: usize = 2 * 48_000;

    /// Partial k at a ratio near k + 1, base 331 Hz, amplitudes moving along lines.
    fn ratios() -> [f32; N] {
        std::array::from_fn(|k| (k + 1) as f32 * (1.0 + 0.001 * random::bipolar(5, k as u32)))
    }

    fn amplitudes(frame: u32) -> [f32; N] {
        std::array::from_fn(|k| random::hash(frame, k as u32) as f32 / 4_294_967_296.0 / (k + 1) as f32)
    }

    fn sound(level: Level, add: impl FnOnce(&mut Sums)) -> [f32; CHUNK] {
        let (mut place, mut out) = (MaybeUninit::uninit(), [0.0; CHUNK]);
        let sums = Sums::silent(level, &mut place);
        add(sums);
        sines::collect(level, sums, &mut out);
        out
    }

    fn render(level: Level, samples: usize) -> Vec<f32> {
        let mut bank = OscillatorBank::<N>::new(level, 1);
        let mut loudness = Loudness::SILENT;
        let ratios = ratios();
        let mut out = Vec::new();
        while out.len() < samples {
            let frame = (out.len() / 240) as u32;
            if out.len().is_multiple_of(240) {
                loudness.set(&amplitudes(frame), &amplitudes(frame + 1), 240, 1e-9);
            }
            let start = out.len() % 240;
            let length = CHUNK.min(240 - start);
            let partials = loudness.partials(&ratios, 331.0 / 48_000.0, [1.0; 2], start..start + length);
            let chunk = sound(level, |sums| bank.add(&partials, sums));
            out.extend_from_slice(&chunk[..length]);
        }
        out
    }

    /// The same sum in f64, with the phase computed anew from the sample's index.
    fn reference(samples: usize) -> Vec<f64> {
        let increments: Vec<u64> =
            ratios().iter().map(|ratio| (ratio * (331.0 / 48_000.0_f32) * 4_294_967_296.0) as u64).collect();
        (0..samples)
            .map(|n| {
                let (from, to) = (amplitudes((n / 240) as u32), amplitudes((n / 240) as u32 + 1));
                let along = (n % 240) as f64 / 240.0;
                (0..N)
                    .map(|k| {
                        let turns = increments[k] * n as u64 + u64::from(random::hash(1, k as u32));
                        let angle = (turns % (1 << 32)) as f64 / 4_294_967_296.0 * std::f64::consts::TAU;
                        (f64::from(from[k]) * (1.0 - along) + f64::from(to[k]) * along) * angle.cos()
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn two_seconds_of_moving_partials_are_within_minus_110_db_of_the_sum_in_f64() {
        let (made, expected) = (render(Level::detect(), SECONDS), reference(SECONDS));
        let last = SECONDS - 4_800..SECONDS;
        let power: f64 = expected[last.clone()].iter().map(|x| x * x).sum();
        let error: f64 = last.map(|n| (f64::from(made[n]) - expected[n]).powi(2)).sum();
        let ratio = 10.0 * (power / error).log10();
        assert!(ratio >= 110.0, "signal to noise {ratio:.1} dB");
    }

    #[test]
    fn every_processor_level_gives_the_same_bits() {
        let expected = render(Level::BASELINE, 4_800);
        for level in Level::available() {
            let made = render(level, 4_800);
            assert!(made.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{level:?}");
        }
    }

    #[test]
    fn the_second_output_is_the_weighted_sum_and_leaves_the_first_alone() {
        let sides: [f32; N] = std::array::from_fn(|k| random::bipolar(9, k as u32));
        let (from, to, ratios) = (amplitudes(3), amplitudes(4), ratios());
        for level in Level::available() {
            let (mut loudness, mut weighted) = (Loudness::SILENT, Loudness::SILENT);
            loudness.set(&from, &to, CHUNK, 1e-9);
            let times_side = |of: &[f32; N]| std::array::from_fn(|k| of[k] * sides[k]);
            weighted.set(&times_side(&from), &times_side(&to), CHUNK, -9.0);
            let bank = OscillatorBank::<N>::new(level, 1);
            let partials = loudness.partials(&ratios, 0.007, [1.0; 2], 0..CHUNK);
            let alone = sound(level, |sums| bank.clone().add(&partials, sums));
            let mut both = [0.0; CHUNK];
            let apart = sound(level, |apart| {
                both = sound(level, |sums| bank.clone().add_apart(&partials, &sides, sums, apart));
            });
            let weighted = weighted.partials(&ratios, 0.007, [1.0; 2], 0..CHUNK);
            let expected = sound(level, |sums| bank.clone().add(&weighted, sums));
            assert_eq!(both.map(f32::to_bits), alone.map(f32::to_bits), "{level:?}");
            assert!(apart.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{level:?}");
        }
    }

    #[test]
    fn partials_beyond_nyquist_stay_below_it() {
        let mut bank = OscillatorBank::<LANES>::new(Level::BASELINE, 0);
        let mut loudness = Loudness::SILENT;
        loudness.set(&[1.0 / LANES as f32; LANES], &[1.0 / LANES as f32; LANES], CHUNK, 0.0);
        for base in [0.6, 7.0, f32::INFINITY, f32::NAN, -1.0] {
            let partials = loudness.partials(&[1.0; LANES], base, [1.0; 2], 0..CHUNK);
            let out = sound(Level::BASELINE, |sums| bank.add(&partials, sums));
            assert!(out.iter().all(|x| x.abs() <= 1.001), "{base}");
        }
        assert_eq!(nyquist_fade(0.46), 1.0);
        assert_eq!(nyquist_fade(0.49), 0.0);
    }
}
