//! Verification: does what the catalogue holds at a place stand out in what is heard?
//!
//! The catalogue's peaks are carried over to the stream by a hypothesis, and how much the stream stands out at these
//! points is compared with what it does when the same peaks are carried to wrong places nearby. Music in the same key
//! with the same rhythm stands out there as well; only the recording itself does not.

use std::ops::Range;

use super::attribution::Traits;
use super::axis::{ROWS, STEPS_PER_ROW, TICKS_PER_FRAME};
use super::history::History;
use super::peaks::Peak;
use super::votes::Hypothesis;

/// Wrong places with which the right one is compared, in frames and rows: neither too near for a window of 128 ms, nor
/// multiples of one another, so that not many of them fall on the beat or into the key.
const DECOYS: [(isize, isize); 24] = [
    (-61, 0),
    (-53, 0),
    (-47, 0),
    (-41, 0),
    (-37, 0),
    (-29, 0),
    (-23, 0),
    (-17, 0),
    (19, 0),
    (25, 0),
    (31, 0),
    (35, 0),
    (43, 0),
    (49, 0),
    (55, 0),
    (67, 0),
    (0, -13),
    (0, -8),
    (0, 7),
    (0, 12),
    (-33, 9),
    (-13, -7),
    (13, 8),
    (39, -9),
];

/// Wrong places that must sound for a point to count: after silence anything stands out.
const LEAST_DECOYS: u32 = 8;
/// Points without which there is no evidence.
const LEAST_POINTS: u32 = 6;
/// Variance of a point at least, in squared levels: a picture without contrast proves nothing.
const LEAST_VARIANCE: f32 = 120.0;

/// Share of wrong places with a peak at least: they are but 24.
const LEAST_CHANCE: f32 = 0.02;

/// How well a hypothesis explains a stretch of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// How far the level at the predicted points exceeds chance, in its standard deviations.
    pub score: f32,
    /// Predicted points.
    pub points: u32,
    /// Predicted points at which the stream has a peak.
    pub hits: f32,
    /// The same by chance.
    pub chance: f32,
    /// First frame within the stretch from which on points speak for it.
    pub from: usize,
    /// Frame after the last that does.
    pub to: usize,
    /// How it speaks, which tells a recording from what resembles it.
    pub traits: Traits,
}

/// A predicted point that the stream remembers.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    frame: u32,
    /// Its row of the spectrogram.
    pub row: u16,
    /// Its level above the mean of the wrong places.
    pub lift: f32,
    /// The variance of their levels.
    variance: f32,
    /// Ticks and steps by which the stream's peak is off, if one is there.
    pub residual: Option<[f32; 2]>,
    /// The share of wrong places where one is.
    chance: f32,
}

impl Point {
    /// A point where nothing is.
    #[cfg(test)]
    pub(super) fn at(frame: u32, row: u16) -> Self {
        Self { frame, row, lift: 0.0, variance: 0.0, residual: None, chance: 0.0 }
    }

    /// Whether the stream has a peak there.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.residual.is_some()
    }
}

/// Verifies hypotheses. Owns its buffer; one per thread.
pub struct Verifier {
    points: Vec<Point>,
}

/// Points of a verification at most: 16 s of a dense catalogue.
const POINTS: usize = 2_048;

impl Default for Verifier {
    fn default() -> Self {
        Self { points: Vec::with_capacity(POINTS) }
    }
}

/// The ticks of the stream, and the steps, at which a peak of the catalogue is expected.
fn place(peak: &Peak, hypothesis: &Hypothesis) -> (f64, f32) {
    ((f64::from(peak.tick) - hypothesis.offset) / hypothesis.rate, f32::from(peak.step) + hypothesis.shift)
}

/// The stretches that are looked at, in frames before now: 1, 2, 4 and 8 s.
const STRETCHES: [usize; 4] = [64, 128, 256, 512];

impl Verifier {
    /// What speaks for a hypothesis in the stretch of the last seconds that speaks most for it.
    pub fn weigh(
        &mut self,
        history: &History,
        peaks: &[Peak],
        hypothesis: &Hypothesis,
        frames: &Range<usize>,
    ) -> Evidence {
        self.points.clear();
        for peak in peaks {
            let (tick, step) = place(peak, hypothesis);
            let (frame, row) =
                ((tick / f64::from(TICKS_PER_FRAME) + 0.5).floor() as i64, step / STEPS_PER_ROW as f32 + 0.5);
            let is_known = usize::try_from(frame).is_ok_and(|frame| frames.contains(&frame));
            if is_known && row >= 0.0 && row < ROWS as f32 && self.points.len() < POINTS {
                self.points.extend(point(history, frame as usize, row as usize, (tick, step)));
            }
        }
        let end = frames.end;
        let stretches = STRETCHES.iter().map(|stretch| end.saturating_sub(*stretch).max(frames.start)..end);
        let all = stretches.map(|stretch| self.evidence(&stretch));
        let mut best = all.max_by(|a, b| a.score.total_cmp(&b.score)).unwrap_or_default();
        if best.points > 0 {
            let peaks = history.peaks(best.from..best.to);
            best.traits = Traits::of(self.within(&(best.from..best.to)), peaks, best.to - best.from);
        }
        self.trim(best)
    }

    /// Keeps of a stretch the run of points whose hits and misses are likelier by most if they are right than by chance:
    /// an excerpt begins anywhere within a stretch.
    fn trim(&mut self, evidence: Evidence) -> Evidence {
        self.points.retain(|point| (evidence.from..evidence.to).contains(&(point.frame as usize)));
        self.points.sort_unstable_by_key(|point| point.frame);
        let share = (evidence.hits / evidence.points.max(1) as f32).clamp(0.1, 0.9);
        let (mut sum, mut most, mut first, mut run) = (0.0, 0.0, 0, None);
        for (number, point) in self.points.iter().enumerate() {
            if sum <= 0.0 {
                (sum, first) = (0.0, number);
            }
            let chance = point.chance.clamp(LEAST_CHANCE, 0.5 * share);
            let (right, wrong) = if point.is_hit() { (share, chance) } else { (1.0 - share, 1.0 - chance) };
            sum += (right / wrong).ln();
            if sum > most {
                (most, run) = (sum, Some((self.points[first].frame, point.frame)));
            }
        }
        run.map_or(evidence, |(from, last)| Evidence { from: from as usize, to: last as usize + 1, ..evidence })
    }

    /// The points of a stretch.
    fn within(&self, frames: &Range<usize>) -> impl Iterator<Item = &Point> + Clone {
        self.points.iter().filter(|point| frames.contains(&(point.frame as usize)))
    }

    fn evidence(&self, frames: &Range<usize>) -> Evidence {
        let (from, to) = (frames.start, frames.end);
        let (mut lift, mut variance, mut points) = (0.0, 0.0, 0);
        let (mut hits, mut chance) = (0.0, 0.0);
        for point in self.within(frames) {
            lift += point.lift;
            variance += point.variance;
            hits += f32::from(u8::from(point.is_hit()));
            chance += point.chance;
            points += 1;
        }
        if points < LEAST_POINTS {
            return Evidence { from, to, ..Evidence::default() };
        }
        let count = points as f32;
        let spread = f32::sqrt(f32::max(variance, LEAST_VARIANCE * count));
        Evidence { score: lift / spread, points, hits, chance, from, to, ..Evidence::default() }
    }
}

/// What a place holds against what the wrong places around it hold; `None` where too few of them sound. A peak is expected
/// at `exact`, in ticks and steps.
fn point(history: &History, frame: usize, row: usize, exact: (f64, f32)) -> Option<Point> {
    let (mut sum, mut squares, mut hits, mut count) = (0, 0, 0, 0_u32);
    for (frames, rows) in DECOYS {
        let at = frame.wrapping_add_signed(frames);
        let row = row.wrapping_add_signed(rows);
        if row < ROWS && history.sounds(at) {
            let (level, is_peak) = history.at(at, row);
            sum += u32::from(level);
            squares += u32::from(level) * u32::from(level);
            hits += u32::from(is_peak);
            count += 1;
        }
    }
    if count < LEAST_DECOYS {
        return None;
    }
    let share = |sum: u32| sum as f32 / count as f32;
    let mean = share(sum);
    let off = |(ticks, steps): (i32, i32)| {
        let tick = f64::from(frame as u32 * TICKS_PER_FRAME) + f64::from(ticks);
        [(tick - exact.0) as f32, (row * STEPS_PER_ROW) as f32 + steps as f32 - exact.1]
    };
    Some(Point {
        frame: frame as u32,
        row: row as u16,
        lift: f32::from(history.at(frame, row).0) - mean,
        variance: share(squares) - mean * mean,
        residual: history.peak_at(frame, row).map(off),
        chance: share(hits),
    })
}
