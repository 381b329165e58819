//! What a note file's name says about the note.

use crate::media::note::NoteName;

/// Pitch, velocity and hold of a note as far as its file's name tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Label {
    /// MIDI pitch.
    pub pitch: Option<f32>,
    /// 1..127.
    pub velocity: Option<f32>,
    /// Milliseconds from note-on to note-off.
    pub hold_ms: Option<f32>,
    /// Whether the note belongs to those by which models are judged, and that are never trained on.
    pub for_judging: bool,
}

impl Label {
    /// Reads a file name without its ending: `p060_v084_h2500`; else a note name such as `C#4` (C4 is 60) or, failing
    /// that, a single number up to 127 for the pitch, and a velocity such as `v84` or `vel84`.
    #[must_use]
    pub fn read(stem: &str) -> Self {
        if let Ok(name) = stem.parse::<NoteName>() {
            return Self {
                pitch: Some(name.pitch.into()),
                velocity: Some(name.velocity.into()),
                hold_ms: Some(name.hold_ms as f32),
                for_judging: name.is_for_judging(),
            };
        }
        let words = || stem.split([' ', '_', '.', '(', ')', '[', ']', ',']).chain(stem.split(['-', ' ', '_']));
        let velocity = words().find_map(velocity);
        let pitch = words().find_map(note).or_else(|| only_number(stem)).map(f32::from);
        Self { pitch, velocity, ..Self::default() }
    }
}

/// A note name such as `C4`, `f#3`, `Bb-1`.
fn note(word: &str) -> Option<u8> {
    let mut letters = word.chars();
    let semitone = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (accidental, octave) = match (rest.strip_prefix(['#', 's']), rest.strip_prefix('b')) {
        (Some(octave), _) => (1, octave),
        (_, Some(octave)) => (-1, octave),
        _ => (0, rest),
    };
    let octave: i32 = octave.parse().ok().filter(|octave| (-1..=9).contains(octave))?;
    u8::try_from(12 * (octave + 1) + semitone + accidental).ok().filter(|&pitch| pitch <= 127)
}

fn velocity(word: &str) -> Option<f32> {
    let word = word.to_ascii_lowercase();
    let digits = word.strip_prefix("vel").or_else(|| word.strip_prefix('v'))?;
    digits.parse().ok().filter(|velocity: &u8| (1..=127).contains(velocity)).map(f32::from)
}

/// The only number in a text, if it can be a pitch.
fn only_number(text: &str) -> Option<u8> {
    let mut numbers = text.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.parse::<u32>().ok());
    let number = numbers.next().filter(|&number| number <= 127);
    if numbers.next().is_none() { number.and_then(|number| u8::try_from(number).ok()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_pitch_and_velocity() {
        let check = |stem: &str, pitch: Option<f32>, velocity: Option<f32>| {
            let label = Label::read(stem);
            assert_eq!((label.pitch, label.velocity), (pitch, velocity), "{stem}");
        };
        check("p060_v084_h2500", Some(60.0), Some(84.0));
        check("C#4", Some(61.0), None);
        check("Violin C4 vel80", Some(60.0), Some(80.0));
        check("bb-1", Some(10.0), None);
        check("piano_a0_v127", Some(21.0), Some(127.0));
        check("Flute-F#5-long", Some(78.0), None);
        check("60", Some(60.0), None);
        check("kick 36", Some(36.0), None);
        check("take 1 of 7", None, None);
        check("growl", None, None);
        check("200", None, None);
    }

    #[test]
    fn notes_for_judging_are_recognised_by_their_numbers() {
        assert!(Label::read("p061_v084_h2500").for_judging);
        assert!(Label::read("p060_v104_h2500").for_judging);
        assert!(!Label::read("p060_v112_h2500").for_judging);
        assert!(!Label::read("C#4").for_judging);
    }
}
