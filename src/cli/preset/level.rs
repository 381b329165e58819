//! The loudness that presets share, each in a phrase that fits its register.

use super::performance::{Note, Player};
use crate::analysis::loudness::integrated_loudness;
use crate::synth::controls::Control;

/// Integrated loudness of every preset's phrase, in LUFS; quiet enough that the strikes of plucks stay below full scale.
pub(super) const LOUDNESS_LUFS: f32 = -25.0;

/// Where and how a family plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    /// A line of single notes from A1 to G2: basses.
    Low,
    /// Four notes about C5, then a triad: what is struck, plucked or blown.
    Middle,
    /// A line about C5 alone: leads.
    Line,
    /// Two triads below C4 of three seconds each: what swells.
    Slow,
    /// As `Middle`, an octave higher: bells.
    High,
}

impl Register {
    /// That of a bank; of one that is not known, the middle.
    pub(super) fn of(bank: &str) -> Self {
        match bank {
            "Bass" => Self::Low,
            "Leads" => Self::Line,
            "Strings" | "Voices" | "Pads" | "Textures" => Self::Slow,
            "Bells" => Self::High,
            _ => Self::Middle,
        }
    }

    /// The pitch that stands for the register.
    pub(super) fn pitch(self) -> i32 {
        match self {
            Self::Low => 36,
            Self::Slow => 55,
            Self::Middle => 60,
            Self::Line => 67,
            Self::High => 76,
        }
    }

    /// The phrase as pitches with start and end in seconds, and its length.
    fn phrase(self) -> (Vec<(i32, f32, f32)>, f32) {
        let line = |pitches: &[i32]| -> Vec<_> {
            pitches
                .iter()
                .zip(0_u8..)
                .map(|(&pitch, at)| (pitch, 0.5 * f32::from(at), 0.5 * f32::from(at) + 0.45))
                .collect()
        };
        let triad = |[a, b, c]: [i32; 3], from: f32, to: f32| [(a, from, to), (b, from, to), (c, from, to)];
        match self {
            Self::Low => (line(&[33, 36, 40, 43, 38, 31]), 3.5),
            Self::Line => (line(&[67, 69, 72, 76, 74, 72]), 3.5),
            Self::Middle => ([line(&[60, 64, 67, 72]), triad([60, 64, 67], 2.0, 4.0).to_vec()].concat(), 4.5),
            Self::High => ([line(&[72, 76, 79, 84]), triad([72, 76, 79], 2.0, 4.0).to_vec()].concat(), 4.5),
            Self::Slow => ([triad([57, 60, 64], 0.0, 3.0), triad([53, 57, 60], 3.0, 6.0)].concat(), 7.0),
        }
    }
}

/// The integrated loudness of a preset in LUFS as it plays the phrase of its register.
pub(super) fn phrase_loudness(player: &Player, register: Register) -> f32 {
    let [left, right] = play_phrase(player, register);
    integrated_loudness([&left, &right])
}

/// The phrase of a register at velocity 0.8, where it sounds at its pitch whatever the preset's transposition.
pub(super) fn play_phrase(player: &Player, register: Register) -> [Vec<f32>; 2] {
    let (phrase, seconds) = register.phrase();
    let note = |&(pitch, from, to): &(i32, f32, f32)| Note { key: key_of(player, pitch), velocity: 0.8, from, to };
    player.play(&phrase.iter().map(note).collect::<Vec<_>>(), seconds)
}

/// The key that sounds at `pitch`.
pub(super) fn key_of(player: &Player, pitch: i32) -> u8 {
    (pitch - player.controls.get(Control::TRANSPOSE) as i32).clamp(0, 127) as u8
}

/// The gain in dB, to the tenth, at which a preset is as loud as all others.
pub(super) fn levelled(player: &Player, register: Register) -> f32 {
    let mut flat = player.clone();
    flat.controls.set(Control::GAIN, 0.0);
    let gain = LOUDNESS_LUFS - phrase_loudness(&flat, register).max(-120.0);
    // Adding 0 makes a negative zero plain.
    (10.0 * gain).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::synth::controls::Controls;

    #[test]
    fn a_preset_at_its_gain_has_the_loudness_that_all_share() {
        for register in [Register::Low, Register::Middle, Register::Slow] {
            let mut player = Player { model: Model::factory(), controls: Controls::default(), transfer: None };
            player.controls.set(Control::TRANSPOSE, -12.0);
            let gain = levelled(&player, register);
            player.controls.set(Control::GAIN, gain);
            let loudness = phrase_loudness(&player, register);
            assert!((loudness - LOUDNESS_LUFS).abs() < 0.1, "{register:?}: {loudness} LUFS at {gain} dB");
        }
    }
}
