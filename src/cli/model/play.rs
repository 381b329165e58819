//! `zitherctl model play`: a list of notes through a model, as the plugin would play them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::perform::{Encoded, Performance, Performer};
use super::targets::{Target, read_targets};
use crate::analysis::analyse;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::audio::{Depth, read_mono_48k, write_wav};
use crate::model::latent::Latent;
use crate::model::transfer::ASSUMED_VELOCITY;

/// Plays a list of notes with a model.
#[derive(clap::Args)]
pub(in crate::cli) struct Play {
    /// The model file [default: the factory model].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// List of notes: name, instrument, enc_wav, enc_pitch, pitch, velocity, hold_ms, total_ms.
    #[arg(long, value_name = "CSV")]
    targets: PathBuf,
    /// Folder that the paths in the list are relative to.
    #[arg(long, value_name = "DIR")]
    base: PathBuf,
    /// Folder to write `<name>.wav` into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where the latents come from.
    #[arg(long, value_enum)]
    latents: Source,
    /// With encoded latents: adds what the model misses of the recording, all of it at its own pitch, falling to this
    /// share (0 to 1) far from it. The level is that of the recording in any case.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    transfer: Option<f32>,
}

/// Reads a share, 0 to 1.
pub(in crate::cli) fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Source {
    /// The recording `enc_wav`, through the encoder.
    Encode,
    /// The training instrument with the same bank and program.
    Instrument,
}

impl Play {
    pub(super) fn run(self) -> Result<()> {
        let is_encoded = self.latents == Source::Encode;
        ensure!(is_encoded || self.transfer.is_none(), "--transfer needs recordings: give --latents encode");
        let targets = read_targets(&self.targets)?;
        let performer = Performer::open(self.model.as_deref())?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let mut recordings = HashMap::new();
        for target in &targets {
            let samples = match self.latents {
                Source::Encode => {
                    let key = (target.enc_wav.clone(), target.enc_pitch.to_bits());
                    let recording = match recordings.entry(key) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(self.encode(target, &performer)?),
                    };
                    performer.play_with(&performance(target, recording.latent)?, Some(&recording.transfer))
                }
                Source::Instrument => {
                    let latent = performer.instrument(&target.instrument);
                    let latent = latent.with_context(|| format!("not trained on {}", target.instrument))?;
                    performer.play(&performance(target, latent)?)
                }
            };
            let path = self.out.join(format!("{}.wav", target.name));
            write_wav(&path, &[&samples], ANALYSIS_RATE, Depth::Float32)?;
        }
        println!("{} notes in {}", targets.len(), self.out.display());
        Ok(())
    }

    fn encode(&self, target: &Target, performer: &Performer) -> Result<Encoded> {
        let samples = read_mono_48k(&self.base.join(&target.enc_wav))?;
        let note = analyse(&samples, target.enc_pitch).with_context(|| format!("cannot analyse {}", target.enc_wav))?;
        Ok(performer.encode(&note, ASSUMED_VELOCITY, self.transfer))
    }
}

fn performance(target: &Target, latent: Latent) -> Result<Performance> {
    let key = target.pitch.round();
    ensure!(key == target.pitch, "{}: pitch {} is no key", target.name, target.pitch);
    let (hold, length) = (target.hold(), target.length());
    Ok(Performance { latent, key: key as u8, velocity: target.velocity, hold, length })
}
