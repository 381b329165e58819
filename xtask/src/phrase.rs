//! The demo's two-minute piece, as a score in text, and the MIDI file made from it.
//!
//! A theme of eight bars in A minor over a descending sequence of chords; its variation; a middle part in long tones
//! with a vibrato that swells; the theme an octave higher with a second voice; a coda and a last chord that rings out.
//! It was written for Zither and is dedicated to the public domain (CC0-1.0).

use std::path::Path;

use anyhow::{Context, Result, ensure};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind};

/// The file, from the workspace's root.
pub(crate) const FILE: &str = "assets/phrase.mid";

const BEATS_PER_MINUTE: u32 = 92;
const TICKS_PER_BEAT: u32 = 480;
/// All lengths of the score are in eighths.
const EIGHTH: u32 = TICKS_PER_BEAT / 2;
const BAR: u32 = 8 * EIGHTH;
/// A gap between two notes of one line, so that each is heard to begin.
const BREATH: u32 = TICKS_PER_BEAT / 16;

const ARPEGGIO: u8 = 0;
const CHORDS: u8 = 1;
const BASS: u8 = 2;
const MELODY: u8 = 3;
const SECOND: u8 = 4;

/// Some bars of the piece: per bar a chord, and lines in which `E5:3` is a note of three eighths and `r` a rest.
struct Section {
    chords: &'static str,
    melody: &'static str,
    second: &'static str,
    /// Loudness of the melody, MIDI velocity; the other parts follow it.
    loudness: f32,
    /// Change of loudness over the section.
    swell: f32,
    /// Whether held chords lie under the arpeggio.
    pad: bool,
    /// Highest position of the modulation wheel on the melody, reached in mid bar.
    vibrato: u8,
}

const REST: Section =
    Section { chords: "", melody: "", second: "", loudness: 70.0, swell: 0.0, pad: false, vibrato: 0 };

const SECTIONS: &[Section] = &[
    Section { chords: "Am F Am E", loudness: 58.0, swell: 12.0, ..REST },
    Section {
        chords: "Am F C G Am F Dm E",
        melody: "E5:3 D5:1 C5:2 B4:2  A4:4 C5:2 F5:2  E5:3 D5:1 C5:2 G4:2  B4:6 r:2 \
                 C5:3 B4:1 A4:2 E5:2  F5:3 E5:1 D5:2 C5:2  D5:2 F5:2 A5:3 G5:1  E5:4 G#4:2 B4:2",
        loudness: 74.0,
        swell: 8.0,
        ..REST
    },
    Section {
        chords: "Am F C G Am F Dm E",
        melody: "E5:3 D5:1 C5:1 D5:1 E5:2  A5:4 G5:2 F5:2  G5:3 F5:1 E5:2 C5:2  D5:6 B4:2 \
                 C5:3 D5:1 E5:2 A5:2  C6:3 B5:1 A5:2 F5:2  A5:2 F5:2 D5:2 F5:2  E5:6 r:2",
        second: "r:8  C5:4 r:4  E5:3 D5:1 C5:2 r:2  B4:6 r:2  A4:3 B4:1 C5:2 E5:2  A5:3 G5:1 F5:2 C5:2  r:8  B4:6 r:2",
        loudness: 82.0,
        swell: 8.0,
        vibrato: 20,
        ..REST
    },
    Section {
        chords: "F G Em Am Dm G C E",
        melody: "C5:6 A4:2  D5:6 B4:2  E5:4 G5:4  C6:6 B5:2  A5:4 F5:4  G5:3 F5:1 D5:4  E5:4 G5:2 C6:2  B5:4 G#5:4",
        loudness: 66.0,
        swell: 26.0,
        pad: true,
        vibrato: 70,
        ..REST
    },
    Section {
        chords: "Am F C G F G Am E",
        melody: "E6:3 D6:1 C6:2 B5:2  A5:4 C6:2 F6:2  E6:3 D6:1 C6:2 G5:2  B5:6 D6:2 \
                 C6:3 B5:1 A5:2 C6:2  D6:3 C6:1 B5:2 D6:2  E6:6 C6:2  B5:4 G#5:4",
        second: "C6:3 B5:1 A5:2 G5:2  F5:4 A5:2 C6:2  G5:3 F5:1 E5:2 E5:2  G5:6 B5:2 \
                 A5:3 G5:1 F5:2 A5:2  B5:3 A5:1 G5:2 B5:2  C6:6 A5:2  G#5:4 E5:4",
        loudness: 102.0,
        swell: 6.0,
        pad: true,
        vibrato: 40,
    },
    Section {
        chords: "Am F Dm Am F E",
        melody: "E5:3 D5:1 C5:2 B4:2  A4:8  D5:3 C5:1 A4:4  C5:4 B4:2 A4:2  A4:4 C5:4  B4:4 G#4:4",
        loudness: 78.0,
        swell: -26.0,
        vibrato: 30,
        ..REST
    },
];

/// The last chord: its notes enter one eighth apart and are held by the pedal.
const LAST: &[&str] = &["A1", "E2", "A2", "E3", "A3", "C4", "E4", "B4", "A5"];
const LAST_BARS: u32 = 4;

/// Notes of each chord from its root: arpeggio over eight eighths, held chord, bass.
struct Chord {
    arpeggio: [u8; 8],
    held: [u8; 3],
    bass: [u8; 2],
}

fn chord(name: &str) -> Result<Chord> {
    let (root, third) = match name {
        "Am" => (57, 3),
        "C" => (60, 4),
        "Dm" => (62, 3),
        "E" => (52, 4),
        "Em" => (52, 3),
        "F" => (53, 4),
        "G" => (55, 4),
        _ => anyhow::bail!("no such chord: {name}"),
    };
    let steps = [0, 7, 12, 12 + third, 19, 12 + third, 12, 7];
    let bass = if root > 57 { root - 24 } else { root - 12 };
    let held = [root + third, root + 7, root + 12];
    Ok(Chord { arpeggio: steps.map(|step| root + step), held, bass: [bass, bass + 7] })
}

/// A note's MIDI key: `A4` is 69.
fn key(name: &str) -> Result<u8> {
    let (letter, rest) = name.split_at_checked(1).with_context(|| format!("no such note: {name:?}"))?;
    let step =
        "C D EF G A B".find(letter).filter(|_| letter != " ").with_context(|| format!("no such note: {name}"))?;
    let (sharp, octave) = rest.strip_prefix('#').map_or((0, rest), |octave| (1, octave));
    let octave: usize = octave.parse().with_context(|| format!("no octave in {name}"))?;
    Ok(u8::try_from(12 * (octave + 1) + step + sharp)?)
}

/// The events of the piece so far, at ticks from its start.
#[derive(Default)]
struct Score {
    events: Vec<(u32, u8, MidiMessage)>,
}

impl Score {
    /// The whole piece and its length in ticks.
    fn compose() -> Result<(Self, u32)> {
        let mut score = Self::default();
        let mut start = 0;
        for section in SECTIONS {
            start = score.section(section, start)?;
        }
        let end = score.last_chord(start)?;
        // At one tick: endings first, then controllers, then beginnings.
        score.events.sort_by_key(|&(tick, channel, message)| {
            let order = match message {
                MidiMessage::NoteOff { .. } => 0,
                MidiMessage::NoteOn { .. } => 2,
                _ => 1,
            };
            (tick, order, channel)
        });
        Ok((score, end))
    }

    /// Writes one section from tick `start`; returns where it ends.
    fn section(&mut self, section: &Section, start: u32) -> Result<u32> {
        let bars = section.chords.split_whitespace().count() as u32;
        let end = start + bars * BAR;
        let loudness = |tick: u32| section.loudness + section.swell * (tick - start) as f32 / (end - start) as f32;
        for (bar, name) in section.chords.split_whitespace().enumerate() {
            self.accompany(&chord(name)?, section.pad, start + bar as u32 * BAR, &loudness);
        }
        for (line, channel, softer) in [(section.melody, MELODY, 0.0), (section.second, SECOND, 14.0)] {
            let length = self.line(line, channel, start, &|tick| loudness(tick) - softer)?;
            ensure!(line.is_empty() || start + length == end, "a line of {length} ticks in a section of {bars} bars");
        }
        if section.vibrato > 0 {
            self.vibrato(section.vibrato, start, bars);
        }
        Ok(end)
    }

    /// A bar of arpeggio under a pedal, of bass, and of held chords where there is a pad.
    fn accompany(&mut self, chord: &Chord, pad: bool, start: u32, loudness: &dyn Fn(u32) -> f32) {
        // Over held chords the pedal is changed twice a bar, which keeps the sound clear and within sixteen voices.
        for change in (start..start + BAR).step_by(if pad { BAR / 2 } else { BAR } as usize) {
            self.control(ARPEGGIO, 64, 0, change);
            self.control(ARPEGGIO, 64, 127, change + 1);
        }
        for (eighth, &key) in (0..).zip(&chord.arpeggio) {
            let tick = start + eighth * EIGHTH;
            let accent = if eighth % 4 == 0 { 4.0 } else { -4.0 };
            self.note(ARPEGGIO, key, loudness(tick) - 18.0 + accent, tick, EIGHTH - BREATH);
        }
        for (half, key) in [0, 1].into_iter().zip(chord.bass) {
            let tick = start + half * BAR / 2;
            self.note(BASS, key, loudness(tick) - 4.0 - 6.0 * half as f32, tick, BAR / 2 - BREATH);
        }
        if pad {
            for key in chord.held {
                self.note(CHORDS, key, loudness(start) - 24.0, start, BAR - EIGHTH);
            }
        }
    }

    /// A line of notes and rests; returns its length in ticks.
    fn line(&mut self, line: &str, channel: u8, start: u32, loudness: &dyn Fn(u32) -> f32) -> Result<u32> {
        let mut tick = start;
        for token in line.split_whitespace() {
            let (name, eighths) = token.split_once(':').with_context(|| format!("no length in {token}"))?;
            let length = eighths.parse::<u32>()? * EIGHTH;
            if name != "r" {
                let accent = if (tick - start).is_multiple_of(BAR) { 5.0 } else { 0.0 };
                self.note(channel, key(name)?, loudness(tick) + accent, tick, length - BREATH);
            }
            if name == "E6" || name == "F6" {
                self.scoop(channel, tick);
            }
            tick += length;
        }
        Ok(tick - start)
    }

    /// The pitch comes from a semitone below (with a bend range of two) to the note.
    fn scoop(&mut self, channel: u8, tick: u32) {
        for step in 0..=8 {
            let bend = PitchBend::from_f32(-0.5 * (8 - step) as f32 / 8.0);
            self.events.push((tick + step * BREATH / 2, channel, MidiMessage::PitchBend { bend }));
        }
    }

    /// In each bar the modulation wheel rises to mid bar and falls again.
    fn vibrato(&mut self, highest: u8, start: u32, bars: u32) {
        for sixteenth in 0..16 * bars {
            let position = (sixteenth % 16) as f32 / 16.0;
            let value = f32::from(highest) * (std::f32::consts::PI * position).sin();
            self.control(MELODY, 1, value as u8, start + sixteenth * EIGHTH / 2);
        }
        self.control(MELODY, 1, 0, start + bars * BAR);
    }

    /// The chord that rings out; returns the end of the piece.
    fn last_chord(&mut self, start: u32) -> Result<u32> {
        self.control(ARPEGGIO, 64, 0, start);
        self.control(ARPEGGIO, 64, 127, start + 1);
        for (eighth, name) in (0..).zip(LAST) {
            self.note(ARPEGGIO, key(name)?, 66.0 - 2.0 * eighth as f32, start + eighth * EIGHTH, BAR);
        }
        let end = start + LAST_BARS * BAR;
        self.control(ARPEGGIO, 64, 0, end);
        Ok(end)
    }

    fn note(&mut self, channel: u8, key: u8, loudness: f32, tick: u32, length: u32) {
        let (key, vel) = (u7::new(key), u7::new(loudness.round().clamp(1.0, 127.0) as u8));
        self.events.push((tick, channel, MidiMessage::NoteOn { key, vel }));
        self.events.push((tick + length, channel, MidiMessage::NoteOff { key, vel: u7::new(64) }));
    }

    fn control(&mut self, channel: u8, controller: u8, value: u8, tick: u32) {
        let message = MidiMessage::Controller { controller: u7::new(controller), value: u7::new(value) };
        self.events.push((tick, channel, message));
    }

    /// The piece as a MIDI file of one track.
    fn to_midi(&self, end: u32) -> Result<Vec<u8>> {
        let meta = |delta, message| TrackEvent { delta: u28::new(delta), kind: TrackEventKind::Meta(message) };
        let mut track = vec![
            meta(0, MetaMessage::TrackName(b"A latent theme (CC0-1.0)")),
            meta(0, MetaMessage::Tempo(u24::new(60_000_000 / BEATS_PER_MINUTE))),
        ];
        let mut now = 0;
        for &(tick, channel, message) in &self.events {
            let kind = TrackEventKind::Midi { channel: u4::new(channel), message };
            track.push(TrackEvent { delta: u28::new(tick - now), kind });
            now = tick;
        }
        track.push(meta(end - now, MetaMessage::EndOfTrack));
        let timing = Timing::Metrical(u15::new(TICKS_PER_BEAT as u16));
        let mut bytes = Vec::new();
        Smf { header: Header::new(Format::SingleTrack, timing), tracks: vec![track] }.write_std(&mut bytes)?;
        Ok(bytes)
    }
}

/// Writes the piece to `path`.
///
/// # Errors
/// If the score has a fault or the file cannot be written.
pub(crate) fn write(path: &Path) -> Result<()> {
    let (score, end) = Score::compose()?;
    std::fs::write(path, score.to_midi(end)?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_what_the_score_says() {
        let (score, end) = Score::compose().unwrap();
        let committed = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE)).unwrap();
        assert!(committed == score.to_midi(end).unwrap(), "run `cargo xtask phrase`");
    }

    #[test]
    fn the_piece_lasts_two_minutes() {
        let (_, end) = Score::compose().unwrap();
        let seconds = f64::from(end) / f64::from(TICKS_PER_BEAT) * 60.0 / f64::from(BEATS_PER_MINUTE);
        assert!((119.0..=121.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn every_note_that_begins_also_ends_and_no_more_than_sixteen_are_down() {
        let (score, _) = Score::compose().unwrap();
        let (mut keys_down, mut held_by_pedal, mut pedal, mut most) = (Vec::new(), Vec::new(), false, 0);
        for &(tick, channel, message) in &score.events {
            match message {
                MidiMessage::NoteOn { key, .. } => {
                    assert!(!keys_down.contains(&(channel, key)), "{key} begins twice at {tick}");
                    held_by_pedal.retain(|&held| held != (channel, key));
                    keys_down.push((channel, key));
                }
                MidiMessage::NoteOff { key, .. } => {
                    keys_down.retain(|&down| down != (channel, key));
                    if pedal && channel == ARPEGGIO {
                        held_by_pedal.push((channel, key));
                    }
                }
                MidiMessage::Controller { controller, value } if controller == 64 => {
                    pedal = value >= 64;
                    if !pedal {
                        held_by_pedal.clear();
                    }
                }
                _ => {}
            }
            most = most.max(keys_down.len() + held_by_pedal.len());
        }
        assert!(keys_down.is_empty(), "{keys_down:?}");
        assert!((8..=16).contains(&most), "{most}");
    }

    #[test]
    fn notes_have_the_keys_that_musicians_give_them() {
        assert_eq!(key("A4").unwrap(), 69);
        assert_eq!(key("C4").unwrap(), 60);
        assert_eq!(key("G#4").unwrap(), 68);
        assert!(key("H4").is_err());
        assert!(key(" 4").is_err());
    }
}
