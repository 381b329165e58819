//! What each direction of the latent space does to the sound, and what it is called.

use super::qualities::{self, Qualities, measure};
use crate::model::Model;
use crate::model::latent::{LATENTS, Latent};

/// Names and which directions to turn round, so that more of a control is more of what it is called.
pub(super) struct Naming {
    pub(super) names: [String; LATENTS],
    pub(super) signs: [f32; LATENTS],
}

/// Positions of a control at which the sound is measured.
const POSITIONS: [f32; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// Most instruments from which the controls are moved.
const STARTS: usize = 32;
/// Least correlation of a direction with a quality, and least share of the quality's spread over the instruments that
/// the direction moves it by, for a name: those of the first directions, which all get one, and those of the rest.
const LEAST: [(f32, f32); 2] = [(0.25, 0.15), (0.5, 0.35)];
/// What a match with a quality counts that musicians speak of less.
const LESS_PLAIN: f32 = 0.7;
/// Directions that a player sees first.
const FIRST: usize = 8;

impl Naming {
    /// Moves each control of `model` over its range, starting from each of `points`, and sees what changes. The best
    /// match of direction and quality is named first; no name is given twice, and a direction without a clear effect
    /// is a colour.
    pub(super) fn of(model: &Model, points: &[Latent]) -> Self {
        let starts: Vec<&Latent> = points.iter().step_by(points.len().div_ceil(STARTS).max(1)).collect();
        let spread = spread(&starts.iter().map(|start| measure(model, start)).collect::<Vec<_>>());
        let mut matches = Vec::new();
        for latent in 0..LATENTS {
            let responses: Vec<[Qualities; POSITIONS.len()]> =
                starts.iter().map(|start| sweep(model, start, latent)).collect();
            let (least_correlation, least_effect) = LEAST[usize::from(latent >= FIRST)];
            for (quality, spread) in spread.iter().enumerate() {
                let (correlation, effect) = response(&responses, quality);
                let effect = effect / spread.max(f32::MIN_POSITIVE);
                if correlation.abs() >= least_correlation && effect >= least_effect {
                    let plain = if quality < qualities::PLAIN { 1.0 } else { LESS_PLAIN };
                    matches.push(Match { strength: plain * correlation * effect.min(2.0), latent, quality });
                }
            }
        }
        // The first directions choose before the rest.
        matches.sort_by(|a, b| {
            (a.latent >= FIRST).cmp(&(b.latent >= FIRST)).then(b.strength.abs().total_cmp(&a.strength.abs()))
        });
        Self::choose(&matches)
    }

    fn choose(matches: &[Match]) -> Self {
        let mut naming = Self { names: std::array::from_fn(|i| format!("Colour {}", i + 1)), signs: [1.0; LATENTS] };
        let (mut named, mut used) = ([false; LATENTS], [false; qualities::NAMES.len()]);
        for &Match { strength, latent, quality } in matches {
            if !named[latent] && !used[quality] {
                (named[latent], used[quality]) = (true, true);
                naming.names[latent] = qualities::NAMES[quality].to_owned();
                naming.signs[latent] = strength.signum();
            }
        }
        naming
    }
}

/// A direction that moves a quality.
struct Match {
    /// Correlation times effect; negative where the quality falls.
    strength: f32,
    latent: usize,
    quality: usize,
}

/// The qualities with one latent moved over its range.
fn sweep(model: &Model, start: &Latent, latent: usize) -> [Qualities; POSITIONS.len()] {
    POSITIONS.map(|position| {
        let mut moved = *start;
        moved.0[latent] = model.space.centre.0[latent] + position * model.space.range[latent];
        measure(model, &moved)
    })
}

/// Correlation of a quality with the position of the control, and how far it moves from one end to the other.
fn response(responses: &[[Qualities; POSITIONS.len()]], quality: usize) -> (f32, f32) {
    let (mut product, mut positions, mut squares) = (0.0, 0.0, 0.0);
    for response in responses {
        let values = response.map(|qualities| qualities[quality]);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        for (position, value) in POSITIONS.iter().zip(values) {
            product += position * (value - mean);
            positions += position * position;
            squares += (value - mean) * (value - mean);
        }
    }
    (product / (positions * squares).sqrt().max(1e-9), 2.0 * (product / positions.max(1e-9)).abs())
}

/// Standard deviation of each quality over the instruments.
fn spread(measured: &[Qualities]) -> Qualities {
    std::array::from_fn(|quality| {
        let n = measured.len().max(1) as f32;
        let mean = measured.iter().map(|qualities| qualities[quality]).sum::<f32>() / n;
        (measured.iter().map(|qualities| (qualities[quality] - mean).powi(2)).sum::<f32>() / n).sqrt()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_told_from_noise() {
        let rising = [POSITIONS.map(|position| [3.0 * position; qualities::NAMES.len()]); 4];
        let (correlation, effect) = response(&rising, 2);
        assert!((correlation - 1.0).abs() < 1e-4 && (effect - 6.0).abs() < 1e-3);
        let flat = [[[1.0; qualities::NAMES.len()]; POSITIONS.len()]; 4];
        assert_eq!(response(&flat, 0).0, 0.0);
    }

    #[test]
    fn no_name_is_given_twice_and_a_falling_quality_turns_its_direction() {
        let matches = [(-1.5, 2, 0), (1.4, 0, 0), (1.2, 0, 5), (1.0, 2, 5)];
        let matches = matches.map(|(strength, latent, quality)| Match { strength, latent, quality });
        let naming = Naming::choose(&matches);
        assert_eq!(naming.names[..3], ["Body", "Colour 2", "Brightness"].map(str::to_owned));
        assert_eq!(naming.signs[..3], [1.0, 1.0, -1.0]);
    }
}
