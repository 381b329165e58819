//! Where a work is heard: intervals of the project, merged where they touch.

use serde::Serialize;

use crate::rights::attribution::Likeness;
use crate::rights::ledger::{Match, Source, Span};

/// Matches this near to each other are one passage, in seconds: a listener reports every few.
const JOIN: f64 = 2.0;

/// An interval of the project in which a work is heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passage {
    /// Where the sound came from.
    pub source: Source,
    /// Where in the project.
    pub project_time: Span,
    /// Which part of the work; of a loop, all that is heard of it.
    pub work_time: Span,
    /// Seconds of the work per second of the project, where it was recognised best.
    pub rate: f64,
    /// Frequency heard over frequency in the work, where it was recognised best.
    pub pitch: f64,
    /// Whether it is the recording, or only resembles it, where it was recognised best.
    pub likeness: Likeness,
    /// Highest confidence, 0 to 1.
    pub confidence: f64,
    /// Ids of the works that it may be instead.
    pub any_of: Vec<String>,
}

impl Passage {
    /// The passage of one match.
    #[must_use]
    pub fn of(found: &Match) -> Self {
        Self {
            source: found.source,
            project_time: found.project_time,
            work_time: found.work_time,
            rate: found.rate,
            pitch: found.pitch,
            likeness: found.likeness,
            confidence: found.confidence.clamp(0.0, 1.0),
            any_of: found.any_of.clone(),
        }
    }

    /// Takes in a passage that follows this one.
    fn extend(&mut self, next: Self) {
        self.project_time = hull(self.project_time, next.project_time);
        self.work_time = hull(self.work_time, next.work_time);
        if next.confidence > self.confidence {
            (self.rate, self.pitch) = (next.rate, next.pitch);
            (self.likeness, self.confidence) = (next.likeness, next.confidence);
        }
        self.any_of.extend(next.any_of);
        self.any_of.sort();
        self.any_of.dedup();
    }
}

fn hull(a: Span, b: Span) -> Span {
    Span { from: a.from.min(b.from), to: a.to.max(b.to) }
}

/// The passages by source and time, those of one source that touch as one.
pub(super) fn merged(mut passages: Vec<Passage>) -> Vec<Passage> {
    passages.sort_by(|a, b| a.source.cmp(&b.source).then(a.project_time.from.total_cmp(&b.project_time.from)));
    let mut merged: Vec<Passage> = Vec::new();
    for passage in passages {
        match merged.last_mut() {
            Some(last) if last.source == passage.source && passage.project_time.from <= last.project_time.to + JOIN => {
                last.extend(passage);
            }
            _ => merged.push(passage),
        }
    }
    merged
}
