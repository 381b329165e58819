//! A point of the latent space.

/// Number of latents of the architecture `knot-vae-1`.
pub const LATENTS: usize = 16;

/// A point of the latent space, in the model's own coordinates (unit-variance prior).
///
/// The parameters `Latent 1..16` of the plugin run over -1..1 and reach this space through the model's
/// per-latent centre and range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latent(pub [f32; LATENTS]);
