//! Three latents moved by the host while the piece plays.

use std::f64::consts::TAU;

/// Samples between two automation points: no multiple of the block size, so points fall anywhere within a block.
pub(super) const INTERVAL: u64 = 467;

/// One automated parameter.
pub(super) struct Lane {
    /// The parameter's name.
    pub(super) parameter: &'static str,
    /// Its course over 0..1 of the piece, as a position 0..1 within the parameter's range.
    course: fn(f64) -> f64,
}

impl Lane {
    /// Position within the parameter's range, 0..1, at `progress` of the piece.
    pub(super) fn position(&self, progress: f64) -> f64 {
        (self.course)(progress.clamp(0.0, 1.0))
    }
}

/// The lanes: a slow wave, a rise to the climax, and a wave that quickens.
pub(super) const LANES: [Lane; 3] = [
    Lane { parameter: "Latent 1", course: |progress| 0.5 + 0.3 * (TAU * 2.0 * progress).sin() },
    Lane { parameter: "Latent 2", course: |progress| 0.35 + 0.4 * (TAU * 0.5 * progress).sin().powi(2) },
    Lane { parameter: "Latent 3", course: |progress| 0.5 + 0.25 * (TAU * 6.0 * progress * progress).sin() },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_stay_within_the_range_and_move() {
        for lane in &LANES {
            let course: Vec<_> = (0..=1_000).map(|step| lane.position(f64::from(step) / 1_000.0)).collect();
            assert!(course.iter().all(|position| (0.0..=1.0).contains(position)));
            let (low, high) = course.iter().fold((1.0_f64, 0.0_f64), |(low, high), p| (low.min(*p), high.max(*p)));
            assert!(high - low > 0.3, "{}", lane.parameter);
        }
    }
}
