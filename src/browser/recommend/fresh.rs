//! A point of latent space where there is no preset yet, near to what this user keeps.

use super::Seed;

/// How many points are drawn before it is said that there is no room.
const DRAWS: usize = 64;
/// How far kernels reach, as a share of the spread of what was kept: Silverman's rule for few points in many dimensions
/// comes out near it.
const REACH: f32 = 0.6;
/// How much the covariance of few points is drawn towards a ball (Ledoit & Wolf 2004), as points worth of ball.
const BALL: f32 = 8.0;
/// A point within this share of the usual distance between kept points is that preset again.
const SAME: f32 = 0.35;

/// A new point, and what it was drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshPoint {
    /// Where, in the same space as the presets.
    pub latent: Vec<f32>,
    /// How many kept points it was drawn from: "drawn from 12 sounds that you kept".
    pub kept: usize,
    /// Which of them it is nearest to.
    pub nearest_kept: usize,
    /// How far it is from the nearest preset.
    pub clearance: f32,
}

/// Draws a point from the density of `kept`, the latents of what was kept (of the user, or of a project), each with how
/// much it counts, and refuses what lies beside one of `presets`. `None` where nothing was kept or there is no room.
///
/// The density is a kernel on each kept point. All kernels have the covariance of the kept points, drawn towards a ball
/// where they are few. The same arguments give the same point.
#[must_use]
pub fn fresh_point(kept: &[(&[f32], f32)], presets: &[&[f32]], seed: u64) -> Option<FreshPoint> {
    let size = kept.first()?.0.len();
    let usable = |(latent, weight): &&(&[f32], f32)| latent.len() == size && *weight > 0.0 && finite(latent);
    let kept: Vec<(&[f32], f32)> = kept.iter().filter(usable).copied().collect();
    let all: f32 = kept.iter().map(|(_, weight)| weight).sum();
    if size == 0 || kept.is_empty() {
        return None;
    }
    let spread = Spread::of(&kept, all, size);
    let mut seed = Seed::new(seed);
    (0..DRAWS).find_map(|_| {
        let latent = spread.around(choose(&kept, all, &mut seed), &mut seed);
        let to_presets = presets.iter().filter(|preset| preset.len() == size).map(|preset| distance(&latent, preset));
        let clearance = to_presets.fold(f32::INFINITY, f32::min);
        let to_kept = |at: &usize| distance(&latent, kept[*at].0);
        let nearest_kept = (0..kept.len()).min_by(|a, b| to_kept(a).total_cmp(&to_kept(b)))?;
        let same = SAME * spread.usual_distance();
        let room = clearance > same && to_kept(&nearest_kept) > same;
        room.then_some(FreshPoint { latent, kept: kept.len(), nearest_kept, clearance })
    })
}

/// The lower triangle of a covariance's root, by rows.
struct Spread {
    root: Vec<Vec<f32>>,
    variance: f32,
}

impl Spread {
    fn of(kept: &[(&[f32], f32)], all: f32, size: usize) -> Self {
        let mean: Vec<f32> =
            (0..size).map(|at| kept.iter().map(|(latent, weight)| latent[at] * weight).sum::<f32>() / all).collect();
        let covariance = |a: usize, b: usize| {
            let product = |(latent, weight): &(&[f32], f32)| weight * (latent[a] - mean[a]) * (latent[b] - mean[b]);
            kept.iter().map(product).sum::<f32>() / all
        };
        // Of a single point the spread of the model's own prior is taken, which is 1.
        let own: f32 = (0..size).map(|at| covariance(at, at)).sum::<f32>() / size as f32;
        let ball = if kept.len() > 1 && own > 0.0 { own } else { 1.0 };
        let shrink = BALL / (BALL + kept.len() as f32);
        let matrix = (0..size).map(|a| {
            let row = (0..=a).map(|b| (1.0 - shrink) * covariance(a, b) + if a == b { shrink * ball } else { 0.0 });
            row.collect::<Vec<f32>>()
        });
        Self { root: cholesky(matrix.collect()), variance: ball }
    }

    /// How far two kept points usually are from each other.
    fn usual_distance(&self) -> f32 {
        (2.0 * self.variance * self.root.len() as f32).sqrt() * REACH
    }

    fn around(&self, centre: &[f32], seed: &mut Seed) -> Vec<f32> {
        let noise: Vec<f32> = centre.iter().map(|_| seed.normal()).collect();
        let moved = |row: &Vec<f32>| row.iter().zip(&noise).map(|(root, noise)| root * noise).sum::<f32>();
        centre.iter().zip(&self.root).map(|(centre, row)| centre + REACH * moved(row)).collect()
    }
}

/// The root of a symmetric matrix whose eigenvalues are above 0, given and returned as a lower triangle.
fn cholesky(mut matrix: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    for a in 0..matrix.len() {
        for b in 0..=a {
            let known: f32 = (0..b).map(|at| matrix[a][at] * matrix[b][at]).sum();
            let left = matrix[a][b] - known;
            matrix[a][b] = if a == b { left.max(1e-12).sqrt() } else { left / matrix[b][b] };
        }
    }
    matrix
}

/// One of the kept points, by what it counts.
fn choose<'a>(kept: &[(&'a [f32], f32)], all: f32, seed: &mut Seed) -> &'a [f32] {
    let mut left = seed.uniform() * all;
    let found = kept.iter().find(|(_, weight)| {
        left -= weight;
        left < 0.0
    });
    found.unwrap_or(&kept[0]).0
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

fn finite(latent: &[f32]) -> bool {
    latent.iter().all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points along one axis of four.
    fn line(count: usize) -> Vec<Vec<f32>> {
        let mut seed = Seed::new(5);
        (0..count).map(|_| vec![3.0 * seed.normal(), 0.1 * seed.normal(), 2.0, 0.1 * seed.normal()]).collect()
    }

    fn weighted(points: &[Vec<f32>]) -> Vec<(&[f32], f32)> {
        points.iter().map(|point| (&point[..], 1.0)).collect()
    }

    #[test]
    fn points_spread_as_what_was_kept_does_and_the_same_seed_gives_the_same_point() {
        let points = line(200);
        let kept = weighted(&points);
        let drawn: Vec<FreshPoint> = (0..50).filter_map(|seed| fresh_point(&kept, &[], seed)).collect();
        assert!(!drawn.is_empty());
        for point in &drawn {
            assert!((point.latent[2] - 2.0).abs() < 2.0, "{point:?}");
            assert_eq!(point.kept, 200);
        }
        let along = drawn.iter().map(|point| point.latent[0].abs()).sum::<f32>();
        let across = drawn.iter().map(|point| point.latent[1].abs()).sum::<f32>();
        assert!(along > 3.0 * across, "{along} along, {across} across");
        assert_eq!(fresh_point(&kept, &[], 9), fresh_point(&kept, &[], 9));
    }

    #[test]
    fn no_point_lies_beside_a_preset_and_a_full_space_has_none() {
        let points = line(6);
        let kept = weighted(&points);
        let point = fresh_point(&kept, &[], 3).unwrap();
        let near: Vec<f32> = point.latent.iter().map(|x| x + 0.01).collect();
        let other = fresh_point(&kept, &[&near], 3).unwrap();
        assert_ne!(other.latent, point.latent);
        assert!(other.clearance > 0.1);
        let mut made: Vec<Vec<f32>> = Vec::new();
        while let Some(point) = fresh_point(&kept, &made.iter().map(|point| &point[..]).collect::<Vec<_>>(), 3) {
            made.push(point.latent);
            assert!(made.len() <= DRAWS, "it never finds itself without room");
        }
        assert!(made.len() > 2);
    }

    #[test]
    fn nothing_comes_of_nothing_and_something_of_one() {
        assert_eq!(fresh_point(&[], &[], 1), None);
        assert_eq!(fresh_point(&[(&[f32::NAN, 0.0], 1.0)], &[], 1), None);
        assert_eq!(fresh_point(&[(&[0.5, 0.5], 1.0)], &[], 1).map(|point| point.kept), Some(1));
    }
}
