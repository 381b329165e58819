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
/// Variance that is taken where all kept points are one: a quarter of what the controls reach.
const ALONE: f32 = 0.25;

/// A new point, and what it was drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshPoint {
    /// Where, each -1..1 as the controls reach.
    pub latent: Vec<f32>,
    /// Which kept point it is nearest to.
    pub nearest: usize,
    /// The nearest of those that it lies between, with the nearest of all: it is in the ball around the two.
    pub beyond: Option<usize>,
    /// How far it is from the nearest preset.
    pub clearance: f32,
}

/// Draws a point from the density of `kept`, the latents of what was kept (of the user, or of a project), each with how
/// much it counts, and refuses what lies beside one of `presets`. `None` where nothing was kept, points are no numbers or of
/// different lengths, or there is no room.
///
/// The density is a kernel on each kept point. All kernels have the covariance of the kept points, drawn towards a ball
/// where they are few. The same arguments give the same point.
#[must_use]
pub fn fresh_point(kept: &[(&[f32], f32)], presets: &[&[f32]], seed: u64) -> Option<FreshPoint> {
    let size = kept.first()?.0.len();
    let usable = |(latent, weight): &(&[f32], f32)| latent.len() == size && *weight > 0.0 && finite(latent);
    let all: f32 = kept.iter().map(|(_, weight)| weight).sum();
    if size == 0 || !kept.iter().all(usable) {
        return None;
    }
    let spread = Spread::of(kept, all, size);
    let mut seed = Seed::new(seed);
    (0..DRAWS).find_map(|_| {
        let latent = spread.around(choose(kept, all, &mut seed), &mut seed);
        let to_presets = presets.iter().filter(|preset| preset.len() == size).map(|preset| distance(&latent, preset));
        let clearance = to_presets.fold(f32::INFINITY, f32::min);
        let to_kept = |at: &usize| distance(&latent, kept[*at].0);
        let nearest_of =
            |points: &mut dyn Iterator<Item = usize>| points.min_by(|a, b| to_kept(a).total_cmp(&to_kept(b)));
        let nearest = nearest_of(&mut (0..kept.len()))?;
        let is_beyond = |at: &usize| are_opposite(&latent, kept[nearest].0, kept[*at].0);
        let beyond = nearest_of(&mut (0..kept.len()).filter(is_beyond));
        let same = SAME * spread.usual_distance();
        let room = clearance > same && to_kept(&nearest) > same;
        room.then_some(FreshPoint { latent, nearest, beyond, clearance })
    })
}

/// Whether two points lie to opposite sides of a third: the angle there is above 90 degrees.
fn are_opposite(from: &[f32], a: &[f32], b: &[f32]) -> bool {
    from.iter().zip(a).zip(b).map(|((from, a), b)| (a - from) * (b - from)).sum::<f32>() < 0.0
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
        let own: f32 = (0..size).map(|at| covariance(at, at)).sum::<f32>() / size as f32;
        let ball = if kept.len() > 1 && own > 0.0 { own } else { ALONE };
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
        centre.iter().zip(&self.root).map(|(centre, row)| (centre + REACH * moved(row)).clamp(-1.0, 1.0)).collect()
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
        (0..count).map(|_| vec![0.3 * seed.normal(), 0.01 * seed.normal(), 0.5, 0.01 * seed.normal()]).collect()
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
            assert!((point.latent[2] - 0.5).abs() < 0.2, "{point:?}");
            assert!(point.latent.iter().all(|x| x.abs() <= 1.0), "{point:?}");
        }
        let along = drawn.iter().map(|point| point.latent[0].abs()).sum::<f32>();
        let across = drawn.iter().map(|point| point.latent[1].abs()).sum::<f32>();
        assert!(along > 3.0 * across, "{along} along, {across} across");
        assert_eq!(fresh_point(&kept, &[], 9), fresh_point(&kept, &[], 9));
    }

    #[test]
    fn a_point_lies_between_two_only_where_they_are_to_opposite_sides_of_it() {
        let points = line(40);
        let kept = weighted(&points);
        let drawn: Vec<FreshPoint> = (0..50).filter_map(|seed| fresh_point(&kept, &[], seed)).collect();
        let mut between = 0;
        for FreshPoint { latent, nearest, beyond, .. } in drawn {
            let to = |at: usize| distance(&latent, &points[at]);
            assert!((0..points.len()).all(|at| to(nearest) <= to(at)));
            let Some(beyond) = beyond else { continue };
            let apart = distance(&points[nearest], &points[beyond]);
            assert!(to(nearest).hypot(to(beyond)) <= apart, "{} {} {apart}", to(nearest), to(beyond));
            between += 1;
        }
        assert!(between > 5, "{between}");
    }

    #[test]
    fn no_point_lies_beside_a_preset_and_a_full_space_has_none() {
        let points = line(6);
        let kept = weighted(&points);
        let point = fresh_point(&kept, &[], 3).unwrap();
        let near: Vec<f32> = point.latent.iter().map(|x| x + 0.001).collect();
        let other = fresh_point(&kept, &[&near], 3).unwrap();
        assert_ne!(other.latent, point.latent);
        assert!(other.clearance > 0.01);
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
        assert_eq!(
            fresh_point(&[(&[0.5, 0.5], 1.0)], &[], 1).map(|point| (point.nearest, point.beyond)),
            Some((0, None))
        );
    }
}
