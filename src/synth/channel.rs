//! What a MIDI channel tells all its notes.

use super::event::Expression;

/// State of one channel; all values sane (see [`Channel`]'s fields).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Channel {
    /// Pitch bend, -1..1 of the range.
    pub(super) bend: f32,
    /// Pressure, 0..1.
    pub(super) pressure: f32,
    /// Modulation wheel, 0..1.
    pub(super) wheel: f32,
    /// Timbre, -1..1, 0 neutral.
    pub(super) timbre: f32,
    /// Whether the sustain pedal is down.
    pub(super) sustain: bool,
}

/// Per-note expressions; all values sane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoteExpressions {
    /// Semitones.
    pub(super) tuning: f32,
    /// Linear gain 0..4.
    pub(super) volume: f32,
    /// -1..1.
    pub(super) pan: f32,
    /// -1..1, 0 neutral.
    pub(super) brightness: f32,
    /// 0..1.
    pub(super) pressure: f32,
    /// 0..1.
    pub(super) vibrato: f32,
}

impl NoteExpressions {
    /// Nothing expressed.
    pub(super) const NEUTRAL: Self =
        Self { tuning: 0.0, volume: 1.0, pan: 0.0, brightness: 0.0, pressure: 0.0, vibrato: 0.0 };

    /// Takes a value in the event's unit, brought into its range.
    pub(super) fn set(&mut self, expression: Expression, value: f32) {
        match expression {
            Expression::Tuning => self.tuning = sane(value, -120.0, 120.0, 0.0),
            Expression::Volume => self.volume = sane(value, 0.0, 4.0, 1.0),
            Expression::Pan => self.pan = sane(value, -1.0, 1.0, 0.0),
            Expression::Brightness => self.brightness = 2.0 * sane(value, 0.0, 1.0, 0.5) - 1.0,
            Expression::Pressure => self.pressure = sane(value, 0.0, 1.0, 0.0),
            Expression::Vibrato => self.vibrato = sane(value, 0.0, 1.0, 0.0),
        }
    }
}

/// `value` within `low..=high`; what is no number becomes `neutral`.
pub(super) fn sane(value: f32, low: f32, high: f32, neutral: f32) -> f32 {
    if value.is_nan() { neutral } else { value.clamp(low, high) }
}
