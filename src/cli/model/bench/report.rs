//! The report of a sound measurement: tables by family, one line each for machines, and a list of every note.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::measurement::{COLUMNS, Judgement, Measurement, Section, Spread};
use super::take::Player;

/// The spread of every column over one section and player.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Total {
    pub(super) section: Section,
    pub(super) player: Player,
    /// In the order of [`COLUMNS`].
    pub(super) spreads: [Spread; COLUMNS.len()],
    pub(super) notes: usize,
    /// The family whose mean `lmd` is largest, and that mean.
    pub(super) worst_family: (usize, f32),
}

/// Prints tables and lines; returns what the lines say.
pub(super) fn print_report(measurements: &[Measurement]) -> Vec<Total> {
    let mut totals = Vec::new();
    for section in Section::ALL {
        let of_section: Vec<&Measurement> = measurements.iter().filter(|m| m.section == section).collect();
        for player in Player::ALL {
            let judged: Vec<(&str, &Judgement)> =
                of_section.iter().filter_map(|m| Some((m.family(), m.by(player)?))).collect();
            if !judged.is_empty() {
                totals.push(print_table(section, player, &judged));
            }
        }
    }
    println!();
    totals.iter().for_each(|total| println!("{}", total.line()));
    totals
}

fn print_table(section: Section, player: Player, judged: &[(&str, &Judgement)]) -> Total {
    println!("\n{} notes by {}: dB, mean / median / p90", section.name(), player.name());
    print!("{:<22}{:>5}", "family", "notes");
    COLUMNS.iter().for_each(|(name, _)| print!("{name:>22}"));
    println!();
    let mut families: Vec<&str> = judged.iter().map(|(family, _)| *family).collect();
    families.sort_unstable();
    families.dedup();
    let mut worst_family = (0, 0.0);
    for (index, family) in families.iter().enumerate() {
        let of_family: Vec<_> =
            judged.iter().filter(|(name, _)| name == family).map(|(_, judgement)| *judgement).collect();
        let spreads = print_row(family, &of_family);
        if spreads[0].mean > worst_family.1 {
            worst_family = (index, spreads[0].mean);
        }
    }
    let all: Vec<_> = judged.iter().map(|(_, judgement)| *judgement).collect();
    Total { section, player, spreads: print_row("all", &all), notes: judged.len(), worst_family }
}

fn print_row(name: &str, judgements: &[&Judgement]) -> [Spread; COLUMNS.len()] {
    let spreads = COLUMNS.map(|(_, column)| Spread::of(judgements.iter().map(|judgement| column(judgement))));
    print!("{name:<22}{:>5}", judgements.len());
    for spread in &spreads {
        print!("{:>8.2} /{:>5.2} /{:>5.2}", spread.mean, spread.median, spread.p90);
    }
    println!();
    spreads
}

impl Total {
    fn line(&self) -> String {
        let mut line = format!("[sound:{}] {}", self.section.name(), self.player.name());
        for ((name, _), spread) in COLUMNS.iter().zip(&self.spreads) {
            let Spread { mean, median, p90 } = spread;
            write!(line, " {name}={mean:.3} {name}_median={median:.3} {name}_p90={p90:.3}").expect("a text grows");
        }
        write!(line, " worst_family={:.3} notes={}", self.worst_family.1, self.notes).expect("a text grows");
        line
    }
}

/// Writes one line for each note and player.
pub(super) fn write_csv(path: &Path, measurements: &[Measurement]) -> Result<()> {
    let mut text = "section,family,instrument,pitch,velocity,hold_ms,player".to_owned();
    COLUMNS.iter().for_each(|(name, _)| text.extend([",", name]));
    text.push('\n');
    for measurement in measurements {
        let Measurement { section, instrument, note, .. } = measurement;
        for (player, judgement) in &measurement.judgements {
            let (section, family, player) = (section.name(), measurement.family(), player.name());
            let (pitch, velocity, hold_ms) = (note.pitch, note.velocity, note.hold_ms);
            write!(text, "{section},{family},{instrument},{pitch},{velocity},{hold_ms},{player}")
                .expect("a text grows");
            for (_, column) in COLUMNS {
                write!(text, ",{:.3}", column(judgement)).expect("a text grows");
            }
            text.push('\n');
        }
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::analysis::distance::Distances;
    use crate::media::note::NoteName;

    /// A note of the first section whose distance by the model is `lmd`, by the oracle half of it.
    pub(crate) fn measurement(instrument: &str, lmd: f32) -> Measurement {
        let judgement =
            |lmd: f32| Judgement { distances: Distances { lmd, ..Distances::default() }, ..Judgement::default() };
        Measurement {
            section: Section::Trained,
            instrument: instrument.to_owned(),
            note: NoteName { pitch: 61, velocity: 70, hold_ms: 2_500 },
            judgements: vec![(Player::Model, judgement(lmd)), (Player::Oracle, judgement(0.5 * lmd))],
        }
    }

    #[test]
    fn totals_are_taken_over_all_notes_and_the_worst_family_is_told() {
        let notes =
            [measurement("piano_000_000", 1.0), measurement("bass_000_032", 4.0), measurement("bass_000_033", 6.0)];
        let [model, oracle] = print_report(&notes)[..] else { panic!("two players") };
        assert_eq!((model.player, oracle.player, model.notes), (Player::Model, Player::Oracle, 3));
        assert!((model.spreads[0].mean - 11.0 / 3.0).abs() < 1e-6 && (oracle.worst_family.1 - 2.5).abs() < 1e-6);
        assert!(model.line().starts_with("[sound:trained] model lmd=3.667 lmd_median=4.000 lmd_p90=6.000 att=0.000"));
    }

    #[test]
    fn the_list_has_a_line_for_each_note_and_player() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.csv");
        write_csv(&path, &[measurement("piano_000_000", 1.0)]).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
        assert!(lines[2].starts_with("trained,piano,piano_000_000,61,70,2500,oracle,0.500,"));
    }
}
