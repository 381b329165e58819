//! How different two points of the latent space sound: the same note from both, compared level by level.

use super::latent::{LATENTS, Latent};
use super::{Contour, Model};
use crate::analysis::frames::{Frame, NOISE_BANDS, PARTIALS};

/// Moments of a held note that are compared, in seconds.
const MOMENTS: [f32; 6] = [0.005, 0.03, 0.1, 0.3, 0.9, 2.0];
/// The note that is compared.
const PITCH: f32 = 60.0;
const VELOCITY: f32 = 100.0;
/// Range below the loudest level of two notes that is compared, in dB, as in `lmd`.
const RANGE_DB: f32 = 60.0;
/// Most points around which latents are moved.
const STARTS: usize = 48;

/// The levels of a note at some moments. Never made on the audio thread: it allocates.
pub struct Sketch(Vec<f32>);

impl Sketch {
    /// Asks `model` for the note.
    #[must_use]
    pub fn of(model: &Model, latent: &Latent) -> Self {
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
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        let floor = self.0.iter().chain(&other.0).fold(f32::MIN, |most, level| most.max(*level)) - RANGE_DB;
        let heard = self.0.iter().zip(&other.0).filter(|(a, b)| a.max(**b) > floor);
        let (sum, count) =
            heard.fold((0.0, 0.0), |(sum, count), (a, b)| (sum + (a.max(floor) - b.max(floor)).abs(), count + 1.0));
        sum / f32::max(count, 1.0)
    }
}

/// What a move of each latent by one standard deviation of `points` does, to and fro around many of them, in dB.
#[must_use]
pub fn effects(model: &Model, points: &[Latent]) -> [f32; LATENTS] {
    let deviation = deviations(points);
    let starts: Vec<&Latent> = points.iter().step_by(points.len().div_ceil(STARTS).max(1)).collect();
    std::array::from_fn(|latent| {
        let moved = |start: &Latent, sign: f32| {
            let mut moved = *start;
            moved.0[latent] += sign * deviation[latent];
            Sketch::of(model, &moved)
        };
        let effect = |start: &&Latent| {
            let here = Sketch::of(model, start);
            0.5 * (here.distance(&moved(start, 1.0)) + here.distance(&moved(start, -1.0)))
        };
        starts.iter().map(effect).sum::<f32>() / starts.len().max(1) as f32
    })
}

/// Standard deviation of `points` along each latent.
#[must_use]
pub fn deviations(points: &[Latent]) -> [f32; LATENTS] {
    let count = points.len().max(1) as f32;
    std::array::from_fn(|i| {
        let mean = points.iter().map(|point| point.0[i]).sum::<f32>() / count;
        (points.iter().map(|point| (point.0[i] - mean).powi(2)).sum::<f32>() / count).sqrt()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_louder_note_is_at_the_distance_of_its_gain() {
        let note = Sketch((0..100).map(|i| -0.5 * i as f32).collect());
        let louder = Sketch(note.0.iter().map(|level| level + 2.0).collect());
        assert!((note.distance(&louder) - 2.0).abs() < 1e-5 && note.distance(&note) == 0.0);
    }

    #[test]
    fn a_latent_that_no_point_uses_has_no_effect() {
        let model = Model::open_factory();
        let mut points: Vec<Latent> = model.instruments.iter().map(|instrument| instrument.latent).collect();
        points.iter_mut().for_each(|point| point.0[3] = 0.5);
        let effects = effects(&model, &points);
        assert!(effects[3] < 1e-3 && effects[0] > 0.1, "{effects:?}");
    }
}
