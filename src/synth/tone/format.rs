//! What depends on the sample rate alone.

use std::sync::Arc;

use crate::analysis::frames::{NOISE_BANDS, PARTIALS, slot_ratio};
use crate::analysis::noise::{band_centres, fraction_db};
use crate::dsp::level::Level;
use crate::dsp::mel::mel;
use crate::dsp::noise::NoiseBands;

/// Frames per second: the analysis' own, so that at 48 kHz frames fall on the same samples.
pub const FRAME_RATE: f32 = 200.0;
/// The tilt of brightness turns about this frequency, in Hz, and acts this many octaves to either side of it.
const TILT_CENTRE_HZ: f32 = 1_000.0;
const TILT_OCTAVES: (f32, f32) = (-5.0, 4.5);

/// What depends on the sample rate alone: made once (it allocates), shared by all tones.
#[derive(Clone)]
pub struct ToneFormat {
    pub(super) rate: f32,
    pub(super) hop: usize,
    pub(super) level: Level,
    pub(super) bands: Arc<NoiseBands>,
    /// What turns a band's level in dB into the density that [`crate::dsp::noise::Noise`] takes, in dB.
    pub(super) to_density: [f32; NOISE_BANDS],
    pub(super) band_octaves: [f32; NOISE_BANDS],
    pub(super) slot_ratios: [f32; PARTIALS],
    pub(super) slot_octaves: [f32; PARTIALS],
}

impl ToneFormat {
    /// The format for `rate` samples a second.
    #[must_use]
    pub fn new(rate: f32) -> Self {
        Self::at_level(rate, Level::detect())
    }

    /// The same, made by the kernels of `level`: to the same bits, and slower than need be.
    #[must_use]
    pub fn at_level(rate: f32, level: Level) -> Self {
        let hop = (rate / FRAME_RATE).round().max(1.0) as usize;
        let centres = band_centres();
        let bands = Arc::new(NoiseBands::new(level, rate, hop, &centres, mel));
        // White noise of variance 1 at 48 kHz has a density of 1/24000 per hertz.
        let to_density = fraction_db().map(|fraction| -fraction - 10.0 * 24_000.0_f32.log10());
        let band_octaves = centres.map(|hz| tilt_octaves(hz.log2()));
        let slot_ratios = std::array::from_fn(slot_ratio);
        let slot_octaves = slot_ratios.map(f32::log2);
        Self { rate, hop, level, bands, to_density, band_octaves, slot_ratios, slot_octaves }
    }

    /// Samples between two frames.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// The processor level whose kernels make the sound.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> f32 {
        self.rate
    }
}

/// Octaves above the centre of the tilt as far as it acts.
pub(super) fn tilt_octaves(log2_hz: f32) -> f32 {
    (log2_hz - TILT_CENTRE_HZ.log2()).clamp(TILT_OCTAVES.0, TILT_OCTAVES.1)
}
