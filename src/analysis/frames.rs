//! What the analysis of one note yields, and what the decoder predicts: the common currency of the sound model.

use crate::dsp::kernel::exp2;

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

/// A movement of a whole note to and fro: a sine that sets in after a while.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Swing {
    /// Largest deviation, 0 or more; the unit is that of what swings.
    pub depth: f32,
    /// Periods per second.
    pub hz: f32,
    /// Time after note-on at which half the depth is reached, in seconds.
    pub delay_s: f32,
}

/// How a held note lives: what moves by itself about the course that its frames describe. Static for the whole note.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Of the pitch, in cents.
    pub vibrato: Swing,
    /// Of all levels together, in dB.
    pub tremolo: Swing,
    /// Slow, independent swing of each partial's level: largest deviation in dB, as of beating.
    pub sway_db: [f32; PARTIALS],
    /// Periods per second of each partial's sway.
    pub sway_hz: [f32; PARTIALS],
}

impl Motion {
    /// A note that stands still.
    pub const STILL: Self = Self {
        vibrato: Swing { depth: 0.0, hz: 5.0, delay_s: 0.0 },
        tremolo: Swing { depth: 0.0, hz: 5.0, delay_s: 0.0 },
        sway_db: [0.0; PARTIALS],
        sway_hz: [1.0; PARTIALS],
    };
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

/// Equal-tempered frequency of a MIDI pitch in Hz, to the same bits on every machine.
#[must_use]
pub fn pitch_hz(pitch: f32) -> f32 {
    440.0 * exp2((pitch - 69.0) / 12.0)
}

/// Multiple of the fundamental that slot `slot` (from 0) is named after: 1, 2, 3 ... 61 and then [`BETWEEN`].
#[must_use]
pub const fn slot_ratio(slot: usize) -> f32 {
    if slot + BETWEEN.len() < PARTIALS { (slot + 1) as f32 } else { BETWEEN[slot + BETWEEN.len() - PARTIALS] }
}
