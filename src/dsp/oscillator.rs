//! A bank of sinusoidal partials.

use super::kernel::{self, CHUNK, Partials};
use super::level::Level;
use super::random;

/// Share of the sample rate above which partials begin to fade; they are gone at [`FADE_TO`].
const FADE_FROM: f32 = 0.46;
/// Share of the sample rate where no partial is left.
const FADE_TO: f32 = 0.49;
/// 2^32: phases and increments count turns in units of its inverse.
const TURN: f32 = 4_294_967_296.0;

/// Gain 0..1 of a partial at `turns` cycles per sample: partials fade out before Nyquist instead of folding back.
#[must_use]
pub fn nyquist_fade(turns: f32) -> f32 {
    ((FADE_TO - turns) / (FADE_TO - FADE_FROM)).clamp(0.0, 1.0)
}

/// The amplitudes of the audible partials over one chunk; banks that play detuned copies of a note share them.
#[derive(Clone, Debug)]
pub struct Loudness<const N: usize> {
    count: usize,
    slot: [u8; N],
    amplitude: [f32; N],
    step: [f32; N],
}

impl<const N: usize> Loudness<N> {
    /// No partial.
    pub const SILENT: Self = Self { count: 0, slot: [0; N], amplitude: [0.0; N], step: [0.0; N] };

    /// Takes the partials that rise above `inaudible` anywhere on the straight line of `length` samples from `from` to
    /// `to`.
    pub fn set(&mut self, from: &[f32; N], to: &[f32; N], length: usize, inaudible: f32) {
        let per_sample = 1.0 / length.max(1) as f32;
        self.count = 0;
        for slot in 0..N {
            if from[slot].max(to[slot]) > inaudible {
                self.slot[self.count] = slot as u8;
                self.amplitude[self.count] = from[slot];
                self.step[self.count] = (to[slot] - from[slot]) * per_sample;
                self.count += 1;
            }
        }
    }

    /// Moves on by `samples` along the lines.
    pub fn advance(&mut self, samples: usize) {
        for (amplitude, step) in self.amplitude[..self.count].iter_mut().zip(&self.step) {
            *amplitude += step * samples as f32;
        }
    }

    /// How many partials are audible.
    #[must_use]
    pub fn audible(&self) -> usize {
        self.count
    }

    fn partials<'a>(&'a self, phase: &'a [u32; N], increment: &'a [u32; N]) -> Partials<'a> {
        Partials {
            phase: &phase[..self.count],
            increment: &increment[..self.count],
            amplitude: &self.amplitude[..self.count],
            step: &self.step[..self.count],
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

    /// Writes the first `length` samples of `out` (the rest is undefined): partial `k` sounds at `ratios[k] * base` cycles
    /// per sample, with the amplitudes of `loudness`.
    pub fn render(
        &mut self,
        loudness: &Loudness<N>,
        ratios: &[f32; N],
        base: f32,
        length: usize,
        out: &mut [f32; CHUNK],
    ) {
        let (phase, increment) = self.turn(loudness, ratios, base, length);
        kernel::sines(self.level, &loudness.partials(&phase, &increment), out);
    }

    /// Like [`OscillatorBank::render`], to the same bits, and writes to `apart` the sum in which partial `k` counts
    /// `sides[k]` times.
    #[expect(clippy::too_many_arguments, reason = "a bank has two outputs here")]
    pub fn render_apart(
        &mut self,
        loudness: &Loudness<N>,
        ratios: &[f32; N],
        sides: &[f32; N],
        base: f32,
        length: usize,
        out: &mut [f32; CHUNK],
        apart: &mut [f32; CHUNK],
    ) {
        let (phase, increment) = self.turn(loudness, ratios, base, length);
        let mut side = [0.0; N];
        for (side, slot) in side.iter_mut().zip(&loudness.slot[..loudness.count]) {
            *side = sides[usize::from(*slot)];
        }
        kernel::sines_apart(self.level, &loudness.partials(&phase, &increment), &side, out, apart);
    }

    /// Phases and increments of the audible partials, which then move on by `length` samples.
    #[inline]
    fn turn(&mut self, loudness: &Loudness<N>, ratios: &[f32; N], base: f32, length: usize) -> ([u32; N], [u32; N]) {
        let (mut phase, mut increment) = ([0; N], [0; N]);
        for (k, slot) in loudness.slot[..loudness.count].iter().map(|&slot| usize::from(slot)).enumerate() {
            // `as` saturates: whatever the ratio, no partial passes Nyquist.
            increment[k] = (ratios[slot] * base * TURN) as i32 as u32;
            phase[k] = self.phase[slot];
            self.phase[slot] = phase[k].wrapping_add(increment[k].wrapping_mul(length as u32));
        }
        (phase, increment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 64;
    const SECONDS: usize = 2 * 48_000;

    /// Partial k at a ratio near k + 1, base 331 Hz, amplitudes moving along lines.
    fn ratios() -> [f32; N] {
        std::array::from_fn(|k| (k + 1) as f32 * (1.0 + 0.001 * random::bipolar(5, k as u32)))
    }

    fn amplitudes(frame: u32) -> [f32; N] {
        std::array::from_fn(|k| random::hash(frame, k as u32) as f32 / TURN / (k + 1) as f32)
    }

    fn render(level: Level, samples: usize) -> Vec<f32> {
        let mut bank = OscillatorBank::new(level, 1);
        let mut loudness = Loudness::SILENT;
        let mut out = Vec::new();
        while out.len() < samples {
            let frame = (out.len() / 240) as u32;
            if out.len().is_multiple_of(240) {
                loudness.set(&amplitudes(frame), &amplitudes(frame + 1), 240, 1e-9);
            }
            let length = CHUNK.min(240 - out.len() % 240);
            let mut chunk = [0.0; CHUNK];
            bank.render(&loudness, &ratios(), 331.0 / 48_000.0, length, &mut chunk);
            loudness.advance(length);
            out.extend_from_slice(&chunk[..length]);
        }
        out
    }

    /// The same sum in f64, with the phase computed anew from the sample's index.
    fn reference(samples: usize) -> Vec<f64> {
        let increments: Vec<u64> =
            ratios().iter().map(|ratio| (ratio * (331.0 / 48_000.0_f32) * TURN) as u64).collect();
        (0..samples)
            .map(|n| {
                let (from, to) = (amplitudes((n / 240) as u32), amplitudes((n / 240) as u32 + 1));
                let along = (n % 240) as f64 / 240.0;
                (0..N)
                    .map(|k| {
                        let turns = increments[k] * n as u64 + u64::from(random::hash(1, k as u32));
                        let angle = (turns % (1 << 32)) as f64 / f64::from(TURN) * std::f64::consts::TAU;
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
        let (from, to) = (amplitudes(3), amplitudes(4));
        for level in Level::available() {
            let (mut loudness, mut weighted) = (Loudness::SILENT, Loudness::SILENT);
            loudness.set(&from, &to, CHUNK, 1e-9);
            weighted.set(
                &std::array::from_fn(|k| from[k] * sides[k]),
                &std::array::from_fn(|k| to[k] * sides[k]),
                1,
                -9.0,
            );
            weighted.step.iter_mut().for_each(|step| *step /= CHUNK as f32);
            let bank = OscillatorBank::<N>::new(level, 1);
            let [mut out, mut alone, mut apart, mut expected] = [[0.0; CHUNK]; 4];
            bank.clone().render(&loudness, &ratios(), 0.007, CHUNK, &mut alone);
            bank.clone().render_apart(&loudness, &ratios(), &sides, 0.007, CHUNK, &mut out, &mut apart);
            bank.clone().render(&weighted, &ratios(), 0.007, CHUNK, &mut expected);
            assert_eq!(out.map(f32::to_bits), alone.map(f32::to_bits), "{level:?}");
            assert!(apart.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{level:?}");
        }
    }

    #[test]
    fn partials_beyond_nyquist_stay_below_it() {
        let mut bank = OscillatorBank::<1>::new(Level::BASELINE, 0);
        let mut loudness = Loudness::SILENT;
        loudness.set(&[1.0], &[1.0], CHUNK, 0.0);
        for base in [0.6, 7.0, f32::INFINITY, f32::NAN] {
            let mut out = [0.0; CHUNK];
            bank.render(&loudness, &[1.0], base, CHUNK, &mut out);
            assert!(out.iter().all(|x| x.abs() <= 1.001), "{base}");
        }
        assert_eq!(nyquist_fade(0.46), 1.0);
        assert_eq!(nyquist_fade(0.49), 0.0);
    }
}
