//! The polyphonic instrument: events and controls in, stereo audio out. Real-time from construction on.

pub mod controls;
pub mod event;
