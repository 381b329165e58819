//! A map of presets: each in a cell of its own on a grid, near to those that sound alike. A grid is read like a list; a
//! cloud of points hides most of them behind others.

mod axes;

use std::sync::Arc;

use super::library::{Entry, Library};
use super::usage::PresetId;
use crate::model::latent::LATENTS;

use self::axes::Axes;

/// Presets on a map, at most: more could not be told apart.
pub const MOST: usize = 400;
/// Cells for each preset, so that there is room between groups.
const ROOM: f32 = 1.25;
/// Width of the grid over its height, in cells.
const ASPECT: f32 = 1.35;
/// How far places are spread evenly, 0..1.
const EVEN: f32 = 0.85;
/// How often cells are exchanged for nearer ones, at most.
const ROUNDS: usize = 20;
/// How much more a near preset counts than a far one, where a place between presets is asked for.
const NEARNESS: i32 = 4;

/// Presets on a grid. Made off the GUI thread; 400 presets take some milliseconds. The same presets give the same map.
#[derive(Debug, Default, PartialEq)]
pub struct Chart {
    /// Cells in a row.
    pub columns: usize,
    /// Rows of cells.
    pub rows: usize,
    /// The presets, in the order of their names.
    pub spots: Vec<Spot>,
}

/// A preset on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Which.
    pub preset: PresetId,
    /// Its name.
    pub name: Box<str>,
    /// What it has in common with others of its kind.
    pub family: Arc<str>,
    /// Column and row of its cell, from 0.
    pub cell: [usize; 2],
    latents: [f32; LATENTS],
}

impl Chart {
    /// The map of the presets of a library that were made with the model of this digest; the [`MOST`] nearest to `here`,
    /// where there are more.
    #[must_use]
    pub fn of(library: &Library, digest: &str, here: &[f32; LATENTS]) -> Self {
        let of_model = |entry: &&Entry| entry.card().model.digest == digest;
        let mut entries: Vec<&Entry> = library.entries().iter().filter(of_model).collect();
        if entries.len() > MOST {
            let far = |entry: &&Entry| distance(&entry.card().latents, here);
            entries.select_nth_unstable_by(MOST, |a, b| far(a).total_cmp(&far(b)).then(a.id.cmp(&b.id)));
            entries.truncate(MOST);
            entries.sort_by(|a, b| a.card().name.cmp(&b.card().name).then(a.id.cmp(&b.id)));
        }
        Self::laid_out(entries.into_iter().map(spot).collect())
    }

    fn laid_out(mut spots: Vec<Spot>) -> Self {
        let latents: Vec<[f32; LATENTS]> = spots.iter().map(|spot| spot.latents).collect();
        let cells = ROOM * spots.len() as f32;
        let columns = ((cells * ASPECT).sqrt().ceil() as usize).max(1);
        let rows = ((cells / columns as f32).ceil() as usize).max(1);
        let wanted = spread(&Axes::of(&latents).project(&latents), [columns, rows]);
        for (spot, cell) in spots.iter_mut().zip(snap(&wanted, [columns, rows])) {
            spot.cell = cell;
        }
        Self { columns, rows, spots }
    }

    /// Where a sound lies, in parts of the width and height: in the middle of a preset's cell where it is that preset, in
    /// between where it is not. None on an empty map.
    #[must_use]
    pub fn place(&self, latents: &[f32; LATENTS]) -> Option<[f32; 2]> {
        let (mut sum, mut weights) = ([0.0; 2], 0.0);
        for spot in &self.spots {
            let weight = (distance(&spot.latents, latents) + 1e-6).powi(-NEARNESS);
            let middle = self.middle(spot);
            sum = [0, 1].map(|axis: usize| sum[axis] + weight * middle[axis]);
            weights += weight;
        }
        (weights > 0.0).then(|| sum.map(|sum| sum / weights))
    }

    /// The middle of a preset's cell, in parts of the width and height.
    #[must_use]
    pub fn middle(&self, spot: &Spot) -> [f32; 2] {
        let grid = [self.columns, self.rows];
        [0, 1].map(|axis: usize| (spot.cell[axis] as f32 + 0.5) / grid[axis] as f32)
    }

    /// The number of the preset that is next from that of number `from` in a direction, -1, 0 or 1 to the right and down.
    #[must_use]
    pub fn next(&self, from: usize, direction: [i32; 2]) -> Option<usize> {
        let at = |spot: &Spot| spot.cell.map(|cell| cell as i32);
        let here = at(self.spots.get(from)?);
        let cost = |spot: &Spot| {
            let away = [at(spot)[0] - here[0], at(spot)[1] - here[1]];
            let ahead = away[0] * direction[0] + away[1] * direction[1];
            let aside = (away[0] * direction[1]).abs() + (away[1] * direction[0]).abs();
            (ahead > 0).then_some(ahead + 2 * aside)
        };
        let costs = self.spots.iter().enumerate().filter_map(|(number, spot)| Some((cost(spot)?, number)));
        costs.min().map(|(_, number)| number)
    }
}

fn spot(entry: &Entry) -> Spot {
    let (card, family) = (entry.card(), entry.places[0].family().into());
    Spot { preset: entry.id, name: card.name.clone(), family, cell: [0; 2], latents: card.latents }
}

/// Squared distance.
fn distance(a: &[f32; LATENTS], b: &[f32; LATENTS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Where on the grid each point would like to be: nearly where it would lie if all were evenly apart along either axis, so
/// that a few far ones do not crowd the rest, and a little towards where it lies, so that groups stay groups.
fn spread(points: &[[f32; 2]], grid: [usize; 2]) -> Vec<[f32; 2]> {
    let mut wanted = vec![[0.0; 2]; points.len()];
    for axis in 0..2 {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&a, &b| points[a][axis].total_cmp(&points[b][axis]).then(a.cmp(&b)));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else { break };
        let (low, width) = (points[first][axis], (points[last][axis] - points[first][axis]).max(1e-9));
        for (rank, &point) in order.iter().enumerate() {
            let even = (rank as f32 + 0.5) / points.len() as f32;
            let along = EVEN * even + (1.0 - EVEN) * (points[point][axis] - low) / width;
            wanted[point][axis] = along * grid[axis] as f32 - 0.5;
        }
    }
    wanted
}

/// A cell for each point, no two the same: the nearest that is free, those in the middle first; then two exchange theirs,
/// or one takes a free one, wherever that brings them nearer to what they wanted.
fn snap(wanted: &[[f32; 2]], grid: [usize; 2]) -> Vec<[usize; 2]> {
    let cell = |number: usize| [number % grid[0], number / grid[0]];
    let far = |point: usize, number: usize| {
        let [x, y] = cell(number).map(|cell| cell as f32);
        (wanted[point][0] - x).powi(2) + (wanted[point][1] - y).powi(2)
    };
    let mut holders: Vec<Option<usize>> = vec![None; grid[0] * grid[1]];
    let centre = grid.map(|cells| 0.5 * (cells as f32 - 1.0));
    let from_centre = |point: usize| (wanted[point][0] - centre[0]).powi(2) + (wanted[point][1] - centre[1]).powi(2);
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| from_centre(a).total_cmp(&from_centre(b)).then(a.cmp(&b)));
    for point in order {
        let free = (0..holders.len()).filter(|&number| holders[number].is_none());
        if let Some(number) = free.min_by(|&a, &b| far(point, a).total_cmp(&far(point, b))) {
            holders[number] = Some(point);
        }
    }
    for _ in 0..ROUNDS {
        let mut has_changed = false;
        for a in 0..holders.len() {
            for b in 0..a {
                let cost = |first: Option<usize>, second: Option<usize>| {
                    first.map_or(0.0, |point| far(point, a)) + second.map_or(0.0, |point| far(point, b))
                };
                if cost(holders[b], holders[a]) + 1e-4 < cost(holders[a], holders[b]) {
                    holders.swap(a, b);
                    has_changed = true;
                }
            }
        }
        if !has_changed {
            break;
        }
    }
    let mut cells = vec![[0; 2]; wanted.len()];
    for (number, holder) in holders.into_iter().enumerate() {
        if let Some(point) = holder {
            cells[point] = cell(number);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// So many sounds in four heaps, far apart in two of sixteen directions.
    fn heaps(count: usize) -> Vec<Spot> {
        let spot = |number: usize| {
            let mut latents = [0.0; LATENTS];
            let noise = |step: usize| ((number * step) as f32 * 0.7).sin() * 0.1;
            (latents[3], latents[9]) = ((number % 2) as f32 * 1.6 - 0.8 + noise(3), (number / 2 % 2) as f32 + noise(7));
            let (preset, name) = (PresetId::of(&number.to_le_bytes()), number.to_string().into());
            Spot { preset, name, family: ["a", "b", "c", "d"][number % 4].into(), cell: [0; 2], latents }
        };
        (0..count).map(spot).collect()
    }

    #[test]
    fn every_preset_has_a_cell_of_its_own_and_the_same_presets_give_the_same_map() {
        for count in [0, 1, 2, 17, 198, MOST] {
            let chart = Chart::laid_out(heaps(count));
            let cells: HashSet<_> = chart.spots.iter().map(|spot| spot.cell).collect();
            assert_eq!(cells.len(), count);
            assert!(cells.iter().all(|&[column, row]| column < chart.columns && row < chart.rows));
            assert_eq!(chart, Chart::laid_out(heaps(count)));
        }
    }

    #[test]
    fn what_sounds_alike_lies_together() {
        let chart = Chart::laid_out(heaps(198));
        let near = |a: &Spot, b: &Spot| a.cell[0].abs_diff(b.cell[0]) + a.cell[1].abs_diff(b.cell[1]);
        let nearest = |spot: &Spot| {
            let others = chart.spots.iter().filter(|other| other.preset != spot.preset);
            others.min_by_key(|other| near(spot, other)).map(|other| other.family == spot.family)
        };
        let alike = chart.spots.iter().filter(|spot| nearest(spot) == Some(true)).count();
        assert!(alike > 170, "{alike} of 198 lie beside one of their heap");
    }

    #[test]
    fn a_preset_lies_in_its_cell_and_what_is_between_two_between_them() {
        let chart = Chart::laid_out(heaps(40));
        for spot in &chart.spots {
            let [x, y] = chart.place(&spot.latents).unwrap();
            let [right, down] = chart.middle(spot);
            assert!((x - right).abs() < 0.01 && (y - down).abs() < 0.01);
        }
        assert_eq!(Chart::default().place(&[0.0; LATENTS]), None);
    }

    #[test]
    fn arrows_lead_to_every_side_and_no_further_than_the_edge() {
        let chart = Chart::laid_out(heaps(60));
        for direction in [[1, 0], [-1, 0], [0, 1], [0, -1]] {
            let from_centre = |spot: &Spot| chart.middle(spot).map(|part| (part - 0.5).abs()).iter().sum::<f32>();
            let spots = chart.spots.iter().enumerate();
            let middle = spots.min_by(|(_, a), (_, b)| from_centre(a).total_cmp(&from_centre(b))).unwrap();
            let (mut at, mut steps) = (middle.0, 0);
            while let Some(next) = chart.next(at, direction) {
                let moved =
                    [0, 1].map(|axis: usize| chart.spots[next].cell[axis] as i32 - chart.spots[at].cell[axis] as i32);
                assert!(moved[0] * direction[0] + moved[1] * direction[1] > 0);
                (at, steps) = (next, steps + 1);
            }
            assert!((1..=chart.columns).contains(&steps), "{direction:?}: {steps}");
        }
    }
}
