//! What a tone shows of itself.

use super::{OCTAVES_PER_CENT, Tone};
use crate::analysis::frames::SILENCE_DB;
use crate::dsp::kernel::{DECIBELS_TO_OCTAVES, exp2};
use crate::synth::scene::Spectrum;

/// A sine of amplitude 1 has half the power of noise of variance 1.
const SINE_DB: f32 = 3.01;

impl Tone {
    /// Writes what it is made of at fundamental `hz`, `gain` louder than it comes out here. Unison copies lie within a
    /// quarter tone and are not told apart.
    pub(in crate::synth) fn show(&self, hz: f32, gain: f32, spectrum: &mut Spectrum) {
        let gain_db = 20.0 * gain.max(1e-9).log10();
        let base = hz * exp2(self.cents[1] * OCTAVES_PER_CENT);
        for (slot, (hz, level)) in spectrum.hz.iter_mut().zip(&mut spectrum.partial_db).enumerate() {
            *hz = base * self.ratios[slot];
            *level = (20.0 * self.next_amplitude[slot].max(1e-9).log10() + gain_db).max(SILENCE_DB);
        }
        let densities = self.density.iter().zip(&self.format.to_density);
        for (level, (density, to_density)) in spectrum.noise_db.iter_mut().zip(densities) {
            *level = (density / DECIBELS_TO_OCTAVES - to_density + SINE_DB + gain_db).max(SILENCE_DB);
        }
    }
}
