//! Presets on disk.
