//! A curve over the frames of a held note: what of it moves about its slow course, how fast, and how regularly.

use std::f32::consts::TAU;
use std::ops::Range;

use crate::analysis::frames::{ANALYSIS_HOP, ANALYSIS_RATE};

/// Frames per second.
pub(super) const RATE: f32 = (ANALYSIS_RATE as usize / ANALYSIS_HOP) as f32;
/// Times in seconds between which a course is a straight line: every other knot of the sound model's decoder. What these
/// can say is no motion. The knots between them could follow slow beats too, but a network that is smooth over pitch does
/// not know their phases. After the last they go on in steps of the last distance.
const TREND_S: [f32; 5] = [0.14, 0.28, 0.55, 1.0, 1.65];
const TREND_STEP_S: f32 = 0.85;
/// Frequencies at which movement is looked for: `BINS` from `BIN_HZ` on in steps of it, up to 16 Hz.
const BINS: usize = 64;
const BIN_HZ: f32 = 0.25;
const FASTEST_HZ: f32 = BINS as f32 * BIN_HZ;
/// How much denser the envelope of noise moves below [`FASTEST_HZ`] than above: twice, as seen through the windows of
/// the analysis.
const NOISE_SLOPE: f32 = 2.0;

/// What a curve does beside its trend, from frame `first` on.
#[derive(Clone)]
pub(super) struct Course {
    pub(super) first: usize,
    pub(super) values: Vec<f32>,
}

impl Course {
    /// Takes the trend out of `curve` (one value per frame of the note) over some frames, at least two.
    pub(super) fn of(curve: &[f32], frames: Range<usize>) -> Self {
        let knots = trend_knots(&frames);
        Self::about(curve, frames, &knots)
    }

    /// Takes only a straight line out, so that what moves at the start is seen as it is.
    pub(super) fn levelled(curve: &[f32], frames: Range<usize>) -> Self {
        let ends = [frames.start as f32 / RATE, frames.end as f32 / RATE];
        Self::about(curve, frames, &ends)
    }

    fn about(curve: &[f32], frames: Range<usize>, knots: &[f32]) -> Self {
        let values = &curve[frames.clone()];
        let hats: Vec<Hat> = frames.clone().map(|frame| Hat::at(frame as f32 / RATE, knots)).collect();
        let heights = least_squares(&hats, values, knots.len());
        let trend = |hat: &Hat| heights[hat.knot] + hat.position * (heights[hat.knot + 1] - heights[hat.knot]);
        let values = hats.iter().zip(values).map(|(hat, value)| value - trend(hat)).collect();
        Self { first: frames.start, values }
    }

    /// One frame past the last.
    pub(super) fn end(&self) -> usize {
        self.first + self.values.len()
    }

    /// The mean of the values up to `reach` frames around a frame of the note.
    pub(super) fn around(&self, frame: usize, reach: usize) -> f32 {
        let index = frame - self.first;
        let near = &self.values[index.saturating_sub(reach)..(index + reach + 1).min(self.values.len())];
        near.iter().sum::<f32>() / near.len() as f32
    }

    /// The powers by frequency. Movement faster than `bandwidth` (Hz) cannot be seen in this curve.
    pub(super) fn spectrum(&self, bandwidth: f32) -> Spectrum {
        let length = self.values.len() as f32;
        let window = |i: usize| 0.5 - 0.5 * (TAU * (i as f32 + 0.5) / length).cos();
        let windowed: Vec<f32> = self.values.iter().enumerate().map(|(i, value)| window(i) * value).collect();
        let weight = (0..self.values.len()).map(|i| window(i) * window(i)).sum::<f32>().max(1e-9);
        let total = windowed.iter().map(|value| value * value).sum::<f32>() / weight;
        let density = std::array::from_fn(|bin| {
            let (re, im) = turned(&windowed, TAU * (bin + 1) as f32 * BIN_HZ / RATE);
            2.0 * (re * re + im * im) / (RATE * weight)
        });
        let slow = density.iter().sum::<f32>() * BIN_HZ;
        let seen = (bandwidth.clamp(2.0 * FASTEST_HZ, 0.5 * RATE)) - FASTEST_HZ;
        let noise = NOISE_SLOPE * (total - slow).max(0.0) / seen;
        Spectrum { density, noise, resolution: 2.0 * RATE / length }
    }

    /// The part that swings at about `hz`, frame by frame: its depth, and its value.
    pub(super) fn swing(&self, hz: f32) -> Vec<[f32; 2]> {
        let half = ((RATE / hz) as usize).min((self.values.len().max(2) - 1) / 2);
        let step = TAU * hz / RATE;
        let window: Vec<f32> = (0..=2 * half).map(|i| 0.5 - 0.5 * (TAU * i as f32 / (2 * half) as f32).cos()).collect();
        let weight = 0.5 * window.iter().sum::<f32>().max(1e-9);
        let at = |index: usize| {
            let centre = index.clamp(half, self.values.len() - 1 - half);
            let about = &self.values[centre - half..=centre + half];
            let weighted: Vec<f32> = about.iter().zip(&window).map(|(value, window)| value * window).collect();
            let (re, im) = turned(&weighted, step);
            let (re, im) = (re / weight, im / weight);
            let angle = step * (index + half - centre) as f32;
            [re.hypot(im), re * angle.cos() - im * angle.sin()]
        };
        (0..self.values.len()).map(at).collect()
    }
}

/// `sum of values[i] e^(-i step)`.
fn turned(values: &[f32], step: f32) -> (f32, f32) {
    let (cosine, sine) = (step.cos(), step.sin());
    let (mut phasor, mut sum) = ((1.0_f32, 0.0_f32), (0.0, 0.0));
    for value in values {
        sum = (sum.0 + value * phasor.0, sum.1 + value * phasor.1);
        phasor = (phasor.0 * cosine + phasor.1 * sine, phasor.1 * cosine - phasor.0 * sine);
    }
    sum
}

/// A position between knots.
struct Hat {
    knot: usize,
    position: f32,
}

impl Hat {
    fn at(t: f32, knots: &[f32]) -> Self {
        let knot = knots.partition_point(|&knot| knot <= t).saturating_sub(1).min(knots.len() - 2);
        Self { knot, position: (t - knots[knot]) / (knots[knot + 1] - knots[knot]) }
    }
}

/// The ends of the range and the knots well within it.
fn trend_knots(frames: &Range<usize>) -> Vec<f32> {
    let (start, end) = (frames.start as f32 / RATE, (frames.end - 1).max(frames.start + 1) as f32 / RATE);
    let last = TREND_S[TREND_S.len() - 1];
    let later = std::iter::successors(Some(last + TREND_STEP_S), |t| Some(t + TREND_STEP_S)).take_while(|&t| t < end);
    let within = |t: &f32| t - start > 0.06 && end - t > 0.5 * (t / 3.0).min(TREND_STEP_S);
    std::iter::once(start).chain(TREND_S.into_iter().chain(later).filter(within)).chain([end]).collect()
}

/// Heights of the knots that fit the values best: a tridiagonal system, solved by elimination.
fn least_squares(hats: &[Hat], values: &[f32], knots: usize) -> Vec<f32> {
    let (mut diagonal, mut beside, mut right) = (vec![1e-6_f64; knots], vec![0.0_f64; knots], vec![0.0_f64; knots]);
    for (hat, &value) in hats.iter().zip(values) {
        let (value, b) = (f64::from(value), f64::from(hat.position));
        let a = 1.0 - b;
        diagonal[hat.knot] += a * a;
        diagonal[hat.knot + 1] += b * b;
        beside[hat.knot] += a * b;
        right[hat.knot] += a * value;
        right[hat.knot + 1] += b * value;
    }
    for knot in 1..knots {
        let factor = beside[knot - 1] / diagonal[knot - 1];
        diagonal[knot] -= factor * beside[knot - 1];
        right[knot] -= factor * right[knot - 1];
    }
    let mut heights = vec![0.0; knots];
    let mut next = 0.0;
    for knot in (0..knots).rev() {
        next = (right[knot] - beside[knot] * next) / diagonal[knot];
        heights[knot] = next as f32;
    }
    heights
}

/// How the power of a movement is spread over the frequencies up to [`FASTEST_HZ`].
pub(super) struct Spectrum {
    /// Power per Hz.
    density: [f32; BINS],
    /// The part of each density that is the noise's.
    noise: f32,
    /// Distance of two frequencies that can be told apart, in Hz.
    resolution: f32,
}

/// A peak of a spectrum.
pub(super) struct Peak {
    pub(super) hz: f32,
    /// Share of all power, noise included, that lies at the peak: 0..1.
    pub(super) share: f32,
}

impl Spectrum {
    /// Power of all slow movement that is not noise.
    pub(super) fn power(&self) -> f32 {
        ((self.density.iter().sum::<f32>() - self.noise * BINS as f32) * BIN_HZ).max(0.0)
    }

    /// The frequency in Hz below which half of the power lies.
    pub(super) fn middle_hz(&self) -> f32 {
        let net = |density: f32| (density - self.noise).max(0.0);
        let half = 0.5 * self.density.iter().map(|&density| net(density)).sum::<f32>();
        let mut sum = 0.0;
        for (bin, &density) in self.density.iter().enumerate() {
            sum += net(density);
            if sum >= half && sum > 0.0 {
                return (bin as f32 + 1.5 - (sum - half) / net(density)) * BIN_HZ;
            }
        }
        1.0
    }

    /// The highest peak between two frequencies in Hz.
    pub(super) fn peak(&self, between: [f32; 2]) -> Peak {
        let bin = |hz: f32| ((hz / BIN_HZ).round() as usize).clamp(2, BINS - 1) - 1;
        let range = bin(between[0])..=bin(between[1]);
        let highest = range.max_by(|&a, &b| self.density[a].total_cmp(&self.density[b])).unwrap_or(1);
        // The flank of something slower or faster is no peak.
        let hill = self.density[highest] >= self.density[highest - 1].max(self.density[highest + 1]);
        let [a, b, c] = [0, 1, 2].map(|beside| (self.density[highest + beside - 1] + 1e-20).ln());
        let offset = if b > a && b >= c { 0.5 * (a - c) / (a - 2.0 * b + c) } else { 0.0 };
        let hz = (highest as f32 + 1.0 + offset) * BIN_HZ;
        // The main lobe of the window.
        let near = |other: usize| ((other + 1) as f32 * BIN_HZ - hz).abs() <= self.resolution.max(0.7);
        let at_peak: f32 = (0..BINS).filter(|&other| near(other)).map(|other| self.density[other]).sum();
        Peak { hz, share: if hill { at_peak / (self.density.iter().sum::<f32>() + 1e-12) } else { 0.0 } }
    }
}
