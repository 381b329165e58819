//! One note by all who play it: the original, the model, and what the model is measured against.

use anyhow::{Context, Result};

use super::super::perform::{Encoded, Performance, Performer};
use super::super::plan::nearest_recorded;
use super::super::resynth::SEED;
use super::super::sampler::Sample;
use super::choice::{Choice, Group, TOLD_VELOCITY};
use crate::analysis::analyse;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::fluidsynth::render_notes;
use crate::media::note::NoteName;
use crate::model::latent::Latent;
use crate::synth::tone::{ToneFormat, resynthesise};

/// Peak below which a preset is taken to have no sound at a pitch.
const SILENT: f32 = 1e-4;

/// Who plays a note beside the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Player {
    /// The model.
    Model,
    /// Analysis and tone without a model: the ceiling.
    Oracle,
    /// A sampler with the recordings of training: the bar where an instrument is trained.
    Multisample,
    /// A sampler with one recording, the one that tells the instrument: the bar where one note is all.
    OneSample,
}

impl Player {
    pub(super) const ALL: [Self; 4] = [Self::Model, Self::Oracle, Self::Multisample, Self::OneSample];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Oracle => "oracle",
            Self::Multisample => "multisample",
            Self::OneSample => "one_sample",
        }
    }
}

/// A note and how it is played.
pub(super) struct Take {
    pub(super) note: NoteName,
    /// Whether it is the note that tells the instrument.
    pub(super) is_dropped: bool,
    pub(super) reference: Vec<f32>,
    pub(super) played: Vec<(Player, Vec<f32>)>,
}

/// Plays the notes of a choice.
pub(super) struct Studio {
    /// Plays the instruments of a group; absent where it is not judged.
    pub(super) performers: Vec<(Group, Performer)>,
    /// Share of what the model misses of a recording that is added to every note that one recording tells.
    pub(super) transfer: f32,
}

impl Studio {
    /// Every note of the choice that sounds, and the note that tells the instrument.
    pub(super) fn takes(&self, choice: &Choice) -> Result<Vec<Take>> {
        let render =
            |notes: &[NoteName]| render_notes(&choice.soundfont, choice.preset.bank, choice.preset.program, notes);
        let tellers: Vec<NoteName> = Choice::tellers().collect();
        let told = tellers.iter().zip(render(&tellers)?).find(|(_, samples)| sounds(samples));
        let Some((&teller, recording)) = told else { return Ok(Vec::new()) };
        let mut notes = choice.notes_about(teller.pitch);
        let judged = notes.len();
        if choice.group == Group::Trained {
            notes.extend_from_within(..);
            notes[judged..].iter_mut().for_each(|note| *note = nearest_recorded(note.pitch, note.velocity));
        }
        let mut sounds_of = render(&notes)?;
        let recordings = sounds_of.split_off(judged);
        let session = self.session(choice, Sample { note: teller, samples: recording })?;
        let mut takes = vec![session.dropped()?];
        for (index, reference) in sounds_of.into_iter().enumerate().filter(|(_, reference)| sounds(reference)) {
            let multisample =
                recordings.get(index).map(|samples| Sample { note: notes[judged + index], samples: samples.clone() });
            takes.push(session.judged(notes[index], reference, multisample.as_ref())?);
        }
        Ok(takes)
    }

    fn session(&self, choice: &Choice, recording: Sample) -> Result<Session<'_>> {
        let found = self.performers.iter().find(|(group, _)| *group == choice.group);
        let performer = &found.context("there is a model for every group that is judged")?.1;
        let pitch = f32::from(recording.note.pitch);
        let note = analyse(&recording.samples, pitch).with_context(|| format!("cannot analyse {}", recording.note))?;
        let told = performer.encode(&note, f32::from(TOLD_VELOCITY), Some(self.transfer));
        let trained = performer.instrument(&choice.instrument).filter(|_| choice.group == Group::Trained);
        Ok(Session { performer, trained, told, recording })
    }
}

/// What is known of an instrument while its notes are played.
struct Session<'a> {
    performer: &'a Performer,
    /// Its latents, where it was trained on.
    trained: Option<Latent>,
    /// What one recording tells of it.
    told: Encoded,
    recording: Sample,
}

impl Session<'_> {
    /// The note that tells the instrument, played by what was made of it.
    fn dropped(&self) -> Result<Take> {
        let (note, reference) = (self.recording.note, self.recording.samples.clone());
        let played =
            vec![(Player::Model, self.retell(note, reference.len())), (Player::Oracle, oracle(note, &reference)?)];
        Ok(Take { note, is_dropped: true, reference, played })
    }

    fn judged(&self, note: NoteName, reference: Vec<f32>, multisample: Option<&Sample>) -> Result<Take> {
        let length = reference.len();
        let model = match self.trained {
            Some(latent) => self.performer.play(&performance(latent, note, length)),
            None => self.retell(note, length),
        };
        let mut played = vec![(Player::Model, model), (Player::Oracle, oracle(note, &reference)?)];
        played.extend(multisample.map(|sample| (Player::Multisample, sample.play(note))));
        played.push((Player::OneSample, self.recording.play(note)));
        Ok(Take { note, is_dropped: false, reference, played })
    }

    /// A note as `zitherctl model play --latents encode` makes it.
    fn retell(&self, note: NoteName, length: usize) -> Vec<f32> {
        self.performer.play_with(&performance(self.told.latent, note, length), Some(&self.told.transfer))
    }
}

fn performance(latent: Latent, note: NoteName, length: usize) -> Performance {
    let hold = (note.hold_ms * ANALYSIS_RATE / 1_000) as usize;
    Performance { latent, key: note.pitch, velocity: f32::from(note.velocity), hold, length }
}

fn oracle(note: NoteName, reference: &[f32]) -> Result<Vec<f32>> {
    let analysed = analyse(reference, f32::from(note.pitch)).with_context(|| format!("cannot analyse {note}"))?;
    Ok(resynthesise(&analysed, &ToneFormat::new(ANALYSIS_RATE as f32), SEED, reference.len()))
}

fn sounds(samples: &[f32]) -> bool {
    samples.iter().any(|sample| sample.abs() >= SILENT)
}
