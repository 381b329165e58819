//! `zitherctl preset factory`: the presets that come with Zither, made from a model's own instruments.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::level::levelled;
use crate::browser::preset::{EXTENSION, Preset};
use crate::model::latent::{LATENTS, Latent};
use crate::model::{Model, ModelReference};
use crate::synth::controls::{Control, Controls};

/// Writes the factory presets for a model: instruments it was trained on, and blends of two.
#[derive(clap::Args)]
pub(in crate::cli) struct Factory {
    /// Model [default: the one built in].
    #[arg(long)]
    model: Option<PathBuf>,
    /// Folder that the presets go to.
    #[arg(long)]
    out: PathBuf,
}

/// What a factory preset is made of.
pub(super) struct Recipe {
    pub(super) name: &'static str,
    category: &'static str,
    tags: &'static [&'static str],
    description: &'static str,
    /// General MIDI program (from 0) whose instrument is taken.
    pub(super) from: u8,
    /// Program to blend with, and how much of it, 0..1.
    pub(super) to: Option<(u8, f32)>,
    settings: &'static [(Control, f32)],
}

pub(super) const RECIPES: [Recipe; 16] = [
    Recipe {
        name: "Parlour Grand",
        category: "Keys",
        tags: &["piano", "acoustic", "dynamic"],
        description: "The acoustic piano as the model hears it.",
        from: 0,
        to: None,
        settings: &[(Control::RELEASE, 600.0)],
    },
    Recipe {
        name: "Amber Electric",
        category: "Keys",
        tags: &["electric piano", "warm"],
        description: "Electric piano with a soft vibrato and a little width.",
        from: 4,
        to: None,
        settings: &[
            (Control::UNISON, 2.0),
            (Control::DETUNE, 8.0),
            (Control::WIDTH, 60.0),
            (Control::VIBRATO_DEPTH, 3.0),
            (Control::RELEASE, 500.0),
        ],
    },
    Recipe {
        name: "Glass Grand",
        category: "Keys",
        tags: &["piano", "bell", "blend"],
        description: "A piano on its way to a music box.",
        from: 0,
        to: Some((10, 0.5)),
        settings: &[(Control::BRIGHTNESS, 0.5), (Control::RELEASE, 1_200.0)],
    },
    Recipe {
        name: "Clavinet Wire",
        category: "Keys",
        tags: &["clavinet", "funk", "dry"],
        description: "Short, bright and percussive.",
        from: 7,
        to: None,
        settings: &[(Control::RELEASE, 120.0), (Control::BRIGHTNESS, 1.0)],
    },
    Recipe {
        name: "Winter Bells",
        category: "Bells",
        tags: &["glockenspiel", "celesta", "blend"],
        description: "Celesta and glockenspiel in one stroke.",
        from: 8,
        to: Some((9, 0.5)),
        settings: &[(Control::RELEASE, 2_500.0), (Control::WIDTH, 80.0)],
    },
    Recipe {
        name: "Rosewood Mallets",
        category: "Bells",
        tags: &["marimba", "vibraphone", "blend"],
        description: "Marimba with the afterglow of a vibraphone.",
        from: 12,
        to: Some((11, 0.35)),
        settings: &[(Control::RELEASE, 1_500.0)],
    },
    Recipe {
        name: "Nylon Evening",
        category: "Plucked",
        tags: &["guitar", "nylon", "intimate"],
        description: "Nylon strings, close to the ear.",
        from: 24,
        to: None,
        settings: &[(Control::RELEASE, 300.0), (Control::NOISE, 2.0)],
    },
    Recipe {
        name: "Silk Koto",
        category: "Plucked",
        tags: &["koto", "harp", "blend"],
        description: "Between koto and harp; bend it with the wheel.",
        from: 107,
        to: Some((46, 0.4)),
        settings: &[(Control::RELEASE, 900.0), (Control::BEND_RANGE, 12.0)],
    },
    Recipe {
        name: "Round Bass",
        category: "Bass",
        tags: &["bass", "mono", "finger"],
        description: "Fingered bass in legato with a short slide.",
        from: 33,
        to: None,
        settings: &[
            (Control::MODE, 2.0),
            (Control::GLIDE, 35.0),
            (Control::TRANSPOSE, -12.0),
            (Control::RELEASE, 150.0),
            (Control::WIDTH, 0.0),
        ],
    },
    Recipe {
        name: "Velvet Section",
        category: "Strings",
        tags: &["strings", "ensemble", "wide"],
        description: "A string section, doubled and spread.",
        from: 48,
        to: None,
        settings: &[
            (Control::ATTACK, 90.0),
            (Control::UNISON, 4.0),
            (Control::DETUNE, 16.0),
            (Control::WIDTH, 100.0),
            (Control::RELEASE, 900.0),
        ],
    },
    Recipe {
        name: "Bowed Breath",
        category: "Strings",
        tags: &["cello", "flute", "blend", "expressive"],
        description: "A cello that has learnt to breathe; pressure and wheel play it.",
        from: 42,
        to: Some((73, 0.45)),
        settings: &[
            (Control::ATTACK, 50.0),
            (Control::NOISE, 4.0),
            (Control::VIBRATO_DEPTH, 10.0),
            (Control::VIBRATO_RATE, 5.0),
            (Control::RELEASE, 350.0),
        ],
    },
    Recipe {
        name: "Cathedral Reeds",
        category: "Organ",
        tags: &["organ", "accordion", "blend"],
        description: "Church organ with a reed's edge.",
        from: 19,
        to: Some((21, 0.35)),
        settings: &[(Control::VELOCITY, 0.0), (Control::RELEASE, 400.0), (Control::WIDTH, 70.0)],
    },
    Recipe {
        name: "Midnight Brass",
        category: "Brass",
        tags: &["horn", "trombone", "blend"],
        description: "French horn and trombone, soft when played soft.",
        from: 60,
        to: Some((57, 0.4)),
        settings: &[(Control::ATTACK, 25.0), (Control::RELEASE, 250.0), (Control::BRIGHTNESS, -0.5)],
    },
    Recipe {
        name: "Lone Clarinet",
        category: "Wind",
        tags: &["clarinet", "solo", "legato"],
        description: "One player, one breath: legato with vibrato on the wheel.",
        from: 71,
        to: None,
        settings: &[(Control::MODE, 2.0), (Control::GLIDE, 20.0), (Control::RELEASE, 160.0), (Control::WIDTH, 0.0)],
    },
    Recipe {
        name: "Slow Halo",
        category: "Pad",
        tags: &["choir", "strings", "blend", "ambient"],
        description: "Voices melt into strings; hold a chord and wait.",
        from: 52,
        to: Some((89, 0.5)),
        settings: &[
            (Control::ATTACK, 700.0),
            (Control::UNISON, 5.0),
            (Control::DETUNE, 22.0),
            (Control::WIDTH, 100.0),
            (Control::NOISE, 2.0),
            (Control::RELEASE, 4_000.0),
        ],
    },
    Recipe {
        name: "Seam Lead",
        category: "Lead",
        tags: &["synth", "lead", "glide", "blend"],
        description: "Saw lead stitched to a violin, gliding between notes.",
        from: 81,
        to: Some((40, 0.5)),
        settings: &[
            (Control::MODE, 2.0),
            (Control::GLIDE, 70.0),
            (Control::UNISON, 3.0),
            (Control::DETUNE, 10.0),
            (Control::VIBRATO_DEPTH, 6.0),
            (Control::RELEASE, 200.0),
        ],
    },
];

impl Factory {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let model = match &self.model {
            Some(path) => Arc::new(Model::open(path)?),
            None => Model::factory(),
        };
        write_all(&model, &self.out)
    }
}

fn write_all(model: &Arc<Model>, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let reference = ModelReference::of(model);
    let mut written = 0;
    for recipe in &RECIPES {
        match recipe.preset(model, &reference) {
            Ok(preset) => {
                let path = folder.join(format!("{}.{EXTENSION}", recipe.name));
                preset.write(&path).with_context(|| path.display().to_string())?;
                written += 1;
            }
            Err(error) => println!("{}: left out, {error}", recipe.name),
        }
    }
    println!("{}: {written} presets", folder.display());
    Ok(())
}

impl Recipe {
    pub(super) fn preset(&self, model: &Arc<Model>, reference: &ModelReference) -> anyhow::Result<Preset> {
        let mut latent = instrument(model, self.from)?;
        if let Some((program, amount)) = self.to {
            let other = instrument(model, program)?;
            latent = Latent(std::array::from_fn(|i| latent.0[i] + amount * (other.0[i] - latent.0[i])));
        }
        let mut controls = Controls::default();
        let places = model.space.controls(&latent);
        (0..LATENTS).for_each(|i| controls.set(Control::latent(i), thousandths(places[i])));
        self.settings.iter().for_each(|&(control, value)| controls.set(control, value));
        controls.set(Control::GAIN, levelled(model, &controls, None));
        let mut preset = Preset::new(self.name, &controls);
        preset.author = "Zither".to_owned();
        preset.category = self.category.to_owned();
        preset.tags = self.tags.iter().map(|&tag| tag.to_owned()).collect();
        preset.description = self.description.to_owned();
        preset.model = reference.clone();
        Ok(preset)
    }
}

/// Latents are shown with three decimals; what is shown is what is stored.
fn thousandths(value: f32) -> f32 {
    (value * 1_000.0).round() / 1_000.0
}

/// The latents of the instrument of a General MIDI program in bank 0.
fn instrument(model: &Model, program: u8) -> anyhow::Result<Latent> {
    let ending = format!("000_{program:03}");
    let found = model.instruments.iter().find(|instrument| instrument.name.ends_with(&ending));
    Ok(found.with_context(|| format!("the model has no instrument {ending}"))?.latent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::latent::LatentSpace;
    use crate::model::weights::Weights;
    use crate::model::{Card, Instrument};

    fn model() -> Arc<Model> {
        let instrument = |program: u8| Instrument {
            name: format!("any_000_{program:03}"),
            program: String::new(),
            latent: Latent(std::array::from_fn(|i| f32::from(program) / 127.0 - 0.05 * i as f32)),
        };
        let card = Card { name: "test".into(), ..Card::default() };
        let instruments = (0..128).map(instrument).collect();
        Arc::new(Model::new(card, LatentSpace::default(), Weights::untrained(1), instruments))
    }

    #[test]
    fn names_are_unique_and_every_preset_is_a_place_within_reach() {
        let (model, folder) = (model(), tempfile::tempdir().unwrap());
        write_all(&model, folder.path()).unwrap();
        let (presets, problems) = crate::browser::preset::scan(folder.path());
        assert_eq!((presets.len(), problems.len()), (RECIPES.len(), 0));
        for (_, preset) in presets {
            let controls = preset.controls();
            assert!(controls.latents().iter().any(|&latent| latent != 0.0), "{}", preset.name);
            assert!(controls.latents().iter().all(|latent| latent.abs() <= 1.0));
        }
    }

    #[test]
    fn a_blend_lies_between_its_instruments() {
        let model = model();
        let recipe = &RECIPES[2];
        let preset = recipe.preset(&model, &ModelReference::default()).unwrap();
        let half = (instrument(&model, 0).unwrap().0[0] + instrument(&model, 10).unwrap().0[0]) / 2.0;
        let expected = model.space.controls(&Latent([half; LATENTS]))[0];
        assert!((preset.controls().latents()[0] - expected).abs() < 1e-3);
    }

    #[test]
    fn a_model_without_the_instruments_is_told() {
        let bare = Model::new(Card::default(), LatentSpace::default(), Weights::untrained(1), Vec::new());
        let bare = Arc::new(bare);
        let message = RECIPES[0].preset(&bare, &ModelReference::default()).unwrap_err().to_string();
        assert!(message.contains("no instrument 000_000"));
    }
}
