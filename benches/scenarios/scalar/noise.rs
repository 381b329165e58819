//! Filtered noise: a random spectrum, an inverse transform, a window, an overlap.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner};
use zither::analysis::frames::NOISE_BANDS;
use zither::analysis::noise::{BandPosition, fraction_db};
use zither::dsp::random;

/// A spectrum whose loudest bin lies below this is not made.
const INAUDIBLE_DB: f32 = -138.5;

/// Transform, window and bands: one for all voices.
pub(crate) struct Bands {
    hop: usize,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    position: Vec<BandPosition>,
    /// Adds to a band's level to make it that of a bin's parts, in dB.
    to_bin_db: [f32; NOISE_BANDS],
}

impl Bands {
    pub(crate) fn new(rate: f32, hop: usize) -> Self {
        let length = 2 * hop;
        let bin_hz = rate / length as f32;
        // White noise of variance 1 at 48 kHz has a density of 1/24000 per hertz; even random parts in -1..1 have a mean
        // square of 2/3, and a bin of power p in a real signal has |X|^2 = p/2.
        let density = 10.0 * (0.75 * bin_hz / 24_000.0).log10();
        Self {
            hop,
            inverse: RealFftPlanner::new().plan_fft_inverse(length),
            window: (0..length).map(|n| (PI * (n as f32 + 0.5) / length as f32).sin()).collect(),
            position: (0..=hop).map(|bin| BandPosition::of(bin as f32 * bin_hz)).collect(),
            to_bin_db: fraction_db().map(|fraction| density - fraction),
        }
    }
}

/// The noise of one voice, as middle and side.
pub(crate) struct Noise {
    bands: Arc<Bands>,
    seed: u32,
    spectra: u32,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    block: Vec<f32>,
    hop: [Vec<f32>; 2],
    tail: [Vec<f32>; 2],
}

impl Noise {
    pub(crate) fn new(bands: Arc<Bands>) -> Self {
        let half = || [vec![0.0; bands.hop], vec![0.0; bands.hop]];
        Self {
            seed: 0,
            spectra: 0,
            spectrum: vec![Complex32::default(); bands.hop + 1],
            scratch: bands.inverse.make_scratch_vec(),
            block: vec![0.0; 2 * bands.hop],
            hop: half(),
            tail: half(),
            bands,
        }
    }

    pub(crate) fn start(&mut self, seed: u32, level_db: &[f32; NOISE_BANDS], side: f32) {
        (self.seed, self.spectra) = (seed, 0);
        self.tail.iter_mut().for_each(|tail| tail.fill(0.0));
        self.advance(level_db, side);
    }

    /// Makes the next hop; the levels, in dB, are those at its end.
    pub(crate) fn advance(&mut self, level_db: &[f32; NOISE_BANDS], side: f32) {
        for (hop, tail) in self.hop.iter_mut().zip(&mut self.tail) {
            std::mem::swap(hop, tail);
            tail.fill(0.0);
        }
        let bin_db: [f32; NOISE_BANDS] = std::array::from_fn(|band| level_db[band] + self.bands.to_bin_db[band]);
        if bin_db.iter().all(|&db| db < INAUDIBLE_DB) {
            return;
        }
        self.transform(&bin_db);
        self.lay(0, 1.0);
        if side != 0.0 {
            // Backwards, rotated and signed at random: the same spectrum, uncorrelated.
            let bits = random::hash(self.seed ^ 0x5349_4445, self.spectra);
            let from = (bits >> 1) as usize % self.block.len();
            self.block[..from].reverse();
            self.block[from..].reverse();
            self.lay(1, if bits & 1 == 0 { side } else { -side });
        }
    }

    /// A sample of the hop made last: middle and side.
    pub(crate) fn sample(&self, position: usize) -> (f32, f32) {
        (self.hop[0][position], self.hop[1][position])
    }

    fn transform(&mut self, bin_db: &[f32; NOISE_BANDS]) {
        let seed = random::hash(self.seed, self.spectra);
        self.spectra = self.spectra.wrapping_add(1);
        let last = self.spectrum.len() - 1;
        for (bin, out) in self.spectrum.iter_mut().enumerate() {
            let bits = random::hash(seed, bin as u32);
            let amplitude = 10.0_f32.powf(self.bands.position[bin].read(bin_db) / 20.0) / 32_768.0;
            *out = Complex32::new(f32::from(bits as i16) * amplitude, f32::from((bits >> 16) as i16) * amplitude);
        }
        (self.spectrum[0], self.spectrum[last]) = (Complex32::default(), Complex32::default());
        let done = self.bands.inverse.process_with_scratch(&mut self.spectrum, &mut self.block, &mut self.scratch);
        done.expect("the buffers are of the transform's own lengths");
    }

    fn lay(&mut self, channel: usize, gain: f32) {
        let hop = self.bands.hop;
        for n in 0..hop {
            self.hop[channel][n] += self.block[n] * self.bands.window[n] * gain;
            self.tail[channel][n] += self.block[hop + n] * self.bands.window[hop + n] * gain;
        }
    }
}
