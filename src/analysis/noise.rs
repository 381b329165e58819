//! The noise part of a note: which bands it is measured in, and what a band's level means.
//!
//! **Bands.** [`NOISE_BANDS`] triangles, evenly spaced on the mel scale: band `i` rises from `edges[i]` to its centre
//! `edges[i + 1]` and falls to `edges[i + 2]`, with `edges` from [`band_edges`] (20 Hz..20 kHz).
//!
//! **Level.** With `S(f)` the power spectral density scaled so that white noise of variance 1 at 48 kHz has `S = 1`
//! everywhere (a periodogram `|X|^2 / sum(window^2)`), band `i` has the mean density `S_i`, weighted by its triangle,
//! and the level `noise_db[i] = 10 log10(S_i) + fraction_db(i)`. The fraction is the triangle's area over the width of
//! the spectrum, so levels are *powers*: they add up, and white noise of variance 1 sums to -0.9 dB (the bands end at
//! 20 kHz).
//!
//! **Back.** The density in between is read by [`BandPosition`]: linear in dB over mel between the centres, constant
//! beyond the outermost. A spectrum bin of unit-variance noise is multiplied by `10^(density_db / 20)`.

use super::frames::{ANALYSIS_HOP, ANALYSIS_RATE, NOISE_BANDS, SILENCE_DB};
use crate::dsp::mel::{MelBank, Norm, mel, mel_grid};
use crate::dsp::stft::Stft;

/// Lowest edge of the lowest band in Hz.
const LOWEST_HZ: f32 = 20.0;
/// Highest edge of the highest band in Hz.
const HIGHEST_HZ: f32 = 20_000.0;
/// Windows of the first frame, the second, and all later ones, in samples: those of the first two are as short as keeps
/// them from hearing what comes later.
const WINDOWS: [usize; 3] = [256, 512, 1_024];
/// Below this frequency, in Hz, nothing is noise: it is an offset or its drift, which would leak into the lowest bands.
const SUBSONIC_HZ: f64 = 20.0;

/// Edges and centres of the bands in Hz: band `i` spans `edges[i]..edges[i + 2]` about `edges[i + 1]`.
#[must_use]
pub fn band_edges() -> [f32; NOISE_BANDS + 2] {
    let mut edges = [0.0; NOISE_BANDS + 2];
    edges.iter_mut().zip(mel_grid(NOISE_BANDS + 2, LOWEST_HZ, HIGHEST_HZ)).for_each(|(edge, hz)| *edge = hz);
    edges
}

/// Centres of the bands in Hz.
#[must_use]
pub fn band_centres() -> [f32; NOISE_BANDS] {
    let edges = band_edges();
    std::array::from_fn(|band| edges[band + 1])
}

/// Share of the spectrum up to Nyquist that each band covers, in dB (negative): a band's level less this is its power
/// spectral density.
#[must_use]
pub fn fraction_db() -> [f32; NOISE_BANDS] {
    let edges = band_edges();
    std::array::from_fn(|band| 10.0 * ((edges[band + 2] - edges[band]) / ANALYSIS_RATE as f32).log10())
}

/// Where a frequency lies between two band centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandPosition {
    /// The lower of two neighbouring bands, at most `NOISE_BANDS - 2`.
    pub band: usize,
    /// Weight 0..1 of the upper of the two.
    pub upper: f32,
}

impl BandPosition {
    /// The position of `hz`; frequencies beyond the outermost centres take the outermost band alone.
    #[must_use]
    pub fn of(hz: f32) -> Self {
        let (low, high) = (mel(LOWEST_HZ), mel(HIGHEST_HZ));
        let step = (high - low) / (NOISE_BANDS + 1) as f32;
        let position = ((mel(hz) - low) / step - 1.0).clamp(0.0, (NOISE_BANDS - 1) as f32);
        let band = (position as usize).min(NOISE_BANDS - 2);
        Self { band, upper: position - band as f32 }
    }

    /// The power spectral density in dB at this frequency, from the densities in dB of all bands.
    #[must_use]
    pub fn read(self, density_db: &[f32; NOISE_BANDS]) -> f32 {
        let (low, high) = (density_db[self.band], density_db[self.band + 1]);
        low + self.upper * (high - low)
    }
}

/// Measures the noise bands of a note at every frame.
pub(super) struct NoiseMeter {
    windows: [(Stft, MelBank); WINDOWS.len()],
}

impl NoiseMeter {
    pub(super) fn new() -> Self {
        let range = (LOWEST_HZ, HIGHEST_HZ);
        let bank = |window| MelBank::new(NOISE_BANDS, window, ANALYSIS_RATE as f32, range, Norm::Mean);
        Self { windows: WINDOWS.map(|window| (Stft::new(window), bank(window))) }
    }

    /// Levels in dB at a frame, scaled by the part of the window that lies within the note: a noise that begins with the
    /// note has its full level in the first frame, and nothing before it.
    pub(super) fn measure(&mut self, residual: &[f32], frame: usize) -> [f32; NOISE_BANDS] {
        let centre = frame * ANALYSIS_HOP;
        let (stft, bank) = &mut self.windows[frame.min(WINDOWS.len() - 1)];
        let energy = stft.energy_within(centre, residual.len()).max(1.0);
        let spectrum = stft.centred(residual, centre);
        let power: Vec<f32> = spectrum.iter().map(|bin| bin.norm_sqr() / energy).collect();
        let mut bands = [0.0; NOISE_BANDS];
        bank.apply(&power, &mut bands);
        let fractions = fraction_db();
        std::array::from_fn(|band| (10.0 * bands[band].log10() + fractions[band]).max(SILENCE_DB))
    }
}

/// The samples through a Butterworth high-pass of second order at [`SUBSONIC_HZ`].
pub(super) fn without_subsonics(samples: &[f32]) -> Vec<f32> {
    let tangent = (std::f64::consts::PI * SUBSONIC_HZ / f64::from(ANALYSIS_RATE)).tan();
    let (damping, square) = (std::f64::consts::SQRT_2 * tangent, tangent * tangent);
    let gain = 1.0 / (1.0 + damping + square);
    let feedback = [2.0 * (square - 1.0) * gain, (1.0 - damping + square) * gain];
    // Transposed direct form II.
    let mut state = [0.0; 2];
    let filtered = samples.iter().map(|&sample| {
        let input = f64::from(sample) * gain;
        let out = input + state[0];
        state = [state[1] - 2.0 * input - feedback[0] * out, input - feedback[1] * out];
        out as f32
    });
    filtered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_white_noise_sum_to_almost_all_its_power() {
        let sum: f32 = fraction_db().iter().map(|db| 10.0_f32.powf(db / 10.0)).sum();
        let db = 10.0 * sum.log10();
        assert!((-1.0..-0.9).contains(&db), "{db}");
    }

    #[test]
    fn a_centre_reads_its_own_band_and_the_ends_are_held() {
        let density: [f32; NOISE_BANDS] = std::array::from_fn(|band| -(band as f32));
        for (band, centre) in band_centres().into_iter().enumerate() {
            let read = BandPosition::of(centre).read(&density);
            assert!((read - density[band]).abs() < 1e-2, "band {band} reads {read}");
        }
        assert_eq!(BandPosition::of(0.0).read(&density), 0.0);
        assert_eq!(BandPosition::of(24_000.0).read(&density), -47.0);
    }

    #[test]
    fn white_noise_is_flat_at_zero_db_from_the_first_frame_on() {
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        // Uniform noise of width sqrt(12) has variance 1.
        let noise: Vec<f32> = (0..240_000).map(|_| uniform() * 12.0_f32.sqrt()).collect();
        let mut meter = NoiseMeter::new();
        let total = |levels: [f32; NOISE_BANDS]| levels.iter().map(|db| 10.0_f32.powf(db / 10.0)).sum::<f32>();
        let mean = (0..400).map(|frame| total(meter.measure(&noise, frame * 2))).sum::<f32>() / 400.0;
        assert!((10.0 * mean.log10() + 0.95).abs() < 0.2, "{mean}");
        let onsets = (0..100).map(|start| total(meter.measure(&noise[start * 2_000..][..2_000], 0)));
        let mean = onsets.sum::<f32>() / 100.0;
        assert!((10.0 * mean.log10() + 0.95).abs() < 0.4, "{mean}");
    }

    #[test]
    fn an_offset_is_no_noise() {
        let offset = vec![0.1; 48_000];
        let loudest = |samples: &[f32]| {
            let levels = NoiseMeter::new().measure(samples, 100);
            levels.into_iter().fold(f32::MIN, f32::max)
        };
        assert!(loudest(&offset) > -60.0 && loudest(&without_subsonics(&offset)) < -100.0);
        let tone: Vec<f32> = (0..48_000).map(|i| (i as f32 * 100.0 * std::f32::consts::TAU / 48e3).sin()).collect();
        let (before, after) = (loudest(&tone), loudest(&without_subsonics(&tone)));
        assert!((before - after).abs() < 0.1, "{before} {after}");
    }
}
