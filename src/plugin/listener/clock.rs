//! Where in the project the seconds of a stream lie.

use std::ops::Range;

use crate::rights::ledger::Span;

/// Anchors that are kept: what is older than so many jumps of the transport is told by the oldest.
const ANCHORS: usize = 64;

/// A stream's time and the project's, which run alike from each anchor to the next.
#[derive(Default)]
pub(super) struct Clock {
    /// Seconds of the stream and of the project, the oldest first.
    anchors: Vec<(f64, f64)>,
}

impl Clock {
    /// From `stream` on, the stream is at `project`.
    pub(super) fn anchor(&mut self, stream: f64, project: f64) {
        if self.anchors.len() == ANCHORS {
            self.anchors.remove(0);
        }
        self.anchors.push((stream, project));
    }

    /// A stretch of the stream as stretches of the project, each with the second of the stream at which it begins.
    pub(super) fn spans(&self, stream: Range<f64>) -> Vec<(f64, Span)> {
        let mut spans = Vec::new();
        for (at, &(begin, project)) in self.anchors.iter().enumerate() {
            let end = self.anchors.get(at + 1).map_or(f64::INFINITY, |next| next.0);
            let begin = if at == 0 { f64::NEG_INFINITY } else { begin };
            let (from, to) = (stream.start.max(begin), stream.end.min(end));
            if from < to {
                let place = |second: f64| project + second - self.anchors[at].0;
                spans.push((from, Span { from: place(from), to: place(to) }));
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_over_a_jump_of_the_transport_lies_in_two_places() {
        let mut clock = Clock::default();
        assert!(clock.spans(0.0..1.0).is_empty());
        clock.anchor(0.0, 100.0);
        clock.anchor(10.0, 50.0);
        let span = |from, to| Span { from, to };
        assert_eq!(clock.spans(2.0..4.0), [(2.0, span(102.0, 104.0))]);
        assert_eq!(clock.spans(8.0..13.0), [(8.0, span(108.0, 110.0)), (10.0, span(50.0, 53.0))]);
        (0..1_000).for_each(|jump| clock.anchor(20.0 + f64::from(jump), 0.0));
        assert_eq!(clock.anchors.len(), ANCHORS);
    }
}
