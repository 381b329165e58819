//! Zither: an instrument that plays a latent space, as CLAP, VST3 and standalone.
//!
//! Rooms, from the ground up; an arrow only ever points down (`tests/layers.rs` holds them, `docs/architecture.md`
//! explains them): [`dsp`], [`analysis`], [`model`], [`synth`], [`media`], [`browser`], [`train`], then the plugin
//! rooms behind the feature `plugin`, and [`cli`] for the companion command.

pub mod analysis;
#[cfg(feature = "plugin")]
pub mod bridge;
pub mod browser;
pub mod cli;
pub mod dsp;
#[cfg(feature = "plugin")]
pub mod editor;
pub mod media;
pub mod model;
#[cfg(feature = "plugin")]
pub mod params;
#[cfg(feature = "plugin")]
pub mod plugin;
pub mod rights;
pub mod synth;
pub mod train;

#[cfg(feature = "plugin")]
pub use plugin::entry::clap_entry;
#[cfg(feature = "plugin")]
pub use vst3_entry::*;

/// What a VST3 host looks for in the library.
#[cfg(feature = "plugin")]
#[allow(missing_docs, clippy::undocumented_unsafe_blocks, reason = "written by the framework's macro")]
mod vst3_entry {
    use crate::plugin::Vst3Instrument;

    nice_plug::nice_export_vst3!(Vst3Instrument);
}
