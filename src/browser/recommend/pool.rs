//! Which presets are candidates: everything that was kept, and of the rest what stands near to it.

use super::catalogue::{Catalogue, Group, NO_GROUP, Number};
use super::context::Context;
use super::features::Measure;
use super::past::Past;
use super::sparse::Sparse;

/// How far the search for what was never kept goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breadth {
    /// Presets before and after what was kept last, in its folder or bank.
    near: usize,
    /// The same for other folders of the latest keeps, and for their banks.
    around: usize,
    /// Banks of earlier keeps, and how many keeps are looked through for them.
    banks: usize,
    keeps: usize,
    /// Presets that were tried and not kept.
    tried: usize,
}

impl Breadth {
    /// To answer a request.
    pub(super) const ANSWER: Self = Self { near: 64, around: 32, banks: 24, keeps: 400, tried: 128 };
    /// To learn from a keep.
    pub(super) const LESSON: Self = Self { near: 16, around: 4, banks: 6, keeps: 60, tried: 8 };
}

/// How many of the presets that come to mind first an answer looks at, beside those that the sitting points to.
const ANSWER_KNOWN: usize = 1_024;

/// How many of the latest different presets a lesson is taught with.
const LESSON_KNOWN: usize = 64;
/// How many keeps are looked through for them.
const LESSON_KEEPS: usize = 512;
/// How many presets that the sitting points to a lesson is taught with.
const LESSON_POINTED: usize = 128;

/// A list of presets, each once.
#[derive(Debug, Default)]
pub(super) struct Pool {
    seen: Sparse<()>,
    levels: Vec<(f32, Number)>,
}

impl Pool {
    fn add(&mut self, number: Number) {
        self.seen.at(number);
    }

    /// The candidates in the order they were found.
    pub(super) fn presets(&self) -> impl Iterator<Item = Number> + '_ {
        self.seen.iter().map(|(number, ())| number)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.seen.len()
    }

    /// Whether a preset is a candidate.
    pub(super) fn contains(&self, number: Number) -> bool {
        self.seen.get(number).is_some()
    }

    /// Fills the pool with presets that were kept, for an answer: all, or of many those that come to mind first and those
    /// that the sitting points to, or that stand beside what was kept last.
    pub(super) fn fill_with_known(&mut self, context: &Context, past: &Past, catalogue: &Catalogue, measure: &Measure) {
        self.seen.reset(catalogue.len());
        // Whoever was kept has a base level above 0, unless that was many years ago.
        let levels = past.touched().map(|(number, keeps)| (measure.base_level(context, keeps), number));
        self.levels.clear();
        self.levels.extend(levels);
        if self.levels.len() > ANSWER_KNOWN {
            self.levels.select_nth_unstable_by(ANSWER_KNOWN, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        }
        let kept = |number: &Number| may_show(past, catalogue, *number) && was_kept(past, *number);
        let levels = std::mem::take(&mut self.levels);
        levels.iter().take(ANSWER_KNOWN).map(|level| level.1).filter(kept).for_each(|number| self.add(number));
        self.levels = levels;
        context.evidence.iter().map(|(number, _)| number).filter(kept).for_each(|number| self.add(number));
        let row = context.current.map_or(NO_GROUP, |current| catalogue.home(current).row());
        let near = catalogue.members(row).iter().copied().filter(kept);
        near.take(ANSWER_KNOWN).for_each(|number| self.add(number));
    }

    /// Fills the pool with presets that were kept: the latest, and those that the sitting points to.
    pub(super) fn fill_with_lessons(&mut self, context: &Context, past: &Past, catalogue: &Catalogue) {
        self.seen.reset(catalogue.len());
        let kept = |number: &Number| may_show(past, catalogue, *number) && was_kept(past, *number);
        for number in past.plays_backwards().take(LESSON_KEEPS).filter(kept) {
            if self.seen.len() >= LESSON_KNOWN {
                break;
            }
            self.add(number);
        }
        let pointed = context.evidence.iter().map(|(number, _)| number);
        pointed.filter(kept).take(LESSON_POINTED).for_each(|number| self.add(number));
    }

    /// Fills the pool with presets that were never kept and stand near to what was.
    pub(super) fn fill_with_novel(&mut self, context: &Context, past: &Past, catalogue: &Catalogue, breadth: Breadth) {
        self.seen.reset(catalogue.len());
        let mut rows: Vec<Group> = vec![NO_GROUP];
        for (age, preset) in context.tail.iter().enumerate() {
            let home = catalogue.home(*preset);
            let width = if age == 0 { breadth.near } else { breadth.around };
            for group in [home.folder, home.bank] {
                if !rows.contains(&group) {
                    rows.push(group);
                    self.window(past, catalogue, group, *preset, width);
                }
            }
        }
        past.tried().filter(|number| may_show(past, catalogue, *number)).take(breadth.tried).for_each(|n| self.add(n));
        let mut banks = 0;
        for preset in past.plays_backwards().take(breadth.keeps) {
            let home = catalogue.home(preset);
            if !rows.contains(&home.row()) {
                rows.push(home.row());
                self.window(past, catalogue, home.row(), preset, breadth.around);
                banks += 1;
            }
            if banks >= breadth.banks {
                break;
            }
        }
    }

    /// Adds what was never kept of a group: twice as much after a preset as before it.
    fn window(&mut self, past: &Past, catalogue: &Catalogue, group: Group, preset: Number, width: usize) {
        let members = catalogue.members(group);
        let place = members.partition_point(|member| *member < preset);
        let fits = |number: &&Number| may_show(past, catalogue, **number) && !was_kept(past, **number);
        members[place..].iter().filter(fits).take(width).for_each(|number| self.add(*number));
        members[..place].iter().rev().filter(fits).take(width / 2).for_each(|number| self.add(*number));
    }
}

/// Whether a preset may stand on a shelf at all.
pub(super) fn may_show(past: &Past, catalogue: &Catalogue, number: Number) -> bool {
    catalogue.is_listed(number) && !past.habit(number).is_some_and(|habit| habit.hidden)
}

/// Whether a preset was ever kept.
pub(super) fn was_kept(past: &Past, number: Number) -> bool {
    past.habit(number).is_some_and(|habit| habit.kept > 0)
}
