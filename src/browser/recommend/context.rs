//! What surrounds a request: which presets the running sitting points to, and how strongly.

use super::catalogue::{Catalogue, Group, NO_GROUP, Number};
use super::decay::Trace;
use super::past::{Past, ProjectUse, Sitting, part_of_day};
use super::sparse::Sparse;
use super::{Request, Task};

/// How many of the latest keeps a sitting is known by.
const RECENT: usize = 12;
/// Directed transitions are counted over so many places.
pub(super) const REACH: usize = 3;
/// How many occurrences of a preset are looked up, latest first.
const OCCURRENCES: usize = 128;
/// How far back two courses are compared.
const LONGEST_MATCH: usize = 8;
/// Presets of the running sitting that name like sittings, and what each later one weighs.
const NEIGHBOUR_PRESETS: usize = 5;
const NEIGHBOUR_FADING: f32 = 0.8;
/// How many like sittings count, and how many keeps of each.
const NEIGHBOURS: usize = 100;
const NEIGHBOUR_KEEPS: usize = 60;
/// Half-life of a like sitting, in seconds: 20 days.
const NEIGHBOUR_HALF_LIFE: f32 = 1_728_000.0;
/// How many of the latest sittings count as recent.
const RECENT_SITTINGS: usize = 8;

/// What the past says of one preset here and now; shares are of 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    /// How often it came 1, 2 and 3 places after what was kept so long ago.
    pub(super) follows: [f32; REACH],
    /// As `follows[0]`, each earlier time for 0.8 of the next.
    pub(super) follows_lately: f32,
    /// It came next when what was kept last was kept before.
    pub(super) followed_last: bool,
    /// The most keeps in a row, up to now, after which it came next.
    pub(super) longest: u32,
    /// How often what was kept last came right after it.
    pub(super) precedes: f32,
    /// Sittings that hold it and what was kept last.
    pub(super) together: u32,
    /// The share of like sittings that hold it.
    pub(super) alike: f32,
    /// How many of the recent sittings hold it.
    pub(super) recent_sittings: u32,
    /// It was kept in the sitting before this one, so many places before its end, plus 1.
    pub(super) last_sitting: u32,
    /// How often it was kept here, and how many keeps ago, plus 1.
    pub(super) here: u32,
    pub(super) ago: u32,
    /// It was loaded here and not kept.
    pub(super) declined: bool,
    /// Its use in the request's project.
    pub(super) project: ProjectUse,
}

/// A request with everything that is the same for all candidates.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) now: i64,
    pub(super) fading: Trace,
    pub(super) part: usize,
    /// The running sitting, where something was kept in it, and the last other one in which something was.
    pub(super) here: Option<u32>,
    pub(super) before: Option<u32>,
    /// What was kept last: here, or where a session starts in the sitting before.
    pub(super) current: Option<Number>,
    /// The latest keeps, latest first.
    pub(super) tail: Vec<Number>,
    /// The presets by which like sittings are found, each once, latest first.
    pub(super) named_by: Vec<Number>,
    /// Freshness of the sitting before: halved every 6 hours.
    pub(super) fresh: f32,
    pub(super) evidence: Sparse<Evidence>,
    /// The share of the latest keeps in a group, later ones weighing more.
    pub(super) groups: Sparse<f32>,
    /// Direction of the latest keeps' latents, at length 1, or empty.
    pub(super) centre: Vec<f32>,
    /// How often what was kept last was followed by something at 1, 2, 3 places.
    pub(super) followed: [f32; REACH],
    pub(super) project_keeps: f32,
    alike: Sparse<f32>,
}

impl Context {
    /// Looks at the past from a request.
    pub(super) fn look(&mut self, past: &Past, catalogue: &Catalogue, request: &Request) {
        self.now = request.now;
        self.fading = past.clock.fading(request.now);
        self.part = part_of_day(request.now);
        self.evidence.reset(catalogue.len());
        self.groups.reset(catalogue.groups());
        self.alike.reset(past.sittings().len());
        let running = past.sitting_of(request.session);
        let played = |sitting: &u32| !past.sittings()[*sitting as usize].plays.is_empty();
        self.here = running.filter(played).filter(|_| request.task == Task::Next);
        self.look_back(past, self.here.or(past.last_played()));
        self.look_here(past, self.here, running);
        self.look_at_last(past, running);
        self.transitions(past);
        self.like_sittings(past, running);
        self.surroundings(catalogue);
        self.project(past, request);
    }

    /// What was kept lately, in the sitting that the context is taken from.
    fn look_back(&mut self, past: &Past, from: Option<u32>) {
        self.tail.clear();
        self.named_by.clear();
        if let Some(from) = from {
            let plays = &past.sittings()[from as usize].plays;
            self.tail.extend(plays.iter().rev().map(|play| play.preset).take(RECENT));
        }
        self.current = self.tail.first().copied();
        for preset in &self.tail {
            if !self.named_by.contains(preset) && self.named_by.len() < NEIGHBOUR_PRESETS {
                self.named_by.push(*preset);
            }
        }
    }

    fn look_here(&mut self, past: &Past, here: Option<u32>, running: Option<u32>) {
        if let Some(here) = here {
            for (ago, play) in (1..).zip(past.sittings()[here as usize].plays.iter().rev()) {
                let evidence = self.evidence.at(play.preset);
                evidence.here += 1;
                evidence.ago = if evidence.here == 1 { ago } else { evidence.ago };
            }
        }
        if let Some(running) = running {
            for preset in &past.sittings()[running as usize].declined {
                self.evidence.at(*preset).declined = true;
            }
        }
    }

    /// The sitting before this one, and the last few before that.
    fn look_at_last(&mut self, past: &Past, running: Option<u32>) {
        self.fresh = 0.0;
        let others = (0..past.sittings().len() as u32).rev().filter(|sitting| Some(*sitting) != running);
        let played = others.filter(|sitting| !past.sittings()[*sitting as usize].plays.is_empty());
        self.before = None;
        for (age, number) in played.take(RECENT_SITTINGS).enumerate() {
            let sitting = &past.sittings()[number as usize];
            for preset in &sitting.kept {
                self.evidence.at(*preset).recent_sittings += 1;
            }
            if age == 0 {
                self.before = Some(number);
                self.last_sitting(sitting);
            }
        }
    }

    fn last_sitting(&mut self, sitting: &Sitting) {
        let end = sitting.plays.last().map_or(self.now, |play| play.time);
        self.fresh = (-(self.now - end).max(0) as f32 / 21_600.0).exp2();
        for (ago, play) in (1..).zip(sitting.plays.iter().rev()) {
            let evidence = self.evidence.at(play.preset);
            if evidence.last_sitting == 0 {
                evidence.last_sitting = ago;
            }
        }
    }

    fn transitions(&mut self, past: &Past) {
        self.followed = [0.0; REACH];
        for distance in 1..=REACH.min(self.tail.len()) {
            let Some(habit) = past.habit(self.tail[distance - 1]) else { continue };
            let mut weight = 1.0;
            for (sitting, place) in habit.uses.iter().rev().take(OCCURRENCES) {
                let plays = &past.sittings()[*sitting as usize].plays;
                let place = *place as usize;
                if distance == 1 && place > 0 {
                    self.evidence.at(plays[place - 1].preset).precedes += 1.0;
                }
                let Some(next) = plays.get(place + distance).map(|play| play.preset) else { continue };
                self.followed[distance - 1] += 1.0;
                let evidence = self.evidence.at(next);
                evidence.follows[distance - 1] += 1.0;
                if distance == 1 {
                    let tail = self.tail.iter().take(LONGEST_MATCH);
                    let same = tail.zip(plays[..=place].iter().rev()).take_while(|(tail, play)| **tail == play.preset);
                    evidence.longest = evidence.longest.max(same.count() as u32);
                    evidence.follows_lately += weight;
                    evidence.followed_last |= weight == 1.0;
                    weight *= 0.8;
                }
            }
        }
    }

    /// The sittings most like this one by what they hold, and what else they hold.
    fn like_sittings(&mut self, past: &Past, running: Option<u32>) {
        let mut weight = 1.0;
        for preset in &self.named_by {
            let Some(habit) = past.habit(*preset) else { continue };
            let mut before = None;
            for (sitting, _) in habit.uses.iter().rev().take(OCCURRENCES) {
                if before.replace(*sitting) != Some(*sitting) && Some(*sitting) != running {
                    *self.alike.at(*sitting) += weight;
                }
            }
            weight *= NEIGHBOUR_FADING;
        }
        let mut alike: Vec<(u32, f32)> = self.alike.iter().map(|(sitting, same)| (sitting, *same)).collect();
        for (sitting, same) in &mut alike {
            let sitting = &past.sittings()[*sitting as usize];
            let age = (self.now - sitting.plays[0].time).max(0) as f32 / NEIGHBOUR_HALF_LIFE;
            *same *= (-age).exp2() / (sitting.kept.len() as f32).sqrt();
        }
        alike.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        alike.truncate(NEIGHBOURS);
        let all: f32 = alike.iter().map(|(_, same)| same).sum::<f32>().max(f32::MIN_POSITIVE);
        for (sitting, same) in alike {
            let kept = &past.sittings()[sitting as usize].kept;
            let kept = &kept[..kept.len().min(NEIGHBOUR_KEEPS)];
            let together = self.current.is_some_and(|current| kept.contains(&current));
            for preset in kept {
                let evidence = self.evidence.at(*preset);
                evidence.alike += same / all;
                evidence.together += u32::from(together);
            }
        }
    }

    /// The groups and the direction of the latest keeps.
    fn surroundings(&mut self, catalogue: &Catalogue) {
        self.centre.clear();
        let mut all = 0.0;
        for (age, preset) in self.tail.iter().enumerate() {
            let weight = 1.0 / (1.0 + age as f32);
            all += weight;
            let home = catalogue.home(*preset);
            for group in [home.bank, home.folder, home.author].iter().chain(catalogue.tags(*preset)) {
                if *group != NO_GROUP {
                    *self.groups.at(*group) += weight;
                }
            }
            let latent = catalogue.latent(*preset);
            self.centre.resize(self.centre.len().max(latent.len()), 0.0);
            self.centre.iter_mut().zip(latent).for_each(|(centre, x)| *centre += weight * x);
        }
        self.groups.values_mut().for_each(|share| *share /= all);
        let norm = self.centre.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        self.centre.iter_mut().for_each(|x| *x /= norm);
    }

    fn project(&mut self, past: &Past, request: &Request) {
        self.project_keeps = 0.0;
        for (preset, used) in past.project(request.project).into_iter().flatten() {
            self.evidence.at(*preset).project = *used;
            self.project_keeps += used.kept as f32;
        }
    }

    /// The share of the latest keeps that are in a group.
    pub(super) fn share(&self, group: Group) -> f32 {
        self.groups.get(group).copied().unwrap_or(0.0)
    }

    /// Keeps of a group, fading.
    pub(super) fn keeps(&self, past: &Past, group: Group) -> Trace {
        let trace = past.group(group);
        std::array::from_fn(|scale| trace[scale] * self.fading[scale])
    }
}
