//! One period of a tone, made of just those harmonics that fit below the Nyquist frequency: no aliasing whatever the
//! waveform.

use std::sync::OnceLock;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner};

use super::strike::{HIGHEST_HZ, RATE};

/// Samples of a period, as a power of two.
const BITS: u32 = 12;
const SIZE: usize = 1 << BITS;

/// A period, read with linear interpolation. A phase runs over all of `u32` in one period.
#[derive(Clone, Debug)]
pub(super) struct Wavetable(Vec<f32>);

impl Wavetable {
    /// A tone on `hz` whose harmonic `n` (from 1) at the given frequency has the amplitude `amplitude(n, hz)`. Its RMS
    /// is 1 unless it is silent.
    pub(super) fn new(hz: f32, amplitude: impl Fn(usize, f32) -> f32) -> Self {
        static INVERSE: OnceLock<std::sync::Arc<dyn ComplexToReal<f32>>> = OnceLock::new();
        let inverse = INVERSE.get_or_init(|| RealFftPlanner::new().plan_fft_inverse(SIZE));
        let count = ((HIGHEST_HZ / hz) as usize).min(SIZE / 4);
        let mut spectrum = vec![Complex32::default(); SIZE / 2 + 1];
        let mut power = 0.0;
        for (n, line) in spectrum.iter_mut().enumerate().take(count + 1).skip(1) {
            let amplitude = amplitude(n, n as f32 * hz);
            // Sines, as in a sawtooth.
            *line = Complex32::new(0.0, -0.5 * amplitude);
            power += 0.5 * amplitude * amplitude;
        }
        let mut table = vec![0.0; SIZE];
        inverse.process(&mut spectrum, &mut table).expect("the lengths agree");
        let scale = f32::max(power, 1e-12).sqrt().recip();
        table.iter_mut().for_each(|value| *value *= scale);
        table.push(table[0]);
        Self(table)
    }

    /// The tone at a phase.
    pub(super) fn read(&self, phase: u32) -> f32 {
        let index = (phase >> (32 - BITS)) as usize;
        let between = (phase << BITS) as f32 * (0.5_f32).powi(32);
        let pair: &[f32; 2] = self.0[index..].first_chunk().expect("the first sample stands at the end again");
        pair[0] + between * (pair[1] - pair[0])
    }
}

/// Phase by which a tone on `hz` moves on in a sample.
pub(super) fn increment(hz: f32) -> u32 {
    (f64::from(hz) / f64::from(RATE) * 4_294_967_296.0) as u32
}

/// A random phase or any other 32 bits.
pub(super) fn phase(random: &mut crate::train::random::Random) -> u32 {
    (random.bits() >> 32) as u32
}
