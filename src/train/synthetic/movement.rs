//! What moves in a held note.

use super::draw::log_between;
use crate::train::random::Random;

/// A sine that sets in after a while: vibrato in cents, tremolo in dB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Swing {
    hz: f32,
    depth: f32,
    delay: f32,
    phase: f32,
}

impl Swing {
    /// None.
    pub(super) const STILL: Self = Self { hz: 1.0, depth: 0.0, delay: 0.0, phase: 0.0 };

    /// A player's, of up to `deepest`.
    pub(super) fn draw(random: &mut Random, deepest: f32, latest: f32) -> Self {
        Self {
            hz: random.between(4.2, 7.2),
            depth: log_between(random, 0.1 * deepest, deepest),
            delay: random.between(0.0, latest),
            phase: random.uniform(),
        }
    }

    /// A slow one, as of drifting voices.
    pub(super) fn slow(random: &mut Random, deepest: f32) -> Self {
        Self { hz: log_between(random, 0.2, 2.5), depth: deepest * random.uniform(), ..Self::draw(random, 1.0, 0.0) }
    }

    /// The same with another start: no two notes begin at the same point of it.
    pub(super) fn started(self, random: &mut Random) -> Self {
        Self { phase: random.uniform(), ..self }
    }

    /// Its value at a time in seconds.
    pub(super) fn at(&self, time: f32) -> f32 {
        let onset = ((time - self.delay) / 0.35).clamp(0.0, 1.0);
        self.depth * onset * onset * (std::f32::consts::TAU * (self.hz * time + self.phase)).sin()
    }
}
