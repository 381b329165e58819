//! One note of a model through the plugin's own engine.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use crate::analysis::frames::ANALYSIS_RATE;
use crate::model::Model;
use crate::model::latent::{LATENTS, Latent, LatentSpace};
use crate::synth::controls::{Control, Controls};
use crate::synth::engine::Engine;
use crate::synth::event::{Event, NoteAddress};

/// Plays single notes with neutral controls: the model, and nothing that a player would lay over it.
pub(super) struct Performer {
    model: Arc<Model>,
    controls: Controls,
}

/// A note to play.
#[derive(Clone, Copy, Debug)]
pub(super) struct Performance {
    pub(super) latent: Latent,
    pub(super) key: u8,
    /// 1..=127.
    pub(super) velocity: f32,
    /// Sample of the note-off.
    pub(super) hold: usize,
    /// Samples in all.
    pub(super) length: usize,
}

impl Performer {
    /// Opens a model file; none is the factory model.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let model = match path {
            Some(path) => Model::open(path)?,
            None => Model::open_factory(),
        };
        let mut controls = Controls::default();
        let neutral = [
            (Control::ATTACK, 0.0),
            (Control::SUSTAIN, 0.0),
            (Control::RELEASE, f32::INFINITY),
            (Control::BRIGHTNESS, 0.0),
            (Control::NOISE, 0.0),
            (Control::UNISON, 1.0),
            (Control::WIDTH, 0.0),
            (Control::VELOCITY, 100.0),
            (Control::GAIN, 0.0),
        ];
        neutral.into_iter().for_each(|(control, plain)| controls.set(control, plain));
        Ok(Self { model: Arc::new(model), controls })
    }

    /// The model that is played.
    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    /// The latents of the training instrument with this bank and program (`000_004`), given as the end of any name.
    pub(super) fn instrument(&self, name: &str) -> Option<Latent> {
        let bank_and_program = name.get(name.len().checked_sub(7)?..)?;
        let found = self.model.instruments.iter().find(|instrument| instrument.name.ends_with(bank_and_program));
        found.map(|instrument| instrument.latent)
    }

    /// Plays a note in mono at 48 kHz, note-on at sample 0. The same note sounds the same each time.
    pub(super) fn play(&mut self, note: &Performance) -> Vec<f32> {
        // The controls stand at 0, and 0 is this point: encoded notes may lie beyond the controls' reach.
        let model = Arc::get_mut(&mut self.model).expect("no engine outlives its note");
        let space = LatentSpace { centre: note.latent, range: [1.0; LATENTS], ..model.space.clone() };
        let kept = std::mem::replace(&mut model.space, space);
        let samples = self.sound(note);
        Arc::get_mut(&mut self.model).expect("no engine outlives its note").space = kept;
        samples
    }

    fn sound(&self, note: &Performance) -> Vec<f32> {
        let mut engine = Engine::new(Arc::clone(&self.model), ANALYSIS_RATE as f32);
        engine.set_controls(&self.controls);
        let (mut left, mut right) = (vec![0.0; note.length], vec![0.0; note.length]);
        let hold = note.hold.min(note.length);
        let velocity = note.velocity / 127.0;
        engine.handle(Event::NoteOn { voice_id: None, channel: 0, key: note.key, velocity });
        engine.render(&mut left[..hold], &mut right[..hold]);
        engine.handle(Event::NoteOff { address: NoteAddress { key: Some(note.key), ..NoteAddress::default() } });
        engine.render(&mut left[hold..], &mut right[hold..]);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(latent: Latent) -> Performance {
        Performance { latent, key: 60, velocity: 104.0, hold: 9_600, length: 24_000 }
    }

    #[test]
    fn a_note_sounds_at_once_ends_by_itself_and_is_the_same_each_time() {
        let mut performer = Performer::open(None).unwrap();
        let latent = performer.model().space.centre;
        let samples = performer.play(&note(latent));
        assert_eq!(samples.len(), 24_000);
        assert!(samples[..480].iter().any(|sample| sample.abs() > 1e-4));
        assert_eq!(performer.play(&note(latent)), samples);
        let other = Latent(latent.0.map(|z| z + 1.0));
        assert_ne!(performer.play(&note(other)), samples);
    }

    #[test]
    fn instruments_are_found_by_bank_and_program() {
        let performer = Performer::open(None).unwrap();
        let first = &performer.model().instruments[0];
        let end = &first.name[first.name.len() - 7..];
        assert_eq!(performer.instrument(&format!("whatever_{end}")), Some(first.latent));
        assert_eq!(performer.instrument("x"), None);
        assert_eq!(performer.instrument("piano_999_999"), None);
    }
}
