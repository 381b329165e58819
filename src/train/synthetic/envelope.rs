//! Attack, decay, sustain, release, as exponentials.

use super::strike::{RATE, Strike};

/// Neper that 60 dB are.
const NEPER_60_DB: f32 = 6.907_755;
/// What an attack aims at; it ends at 1.
const AIM: f32 = 1.2;

/// Times in seconds: of the attack until it reaches its end, of decay and release to come 60 dB nearer to theirs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adsr {
    pub(super) attack: f32,
    pub(super) decay: f32,
    pub(super) sustain: f32,
    pub(super) release: f32,
}

/// An envelope on its way.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    level: f32,
    rising: bool,
    held: usize,
    rise: f32,
    fall: f32,
    sustain: f32,
    release: f32,
}

impl Adsr {
    /// The same with decay and release that get shorter by `per_octave` (a factor) towards high notes.
    pub(super) fn scaled(self, strike: &Strike, per_octave: f32) -> Self {
        let factor = per_octave.powf(strike.octave);
        Self { decay: self.decay * factor, release: self.release * factor.min(1.0), ..self }
    }

    pub(super) fn start(&self, strike: &Strike) -> Envelope {
        let share = |rate: f32| 1.0 - (-rate).exp();
        Envelope {
            level: 0.0,
            rising: true,
            held: strike.hold,
            rise: share((AIM / (AIM - 1.0)).ln() / (self.attack.max(5e-4) * RATE)),
            fall: share(NEPER_60_DB / (self.decay.max(1e-3) * RATE)),
            sustain: self.sustain,
            release: (-NEPER_60_DB / (self.release.max(5e-3) * RATE)).exp(),
        }
    }
}

impl Envelope {
    /// The next sample, 0 to 1.
    pub(super) fn next(&mut self) -> f32 {
        if self.held == 0 {
            self.level *= self.release;
            return self.level;
        }
        self.held -= 1;
        if self.rising {
            self.level += (AIM - self.level) * self.rise;
            if self.level >= 1.0 {
                (self.level, self.rising) = (1.0, false);
            }
        } else {
            self.level += (self.sustain - self.level) * self.fall;
        }
        self.level
    }
}

/// Factor per sample of a fall by 60 dB in so many seconds.
pub(super) fn decay_factor(seconds: f32) -> f32 {
    (-NEPER_60_DB / (seconds.max(1e-3) * RATE)).exp()
}
