//! Made-up people and what they do with presets over months: what the shipped weights are fitted to and tested on.
//!
//! No two are alike, and none is exactly like anybody: they differ in how much they play folders through, keep lists,
//! return to what is strong in memory (ACT-R), go round in loops, look for new things or work on projects. What a person
//! keeps is drawn from these habits and never from what a recommender shows.

use super::traits::{Kind, Traits};
use super::world::{self, Telling, World};
use crate::browser::recommend::Item;
use crate::browser::usage::{Deed, Event, ProjectId, SessionId};
use crate::train::random::Random;

/// A preset as somebody remembers it.
struct Memory {
    preset: usize,
    liking: f32,
    /// The latest times it was kept, latest last, in seconds.
    times: Vec<i64>,
    /// What came after it last time.
    followed_by: Option<usize>,
}

/// What somebody is doing.
#[derive(Clone, Debug)]
enum Course {
    Folder { folder: usize, place: usize },
    List { presets: Vec<usize>, place: usize },
    Mind,
    Bank { bank: usize },
    Loop { presets: Vec<usize>, turn: usize },
    Scout { bank: usize, rank: usize },
    Project { number: usize, place: usize },
    Stream,
}

/// A project: some presets, in the order in which they are gone through.
struct Project {
    presets: Vec<usize>,
    sessions_left: u32,
}

/// A catalogue and what one person did with it.
pub(super) struct Life {
    pub(super) kind: Kind,
    pub(super) items: Vec<Item>,
    /// Events of each session in order.
    pub(super) sessions: Vec<Vec<Event>>,
}

impl Life {
    /// The life of a person; the same for the same seed.
    pub(super) fn new(kind: Kind, seed: u64, keeps: usize) -> Self {
        let world = World::new(seed, 900);
        let mut random = Random::new(seed, kind as u64 + 1);
        let telling = Telling {
            folders: random.chance(0.6),
            ordered: random.chance(0.4),
            described: kind == Kind::Projects || random.chance(0.2),
        };
        let items = world.catalogue(telling, &mut random);
        let mut person = Person::new(kind, &world, random);
        let mut sessions = Vec::new();
        let mut kept = 0;
        while kept < keeps {
            let events = person.session(sessions.len() as u64);
            kept += events.iter().filter(|event| event.deed == Deed::Keep).count();
            sessions.push(events);
        }
        Self { kind, items, sessions }
    }
}

/// A person while living.
struct Person<'a> {
    world: &'a World,
    traits: Traits,
    random: Random,
    now: i64,
    memories: Vec<Memory>,
    /// The place of a preset's memory, plus 1.
    places: Vec<u32>,
    lists: Vec<Vec<usize>>,
    projects: Vec<Project>,
    course: Course,
    family: usize,
    /// What was kept in this session.
    here: Vec<usize>,
}

impl<'a> Person<'a> {
    fn new(kind: Kind, world: &'a World, mut random: Random) -> Self {
        let traits = Traits::new(kind, world, &mut random);
        let mut person = Self {
            world,
            traits,
            random,
            now: 1_400_000_000,
            memories: vec![],
            places: vec![0; world.presets.len()],
            lists: vec![],
            projects: vec![],
            course: Course::Mind,
            family: 0,
            here: vec![],
        };
        // What was known before anybody kept a log: its keeps lie months back.
        for _ in 0..12 {
            let bank = person.new_bank();
            for preset in world.banks[bank].best.iter().take(6).copied() {
                person.now -= 864_000;
                person.remember(preset);
                person.now += 864_000;
            }
        }
        person
    }

    /// One sitting: waits for it, then does it.
    fn session(&mut self, number: u64) -> Vec<Event> {
        self.wait();
        self.here.clear();
        let part = (self.now.rem_euclid(86_400) / 21_600) as usize;
        self.family =
            if self.random.chance(0.7) { self.traits.families[part] } else { self.random.below(self.world.families()) };
        if !self.random.chance(self.traits.resume) {
            self.begin();
        }
        let (mean, spread) = self.traits.length;
        let length = (mean + spread * self.random.normal()).exp().clamp(1.0, 120.0) as usize;
        let mut events = Vec::new();
        let session = SessionId::of(&number.to_le_bytes());
        for _ in 0..length {
            self.play(session, &mut events);
        }
        self.tend_lists();
        events
    }

    fn wait(&mut self) {
        let days = -self.random.uniform().max(1e-6).ln() / self.traits.pace;
        self.now += 5_400 + (days * 86_400.0) as i64;
        if self.random.chance(0.7) {
            let hour = self.traits.hours[self.random.below(2)] + self.random.normal();
            let wanted = (hour.rem_euclid(24.0) * 3_600.0) as i64;
            self.now += (wanted - self.now.rem_euclid(86_400)).rem_euclid(86_400);
        }
    }

    /// Loads presets until one is kept.
    fn play(&mut self, session: SessionId, events: &mut Vec<Event>) {
        for _ in 0..8 {
            let preset = self.choose();
            let project = match &self.course {
                Course::Project { number, .. } => Some(ProjectId::of(&(*number as u64).to_le_bytes())),
                _ => None,
            };
            let kept = !self.traits.outcomes || self.keeps(preset);
            let mut note = |time: i64, deed: Deed| {
                let preset = world::id(preset);
                events.push(Event { time, session, project, preset, deed, dwell_ms: 0, shown: None });
            };
            note(self.now, Deed::Load);
            if kept {
                note(self.now + 30, Deed::Keep);
                let liking = self.memory(preset).map_or(0.0, |memory| memory.liking);
                if liking > 1.0 && self.random.chance(0.15) {
                    note(self.now + 31, Deed::Favourite);
                }
                if self.random.chance(self.traits.care) {
                    note(self.now + 32, if self.random.chance(0.7) { Deed::Tweak } else { Deed::Save });
                }
                self.now += 150 + self.random.below(150) as i64;
                self.kept(preset);
                return;
            }
            let (deed, seconds) = if self.random.chance(0.35) { (Deed::Audition, 18) } else { (Deed::Abandon, 5) };
            note(self.now + seconds, deed);
            self.now += seconds;
        }
    }

    /// Whether a loaded preset is kept: by liking, and less if it was just heard.
    fn keeps(&mut self, preset: usize) -> bool {
        let memory = self.memory(preset);
        let liking = memory.map_or(-0.4, |memory| memory.liking);
        let tired = self.here.iter().filter(|here| **here == preset).count() as f32;
        let odds = (1.0 / self.traits.pickiness - 1.0).ln() + 1.2 * liking - 0.5 * tired;
        self.random.chance(1.0 / (1.0 + (-odds).exp()))
    }

    fn kept(&mut self, preset: usize) {
        if let Some(last) = self.here.last().copied()
            && let Some(place) = (self.places[last] as usize).checked_sub(1)
        {
            self.memories[place].followed_by = Some(preset);
        }
        self.here.push(preset);
        self.remember(preset);
    }

    fn remember(&mut self, preset: usize) {
        if self.places[preset] == 0 {
            let liking = self.random.normal();
            self.memories.push(Memory { preset, liking, times: vec![], followed_by: None });
            self.places[preset] = self.memories.len() as u32;
        }
        let memory = &mut self.memories[self.places[preset] as usize - 1];
        memory.times.push(self.now);
        if memory.times.len() > 6 {
            memory.times.remove(0);
        }
    }

    fn memory(&self, preset: usize) -> Option<&Memory> {
        (self.places[preset] as usize).checked_sub(1).map(|place| &self.memories[place])
    }

    /// How strongly a preset comes to mind.
    fn activation(&self, memory: &Memory) -> f32 {
        let age = |time: i64| ((self.now - time).max(60) as f32 / 3_600.0).powf(-self.traits.decay);
        let base: f32 = memory.times.iter().map(|time| age(*time)).sum();
        let bank = self.world.presets[memory.preset].bank;
        let liking = 0.5 * memory.liking + self.mood(bank) + 0.5 * self.mood(memory.preset + (1 << 32));
        base.ln() + liking + 0.7 * f32::from(self.world.banks[bank].family == self.family)
    }

    /// What somebody feels like comes and goes: a course through a random number for each spell.
    fn mood(&self, of: usize) -> f32 {
        let spells = self.now as f32 / 86_400.0 / self.traits.boredom;
        let at = |spell: f32| Random::new(of as u64, spell as u64).normal();
        let (spell, part) = (spells.floor(), spells.fract());
        self.traits.moods * (at(spell) * (1.0 - part) + at(spell + 1.0) * part)
    }

    /// The known preset that comes to mind, of those that fit, leaving out the latest keeps.
    fn recall(&mut self, fits: impl Fn(&World, usize) -> bool) -> Option<usize> {
        let tired = self.here.len().saturating_sub(15);
        let mut best = (f32::MIN, None);
        for memory in &self.memories {
            if self.here[tired..].contains(&memory.preset) || !fits(self.world, memory.preset) {
                continue;
            }
            let noise = -(-self.random.uniform().max(1e-7).ln()).ln() * self.traits.noise;
            let strength = self.activation(memory) + noise;
            best = if strength > best.0 { (strength, Some(memory.preset)) } else { best };
        }
        best.1
    }

    fn new_bank(&mut self) -> usize {
        let family = self.random.chance(0.7).then_some(self.family);
        self.world.bank_of(family, &mut self.random)
    }

    /// Begins another course.
    fn begin(&mut self) {
        let mut left = self.random.uniform() * self.traits.courses.iter().sum::<f32>();
        let number = self.traits.courses.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        self.course = match number.unwrap_or(2) {
            0 => self.begin_folder(),
            1 if !self.lists.is_empty() => self.begin_list(),
            3 => match self.recall(|_, _| true) {
                Some(preset) => Course::Bank { bank: self.world.presets[preset].bank },
                None => Course::Mind,
            },
            4 => {
                let wanted = 1 + self.random.below(5);
                let presets: Vec<usize> = (0..wanted).filter_map(|_| self.recall(|_, _| true)).collect();
                if presets.is_empty() { Course::Mind } else { Course::Loop { presets, turn: 0 } }
            }
            5 => Course::Scout { bank: self.new_bank(), rank: 0 },
            6 => self.begin_project(),
            7 => Course::Stream,
            _ => Course::Mind,
        };
    }

    fn begin_folder(&mut self) -> Course {
        if self.random.chance(self.traits.novelty * 0.6) {
            let bank = self.new_bank();
            let folders = &self.world.banks[bank].folders;
            return Course::Folder { folder: folders[self.random.below(folders.len())], place: 0 };
        }
        let Some(preset) = self.recall(|_, _| true) else { return Course::Mind };
        let (folder, place) = (self.world.presets[preset].folder, self.world.presets[preset].place);
        if self.random.chance(self.traits.novelty) {
            let folders = &self.world.banks[self.world.presets[preset].bank].folders;
            return Course::Folder { folder: folders[self.random.below(folders.len())], place: 0 };
        }
        Course::Folder { folder, place: if self.random.chance(0.65) { 0 } else { place } }
    }

    fn begin_list(&mut self) -> Course {
        // The latest lists are played most.
        let age = (self.random.uniform().powi(2) * self.lists.len() as f32) as usize;
        let mut presets = self.lists[self.lists.len() - 1 - age].clone();
        let any_order = self.random.chance(0.5);
        if any_order {
            (1..presets.len()).rev().for_each(|last| presets.swap(last, self.random.below(last + 1)));
        }
        let place = if any_order || self.random.chance(0.6) { 0 } else { self.random.below(presets.len()) };
        Course::List { presets, place }
    }

    fn begin_project(&mut self) -> Course {
        let running = self.projects.iter().rposition(|project| project.sessions_left > 0);
        let number = running.filter(|_| self.random.chance(0.85)).unwrap_or_else(|| {
            let sessions_left = 3 + self.random.below(15) as u32;
            let wanted = 3 + self.random.below(8);
            let presets = (0..wanted).filter_map(|_| self.recall(|_, _| true)).collect();
            self.projects.push(Project { presets, sessions_left });
            self.projects.len() - 1
        });
        self.projects[number].sessions_left = self.projects[number].sessions_left.saturating_sub(1);
        Course::Project { number, place: 0 }
    }

    /// The next preset of the course; another course where this one is over.
    fn choose(&mut self) -> usize {
        if self.random.chance(0.06) {
            self.begin();
        }
        if self.random.chance(self.traits.habit)
            && let Some(next) = self.here.last().and_then(|last| self.memory(*last)?.followed_by)
        {
            return next;
        }
        for _ in 0..4 {
            if let Some(preset) = self.step() {
                return preset;
            }
            self.begin();
        }
        let bank = self.new_bank();
        self.world.banks[bank].best[0]
    }

    fn step(&mut self) -> Option<usize> {
        let skip = usize::from(self.random.chance(0.12));
        match self.course.clone() {
            Course::Folder { folder, place } => {
                self.course = Course::Folder { folder, place: place + 1 + skip };
                self.world.folders[folder].presets.get(place).copied()
            }
            Course::List { presets, place } => {
                let next = presets.get(place).copied();
                self.course = Course::List { presets, place: place + 1 + skip };
                next
            }
            Course::Mind => self.recall(|_, _| true),
            Course::Bank { bank } if self.random.chance(self.traits.novelty) => {
                let best = &self.world.banks[bank].best;
                let new = best.iter().find(|preset| self.places[**preset] == 0 && self.random.chance(0.6));
                new.copied()
            }
            Course::Bank { bank } => self.recall(|world, preset| world.presets[preset].bank == bank),
            Course::Loop { presets, turn } => {
                let over = self.random.chance(0.05);
                self.course = Course::Loop { turn: turn + 1, presets: presets.clone() };
                (!over).then(|| presets[turn % presets.len()])
            }
            Course::Scout { bank, rank } => {
                let over = self.random.chance(0.2);
                self.course = Course::Scout { bank, rank: rank + 1 + skip };
                if over { None } else { self.world.banks[bank].best.get(rank).copied() }
            }
            Course::Project { number, place } => self.project_step(number, place + skip),
            Course::Stream => {
                let bank = self.new_bank();
                let best = &self.world.banks[bank].best;
                let rank = (self.random.uniform().powi(2) * best.len() as f32) as usize;
                best.get(rank).copied()
            }
        }
    }

    fn project_step(&mut self, number: usize, place: usize) -> Option<usize> {
        self.course = Course::Project { number, place: place + 1 };
        if self.projects[number].presets.len() < 16 && self.random.chance(self.traits.novelty) {
            let bank = self.new_bank();
            let best = &self.world.banks[bank].best;
            let new = best[self.random.below(best.len())];
            if self.random.chance(0.4) {
                self.projects[number].presets.push(new);
            }
            return Some(new);
        }
        let presets = &self.projects[number].presets;
        (!presets.is_empty()).then(|| presets[place % presets.len()])
    }

    /// New favourites go to the latest list, and now and then a list is begun.
    fn tend_lists(&mut self) {
        if self.lists.is_empty() || self.random.chance(0.02) {
            let presets: Vec<usize> = (0..8 + self.random.below(60)).filter_map(|_| self.recall(|_, _| true)).collect();
            let mut distinct = Vec::new();
            presets.into_iter().for_each(|preset| {
                if !distinct.contains(&preset) {
                    distinct.push(preset);
                }
            });
            if !distinct.is_empty() {
                self.lists.push(distinct);
            }
        } else if let Some(preset) = self.here.last().copied()
            && self.random.chance(0.5)
            && self.lists.last().is_some_and(|list| !list.contains(&preset))
            && let Some(list) = self.lists.last_mut()
        {
            list.push(preset);
        }
    }
}
