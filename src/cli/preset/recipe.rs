//! The recipes of the factory presets: one line each, as `presets/README.md` describes them.

use anyhow::{Context, Result, bail, ensure};

use super::level::{Register, levelled};
use super::performance::Player;
use crate::browser::preset::Preset;
use crate::model::latent::{LATENTS, Latent};
use crate::model::{Instrument, Model, ModelReference};
use crate::synth::controls::{Control, Controls};

/// The recipes as they stand in the repository.
pub(super) const BUILT_IN: &str = include_str!("../../../presets/recipes.txt");
/// What parts the columns of a line.
const COLUMNS: &str = "bank | name | tags | sound | settings | description";

/// What a factory preset is made of.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) bank: String,
    pub(super) name: String,
    tags: Vec<String>,
    sound: Sound,
    settings: Vec<(Control, f32)>,
    description: String,
}

/// A place in the latent space, in words.
#[derive(Debug, PartialEq)]
struct Sound {
    /// Names of instruments, or `all FAMILY`, with shares that add up to 1.
    terms: Vec<(String, f32)>,
    /// Names of latents, and how far they are moved; the controls' range is -1..1.
    moves: Vec<(String, f32)>,
}

/// The recipes of a table, in its order. Empty lines and those that begin with `#` are for people.
///
/// # Errors
/// If a line is no recipe; says which.
pub(super) fn read(table: &str) -> Result<Vec<Recipe>> {
    let lines = (1..).zip(table.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| Recipe::read(line).with_context(|| format!("recipe in line {number}"))).collect()
}

impl Recipe {
    fn read(line: &str) -> Result<Self> {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [bank, name, tags, sound, settings, description] = columns[..] else {
            bail!("has {} columns; it takes: {COLUMNS}", columns.len());
        };
        Ok(Self {
            bank: bank.to_owned(),
            name: name.to_owned(),
            tags: items(tags).map(str::to_owned).collect(),
            sound: Sound::read(sound)?,
            settings: items(settings).map(setting).collect::<Result<_>>()?,
            description: description.to_owned(),
        })
    }

    /// The controls as the recipe sets them, but for the gain.
    ///
    /// # Errors
    /// If the model lacks an instrument or a latent of that name.
    pub(super) fn controls(&self, model: &Model) -> Result<Controls> {
        let mut places = model.space.controls(&self.sound.place(model)?);
        for (name, distance) in &self.sound.moves {
            let latent = model.space.names.iter().position(|known| known == name);
            places[latent.with_context(|| format!("the model has no latent {name}"))?] += distance;
        }
        let mut controls = Controls::default();
        (0..LATENTS).for_each(|i| controls.set(Control::latent(i), thousandths(places[i])));
        self.settings.iter().for_each(|&(control, value)| controls.set(control, value));
        Ok(controls)
    }

    /// The preset, as loud as all others.
    ///
    /// # Errors
    /// As [`Recipe::controls`].
    pub(super) fn preset(&self, player: &Player, reference: &ModelReference) -> Result<Preset> {
        let mut player = Player { controls: self.controls(&player.model)?, ..player.clone() };
        let gain = levelled(&player, Register::of(&self.bank));
        player.controls.set(Control::GAIN, gain);
        Ok(Preset {
            author: "Zither".to_owned(),
            category: self.bank.clone(),
            tags: self.tags.clone(),
            description: self.description.clone(),
            model: reference.clone(),
            ..Preset::new(&self.name, &player.controls)
        })
    }

    /// The instruments that it is made of, each with its share.
    ///
    /// # Errors
    /// If the model lacks one.
    pub(super) fn instruments<'a>(&self, model: &'a Model) -> Result<Vec<(&'a Instrument, f32)>> {
        let mut all = Vec::new();
        for (name, share) in &self.sound.terms {
            let found = instruments(model, name)?;
            let each = share / found.len() as f32;
            all.extend(found.into_iter().map(|instrument| (instrument, each)));
        }
        Ok(all)
    }
}

impl Sound {
    fn read(text: &str) -> Result<Self> {
        let mut parts = items(text);
        let mut terms = Vec::new();
        let mut sign = 1.0;
        let mut words: Vec<&str> = Vec::new();
        let mix = parts.next().context("names no instrument")?;
        for word in mix.split_whitespace().chain(["+"]) {
            if !matches!(word, "+" | "-") {
                words.push(word);
                continue;
            }
            let (term, share) = share(&words)?;
            terms.push((term, sign * share));
            sign = if word == "-" { -1.0 } else { 1.0 };
            words.clear();
        }
        let sum: f32 = terms.iter().map(|(_, share)| share).sum();
        ensure!((sum - 1.0).abs() < 1e-3, "the shares of {mix} add up to {:.0}%, not to 100%", 100.0 * sum);
        let step = |text: &str| {
            let (name, distance) = text.rsplit_once(' ').with_context(|| format!("{text} does not say how far"))?;
            let distance = distance.parse().with_context(|| format!("{distance} is no distance"))?;
            Ok((name.trim().to_owned(), distance))
        };
        Ok(Self { terms, moves: parts.map(step).collect::<Result<_>>()? })
    }

    fn place(&self, model: &Model) -> Result<Latent> {
        let mut place = [0.0; LATENTS];
        for (name, share) in &self.terms {
            let found = instruments(model, name)?;
            for instrument in &found {
                let values = instrument.latent.0.iter();
                place.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value / found.len() as f32);
            }
        }
        Ok(Latent(place))
    }
}

/// The instrument of a name, or with `all FAMILY` those whose folder begins with the family's name.
fn instruments<'a>(model: &'a Model, name: &str) -> Result<Vec<&'a Instrument>> {
    let found: Vec<_> = match name.strip_prefix("all ") {
        Some(family) => model.instruments.iter().filter(|instrument| is_of(instrument, family)).collect(),
        None => model.instruments.iter().filter(|instrument| instrument.program == name).take(1).collect(),
    };
    ensure!(!found.is_empty(), "the model has no instrument {name}");
    Ok(found)
}

/// Whether an instrument is of a family: `synth_fx_000_103` is of `synth fx`.
fn is_of(instrument: &Instrument, family: &str) -> bool {
    instrument.place().is_some_and(|(own, _, _)| own.replace('_', " ") == family)
}

/// A name, and the share that follows it; the whole where none does.
fn share(words: &[&str]) -> Result<(String, f32)> {
    let (name, share) = match words {
        [name @ .., last] if last.ends_with('%') => {
            let percent: f32 = last.trim_end_matches('%').parse().with_context(|| format!("{last} is no share"))?;
            (name, percent / 100.0)
        }
        name => (name, 1.0),
    };
    ensure!(!name.is_empty(), "a share stands without an instrument");
    Ok((name.join(" "), share))
}

/// A control's id and its value as the screen shows it: `attack 90`, `mode legato`, `noise off`.
fn setting(text: &str) -> Result<(Control, f32)> {
    let (id, value) = text.split_once(' ').with_context(|| format!("`{text}` gives no value"))?;
    let control = Control::by_id(id).with_context(|| format!("there is no control `{id}`"))?;
    let plain = control.spec().parse(value).with_context(|| format!("`{value}` is no value of {id}"))?;
    Ok((control, plain))
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Latents are shown with three decimals; what is shown is what is stored.
fn thousandths(value: f32) -> f32 {
    (value * 1_000.0).round() / 1_000.0 + 0.0
}

impl Recipe {
    /// Whether a preset is what this recipe makes with a model, whatever its gain.
    pub(super) fn is_of(&self, preset: &Preset, model: &Model) -> bool {
        let Ok(mut controls) = self.controls(model) else { return false };
        controls.set(Control::GAIN, preset.controls().get(Control::GAIN));
        let card = (&preset.category, &preset.tags, &preset.description);
        preset.controls() == controls && card == (&self.bank, &self.tags, &self.description)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Card;
    use crate::model::latent::LatentSpace;
    use crate::model::weights::Weights;

    const LINE: &str =
        "Keys | Glass | piano, glassy | One 25% + Other Two 75%, Colour 2 -0.25 | release 1.5 s, mode legato | A.";

    /// `One` lies at 1 in every latent, `Other Two` at -1, `Third` at 0.5; the first two are keys.
    fn model() -> Model {
        let instrument = |(family, program, at): (&str, &str, f32)| Instrument {
            name: format!("{family}_000_001"),
            program: program.to_owned(),
            latent: Latent([at; LATENTS]),
        };
        let all = [("synth_keys", "One", 1.0), ("synth_keys", "Other Two", -1.0), ("pad", "Third", 0.5)];
        let all = all.map(instrument).to_vec();
        Model::new(Card { name: "test".into(), ..Card::default() }, LatentSpace::default(), Weights::untrained(1), all)
    }

    fn latents(sound: &str) -> Result<[f32; LATENTS]> {
        let line = LINE.replace("One 25% + Other Two 75%, Colour 2 -0.25", sound);
        Ok(*Recipe::read(&line)?.controls(&model())?.latents())
    }

    #[test]
    fn a_line_becomes_a_preset_as_it_says() {
        let model = Arc::new(model());
        let player = Player { model: Arc::clone(&model), controls: Controls::default(), transfer: None };
        let recipe = Recipe::read(LINE).unwrap();
        let preset = recipe.preset(&player, &ModelReference::of(&model)).unwrap();
        let controls = preset.controls();
        assert_eq!(
            (preset.name.as_str(), preset.category.as_str(), preset.author.as_str()),
            ("Glass", "Keys", "Zither")
        );
        assert_eq!((preset.tags.join(" ").as_str(), preset.description.as_str()), ("piano glassy", "A."));
        assert_eq!((controls.get(Control::RELEASE), controls.get(Control::MODE)), (1_500.0, 2.0));
        // A quarter of 1 and three quarters of -1 in a space whose controls reach 2.
        assert_eq!((controls.latents()[0], controls.latents()[1]), (-0.25, -0.5));
        assert!(recipe.is_of(&preset, &model));
        let other = Preset { tags: Vec::new(), ..preset };
        assert!(!recipe.is_of(&other, &model));
    }

    #[test]
    fn shares_may_go_beyond_an_instrument_and_families_have_a_middle() {
        assert_eq!(latents("Third").unwrap()[0], 0.25);
        assert_eq!(latents("Third 140% - One 40%").unwrap()[0], 0.15);
        assert_eq!(latents("all synth keys 50% + One 50%").unwrap()[0], 0.25);
        assert_eq!(latents("One 400% - Other Two 300%").unwrap()[0], 1.0, "the controls end there");
    }

    #[test]
    fn what_cannot_be_followed_is_told_with_its_line() {
        let refusal = |line: &str| format!("{:#}", read(&format!("# people\n\n{line}\n")).unwrap_err());
        assert!(refusal("Keys | Glass").contains("line 3: has 2 columns"));
        assert!(refusal(&LINE.replace("75%", "70%")).contains("add up to 95%"));
        assert!(refusal(&LINE.replace("release", "relaese")).contains("no control `relaese`"));
        assert!(refusal(&LINE.replace("legato", "lagato")).contains("`lagato` is no value of mode"));
        assert!(refusal(&LINE.replace("One 25% + ", "25% + ")).contains("without an instrument"));
        assert!(latents("Fourth").unwrap_err().to_string().contains("no instrument Fourth"));
        assert!(latents("One, Sparkle 0.5").unwrap_err().to_string().contains("no latent Sparkle"));
    }

    #[test]
    fn all_recipes_of_the_repository_can_be_followed() {
        let (recipes, model) = (read(BUILT_IN).unwrap(), Model::factory());
        assert!(recipes.len() >= 160);
        for recipe in recipes {
            let controls = recipe.controls(&model).unwrap_or_else(|error| panic!("{}: {error:#}", recipe.name));
            assert!(controls.latents().iter().any(|latent| *latent != 0.0), "{}", recipe.name);
        }
    }
}
