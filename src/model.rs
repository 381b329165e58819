//! The note-level variational autoencoder: weights on disk, the encoder, and the decoder that runs in the callback.

pub mod latent;
