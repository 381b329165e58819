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
    let folder = tempfile::tempdir()?;
    let (song, wav) = (folder.path().join("notes.mid"), folder.path().join("notes.wav"));
    song_of(bank, program, notes).save(&song)?;
    let output = Command::new("fluidsynth")
        .args(["-ni", "-q", "-g", "1", "-R", "0", "-C", "0", "-T", "wav", "-O", "float"])
        .args(["-r", &ANALYSIS_RATE.to_string(), "-o", "synth.cpu-cores=1", "-F"])
        .args([&wav, soundfont, song.as_path()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| if error.kind() == ErrorKind::NotFound { RenderError::Missing } else { error.into() })?;
    let failed = || {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or("it rendered nothing").to_owned();
        RenderError::Failed { soundfont: soundfont.to_owned(), said }
    };
    if !output.status.success() || !wav.exists() {
        return Err(failed());
    }
    let mid = read_mid(&wav)?;
    let length = (NOTE_MS * PER_MS) as usize;
    let cut = |index: usize| {
        let start = LAG + ((LEAD_MS + index as u32 * SLOT_MS) * PER_MS) as usize;
        mid.get(start..start + length).map(<[f32]>::to_vec).ok_or_else(failed)
    };
    (0..notes.len()).map(cut).collect()
}

fn read_mid(wav: &Path) -> Result<Vec<f32>, RenderError> {
    let mut reader = hound::WavReader::open(wav)?;
    let channels = usize::from(reader.spec().channels);
    let samples = reader.samples::<f32>().collect::<Result<Vec<_>, _>>()?;
    Ok(samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect())
}

/// The MIDI file of all notes; one tick is one millisecond.
fn song_of(bank: u16, program: u16, notes: &[NoteName]) -> Smf<'static> {
    let (bank, program) = (u7::new(bank.min(127) as u8), u7::new(program.min(127) as u8));
    let mut events = vec![
        (0, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(500_000)))),
        (0, midi(MidiMessage::Controller { controller: u7::new(0), value: bank })),
        (0, midi(MidiMessage::ProgramChange { program })),
    ];
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
