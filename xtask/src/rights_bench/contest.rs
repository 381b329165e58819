//! Both matchers asked the same, and the table of what came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use audiofp::matching::{PanakoIndex, WangIndex};

use crate::workspace::Workspace;

use super::report::Reports;
use super::rival::{Rival, Style};
use super::score::{Score, score};
use super::set::Set;
use super::table::{self, Column};
use super::truth::{self, Kind};
use super::zither::Zither;

/// Asks Zither and `audiofp` all of a set with its padded catalogue, and prints the table. What they said stays in `out`.
///
/// # Errors
/// If a matcher cannot be run or a file not be read.
pub(super) fn full(workspace: &Workspace, set: &Set, out: &Path, labels: bool) -> Result<()> {
    let catalogue = set.padded();
    let (ours, values) = zither(workspace, set, &catalogue, out)?;
    let ours = Column { name: "zither".into(), values: [ours.lines(labels), values].concat() };
    let wang = rival::<WangIndex>(set, &catalogue, out, labels)?;
    let panako = rival::<PanakoIndex>(set, &catalogue, out, labels)?;
    table::lines(&[ours, wang, panako]).iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Hits of the own decision that the short form insists on, in percent of all its excerpts, chains included.
const FLOOR: f64 = 60.0;

/// Asks Zither a small set, prints what came of it and insists on what may never fail: everything clean is found, and
/// nothing is shown that is not there.
///
/// # Errors
/// If Zither cannot be run or a floor is not held.
pub(super) fn short(workspace: &Workspace, set: &Set, out: &Path) -> Result<()> {
    let (ours, values) = zither(workspace, set, &set.catalogue(), out)?;
    let column = Column { name: "zither".into(), values: [ours.lines(false), values].concat() };
    table::lines(&[column]).iter().for_each(|line| println!("{line}"));
    let faults = faults(&ours);
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    Ok(())
}

/// What falls below the floors of the short form.
fn faults(score: &Score) -> Vec<String> {
    let mut faults = Vec::new();
    let clean = |name: &str| name.starts_with("clean") && name != "clean 1 s";
    for (family, share) in score.families.iter().filter(|(family, _)| clean(family)) {
        if share.hits < share.of {
            faults.push(format!("{family}: only {share} found"));
        }
    }
    for (what, count) in [
        ("clips without any catalogue music", score.own.falses.hits),
        ("excerpts of other tracks", score.own.wrong.hits),
        ("places of streams", score.streams.alarms),
    ] {
        if count > 0 {
            faults.push(format!("{count} {what} were taken for a track"));
        }
    }
    if score.own.hits.percent() < FLOOR {
        faults.push(format!("shown: {}, which is below {FLOOR} %", score.own.hits));
    }
    faults
}

/// Zither's score, and what it costs.
fn zither(workspace: &Workspace, set: &Set, catalogue: &Path, out: &Path) -> Result<(Score, Vec<(String, String)>)> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let seconds = seconds(&files(catalogue)?)?;
    let zither = Zither::index(workspace, catalogue, out)?;
    let (mut reports, _) = zither.ask(&set.queries(), out, "queries")?;
    let streams = set.streams();
    let (more, cost) = zither.ask(&streams, out, "streams")?;
    reports.extend(more);
    let length: f64 = set.truths.iter().filter(|truth| truth.kind == Kind::Session).map(|truth| truth.length).sum();
    let values = vec![
        ingest(seconds, zither.build.processor),
        size("index size", zither.bytes()? as f64, seconds),
        measure("opening", format!("{:.1} ms", 1_000.0 * zither.opening(out)?.as_secs_f64())),
        measure("live load, mean", format!("{:.2} % of a core", 100.0 * cost.processor.as_secs_f64() / length)),
        measure("private memory", format!("{:.1} MB", cost.private as f64 / 1e6)),
    ];
    Ok((score(&set.truths, &Reports::new(reports)), values))
}

fn rival<S: Style>(set: &Set, catalogue: &Path, out: &Path, labels: bool) -> Result<Column> {
    let tracks = files(catalogue)?;
    let rival = Rival::<S>::learn(&tracks)?;
    let mut reports = rival.clips(&set.queries())?;
    reports.extend(rival.streams(&set.streams())?);
    truth::write_lines(&out.join(S::NAME).with_extension("jsonl"), &reports)?;
    let seconds = seconds(&tracks)?;
    let mut values = score(&set.truths, &Reports::new(reports)).lines(labels);
    values.push(ingest(seconds, rival.ingest));
    values.push(size("index size", rival.bytes() as f64, seconds));
    Ok(Column { name: S::NAME.into(), values })
}

fn measure(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}

fn ingest(seconds: f64, processor: Duration) -> (String, String) {
    measure("ingest", format!("{:.0} x real time", seconds / processor.as_secs_f64()))
}

fn size(name: &str, bytes: f64, seconds: f64) -> (String, String) {
    measure(name, format!("{:.2} MB/h", bytes / 1e6 / (seconds / 3_600.0)))
}

/// The paths of a list.
fn files(list: &Path) -> Result<Vec<PathBuf>> {
    let text = fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    Ok(text.lines().map(PathBuf::from).collect())
}

/// How long all files are together.
fn seconds(files: &[PathBuf]) -> Result<f64> {
    files.iter().map(|path| super::clip::seconds(path)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::statistics::Share;

    #[test]
    fn a_clean_excerpt_missed_or_anything_false_fails_the_short_form() {
        let score = || score(&[], &Reports::new([]));
        let (missed, none) = (("clean 2 s".to_owned(), Share { hits: 3, of: 4 }), Share { hits: 0, of: 9 });
        let mut good = score();
        good.own.hits = Share { hits: 9, of: 9 };
        good.families = vec![("clean 1 s".to_owned(), none)];
        assert_eq!(faults(&good), Vec::<String>::new());
        let spoils: [&dyn Fn(&mut Score); 5] = [
            &|score| score.families = vec![missed.clone()],
            &|score| score.own.falses.hits = 1,
            &|score| score.own.wrong.hits = 1,
            &|score| score.streams.alarms = 1,
            &|score| score.own.hits.hits = 2,
        ];
        for spoil in spoils {
            let mut bad = score();
            bad.own.hits = Share { hits: 9, of: 9 };
            spoil(&mut bad);
            assert_eq!(faults(&bad).len(), 1);
        }
    }
}
