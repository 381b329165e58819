//! A MIDI file as events at samples.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use clack_host::events::Pckn;
use clack_host::events::event_types::{MidiEvent, NoteOffEvent, NoteOnEvent};
use clack_host::prelude::EventBuffer;
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// What the host sends to the plugin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    /// A note begins; `id` is the host's own.
    NoteOn { id: u32, channel: u8, key: u8, velocity: f64 },
    /// The note `id` is released.
    NoteOff { id: u32, channel: u8, key: u8, velocity: f64 },
    /// A controller, bend or pressure, as MIDI bytes.
    Midi([u8; 3]),
}

impl Action {
    /// Puts it into a block's events, at this sample of the block.
    pub(crate) fn send(self, time: u32, events: &mut EventBuffer) {
        let address = |channel: u8, key: u8, id: u32| Pckn::new(0_u16, u16::from(channel), u16::from(key), id);
        match self {
            Self::NoteOn { id, channel, key, velocity } => {
                events.push(&NoteOnEvent::new(time, address(channel, key, id), velocity));
            }
            Self::NoteOff { id, channel, key, velocity } => {
                events.push(&NoteOffEvent::new(time, address(channel, key, id), velocity));
            }
            Self::Midi(bytes) => events.push(&MidiEvent::new(time, 0, bytes)),
        }
    }
}

/// Events in order of time.
pub(crate) struct Song {
    /// Samples from the start, and what happens.
    pub(crate) events: Vec<(u64, Action)>,
    /// Length in samples.
    pub(crate) length: u64,
}

impl Song {
    /// Reads a standard MIDI file for playing at `rate`.
    ///
    /// # Errors
    /// If the file cannot be read or is no MIDI file with metrical timing.
    pub(crate) fn read(path: &Path, rate: u32) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&bytes, rate).with_context(|| format!("{} cannot be played", path.display()))
    }

    fn parse(bytes: &[u8], rate: u32) -> Result<Self> {
        let file = Smf::parse(bytes)?;
        let Timing::Metrical(ticks_per_beat) = file.header.timing else {
            anyhow::bail!("its time code counts frames, not beats");
        };
        ensure!(ticks_per_beat.as_int() > 0, "its beats have no ticks");
        let mut clock = Clock::new(f64::from(ticks_per_beat.as_int()), f64::from(rate));
        let mut song = Self { events: Vec::new(), length: 0 };
        let mut sounding = Vec::new();
        for (tick, kind) in in_order(&file) {
            let now = clock.sample(tick);
            song.length = song.length.max(now);
            match kind {
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => clock.tempo(tick, f64::from(tempo.as_int())),
                TrackEventKind::Midi { channel, message } => song.push(now, channel.as_int(), message, &mut sounding),
                _ => {}
            }
        }
        ensure!(song.notes() > 0, "it has no notes");
        Ok(song)
    }

    fn push(&mut self, now: u64, channel: u8, message: MidiMessage, sounding: &mut Vec<(u8, u8, u32)>) {
        let bytes = |status: u8, first: u8, second: u8| Action::Midi([status << 4 | channel, first, second]);
        let action = match message {
            MidiMessage::NoteOn { key, vel } if vel > 0 => {
                let id = self.notes() as u32;
                sounding.push((channel, key.as_int(), id));
                Action::NoteOn { id, channel, key: key.as_int(), velocity: f64::from(vel.as_int()) / 127.0 }
            }
            MidiMessage::NoteOn { key, vel } | MidiMessage::NoteOff { key, vel } => {
                let key = key.as_int();
                let Some(at) = sounding.iter().position(|&(c, k, _)| (c, k) == (channel, key)) else { return };
                let (_, _, id) = sounding.remove(at);
                Action::NoteOff { id, channel, key, velocity: f64::from(vel.as_int()) / 127.0 }
            }
            MidiMessage::Controller { controller, value } => bytes(0xB, controller.as_int(), value.as_int()),
            MidiMessage::ChannelAftertouch { vel } => bytes(0xD, vel.as_int(), 0),
            MidiMessage::Aftertouch { key, vel } => bytes(0xA, key.as_int(), vel.as_int()),
            MidiMessage::PitchBend { bend } => {
                let bend = bend.0.as_int();
                bytes(0xE, (bend & 0x7F) as u8, (bend >> 7) as u8)
            }
            MidiMessage::ProgramChange { .. } => return,
        };
        self.events.push((now, action));
    }

    /// Number of notes.
    pub(crate) fn notes(&self) -> usize {
        self.events.iter().filter(|(_, action)| matches!(action, Action::NoteOn { .. })).count()
    }

    /// Length in seconds at `rate`.
    pub(crate) fn seconds(&self, rate: u32) -> f64 {
        self.length as f64 / f64::from(rate)
    }
}

/// All tracks' events by their tick from the start.
fn in_order<'a>(file: &Smf<'a>) -> Vec<(u64, TrackEventKind<'a>)> {
    let mut events = Vec::new();
    for track in &file.tracks {
        let mut tick = 0;
        for event in track {
            tick += u64::from(event.delta.as_int());
            events.push((tick, event.kind));
        }
    }
    events.sort_by_key(|&(tick, _)| tick);
    events
}

/// Converts ticks to samples under changes of tempo.
struct Clock {
    ticks_per_beat: f64,
    rate: f64,
    /// Microseconds per beat.
    tempo: f64,
    /// The last change of tempo: its tick and its time in seconds.
    since: (u64, f64),
}

impl Clock {
    fn new(ticks_per_beat: f64, rate: f64) -> Self {
        Self { ticks_per_beat, rate, tempo: 500_000.0, since: (0, 0.0) }
    }

    fn seconds(&self, tick: u64) -> f64 {
        self.since.1 + (tick - self.since.0) as f64 / self.ticks_per_beat * self.tempo * 1e-6
    }

    fn sample(&self, tick: u64) -> u64 {
        (self.seconds(tick) * self.rate).round() as u64
    }

    fn tempo(&mut self, tick: u64, microseconds_per_beat: f64) {
        self.since = (tick, self.seconds(tick));
        self.tempo = microseconds_per_beat;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_tempo_counts_from_its_own_tick() {
        let mut clock = Clock::new(480.0, 48_000.0);
        assert_eq!(clock.sample(480), 24_000); // 120 beats a minute until told otherwise
        clock.tempo(480, 1_000_000.0);
        assert_eq!(clock.sample(480), 24_000);
        assert_eq!(clock.sample(960), 72_000);
    }

    #[test]
    fn a_note_off_ends_the_note_that_began_with_the_same_key() {
        // Header, one track: two notes on keys 60 and 64, the first one ends (as a note-on of velocity 0).
        let track = [0, 0x90, 60, 100, 0, 64, 90, 96, 60, 0, 0, 0xFF, 0x2F, 0];
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0".to_vec();
        bytes.push(track.len() as u8);
        bytes.extend(track);
        let song = Song::parse(&bytes, 48_000).unwrap();
        assert_eq!(song.notes(), 2);
        assert_eq!(song.events[2], (24_000, Action::NoteOff { id: 0, channel: 0, key: 60, velocity: 0.0 }));
    }
}
