//! What other tasks play to the rights guard: a small catalogue of recorded music, an excerpt as a producer uses one, and
//! sessions with excerpts here and there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::clip::{self, Clip};
use super::random::Random;
use super::set::Set;
use super::{drums, generated, music, resample, tools};

/// The package whose music is small enough to fetch for a demo.
const PACKAGE: &str = "torus-trooper-data";
/// Pieces that are made where it cannot be had, and their length in seconds.
const PIECES: usize = 4;
const PIECE_SECONDS: f64 = 60.0;
const SEED: u64 = 20_261_127;

/// A recording and what its rows of a catalogue say.
pub(crate) struct Recording {
    /// WAV, 16 bits, 44.1 kHz, stereo.
    pub(crate) path: PathBuf,
    /// Its title.
    pub(crate) title: String,
    /// Who made and owns it.
    pub(crate) artist: &'static str,
    /// SPDX.
    pub(crate) licence: &'static str,
}

/// Streams to listen to, and what is known of them; WAV files.
pub(crate) struct Sessions {
    /// The recordings that excerpts are of.
    pub(crate) catalogue: Vec<PathBuf>,
    /// The streams.
    pub(crate) streams: Vec<PathBuf>,
}

/// Recorded music, fetched into `cache` unless it is there and decoded into `out`.
///
/// # Errors
/// If it cannot be fetched or decoded.
pub(crate) fn recorded(cache: &Path, out: &Path) -> Result<Vec<Recording>> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut files = music::recordings(&music::unpacked(cache, PACKAGE)?)?;
    files.sort();
    ensure!(!files.is_empty(), "{PACKAGE} holds no recordings");
    let recording = |file: &PathBuf| {
        let stem = file.file_stem().unwrap_or_default();
        let path = out.join(stem).with_extension("wav");
        music::once(&path, |path| tools::decode(file, path))?;
        let title = format!("Torus Trooper, {}", stem.to_string_lossy());
        Ok(Recording { path, title, artist: "Kenta Cho", licence: "BSD-2-Clause" })
    };
    files.iter().map(recording).collect()
}

/// Music that is made in `out`, for where there is none.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn made(out: &Path) -> Result<Vec<Recording>> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    super::parallel(PIECES, |number| {
        let path = out.join(format!("piece-{number}.wav"));
        let mut random = Random::new(SEED, number as u64);
        music::once(&path, |path| generated::piece(PIECE_SECONDS, &mut random).write(path))?;
        Ok(Recording { path, title: format!("Piece {number}"), artist: "Zither's tasks", licence: "CC0-1.0" })
    })
}

/// Sessions of minutes with excerpts of a catalogue, all of music that is made in `folder`.
///
/// # Errors
/// If they cannot be written.
pub(crate) fn sessions(folder: &Path) -> Result<Sessions> {
    let set = Set::sessions(folder)?;
    let catalogue = std::fs::read_to_string(set.catalogue()).context("cannot read the list of the catalogue")?;
    Ok(Sessions { catalogue: catalogue.lines().map(PathBuf::from).collect(), streams: set.streams() })
}

/// `seconds` of a WAV file of 16 bits in stereo from `start` on, at `rate`: left and right. Less where the file ends before.
///
/// # Errors
/// If the file cannot be read or has another format.
pub(crate) fn sound(path: &Path, start: f64, seconds: f64, rate: u32) -> Result<[Vec<f32>; 2]> {
    let clip = Clip::read(path, start, seconds)?;
    Ok(if clip.rate == rate { clip } else { resample::at_rate(&clip, rate) }.sides)
}

/// How long a WAV file is, in seconds.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn seconds(path: &Path) -> Result<f64> {
    clip::seconds(path)
}

/// `seconds` of a recording from `start` on, played at `speed`, under drums as loud as itself, at `rate`: left and right.
///
/// # Errors
/// If the recording cannot be read.
pub(crate) fn under_drums(path: &Path, start: f64, seconds: f64, speed: f64, rate: u32) -> Result<[Vec<f32>; 2]> {
    let mut clip = resample::varispeed(&Clip::read(path, start, seconds * speed)?, speed);
    let drums = drums::play_at(seconds, 112.0, &mut Random::new(SEED, 1_000));
    clip.mix(&drums, 0.0);
    Ok(resample::at_rate(&clip.tamed(), rate).sides)
}
