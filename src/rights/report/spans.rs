//! How much of what played was checked: a passage that was checked in any of its playings was.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rights::ledger::{Coverage, Source, Span};

/// A share from which a stretch counts as checked: what is lost at its ends is less than a match needs.
const WHOLE: f64 = 0.995;
/// Unchecked stretches this near to each other are told as one, in seconds.
const JOIN: f64 = 0.5;

/// A stretch of the project of which not all was checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unchecked {
    /// Where the sound came from.
    pub source: Source,
    /// Where in the project.
    pub project_time: Span,
    /// The share that was checked all the same, 0 to 1.
    pub checked: f64,
    /// Why, in words; may be empty.
    pub reason: String,
}

/// All stretches that played.
#[derive(Default)]
pub(super) struct Played(Vec<Coverage>);

impl Played {
    pub(super) fn take(&mut self, coverage: Coverage) {
        if coverage.project_time.seconds() > 0.0 {
            self.0.push(Coverage { checked: coverage.checked.clamp(0.0, 1.0), ..coverage });
        }
    }

    /// Seconds that played, seconds checked, and where not all was. A second that played twice counts once, with the
    /// better of its shares.
    pub(super) fn told(mut self) -> (Option<f64>, f64, Vec<Unchecked>) {
        self.0.sort_by(|a, b| b.checked.total_cmp(&a.checked));
        let mut covered: BTreeMap<Source, Intervals> = BTreeMap::new();
        let (mut played, mut checked, mut unchecked) = (0.0, 0.0, Vec::new());
        for stretch in &self.0 {
            for new in covered.entry(stretch.source).or_default().add(stretch.project_time) {
                played += new.seconds();
                checked += new.seconds() * stretch.checked;
                if stretch.checked < WHOLE {
                    let reason = stretch.reason.clone();
                    unchecked.push(Unchecked {
                        source: stretch.source,
                        project_time: new,
                        checked: stretch.checked,
                        reason,
                    });
                }
            }
        }
        ((!self.0.is_empty()).then_some(played), checked, joined(unchecked))
    }
}

/// Neighbours that differ in nothing, as one.
fn joined(mut stretches: Vec<Unchecked>) -> Vec<Unchecked> {
    stretches.sort_by(|a, b| a.source.cmp(&b.source).then(a.project_time.from.total_cmp(&b.project_time.from)));
    stretches.dedup_by(|next, last| {
        let alike = (next.source, next.checked, &next.reason) == (last.source, last.checked, &last.reason);
        let touch = next.project_time.from <= last.project_time.to + JOIN;
        if alike && touch {
            last.project_time.to = last.project_time.to.max(next.project_time.to);
        }
        alike && touch
    });
    stretches
}

/// Disjoint intervals in order.
#[derive(Default)]
struct Intervals(Vec<Span>);

impl Intervals {
    /// Adds an interval and gives those parts of it that were not covered yet.
    fn add(&mut self, span: Span) -> Vec<Span> {
        let first = self.0.partition_point(|old| old.to < span.from);
        let last = self.0.partition_point(|old| old.from <= span.to);
        let (mut new, mut hull, mut from) = (Vec::new(), span, span.from);
        for old in &self.0[first..last] {
            if old.from > from {
                new.push(Span { from, to: old.from });
            }
            from = from.max(old.to);
            hull = Span { from: hull.from.min(old.from), to: hull.to.max(old.to) };
        }
        if from < span.to {
            new.push(Span { from, to: span.to });
        }
        self.0.splice(first..last, [hull]);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stretches: &[(Source, f64, f64, f64)]) -> (Option<f64>, f64, Vec<(f64, f64)>) {
        let mut played = Played::default();
        for (source, from, to, checked) in stretches {
            let project_time = Span { from: *from, to: *to };
            played.take(Coverage { source: *source, project_time, checked: *checked, reason: String::new() });
        }
        let (seconds, checked, unchecked) = played.told();
        (seconds, checked, unchecked.iter().map(|gap| (gap.project_time.from, gap.project_time.to)).collect())
    }

    #[test]
    fn a_gap_that_a_later_playing_fills_is_none() {
        use Source::{Output, Sidechain};
        assert_eq!(told(&[]), (None, 0.0, vec![]));
        let gap = [(Sidechain, 0.0, 10.0, 1.0), (Sidechain, 10.0, 20.0, 0.0), (Sidechain, 20.0, 40.0, 1.0)];
        assert_eq!(told(&gap), (Some(40.0), 30.0, vec![(10.0, 20.0)]));
        let filled = [&gap[..], &[(Sidechain, 12.0, 22.0, 1.0)]].concat();
        assert_eq!(told(&filled), (Some(40.0), 38.0, vec![(10.0, 12.0)]));
        let elsewhere = [&gap[..], &[(Output, 12.0, 22.0, 1.0)]].concat();
        assert_eq!(told(&elsewhere), (Some(50.0), 40.0, vec![(10.0, 20.0)]));
        assert_eq!(told(&[(Output, 0.0, 4.0, 0.5), (Output, 4.25, 8.25, 0.5)]), (Some(8.0), 4.0, vec![(0.0, 8.25)]));
        assert_eq!(told(&[(Output, 5.0, 4.0, 1.0), (Output, 5.0, 5.0, 0.0)]), (None, 0.0, vec![]));
    }

    #[test]
    fn intervals_agree_with_a_list_of_seconds() {
        let mut state = 17_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from((state >> 16) % below)
        };
        for _ in 0..300 {
            let (mut intervals, mut seconds) = (Intervals::default(), [false; 60]);
            for _ in 0..12 {
                let from = random(40);
                let to = from + 1.0 + random(15);
                let news: f64 = intervals.add(Span { from, to }).iter().map(|new| new.seconds()).sum();
                let fresh = seconds[from as usize..to as usize]
                    .iter_mut()
                    .filter_map(|second| (!std::mem::replace(second, true)).then_some(1.0));
                assert_eq!(news, fresh.sum::<f64>());
            }
        }
    }
}
