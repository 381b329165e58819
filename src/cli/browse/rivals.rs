//! Simple rankings that the recommender must beat.

use std::collections::HashMap;

use super::trial::{ROWS, Ranked, Ranker};
use crate::browser::recommend::{Item, Request, Task};
use crate::browser::usage::{Deed, Event, PresetId};

/// By what a rival ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The time of the last keep.
    MostRecent,
    /// The number of keeps.
    Count,
    /// Keeps fading by half in a day.
    DecayedDay,
    /// The sum of age^-0.5 over all keeps.
    BaseLevel,
    /// How often it came right after what was kept last; then the count.
    Transitions,
    /// Any of the bank of what was kept last, in the catalogue's order: the rule for what was never kept.
    SameBank,
}

impl Rule {
    pub(super) const ALL: [Self; 6] =
        [Self::MostRecent, Self::Count, Self::DecayedDay, Self::BaseLevel, Self::Transitions, Self::SameBank];
}

/// A ranking by one rule.
pub(super) struct Rival<'a> {
    rule: Rule,
    items: &'a [Item],
    banks: HashMap<PresetId, &'a str>,
    keeps: HashMap<PresetId, Vec<i64>>,
    pairs: HashMap<PresetId, HashMap<PresetId, f64>>,
    last: Option<Event>,
}

impl<'a> Rival<'a> {
    pub(super) fn new(rule: Rule, items: &'a [Item]) -> Self {
        let banks = items.iter().map(|item| (item.id, item.bank.as_str())).collect();
        Self { rule, items, banks, keeps: HashMap::new(), pairs: HashMap::new(), last: None }
    }

    fn strength(&self, preset: PresetId, times: &[i64], request: &Request) -> f64 {
        let age = |time: &i64| (request.now - time).max(1) as f64 / 86_400.0;
        let day: f64 = times.iter().map(|time| (-age(time)).exp2()).sum();
        let last = self.last.map(|last| last.preset);
        match self.rule {
            Rule::MostRecent => times.last().copied().unwrap_or_default() as f64,
            Rule::Count => times.len() as f64,
            Rule::DecayedDay => day,
            Rule::BaseLevel => times.iter().map(|time| age(time).powf(-0.5)).sum(),
            Rule::Transitions => {
                let followed = last.and_then(|last| self.pairs.get(&last)?.get(&preset)).copied();
                1e3 * followed.unwrap_or(0.0) + day / (day + 1.0)
            }
            Rule::SameBank => {
                let same = last.is_some_and(|last| self.banks.get(&last) == self.banks.get(&preset));
                1e3 * f64::from(u8::from(same)) + day / (day + 1.0)
            }
        }
    }

    fn same_bank(&self) -> Vec<PresetId> {
        let bank = self.last.and_then(|last| self.banks.get(&last.preset));
        let of_bank = |item: &&Item| bank.is_some_and(|bank| item.bank == *bank);
        let new = self.items.iter().filter(of_bank).filter(|item| !self.keeps.contains_key(&item.id));
        new.map(|item| item.id).take(ROWS).collect()
    }
}

impl Ranker for Rival<'_> {
    fn note(&mut self, event: &Event) {
        if event.deed != Deed::Keep {
            return;
        }
        if let Some(last) = self.last.filter(|last| last.session == event.session) {
            *self.pairs.entry(last.preset).or_default().entry(event.preset).or_default() += 1.0;
        }
        self.keeps.entry(event.preset).or_default().push(event.time);
        self.last = Some(*event);
    }

    fn rank(&mut self, request: &Request) -> Ranked {
        let current = (request.task == Task::Next).then_some(()).and(self.last).map(|last| last.preset);
        let fits = |preset: &PresetId| Some(*preset) != current && !request.exclude.contains(preset);
        let kept = self.keeps.iter().filter(|(preset, _)| fits(preset));
        let mut ranked: Vec<(f64, PresetId)> =
            kept.map(|(preset, times)| (self.strength(*preset, times, request), *preset)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        Ranked { mixed: ranked.into_iter().map(|(_, preset)| preset).take(ROWS).collect(), novel: self.same_bank() }
    }
}
