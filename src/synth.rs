//! The polyphonic instrument: events and controls in, stereo audio out. Real-time from construction on.

mod allocator;
mod channel;
pub mod controls;
pub mod engine;
pub mod event;
mod motion;
mod onsets;
mod pitch;
mod release;
mod residue;
mod roll;
pub mod scene;
pub mod single;
mod stack;
pub mod stagger;
mod stock;
pub mod tone;
mod voice;
