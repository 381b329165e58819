//! A point of the latent space, and the way from the player's controls to it.

use serde::{Deserialize, Serialize};

/// Number of latents of the architecture `knot-vae-2`.
pub const LATENTS: usize = 16;

/// A point of the latent space, in the model's own coordinates (unit-variance prior).
///
/// The parameters `Latent 1..16` of the plugin run over -1..1 and reach this space through the model's
/// per-latent centre and range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latent(pub [f32; LATENTS]);

/// The part of the latent space that the controls reach, and what its directions are called.
///
/// The directions are the principal axes of the trained instruments, the widest first; -1..1 covers all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatentSpace {
    /// The point that is reached with all controls at 0.
    pub centre: Latent,
    /// Distance per unit of a control, above 0.
    pub range: [f32; LATENTS],
    /// What each direction does; no name twice.
    pub names: [String; LATENTS],
}

impl Default for LatentSpace {
    fn default() -> Self {
        let names = std::array::from_fn(|i| format!("Colour {}", i + 1));
        Self { centre: Latent::default(), range: [2.0; LATENTS], names }
    }
}

impl LatentSpace {
    /// The point that `controls`, each -1..1, stand for. Allocates nothing.
    #[must_use]
    pub fn latent(&self, controls: &[f32; LATENTS]) -> Latent {
        Latent(std::array::from_fn(|i| self.centre.0[i] + self.range[i] * controls[i]))
    }

    /// The controls that give `latent`; outside -1..1 where the controls do not reach that far.
    #[must_use]
    pub fn controls(&self, latent: &Latent) -> [f32; LATENTS] {
        std::array::from_fn(|i| (latent.0[i] - self.centre.0[i]) / self.range[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_latents_are_inverse() {
        let space = LatentSpace {
            centre: Latent(std::array::from_fn(|i| i as f32 * 0.1)),
            range: std::array::from_fn(|i| 2.0 - i as f32 * 0.1),
            ..LatentSpace::default()
        };
        let controls = std::array::from_fn(|i| 1.0 - i as f32 * 0.125);
        let again = space.controls(&space.latent(&controls));
        assert!(controls.iter().zip(again).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
