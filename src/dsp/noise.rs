//! Noise of a given spectrum, made by one inverse Fourier transform per hop.

use super::kernel::{self, LANES, Shape};
use super::level::Level;
use super::random;
use realfft::{ComplexToReal, RealFftPlanner, num_complex::Complex32};
use std::sync::Arc;

/// Above this frequency, in Hz, there is no noise at any sample rate.
const HIGHEST: f32 = 24_000.0;
/// Band level, as base-2 logarithm of the amplitude, that makes no sound.
pub const SILENT_LEVEL: f32 = -60.0;
/// A spectrum whose loudest bin lies below this (-140 dB per bin) is not made.
const INAUDIBLE_LEVEL: f32 = -23.0;
/// So many samples may be read beyond a hop's end.
pub const PADDING: usize = 2 * LANES;
/// Seed offset that keeps the turns of the side apart from the spectra.
const SIDE_SEED: u32 = 0x5349_4445;

/// Everything about noise that depends on the sample rate and not on the note: the transform, the window, and where
/// bins lie between bands. Built once, shared by all voices.
pub struct NoiseBands {
    level: Level,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    below: Vec<u32>,
    weight: Vec<f32>,
    silent_from: usize,
    to_bin_level: f32,
}

impl NoiseBands {
    /// Bands with the given centres (rising, at least two, in Hz); levels between them are interpolated evenly along
    /// `scale`, a rising function of frequency such as mel. `hop` is the distance of two spectra in samples.
    ///
    /// # Panics
    /// With fewer than two centres, or a `hop` of 0.
    #[must_use]
    pub fn new(level: Level, rate: f32, hop: usize, centres: &[f32], scale: impl Fn(f32) -> f32) -> Self {
        assert!(centres.len() >= 2 && hop > 0, "two bands and a hop are the least");
        let length = 2 * hop;
        let bins = hop + 1;
        let bin_hz = rate / length as f32;
        let marks: Vec<f32> = centres.iter().map(|&hz| scale(hz)).collect();
        let (below, weight) = (0..bins.next_multiple_of(LANES))
            .map(|bin| {
                let mark = scale(bin as f32 * bin_hz);
                let below = marks.partition_point(|&m| m <= mark).clamp(1, marks.len() - 1) - 1;
                let weight = (mark - marks[below]) / (marks[below + 1] - marks[below]);
                (below as u32, weight.clamp(0.0, 1.0))
            })
            .unzip();
        let window = (0..length).map(|n| (std::f32::consts::PI * (n as f32 + 0.5) / length as f32).sin()).collect();
        // The last bin (Nyquist) is left out, as the first is.
        let silent_from = ((HIGHEST / bin_hz) as usize).clamp(1, bins - 1);
        // Even random parts in -1..1 have a mean square of 2/3, and a bin of power p in a real signal has |X|^2 = p/2.
        let to_bin_level = 0.5 * (0.75 * bin_hz).log2();
        let inverse = RealFftPlanner::new().plan_fft_inverse(length);
        Self { level, inverse, window, below, weight, silent_from, to_bin_level }
    }

    fn hop(&self) -> usize {
        self.window.len() / 2
    }
}

/// The noise of one note as middle and side, which share their power spectrum and nothing else. Owned by a voice;
/// allocates only when made.
///
/// Spectra of random phase and magnitude are transformed, windowed by a half sine (whose squares at two hops sum to
/// one, so that power is steady) and overlapped by a half. The spectrum of a moment is centred on that moment. The side
/// takes the middle's block backwards, rotated and signed at random before the window: the same spectrum, on average
/// uncorrelated at every lag, and no second transform.
pub struct Noise {
    bands: Arc<NoiseBands>,
    seed: u32,
    spectra: u32,
    levels: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    block: Vec<f32>,
    turned: Vec<f32>,
    /// Middle and side.
    hop: [Vec<f32>; 2],
    tail: [Vec<f32>; 2],
}

impl Noise {
    /// Silence, until [`Noise::start`].
    #[must_use]
    pub fn new(bands: Arc<NoiseBands>) -> Self {
        let hop = bands.hop();
        let half = || [vec![0.0; hop + PADDING], vec![0.0; hop + PADDING]];
        Self {
            seed: 0,
            spectra: 0,
            levels: vec![SILENT_LEVEL; bands.below.last().map_or(0, |&band| band as usize + 2)],
            spectrum: vec![Complex32::default(); bands.below.len()],
            scratch: bands.inverse.make_scratch_vec(),
            block: vec![0.0; 2 * hop],
            turned: vec![0.0; 2 * hop],
            hop: half(),
            tail: half(),
            bands,
        }
    }

    /// Begins a note: the spectrum of its first moment sounds at full power from the first sample of the next hop on.
    pub fn start(&mut self, seed: u32, density: &[f32], is_wide: bool) {
        self.seed = seed;
        self.spectra = 0;
        self.tail.iter_mut().for_each(|tail| tail.fill(0.0));
        self.advance(density, is_wide);
    }

    /// Makes the next hop. `density` is the power density of each band at the *end* of the hop, as base-2 logarithm of
    /// amplitude per square root of a hertz. The side is silent unless the noise `is_wide`.
    pub fn advance(&mut self, density: &[f32], is_wide: bool) {
        for (level, &density) in self.levels.iter_mut().zip(density) {
            *level = (density + self.bands.to_bin_level).max(SILENT_LEVEL);
        }
        if !self.levels.iter().any(|&level| level > INAUDIBLE_LEVEL) {
            self.fade(0);
            self.fade(1);
            return;
        }
        self.transform();
        self.lay(0, 1.0);
        if is_wide {
            let sign = self.turn_block();
            self.lay(1, sign);
        } else {
            self.fade(1);
        }
    }

    /// The hop made last: middle and side, followed by [`PADDING`] samples that are none of it.
    #[must_use]
    pub fn hop(&self) -> &[Vec<f32>; 2] {
        &self.hop
    }

    /// Makes the next hop of a channel of its tail alone.
    fn fade(&mut self, channel: usize) {
        std::mem::swap(&mut self.hop[channel], &mut self.tail[channel]);
        self.tail[channel].fill(0.0);
    }

    /// Makes the next hop and tail of channel 0 with the windowed block, or of channel 1 with the turned one.
    fn lay(&mut self, channel: usize, gain: f32) {
        let (hop, bands) = (self.bands.hop(), &self.bands);
        let block = if channel == 0 { &self.block } else { &self.turned };
        let (made, tail) = (&mut self.hop[channel][..hop], &mut self.tail[channel][..hop]);
        kernel::overlap(bands.level, block, &bands.window, gain, made, tail);
    }

    /// The block backwards from a random place on; returns a random sign.
    fn turn_block(&mut self) -> f32 {
        let bits = random::hash(self.seed ^ SIDE_SEED, self.spectra);
        let from = (bits >> 1) as usize % self.block.len();
        let (early, late) = self.block.split_at(from);
        let backwards = early.iter().rev().zip(&mut self.turned);
        backwards.for_each(|(from, to)| *to = *from);
        let backwards = late.iter().rev().zip(&mut self.turned[from..]);
        backwards.for_each(|(from, to)| *to = *from);
        if bits & 1 == 0 { 1.0 } else { -1.0 }
    }

    /// One block of noise, not yet windowed.
    fn transform(&mut self) {
        let shape = Shape {
            level: &self.levels,
            below: &self.bands.below,
            weight: &self.bands.weight,
            seed: random::hash(self.seed, self.spectra),
        };
        self.spectra = self.spectra.wrapping_add(1);
        kernel::random_spectrum(self.bands.level, &shape, &mut self.spectrum);
        self.spectrum[0] = Complex32::default();
        self.spectrum[self.bands.silent_from..].fill(Complex32::default());
        let bins = self.bands.hop() + 1;
        let done =
            self.bands.inverse.process_with_scratch(&mut self.spectrum[..bins], &mut self.block, &mut self.scratch);
        debug_assert!(done.is_ok(), "buffers are of the transform's own lengths, and the outer bins are real");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTRES: [f32; 4] = [100.0, 1_000.0, 5_000.0, 20_000.0];

    /// Density of white noise with variance 1 at 48 kHz.
    fn white() -> [f32; 4] {
        [0.5 * (1.0_f32 / 24_000.0).log2(); 4]
    }

    /// Middle and side.
    fn render(rate: f32, hops: usize, density: &[f32; 4], is_wide: bool) -> (Vec<f32>, Vec<f32>) {
        let hop = (rate / 200.0).round() as usize;
        let bands = Arc::new(NoiseBands::new(Level::detect(), rate, hop, &CENTRES, f32::sqrt));
        let mut noise = Noise::new(bands);
        noise.start(3, density, is_wide);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for _ in 0..hops {
            noise.advance(density, is_wide);
            left.extend_from_slice(&noise.hop()[0][..hop]);
            right.extend_from_slice(&noise.hop()[1][..hop]);
        }
        (left, right)
    }

    fn power(samples: &[f32]) -> f64 {
        samples.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / samples.len() as f64
    }

    #[test]
    fn white_noise_keeps_its_power_per_hertz_at_every_rate() {
        for rate in [8_000.0_f32, 44_100.0, 48_000.0, 96_000.0] {
            let expected = f64::from(rate.min(48_000.0) / 48_000.0);
            let (middle, side) = render(rate, 800, &white(), true);
            for (made, expected) in [(middle, expected), (side, expected)] {
                let error = 10.0 * (power(&made) / expected).log10();
                assert!(error.abs() < 0.3, "{rate} Hz: {error:.2} dB");
            }
        }
    }

    #[test]
    fn power_is_full_from_the_very_first_samples() {
        let starts: f64 = (0..400)
            .map(|seed| {
                let bands = Arc::new(NoiseBands::new(Level::BASELINE, 48_000.0, 240, &CENTRES, f32::sqrt));
                let mut noise = Noise::new(bands);
                noise.start(seed, &white(), false);
                noise.advance(&white(), false);
                power(&noise.hop()[0][..8])
            })
            .sum::<f64>()
            / 400.0;
        assert!((10.0 * starts.log10()).abs() < 0.4, "{starts}");
    }

    #[test]
    fn middle_and_side_are_uncorrelated_at_every_lag_and_the_side_leaves_the_middle_alone() {
        let mut low = [-60.0; 4];
        low[0] = white()[0];
        for density in [white(), low] {
            let (middle, side) = render(48_000.0, 4_000, &density, true);
            assert_eq!(middle, render(48_000.0, 4_000, &density, false).0);
            let scale = (power(&middle) * power(&side)).sqrt() * middle.len() as f64;
            for lag in 0..600 {
                let both = middle[lag..].iter().zip(&side).map(|(&m, &s)| f64::from(m * s)).sum::<f64>();
                let back = side[lag..].iter().zip(&middle).map(|(&m, &s)| f64::from(m * s)).sum::<f64>();
                let largest = both.abs().max(back.abs()) / scale;
                assert!(largest < 0.06, "lag {lag}: {largest}");
            }
        }
    }

    #[test]
    fn a_band_that_is_raised_alone_holds_the_power() {
        let mut density = [-60.0; 4];
        density[1] = white()[1];
        let (left, _) = render(48_000.0, 400, &density, false);
        // Second differences measure the mean square frequency: sum of (2 - 2 cos w)^2 over the power.
        let bend: Vec<f32> = left.windows(3).map(|w| w[0] - 2.0 * w[1] + w[2]).collect();
        let frequency = (power(&bend) / power(&left)).powf(0.25) / std::f64::consts::TAU * 48_000.0;
        assert!((800.0..2_500.0).contains(&frequency), "{frequency}");
    }

    #[test]
    fn every_processor_level_gives_the_same_spectrum() {
        let make = |level| {
            let mut noise = Noise::new(Arc::new(NoiseBands::new(level, 44_100.0, 221, &CENTRES, f32::sqrt)));
            noise.levels.copy_from_slice(&[-3.0, -9.5, -14.2, -2.0]);
            let shape = Shape { level: &noise.levels, below: &noise.bands.below, weight: &noise.bands.weight, seed: 9 };
            kernel::random_spectrum(level, &shape, &mut noise.spectrum);
            noise.spectrum
        };
        let expected = make(Level::BASELINE);
        Level::available().for_each(|level| assert_eq!(make(level), expected, "{level:?}"));
    }
}
