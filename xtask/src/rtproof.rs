//! `cargo xtask rtproof`: the built bundle's `process`, over many blocks of all that can happen to it, under witnesses
//! that see what a real-time thread must not do.

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;
#[cfg(not(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod linux {
    pub(super) fn run(_: &super::Workspace, _: &std::path::Path, _: &super::Options) -> super::Result<()> {
        anyhow::bail!("the proof needs Linux with glibc on x86-64 or AArch64: seccomp filters and usage per thread")
    }
}

use std::path::Path;

use anyhow::Result;

use crate::workspace::Workspace;

#[cfg(feature = "realtime-sanitizer")]
pub(crate) use self::linux::sanitised;

/// Whether this system has what the proof needs.
pub(crate) const SUPPORTED: bool =
    cfg!(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")));

/// How long the proof is, and its chance.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Blocks to process.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) blocks: u64,
    /// Begins the chance by which all is chosen.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Plays, and prints one line for each witness.
///
/// # Errors
/// If the bundle does not load or play, or a witness saw something.
pub(crate) fn run(workspace: &Workspace, bundle: &Path, options: &Options) -> Result<()> {
    linux::run(workspace, bundle, options)
}
