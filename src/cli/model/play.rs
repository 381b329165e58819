//! `zitherctl model play`: a list of notes through a model, as the plugin would play them.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::perform::{Performance, Performer};
use super::targets::{Target, read_targets};
use crate::analysis::analyse;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::audio::{Depth, read_mono_48k, write_wav};
use crate::model::latent::Latent;

/// Velocity at which recordings are taken to be played.
const ENCODED_VELOCITY: f32 = 100.0;

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
        let targets = read_targets(&self.targets)?;
        let performer = Performer::open(self.model.as_deref())?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let mut encoded = HashMap::new();
        for target in &targets {
            let latent = match self.latents {
                Source::Encode => self.encode(target, &performer, &mut encoded)?,
                Source::Instrument => performer
                    .instrument(&target.instrument)
                    .with_context(|| format!("the model was not trained on {}", target.instrument))?,
            };
            let samples = performer.play(&performance(target, latent)?);
            let path = self.out.join(format!("{}.wav", target.name));
            write_wav(&path, &[&samples], ANALYSIS_RATE, Depth::Float32)?;
        }
        println!("{} notes in {}", targets.len(), self.out.display());
        Ok(())
    }

    fn encode(
        &self,
        target: &Target,
        performer: &Performer,
        encoded: &mut HashMap<(String, u32), Latent>,
    ) -> Result<Latent> {
        let key = (target.enc_wav.clone(), target.enc_pitch.to_bits());
        if let Some(latent) = encoded.get(&key) {
            return Ok(*latent);
        }
        let samples = read_mono_48k(&self.base.join(&target.enc_wav))?;
        let note = analyse(&samples, target.enc_pitch).with_context(|| format!("cannot analyse {}", target.enc_wav))?;
        let latent = performer.model().encoder.encode(&note, ENCODED_VELOCITY);
        encoded.insert(key, latent);
        Ok(latent)
    }
}

fn performance(target: &Target, latent: Latent) -> Result<Performance> {
    let key = target.pitch.round();
    ensure!(key == target.pitch, "{}: pitch {} is no key", target.name, target.pitch);
    let (hold, length) = (target.hold(), target.length());
    Ok(Performance { latent, key: key as u8, velocity: target.velocity, hold, length })
}
