//! What was kept, to make something of.

use super::Recommender;
use super::pool::{may_show, was_kept};
use crate::browser::usage::{PresetId, ProjectId};

/// A preset that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub preset: PresetId,
    /// How often.
    pub times: u32,
    /// How often in a project.
    pub in_project: u32,
}

impl Recommender {
    /// Every preset that was kept and may be shown, in the order in which they were touched first.
    pub fn kept(&self, project: Option<ProjectId>) -> impl Iterator<Item = Kept> {
        let here = self.past.project(project);
        let shown = |preset: &u32| was_kept(&self.past, *preset) && may_show(&self.past, &self.catalogue, *preset);
        self.past.touched().map(|(preset, _)| preset).filter(shown).map(move |preset| Kept {
            preset: self.catalogue.id(preset),
            times: self.past.habit(preset).map_or(0, |habit| habit.kept),
            in_project: here.and_then(|here| here.get(&preset)).map_or(0, |used| used.kept),
        })
    }
}
