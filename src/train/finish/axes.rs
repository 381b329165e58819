//! The directions in which a cloud of points is widest.

use crate::model::latent::{LATENTS, Latent};

/// An orthogonal matrix whose columns are axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix([[f64; LATENTS]; LATENTS]);

/// Rounds of rotations; ten settle any matrix of this size.
const ROUNDS: usize = 30;

impl Matrix {
    fn diagonal(value: impl Fn(usize) -> f64) -> Self {
        Self(std::array::from_fn(|row| std::array::from_fn(|column| if row == column { value(row) } else { 0.0 })))
    }

    /// The axes in another order, axis `order[i]` at place `i`.
    pub(super) fn in_order(&self, order: &[usize; LATENTS]) -> Self {
        Self(std::array::from_fn(|row| std::array::from_fn(|column| self.0[row][order[column]])))
    }

    /// Keeps or turns round each axis.
    pub(super) fn signs(signs: &[f32; LATENTS]) -> Self {
        Self::diagonal(|i| f64::from(signs[i].signum()))
    }

    /// Coordinates of a point along the axes, from `centre`.
    pub(super) fn coordinates(&self, point: &Latent, centre: &Latent) -> Latent {
        Latent(std::array::from_fn(|column| {
            (0..LATENTS).map(|row| self.0[row][column] * f64::from(point.0[row] - centre.0[row])).sum::<f64>() as f32
        }))
    }
}

/// Principal axes of `points` about `centre`, the widest first.
pub(super) fn principal_axes(points: &[Latent], centre: &Latent) -> Matrix {
    let mut covariance = [[0.0; LATENTS]; LATENTS];
    for point in points {
        for (row, values) in covariance.iter_mut().enumerate() {
            for (column, value) in values.iter_mut().enumerate() {
                *value += f64::from(point.0[row] - centre.0[row]) * f64::from(point.0[column] - centre.0[column]);
            }
        }
    }
    let (widths, axes) = eigen(covariance);
    let mut order: [usize; LATENTS] = std::array::from_fn(|i| i);
    order.sort_by(|&a, &b| widths[b].total_cmp(&widths[a]));
    axes.in_order(&order)
}

/// Eigenvalues and eigenvectors (in columns) of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan, 8.5).
fn eigen(mut a: [[f64; LATENTS]; LATENTS]) -> ([f64; LATENTS], Matrix) {
    let mut axes = Matrix::diagonal(|_| 1.0);
    for _ in 0..ROUNDS {
        for p in 0..LATENTS {
            for q in p + 1..LATENTS {
                rotate(&mut a, &mut axes, p, q);
            }
        }
    }
    (std::array::from_fn(|i| a[i][i]), axes)
}

/// Rotates in the plane of `p` and `q` so that `a[p][q]` vanishes.
fn rotate(a: &mut [[f64; LATENTS]; LATENTS], axes: &mut Matrix, p: usize, q: usize) {
    if a[p][q].abs() < 1e-300 {
        return;
    }
    let slope = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let tangent = slope.signum() / (slope.abs() + slope.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    let sine = tangent * cosine;
    let turn = |x: &mut f64, y: &mut f64| (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    for row in a.iter_mut().chain(&mut axes.0) {
        let [x, y] = row.get_disjoint_mut([p, q]).expect("p and q differ");
        turn(x, y);
    }
    let [rows_p, rows_q] = a.get_disjoint_mut([p, q]).expect("p and q differ");
    rows_p.iter_mut().zip(rows_q).for_each(|(x, y)| turn(x, y));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::Random;

    #[test]
    fn coordinates_along_the_axes_are_uncorrelated_and_fall_in_width() {
        let mut random = Random::new(1, 1);
        let mixing: [[f32; LATENTS]; LATENTS] = std::array::from_fn(|_| std::array::from_fn(|_| random.normal()));
        let points: Vec<Latent> = (0..200)
            .map(|_| {
                let source: [f32; LATENTS] = std::array::from_fn(|_| random.normal());
                Latent(std::array::from_fn(|i| (0..LATENTS).map(|j| mixing[i][j] * source[j]).sum()))
            })
            .collect();
        let axes = principal_axes(&points, &Latent::default());
        let turned: Vec<Latent> = points.iter().map(|point| axes.coordinates(point, &Latent::default())).collect();
        let product = |i: usize, j: usize| turned.iter().map(|p| f64::from(p.0[i] * p.0[j])).sum::<f64>();
        for i in 0..LATENTS {
            assert!(i == 0 || product(i, i) <= product(i - 1, i - 1) * 1.000_001);
            for j in 0..i {
                assert!(product(i, j).abs() < 1e-4 * product(0, 0), "{i} {j}");
            }
            let length = |p: &Latent| p.0.iter().map(|x| x * x).sum::<f32>();
            assert!((length(&turned[i]) / length(&points[i]) - 1.0).abs() < 1e-4);
        }
    }
}
