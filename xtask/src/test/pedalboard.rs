//! The VST3 bundle in pedalboard, a Python package that hosts plugins by way of JUCE.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::bundle::Bundles;
use crate::workspace::{self, Workspace};

/// What is asked of PyPI.
const PACKAGES: [&str; 2] = ["pedalboard==0.9.26", "numpy"];

/// Makes a virtual environment in the target folder if there is none, and lets `tests/pedalboard/play.py` judge.
///
/// # Errors
/// If the bundle does not play as it should.
pub(super) fn run(workspace: &Workspace, bundles: &Bundles) -> Result<Outcome> {
    let python = match environment(workspace) {
        Ok(python) => python,
        Err(why) => return Ok(Outcome::Skipped(format!("{why:#}"))),
    };
    let script = workspace.root.join("tests").join("pedalboard").join("play.py");
    workspace::run(Command::new(python).arg(script).arg(&bundles.vst3))?;
    Ok(Outcome::Passed)
}

/// The interpreter of an environment with the packages in it.
fn environment(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("pedalboard");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !python.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        workspace::run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    workspace::run(pip.args(PACKAGES))
        .map_err(|error| error.context("PyPI could not be reached or lacks a package"))?;
    Ok(python)
}
