//! The axes on which music is compared: time in ticks, frequency in steps of a logarithmic scale.
//!
//! On these axes a change of pitch is a shift and a change of tempo a scaling, so one analysis serves every hypothesis.

/// Samples per second of everything that is analysed.
pub const RATE: u32 = 16_000;
/// Samples of an analysis window (128 ms).
pub const WINDOW: usize = 2_048;
/// Samples between two windows (16 ms).
pub const HOP: usize = 256;
/// Windows per second.
pub const FRAMES_PER_SECOND: f32 = RATE as f32 / HOP as f32;

/// Ticks per frame: peaks are placed between frames.
pub const TICKS_PER_FRAME: u32 = 2;
/// Ticks per second: 125, one every 8 ms.
pub const TICKS_PER_SECOND: u32 = RATE * TICKS_PER_FRAME / HOP as u32;

/// Frequency of row 0 and step 0, in Hz.
pub const LOWEST_HZ: f32 = 110.0;
/// Octaves from the lowest row to the highest (7 kHz).
pub const OCTAVES: usize = 6;
/// Rows of the spectrogram per octave.
pub const ROWS_PER_OCTAVE: usize = 60;
/// Rows of the spectrogram.
pub const ROWS: usize = OCTAVES * ROWS_PER_OCTAVE;
/// Steps per row: peaks are placed between rows.
pub const STEPS_PER_ROW: usize = 2;
/// Steps per octave (a step is 10 cents).
pub const STEPS_PER_OCTAVE: usize = ROWS_PER_OCTAVE * STEPS_PER_ROW;
/// Steps of the frequency axis.
pub const STEPS: usize = ROWS * STEPS_PER_ROW;

/// The frequency of a place on the axis of rows, in Hz.
#[must_use]
pub fn row_hz(row: f32) -> f32 {
    LOWEST_HZ * (row / ROWS_PER_OCTAVE as f32).exp2()
}

/// Ticks to seconds.
#[must_use]
pub fn seconds(ticks: f64) -> f64 {
    ticks / f64::from(TICKS_PER_SECOND)
}
