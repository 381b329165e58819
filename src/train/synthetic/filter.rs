//! Filters that may be moved while they sound.

use super::strike::RATE;

/// A two-pole state-variable filter by trapezoidal integration (Zavalishin, "The Art of VA Filter Design", 4).
#[derive(Clone, Debug, Default)]
pub(super) struct StateVariable {
    band: f32,
    low: f32,
    gain: f32,
    damping: f32,
    scale: f32,
}

impl StateVariable {
    pub(super) fn new(hz: f32, q: f32) -> Self {
        let mut filter = Self::default();
        filter.set(hz, q);
        filter
    }

    /// Moves it without touching what sounds in it.
    pub(super) fn set(&mut self, hz: f32, q: f32) {
        self.gain = (std::f32::consts::PI * hz.clamp(15.0, 0.45 * RATE) / RATE).tan();
        self.damping = q.max(0.3).recip();
        self.scale = (1.0 + self.gain * (self.gain + self.damping)).recip();
    }

    /// Low-passed, band-passed (0 dB at its centre) and high-passed.
    pub(super) fn next(&mut self, input: f32) -> [f32; 3] {
        let high = (input - (self.damping + self.gain) * self.band - self.low) * self.scale;
        let band = self.gain * high + self.band;
        let low = self.gain * band + self.low;
        self.band = self.gain * high + band;
        self.low = self.gain * band + low;
        [low, self.damping * band, high]
    }

    pub(super) fn low(&mut self, input: f32) -> f32 {
        self.next(input)[0]
    }

    pub(super) fn band(&mut self, input: f32) -> f32 {
        self.next(input)[1]
    }
}

/// A one-pole low-pass.
#[derive(Clone, Debug)]
pub(super) struct OnePole {
    share: f32,
    value: f32,
}

impl OnePole {
    pub(super) fn new(hz: f32) -> Self {
        Self { share: 1.0 - (-std::f32::consts::TAU * hz.min(0.45 * RATE) / RATE).exp(), value: 0.0 }
    }

    pub(super) fn low(&mut self, input: f32) -> f32 {
        self.value += self.share * (input - self.value);
        self.value
    }

    pub(super) fn high(&mut self, input: f32) -> f32 {
        input - self.low(input)
    }
}
