//! `zitherctl model bench`: how near a model comes to notes that its training never saw.
//!
//! In one run, on the same notes: the model, the oracle (analysis and tone without a model: the ceiling), and samplers
//! (the bar): one with the training's recordings, one with a single recording.

mod bars;
mod choice;
mod measurement;
mod report;
mod sheets;
mod take;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use self::choice::{Choice, Group, choose};
use self::measurement::Measurement;
use self::take::{Studio, Take};
use super::perform::Performer;
use crate::analysis::frames::ANALYSIS_RATE;
use crate::cli::parallel::in_parallel;
use crate::media::audio::{Depth, write_wav};

/// Measures a model beside the oracle and samplers, on notes and instruments that its training left out.
///
/// Trained instruments are judged from their own latents on pitches and velocities that training left out; instruments
/// that training left out from one of their notes, as `model play --latents encode --transfer` does; and that one note
/// itself.
#[derive(clap::Args)]
pub(in crate::cli) struct Bench {
    /// The model file [default: the factory model].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The soundfont that the model was trained on.
    #[arg(long, value_name = "FILE", default_value = "/usr/share/sounds/sf2/FluidR3_GM.sf2")]
    soundfont: PathBuf,
    /// A model trained with `model train --leave-out-tenth`, to judge on the instruments that it left out.
    #[arg(long, value_name = "FILE")]
    unseen_model: Option<PathBuf>,
    /// A soundfont that no model was trained on, to judge the model on from single notes.
    #[arg(long, value_name = "FILE")]
    unseen_soundfont: Option<PathBuf>,
    /// Notes to judge of each kind, spread over all instruments.
    #[arg(long, default_value_t = 250)]
    notes: usize,
    /// Share of what the model misses of a single note that is added to all notes.
    #[arg(long, default_value_t = 0.6)]
    transfer: f32,
    /// Seed of the choice of notes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instruments measured at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// File for a list of all notes with their distances.
    #[arg(long, value_name = "CSV")]
    csv: Option<PathBuf>,
    /// Folder for pictures of typical and of the worst notes: original, model and oracle side by side.
    #[arg(long, value_name = "DIR")]
    sheets: Option<PathBuf>,
    /// Folder to keep the sounds in, for listening.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Fail where anything is further off than it must be.
    #[arg(long)]
    check: bool,
}

impl Bench {
    pub(super) fn run(self) -> Result<()> {
        let studio = self.studio()?;
        let choices = self.choices(&studio)?;
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let measured = in_parallel(
            self.jobs,
            "instruments",
            &choices,
            || self.studio(),
            |studio, choice| {
                let takes = studio.takes(choice).with_context(|| choice.instrument.clone())?;
                takes.iter().map(|take| self.measure(choice, take)).collect::<Result<Vec<_>>>()
            },
        );
        let mut measurements: Vec<Measurement> = measured?.into_iter().flatten().collect();
        ensure!(!measurements.is_empty(), "every note chosen is silent in this soundfont");
        measurements.sort_by(|a, b| (a.section, &a.instrument, a.note).cmp(&(b.section, &b.instrument, b.note)));
        let totals = report::print_report(&measurements);
        if let Some(path) = &self.csv {
            report::write_csv(path, &measurements)?;
        }
        if let Some(folder) = &self.sheets {
            sheets::draw(folder, &studio, &choices, &measurements)?;
        }
        let faults = bars::faults(&totals);
        ensure!(!self.check || faults.is_empty(), "{}", faults.join("; "));
        Ok(())
    }

    /// A player for every group that is judged.
    fn studio(&self) -> Result<Studio> {
        let mut performers = vec![(Group::Trained, Performer::open(self.model.as_deref())?)];
        if let Some(model) = &self.unseen_model {
            performers.push((Group::Unseen, Performer::open(Some(model))?));
        }
        if self.unseen_soundfont.is_some() {
            performers.push((Group::Other, Performer::open(self.model.as_deref())?));
        }
        Ok(Studio { performers, transfer: self.transfer })
    }

    fn choices(&self, studio: &Studio) -> Result<Vec<Choice>> {
        let mut choices = Vec::new();
        for (group, performer) in &studio.performers {
            let other = self.unseen_soundfont.as_deref().filter(|_| *group == Group::Other);
            let soundfont: &Path = other.unwrap_or(&self.soundfont);
            choices.extend(choose(*group, soundfont, performer, self.notes, self.seed)?);
        }
        Ok(choices)
    }

    fn measure(&self, choice: &Choice, take: &Take) -> Result<Measurement> {
        let measurement = Measurement::of(choice, take);
        if let Some(folder) = &self.out {
            let name = format!("{}_{}_{}", measurement.section.name(), choice.instrument, take.note);
            let original = std::iter::once(("original", &take.reference));
            for (kind, samples) in original.chain(take.played.iter().map(|(player, samples)| (player.name(), samples)))
            {
                write_wav(&folder.join(format!("{name}.{kind}.wav")), &[samples], ANALYSIS_RATE, Depth::Float32)?;
            }
        }
        Ok(measurement)
    }
}
