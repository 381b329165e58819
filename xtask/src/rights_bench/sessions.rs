//! Streams of minutes: held-out music with excerpts of the catalogue here and there, or with none.

use std::path::Path;

use anyhow::Result;

use super::clip::Clip;
use super::dynamics::Dynamics;
use super::families::{FAMILIES, Recipe};
use super::filter::Shape;
use super::music::{Role, Track};
use super::queries::{SEED, changed, of};
use super::random::Random;
use super::step::{Stage, Step};
use super::tools::Stretcher;
use super::truth::{Half, Kind, Part, Truth};

/// Excerpts embedded in one.
const EMBEDDED: usize = 6;
/// Lengths of an excerpt in a session, in seconds.
const EXCERPT: (f64, f64) = (8.0, 14.0);
/// Lengths of what lies between, in seconds.
const BETWEEN: (f64, f64) = (15.0, 35.0);

/// Makes `count` sessions of each half with embedded excerpts, in `out/sessions`.
///
/// # Errors
/// If a track cannot be read, a session not be written, or another program fails.
pub(super) fn make(tracks: &[Track], recipes: &[Recipe], count: usize, out: &Path) -> Result<Vec<Truth>> {
    super::parallel(2 * count, |number| {
        let half = Half::BOTH[number % 2];
        let stage = Scenery { tracks, recipes, half };
        let mut random = Random::new(SEED, 2_000_000 + number as u64);
        let file = format!("sessions/s{number:02}.wav");
        let (mut clip, mut parts, mut labels) = (Clip::silence(0), Vec::new(), Vec::new());
        for excerpt in 0..EMBEDDED {
            let turn = random.below(100);
            clip.append(&stage.scene(Role::HeldOut, turn, BETWEEN, &mut random)?.clip);
            let scene = stage.scene(Role::Catalogue, number / 2 * EMBEDDED + excerpt, EXCERPT, &mut random)?;
            // One span for each excerpt, whatever order its pieces are in.
            parts.push(Part { t: clip.seconds(), length: scene.clip.seconds(), ..scene.first });
            labels.push(scene.label);
            clip.append(&scene.clip);
        }
        let turn = random.below(100);
        clip.append(&stage.scene(Role::HeldOut, turn, BETWEEN, &mut random)?.clip);
        clip.write(&out.join(&file))?;
        Ok(truth(file, half, "embedded", &clip, parts, labels))
    })
}

/// What sessions are made of.
struct Scenery<'a> {
    tracks: &'a [Track],
    recipes: &'a [Recipe],
    half: Half,
}

/// A stretch of a session.
struct Scene {
    clip: Clip,
    /// Where its first piece comes from.
    first: Part,
    label: String,
}

impl Scenery<'_> {
    /// A stretch of a track of that role, changed in a way of any family.
    fn scene(&self, role: Role, turn: usize, seconds: (f64, f64), random: &mut Random) -> Result<Scene> {
        let (tracks, recipe) = (of(self.tracks, role, self.half), self.recipe(random));
        let seed = random.below(usize::MAX);
        let length = random.range(seconds.0, seconds.1);
        let random = Random::new(SEED, seed as u64);
        let (clip, mut parts) = changed(self.tracks, tracks[turn % tracks.len()], &recipe.steps, length, random)?;
        Ok(Scene { clip, first: parts.swap_remove(0), label: format!("{}: {}", recipe.family, recipe.label) })
    }

    /// Any recipe, all families alike whatever the number of their recipes. A stream has one sample rate, so those that
    /// change it are left out.
    fn recipe(&self, random: &mut Random) -> &Recipe {
        loop {
            let (family, recipe) = (random.pick(&FAMILIES), &self.recipes[random.below(self.recipes.len())]);
            if recipe.family == family && !recipe.steps.iter().any(|step| matches!(step, Step::Rate(_))) {
                return recipe;
            }
        }
    }
}

/// What is done to held-out tracks as a whole, to have hours in which nothing may be found.
fn treatments() -> Vec<(&'static str, Vec<Step>)> {
    vec![
        ("as it is", Vec::new()),
        ("slower", vec![Step::Varispeed(0.943)]),
        ("faster", vec![Step::Varispeed(1.071)]),
        ("treble cut, drums", vec![Step::Filter(Shape::Low, 2_500.0, 0.7), Step::Drums(3.0)]),
        ("under drums", vec![Step::Drums(-6.0)]),
        ("under speech", vec![Step::Spoken(0.0)]),
        ("under song", vec![Step::Sung(0.0)]),
        ("noise, pump", vec![Step::Pink(10.0), Step::Dynamics(Dynamics::Pump)]),
        ("in a room", vec![Step::Reverb(1.5, 0.6), Step::Dynamics(Dynamics::Limiter)]),
        ("under music", vec![Step::Music(0.0)]),
        ("higher", vec![Step::Pitch(Stretcher::Sox, 1.11)]),
        ("longer", vec![Step::Tempo(Stretcher::Sox, 0.9)]),
    ]
}

/// Makes hours of held-out music in `out/sessions`: every held-out track in every treatment.
///
/// # Errors
/// If a track cannot be read, a file not be written, or another program fails.
pub(super) fn hours(tracks: &[Track], out: &Path) -> Result<Vec<Truth>> {
    let treatments = treatments();
    let held: Vec<&Track> = tracks.iter().filter(|track| track.role == Role::HeldOut).collect();
    super::parallel(held.len() * treatments.len(), |number| {
        let (track, (label, steps)) = (held[number / treatments.len()], &treatments[number % treatments.len()]);
        let others = |seconds: f64, random: &mut Random| medley(tracks, track, seconds, random);
        let mut stage = Stage { random: Random::new(SEED, 3_000_000 + number as u64), others: &others };
        let (mut clip, mut parts) = (track.cut(0.0, track.seconds)?, Vec::new());
        for step in steps {
            clip = step.apply(clip, &mut parts, &mut stage)?;
        }
        let clip = clip.tamed();
        let file = format!("sessions/h{number:03}.wav");
        clip.write(&out.join(&file))?;
        Ok(truth(file, track.half, label, &clip, Vec::new(), Vec::new()))
    })
}

/// `seconds` of the other held-out tracks of a track's half, one after another.
fn medley(tracks: &[Track], track: &Track, seconds: f64, random: &mut Random) -> Result<Clip> {
    let mut others = of(tracks, Role::HeldOut, track.half);
    others.retain(|other| other.id != track.id);
    random.shuffle(&mut others);
    let mut clip = Clip::silence(0);
    let mut turn = others.iter().cycle();
    while let Some(other) = turn.next().filter(|_| clip.seconds() < seconds) {
        clip.append(&other.cut(0.0, seconds - clip.seconds())?);
    }
    Ok(clip.fitted(seconds))
}

fn truth(file: String, half: Half, label: &str, clip: &Clip, parts: Vec<Part>, labels: Vec<String>) -> Truth {
    Truth {
        file,
        half,
        kind: Kind::Session,
        family: if parts.is_empty() { "hours" } else { "sessions" }.to_owned(),
        label: label.to_owned(),
        length: clip.seconds(),
        track: None,
        start: 0.0,
        rate: 1.0,
        pitch: 1.0,
        parts,
        labels,
    }
}
