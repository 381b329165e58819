//! `zitherctl preset audition`: the factory presets and the instruments they are made of, playing the same song.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::performance::Player as Preview;
use super::recipe::{self, Recipe};
use crate::analysis::frames::ANALYSIS_RATE;
use crate::cli::render::Player;
use crate::media::audio::{Depth, write_wav};
use crate::media::fluidsynth::render_song;
use crate::media::midi::Song;
use crate::media::sheet::{Arrangement, write_sheet};
use crate::model::{Model, ModelReference};
use crate::synth::controls::{Control, Controls};

/// Plays a song with the factory presets and with the soundfont's instruments that they are made of, and draws both.
///
/// Writes `<preset>.wav`, `<preset>.original.wav` and `<preset>.png`: the original above, the preset below, the
/// original's level as a blue curve behind both. Of a blend the original is the mix of both instruments.
#[derive(clap::Args)]
pub(in crate::cli) struct Audition {
    /// The song, a standard MIDI file.
    #[arg(long, value_name = "FILE")]
    song: PathBuf,
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Model to play with [default: the one built in].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The soundfont of the originals.
    #[arg(long, value_name = "FILE", default_value = "/usr/share/sounds/sf2/FluidR3_GM.sf2")]
    soundfont: PathBuf,
    /// Names of the presets to play [default: the first of each bank].
    names: Vec<String>,
    /// Seconds of the song.
    #[arg(long, default_value_t = 24.0)]
    seconds: f64,
}

impl Audition {
    pub(super) fn run(self) -> Result<()> {
        let model = match &self.model {
            Some(path) => Arc::new(Model::open(path)?),
            None => Model::factory(),
        };
        let song = Song::read(&self.song)?;
        let bytes = std::fs::read(&self.song).with_context(|| self.song.display().to_string())?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let recipes = recipe::read(recipe::BUILT_IN)?;
        for recipe in self.chosen(&recipes)? {
            self.play(&model, recipe, &song, &bytes).with_context(|| recipe.name.clone())?;
            println!("{}", recipe.name);
        }
        Ok(())
    }

    fn chosen<'a>(&self, recipes: &'a [Recipe]) -> Result<Vec<&'a Recipe>> {
        if self.names.is_empty() {
            return Ok(recipes.chunk_by(|one, next| one.bank == next.bank).map(|bank| &bank[0]).collect());
        }
        let named = |name: &String| recipes.iter().find(|recipe| recipe.name == *name);
        self.names
            .iter()
            .map(|name| named(name).with_context(|| format!("no factory preset is called {name}")))
            .collect()
    }

    fn play(&self, model: &Arc<Model>, recipe: &Recipe, song: &Song, bytes: &[u8]) -> Result<()> {
        let preview = Preview { model: Arc::clone(model), controls: Controls::default(), transfer: None };
        let controls = recipe.preset(&preview, &ModelReference::of(model))?.controls();
        let mut player = Player::new(Arc::clone(model), &controls, ANALYSIS_RATE);
        player.play(song, 0.0, self.seconds.min(song.seconds()));
        let length = (self.seconds * f64::from(ANALYSIS_RATE)) as usize;
        let mut played: Vec<f32> = player.left.iter().zip(&player.right).map(|(l, r)| 0.5 * (l + r)).collect();
        played.truncate(length);
        let mut original = self.original(model, recipe, bytes, controls.get(Control::TRANSPOSE) as i8)?;
        original.truncate(length);
        match_level(&mut original, &played);
        let path = |ending: &str| self.out.join(format!("{}.{ending}", recipe.name));
        write(&path("wav"), &played)?;
        write(&path("original.wav"), &original)?;
        Ok(write_sheet(&path("png"), &[&original, &played], ANALYSIS_RATE, Arrangement::Above)?)
    }

    /// The instruments of a recipe themselves, mixed by their shares; what is taken away is left out.
    fn original(&self, model: &Model, recipe: &Recipe, song: &[u8], semitones: i8) -> Result<Vec<f32>> {
        let mut mix = Vec::new();
        for (instrument, share) in recipe.instruments(model)?.into_iter().filter(|(_, share)| *share > 0.0) {
            let (_, bank, program) =
                instrument.place().with_context(|| format!("{} names no program", instrument.name))?;
            let rendered = render_song(&self.soundfont, (bank, program), song, semitones)?;
            mix.resize(mix.len().max(rendered.len()), 0.0);
            mix.iter_mut().zip(&rendered).for_each(|(sample, rendered)| *sample += share * rendered);
        }
        Ok(mix)
    }
}

/// Brings a recording to the mean power of another, so that the shapes of their levels compare.
fn match_level(samples: &mut [f32], other: &[f32]) {
    let power =
        |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    let gain = (power(other) / power(samples).max(1e-12)).sqrt();
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

fn write(path: &Path, samples: &[f32]) -> Result<()> {
    Ok(write_wav(path, &[samples], ANALYSIS_RATE, Depth::Float32)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_match_whatever_they_were() {
        let (mut quiet, loud) = (vec![0.01, -0.01, 0.01], [0.5, -0.5]);
        match_level(&mut quiet, &loud);
        assert!(quiet.iter().all(|sample| (sample.abs() - 0.5).abs() < 1e-5));
        match_level(&mut [0.0; 4], &loud);
    }
}
