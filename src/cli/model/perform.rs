//! One note of a model through the plugin's own voice.

use std::path::Path;

use anyhow::Result;

use crate::analysis::frames::{ANALYSIS_RATE, NoteFrames};
use crate::model::Model;
use crate::model::latent::Latent;
use crate::model::transfer::{Imprint, Transfer};
use crate::synth::single::SingleNote;
use crate::synth::tone::ToneFormat;

/// Plays single notes with neutral controls: the model, and nothing that a player would lay over it.
pub(super) struct Performer {
    model: Model,
    format: ToneFormat,
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

/// What a recorded note tells.
pub(super) struct Encoded {
    pub(super) latent: Latent,
    /// Its level, and what the model misses of it where that is asked for.
    pub(super) transfer: Transfer,
}

impl Performer {
    /// Opens a model file; none is the factory model.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let model = match path {
            Some(path) => Model::open(path)?,
            None => Model::open_factory(),
        };
        Ok(Self { model, format: ToneFormat::new(ANALYSIS_RATE as f32) })
    }

    /// The model that is played.
    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    /// What a note that was played at `velocity` tells: its latents and its level, and with a share (0..1) what is
    /// transferred of it.
    pub(super) fn encode(&self, note: &NoteFrames, velocity: f32, share: Option<f32>) -> Encoded {
        let imprint = Imprint::of(self.model(), note, velocity);
        let transfer = match share {
            Some(share) => Transfer::new(&imprint.residual, share, imprint.level_db),
            None => Transfer::of_gain(imprint.level_db),
        };
        Encoded { latent: imprint.latent, transfer }
    }

    /// The latents of the training instrument with this bank and program (`000_004`), given as the end of any name.
    pub(super) fn instrument(&self, name: &str) -> Option<Latent> {
        let bank_and_program = name.get(name.len().checked_sub(7)?..)?;
        let found = self.model.instruments.iter().find(|instrument| instrument.name.ends_with(bank_and_program));
        found.map(|instrument| instrument.latent)
    }

    /// Plays a note in mono at 48 kHz, note-on at sample 0. The same note sounds the same each time.
    pub(super) fn play(&self, note: &Performance) -> Vec<f32> {
        self.play_with(note, None)
    }

    /// The same with what was transferred from a recording.
    pub(super) fn play_with(&self, note: &Performance, transfer: Option<&Transfer>) -> Vec<f32> {
        let single = SingleNote {
            latent: note.latent,
            key: note.key,
            velocity: note.velocity,
            hold: note.hold,
            samples: note.length,
            seed: u32::from(note.key),
        };
        single.render(&self.model, transfer, &self.format)
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
        let performer = Performer::open(None).unwrap();
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
