//! `zitherctl model resynth`: the ceiling of every model, analysis and the plugin's tone without a model in between.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::targets::read_targets;
use crate::analysis::analyse;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::audio::{Depth, read_mono_48k, write_wav};
use crate::synth::tone::{ToneFormat, resynthesise};

/// Seed of all oscillators' phases and of the noise.
pub(super) const SEED: u32 = 1;

/// Analyses notes and plays them back without a model.
#[derive(clap::Args)]
pub(in crate::cli) struct Resynth {
    /// List of notes: name, pitch and total_ms count here.
    #[arg(long, value_name = "CSV")]
    targets: PathBuf,
    /// Folder in which `ref/<name>.wav` are the notes.
    #[arg(long, value_name = "DIR")]
    base: PathBuf,
    /// Folder to write `<name>.wav` into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Resynth {
    pub(super) fn run(self) -> Result<()> {
        let targets = read_targets(&self.targets)?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let format = ToneFormat::new(ANALYSIS_RATE as f32);
        for target in &targets {
            let original = read_mono_48k(&self.base.join("ref").join(format!("{}.wav", target.name)))?;
            let note = analyse(&original, target.pitch).with_context(|| format!("cannot analyse {}", target.name))?;
            let samples = resynthesise(&note, &format, SEED, target.length());
            let path = self.out.join(format!("{}.wav", target.name));
            write_wav(&path, &[&samples], ANALYSIS_RATE, Depth::Float32)?;
        }
        println!("{} notes in {}", targets.len(), self.out.display());
        Ok(())
    }
}
