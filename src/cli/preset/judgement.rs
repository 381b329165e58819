//! Whether the factory presets are what they say: played, measured, compared with each other.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::characters;
use super::level::{LOUDNESS_LUFS, Register, phrase_loudness};
use super::performance::{Note, Player};
use super::portrait::Portrait;
use super::recipe::Recipe;
use crate::analysis::loudness::true_peak_db;
use crate::browser::preset::{Preset, scan};
use crate::browser::vocabulary::{BANKS, CHARACTERS, INSTRUMENTS};
use crate::cli::parallel::in_parallel;
use crate::model::{Model, ModelReference};

/// Furthest from the loudness that all share, in LU.
const LOUDNESS_TOLERANCE: f32 = 0.5;
/// Highest true peak of a triad at full velocity, in dBFS.
const PEAK_DB: f32 = -1.0;
/// A triad whose peak at the lowest velocity lies below this, in dBFS, counts as silent.
const SILENT_DB: f32 = -50.0;
/// Least distance of two presets, in dB ([`Portrait::distance`]).
const NEAREST_DB: f32 = 3.0;
/// Roots of the triads: five octaves of keys.
const ROOTS: [u8; 5] = [36, 48, 60, 72, 84];
const VELOCITIES: [f32; 3] = [0.4, 0.7, 1.0];

/// What is judged, and against what.
pub(super) struct Judge<'a> {
    pub(super) model: &'a Arc<Model>,
    /// What presets call it.
    pub(super) reference: ModelReference,
    pub(super) recipes: &'a [Recipe],
    /// One in so many presets is played.
    pub(super) every: usize,
    pub(super) jobs: usize,
}

/// What was measured of one preset.
struct Measured {
    loudness: f32,
    /// Highest true peak of a triad at full velocity, in dBFS.
    peak_db: f32,
    /// Lowest true peak of a triad at the lowest velocity, in dBFS.
    quietest_db: f32,
    portrait: Portrait,
}

impl Judge<'_> {
    /// Judges the presets of a folder, prints a table, and fails where one of them is off.
    pub(super) fn run(&self, folder: &Path) -> Result<()> {
        let (found, problems) = scan(folder);
        let mut faults: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.path.display(), p.error)).collect();
        let presets: Vec<Preset> = found.iter().map(|(_, preset)| preset.clone()).collect();
        for (path, preset) in &found {
            let place = path.strip_prefix(folder).unwrap_or(path);
            faults.extend(self.card_faults(place, preset).into_iter().map(|fault| format!("{}: {fault}", preset.name)));
        }
        faults.extend(repeated(presets.iter().map(|preset| preset.name.to_lowercase())));
        faults.extend(self.missing(&presets));
        let played: Vec<&Preset> = presets.iter().step_by(self.every).collect();
        let measured = in_parallel(self.jobs, "presets", &played, || Ok(()), |(), preset| self.measure(preset))?;
        faults.extend(report(&played, &measured));
        faults.iter().for_each(|fault| println!("fault: {fault}"));
        if !faults.is_empty() {
            bail!("{} faults in {} presets", faults.len(), presets.len());
        }
        Ok(())
    }
}

impl Judge<'_> {
    /// What is wrong with what a preset says of itself, and where it lies.
    fn card_faults(&self, place: &Path, preset: &Preset) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |right: bool, fault: &str| {
            if !right {
                faults.push(fault.to_owned());
            }
        };
        let text = &preset.description;
        let known = |tag: &String| CHARACTERS.contains(&tag.as_str()) || INSTRUMENTS.contains(&tag.as_str());
        let unknown: Vec<&String> = preset.tags.iter().filter(|tag| !known(tag)).collect();
        expect(preset.name.chars().all(|c| c.is_ascii_alphanumeric() || " -'".contains(c)), "its name is no file name");
        expect(preset.name.len() <= 24, "its name is longer than 24 letters");
        expect(
            place == Path::new(&preset.category).join(format!("{}.zither", preset.name)),
            "it lies in another place",
        );
        expect(BANKS.contains(&preset.category.as_str()), "its bank is unknown");
        expect(unknown.is_empty(), &format!("tags that are no words of the vocabulary: {unknown:?}"));
        expect(preset.tags.iter().any(|tag| CHARACTERS.contains(&tag.as_str())), "no tag says what it is like");
        expect(preset.tags.len() == preset.tags.iter().collect::<HashSet<_>>().len(), "a tag stands twice");
        expect(
            (12..=100).contains(&text.len()) && text.ends_with('.'),
            "its description is no line that ends in a full stop",
        );
        expect(preset.author == "Zither" && preset.licence == "CC0-1.0", "author or licence is not Zither, CC0-1.0");
        expect(preset.model.is_same(&self.reference), "it belongs to another model");
        faults
    }

    /// Recipes and presets that are not of each other.
    fn missing(&self, presets: &[Preset]) -> Vec<String> {
        let mut faults = Vec::new();
        for recipe in self.recipes {
            match presets.iter().find(|preset| preset.name == recipe.name) {
                None => faults.push(format!("{}: its recipe has not been followed", recipe.name)),
                Some(preset) if !recipe.is_of(preset, self.model) => {
                    faults.push(format!("{}: is not what its recipe says", recipe.name));
                }
                Some(_) => {}
            }
        }
        let named = |preset: &&Preset| self.recipes.iter().any(|recipe| recipe.name == preset.name);
        let others = presets.iter().filter(|preset| !named(preset));
        faults.extend(others.map(|preset| format!("{}: has no recipe", preset.name)));
        faults
    }

    fn measure(&self, preset: &Preset) -> Result<Measured> {
        let transfer = preset.playable_transfer()?.map(Arc::new);
        let player = Player { model: Arc::clone(self.model), controls: preset.controls(), transfer };
        let register = Register::of(&preset.category);
        let (mut peak_db, mut quietest_db) = (f32::MIN, f32::MAX);
        for root in ROOTS {
            for velocity in VELOCITIES {
                let peak = triad_peak_db(&player, root, velocity, register);
                peak_db = peak_db.max(peak);
                quietest_db = if velocity == VELOCITIES[0] { quietest_db.min(peak) } else { quietest_db };
            }
        }
        Ok(Measured {
            loudness: phrase_loudness(&player, register),
            peak_db,
            quietest_db,
            portrait: Portrait::of(&player, register),
        })
    }
}

/// True peak of a major triad that is held until it has risen, in dBFS.
fn triad_peak_db(player: &Player, root: u8, velocity: f32, register: Register) -> f32 {
    let hold = if register == Register::Slow { 2.0 } else { 0.8 };
    let note = |step: u8| Note { key: root + step, velocity, from: 0.0, to: hold };
    let [left, right] = player.play(&[0, 4, 7].map(note), hold + 0.1);
    true_peak_db(&left).max(true_peak_db(&right))
}

/// Names that stand more than once.
fn repeated(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| !seen.insert(name.clone())).map(|name| format!("{name}: two presets have this name")).collect()
}

/// Prints what was measured; what is off.
fn report(presets: &[&Preset], measured: &[Measured]) -> Vec<String> {
    println!(
        "preset                    LUFS   peak  quiet  attack  centroid strike   fall  noise inharm   odd   side   ring change  nearest"
    );
    let mut faults = Vec::new();
    for (index, (preset, one)) in presets.iter().zip(measured).enumerate() {
        let nearest = nearest(measured, index);
        let p = &one.portrait;
        println!(
            "{:<24} {:>6.2} {:>6.2} {:>6.1} {:>7.1} {:>9.0} {:>6.2} {:>6.1} {:>6.1} {:>6.1} {:>5.1} {:>6.1} {:>6.1} {:>6.1}  {}",
            preset.name,
            one.loudness,
            one.peak_db,
            one.quietest_db,
            p.attack_ms,
            p.centroid_hz,
            p.strike,
            p.fall_db,
            p.noise_db,
            p.inharmonic_db,
            p.odd_db,
            p.side_db,
            p.ring_db,
            p.change_db,
            nearest.map_or(String::new(), |(other, distance)| format!("{distance:.2} {}", presets[other].name)),
        );
        faults.extend(sound_faults(preset, one).into_iter().map(|fault| format!("{}: {fault}", preset.name)));
        if let Some((other, distance)) = nearest.filter(|(other, distance)| *distance < NEAREST_DB && *other > index) {
            faults.push(format!("{}: only {distance:.2} dB from {}", preset.name, presets[other].name));
        }
    }
    summary(measured);
    faults
}

fn summary(measured: &[Measured]) {
    let range = |value: fn(&Measured) -> f32| {
        measured.iter().map(value).fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (quiet, loud) = range(|one| one.loudness);
    let apart =
        (0..measured.len()).filter_map(|index| nearest(measured, index)).map(|(_, d)| d).fold(f32::INFINITY, f32::min);
    println!(
        "[presets] played={} lufs_min={quiet:.2} lufs_max={loud:.2} spread_lu={:.2} peak_max_dbfs={:.2} quietest_dbfs={:.1} nearest_db={apart:.2}",
        measured.len(),
        loud - quiet,
        range(|one| one.peak_db).1,
        range(|one| one.quietest_db).0,
    );
}

/// The preset that sounds most like another, and its distance.
fn nearest(measured: &[Measured], of: usize) -> Option<(usize, f32)> {
    let others = measured.iter().enumerate().filter(|(index, _)| *index != of);
    let distances = others.map(|(index, other)| (index, measured[of].portrait.distance(&other.portrait)));
    distances.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// What is wrong with a preset to the ear.
fn sound_faults(preset: &Preset, measured: &Measured) -> Vec<String> {
    let mut faults = characters::untrue(&preset.tags, &measured.portrait, &preset.controls());
    let off = measured.loudness - LOUDNESS_LUFS;
    if off.abs() > LOUDNESS_TOLERANCE {
        faults.push(format!("is {off:+.2} LU from the loudness of all"));
    }
    if measured.peak_db > PEAK_DB {
        faults.push(format!("a triad at full velocity peaks at {:.2} dBFS", measured.peak_db));
    }
    if measured.quietest_db < SILENT_DB {
        faults.push(format!("an octave is silent: {:.1} dBFS", measured.quietest_db));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::preset::recipe;
    use crate::synth::controls::Controls;

    const RECIPES: &str = "Keys | Tone | piano, hard | Grand Piano | release 400 | A tone that is tested.\n\
                           Keys | Other | flute, soft | Flute | release 400 | Another that is tested.";

    /// A preset of the first recipe, changed.
    fn preset(change: impl Fn(&mut Preset)) -> Preset {
        let recipes = recipe::read(RECIPES).unwrap();
        let player = Player { model: Model::factory(), controls: Controls::default(), transfer: None };
        let mut preset = recipes[0].preset(&player, ModelReference::factory()).unwrap();
        change(&mut preset);
        preset
    }

    fn with_judge<T>(ask: impl Fn(&Judge) -> T) -> T {
        let (model, recipes) = (Model::factory(), recipe::read(RECIPES).unwrap());
        let reference = ModelReference::factory().clone();
        ask(&Judge { model: &model, reference, recipes: &recipes, every: 1, jobs: 1 })
    }

    /// What is wrong on paper.
    fn faults(preset: &Preset) -> Vec<String> {
        with_judge(|judge| {
            let mut faults = judge.card_faults(Path::new("Keys/Tone.zither"), preset);
            faults.extend(judge.missing(std::slice::from_ref(preset)));
            faults
        })
    }

    /// What is wrong to the ear.
    fn heard(preset: &Preset) -> Vec<String> {
        with_judge(|judge| sound_faults(preset, &judge.measure(preset).unwrap()))
    }

    #[test]
    fn a_preset_as_its_recipe_makes_it_has_no_fault_and_a_recipe_without_one_is_named() {
        let preset = preset(|_| ());
        assert_eq!(faults(&preset), ["Other: its recipe has not been followed"]);
        assert_eq!(heard(&preset), [""; 0]);
    }

    #[test]
    fn each_fault_is_told() {
        let told = |faults: Vec<String>, fault: &str| {
            assert!(faults.iter().any(|told| told.contains(fault)), "{fault}: {faults:?}");
        };
        let read = |change: fn(&mut Preset), fault: &str| told(faults(&preset(change)), fault);
        read(|preset| preset.name = "To/ne".to_owned(), "no file name");
        read(|preset| preset.category = "Kazoos".to_owned(), "bank is unknown");
        read(|preset| preset.tags.push("fnord".to_owned()), "fnord");
        read(|preset| preset.description.push_str(" And more"), "full stop");
        read(|preset| preset.licence.clear(), "licence");
        read(|preset| preset.model.digest.clear(), "another model");
        read(|preset| _ = preset.state.insert("latent_1".to_owned(), 0.9), "not what its recipe says");
        let gain = |db: f32| heard(&preset(|preset| _ = preset.state.insert("gain".to_owned(), db)));
        told(gain(12.0), "LU from the loudness");
        told(gain(12.0), "full velocity peaks");
        told(gain(-60.0), "silent");
        told(heard(&preset(|preset| preset.tags.push("slow".to_owned()))), "tagged slow");
        assert_eq!(repeated(["a", "b", "a"].map(str::to_owned).into_iter()).len(), 1);
    }
}
