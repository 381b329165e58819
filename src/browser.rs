//! Presets and models on disk.

pub mod bank;
pub mod folders;
pub mod models;
pub mod preset;
