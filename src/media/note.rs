//! Names of note files: what a training folder says about each of its notes.
//!
//! A folder of rendered notes is `DIR/<instrument>/p060_v084_h2500.wav`: the instrument is `<family>_<BBB>_<PPP>` after
//! its General MIDI family, bank and program; the file tells pitch, velocity and milliseconds held.

use std::fmt;
use std::str::FromStr;

/// Length of every rendered note in milliseconds, release included.
pub const NOTE_MS: u32 = 3_200;

/// The sixteen families of General MIDI, eight programs each.
const FAMILIES: [&str; 16] = [
    "piano",
    "chromatic_percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "lead",
    "pad",
    "synth_fx",
    "ethnic",
    "percussive",
    "sound_effects",
];

/// Folder name of a soundfont's instrument, such as `piano_000_004`.
#[must_use]
pub fn instrument_name(bank: u16, program: u16) -> String {
    format!("{}_{bank:03}_{program:03}", FAMILIES[usize::from(program / 8).min(FAMILIES.len() - 1)])
}

/// One note as it is played, and its file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoteName {
    /// MIDI pitch 0..=127.
    pub pitch: u8,
    /// MIDI velocity 1..=127.
    pub velocity: u8,
    /// Time from note-on to note-off in milliseconds.
    pub hold_ms: u32,
}

impl NoteName {
    /// Whether this note is kept for judging a model and never trained on: pitches congruent to 1 mod 4, velocities
    /// 70 and 104.
    #[must_use]
    pub fn is_for_judging(self) -> bool {
        self.pitch % 4 == 1 || matches!(self.velocity, 70 | 104)
    }
}

impl fmt::Display for NoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:03}_v{:03}_h{}", self.pitch, self.velocity, self.hold_ms)
    }
}

/// A text is no note name such as `p060_v084_h2500`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a note name such as p060_v084_h2500")]
pub struct NotANoteName;

impl FromStr for NoteName {
    type Err = NotANoteName;

    /// Reads a file's stem.
    fn from_str(stem: &str) -> Result<Self, NotANoteName> {
        let mut parts = stem.split('_');
        let mut number = |prefix: char| -> Result<u32, NotANoteName> {
            let digits = parts.next().and_then(|part| part.strip_prefix(prefix)).ok_or(NotANoteName)?;
            digits.parse().map_err(|_| NotANoteName)
        };
        let (pitch, velocity, hold_ms) = (number('p')?, number('v')?, number('h')?);
        if parts.next().is_some() || pitch > 127 || !(1..=127).contains(&velocity) {
            return Err(NotANoteName);
        }
        Ok(Self { pitch: pitch as u8, velocity: velocity as u8, hold_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_written() {
        let note = NoteName { pitch: 60, velocity: 84, hold_ms: 2_500 };
        assert_eq!(note.to_string(), "p060_v084_h2500");
        assert_eq!(note.to_string().parse(), Ok(note));
        for wrong in ["", "p060", "p060_v084", "p060_v000_h1", "p128_v001_h1", "p060_v084_h2500_x", "C4"] {
            assert_eq!(wrong.parse::<NoteName>(), Err(NotANoteName), "{wrong}");
        }
    }

    #[test]
    fn instruments_are_named_after_family_bank_and_program() {
        assert_eq!(instrument_name(0, 4), "piano_000_004");
        assert_eq!(instrument_name(8, 118), "percussive_008_118");
        assert_eq!(instrument_name(0, 127), "sound_effects_000_127");
    }
}
