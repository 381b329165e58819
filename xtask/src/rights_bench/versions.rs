//! What resembles a recording and is none: its piece played anew, and other music in its key, tempo and harmony.

use std::path::Path;

use anyhow::Result;

use super::clip::Clip;
use super::generated::Piece;
use super::music::{Role, Track};
use super::random::Random;
use super::truth::{Kind, Truth};

/// The families of these queries.
pub(super) const VERSION: &str = "version";
pub(super) const SIMILAR: &str = "similar";
/// Queries of each family for a track.
const COPIES: usize = 6;
/// Lengths of a query, in seconds.
const LENGTHS: [f64; 3] = [4.0, 6.0, 10.0];
/// Every draw follows from this.
const SEED: u64 = 6;

/// Makes queries of both families for each of these tracks that is in the catalogue; `pieces` are what they play, each
/// with its drummer.
///
/// # Errors
/// If a query cannot be written.
pub(super) fn make(tracks: &[Track], pieces: &[(Piece, Random)], out: &Path) -> Result<Vec<Truth>> {
    let queries = super::parallel(tracks.len() * 2 * COPIES, |number| {
        let (track, (piece, drummer)) = (&tracks[number / (2 * COPIES)], &pieces[number / (2 * COPIES)]);
        if track.role == Role::HeldOut {
            return Ok(None);
        }
        let mut random = Random::new(SEED, number as u64);
        let query =
            if number.is_multiple_of(2) { anew(piece, &mut random) } else { alike(piece, drummer, &mut random) };
        let (clip, start) = cut(&query.clip, &mut random);
        let truth = query.truth(track, &clip, start, number);
        clip.write(&out.join(&truth.file))?;
        Ok(Some(truth))
    })?;
    Ok(queries.into_iter().flatten().collect())
}

/// What a query is cut from.
struct Played {
    family: &'static str,
    label: String,
    clip: Clip,
    speed: f64,
    pitch: f64,
}

/// The piece by other players: half of them keep its tempo, and half its key.
fn anew(piece: &Piece, random: &mut Random) -> Played {
    let speed = if random.chance(0.5) { 1.0 } else { random.range(0.85, 1.18) };
    let semitones = if random.chance(0.5) { 0.0 } else { random.pick(&[-2.0, -1.0, 1.0, 2.0]) };
    Played {
        family: VERSION,
        label: format!("played anew, tempo x {speed:.2}, {semitones:+} semitones"),
        clip: piece.anew(speed, semitones, random).play(random),
        speed,
        pitch: 2_f64.powf(semitones / 12.0),
    }
}

/// Another piece in the same key and tempo, over the same drums.
fn alike(piece: &Piece, drummer: &Random, random: &mut Random) -> Played {
    let clip = piece.alike(random).play(&mut drummer.clone());
    Played {
        family: SIMILAR,
        label: "other notes, same key, tempo, chords and drums".to_owned(),
        clip,
        speed: 1.0,
        pitch: 1.0,
    }
}

/// A stretch of the clip, and where it begins.
fn cut(clip: &Clip, random: &mut Random) -> (Clip, f64) {
    let seconds = random.pick(&LENGTHS);
    let start = random.range(0.0, clip.seconds() - seconds);
    (clip.part(clip.frames_in(start), clip.frames_in(seconds)), start)
}

impl Played {
    fn truth(&self, track: &Track, clip: &Clip, start: f64, number: usize) -> Truth {
        Truth {
            file: format!("queries/v{number:04}.wav"),
            half: track.half,
            kind: Kind::Negative,
            family: self.family.to_owned(),
            label: self.label.clone(),
            length: clip.seconds(),
            track: Some(track.id.clone()),
            start: start * self.speed,
            rate: self.speed,
            pitch: self.pitch,
            parts: Vec::new(),
            labels: Vec::new(),
        }
    }
}
