//! Standard MIDI files as messages in time.

use std::path::{Path, PathBuf};

use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// Largest MIDI file that is read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Tempo before the first tempo event, in microseconds per quarter note (Standard MIDI Files 1.0).
const DEFAULT_TEMPO: f64 = 500_000.0;

/// Why a MIDI file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MidiError {
    /// The file system said no.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too large to be a song.
    #[error("{} has more than {MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// No standard MIDI file.
    #[error("{} is no standard MIDI file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: midly::Error,
    },
}

/// A channel message, in units without MIDI's bit widths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message {
    /// A key goes down at velocity 0..1 (above 0).
    NoteOn {
        /// 0..127.
        key: u8,
        /// 0..1.
        velocity: f32,
    },
    /// A key goes up.
    NoteOff {
        /// 0..127.
        key: u8,
    },
    /// Pitch bend -1..1.
    Bend(f32),
    /// Pressure of the whole channel 0..1.
    ChannelPressure(f32),
    /// Pressure of one key.
    KeyPressure {
        /// 0..127.
        key: u8,
        /// 0..1.
        pressure: f32,
    },
    /// A controller.
    Controller {
        /// 0..127.
        number: u8,
        /// 0..1.
        value: f32,
    },
}

/// A message and when it comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedMessage {
    /// Seconds from the start of the song.
    pub seconds: f64,
    /// MIDI channel 0..15.
    pub channel: u8,
    /// What is said.
    pub message: Message,
}

/// A song: all tracks merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// In the order of time.
    pub messages: Vec<TimedMessage>,
    /// When each bar begins, in seconds; the last entry is the end of the song.
    pub bars: Vec<f64>,
}

impl Song {
    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.bars.last().copied().unwrap_or(0.0)
    }

    /// Reads a MIDI file.
    ///
    /// # Errors
    /// If it cannot be read, is too large, or is no standard MIDI file.
    pub fn read(path: &Path) -> Result<Self, MidiError> {
        let io = |source| MidiError::Io { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
            return Err(MidiError::TooLarge { path: path.to_owned() });
        }
        let bytes = std::fs::read(path).map_err(io)?;
        Self::from_bytes(&bytes).map_err(|source| MidiError::Format { path: path.to_owned(), source })
    }

    /// Reads the bytes of a MIDI file.
    ///
    /// # Errors
    /// If they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, midly::Error> {
        let file = Smf::parse(bytes)?;
        let mut events: Vec<(u64, TrackEventKind<'_>)> = Vec::new();
        for track in &file.tracks {
            let mut tick = 0;
            for event in track {
                tick += u64::from(event.delta.as_int());
                events.push((tick, event.kind));
            }
        }
        // Stable: events of one tick keep the order of the file.
        events.sort_by_key(|&(tick, _)| tick);
        let mut clock = Clock::new(file.header.timing);
        let mut messages = Vec::new();
        for (tick, kind) in events {
            clock.go_to(tick);
            match kind {
                TrackEventKind::Meta(meta) => clock.hear(meta),
                TrackEventKind::Midi { channel, message } => {
                    let timed = |message| TimedMessage { seconds: clock.seconds, channel: channel.as_int(), message };
                    messages.extend(translate(message).map(timed));
                }
                _ => {}
            }
        }
        Ok(Self { messages, bars: clock.finish() })
    }
}

/// Ticks to seconds and bars, through tempo and time signature.
struct Clock {
    tick: u64,
    seconds: f64,
    seconds_per_tick: f64,
    ticks_per_quarter: f64,
    /// Whether tempo events count: not in files timed in film frames.
    musical: bool,
    bar_ticks: f64,
    bars: Vec<f64>,
    next_bar: f64,
}

impl Clock {
    fn new(timing: Timing) -> Self {
        let (ticks_per_quarter, seconds_per_tick, musical) = match timing {
            Timing::Metrical(ticks) => {
                let ticks = f64::from(ticks.as_int().max(1));
                (ticks, DEFAULT_TEMPO * 1e-6 / ticks, true)
            }
            // Bars of two seconds, as 4/4 at the default tempo.
            Timing::Timecode(frames, subframes) => {
                let per_second = f64::from(frames.as_f32()) * f64::from(subframes.max(1));
                (per_second / 2.0, 1.0 / per_second, false)
            }
        };
        Self {
            tick: 0,
            seconds: 0.0,
            seconds_per_tick,
            ticks_per_quarter,
            musical,
            bar_ticks: 4.0 * ticks_per_quarter,
            bars: Vec::new(),
            next_bar: 0.0,
        }
    }

    fn go_to(&mut self, tick: u64) {
        /// More bars than this are not told apart.
        const MAX_BARS: usize = 100_000;
        while self.next_bar <= tick as f64 && self.bars.len() < MAX_BARS {
            self.bars.push(self.seconds + (self.next_bar - self.tick as f64) * self.seconds_per_tick);
            self.next_bar += self.bar_ticks;
        }
        self.seconds += (tick - self.tick) as f64 * self.seconds_per_tick;
        self.tick = tick;
    }

    fn hear(&mut self, meta: MetaMessage<'_>) {
        match meta {
            MetaMessage::Tempo(micros) if self.musical => {
                self.seconds_per_tick = f64::from(micros.as_int()) * 1e-6 / self.ticks_per_quarter;
            }
            MetaMessage::TimeSignature(beats, power, ..) => {
                let ticks =
                    4.0 * self.ticks_per_quarter * f64::from(beats.max(1)) / 2.0_f64.powi(i32::from(power.min(8)));
                // A signature stands at the start of the bar that it changes.
                self.next_bar += ticks - self.bar_ticks;
                self.bar_ticks = ticks;
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<f64> {
        if self.bars.last().is_none_or(|&bar| bar < self.seconds) {
            self.bars.push(self.seconds);
        }
        self.bars
    }
}

fn translate(message: MidiMessage) -> Option<Message> {
    let unit = |value: midly::num::u7| f32::from(value.as_int()) / 127.0;
    Some(match message {
        MidiMessage::NoteOn { key, vel } if vel.as_int() == 0 => Message::NoteOff { key: key.as_int() },
        MidiMessage::NoteOn { key, vel } => Message::NoteOn { key: key.as_int(), velocity: unit(vel) },
        MidiMessage::NoteOff { key, .. } => Message::NoteOff { key: key.as_int() },
        MidiMessage::PitchBend { bend } => Message::Bend(bend.as_f32()),
        MidiMessage::ChannelAftertouch { vel } => Message::ChannelPressure(unit(vel)),
        MidiMessage::Aftertouch { key, vel } => Message::KeyPressure { key: key.as_int(), pressure: unit(vel) },
        MidiMessage::Controller { controller, value } => {
            Message::Controller { number: controller.as_int(), value: unit(value) }
        }
        MidiMessage::ProgramChange { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one track with 96 ticks per quarter.
    fn file(track: &[u8]) -> Vec<u8> {
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
        bytes.extend((track.len() as u32 + 4).to_be_bytes());
        bytes.extend(track);
        bytes.extend([0, 0xff, 0x2f, 0]);
        bytes
    }

    #[test]
    fn tempo_changes_move_what_follows() {
        let song = Song::from_bytes(&file(&[
            0, 0x90, 60, 127, // at the start
            96, 0x80, 60, 0, // a quarter later, at 120 to the minute
            0, 0xff, 0x51, 3, 0x0f, 0x42, 0x40, // 60 to the minute
            96, 0x91, 62, 64, // a quarter later
            48, 0x91, 62, 0, // an eighth later, note-on with velocity 0
        ]))
        .unwrap();
        let times: Vec<f64> = song.messages.iter().map(|message| message.seconds).collect();
        assert!(times.iter().zip([0.0, 0.5, 1.5, 2.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{times:?}");
        assert_eq!(song.messages[0].message, Message::NoteOn { key: 60, velocity: 1.0 });
        assert_eq!(song.messages[3].message, Message::NoteOff { key: 62 });
        assert_eq!(song.messages[2].channel, 1);
        assert_eq!(song.seconds(), 2.0);
    }

    #[test]
    fn bars_follow_the_time_signature() {
        let song = Song::from_bytes(&file(&[
            0, 0xff, 0x58, 4, 3, 2, 24, 8, // 3/4
            0, 0x90, 60, 100, //
            0x84, 0x60, 0x80, 60, 0, // 608 ticks: two bars of 288 and a bit
        ]))
        .unwrap();
        let expected = [0.0, 1.5, 3.0, 608.0 / 192.0];
        assert_eq!(song.bars.len(), expected.len());
        assert!(song.bars.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{:?}", song.bars);
    }

    #[test]
    fn wheels_and_controllers_come_in_units() {
        let song = Song::from_bytes(&file(&[
            0, 0xe0, 0, 0, //
            0, 0xb0, 64, 127, //
            0, 0xd0, 127, //
            0, 0xa0, 60, 0, //
        ]))
        .unwrap();
        let messages: Vec<Message> = song.messages.iter().map(|message| message.message).collect();
        assert_eq!(
            messages,
            [
                Message::Bend(-1.0),
                Message::Controller { number: 64, value: 1.0 },
                Message::ChannelPressure(1.0),
                Message::KeyPressure { key: 60, pressure: 0.0 },
            ]
        );
    }

    #[test]
    fn what_is_no_midi_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.mid");
        std::fs::write(&path, b"RIFF").unwrap();
        assert!(Song::read(&path).unwrap_err().to_string().contains("song.mid is no standard MIDI file"));
    }
}
