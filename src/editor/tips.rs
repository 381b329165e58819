//! What each control does to the sound, in a sentence, and what modulation makes of its value now.

use egui::Response;

use super::Hands;
use crate::synth::controls::Control;

/// What more of a latent does, by the name that its model gives it: names are given by measuring the sound
/// (`train::finish`), so that one name means the same in every model.
const LATENTS: [(&str, &str); 14] = [
    ("Brightness", "Brighter: the weight of the spectrum moves up"),
    ("Attack", "Slower: the note takes longer to reach its level"),
    ("Decay", "Holds longer: a held note falls less"),
    ("Noise", "Noisier: breath, bow and hammer against tone"),
    ("Inharmonicity", "More like bells and stiff strings: partials move off the harmonic series"),
    ("Body", "Fuller between 100 and 500 Hz"),
    ("Hollowness", "More hollow: odd partials against even ones, as of a clarinet"),
    ("Release", "Rings longer after the key is let go"),
    ("Presence", "Closer: more between 2 and 5 kHz"),
    ("Bite", "More bite: the onset is brighter than what follows"),
    ("Air", "More air above 7 kHz"),
    ("Purity", "Purer: the fundamental against all other partials"),
    ("Motion", "Livelier: a held note moves more by itself"),
    ("Depth", "Deeper: more below and between the partials of the series"),
];
const COLOUR: &str = "Changes the timbre in several ways at once, for which there is no single word";

/// What the other controls do.
const CONTROLS: [(Control, &str); 22] = [
    (Control::ATTACK, "Time in which a note rises; 0 leaves the onset to the model"),
    (Control::DECAY, "Time in which a held note falls to the sustain level"),
    (Control::SUSTAIN, "Level that a held note falls to"),
    (Control::RELEASE, "Time in which a released note falls by 60 dB; the longest leaves it to the model"),
    (Control::RELEASE_STRETCH, "How long the model's own release takes, against what it learnt"),
    (Control::GAIN, "Output level"),
    (Control::BRIGHTNESS, "Tilts the spectrum about 1 kHz"),
    (Control::NOISE, "Level of the noise part; the lowest value switches it off"),
    (Control::MOTION, "How far a held note moves by itself; 100 % as the model learnt it"),
    (Control::VIBRATO_RATE, "Speed of the vibrato that depth, wheel and expression bring in"),
    (Control::VIBRATO_DEPTH, "Vibrato without touching the wheel"),
    (Control::UNISON, "Detuned copies of each note; each costs as much as a voice's partials"),
    (Control::DETUNE, "Distance of the outermost copies"),
    (Control::WIDTH, "Stereo width; the sum of both channels stays the same"),
    (Control::MODE, "Poly, one voice that starts anew, or one that glides on"),
    (Control::VOICES, "Most notes at once; fewer cost less"),
    (Control::GLIDE, "Time in which the pitch slides from the note before"),
    (Control::VELOCITY, "How far velocity is followed; 0 % plays every note alike"),
    (Control::TRANSPOSE, "Transposition"),
    (Control::TUNE, "Fine tuning"),
    (Control::BEND_RANGE, "Range of the pitch-bend wheel"),
    (Control::MPE, "For controllers with a channel for each note: how far such a channel bends"),
];

/// Shows the tip of `control`, called `label`, while the pointer rests on it.
pub(super) fn tip(response: Response, hands: &Hands, control: Control, label: &str) {
    response.on_hover_ui(|ui| {
        ui.label(text(control, label));
        if let Some(now) = modulated(hands, control) {
            ui.label(format!("Modulated to {now} now"));
        }
    });
}

/// What it does.
fn text(control: Control, label: &str) -> &'static str {
    if let Some((_, text)) = CONTROLS.iter().find(|(of, _)| *of == control) {
        return text;
    }
    let name = label.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
    LATENTS.iter().find(|(of, _)| *of == name).map_or(COLOUR, |(_, text)| text)
}

/// The value that the host's modulation makes of what the user set, where it does.
pub(super) fn modulated(hands: &Hands, control: Control) -> Option<String> {
    let (now, set) = (hands.params.plain(control), hands.params.unmodulated(control));
    (now != set).then(|| control.spec().print(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::model::latent::LATENTS as COUNT;

    #[test]
    fn every_control_and_every_named_latent_of_the_factory_model_has_a_tip_of_its_own() {
        for control in Control::all().skip(COUNT).filter(|&control| control != Control::BYPASS) {
            assert_ne!(text(control, control.spec().name), COLOUR, "{}", control.spec().id);
        }
        for (index, name) in Model::factory().space.names.iter().enumerate() {
            let is_colour = text(Control::latent(index), &format!("{} {name}", index + 1)) == COLOUR;
            assert_eq!(is_colour, name.starts_with("Colour"), "{name}");
        }
    }
}
