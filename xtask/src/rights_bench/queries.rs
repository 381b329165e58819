//! Cuts excerpts, changes them and writes them down with their truth.

use std::path::Path;

use anyhow::{Context, Result};

use super::clip::{Clip, RATE};
use super::families::{LENGTHS, Recipe};
use super::music::{Role, Track};
use super::random::Random;
use super::step::{Stage, Step};
use super::truth::{Half, Kind, Part, Truth};
use super::voice::{self, Manner};
use super::{drums, generated, noise};

/// Every draw follows from this.
pub(super) const SEED: u64 = 5;
/// An excerpt whose mean level is below this (full scale is 1) is cut elsewhere: nothing sounds there.
const QUIETEST: f32 = 0.01;
/// Where the quietest excerpts of a quiet track must do.
const TRIES: usize = 30;

/// A query that is to be made.
struct Plan<'a> {
    recipe: &'a Recipe,
    role: Role,
    half: Half,
    /// Its number among those of its role and half, which chooses the track.
    turn: usize,
}

/// Makes all queries in `out/queries`, and `noises` clips of everything that is no recording.
///
/// # Errors
/// If a track cannot be read, a query not be written, or another program fails.
pub(super) fn make(tracks: &[Track], recipes: &[Recipe], noises: usize, out: &Path) -> Result<Vec<Truth>> {
    let plans = plans(recipes);
    let mut truths = super::parallel(plans.len(), |number| {
        let plan = &plans[number];
        let made = query(tracks, plan, number);
        let (clip, truth) = made.with_context(|| format!("query {number} ({})", plan.recipe.label))?;
        clip.write(&out.join(&truth.file))?;
        Ok(truth)
    })?;
    truths.extend(super::parallel(NOISES.len() * noises, |number| {
        let (clip, truth) = not_music(number);
        clip.write(&out.join(&truth.file))?;
        Ok(truth)
    })?);
    Ok(truths)
}

fn plans(recipes: &[Recipe]) -> Vec<Plan<'_>> {
    let mut turns = [[0; 2]; 2];
    let mut plans = Vec::new();
    for recipe in recipes {
        for (role, copies) in [(Role::Catalogue, recipe.copies), (Role::HeldOut, recipe.copies / 2)] {
            for _ in 0..copies {
                let turns = &mut turns[role as usize];
                let side = usize::from(turns[0] > turns[1]);
                plans.push(Plan { recipe, role, half: Half::BOTH[side], turn: turns[side] });
                turns[side] += 1;
            }
        }
    }
    plans
}

fn query(tracks: &[Track], plan: &Plan, number: usize) -> Result<(Clip, Truth)> {
    let mut random = Random::new(SEED, number as u64);
    let mine = of(tracks, plan.role, plan.half);
    let track = mine[plan.turn % mine.len()];
    let seconds = plan.recipe.seconds.unwrap_or_else(|| random.pick(&LENGTHS));
    let (clip, parts) = changed(tracks, track, &plan.recipe.steps, seconds, random)?;
    let found = plan.role == Role::Catalogue;
    let first = parts[0].clone();
    let truth = Truth {
        file: format!("queries/{}{number:04}.wav", if found { "p" } else { "n" }),
        half: plan.half,
        kind: if found { Kind::Positive } else { Kind::Negative },
        family: plan.recipe.family.to_owned(),
        label: plan.recipe.label.clone(),
        length: clip.seconds(),
        track: found.then(|| first.track.clone()),
        start: first.start,
        rate: first.rate,
        pitch: first.pitch,
        parts: if found { parts } else { Vec::new() },
        labels: Vec::new(),
    };
    Ok((clip, truth))
}

/// The tracks of a role and a half.
pub(super) fn of(tracks: &[Track], role: Role, half: Half) -> Vec<&Track> {
    tracks.iter().filter(|track| track.role == role && track.half == half).collect()
}

/// An excerpt of `track`, changed by `steps`, `seconds` long, and where its pieces come from. Music that is laid under
/// it is held out and of the same half.
///
/// # Errors
/// If a track cannot be read or another program fails.
pub(super) fn changed(
    tracks: &[Track],
    track: &Track,
    steps: &[Step],
    seconds: f64,
    mut random: Random,
) -> Result<(Clip, Vec<Part>)> {
    let steps: Vec<Step> = steps.iter().map(|step| strayed(*step, &mut random)).collect();
    let needed = seconds * steps.iter().map(|step| step.rate()).product::<f64>() + 0.05;
    let (mut clip, start) = excerpt(track, needed, &mut random)?;
    let mut parts =
        vec![Part { t: 0.0, length: clip.seconds(), track: track.id.clone(), start, rate: 1.0, pitch: 1.0 }];
    let others = |seconds: f64, random: &mut Random| {
        let others = of(tracks, Role::HeldOut, track.half);
        let others: Vec<&Track> = others.into_iter().filter(|other| other.id != track.id).collect();
        anyhow::ensure!(!others.is_empty(), "there is no music to lay under {}", track.id);
        Ok(excerpt(random.pick(&others), seconds, random)?.0.fitted(seconds))
    };
    let mut stage = Stage { random, others: &others };
    for step in steps {
        clip = step.apply(clip, &mut parts, &mut stage)?;
    }
    parts.retain(|part| part.t < seconds);
    if let Some(last) = parts.last_mut() {
        last.length = last.length.min(seconds - last.t);
    }
    Ok((clip.fitted(seconds).tamed(), parts))
}

/// Speeds and pitches a little off those of the recipe, so that no grid of speeds hits them all exactly.
fn strayed(step: Step, random: &mut Random) -> Step {
    let mut stray = |ratio: f64| ratio * (1.0 + random.range(-0.004, 0.004));
    match step {
        Step::Varispeed(speed) => Step::Varispeed(stray(speed)),
        Step::Pitch(stretcher, ratio) => Step::Pitch(stretcher, stray(ratio)),
        Step::Tempo(stretcher, speed) => Step::Tempo(stretcher, stray(speed)),
        step => step,
    }
}

/// `seconds` from anywhere in the track where something sounds, and where that was.
fn excerpt(track: &Track, seconds: f64, random: &mut Random) -> Result<(Clip, f64)> {
    let mut loudest = (Clip::silence(0), 0.0);
    for _ in 0..TRIES {
        let start = random.range(0.0, (track.seconds - seconds).max(0.0));
        let start = (start * f64::from(RATE)).round() / f64::from(RATE);
        let clip = track.cut(start, seconds)?;
        if loudest.0.frames() == 0 || clip.rms() > loudest.0.rms() {
            loudest = (clip, start);
        }
        if loudest.0.rms() > QUIETEST {
            break;
        }
    }
    Ok(loudest)
}

/// Clips that are no recording at all.
const NOISES: [&str; 7] = ["drums alone", "pink noise", "lone tone", "silence", "speech", "song", "synthetic music"];

fn not_music(number: usize) -> (Clip, Truth) {
    let mut random = Random::new(SEED, 1_000_000 + number as u64);
    let seconds = random.pick(&LENGTHS);
    let label = NOISES[number % NOISES.len()];
    let clip = match label {
        "drums alone" => drums::play(seconds, &mut random),
        "pink noise" => noise::pink(seconds, &mut random),
        "lone tone" => noise::tone(seconds, &mut random),
        "silence" => Clip::silence((seconds * f64::from(RATE)) as usize),
        "speech" => voice::utter(seconds, Manner::Spoken, &mut random),
        "song" => voice::utter(seconds, Manner::Sung, &mut random),
        _ => generated::piece(seconds, &mut random),
    };
    let mut clip = clip.fitted(seconds);
    if clip.peak() > 0.0 {
        clip.scale(0.5 / clip.peak());
    }
    let truth = Truth {
        file: format!("queries/x{number:04}.wav"),
        half: Half::BOTH[number / NOISES.len() % 2],
        kind: Kind::Negative,
        family: "no recording".to_owned(),
        label: label.to_owned(),
        length: clip.seconds(),
        track: None,
        start: 0.0,
        rate: 1.0,
        pitch: 1.0,
        parts: Vec::new(),
        labels: Vec::new(),
    };
    (clip, truth)
}
