//! Presets and models on disk, what a user does with them, and what to try next.

pub mod bank;
pub mod chart;
pub mod folders;
pub mod history;
pub mod library;
pub mod models;
pub mod preset;
pub mod recommend;
pub mod settings;
pub mod sitting;
pub mod typed;
pub mod usage;
pub mod vocabulary;
