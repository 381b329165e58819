//! Where the workspace's files and build results lie, and how its commands are run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The workspace that this program was built from.
pub(crate) struct Workspace {
    /// Folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts its results; `CARGO_TARGET_DIR` and cargo's configuration are honoured.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo where things are, and makes the root the current folder.
    ///
    /// # Errors
    /// If cargo cannot be run or does not know the workspace.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
        std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))?;
        let metadata = Command::new(cargo_program())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot run cargo")?;
        ensure!(metadata.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&metadata.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
        let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
        Ok(Self { root: root.to_owned(), target: target.into() })
    }

    /// Runs cargo in the root with `arguments`.
    ///
    /// # Errors
    /// If it fails; its own messages have then been printed.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<()> {
        run(self.cargo_command().args(arguments))
    }

    /// Cargo in the root, ready for arguments.
    pub(crate) fn cargo_command(&self) -> Command {
        let mut command = Command::new(cargo_program());
        command.current_dir(&self.root);
        command
    }

    /// The release build of the companion, ready for arguments. Some `cargo build` must have made it.
    pub(crate) fn zitherctl(&self) -> Command {
        let mut command = Command::new(self.target.join("release").join("zitherctl"));
        command.current_dir(&self.root);
        command
    }
}

/// Runs `command` and insists that it succeeds.
///
/// # Errors
/// If it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
