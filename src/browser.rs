//! Presets on disk.

pub mod preset;
