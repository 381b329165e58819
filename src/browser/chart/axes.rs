//! The two directions in which sounds differ most: the first principal axes, by power iteration.

use crate::model::latent::LATENTS;

/// Steps of the iteration: more than enough for two decimals, and always the same number.
const STEPS: usize = 60;

/// A plane through a cloud of points.
pub(super) struct Axes {
    mean: [f32; LATENTS],
    axes: [[f32; LATENTS]; 2],
}

impl Axes {
    /// The plane in which these points differ most. Each axis points to where its largest part is positive.
    pub(super) fn of(points: &[[f32; LATENTS]]) -> Self {
        let count = points.len().max(1) as f32;
        let mean = std::array::from_fn(|i| points.iter().map(|point| point[i]).sum::<f32>() / count);
        let mut covariance = [[0.0; LATENTS]; LATENTS];
        for point in points {
            for (i, row) in covariance.iter_mut().enumerate() {
                for (j, entry) in row.iter_mut().enumerate() {
                    *entry += (point[i] - mean[i]) * (point[j] - mean[j]) / count;
                }
            }
        }
        let first = widest(&covariance, None);
        let second = widest(&covariance, Some(&first));
        Self { mean, axes: [first, second] }
    }

    /// The points in the plane.
    pub(super) fn project(&self, points: &[[f32; LATENTS]]) -> Vec<[f32; 2]> {
        let along = |point: &[f32; LATENTS], axis: &[f32; LATENTS]| {
            (0..LATENTS).map(|i| (point[i] - self.mean[i]) * axis[i]).sum()
        };
        points.iter().map(|point| [along(point, &self.axes[0]), along(point, &self.axes[1])]).collect()
    }
}

/// The direction of the largest spread, at a right angle to another.
fn widest(covariance: &[[f32; LATENTS]; LATENTS], other: Option<&[f32; LATENTS]>) -> [f32; LATENTS] {
    let dot = |a: &[f32; LATENTS], b: &[f32; LATENTS]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    // Every direction has a part in where it begins.
    let mut axis: [f32; LATENTS] = std::array::from_fn(|i| 1.0 - 0.03 * i as f32);
    for _ in 0..STEPS {
        let mut next: [f32; LATENTS] = std::array::from_fn(|i| dot(&covariance[i], &axis));
        if let Some(other) = other {
            let shared = dot(&next, other);
            next = std::array::from_fn(|i| next[i] - shared * other[i]);
        }
        let length = dot(&next, &next).sqrt();
        if length < 1e-12 {
            return axis.map(|part| if other.is_some() { 0.0 } else { part });
        }
        axis = next.map(|part| part / length);
    }
    let largest = axis.into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
    axis.map(|part| part * largest.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_widest_directions_are_found_widest_first() {
        let point = |number: usize| {
            let mut point = [0.2; LATENTS];
            let (wide, narrow) = ((number as f32 * 0.9).sin(), 0.4 * (number as f32 * 2.3).sin());
            (point[2], point[5], point[7]) = (0.6 * wide, -0.8 * wide, narrow);
            point
        };
        let points: Vec<_> = (0..500).map(point).collect();
        let axes = Axes::of(&points);
        assert!((axes.axes[0][2] + 0.6).abs() < 0.02 && (axes.axes[0][5] - 0.8).abs() < 0.02, "{:?}", axes.axes[0]);
        assert!((axes.axes[1][7] - 1.0).abs() < 0.02, "{:?}", axes.axes[1]);
        let flat = Axes::of(&[[0.5; LATENTS]; 3]).project(&[[0.5; LATENTS]]);
        assert!(flat[0].iter().all(|part| part.is_finite()));
    }
}
