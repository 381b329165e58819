//! What a player can do to the instrument, free of any plugin format.

use super::controls::Control;

/// Which sounding notes an event is meant for. `None` matches any value, as a CLAP wildcard does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteAddress {
    /// The host's own id of the note, where it gives one.
    pub voice_id: Option<i32>,
    /// MIDI channel 0..15.
    pub channel: Option<u8>,
    /// MIDI key 0..127.
    pub key: Option<u8>,
}

/// A per-note expression; the value's unit stands with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Semitones, added to the note's pitch.
    Tuning,
    /// Linear gain 0..4, 1 is neutral.
    Volume,
    /// -1 (left) to 1 (right), 0 is neutral.
    Pan,
    /// 0..1, 0.5 is neutral: tilts the spectrum.
    Brightness,
    /// 0..1, 0 is neutral: adds level and brightness.
    Pressure,
    /// 0..1, 0 is neutral: depth of vibrato.
    Vibrato,
}

/// An event at the sample where [`Engine::render`](super::engine::Engine::render) stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A note begins. A velocity of 0 is the softest, not a release.
    NoteOn {
        /// The host's id.
        voice_id: Option<i32>,
        /// MIDI channel 0..15.
        channel: u8,
        /// MIDI key 0..127.
        key: u8,
        /// 0..1.
        velocity: f32,
    },
    /// A note is released (velocity 0..1).
    NoteOff {
        /// Which notes.
        address: NoteAddress,
    },
    /// A note ends at once, with a fade short enough to be no tail and long enough to be no click.
    Choke {
        /// Which notes.
        address: NoteAddress,
    },
    /// A note expression.
    Express {
        /// Which notes.
        address: NoteAddress,
        /// What is expressed.
        expression: Expression,
        /// In the unit of the event.
        value: f32,
    },
    /// Polyphonic modulation: an offset in the control's plain unit, replacing the previous offset.
    Modulate {
        /// The host's id.
        voice_id: i32,
        /// What is modulated.
        control: Control,
        /// In the control's unit.
        offset: f32,
    },
    /// Pitch bend of a channel, -1..1 times the bend range.
    PitchBend {
        /// MIDI channel 0..15.
        channel: u8,
        /// In the unit of the event.
        value: f32,
    },
    /// Channel pressure 0..1.
    Pressure {
        /// MIDI channel 0..15.
        channel: u8,
        /// In the unit of the event.
        value: f32,
    },
    /// Modulation wheel (CC 1) 0..1: vibrato.
    ModWheel {
        /// MIDI channel 0..15.
        channel: u8,
        /// In the unit of the event.
        value: f32,
    },
    /// Timbre (CC 74) 0..1, 0.5 neutral: the third dimension of MPE.
    Timbre {
        /// MIDI channel 0..15.
        channel: u8,
        /// In the unit of the event.
        value: f32,
    },
    /// A controller that says what others mean: data entry (CC 6, 38), the choice of a parameter (CC 98 to 101), and the
    /// return of all controllers to rest (CC 121). Registered parameters 0 (bend range) and 6 (MPE zone) are known.
    Controller {
        /// MIDI channel 0..15.
        channel: u8,
        /// Its number.
        controller: u8,
        /// 0..127.
        value: u8,
    },
    /// Sustain pedal (CC 64).
    Sustain {
        /// MIDI channel 0..15.
        channel: u8,
        /// Whether it is pressed.
        down: bool,
    },
    /// All notes off (CC 123): release everything, pedal included.
    AllNotesOff,
    /// All sound off (CC 120): fade everything at once.
    AllSoundOff,
}

/// A note that has ended by itself; a host that gave it an id wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedNote {
    /// The host's id of the note.
    pub voice_id: Option<i32>,
    /// MIDI channel.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
}
