//! Notes of a soundfont, rendered by the command `fluidsynth`.
//!
//! Starting it once per note would cost more than the rendering, so all notes of a preset go into one MIDI file, with
//! all sound off between them, and its rendering is cut.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::note::{NOTE_MS, NoteName};
use crate::analysis::frames::ANALYSIS_RATE;

/// Time from one note-on to the next: whole synthesis blocks (64 samples at 48 kHz) and whole milliseconds, with room
/// for all sound off.
const SLOT_MS: u32 = 3_456;
/// When all sound goes off, after the part of the slot that is kept.
const SOUND_OFF_MS: u32 = 3_300;
/// First note-on: `fluidsynth` has settled by then.
const LEAD_MS: u32 = 400;
/// Samples by which `fluidsynth` lags behind the MIDI file: it reads events one block of 64 late (measured, 2.3.1).
const LAG: usize = 64;
/// Samples in a millisecond.
const PER_MS: u32 = ANALYSIS_RATE / 1_000;

/// Why notes could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The command is not there.
    #[error("the command `fluidsynth` is missing: install the package fluidsynth (Debian, Ubuntu, Fedora, Homebrew)")]
    Missing,
    /// The command failed.
    #[error("fluidsynth failed on {}: {said}", soundfont.display())]
    Failed {
        /// The soundfont it was given.
        soundfont: PathBuf,
        /// The end of what it printed.
        said: String,
    },
    /// The song is no standard MIDI file.
    #[error("the song is no standard MIDI file")]
    Song(#[source] midly::Error),
    /// Files could not be handed over.
    #[error("cannot exchange files with fluidsynth")]
    Io(#[from] std::io::Error),
    /// Its output could not be read.
    #[error("cannot read what fluidsynth rendered")]
    Output(#[from] hound::Error),
}

/// Renders notes of one preset at 48 kHz: the mid of the stereo pair, [`NOTE_MS`] long each, note-on at sample 0; gain
/// 1, reverb and chorus off.
///
/// # Errors
/// If `fluidsynth` is missing or fails.
pub fn render_notes(
    soundfont: &Path,
    bank: u16,
    program: u16,
    notes: &[NoteName],
) -> Result<Vec<Vec<f32>>, RenderError> {
    let mid = render(soundfont, &song_of(bank, program, notes))?;
    let length = (NOTE_MS * PER_MS) as usize;
    let cut = |index: usize| {
        let start = LAG + ((LEAD_MS + index as u32 * SLOT_MS) * PER_MS) as usize;
        let short =
            || RenderError::Failed { soundfont: soundfont.to_owned(), said: "it rendered too little".to_owned() };
        mid.get(start..start + length).map(<[f32]>::to_vec).ok_or_else(short)
    };
    (0..notes.len()).map(cut).collect()
}

/// Renders a whole song with one preset on every channel, whatever programs the song asks for, its notes `semitones`
/// higher: the mid of the stereo pair at 48 kHz; gain 1, reverb and chorus off.
///
/// # Errors
/// If the song is no standard MIDI file, or `fluidsynth` is missing or fails.
pub fn render_song(
    soundfont: &Path,
    (bank, program): (u16, u16),
    song: &[u8],
    semitones: i8,
) -> Result<Vec<f32>, RenderError> {
    let mut song = Smf::parse(song).map_err(RenderError::Song)?;
    for track in &mut song.tracks {
        track.iter_mut().for_each(|event| bend(&mut event.kind, semitones));
    }
    let chosen = (0..16).flat_map(|channel| choice(u4::new(channel), bank, program));
    if let Some(track) = song.tracks.first_mut() {
        track.splice(0..0, chosen.map(|kind| TrackEvent { delta: u28::new(0), kind }));
    }
    render(soundfont, &song)
}

/// The events that choose a preset.
fn choice(channel: u4, bank: u16, program: u16) -> [TrackEventKind<'static>; 2] {
    let (bank, program) = (u7::new(bank.min(127) as u8), u7::new(program.min(127) as u8));
    let bank = MidiMessage::Controller { controller: u7::new(0), value: bank };
    [bank, MidiMessage::ProgramChange { program }].map(|message| TrackEventKind::Midi { channel, message })
}

/// Moves a note; what would choose another preset becomes a change of nothing, so that times stay as they are.
fn bend(kind: &mut TrackEventKind<'_>, semitones: i8) {
    let nothing = TrackEventKind::Meta(MetaMessage::Text(b""));
    let TrackEventKind::Midi { message, .. } = kind else { return };
    let moved = |key: &mut u7| *key = u7::new(key.as_int().saturating_add_signed(semitones).min(127));
    match message {
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } | MidiMessage::Aftertouch { key, .. } => {
            moved(key);
        }
        MidiMessage::ProgramChange { .. } => *kind = nothing,
        MidiMessage::Controller { controller, .. } if matches!(controller.as_int(), 0 | 32) => *kind = nothing,
        _ => {}
    }
}

/// Runs `fluidsynth`; the mid of what it makes.
fn render(soundfont: &Path, song: &Smf<'_>) -> Result<Vec<f32>, RenderError> {
    let folder = tempfile::tempdir()?;
    let (midi, wav) = (folder.path().join("song.mid"), folder.path().join("song.wav"));
    song.save(&midi)?;
    let output = Command::new("fluidsynth")
        .args(["-ni", "-q", "-g", "1", "-R", "0", "-C", "0", "-T", "wav", "-O", "float"])
        .args(["-r", &ANALYSIS_RATE.to_string(), "-o", "synth.cpu-cores=1", "-F"])
        .args([&wav, soundfont, midi.as_path()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| if error.kind() == ErrorKind::NotFound { RenderError::Missing } else { error.into() })?;
    if !output.status.success() || !wav.exists() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or("it rendered nothing").to_owned();
        return Err(RenderError::Failed { soundfont: soundfont.to_owned(), said });
    }
    read_mid(&wav)
}

fn read_mid(wav: &Path) -> Result<Vec<f32>, RenderError> {
    let mut reader = hound::WavReader::open(wav)?;
    let channels = usize::from(reader.spec().channels);
    let samples = reader.samples::<f32>().collect::<Result<Vec<_>, _>>()?;
    Ok(samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect())
}

/// The MIDI file of all notes; one tick is one millisecond.
fn song_of(bank: u16, program: u16, notes: &[NoteName]) -> Smf<'static> {
    let mut events = vec![(0, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(500_000))))];
    events.extend(choice(u4::new(0), bank, program).map(|event| (0, event)));
    for (index, note) in notes.iter().enumerate() {
        let start = LEAD_MS + index as u32 * SLOT_MS;
        let (key, vel) = (u7::new(note.pitch), u7::new(note.velocity));
        events.push((start, midi(MidiMessage::NoteOn { key, vel })));
        events.push((start + note.hold_ms.min(NOTE_MS), midi(MidiMessage::NoteOff { key, vel: u7::new(64) })));
        events.push((
            start + SOUND_OFF_MS,
            midi(MidiMessage::Controller { controller: u7::new(120), value: u7::new(0) }),
        ));
    }
    events.push((LEAD_MS + notes.len() as u32 * SLOT_MS + 1_000, TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    let mut now = 0;
    let track = events.into_iter().map(|(at, kind)| {
        let delta = u28::new(at - now);
        now = at;
        TrackEvent { delta, kind }
    });
    Smf { header: Header::new(Format::SingleTrack, Timing::Metrical(u15::new(500))), tracks: vec![track.collect()] }
}

fn midi(message: MidiMessage) -> TrackEventKind<'static> {
    TrackEventKind::Midi { channel: u4::new(0), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_move_and_what_would_choose_another_preset_goes() {
        let moved = |message: MidiMessage| {
            let mut kind = midi(message);
            bend(&mut kind, -12);
            kind
        };
        let vel = u7::new(90);
        assert_eq!(
            moved(MidiMessage::NoteOn { key: u7::new(60), vel }),
            midi(MidiMessage::NoteOn { key: u7::new(48), vel })
        );
        assert_eq!(
            moved(MidiMessage::NoteOn { key: u7::new(5), vel }),
            midi(MidiMessage::NoteOn { key: u7::new(0), vel })
        );
        let program = moved(MidiMessage::ProgramChange { program: u7::new(3) });
        assert!(matches!(program, TrackEventKind::Meta(MetaMessage::Text(b""))));
        let pedal = MidiMessage::Controller { controller: u7::new(64), value: u7::new(127) };
        assert_eq!(moved(pedal), midi(pedal));
    }

    #[test]
    fn the_song_holds_each_note_for_its_time() {
        let notes = [(60, 500), (61, 9_000)].map(|(pitch, hold_ms)| NoteName { pitch, velocity: 90, hold_ms });
        let mut now = 0;
        let mut times = Vec::new();
        for event in &song_of(0, 4, &notes).tracks[0] {
            now += event.delta.as_int();
            if let TrackEventKind::Midi { message: MidiMessage::NoteOn { .. } | MidiMessage::NoteOff { .. }, .. } =
                event.kind
            {
                times.push(now);
            }
        }
        assert_eq!(times, [400, 900, 400 + SLOT_MS, 400 + SLOT_MS + NOTE_MS]);
    }
}
