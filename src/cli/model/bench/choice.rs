//! Which notes are judged, and which one recording tells an instrument: the same at every run.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::super::perform::Performer;
use super::super::plan::LONG_HOLD_MS;
use crate::media::note::{NoteName, instrument_name, is_left_out};
use crate::media::soundfont::{SoundfontPreset, presets};

/// Pitches that are judged of a trained instrument: every fourth from here on.
const LOWEST_PITCH: u32 = 25;
const PITCHES: u32 = 18;
/// Pitches that are judged of an instrument that one note tells: every fourth from so far below that note on, so that
/// all lie within two octaves of it.
const BELOW: u32 = 23;
const PITCHES_AROUND: u32 = 12;
/// Velocities that are judged.
const VELOCITIES: [u8; 2] = [70, 104];
/// How long notes are held: two in three long, the rest so that their release counts.
const SHORT_HOLD_MS: std::ops::Range<u32> = 150..1_200;
/// The note that tells an instrument is the first of these pitches that sounds.
const TOLD_BY: [u8; 5] = [60, 48, 72, 36, 84];
/// Velocity of that note, and so the one at which a dropped recording is taken to be played.
pub(super) const TOLD_VELOCITY: u8 = 100;
/// General MIDI has melodic instruments below this program, sound effects from it on.
const MELODIC: std::ops::Range<u16> = 0..119;
/// The bank of the drum kits.
const DRUMS: u16 = 128;

/// What instruments are to the model that plays them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Training saw other notes of them.
    Trained,
    /// Training left them out, see [`is_left_out`].
    Unseen,
    /// Those of another soundfont.
    Other,
}

/// The notes of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) group: Group,
    pub(super) soundfont: PathBuf,
    pub(super) preset: SoundfontPreset,
    /// `<family>_<bank>_<program>`.
    pub(super) instrument: String,
    /// Judged notes; of an instrument that one note tells, their distances from its pitch are what counts.
    pub(super) notes: Vec<NoteName>,
}

impl Choice {
    /// Notes that may tell the instrument, the best first.
    pub(super) fn tellers() -> impl Iterator<Item = NoteName> {
        TOLD_BY.into_iter().map(|pitch| NoteName { pitch, velocity: TOLD_VELOCITY, hold_ms: LONG_HOLD_MS })
    }

    /// The judged notes when the note that tells the instrument has this pitch.
    pub(super) fn notes_about(&self, teller: u8) -> Vec<NoteName> {
        let moved = |note: &NoteName| match self.group {
            Group::Trained => *note,
            Group::Unseen | Group::Other => NoteName { pitch: note.pitch + teller - TOLD_BY[0], ..*note },
        };
        self.notes.iter().map(moved).collect()
    }
}

/// Chooses `count` notes over all instruments of the soundfont that belong to `group`, each instrument with as many as
/// the others give or take one.
pub(super) fn choose(
    group: Group,
    soundfont: &Path,
    performer: &Performer,
    count: usize,
    seed: u64,
) -> Result<Vec<Choice>> {
    ensure!(count > 0, "there is no note to judge");
    let mut found = presets(soundfont)?;
    found.retain(|preset| {
        let name = instrument_name(preset.bank, preset.program);
        let is_melodic = MELODIC.contains(&preset.program) && preset.bank < DRUMS;
        match group {
            Group::Trained => performer.instrument(&name).is_some(),
            Group::Unseen => is_melodic && is_left_out(&name),
            Group::Other => is_melodic,
        }
    });
    ensure!(!found.is_empty(), "{} has none of the instruments to be judged", soundfont.display());
    if group == Group::Unseen {
        let known =
            found.iter().find(|preset| performer.instrument(&instrument_name(preset.bank, preset.program)).is_some());
        ensure!(known.is_none(), "the model for unseen instruments was trained on {known:?}; train it anew");
    }
    let mut random = SplitMix(seed);
    let total = found.len();
    let share = |index: usize| count * (index + 1) / total - count * index / total;
    let choices = found.into_iter().enumerate().map(|(index, preset)| Choice {
        group,
        soundfont: soundfont.to_owned(),
        instrument: instrument_name(preset.bank, preset.program),
        preset,
        notes: (0..share(index)).map(|_| note(group, &mut random)).collect(),
    });
    Ok(choices.filter(|choice| !choice.notes.is_empty()).collect())
}

fn note(group: Group, random: &mut SplitMix) -> NoteName {
    let pitch = match group {
        Group::Trained => LOWEST_PITCH + 4 * random.below(PITCHES),
        Group::Unseen | Group::Other => u32::from(TOLD_BY[0]) - BELOW + 4 * random.below(PITCHES_AROUND),
    };
    let velocity = VELOCITIES[random.below(VELOCITIES.len() as u32) as usize];
    let long = random.below(3) < 2;
    let short = SHORT_HOLD_MS.start + random.below(SHORT_HOLD_MS.end - SHORT_HOLD_MS.start);
    NoteName { pitch: pitch as u8, velocity, hold_ms: if long { LONG_HOLD_MS } else { short } }
}

/// Random numbers for the choice of notes (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((mixed >> 32) * u64::from(limit)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::plan::nearest_recorded;
    use super::*;

    #[test]
    fn judged_notes_were_kept_from_training_and_spread_over_pitches_and_lengths() {
        let mut random = SplitMix(1);
        let notes: Vec<_> = (0..2_000).map(|_| note(Group::Trained, &mut random)).collect();
        assert!(notes.iter().all(|note| note.is_for_judging() && (25..=93).contains(&note.pitch)));
        assert!(notes.iter().all(|note| !nearest_recorded(note.pitch, note.velocity).is_for_judging()));
        for pitch in (25..=93).step_by(4) {
            let count = notes.iter().filter(|note| note.pitch == pitch).count();
            assert!((70..160).contains(&count), "pitch {pitch} was chosen {count} times");
        }
        let long = notes.iter().filter(|note| note.hold_ms == LONG_HOLD_MS).count();
        assert!((1_250..1_420).contains(&long), "{long}");
    }

    #[test]
    fn notes_of_an_unseen_instrument_lie_within_two_octaves_of_the_one_that_tells_it_and_are_another() {
        let mut random = SplitMix(1);
        let notes = (0..500).map(|_| note(Group::Unseen, &mut random)).collect();
        let preset = SoundfontPreset { bank: 0, program: 2, name: String::new() };
        let (soundfont, instrument) = (PathBuf::new(), "piano_000_002".to_owned());
        let choice = Choice { group: Group::Unseen, soundfont, preset, instrument, notes };
        for teller in Choice::tellers() {
            for note in choice.notes_about(teller.pitch) {
                assert!((1..=24).contains(&note.pitch.abs_diff(teller.pitch)), "{note} told by {teller}");
            }
        }
    }
}
