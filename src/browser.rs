//! Presets on disk.

pub mod folders;
pub mod preset;
