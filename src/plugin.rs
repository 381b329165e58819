//! The plugin: the instrument in the framework's terms, its background threads, and the entry points that hosts load.

pub mod entry;
mod events;
pub mod format;
pub mod instrument;
mod librarian;
mod listener;
mod offline;
mod shared;

pub use instrument::{ClapInstrument, Vst3Instrument};
