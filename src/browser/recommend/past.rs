//! What this user did: every sitting, and of every preset that was touched how it was used.

use std::collections::{BTreeMap, HashMap};

use super::catalogue::{Catalogue, Group, NO_GROUP, Number};
use super::decay::{Clock, Trace};
use crate::browser::usage::{Deed, Event, ProjectId, SessionId};

/// Hours of the day that are counted together.
const HOURS_TOGETHER: i64 = 3;
/// Parts of the day.
pub(super) const PARTS: usize = (24 / HOURS_TOGETHER) as usize;
/// How many presets that were tried and not kept are remembered as worth another try.
const TRIED: usize = 128;

/// A preset that was kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    pub(super) preset: Number,
    pub(super) time: i64,
}

/// What was kept from one start to the end of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Sitting {
    /// Every keep in order.
    pub(super) plays: Vec<Play>,
    /// What was kept, each once, by the first time.
    pub(super) kept: Vec<Number>,
    /// What was loaded and not kept, each once.
    pub(super) declined: Vec<Number>,
    /// What is loaded now and may still be kept.
    loaded: Option<Number>,
}

impl Sitting {
    /// How often a preset was kept in it.
    pub(super) fn times(&self, preset: Number) -> u32 {
        self.plays.iter().filter(|play| play.preset == preset).count() as u32
    }
}

/// How one preset was used.
#[derive(Clone, Debug, Default)]
pub(super) struct Habit {
    pub(super) preset: Number,
    /// Abandons, undos and (for half) auditions, fading.
    pub(super) drops: Trace,
    pub(super) kept: u32,
    pub(super) loads: u32,
    pub(super) dropped: u32,
    /// Sittings in which it was kept, and those that it began.
    pub(super) sittings: u32,
    pub(super) opened: u32,
    pub(super) last: i64,
    pub(super) parts: [u16; PARTS],
    /// How often it was changed, saved or exported.
    pub(super) care: u32,
    pub(super) favourite: bool,
    pub(super) hidden: bool,
    /// Every keep: the sitting and the place in its plays.
    pub(super) uses: Vec<(u32, u32)>,
}

/// How often a preset was kept in a project, and when last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProjectUse {
    pub(super) kept: u32,
    pub(super) last: i64,
}

/// All that is known of the user.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) clock: Clock,
    habits: Vec<Habit>,
    /// Keeps of each habit's preset, fading; apart from the rest, because every request goes through all of them.
    keeps: Vec<Trace>,
    /// The place of a preset's habit, plus 1.
    places: Vec<u32>,
    sittings: Vec<Sitting>,
    sessions: HashMap<SessionId, u32>,
    /// Keeps of each group, fading and all.
    groups: Vec<(Trace, u32)>,
    projects: HashMap<ProjectId, BTreeMap<Number, ProjectUse>>,
    /// The sitting of the last keep.
    last_played: Option<u32>,
    /// What was tried and never kept, oldest first.
    tried: Vec<Number>,
}

impl Past {
    /// Takes one event in. `catalogue` already has a number for its preset.
    pub(super) fn note(&mut self, event: &Event, preset: Number, catalogue: &Catalogue) {
        self.rebase(event.time);
        let sitting = self.sitting(event.session);
        match event.deed {
            Deed::Load => {
                self.settle(sitting, None);
                self.sittings[sitting as usize].loaded = Some(preset);
            }
            Deed::Keep => {
                self.settle(sitting, Some(preset));
                self.keep(event, sitting, preset, catalogue);
            }
            Deed::Abandon | Deed::Undo => self.decline(event.time, sitting, preset, 1.0),
            Deed::Audition => self.decline(event.time, sitting, preset, 0.5),
            Deed::Tweak | Deed::Save | Deed::Export => self.habit_mut(preset).care += 1,
            Deed::Favourite => self.habit_mut(preset).favourite = true,
            Deed::Unfavourite => self.habit_mut(preset).favourite = false,
            Deed::Hide => self.habit_mut(preset).hidden = true,
        }
    }

    /// A load counts when it is known what came of it, so that what is learnt from a keep was known before the load.
    fn settle(&mut self, sitting: u32, as_what: Option<Number>) {
        let loaded = self.sittings[sitting as usize].loaded.take();
        if let Some(loaded) = loaded.or(as_what) {
            self.habit_mut(loaded).loads += 1;
        }
    }

    fn keep(&mut self, event: &Event, sitting: u32, preset: Number, catalogue: &Catalogue) {
        let weight = self.clock.weight(event.time);
        let now = &mut self.sittings[sitting as usize];
        let (place, first) = (now.plays.len() as u32, !now.kept.contains(&preset));
        now.plays.push(Play { preset, time: event.time });
        if first {
            now.kept.push(preset);
        }
        let habit = self.habit_mut(preset);
        habit.kept += 1;
        habit.sittings += u32::from(first);
        habit.opened += u32::from(place == 0);
        habit.last = event.time;
        let part = &mut habit.parts[part_of_day(event.time)];
        *part = part.saturating_add(1);
        habit.uses.push((sitting, place));
        add(&mut self.keeps[self.places[preset as usize] as usize - 1], &weight, 1.0);
        self.tried.retain(|tried| *tried != preset);
        self.last_played = Some(sitting);
        self.groups.resize(catalogue.groups(), (Trace::default(), 0));
        let home = catalogue.home(preset);
        for group in [home.bank, home.folder, home.author].iter().chain(catalogue.tags(preset)) {
            if *group != NO_GROUP {
                let (fading, all) = &mut self.groups[*group as usize];
                add(fading, &weight, 1.0);
                *all += 1;
            }
        }
        if let Some(project) = event.project {
            let used = self.projects.entry(project).or_default().entry(preset).or_default();
            *used = ProjectUse { kept: used.kept + 1, last: event.time };
        }
    }

    fn decline(&mut self, time: i64, sitting: u32, preset: Number, how_much: f32) {
        self.settle(sitting, Some(preset));
        let weight = self.clock.weight(time);
        let habit = self.habit_mut(preset);
        add(&mut habit.drops, &weight, how_much);
        habit.dropped += 1;
        let never_kept = habit.kept == 0;
        let declined = &mut self.sittings[sitting as usize].declined;
        if !declined.contains(&preset) {
            declined.push(preset);
        }
        if never_kept {
            self.tried.retain(|tried| *tried != preset);
            self.tried.push(preset);
            if self.tried.len() > TRIED {
                self.tried.remove(0);
            }
        }
    }

    fn rebase(&mut self, time: i64) {
        if let Some(factor) = self.clock.rebase(time) {
            let traces = self.habits.iter_mut().map(|habit| &mut habit.drops).chain(&mut self.keeps);
            for trace in traces.chain(self.groups.iter_mut().map(|group| &mut group.0)) {
                trace.iter_mut().zip(factor).for_each(|(trace, factor)| *trace *= factor);
            }
        }
    }

    fn sitting(&mut self, session: SessionId) -> u32 {
        let next = self.sittings.len() as u32;
        let sitting = *self.sessions.entry(session).or_insert(next);
        if sitting == next {
            self.sittings.push(Sitting::default());
        }
        sitting
    }

    fn habit_mut(&mut self, preset: Number) -> &mut Habit {
        if self.places.len() <= preset as usize {
            self.places.resize(preset as usize + 1, 0);
        }
        let place = &mut self.places[preset as usize];
        if *place == 0 {
            self.habits.push(Habit { preset, ..Habit::default() });
            self.keeps.push(Trace::default());
            *place = self.habits.len() as u32;
        }
        &mut self.habits[*place as usize - 1]
    }

    /// How a preset was used, if it was ever touched.
    pub(super) fn habit(&self, preset: Number) -> Option<&Habit> {
        let place = self.places.get(preset as usize).copied().unwrap_or(0);
        place.checked_sub(1).map(|place| &self.habits[place as usize])
    }

    /// The same, with its keeps, fading.
    pub(super) fn habit_and_keeps(&self, preset: Number) -> Option<(&Habit, &Trace)> {
        let place = self.places.get(preset as usize).copied().unwrap_or(0);
        place.checked_sub(1).map(|place| (&self.habits[place as usize], &self.keeps[place as usize]))
    }

    /// Every preset that was ever touched and its keeps, fading, in the order of the first touch.
    pub(super) fn touched(&self) -> impl Iterator<Item = (Number, &Trace)> {
        self.habits.iter().map(|habit| habit.preset).zip(&self.keeps)
    }

    /// Every sitting, in the order of their first events.
    pub(super) fn sittings(&self) -> &[Sitting] {
        &self.sittings
    }

    /// The sitting of this session, if anything happened in it.
    pub(super) fn sitting_of(&self, session: SessionId) -> Option<u32> {
        self.sessions.get(&session).copied()
    }

    /// The sitting in which something was kept last.
    pub(super) fn last_played(&self) -> Option<u32> {
        self.last_played
    }

    /// How often presets of a group were kept, fading.
    pub(super) fn group(&self, group: Group) -> Trace {
        self.groups.get(group as usize).map(|group| group.0).unwrap_or_default()
    }

    /// How often presets of a group were kept.
    pub(super) fn group_keeps(&self, group: Group) -> u32 {
        self.groups.get(group as usize).map_or(0, |group| group.1)
    }

    /// What was kept in a project.
    pub(super) fn project(&self, project: Option<ProjectId>) -> Option<&BTreeMap<Number, ProjectUse>> {
        self.projects.get(&project?)
    }

    /// What was tried and never kept, latest first.
    pub(super) fn tried(&self) -> impl Iterator<Item = Number> + '_ {
        self.tried.iter().rev().copied()
    }

    /// What was kept, latest first, with repeats, as far back as a reader goes.
    pub(super) fn plays_backwards(&self) -> impl Iterator<Item = Number> + '_ {
        self.sittings.iter().rev().flat_map(|sitting| sitting.plays.iter().rev()).map(|play| play.preset)
    }

    /// How often a preset was kept since a moment.
    pub(super) fn kept_since(&self, preset: Number, since: i64) -> u32 {
        let uses = self.habit(preset).map_or(&[][..], |habit| &habit.uses);
        let time = |(sitting, place): &(u32, u32)| self.sittings[*sitting as usize].plays[*place as usize].time;
        uses.iter().filter(|place| time(place) >= since).count() as u32
    }
}

/// The part of the day of a moment, UTC: whose day it is does not matter as long as it stays the same user's.
pub(super) fn part_of_day(time: i64) -> usize {
    (time.rem_euclid(86_400) / (3_600 * HOURS_TOGETHER)) as usize
}

fn add(trace: &mut Trace, weight: &Trace, times: f32) {
    trace.iter_mut().zip(weight).for_each(|(trace, weight)| *trace += weight * times);
}
