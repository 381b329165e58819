//! What an engine shows of itself: the voices that sound, and what the newest of them is made of. Nothing is computed for
//! it: these are the numbers that the sound is made from.

use super::allocator::VOICES;
use crate::analysis::frames::{NOISE_BANDS, PARTIALS, SILENCE_DB};
use crate::analysis::noise::band_centres;
use crate::model::latent::LATENTS;

/// What sounds at one moment. Some 6 KB; filled by the audio thread, read by the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    voices: [VoiceView; VOICES],
    count: usize,
    /// The place of the newest voice among them.
    pub newest: usize,
    /// What that voice is made of.
    pub spectrum: Spectrum,
}

/// One voice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VoiceView {
    /// MIDI key.
    pub key: u8,
    /// Its key is down, or the pedal holds it.
    pub is_held: bool,
    /// 0..1.
    pub velocity: f32,
    /// Effective amplitude, before the output's gain.
    pub level: f32,
    /// How far it sounds above its key, in semitones: bend and slide, without transposition.
    pub bend: f32,
    /// How hard it is pressed: its own expression or its channel's, whichever is more; 0..1.
    pub pressure: f32,
    /// What slide and brightness expression make of its timbre, -1..1; 0 is neutral.
    pub timbre: f32,
    /// Its own place in the latent space, in the controls' unit, with its own modulation.
    pub latents: [f32; LATENTS],
}

/// Partials and noise of one voice, with all that is done to them on the way out. A level is that of a sine of the same
/// power, in dB re full scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Frequencies of the partials in Hz.
    pub hz: [f32; PARTIALS],
    /// Their levels, [`SILENCE_DB`] or more.
    pub partial_db: [f32; PARTIALS],
    /// Levels of the noise bands, [`SILENCE_DB`] or more.
    pub noise_db: [f32; NOISE_BANDS],
}

impl Spectrum {
    /// Centres of the noise bands in Hz.
    #[must_use]
    pub fn band_hz() -> [f32; NOISE_BANDS] {
        band_centres()
    }

    /// Nothing.
    pub const SILENT: Self =
        Self { hz: [0.0; PARTIALS], partial_db: [SILENCE_DB; PARTIALS], noise_db: [SILENCE_DB; NOISE_BANDS] };
}

impl Default for Scene {
    fn default() -> Self {
        Self { voices: [VoiceView::default(); VOICES], count: 0, newest: 0, spectrum: Spectrum::SILENT }
    }
}

impl Scene {
    /// The voices, in no order that means anything.
    #[must_use]
    pub fn voices(&self) -> &[VoiceView] {
        &self.voices[..self.count]
    }

    /// The newest voice.
    #[must_use]
    pub fn newest(&self) -> Option<&VoiceView> {
        self.voices().get(self.newest)
    }

    /// Begins anew with no voice; the spectrum stays until it is written.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// One voice more; those beyond [`VOICES`] are left out.
    pub fn add(&mut self, voice: VoiceView) {
        if let Some(place) = self.voices.get_mut(self.count) {
            *place = voice;
            self.count += 1;
        }
    }
}
