//! Music made from a seed, for where no recordings can be had: chords, a tune, a bass and drums.

use std::f64::consts::PI;

use super::clip::{Clip, RATE};
use super::filter::{Biquad, Shape};
use super::random::Random;
use super::{drums, room};

/// Degrees of the scale on which the chords of four bars stand.
const PROGRESSIONS: [[i32; 4]; 8] =
    [[0, 5, 3, 4], [0, 3, 4, 3], [5, 3, 0, 4], [0, 4, 5, 3], [1, 4, 0, 5], [0, 2, 3, 4], [0, 6, 5, 4], [3, 0, 4, 5]];
/// Semitones of the scale's degrees.
const SCALES: [[f64; 7]; 3] =
    [[0.0, 2.0, 4.0, 5.0, 7.0, 9.0, 11.0], [0.0, 2.0, 3.0, 5.0, 7.0, 8.0, 10.0], [0.0, 2.0, 3.0, 5.0, 7.0, 9.0, 10.0]];

/// `seconds` of a piece; everything about it is drawn.
pub(super) fn piece(seconds: f64, random: &mut Random) -> Clip {
    Piece::compose(seconds, random).play(random)
}

/// A piece as it is written: notes and the sounds that play them.
#[derive(Clone)]
pub(super) struct Piece {
    /// Length in seconds.
    pub(super) seconds: f64,
    song: Song,
    notes: Vec<Note>,
}

impl Piece {
    /// Draws `seconds` of a piece.
    pub(super) fn compose(seconds: f64, random: &mut Random) -> Self {
        let song = Song::new(random);
        let notes = song.notes(seconds, random);
        Self { seconds, song, notes }
    }

    /// The piece's sound; the drummer's part is drawn.
    pub(super) fn play(&self, drummer: &mut Random) -> Clip {
        let mut clip = Clip::silence((self.seconds * f64::from(RATE)) as usize);
        for note in &self.notes {
            self.song.sounds[note.voice as usize].play(note, &mut clip);
        }
        clip.scale(0.25 / clip.rms().max(1e-6));
        if self.song.drums {
            clip.mix(&drums::play_at(self.seconds, 240.0 / self.song.bar, drummer), drummer.range(0.0, 6.0));
        }
        room::reverb(&clip, 1.0, 0.15).tamed()
    }

    /// The same notes by other players: other sounds, at `speed`, `semitones` higher; no note is as long, as loud and as
    /// punctual as it was.
    pub(super) fn anew(&self, speed: f64, semitones: f64, random: &mut Random) -> Self {
        let pitch = 2_f64.powf(semitones / 12.0);
        let looseness = random.range(0.0, 0.03);
        let mut late = |note: &Note| (note.start / speed + random.range(-looseness, looseness)).max(0.0);
        let mut notes: Vec<Note> = self.notes.iter().map(|note| Note { start: late(note), ..*note }).collect();
        for note in &mut notes {
            note.length *= random.range(0.6, 1.0) / speed;
            note.level *= random.range(0.6, 1.4) as f32;
            note.pitch *= pitch;
        }
        let (sounds, drums) = (std::array::from_fn(|_| Timbre::new(random)), random.chance(0.6));
        Self {
            seconds: self.seconds / speed,
            song: Song { bar: self.song.bar / speed, sounds, drums, ..self.song.clone() },
            notes,
        }
    }

    /// Another piece in the same key and tempo, over the same chords and drums; by the same sounds, or by others.
    pub(super) fn alike(&self, random: &mut Random) -> Self {
        let mut song = self.song.clone();
        if random.chance(0.5) {
            song.sounds = std::array::from_fn(|_| Timbre::new(random));
        }
        Self { seconds: self.seconds, notes: song.notes(self.seconds, random), song }
    }
}

#[derive(Clone)]
struct Song {
    /// Seconds of four beats.
    bar: f64,
    /// The scale's first note, in Hz.
    tonic: f64,
    scale: [f64; 7],
    chords: [i32; 4],
    /// Of each voice.
    sounds: [Timbre; 3],
    drums: bool,
}

impl Song {
    fn new(random: &mut Random) -> Self {
        Self {
            bar: 240.0 / random.range(70.0, 165.0),
            tonic: 110.0 * 2_f64.powf(random.below(12) as f64 / 12.0),
            scale: random.pick(&SCALES),
            chords: random.pick(&PROGRESSIONS),
            sounds: std::array::from_fn(|_| Timbre::new(random)),
            drums: random.chance(0.6),
        }
    }

    /// A degree of the scale, any octave, in Hz.
    fn pitch(&self, degree: i32) -> f64 {
        let semitones = self.scale[degree.rem_euclid(7) as usize] + 12.0 * f64::from(degree.div_euclid(7));
        self.tonic * 2_f64.powf(semitones / 12.0)
    }

    fn notes(&self, seconds: f64, random: &mut Random) -> Vec<Note> {
        let mut notes = Vec::new();
        for bar in 0..(seconds / self.bar) as usize + 1 {
            let (start, chord) = (bar as f64 * self.bar, self.chords[bar % 4]);
            self.chord(start, chord, random, &mut notes);
            self.tune(start, chord, random, &mut notes);
            self.bass(start, chord, random, &mut notes);
        }
        notes
    }

    fn chord(&self, start: f64, chord: i32, random: &mut Random, notes: &mut Vec<Note>) {
        let inversion = random.pick(&[0, 0, 1, 2]);
        for (number, degree) in [0, 2, 4, 6].into_iter().take(3 + random.below(2)).enumerate() {
            let lifted = degree + if number < inversion { 7 } else { 0 };
            notes.push(Note {
                voice: Voice::Chord,
                start,
                length: self.bar * 0.95,
                pitch: self.pitch(chord + lifted),
                level: 0.3,
                pan: number as f32 * 0.3 - 0.4,
            });
        }
    }

    fn tune(&self, start: f64, chord: i32, random: &mut Random, notes: &mut Vec<Note>) {
        let (mut beat, mut degree) = (0.0, 7 + chord + random.pick(&[0, 2, 4]));
        while beat < 4.0 {
            let length = random.pick(&[0.25, 0.5, 0.5, 0.5, 1.0, 1.0, 1.5]);
            if random.chance(0.85) {
                notes.push(Note {
                    voice: Voice::Tune,
                    start: start + beat * self.bar / 4.0,
                    length: length * self.bar / 4.0,
                    pitch: self.pitch(degree),
                    level: 0.5,
                    pan: 0.2,
                });
            }
            degree = (degree + random.pick(&[-3, -2, -1, -1, 0, 1, 1, 2, 3])).clamp(5, 18);
            beat += length;
        }
    }

    fn bass(&self, start: f64, chord: i32, random: &mut Random, notes: &mut Vec<Note>) {
        for eighth in 0..8 {
            if random.chance(if eighth % 2 == 0 { 0.8 } else { 0.35 }) {
                notes.push(Note {
                    voice: Voice::Bass,
                    start: start + f64::from(eighth) * self.bar / 8.0,
                    length: self.bar / 9.0,
                    pitch: self.pitch(chord + random.pick(&[0, 0, 0, 4, 7])) / 2.0,
                    level: 0.6,
                    pan: 0.0,
                });
            }
        }
    }
}

/// Who plays a note.
#[derive(Clone, Copy)]
enum Voice {
    Chord,
    Tune,
    Bass,
}

#[derive(Clone, Copy)]
struct Note {
    voice: Voice,
    /// Seconds from the beginning of the piece, and of the note.
    start: f64,
    length: f64,
    /// In Hz.
    pitch: f64,
    level: f32,
    /// -1 is left, 1 is right.
    pan: f32,
}

/// A sound of two detuned oscillators or of one that modulates another, with a filter and an envelope.
#[derive(Clone)]
struct Timbre {
    kind: Kind,
    detune: f64,
    /// Cut-off in multiples of the pitch.
    bright: f64,
    attack: f64,
    /// Seconds in which a held note loses two thirds; never, for an organ.
    decay: f64,
}

#[derive(Clone, Copy)]
enum Kind {
    Saw,
    Square,
    /// Frequency ratio and depth.
    Modulated(f64, f64),
}

impl Timbre {
    fn new(random: &mut Random) -> Self {
        let modulated = Kind::Modulated(random.pick(&[1.0, 2.0, 3.0, 3.5, 7.0]), random.range(0.5, 4.0));
        Self {
            kind: random.pick(&[Kind::Saw, Kind::Square, modulated, modulated]),
            detune: random.range(0.0, 0.006),
            bright: random.range(2.0, 12.0),
            attack: random.range(0.002, 0.04),
            decay: random.pick(&[0.2, 0.5, 1.0, 100.0]),
        }
    }

    fn play(&self, note: &Note, clip: &mut Clip) {
        const RELEASE: f64 = 0.08;
        let rate = f64::from(RATE);
        let frames = ((note.length + RELEASE) * rate) as usize;
        let mut filter = Biquad::new(Shape::Low, note.pitch * self.bright, 0.9, RATE);
        let first = (note.start * rate) as usize;
        for at in 0..frames.min(clip.frames().saturating_sub(first)) {
            let time = at as f64 / rate;
            let held = (time / self.attack).min(1.0) * (-time / self.decay).exp();
            let level = held * (1.0 - (time - note.length).max(0.0) / RELEASE);
            let sound = filter.next((self.wave(note.pitch * time) * level) as f32) * note.level;
            clip.sides[0][first + at] += sound * (1.0 - note.pan);
            clip.sides[1][first + at] += sound * (1.0 + note.pan);
        }
    }

    /// The wave after so many cycles.
    fn wave(&self, cycles: f64) -> f64 {
        let other = cycles * (1.0 + self.detune);
        match self.kind {
            Kind::Saw => cycles.fract() + other.fract() - 1.0,
            Kind::Square => (cycles.fract() - 0.5).signum() * 0.5 + (other.fract() - 0.5).signum() * 0.5,
            Kind::Modulated(ratio, depth) => (2.0 * PI * cycles + depth * (2.0 * PI * other * ratio).sin()).sin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_two_seeds_have_little_in_common_and_one_seed_gives_one_piece() {
        let play = |seed| piece(4.0, &mut Random::new(seed, 0));
        let (one, other) = (play(1), play(2));
        assert_eq!(one.sides[0], play(1).sides[0]);
        let dot: f32 = one.sides[0].iter().zip(&other.sides[0]).map(|(a, b)| a * b).sum();
        assert!((dot / (one.rms() * other.rms() * one.frames() as f32)).abs() < 0.2);
        assert!(one.rms() > 0.05 && one.peak() <= 1.0);
    }
}
