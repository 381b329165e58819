//! `cargo xtask instructions`: how many instructions a sample of a voice takes, held to a stored budget.
//!
//! Times depend on the machine and on what else it does; counts do not. Callgrind plays short scenarios of the benchmark on
//! a processor of its own making that has AVX2 and not AVX-512, so one budget holds for every x86-64 machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::{self, Workspace};

/// The scenarios that are counted.
const SCENARIOS: [&str; 3] = ["1v", "16v_block32", "silence"];
/// The function of the benchmark whose instructions count, callees included.
const COUNTED: &str = "zither_counted_block";
/// Where the budget stands, below the root: instructions per sample and voice, by scenario; where no voice sounds, per
/// sample.
const BUDGET: &str = "benches/instructions.json";
/// What a count may lie above its budget, as a share: another compiler may take that liberty.
const ALLOWED: f64 = 0.05;

type Counts = BTreeMap<String, f64>;

/// What to do with the counts.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Writes the counts as the new budget.
    #[arg(long)]
    pub(crate) write: bool,
}

/// Why counts would mean nothing on this machine, if so.
pub(crate) fn obstacle() -> Option<&'static str> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    return (!std::is_x86_feature_detected!("avx2")).then_some("the budget is for processors with AVX2");
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    return Some("the budget is for Linux on x86-64");
}

/// Counts, and compares with the budget or writes it.
///
/// # Errors
/// If the benchmark or valgrind does not run, or a scenario takes more than its budget allows.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let bench = build(workspace)?;
    let counts = SCENARIOS
        .map(|name| Ok((name.to_owned(), count(workspace, &bench, name)?)))
        .into_iter()
        .collect::<Result<Counts>>()?;
    let path = workspace.root.join(BUDGET);
    if options.write {
        fs::write(&path, serde_json::to_string_pretty(&counts)? + "\n").context("cannot write the budget")?;
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {BUDGET}"))?;
    let (lines, over) = compare(&counts, &serde_json::from_str(&text)?);
    lines.iter().for_each(|line| println!("{line}"));
    ensure!(
        over.is_empty(),
        "{} beyond the budget in {BUDGET}; if that is meant, `cargo xtask instructions --write` renews it",
        over.join(", ")
    );
    Ok(())
}

/// Builds the benchmark and finds the program.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    // Incremental builds cut the code into other units and inline less.
    let mut cargo = workspace.cargo_command();
    cargo.args(["bench", "--bench", "scenarios", "--no-run", "--message-format=json-render-diagnostics"]);
    let output = cargo.env("CARGO_INCREMENTAL", "0").stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the benchmark does not build");
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let program = messages.lines().find_map(benchmark);
    program.context("cargo names no program of the benchmark")
}

/// The benchmark's program, if a message of cargo's tells of it: the package's own programs are built as well, in no
/// order.
fn benchmark(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message["target"]["kind"].as_array()?.iter().find(|kind| *kind == "bench")?;
    Some(PathBuf::from(message["executable"].as_str()?))
}

/// Instructions per sample and voice of a scenario.
fn count(workspace: &Workspace, bench: &Path, scenario: &str) -> Result<f64> {
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--toggle-collect={COUNTED}"));
    command.arg(format!("--callgrind-out-file={}", workspace.target.join("callgrind.out").display()));
    let output = command.arg(bench).args(["--count", scenario]).output().context("cannot run valgrind")?;
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let reading = || format!("`{}` says\n{said}{told}", workspace::line(&command));
    let instructions = number_after(&told, "Collected : ").with_context(reading)?;
    let samples = number_after(&said, " samples=").with_context(reading)?;
    let voice_samples = number_after(&said, " voice_samples=").with_context(reading)?;
    let per = if voice_samples > 0.0 { voice_samples } else { samples };
    Ok((100.0 * instructions / per).round() / 100.0)
}

/// The number that follows `label`, if it is above none.
fn number_after(text: &str, label: &str) -> Option<f64> {
    text.split_once(label)?.1.split_whitespace().next()?.parse().ok()
}

/// A line for each count, and those that are beyond their budget.
fn compare(counts: &Counts, budget: &Counts) -> (Vec<String>, Vec<String>) {
    let change = |name: &str, count: f64| budget.get(name).map(|budget| count / budget - 1.0);
    let line = |(name, &count): (&String, &f64)| match change(name, count) {
        Some(change) => format!("[instructions:{name}] per_sample_voice={count} change={:+.2}%", 100.0 * change),
        None => format!("[instructions:{name}] per_sample_voice={count} change=none, no budget"),
    };
    let over = counts.iter().filter_map(|(name, &count)| match change(name, count) {
        Some(change) if change <= ALLOWED => None,
        Some(change) => Some(format!("{name} is {:.1} %", 100.0 * change)),
        None => Some(format!("{name} has none: it is")),
    });
    (counts.iter().map(line).collect(), over.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: [f64; 2]) -> Counts {
        [("1v".to_owned(), values[0]), ("silence".to_owned(), values[1])].into()
    }

    #[test]
    fn a_count_within_the_budget_passes_and_one_beyond_it_is_named() {
        let budget = counts([200.0, 2.0]);
        assert!(compare(&counts([209.0, 1.0]), &budget).1.is_empty());
        assert_eq!(compare(&counts([211.0, 2.0]), &budget).1, ["1v is 5.5 %"]);
    }

    #[test]
    fn a_scenario_without_a_budget_does_not_pass() {
        let budget: Counts = [("1v".to_owned(), 200.0)].into();
        assert_eq!(compare(&counts([200.0, 2.0]), &budget).1.len(), 1);
    }

    #[test]
    fn what_the_tools_print_is_read() {
        let told = "==7== Events    : Ir\n==7== Collected : 5114080\n==7==\n";
        assert_eq!(number_after(told, "Collected : "), Some(5_114_080.0));
        let said = "[count:1v] samples=102400 voice_samples=51200\n";
        assert_eq!(
            (number_after(said, " samples="), number_after(said, " voice_samples=")),
            (Some(102_400.0), Some(51_200.0))
        );
        let message =
            |kind| format!(r#"{{"target":{{"kind":["{kind}"]}},"executable":"/t/release/deps/scenarios-1"}}"#);
        assert_eq!(benchmark(&message("bench")), Some(PathBuf::from("/t/release/deps/scenarios-1")));
        assert_eq!(benchmark(&message("bin")), None);
        assert_eq!(benchmark(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
