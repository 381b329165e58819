//! Random changes to a note that make another instrument of it: the same for what the encoder hears and what the
//! decoder has to say.

use super::random::Random;
use crate::analysis::frames::{NOISE_BANDS, PARTIALS, pitch_hz, slot_ratio};
use crate::analysis::noise::band_centres;

/// One instrument's change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Augmentation {
    /// Tilt of the spectrum about 800 Hz, dB per octave.
    tilt: f32,
    /// Centre in Hz, gain in dB and width in octaves of a wide bump.
    bump: (f32, f32, f32),
    /// Gain of the even harmonics in dB, 0 or less.
    even: f32,
    /// Gain of the noise in dB.
    noise: f32,
    /// How many times faster the envelope runs while the note is held.
    pub speed: f32,
}

impl Augmentation {
    /// The change that changes nothing.
    pub const NONE: Self = Self { tilt: 0.0, bump: (1_000.0, 0.0, 1.0), even: 0.0, noise: 0.0, speed: 1.0 };
    /// Least and most gain of the tilt.
    const TILT_LIMIT_DB: f32 = 18.0;

    /// Draws a change; `strength` 1 is full.
    #[must_use]
    pub fn draw(random: &mut Random, strength: f32) -> Self {
        let mut normal = |deviation: f32| random.normal() * deviation * strength;
        let (tilt, gain, noise, speed, even) = (normal(2.0), normal(3.0), normal(2.0), normal(0.25), normal(5.0));
        let bump = (random.between(200.0_f32.ln(), 6_000.0_f32.ln()).exp(), gain, random.between(0.5, 1.5));
        let even = if random.chance(0.3) { -even.max(0.0) } else { 0.0 };
        Self { tilt, bump, even, noise, speed: speed.exp() }
    }

    /// Gains of a note's partials in dB.
    #[must_use]
    pub fn partial_gains(&self, pitch: f32) -> [f32; PARTIALS] {
        let fundamental = pitch_hz(pitch);
        std::array::from_fn(|k| {
            let even = if slot_ratio(k) % 2.0 == 0.0 { self.even } else { 0.0 };
            self.equaliser(fundamental * slot_ratio(k)) + even
        })
    }

    /// Gains of the noise bands in dB.
    #[must_use]
    pub fn noise_gains(&self) -> [f32; NOISE_BANDS] {
        band_centres().map(|hz| self.equaliser(hz) + self.noise)
    }

    fn equaliser(&self, hz: f32) -> f32 {
        let (centre, gain, width) = self.bump;
        let tilt = (self.tilt * (hz / 800.0).log2()).clamp(-Self::TILT_LIMIT_DB, Self::TILT_LIMIT_DB);
        let distance = (hz / centre).log2() / width;
        tilt + gain * (-0.5 * distance * distance).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_changes_nothing() {
        assert_eq!(Augmentation::NONE.partial_gains(60.0), [0.0; PARTIALS]);
        assert_eq!(Augmentation::NONE.noise_gains(), [0.0; NOISE_BANDS]);
        assert_eq!(Augmentation::draw(&mut Random::new(1, 1), 0.0).partial_gains(48.0), [0.0; PARTIALS]);
    }

    #[test]
    fn a_tilt_raises_the_octave_above_by_its_own_amount() {
        let tilted = Augmentation { tilt: 3.0, ..Augmentation::NONE };
        let gains = tilted.partial_gains(60.0);
        assert!((gains[1] - gains[0] - 3.0).abs() < 1e-4 && (gains[3] - gains[1] - 3.0).abs() < 1e-4);
    }
}
