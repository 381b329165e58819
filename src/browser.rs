//! Presets and models on disk.

pub mod folders;
pub mod models;
pub mod preset;
