//! What the analysis of one note yields, and what the decoder predicts: the common currency of the sound model.

/// Sinusoidal slots per note. Slot `k` (from 0) lies near [`slot_ratio`]`(k)` times the fundamental.
pub const PARTIALS: usize = 64;
/// Slots that lie below or between the first harmonics, the last of all: organ stops, sub-octaves, hum tones.
pub const BETWEEN: [f32; 3] = [0.25, 0.5, 1.5];
/// Mel-spaced noise bands between 20 Hz and 20 kHz.
pub const NOISE_BANDS: usize = 48;
/// Rate at which notes are analysed, in Hz. Files at other rates are resampled first.
pub const ANALYSIS_RATE: u32 = 48_000;
/// Distance of two analysis frames, in samples at [`ANALYSIS_RATE`] (200 frames a second).
pub const ANALYSIS_HOP: usize = 240;
/// Level that stands for silence, in dB.
pub const SILENCE_DB: f32 = -140.0;

/// The state of a note at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Peak amplitude of each partial in dB re full scale.
    pub partial_db: [f32; PARTIALS],
    /// Power of the noise in each band in dB re full scale (white noise of variance 1 at 48 kHz sums to 0 dB).
    pub noise_db: [f32; NOISE_BANDS],
    /// Deviation of the pitch at this moment from the note's static slot frequencies, in cents.
    pub cents: f32,
}

impl Frame {
    /// A frame in which nothing sounds.
    pub const SILENT: Self =
        Self { partial_db: [SILENCE_DB; PARTIALS], noise_db: [SILENCE_DB; NOISE_BANDS], cents: 0.0 };
}

/// Where the slots of a note lie: static for the whole note.
#[derive(Clone, Debug, PartialEq)]
pub struct Slots {
    /// Deviation of slot `k` from `slot_ratio(k) * f0` in cents, where `f0` is the equal-tempered frequency of the nominal
    /// pitch (A4 = 440 Hz). Holds tuning offset and inharmonicity alike.
    pub cents: [f32; PARTIALS],
    /// Whether the slot lies below 0.46 of the analysis rate.
    pub in_band: [bool; PARTIALS],
}

/// One analysed note.
#[derive(Clone, Debug)]
pub struct NoteFrames {
    /// Nominal MIDI pitch (69 = A4), not rounded.
    pub pitch: f32,
    /// Static slot frequencies.
    pub slots: Slots,
    /// Frames at [`ANALYSIS_HOP`], the first centred on sample 0 (the note-on).
    pub frames: Vec<Frame>,
}

/// Equal-tempered frequency of a MIDI pitch in Hz.
#[must_use]
pub fn pitch_hz(pitch: f32) -> f32 {
    440.0 * ((pitch - 69.0) / 12.0).exp2()
}

/// Multiple of the fundamental that slot `slot` (from 0) is named after: 1, 2, 3 ... 61 and then [`BETWEEN`].
#[must_use]
pub const fn slot_ratio(slot: usize) -> f32 {
    if slot + BETWEEN.len() < PARTIALS { (slot + 1) as f32 } else { BETWEEN[slot + BETWEEN.len() - PARTIALS] }
}
