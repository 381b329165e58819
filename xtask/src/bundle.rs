//! Builds the plugin in release and makes bundles of it.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

/// Where the bundles are.
pub(crate) struct Bundles {
    /// `Zither.clap`.
    pub(crate) clap: PathBuf,
    /// `Zither.vst3`.
    pub(crate) vst3: PathBuf,
}

/// Builds package `zither` (library, standalone, companion) and bundles it.
///
/// # Errors
/// If the build fails or a bundle does not come to be.
pub(crate) fn run(workspace: &Workspace) -> Result<Bundles> {
    let package = "zither".to_owned();
    let release = ["--release".to_owned()];
    nice_plug_xtask::build(std::slice::from_ref(&package), &release)?;
    nice_plug_xtask::bundle(&workspace.target, &package, &release, false)?;
    let folder = workspace.target.join("bundled");
    let bundles = Bundles { clap: folder.join("Zither.clap"), vst3: folder.join("Zither.vst3") };
    for bundle in [&bundles.clap, &bundles.vst3] {
        ensure!(bundle.exists(), "the bundler made no {}: does the library export the plugin?", bundle.display());
    }
    Ok(bundles)
}
