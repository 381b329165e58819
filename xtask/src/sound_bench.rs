//! `cargo xtask sound-bench`: how near the model comes, and whether every note of every instrument is in line.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};

/// The soundfont that models are trained on.
pub(crate) const TRAINED_SOUNDFONT: &str = "/usr/share/sounds/sf2/FluidR3_GM.sf2";
/// A soundfont that none is trained on (Debian package timgm6mb-soundfont); judged where it is installed.
pub(crate) const OTHER_SOUNDFONT: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";

/// Builds the companion without the plugin framework.
const BUILD: &[&str] = &["build", "--release", "--no-default-features", "--bin", "zitherctl"];

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The model file; the factory model unless given.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Also judges a model on instruments that its training left out; trains it into target/sound unless it is there.
    #[arg(long)]
    unseen: bool,
    /// Steps of that training.
    #[arg(long, default_value_t = 12_000)]
    unseen_steps: u64,
    /// Folder of `notes` and `synthetic` for it; target/factory unless given. What is missing there is rendered.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Fails where a figure is beyond its bar.
    #[arg(long)]
    check: bool,
    /// Passed on to `zitherctl model bench`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the companion without the plugin framework and lets it measure.
///
/// # Errors
/// If a command fails, or with `--check` a figure is beyond its bar.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    workspace.cargo(BUILD)?;
    let mut common: Vec<&std::ffi::OsStr> = Vec::new();
    if let Some(model) = &options.model {
        common.extend(["--model".as_ref(), model.as_os_str()]);
    }
    if options.check {
        common.push("--check".as_ref());
    }
    let mut bench = workspace.zitherctl();
    bench.args(["model", "bench"]).args(&common);
    if options.unseen {
        bench.arg("--unseen-model").arg(unseen_model(workspace, options)?);
    }
    if Path::new(OTHER_SOUNDFONT).exists() {
        bench.args(["--unseen-soundfont", OTHER_SOUNDFONT]);
    }
    // Both are measured, whatever the first says.
    let benched = workspace::run(bench.args(&options.arguments));
    workspace::run(workspace.zitherctl().args(["model", "scan"]).args(&common)).and(benched)
}

/// Lets the companion play the demo's phrase with a preset of each bank and with the instruments it is made of.
///
/// # Errors
/// If a command fails.
pub(crate) fn listen(workspace: &Workspace) -> Result<()> {
    workspace.cargo(BUILD)?;
    let mut audition = workspace.zitherctl();
    audition.args(["preset", "audition", "--song", crate::phrase::FILE, "--out"]);
    workspace::run(audition.arg(workspace.target.join("listen")))
}

/// A model that was trained as the factory model is, without a fixed tenth of the programs.
fn unseen_model(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let folder = workspace.target.join("sound");
    let model = folder.join("unseen.safetensors");
    if model.exists() {
        return Ok(model);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let data = options.data.clone().unwrap_or_else(|| workspace.target.join("factory"));
    let (notes, synthetic) = (data.join("notes"), data.join("synthetic"));
    if !notes.exists() {
        let mut render = workspace.zitherctl();
        workspace::run(render.args(["model", "notes", "--soundfont", TRAINED_SOUNDFONT, "--out"]).arg(&notes))?;
    }
    if !synthetic.exists() {
        workspace::run(workspace.zitherctl().args(["model", "synth-notes", "--out"]).arg(&synthetic))?;
    }
    let mut train = workspace.zitherctl();
    train.args(["model", "train", "--leave-out-tenth", "--steps", &options.unseen_steps.to_string(), "--data"]);
    workspace::run(train.arg(&notes).arg("--synthetic").arg(&synthetic).arg("--out").arg(&model))?;
    Ok(model)
}
