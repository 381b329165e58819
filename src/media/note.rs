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

/// Whether an instrument belongs to the tenth that is left out of a training run whose model is to be judged on sounds
/// it never saw: every ninth program in all its banks, since the variations in higher banks are made of the same
/// samples. A step of nine walks through the families of eight, and leaves out 13 of the 119 melodic programs.
/// Instruments that come from no soundfont are never left out.
#[must_use]
pub fn is_left_out(instrument: &str) -> bool {
    bank_and_program(instrument).is_some_and(|(bank, program)| {
        let is_of_a_soundfont = instrument_name(bank, program) == instrument;
        is_of_a_soundfont && program % 9 == 2
    })
}

/// Bank and program at the end of an instrument's name.
fn bank_and_program(instrument: &str) -> Option<(u16, u16)> {
    let mut parts = instrument.rsplit('_');
    let program = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, program))
}

/// Family of an instrument with such a name, and of any other all of it.
#[must_use]
pub fn family(instrument: &str) -> &str {
    match bank_and_program(instrument) {
        Some((bank, program)) if instrument_name(bank, program) == instrument => &instrument[..instrument.len() - 8],
        _ => instrument,
    }
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
        assert_eq!((family("chromatic_percussion_008_014"), family("my_own")), ("chromatic_percussion", "my_own"));
    }

    #[test]
    fn about_a_tenth_is_left_out_over_nearly_all_families_with_its_variations() {
        let left_out: Vec<_> = (0..119).filter(|&program| is_left_out(&instrument_name(0, program))).collect();
        let families: std::collections::BTreeSet<_> = left_out.iter().map(|program| program / 8).collect();
        assert_eq!((left_out.len(), families.len()), (13, 13));
        assert!((0..119).all(|p| is_left_out(&instrument_name(8, p)) == left_out.contains(&p)));
        assert!(!is_left_out("synthetic_000_002") && !is_left_out("piano_000_x") && !is_left_out("piano"));
    }
}
