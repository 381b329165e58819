//! `zitherctl preset factory`: the presets that come with Zither, made of a model's own instruments, and judged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::judgement::Judge;
use super::performance::Player;
use super::recipe::{self, Recipe};
use crate::browser::preset::EXTENSION;
use crate::cli::parallel::in_parallel;
use crate::model::{Model, ModelReference};
use crate::synth::controls::Controls;

/// Writes the factory presets for a model, or judges those of a folder.
#[derive(clap::Args)]
pub(in crate::cli) struct Factory {
    /// Model [default: the one built in].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Recipes to follow [default: those built in, presets/recipes.txt].
    #[arg(long, value_name = "FILE")]
    recipes: Option<PathBuf>,
    /// Folder that the presets go to, a subfolder for each bank.
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Plays the presets of this folder and prints what is measured; an error if one of them is off.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    check: Option<PathBuf>,
    /// Only judges every so-manieth preset by ear.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), requires = "check")]
    every: u16,
    /// Presets that are played at a time.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    jobs: usize,
}

impl Factory {
    pub(super) fn run(self) -> Result<()> {
        let model = match &self.model {
            Some(path) => Arc::new(Model::open(path)?),
            None => Model::factory(),
        };
        let recipes = self.recipes()?;
        match (&self.check, &self.out) {
            (Some(folder), _) => {
                let reference = ModelReference::of(&model);
                let judge = Judge {
                    model: &model,
                    reference,
                    recipes: &recipes,
                    every: usize::from(self.every),
                    jobs: self.jobs,
                };
                judge.run(folder)
            }
            (None, Some(folder)) => write_all(&model, &recipes, folder, self.jobs),
            (None, None) => Ok(()),
        }
    }

    fn recipes(&self) -> Result<Vec<Recipe>> {
        let Some(path) = &self.recipes else { return recipe::read(recipe::BUILT_IN) };
        let table = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        recipe::read(&table).with_context(|| path.display().to_string())
    }
}

/// Recipes that the model has no instruments for are left out, and named.
fn write_all(model: &Arc<Model>, recipes: &[Recipe], folder: &Path, jobs: usize) -> Result<()> {
    let reference = ModelReference::of(model);
    let player = Player { model: Arc::clone(model), controls: Controls::default(), transfer: None };
    let write = |_: &mut (), recipe: &Recipe| {
        let preset = match recipe.preset(&player, &reference) {
            Ok(preset) => preset,
            Err(error) => return Ok(Some(format!("{}: left out, {error}", recipe.name))),
        };
        let bank = folder.join(&recipe.bank);
        std::fs::create_dir_all(&bank).with_context(|| format!("cannot make the folder {}", bank.display()))?;
        let path = bank.join(format!("{}.{EXTENSION}", recipe.name));
        preset.write(&path).with_context(|| path.display().to_string())?;
        Ok(None)
    };
    let left_out: Vec<String> =
        in_parallel(jobs, "presets", recipes, || Ok(()), write)?.into_iter().flatten().collect();
    left_out.iter().for_each(|line| println!("{line}"));
    println!("{}: {} presets", folder.display(), recipes.len() - left_out.len());
    Ok(())
}
