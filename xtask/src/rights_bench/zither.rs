//! Zither, asked through its companion as a user would.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};

use super::process::{self, Cost};
use super::report::Report;
use super::set;
use super::truth;

/// How often opening is timed; the middle counts.
const OPENINGS: usize = 11;

/// An index that the companion has built.
pub(super) struct Zither<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    /// What building it cost.
    pub(super) build: Cost,
}

impl<'a> Zither<'a> {
    /// Compiles the companion and lets it index the files of a list.
    ///
    /// # Errors
    /// If that fails.
    pub(super) fn index(workspace: &'a Workspace, catalogue: &Path, out: &Path) -> Result<Self> {
        workspace.cargo(&["build", "--release", "--no-default-features", "--bin", "zitherctl"])?;
        let folder = out.join("index");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let mut command = workspace.zitherctl();
        command.args(["rights", "index", "build", "--out"]).arg(&folder).arg("--files-from").arg(catalogue);
        let build = process::run(&mut command)?;
        Ok(Self { workspace, folder, build })
    }

    /// Asks about files, each as a stream of its own. Reports stay in `out`, in `NAME.jsonl`.
    ///
    /// # Errors
    /// If that fails or prints what is no report.
    pub(super) fn ask(&self, files: &[PathBuf], out: &Path, name: &str) -> Result<(Vec<Report>, Cost)> {
        let (list, reports) = (out.join(format!("{name}.list")), out.join(format!("{name}.jsonl")));
        set::write_list(&list, files)?;
        let output = File::create(&reports).with_context(|| format!("cannot write {}", reports.display()))?;
        let cost = process::run(self.ask_command(&list).stdout(output))?;
        Ok((truth::read_lines(&reports)?, cost))
    }

    fn ask_command(&self, list: &Path) -> Command {
        let mut command = self.workspace.zitherctl();
        command.args(["rights", "match", "--jsonl", "--min-confidence", "0", "--index"]).arg(&self.folder);
        command.arg("--files-from").arg(list);
        command
    }

    /// Size on disk, in bytes.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub(super) fn bytes(&self) -> Result<u64> {
        size(&self.folder)
    }

    /// How much longer it takes to open the index and ask nothing than to start and end.
    ///
    /// # Errors
    /// If the companion cannot be run.
    pub(super) fn opening(&self, out: &Path) -> Result<Duration> {
        let empty = out.join("empty.list");
        set::write_list(&empty, &[])?;
        let mut bare = self.workspace.zitherctl();
        let started = middle(bare.arg("--version"))?;
        Ok(middle(&mut self.ask_command(&empty))?.saturating_sub(started))
    }
}

/// The middle of the times that a command takes.
fn middle(command: &mut Command) -> Result<Duration> {
    let line = workspace::line(command);
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let start = Instant::now();
        let status = command.stdout(Stdio::null()).status().with_context(|| format!("cannot run `{line}`"))?;
        times.push(start.elapsed());
        anyhow::ensure!(status.success(), "`{line}` failed ({status})");
    }
    times.sort();
    Ok(times[OPENINGS / 2])
}

/// Bytes of all files in a folder and below.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let (path, about) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        bytes += if about.is_dir() { size(&path)? } else { about.len() };
    }
    Ok(bytes)
}
