//! How loud a sound is, to match one with another.

use std::sync::Arc;

use crate::analysis::frames::ANALYSIS_RATE;
use crate::analysis::loudness::integrated_loudness;
use crate::model::Model;
use crate::synth::controls::{Control, Controls};
use crate::synth::engine::Engine;
use crate::synth::event::Event;

/// Pitches that are held together: low, middle and high, where most music lies.
const PITCHES: [i32; 3] = [45, 57, 69];
/// How long, in seconds: an attack and some of what follows.
const SECONDS: f32 = 1.5;

/// The integrated loudness of a few notes, in LUFS. Plays them offline, which takes some tens of milliseconds.
pub(super) fn loudness(model: &Arc<Model>, controls: &Controls) -> f32 {
    let mut engine = Engine::new(Arc::clone(model), ANALYSIS_RATE as f32);
    engine.set_controls(controls);
    let transpose = controls.get(Control::TRANSPOSE) as i32;
    for pitch in PITCHES {
        let key = (pitch - transpose).clamp(0, 127) as u8;
        engine.handle(Event::NoteOn { voice_id: None, channel: 0, key, velocity: 0.8 });
    }
    let length = (SECONDS * ANALYSIS_RATE as f32) as usize;
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    engine.render(&mut left, &mut right);
    integrated_loudness([&left, &right])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_decibels_more_are_six_units_louder() {
        let mut controls = Controls::default();
        controls.set(Control::GAIN, -12.0);
        let quiet = loudness(&Model::factory(), &controls);
        controls.set(Control::GAIN, -6.0);
        assert!((loudness(&Model::factory(), &controls) - quiet - 6.0).abs() < 0.1);
        assert!(quiet.is_finite());
    }
}
