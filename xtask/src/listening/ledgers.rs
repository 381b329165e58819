//! What the plugin wrote down of a play.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::workspace::{self, Workspace};

/// Seconds by which two stretches may overlap: rows are rounded.
const ROUNDED: f64 = 0.01;

/// All ledgers together.
#[derive(Default)]
pub(super) struct Account {
    /// How many there are.
    pub(super) ledgers: usize,
    /// Seconds of all streams that were checked, and that were not.
    pub(super) checked: f64,
    pub(super) unchecked: f64,
    /// Works that were told: each once for each stream.
    pub(super) told: usize,
    /// What is not as it should be.
    pub(super) faults: Vec<String>,
}

/// A stretch that a row tells of, in seconds: from, to.
type Stretch = (f64, f64);

impl Account {
    /// Reads and verifies the ledgers of a folder; there are none where nothing was listened to.
    ///
    /// # Errors
    /// If one cannot be read, or is not as the plugin wrote it.
    pub(super) fn of(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let mut account = Self::default();
        let files = if folder.exists() { Some(fs::read_dir(folder)?) } else { None };
        for file in files.into_iter().flatten() {
            let file = file?.path();
            if file.extension().is_none_or(|end| end != "jsonl") {
                continue;
            }
            let mut command = workspace.zitherctl();
            let verified = command.args(["rights", "ledger", "verify"]).arg(&file).output()?;
            ensure!(verified.status.success(), "`{}`: {}", workspace::line(&command), text(&verified.stderr));
            let rows = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let rows: Vec<Value> = rows.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
            account.add(&rows);
        }
        Ok(account)
    }

    /// Adds a ledger.
    fn add(&mut self, rows: &[Value]) {
        let (mut told, mut covered) = (BTreeSet::new(), BTreeMap::<String, Vec<Stretch>>::new());
        for row in rows {
            let (source, time) = (row["source"].to_string(), &row["project_time"]);
            let stretch = (number(&time["from"]), number(&time["to"]));
            if row["kind"] == "match" && row["shown"] == true {
                told.insert((source, row["work"]["id"].to_string()));
            } else if row["kind"] == "coverage" {
                let (seconds, share) = (stretch.1 - stretch.0, number(&row["checked"]));
                self.checked += share * seconds;
                self.unchecked += (1.0 - share) * seconds;
                covered.entry(source).or_default().push(stretch);
            }
        }
        self.ledgers += 1;
        self.told += told.len();
        let ledger = self.ledgers;
        let twice = covered.into_iter().filter_map(|(source, stretches)| Some((source, overlap(stretches)?)));
        self.faults.extend(twice.map(|(source, (from, to))| {
            format!("ledger {ledger} covers {from:.2} to {to:.2} s of its {source} twice")
        }));
    }
}

/// The first stretch that two of them cover.
fn overlap(mut stretches: Vec<Stretch>) -> Option<Stretch> {
    stretches.sort_by(|one, other| one.0.total_cmp(&other.0));
    let twice = |pair: &[Stretch]| (pair[0].1 - pair[1].0 > ROUNDED).then(|| (pair[1].0, pair[0].1.min(pair[1].1)));
    stretches.windows(2).find_map(twice)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coverage(source: &str, from: f64, to: f64, checked: f64) -> Value {
        let time = json!({"from": from, "to": to});
        json!({"kind": "coverage", "source": source, "project_time": time, "checked": checked})
    }

    fn told(work: &str, shown: bool) -> Value {
        json!({"kind": "match", "source": "sidechain", "work": {"id": work}, "shown": shown})
    }

    #[test]
    fn seconds_are_summed_by_whether_they_were_checked_and_a_work_counts_once_for_a_stream() {
        let mut account = Account::default();
        let checked = [coverage("sidechain", 0.0, 30.0, 1.0), coverage("sidechain", 30.0, 31.0, 0.0)];
        account.add(&[&checked[..], &[told("a", true), told("a", true), told("b", false)]].concat());
        account.add(&[coverage("output", 0.0, 31.0, 1.0), told("a", true)]);
        assert_eq!((account.ledgers, account.told), (2, 2));
        assert_eq!((account.checked, account.unchecked), (61.0, 1.0));
        assert!(account.faults.is_empty(), "{:?}", account.faults);
    }

    #[test]
    fn a_stretch_that_is_covered_twice_is_a_fault_and_one_of_two_streams_is_not() {
        let mut account = Account::default();
        account.add(&[coverage("output", 5.0, 9.0, 1.0), coverage("output", 0.0, 6.0, 1.0)]);
        account.add(&[coverage("output", 0.0, 6.0, 1.0), coverage("sidechain", 5.0, 9.0, 1.0)]);
        assert_eq!(account.faults.len(), 1);
        assert!(account.faults[0].contains("5.00 to 6.00"), "{:?}", account.faults);
    }
}
