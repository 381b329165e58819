//! What is in an index, in numbers.

use super::super::axis;
use super::super::pairs::{DURATIONS, MAX_STEPS, MIN_TICKS, SHAPES, STEPS_PER_SHAPE, TICKS_PER_SHAPE};
use super::Index;

/// What an index holds and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Stat {
    /// Segments.
    pub segments: usize,
    /// Tracks that can be found.
    pub tracks: usize,
    /// Tracks that were removed and not compacted away.
    pub removed: usize,
    /// Hours of music that can be found.
    pub hours: f64,
    /// Pairs, those of removed tracks included.
    pub postings: u64,
    /// Peaks, those of removed tracks included.
    pub peaks: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Shapes that stand in it.
    pub shapes: usize,
    /// The most common shapes, the most common first. A search skips none of them.
    pub common: Vec<Row>,
}

/// A shape and how often it stands in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Distance of its peaks in frequency, in cents; the middle of the shape.
    pub cents: i32,
    /// Distance of its peaks in time, in milliseconds; the beginning of the shape.
    pub milliseconds: u32,
    /// Pairs of this shape.
    pub pairs: u64,
}

impl Row {
    fn new(shape: usize, pairs: u64) -> Self {
        let steps = (shape / DURATIONS) as i32 * STEPS_PER_SHAPE - MAX_STEPS;
        let ticks = (shape % DURATIONS) as u32 * TICKS_PER_SHAPE + MIN_TICKS;
        let cents = steps * 1_200 / axis::STEPS_PER_OCTAVE as i32;
        Self { cents, milliseconds: ticks * 1_000 / axis::TICKS_PER_SECOND, pairs }
    }
}

impl Stat {
    /// Counts an index and lists its `common` most common shapes.
    #[must_use]
    pub fn of(index: &Index, common: usize) -> Self {
        let segments = index.segments();
        let all = segments.iter().map(|segment| segment.tracks().len()).sum::<usize>();
        let pairs = |shape| segments.iter().map(|segment| u64::from(segment.row_len(shape))).sum();
        let mut rows: Vec<Row> = (0..SHAPES).map(|shape| Row::new(shape, pairs(shape))).collect();
        rows.retain(|row| row.pairs > 0);
        let shapes = rows.len();
        rows.sort_by_key(|row| std::cmp::Reverse(row.pairs));
        rows.truncate(common);
        let tracks = index.tracks().count();
        Self {
            segments: segments.len(),
            tracks,
            removed: all - tracks,
            hours: index.tracks().map(|track| axis::seconds(track.ticks.into())).sum::<f64>() / 3_600.0,
            postings: segments.iter().map(|segment| u64::from(segment.postings())).sum(),
            peaks: segments.iter().map(|segment| u64::from(segment.peak_count())).sum(),
            bytes: segments.iter().map(super::Segment::bytes).sum(),
            shapes,
            common: rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SegmentBuilder;
    use super::super::testing::{Dice, Music};
    use super::*;
    use crate::rights::peaks::Peak;

    #[test]
    fn everything_is_counted() {
        let mut builder = SegmentBuilder::new();
        let mut dice = Dice::new(1);
        let scale: Vec<Peak> = (0..10).map(|note| Peak { tick: 25 * note, step: 20 * note as u16 }).collect();
        let scale = Music { peaks: scale, ..Music::new(&mut dice, 0, 1) };
        builder.add_track(&super::super::NewTrack { ticks: 125 * 1_800, ..scale.track() }).unwrap();
        let stat = Stat::of(&Index::in_memory(vec![builder.finish(1)]).unwrap(), 2);
        assert_eq!((stat.segments, stat.tracks, stat.removed, stat.hours), (1, 1, 0, 0.5));
        // Whole tones of 200 ms, and up to six of them; an octave is six.
        assert_eq!((stat.peaks, stat.postings, stat.shapes), (10, 9 + 8 + 7 + 6 + 5 + 4, 6));
        let row = |cents, milliseconds, pairs| Row { cents, milliseconds, pairs };
        assert_eq!(stat.common, [row(200, 192, 9), row(400, 400, 8)]);
    }
}
