//! What the host does to parameters: some are set before the piece begins, three latents move while it plays.

/// Samples between two automation points: no multiple of the block size, so points fall anywhere within a block.
pub(super) const INTERVAL: u64 = 467;

/// Parameters set at the first sample, by name and as a user would type them.
pub(super) const START: [(&str, &str); 3] = [("Gain", "2 dB"), ("Release", "250 ms"), ("Width", "80 %")];

/// One automated parameter.
pub(super) struct Lane {
    /// The parameter's name.
    pub(super) parameter: &'static str,
    /// Breakpoints over 0..1 of the piece: when, and the position 0..1 within the parameter's range.
    points: &'static [(f64, f64)],
}

impl Lane {
    /// Position within the parameter's range at `progress` of the piece: straight lines between the breakpoints.
    pub(super) fn position(&self, progress: f64) -> f64 {
        let after = self.points.iter().position(|(when, _)| *when > progress).unwrap_or(self.points.len());
        let before = self.points[after.saturating_sub(1)];
        let Some(next) = self.points.get(after) else { return before.1 };
        let share = ((progress - before.0) / (next.0 - before.0)).clamp(0.0, 1.0);
        before.1 + share * (next.1 - before.1)
    }
}

/// The sections of the phrase begin at 0, 0.09, 0.26, 0.43, 0.61, 0.78 and 0.91; the last chord keeps its sound.
pub(super) const LANES: [Lane; 3] = [
    Lane { parameter: "Latent 1", points: &[(0.0, 0.5), (0.26, 0.4), (0.43, 0.65), (0.61, 0.45), (0.91, 0.5)] },
    Lane { parameter: "Latent 2", points: &[(0.0, 0.4), (0.26, 0.55), (0.61, 0.35), (0.78, 0.6), (0.91, 0.45)] },
    Lane { parameter: "Latent 3", points: &[(0.09, 0.5), (0.35, 0.35), (0.52, 0.6), (0.7, 0.4), (0.91, 0.5)] },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_pass_through_their_breakpoints_and_straight_between_them() {
        let lane = Lane { parameter: "", points: &[(0.2, 0.1), (0.4, 0.5)] };
        for (progress, position) in [(0.0, 0.1), (0.2, 0.1), (0.3, 0.3), (0.4, 0.5), (1.0, 0.5)] {
            assert!((lane.position(progress) - position).abs() < 1e-12, "{progress}");
        }
    }

    #[test]
    fn lanes_stay_within_the_range_and_move() {
        for lane in &LANES {
            let course: Vec<_> = (0..=1_000).map(|step| lane.position(f64::from(step) / 1_000.0)).collect();
            assert!(course.iter().all(|position| (0.0..=1.0).contains(position)));
            let (low, high) = course.iter().fold((1.0_f64, 0.0_f64), |(low, high), p| (low.min(*p), high.max(*p)));
            assert!(high - low > 0.1, "{}", lane.parameter);
        }
    }
}
