//! What the tags claim, against what is heard.

use super::portrait::Portrait;
use crate::synth::controls::{Control, Controls, VoiceMode};

/// A character with what must be so for a sound to be called that, in words and as a rule.
struct Character {
    word: &'static str,
    claim: &'static str,
    holds: fn(&Portrait, &Controls) -> bool,
}

const fn character(word: &'static str, claim: &'static str, holds: fn(&Portrait, &Controls) -> bool) -> Character {
    Character { word, claim, holds }
}

/// The characters that can be measured; `nasal` and `woody` are for the ear alone. Bounds part what was called so by ear
/// from what was not, among the factory presets.
const MEASURED: [Character; 22] = [
    character("aggressive", "is bright", |p, _| is_bright(p)),
    character("airy", "has noise above -35 dB", |p, _| p.noise_db >= -35.0),
    character("breathy", "has noise above -30 dB", |p, _| p.noise_db >= -30.0),
    character("bright", "has its centre above the middle of its register", |p, _| is_bright(p)),
    character("dark", "has its centre low in its register", |p, _| p.centroid_hz <= 220.0 + 1.3 * p.pitch_hz),
    character("detuned", "has copies that beat", |_, c| copies(c) >= 2.0 && c.get(Control::DETUNE) >= 8.0),
    character("dry", "is silent soon after the key", |p, _| p.fall_db + p.ring_db <= -50.0),
    character("evolving", "changes its colour while it is held", |p, _| p.change_db >= 3.0 && p.fall_db > -15.0),
    character("fat", "has several copies", |_, c| copies(c) >= 2.0),
    character("glassy", "has little noise", |p, _| p.noise_db <= -30.0),
    character("glide", "glides", |_, c| c.get(Control::GLIDE) > 0.0),
    character("hard", "starts at once and is bright or strikes", |p, _| {
        p.attack_ms < 20.0 && (is_bright(p) || p.strike >= 0.4)
    }),
    character("hollow", "has odd partials above the even ones", |p, _| p.odd_db >= 6.0),
    character("intimate", "is narrow", |p, _| p.side_db <= -15.0),
    character("lush", "is wide or rings on", |p, _| p.side_db >= -12.0 || p.fall_db + p.ring_db >= -45.0),
    character("metallic", "has partials off the harmonics above -38 dB", |p, _| p.inharmonic_db >= -38.0),
    character("mono", "has one voice", |_, c| c.voice_mode() != VoiceMode::Poly),
    character("plucky", "starts at once and dies away", |p, _| p.attack_ms < 25.0 && p.fall_db <= -12.0),
    character("slow", "takes 120 ms or more to rise", |p, _| p.attack_ms >= 120.0),
    character("soft", "is not bright", |p, _| !is_bright(p)),
    character("warm", "is not bright", |p, _| !is_bright(p)),
    character("wide", "differs between the channels", |p, _| p.side_db >= -11.0),
];

/// Against its register: a bass is bright where a bell would be dark. Of a struck sound the strike counts.
fn is_bright(portrait: &Portrait) -> bool {
    let struck = if portrait.fall_db < -30.0 { portrait.strike.max(0.0) } else { 0.0 };
    portrait.centroid_hz * struck.exp2() >= 350.0 + 2.6 * portrait.pitch_hz
}

fn copies(controls: &Controls) -> f32 {
    controls.get(Control::UNISON)
}

/// The tags that are not true, each with its claim.
pub(super) fn untrue(tags: &[String], portrait: &Portrait, controls: &Controls) -> Vec<String> {
    let claimed = MEASURED.iter().filter(|character| tags.iter().any(|tag| tag == character.word));
    let untrue = claimed.filter(|character| !(character.holds)(portrait, controls));
    untrue
        .map(|character| format!("is tagged {}, but it is not so that it {}", character.word, character.claim))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::browser::vocabulary::CHARACTERS;
    use crate::cli::preset::level::Register;
    use crate::cli::preset::performance::Player;
    use crate::model::Model;

    /// The words that are not true of a sound, among those of the vocabulary.
    fn untrue_words(settings: &[(Control, f32)]) -> Vec<&'static str> {
        let mut controls = Controls::default();
        let model = Model::factory();
        settings.iter().for_each(|&(control, value)| controls.set(control, value));
        let player = Player { model: Arc::clone(&model), controls: controls.clone(), transfer: None };
        let portrait = Portrait::of(&player, Register::Middle);
        CHARACTERS.into_iter().filter(|word| !untrue(&[(*word).to_owned()], &portrait, &controls).is_empty()).collect()
    }

    #[test]
    fn what_is_set_decides_what_is_true() {
        let plain = untrue_words(&[(Control::WIDTH, 0.0), (Control::NOISE, -60.0)]);
        for word in ["slow", "wide", "breathy", "detuned", "mono", "glide", "fat"] {
            assert!(plain.contains(&word), "{word}: {plain:?}");
        }
        let other = untrue_words(&[
            (Control::ATTACK, 600.0),
            (Control::UNISON, 5.0),
            (Control::DETUNE, 20.0),
            (Control::WIDTH, 100.0),
            (Control::BRIGHTNESS, 6.0),
            (Control::MODE, 2.0),
            (Control::GLIDE, 50.0),
        ]);
        for word in ["slow", "wide", "bright", "detuned", "mono", "glide", "fat"] {
            assert!(!other.contains(&word), "{word}: {other:?}");
        }
        assert!(other.contains(&"dark") && other.contains(&"plucky"));
    }

    #[test]
    fn every_character_has_a_rule_or_is_for_the_ear() {
        let ruled = |word: &&str| MEASURED.iter().any(|character| character.word == *word);
        let unruled: Vec<_> = CHARACTERS.into_iter().filter(|word| !ruled(word)).collect();
        assert_eq!(unruled, ["nasal", "woody"]);
        assert_eq!(MEASURED.len() + unruled.len(), CHARACTERS.len());
    }
}
