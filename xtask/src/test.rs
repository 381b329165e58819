//! `cargo xtask test`: everything we check, one line per step at the end.
//!
//! The instrument is built in the release profile only. Its tests and its bundle use the same features of every
//! dependency, so the bundle comes of what the tests have already compiled. The tasks stay in the dev profile in which
//! they run.

mod pedalboard;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bundle::{self, Bundles};
use crate::demo;
use crate::factory;
use crate::footprint;
use crate::instructions;
use crate::pictures;
use crate::rights_bench;
use crate::rtproof;
use crate::workspace::Workspace;

/// Seconds of the piece that the test plays.
const DEMO_SECONDS: f64 = 20.0;

/// Blocks of the real-time proof that the test plays.
const PROOF_BLOCKS: u64 = 10_000;

/// How a step ended.
enum Outcome {
    Passed,
    /// It could not be run on this machine, and why.
    Skipped(String),
    Failed(String),
}

/// Runs all steps, also those after a failure, and prints a summary.
///
/// # Errors
/// If a step failed.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut report = Report::default();
    let cargo = |arguments: &str| workspace.cargo(&arguments.split(' ').collect::<Vec<_>>());
    report.step("format", || cargo("fmt --all --check"));
    report.step("lints of the tasks", || cargo("clippy --package xtask --all-targets -- -D warnings"));
    report.step("tests of the tasks", || cargo("test --package xtask"));
    report.step("companion alone", || cargo("build --release --no-default-features --bin zitherctl"));
    report.step("lints without the plugin", || {
        cargo("clippy --release --no-default-features --all-targets -- -D warnings")
    });
    report.step("lints", || cargo("clippy --release --all-targets -- -D warnings"));
    report.step("tests", || cargo("test --release"));
    report.step("pictures of the editor", || pictures::compare(workspace));
    report.add("instructions", || match instructions::obstacle() {
        Some(obstacle) => Ok(Outcome::Skipped(obstacle.to_owned())),
        None => instructions::run(workspace, &instructions::Options::default()).map(|()| Outcome::Passed),
    });
    report.step("rights bench, short", || rights_bench::short(workspace));
    report.step("a small factory model", || {
        factory::run(workspace, &factory::Options { quick: true, ..factory::Options::default() })
    });
    let mut bundles = None;
    report.step("bundle", || {
        bundles = Some(bundle::run(workspace)?);
        Ok(())
    });
    if let Some(bundles) = &bundles {
        report.add("pedalboard", || pedalboard::run(workspace, bundles));
        report.step("footprint", || footprint::run(bundles));
        report.step("demo", || short_demo(workspace, bundles));
        report.add("listening, short", || short_listening(workspace, bundles));
        report.add("real-time proof", || short_proof(workspace, bundles));
    }
    report.finish()
}

fn short_demo(workspace: &Workspace, bundles: &Bundles) -> Result<()> {
    let out = Some(workspace.target.join("demo-short"));
    demo::run(
        workspace,
        bundles,
        &demo::Options { seconds: Some(DEMO_SECONDS), rate: 48_000, block: 64, song: None, out },
    )
}

#[cfg(target_os = "linux")]
fn short_listening(workspace: &Workspace, bundles: &Bundles) -> Result<Outcome> {
    crate::listening::short(workspace, bundles).map(|()| Outcome::Passed)
}

#[cfg(not(target_os = "linux"))]
fn short_listening(_: &Workspace, _: &Bundles) -> Result<Outcome> {
    Ok(Outcome::Skipped("it needs Linux's account of threads".into()))
}

fn short_proof(workspace: &Workspace, bundles: &Bundles) -> Result<Outcome> {
    if !rtproof::SUPPORTED {
        return Ok(Outcome::Skipped("it needs Linux on x86-64 or AArch64".into()));
    }
    rtproof::run(workspace, &bundles.clap, &rtproof::Options { blocks: PROOF_BLOCKS, seed: 1 })?;
    Ok(Outcome::Passed)
}

/// What has been done so far.
#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Outcome, Duration)>,
}

impl Report {
    /// Runs a step that cannot be skipped.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        self.add(name, || work().map(|()| Outcome::Passed));
    }

    fn add(&mut self, name: &'static str, work: impl FnOnce() -> Result<Outcome>) {
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = work().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        if let Outcome::Failed(why) = &outcome {
            println!("{name} failed: {why}");
        }
        self.steps.push((name, outcome, start.elapsed()));
    }

    fn lines(&self) -> Vec<String> {
        let line = |(name, outcome, time): &(&str, Outcome, Duration)| {
            let (word, why) = match outcome {
                Outcome::Passed => ("ok", ""),
                Outcome::Skipped(why) => ("SKIPPED", why.as_str()),
                Outcome::Failed(why) => ("FAILED", why.as_str()),
            };
            format!("{name:<26} {:>7.1} s  {word} {why}", time.as_secs_f64()).trim_end().to_owned()
        };
        self.steps.iter().map(line).collect()
    }

    fn finish(&self) -> Result<()> {
        println!("\n=== summary");
        self.lines().iter().for_each(|line| println!("{line}"));
        let total: Duration = self.steps.iter().map(|(.., time)| *time).sum();
        let failed = self.steps.iter().filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed(_))).count();
        println!("{} steps in {:.0} s, {failed} failed", self.steps.len(), total.as_secs_f64());
        ensure!(failed == 0, "{failed} of {} steps failed", self.steps.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_whole_and_the_next_ones_still_run() {
        let mut report = Report::default();
        report.step("first", || anyhow::bail!("planted"));
        report.step("second", || Ok(()));
        report.add("third", || Ok(Outcome::Skipped("no such host".into())));
        let lines = report.lines();
        assert!(lines[0].ends_with("FAILED planted"), "{lines:?}");
        assert!(lines[1].ends_with("ok"), "{lines:?}");
        assert!(lines[2].ends_with("SKIPPED no such host"), "{lines:?}");
        assert!(report.finish().is_err());
    }

    #[test]
    fn a_skipped_step_fails_nothing() {
        let mut report = Report::default();
        report.add("only", || Ok(Outcome::Skipped("no such host".into())));
        assert!(report.finish().is_ok());
    }
}
