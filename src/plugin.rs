//! The plugin: the instrument in the framework's terms, its background threads, and the entry points that hosts load.

mod code;
pub mod entry;
mod events;
pub mod format;
pub mod instrument;
mod librarian;
mod listener;
mod offline;
mod shared;

/// Tests that need a user's folder of their own.
#[cfg(test)]
#[path = "../tests/common/home.rs"]
mod home;

pub use instrument::{ClapInstrument, Vst3Instrument};
