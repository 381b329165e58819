//! The note-level variational autoencoder: weights on disk, the encoder, and the decoder that runs in the callback.
//!
//! [`Model`] is made off the audio thread. On it run only [`Decoder`] (shared, immutable) and [`Contour`] (one per
//! voice), neither of which allocates or fails.

pub mod architecture;
mod contour;
mod decoder;
mod encoder;
mod file;
pub(crate) mod kernel;
pub mod latent;
pub mod motion;
mod reference;
pub mod sketch;
pub mod transfer;
pub mod weights;

use std::sync::{Arc, OnceLock};

pub use contour::{Ahead, Contour, Timbre};
pub use decoder::Decoder;
pub use encoder::{Encoder, SLOT_LIMIT, above_floor};
pub use file::{MAX_FILE_BYTES, ModelError};
use latent::{Latent, LatentSpace};
pub use reference::ModelReference;
use serde::{Deserialize, Serialize};
use weights::Weights;

/// The file of the model that is built in.
static FACTORY_BYTES: &[u8] = include_bytes!("../models/factory.safetensors");

/// A trained model, ready to play.
pub struct Model {
    /// Where the model comes from.
    pub card: Card,
    /// How the player's controls reach the latent space.
    pub space: LatentSpace,
    /// From latents to sound; for any thread.
    pub decoder: Decoder,
    /// From sound to latents; not for the audio thread.
    pub encoder: Encoder,
    /// The instruments that the model was trained on.
    pub instruments: Vec<Instrument>,
    weights: Weights,
}

/// What a model file says about its origin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Name of the model.
    pub name: String,
    /// Rate at which the training notes were analysed, in Hz.
    pub sample_rate: u32,
    /// What the model was trained on.
    pub training_data: String,
    /// Licence of the model file.
    pub licence: String,
    /// Seed of the training run.
    pub seed: u64,
    /// Command that trained it.
    pub command: String,
    /// Measured figures by name.
    pub figures: std::collections::BTreeMap<String, f64>,
}

/// An instrument of the training set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    /// Name of its folder, such as `piano_000_004` (family, bank, program).
    pub name: String,
    /// Name for people, such as `Electric Piano 1`.
    pub program: String,
    /// Mean over its long notes.
    pub latent: Latent,
}

impl Instrument {
    /// Family, bank and program, as the name tells them: `piano_000_004` is (`piano`, 0, 4).
    #[must_use]
    pub fn place(&self) -> Option<(&str, u16, u16)> {
        let mut parts = self.name.rsplitn(3, '_');
        let (program, bank, family) = (parts.next()?, parts.next()?, parts.next()?);
        Some((family, bank.parse().ok()?, program.parse().ok()?))
    }
}

/// The model that is built in, once somebody has loaded it.
static FACTORY: OnceLock<Arc<Model>> = OnceLock::new();

impl Model {
    /// Puts a model together. Weights are rounded to the half precision of the file, so that a model sounds the same
    /// before and after it is saved.
    #[must_use]
    pub fn new(card: Card, space: LatentSpace, mut weights: Weights, instruments: Vec<Instrument>) -> Self {
        file::round_to_half(&mut weights);
        let (decoder, encoder) = (Decoder::new(&weights), Encoder::new(&weights));
        Self { card, space, decoder, encoder, instruments, weights }
    }

    /// The model that is built into the program; loaded at the first call, which is not for the audio thread.
    #[must_use]
    pub fn factory() -> Arc<Self> {
        Arc::clone(FACTORY.get_or_init(|| Arc::new(Self::open_factory())))
    }

    /// The same, if it was loaded already: waits for nothing.
    #[must_use]
    pub fn factory_if_open() -> Option<Arc<Self>> {
        FACTORY.get().map(Arc::clone)
    }

    /// The same, loaded anew, for its owner alone.
    #[must_use]
    pub fn open_factory() -> Self {
        Self::from_bytes(FACTORY_BYTES).expect("the factory model was checked when it was built in")
    }

    /// All weights, as they stand in the file.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("card", &self.card).finish_non_exhaustive()
    }
}
