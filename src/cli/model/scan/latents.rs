//! How smooth the space between instruments is, and whether its axes are in the order of what they do.

use crate::analysis::frames::{Frame, NOISE_BANDS, PARTIALS};
use crate::model::latent::{LATENTS, Latent};
use crate::model::{Contour, Model};

/// Steps from one instrument to another.
const STEPS: usize = 20;
/// Moments of a held note that are compared, in seconds.
const MOMENTS: [f32; 6] = [0.005, 0.03, 0.1, 0.3, 0.9, 2.0];
/// The note that is compared.
const PITCH: f32 = 60.0;
const VELOCITY: f32 = 100.0;
/// Range below the loudest level of two notes that is compared, in dB, as in `lmd`.
const RANGE_DB: f32 = 60.0;
/// Most instruments around which latents are moved.
const STARTS: usize = 48;

/// The levels of a note at some moments.
struct Sketch(Vec<f32>);

impl Sketch {
    fn of(model: &Model, latent: &Latent) -> Self {
        let mut contour = Contour::new();
        let mut levels = Vec::with_capacity(MOMENTS.len() * (PARTIALS + NOISE_BANDS));
        for time in MOMENTS {
            let mut frame = Frame::SILENT;
            contour.frame(&model.decoder, latent, PITCH, VELOCITY, time, None, &mut frame);
            levels.extend(frame.partial_db.iter().chain(&frame.noise_db));
        }
        Self(levels)
    }

    /// Mean difference in dB of the levels that are heard in either.
    fn distance(&self, other: &Self) -> f32 {
        let floor = self.0.iter().chain(&other.0).fold(f32::MIN, |most, level| most.max(*level)) - RANGE_DB;
        let heard = self.0.iter().zip(&other.0).filter(|(a, b)| a.max(**b) > floor);
        let (sum, count) =
            heard.fold((0.0, 0.0), |(sum, count), (a, b)| (sum + (a.max(floor) - b.max(floor)).abs(), count + 1.0));
        sum / f32::max(count, 1.0)
    }
}

/// How even the way from one instrument to another is.
pub(super) struct Evenness {
    /// Median, over pairs, of the largest step over the mean step.
    pub(super) median: f32,
    /// 90th percentile of the same.
    pub(super) p90: f32,
}

/// Goes from instrument to instrument, over so many pairs.
pub(super) fn steps(model: &Model, pairs: usize) -> Evenness {
    let count = model.instruments.len();
    // Strides around the circle of instruments: every pair is another, near and far ones alike.
    let pair = |index: usize| {
        let first = index * 7 % count;
        (first, (first + 1 + index * 13 % (count - 1)) % count)
    };
    let mut ratios: Vec<f32> = (0..pairs.max(1))
        .map(|index| {
            let (from, to) = pair(index);
            unevenness(model, &model.instruments[from].latent, &model.instruments[to].latent)
        })
        .collect();
    ratios.sort_by(f32::total_cmp);
    let quantile = |share: f32| ratios[(share * (ratios.len() - 1) as f32).round() as usize];
    Evenness { median: quantile(0.5), p90: quantile(0.9) }
}

/// The largest step over the mean step.
fn unevenness(model: &Model, from: &Latent, to: &Latent) -> f32 {
    let at = |step: usize| {
        let share = step as f32 / STEPS as f32;
        Latent(std::array::from_fn(|i| from.0[i] + share * (to.0[i] - from.0[i])))
    };
    let sketches: Vec<Sketch> = (0..=STEPS).map(|step| Sketch::of(model, &at(step))).collect();
    let steps: Vec<f32> = sketches.windows(2).map(|pair| pair[0].distance(&pair[1])).collect();
    let largest = steps.iter().copied().fold(0.0, f32::max);
    largest / (steps.iter().sum::<f32>() / STEPS as f32).max(f32::MIN_POSITIVE)
}

/// Whether wide axes do more than narrow ones.
pub(super) struct Order {
    /// Spearman's correlation of variance and effect.
    pub(super) correlation: f32,
    /// What a move of one standard deviation does, in dB, latent by latent.
    effect: [f32; LATENTS],
}

impl Order {
    /// The effects as text.
    pub(super) fn effects(&self) -> String {
        self.effect.map(|effect| format!("{effect:.1}")).join(",")
    }
}

/// Moves each latent by one standard deviation of the instruments, to and fro, from many of them.
pub(super) fn order(model: &Model) -> Order {
    let points: Vec<&Latent> = model.instruments.iter().map(|instrument| &instrument.latent).collect();
    let deviation = deviations(&points);
    let starts: Vec<&Latent> = points.iter().copied().step_by(points.len().div_ceil(STARTS).max(1)).collect();
    let effect = std::array::from_fn(|latent| {
        let moved = |start: &Latent, sign: f32| {
            let mut moved = *start;
            moved.0[latent] += sign * deviation[latent];
            Sketch::of(model, &moved)
        };
        let effect = |start: &&Latent| {
            let here = Sketch::of(model, start);
            0.5 * (here.distance(&moved(start, 1.0)) + here.distance(&moved(start, -1.0)))
        };
        starts.iter().map(effect).sum::<f32>() / starts.len() as f32
    });
    Order { correlation: rank_correlation(&deviation, &effect), effect }
}

fn deviations(points: &[&Latent]) -> [f32; LATENTS] {
    let count = points.len() as f32;
    std::array::from_fn(|i| {
        let mean = points.iter().map(|point| point.0[i]).sum::<f32>() / count;
        (points.iter().map(|point| (point.0[i] - mean).powi(2)).sum::<f32>() / count).sqrt()
    })
}

/// Spearman's rank correlation; no two values are taken to be equal.
fn rank_correlation(a: &[f32; LATENTS], b: &[f32; LATENTS]) -> f32 {
    let rank = |values: &[f32; LATENTS], i: usize| values.iter().filter(|value| **value < values[i]).count() as f32;
    let squares: f32 = (0..LATENTS).map(|i| (rank(a, i) - rank(b, i)).powi(2)).sum();
    let n = LATENTS as f32;
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_agree_correlate_by_one_and_reversed_ones_by_minus_one() {
        let up: [f32; LATENTS] = std::array::from_fn(|i| (i * i) as f32);
        let down = up.map(|value| -value);
        assert_eq!((rank_correlation(&up, &up), rank_correlation(&up, &down)), (1.0, -1.0));
        let mut swapped = up;
        swapped.swap(3, 4);
        assert!((0.98..1.0).contains(&rank_correlation(&up, &swapped)));
    }

    #[test]
    fn steps_and_effects_of_the_factory_model_are_numbers_above_their_least() {
        let model = Model::open_factory();
        let steps = steps(&model, 8);
        assert!(steps.median >= 1.0 && steps.p90 >= steps.median && steps.p90 <= STEPS as f32);
        let order = order(&model);
        assert!(order.effect.iter().all(|effect| *effect > 0.0) && order.correlation.abs() <= 1.0);
    }

    #[test]
    fn a_louder_note_is_at_the_distance_of_its_gain() {
        let note = Sketch((0..100).map(|i| -0.5 * i as f32).collect());
        let louder = Sketch(note.0.iter().map(|level| level + 2.0).collect());
        assert!((note.distance(&louder) - 2.0).abs() < 1e-5 && note.distance(&note) == 0.0);
    }
}
