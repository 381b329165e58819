//! Zither: an instrument that plays a latent space, as CLAP, VST3 and standalone.
//!
//! Rooms, from the ground up; an arrow only ever points down (`tests/layers.rs` holds them, `docs/architecture.md`
//! explains them): [`dsp`], [`analysis`], [`model`], [`synth`], [`media`], [`browser`], [`train`], then the plugin
//! rooms behind the feature `plugin`, and [`cli`] for the companion command.

pub mod analysis;
pub mod browser;
pub mod cli;
pub mod dsp;
pub mod media;
pub mod model;
pub mod synth;
pub mod train;
