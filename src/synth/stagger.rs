//! When the frames of a note fall: notes that begin together take turns, so that no block has to decode all of them.

/// How the decoding of many notes is laid out in time. The default is what plays; the others are there to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Notes that begin together take turns with their frames.
    pub in_turns: bool,
    /// Notes whose frames fall within the same stretch are decoded as a group. No bit of the sound depends on it.
    pub in_groups: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { in_turns: true, in_groups: true }
    }
}

/// Turns within the distance of two frames.
const TURNS: usize = 8;

/// Samples from a note's first frame to its second, of which the others follow at a distance of `hop`: the whole of it, or
/// the part after which the fewest of the sounding notes have theirs. `due` tells of each of those in how many samples its
/// next frame falls.
///
/// It depends on the notes alone, not on how the output is cut into blocks.
pub(super) fn first_span(hop: usize, due: impl Iterator<Item = usize>) -> usize {
    let mut load = [0_u32; TURNS];
    // A frame that falls at once falls again after a hop.
    due.for_each(|samples| load[(samples + hop - 1) % hop * TURNS / hop] += 1);
    let lightest = (0..TURNS).rev().min_by_key(|&turn| load[turn]).unwrap_or(TURNS - 1);
    (hop * (lightest + 1) / TURNS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: usize = 240;

    #[test]
    fn a_note_alone_keeps_the_whole_distance() {
        assert_eq!(first_span(HOP, [].into_iter()), HOP);
    }

    #[test]
    fn notes_of_a_chord_take_turns() {
        let mut spans = vec![];
        for _ in 0..2 * TURNS {
            spans.push(first_span(HOP, spans.clone().into_iter()));
        }
        spans.sort_unstable();
        let expected: Vec<usize> = (1..=TURNS).flat_map(|turn| [30 * turn; 2]).collect();
        assert_eq!(spans, expected);
    }

    #[test]
    fn a_note_goes_where_the_others_are_not() {
        // All turns but that of 61..=90 samples are taken.
        let due = (0..HOP).filter(|samples| !(61..=90).contains(samples));
        assert_eq!(first_span(HOP, due), 90);
        // Frames due now count as those of a hop later.
        assert_eq!(first_span(HOP, [0].into_iter()), 210);
    }

    #[test]
    fn any_hop_will_do() {
        for hop in 1..40 {
            let span = first_span(hop, 0..hop);
            assert!((1..=hop).contains(&span), "{hop}: {span}");
        }
    }
}
