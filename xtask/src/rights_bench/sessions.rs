//! Streams of minutes: held-out music with excerpts of the catalogue here and there, or with none.

use std::path::Path;

use anyhow::Result;

use super::clip::Clip;
use super::dynamics::Dynamics;
use super::families::Recipe;
use super::filter::Shape;
use super::music::{Role, Track};
use super::queries::{SEED, changed, of};
use super::random::Random;
use super::step::{Stage, Step};
use super::tools::Stretcher;
use super::truth::{Half, Kind, Part, Truth};

/// Sessions a half.
const SESSIONS: usize = 8;
/// Excerpts embedded in one.
const EMBEDDED: usize = 6;
/// Lengths of an excerpt in a session, in seconds.
const EXCERPT: (f64, f64) = (8.0, 14.0);
/// Lengths of what lies between, in seconds.
const BETWEEN: (f64, f64) = (15.0, 35.0);

/// Makes sessions with embedded excerpts in `out/sessions`.
///
/// # Errors
/// If a track cannot be read, a session not be written, or another program fails.
pub(super) fn make(tracks: &[Track], recipes: &[Recipe], out: &Path) -> Result<Vec<Truth>> {
    // A stream has one sample rate; how long clean excerpts are found is the queries' matter.
    let usable = |recipe: &&Recipe| !recipe.steps.iter().any(|step| matches!(step, Step::Rate(_)));
    let recipes: Vec<&Recipe> = recipes.iter().filter(usable).collect();
    super::parallel(2 * SESSIONS, |number| {
        let half = Half::BOTH[number % 2];
        let mut random = Random::new(SEED, 2_000_000 + number as u64);
        let mut turn = number / 2 * EMBEDDED;
        let file = format!("sessions/s{number:02}.wav");
        let (mut clip, mut parts, mut labels) = (Clip::silence(0), Vec::new(), Vec::new());
        for _ in 0..EMBEDDED {
            clip.append(&scene(tracks, half, Role::HeldOut, random.below(100), BETWEEN, &recipes, &mut random)?.0);
            let at = clip.seconds();
            let (excerpt, pieces, label) = scene(tracks, half, Role::Catalogue, turn, EXCERPT, &recipes, &mut random)?;
            // One span for each excerpt, whatever order its pieces are in.
            parts.push(Part { t: at, length: excerpt.seconds(), ..pieces[0].clone() });
            labels.push(label);
            clip.append(&excerpt);
            turn += 1;
        }
        clip.append(&scene(tracks, half, Role::HeldOut, random.below(100), BETWEEN, &recipes, &mut random)?.0);
        clip.write(&out.join(&file))?;
        Ok(truth(file, half, "embedded", &clip, parts, labels))
    })
}

/// A stretch of a track of that role, changed by any recipe.
fn scene(
    tracks: &[Track],
    half: Half,
    role: Role,
    turn: usize,
    seconds: (f64, f64),
    recipes: &[&Recipe],
    random: &mut Random,
) -> Result<(Clip, Vec<Part>, String)> {
    let mine = of(tracks, role, half);
    // Families alike, whatever the number of their recipes.
    let family = random.pick(&super::families::FAMILIES);
    let mut recipe = random.pick(recipes);
    for _ in 0..1_000 {
        if recipe.family == family {
            break;
        }
        recipe = random.pick(recipes);
    }
    let seed = random.below(usize::MAX);
    let length = random.range(seconds.0, seconds.1);
    let (clip, parts) =
        changed(tracks, mine[turn % mine.len()], &recipe.steps, length, Random::new(SEED, seed as u64))?;
    Ok((clip, parts, format!("{}: {}", recipe.family, recipe.label)))
}

/// What is done to held-out tracks as a whole, to have hours in which nothing may be found.
fn treatments(tools: bool) -> Vec<(&'static str, Vec<Step>)> {
    let mut list = vec![
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
    ];
    if tools {
        list.push(("higher", vec![Step::Pitch(Stretcher::Sox, 1.11)]));
        list.push(("longer", vec![Step::Tempo(Stretcher::Sox, 0.9)]));
    }
    list
}

/// Makes hours of held-out music in `out/sessions`: every held-out track in every treatment.
///
/// # Errors
/// If a track cannot be read, a file not be written, or another program fails.
pub(super) fn hours(tracks: &[Track], tools: bool, out: &Path) -> Result<Vec<Truth>> {
    let treatments = treatments(tools);
    let held: Vec<&Track> = tracks.iter().filter(|track| track.role == Role::HeldOut).collect();
    super::parallel(held.len() * treatments.len(), |number| {
        let (track, (label, steps)) = (held[number / treatments.len()], &treatments[number % treatments.len()]);
        let others = |seconds: f64, random: &mut Random| {
            let mut others = of(tracks, Role::HeldOut, track.half);
            others.retain(|other| other.id != track.id);
            random.shuffle(&mut others);
            let mut clip = Clip::silence(0);
            for other in others.iter().cycle().take(100) {
                if clip.seconds() < seconds {
                    clip.append(&other.cut(0.0, seconds - clip.seconds())?);
                }
            }
            Ok(clip.fitted(seconds))
        };
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
