//! Pictures of judged notes: original, model and oracle side by side.

use std::path::Path;

use anyhow::{Context, Result};

use super::choice::Choice;
use super::measurement::{Measurement, Section};
use super::take::{Player, Studio, Take};
use crate::analysis::frames::ANALYSIS_RATE;
use crate::media::sheet::{Arrangement, write_sheet};

/// So many families are drawn, each by the note that lies in its middle.
const FAMILIES: usize = 12;
/// So many of the worst notes of each section are drawn.
const WORST: usize = 3;

/// Draws a typical note of each family of the trained instruments, and the worst notes of every section, with the
/// original on the left, then the model, then the oracle. Names tell which, and the model's `lmd`.
pub(super) fn draw(folder: &Path, studio: &Studio, choices: &[Choice], measurements: &[Measurement]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut chosen: Vec<(String, &Measurement)> =
        typical(measurements).into_iter().map(|measurement| ("typical".to_owned(), measurement)).collect();
    for section in Section::ALL {
        let worst = sorted(measurements.iter().filter(|measurement| measurement.section == section));
        let numbered = worst.into_iter().rev().take(WORST).enumerate();
        chosen.extend(numbered.map(|(index, measurement)| (format!("worst{}", index + 1), measurement)));
    }
    for (reason, measurement) in chosen {
        let Some(take) = play_again(studio, choices, measurement)? else { continue };
        let by =
            |player: Player| take.played.iter().find(|(who, _)| *who == player).map(|(_, samples)| samples.as_slice());
        let players = [Player::Model, Player::Oracle].into_iter().filter_map(by);
        let recordings: Vec<&[f32]> = std::iter::once(take.reference.as_slice()).chain(players).collect();
        let (section, instrument, note) = (measurement.section.name(), &measurement.instrument, measurement.note);
        let path = folder.join(format!("{section}_{reason}_{instrument}_{note}_lmd{:.1}.png", lmd(measurement)));
        write_sheet(&path, &recordings, ANALYSIS_RATE, Arrangement::Beside)?;
    }
    println!("sheets in {}", folder.display());
    Ok(())
}

/// The note in the middle of each family's.
fn typical(measurements: &[Measurement]) -> Vec<&Measurement> {
    let trained = || measurements.iter().filter(|measurement| measurement.section == Section::Trained);
    let mut families: Vec<&str> = trained().map(Measurement::family).collect();
    families.sort_unstable();
    families.dedup();
    let middle = |family: &str| {
        let of_family = sorted(trained().filter(|measurement| measurement.family() == family));
        of_family[of_family.len() / 2]
    };
    families.into_iter().take(FAMILIES).map(middle).collect()
}

/// By the model's distance, the nearest first.
fn sorted<'a>(measurements: impl Iterator<Item = &'a Measurement>) -> Vec<&'a Measurement> {
    let mut measurements: Vec<_> = measurements.collect();
    measurements.sort_by(|a, b| lmd(a).total_cmp(&lmd(b)));
    measurements
}

fn lmd(measurement: &Measurement) -> f32 {
    measurement.by(Player::Model).map_or(f32::NAN, |judgement| judgement.distances.lmd)
}

/// The sounds behind a measurement.
fn play_again(studio: &Studio, choices: &[Choice], measurement: &Measurement) -> Result<Option<Take>> {
    let is_its = |choice: &&Choice, dropped: bool| {
        choice.instrument == measurement.instrument && Section::of(choice.group, dropped) == measurement.section
    };
    for is_dropped in [false, true] {
        if let Some(choice) = choices.iter().find(|choice| is_its(choice, is_dropped)) {
            let takes = studio.takes(choice)?;
            let wanted = |take: &Take| take.is_dropped == is_dropped && take.note == measurement.note;
            return Ok(takes.into_iter().find(wanted));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::measurement;
    use super::*;

    #[test]
    fn a_family_is_shown_by_its_middle_note() {
        let lmds = [5.0, 1.0, 3.0, 2.0, 4.0];
        let mut notes: Vec<_> = lmds.iter().map(|lmd| measurement("piano_000_000", *lmd)).collect();
        notes.push(measurement("bass_000_032", 9.0));
        assert_eq!(typical(&notes).into_iter().map(lmd).collect::<Vec<_>>(), [9.0, 3.0]);
    }
}
