//! One note offline, through the voice of the instrument: what `zitherctl model play` writes and what is judged.

use super::channel::Channels;
use super::controls::{Control, Controls};
use super::stack::Note;
use super::tone::ToneFormat;
use super::voice::{Surroundings, Voice};
use crate::dsp::denormal::DenormalsAreZero;
use crate::dsp::sines::CHUNK;
use crate::model::Model;
use crate::model::latent::Latent;
use crate::model::transfer::Transfer;

/// A note to be played alone.
#[derive(Clone, Copy)]
pub struct SingleNote {
    /// Where in the latent space, within reach of the controls or not.
    pub latent: Latent,
    /// MIDI key.
    pub key: u8,
    /// 1..127.
    pub velocity: f32,
    /// Note-off, in samples after note-on.
    pub hold: usize,
    /// Length of what is returned, in samples.
    pub samples: usize,
    /// Settles phases and noise.
    pub seed: u32,
}

impl SingleNote {
    /// The note in mono at `format`'s rate with every control neutral (gain 0 dB, no width, the model's own release);
    /// note-on at the first sample.
    #[must_use]
    pub fn render(&self, model: &Model, transfer: Option<&Transfer>, format: &ToneFormat) -> Vec<f32> {
        let _guard = DenormalsAreZero::new();
        let mut controls = Controls::default();
        controls.set(Control::WIDTH, 0.0);
        controls.set(Control::RELEASE, f32::INFINITY);
        let latents = model.space.controls(&self.latent);
        let around =
            Surroundings { model, transfer, controls: &controls, latents: &latents, channels: &Channels::default() };
        let mut voice = Voice::new(format);
        let note = Note { voice_id: None, channel: 0, key: self.key, velocity: self.velocity / 127.0 };
        voice.start(note, 0, self.seed, None, format.hop(), &around);
        let mut chunk = [[0.0; CHUNK]; 2];
        let mut left = Vec::with_capacity(self.samples + CHUNK);
        while left.len() < self.samples {
            if left.len() >= self.hold {
                voice.release();
            }
            let length = voice.render(&mut chunk, &around);
            left.extend_from_slice(&chunk[0][..length]);
            if voice.is_over() {
                break;
            }
        }
        left.resize(self.samples, 0.0);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::engine::Engine;
    use crate::synth::event::{Event, NoteAddress};

    fn note(latent: Latent) -> SingleNote {
        SingleNote { latent, key: 60, velocity: 100.0, hold: 9_600, samples: 24_000, seed: 1 }
    }

    #[test]
    fn a_single_note_has_the_level_and_course_of_the_engine() {
        let model = Model::factory();
        let single = note(model.space.centre).render(&model, None, &ToneFormat::new(48_000.0));
        let mut controls = Controls::default();
        controls.set(Control::GAIN, 0.0);
        controls.set(Control::WIDTH, 0.0);
        controls.set(Control::RELEASE, f32::INFINITY);
        let mut engine = Engine::new(model, 48_000.0);
        engine.set_controls(&controls);
        engine.handle(Event::NoteOn { voice_id: None, channel: 0, key: 60, velocity: 100.0 / 127.0 });
        let (mut left, mut right) = (vec![0.0; 24_000], vec![0.0; 24_000]);
        engine.render(&mut left[..9_600], &mut right[..9_600]);
        engine.handle(Event::NoteOff { address: NoteAddress::default() });
        engine.render(&mut left[9_600..], &mut right[9_600..]);
        for part in [0..2_400, 2_400..9_600, 12_000..14_400] {
            let power = |samples: &[f32]| samples[part.clone()].iter().map(|x| x * x).sum::<f32>();
            let difference = 10.0 * (power(&single) / power(&left)).log10();
            assert!(difference.abs() < 1.5, "{part:?}: {difference} dB");
        }
    }

    #[test]
    fn latents_beyond_the_controls_are_reached() {
        let model = Model::factory();
        let format = ToneFormat::new(48_000.0);
        let at = |control: f32| note(model.space.latent(&[control; 16])).render(&model, None, &format);
        assert_ne!(at(1.0), at(1.3));
    }
}
