//! The report of a sound measurement: a table by family, and one line each for machines.

use crate::analysis::distance::Distances;

/// What was measured, in the order of [`Measurement::distances`].
pub(super) const KINDS: [&str; 3] = ["model", "oracle", "multisample"];

/// One judged note.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    /// Instrument and note.
    pub(super) name: String,
    /// The instrument's family.
    pub(super) family: String,
    /// Distances of model, oracle and sampler from the original.
    pub(super) distances: [Distances; 3],
}

/// One distance: what it is called, and how it is read.
type Column = (&'static str, fn(&Distances) -> f32);

const COLUMNS: [Column; 4] = [("lmd", |d| d.lmd), ("att", |d| d.att), ("mrlog", |d| d.mrlog), ("ton", |d| d.ton)];

/// Prints tables and lines; returns the means over all notes.
pub(super) fn print_report(measurements: &[Measurement]) -> [Distances; 3] {
    let mut families: Vec<&str> = measurements.iter().map(|measurement| measurement.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    for (kind, title) in KINDS.iter().enumerate() {
        println!("\n{title}: distance in dB, mean / median / p90");
        print!("{:<22}{:>5}", "family", "notes");
        COLUMNS.iter().for_each(|(name, _)| print!("{name:>23}"));
        println!();
        for family in families.iter().copied().map(Some).chain([None]) {
            let chosen = measurements.iter().filter(|measurement| family.is_none_or(|f| f == measurement.family));
            let chosen: Vec<_> = chosen.map(|measurement| measurement.distances[kind]).collect();
            print!("{:<22}{:>5}", family.unwrap_or("all"), chosen.len());
            for (_, column) in COLUMNS {
                let spread = Spread::of(chosen.iter().map(column));
                print!("{:>9.2} /{:>5.2} /{:>5.2}", spread.mean, spread.median, spread.p90);
            }
            println!();
        }
    }
    println!();
    std::array::from_fn(|kind| {
        let spreads = COLUMNS.map(|(_, column)| Spread::of(measurements.iter().map(|m| column(&m.distances[kind]))));
        let [lmd, att, mrlog, ton] = spreads;
        println!(
            "[sound:{}] lmd={:.3} p90={:.3} att={:.3} mrlog={:.3} ton={:.3} notes={}",
            KINDS[kind],
            lmd.mean,
            lmd.p90,
            att.mean,
            mrlog.mean,
            ton.mean,
            measurements.len()
        );
        Distances { lmd: lmd.mean, att: att.mean, mrlog: mrlog.mean, ton: ton.mean }
    })
}

/// How a set of values, at least one, is spread.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    mean: f32,
    median: f32,
    p90: f32,
}

impl Spread {
    fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut values: Vec<f32> = values.collect();
        values.sort_by(f32::total_cmp);
        let last = values.len() - 1;
        let quantile = |share: f32| values[(share * last as f32).round() as usize];
        Self { mean: values.iter().sum::<f32>() / values.len() as f32, median: quantile(0.5), p90: quantile(0.9) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_the_sorted_values() {
        let spread = Spread::of([10.0, 2.0, 1.0, 3.0, 9.0, 4.0, 5.0, 7.0, 6.0, 8.0, 0.0].into_iter());
        assert_eq!(spread, Spread { mean: 5.0, median: 5.0, p90: 9.0 });
    }

    #[test]
    fn means_are_taken_over_all_notes() {
        let measurement = |lmd: f32| {
            let distances = [1.0, 2.0, 3.0].map(|factor| Distances { lmd: factor * lmd, ..Distances::default() });
            Measurement { name: "n".into(), family: "f".into(), distances }
        };
        let means = print_report(&[measurement(1.0), measurement(3.0)]);
        assert_eq!(means.map(|mean| mean.lmd), [2.0, 4.0, 6.0]);
    }
}
