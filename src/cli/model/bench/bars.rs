//! What a model must come to: all bars in one table.

use super::measurement::{COLUMNS, Section};
use super::report::Total;
use super::take::Player;

/// Which number of a total is held to a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// The mean of a column.
    Mean(&'static str),
    /// Its 90th percentile.
    P90(&'static str),
    /// The mean `lmd` of the worst family.
    WorstFamily,
}

/// A largest value.
struct Bar {
    section: Section,
    player: Player,
    figure: Figure,
    most: f32,
}

const fn bar(section: Section, player: Player, figure: Figure, most: f32) -> Bar {
    Bar { section, player, figure, most }
}

/// Largest values in dB.
const BARS: [Bar; 8] = [
    bar(Section::Trained, Player::Model, Figure::Mean("lmd"), 3.5),
    bar(Section::Trained, Player::Model, Figure::P90("lmd"), 5.3),
    bar(Section::Trained, Player::Model, Figure::Mean("att"), 4.0),
    bar(Section::Trained, Player::Model, Figure::Mean("mrlog"), 5.7),
    bar(Section::Trained, Player::Model, Figure::WorstFamily, 5.5),
    bar(Section::Trained, Player::Oracle, Figure::Mean("lmd"), 1.3),
    bar(Section::Unseen, Player::Model, Figure::Mean("lmd"), 6.6),
    bar(Section::Other, Player::Model, Figure::Mean("lmd"), 6.6),
];

/// What lies above its bar, each as a sentence; a section that was not measured is not held to its bars.
pub(super) fn faults(totals: &[Total]) -> Vec<String> {
    let fault = |bar: &Bar| {
        let total = totals.iter().find(|total| (total.section, total.player) == (bar.section, bar.player))?;
        let (what, value) = match bar.figure {
            Figure::Mean(name) => (name.to_owned(), total.spreads[column(name)].mean),
            Figure::P90(name) => (format!("{name} p90"), total.spreads[column(name)].p90),
            Figure::WorstFamily => ("lmd of the worst family".to_owned(), total.worst_family.1),
        };
        let (section, player) = (bar.section.name(), bar.player.name());
        // Written so that a figure that is no number is a fault.
        let is_met = value <= bar.most;
        (!is_met).then(|| format!("{section} notes by {player}: {what} is {value:.2} dB, the bar is {}", bar.most))
    };
    BARS.iter().filter_map(fault).collect()
}

fn column(name: &str) -> usize {
    COLUMNS.iter().position(|(column, _)| *column == name).expect("bars name columns that are measured")
}

#[cfg(test)]
mod tests {
    use super::super::report::print_report;
    use super::super::report::tests::measurement;
    use super::*;

    #[test]
    fn every_bar_names_a_column() {
        for bar in &BARS {
            if let Figure::Mean(name) | Figure::P90(name) = bar.figure {
                assert!(COLUMNS[column(name)].0 == name && bar.most > 0.0);
            }
        }
    }

    #[test]
    fn what_is_too_far_off_is_named_and_the_rest_is_not() {
        assert!(faults(&print_report(&[measurement("piano_000_000", 1.0)])).is_empty());
        let far = faults(&print_report(&[measurement("piano_000_000", 50.0)]));
        assert!(far.iter().any(|fault| fault.starts_with("trained notes by model: lmd is 50.00 dB")), "{far:?}");
        assert!(!faults(&print_report(&[measurement("piano_000_000", f32::NAN)])).is_empty());
    }
}
