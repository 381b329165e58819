//! `cargo xtask factory-model`: the factory model and its presets, from nothing but Debian packages.

mod course;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::course::{Course, Step};
use crate::sound_bench::{OTHER_SOUNDFONT, TRAINED_SOUNDFONT};
use crate::workspace::Workspace;

/// Where things are made.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Folder for models/factory.safetensors and presets/; the workspace itself unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Folder for notes, checkpoint and figures, some 15 GB; target/factory unless given. What is complete there is
    /// not made again.
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// Only shows that all steps work, in two minutes, from a few notes and a few steps; all goes to
    /// target/factory-quick unless told otherwise, and is made anew.
    #[arg(long)]
    pub(crate) quick: bool,
}

/// What the factory model is trained with, beside the folders.
const TRAINING: &[&str] = &["--steps", "100000", "--seed", "1"];
/// What its card says.
const CARD: &[&str] = &[
    "--name",
    "Zither factory",
    "--statement",
    "the melodic presets (programs 0-118, all banks) of FluidR3 GM by Frank Wen (Debian fluid-soundfont-gm), rendered \
     with fluidsynth, and synthetic instruments made by Zither's own code; pitches congruent to 1 mod 4 and velocities \
     70 and 104 were left out",
    "--licence",
    "MIT (as FluidR3 GM); weights MIT OR Apache-2.0",
];
/// How much of everything is enough for `--quick`: the programs that factory presets are made of, at two pitches.
const QUICK_NOTES: &[&str] =
    &["--banks", "0", "--programs", "0,4,7-12,19,21,24,33,40,42,46,48,52,57,60,71,73,81,89,107", "--pitches", "48,72"];
const QUICK_SYNTHETIC: &[&str] = &["--instruments", "14", "--notes", "3"];
const QUICK_TRAINING: &[&str] = &["--steps", "40", "--seed", "1"];
const QUICK_BENCH: &[&str] = &["--notes", "24"];
const QUICK_SCAN: &[&str] = &["--every", "12", "--pairs", "10"];

/// Makes everything that is not complete yet, and measures the model.
///
/// # Errors
/// If a step fails or a folder cannot be made.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    workspace.cargo(&["build", "--release", "--no-default-features", "--bin", "zitherctl"])?;
    let folder = if options.quick { "factory-quick" } else { "factory" };
    let work = options.work.clone().unwrap_or_else(|| workspace.target.join(folder));
    if options.quick && options.work.is_none() && work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))?;
    }
    let home = if options.quick { &work } else { &workspace.root };
    let out = options.out.as_ref().unwrap_or(home);
    let mut factory = Factory { workspace, quick: options.quick, course: Course::new(&work)?, work: &work };
    factory.notes()?;
    let trained = factory.train()?;
    let model = out.join("models").join("factory.safetensors");
    copy(&trained, &model)?;
    factory.presets(&model, &out.join("presets"))?;
    factory.measure(&model)?;
    factory.course.print();
    Ok(())
}

struct Factory<'a> {
    workspace: &'a Workspace,
    work: &'a Path,
    quick: bool,
    course: Course,
}

impl Factory<'_> {
    fn notes(&mut self) -> Result<()> {
        let (notes, synthetic) = (self.work.join("notes"), self.work.join("synthetic"));
        let mut render = self.workspace.zitherctl();
        render.args(["model", "notes", "--soundfont", TRAINED_SOUNDFONT, "--out"]).arg(&notes);
        render.args(if self.quick { QUICK_NOTES } else { &[] });
        self.course.step(Step::new("notes", render).makes(&notes))?;
        let mut make = self.workspace.zitherctl();
        make.args(["model", "synth-notes", "--out"]).arg(&synthetic);
        make.args(if self.quick { QUICK_SYNTHETIC } else { &[] });
        self.course.step(Step::new("synthetic", make).makes(&synthetic))
    }

    fn train(&mut self) -> Result<PathBuf> {
        let model = self.work.join("factory.safetensors");
        let mut train = self.workspace.zitherctl();
        train.args(["model", "train", "--data"]).arg(self.work.join("notes"));
        train.arg("--synthetic").arg(self.work.join("synthetic")).arg("--out").arg(&model);
        train.args(if self.quick { QUICK_TRAINING } else { TRAINING }).args(CARD);
        let checkpoint = model.with_extension("checkpoint");
        self.course.step(Step::new("training", train).makes(&model).resumes(&checkpoint))?;
        Ok(model)
    }

    fn presets(&mut self, model: &Path, presets: &Path) -> Result<()> {
        let mut write = self.workspace.zitherctl();
        write.args(["preset", "factory", "--model"]).arg(model).arg("--out").arg(presets);
        self.course.step(Step::new("presets", write))
    }

    fn measure(&mut self, model: &Path) -> Result<()> {
        let mut bench = self.workspace.zitherctl();
        bench.args(["model", "bench", "--soundfont", TRAINED_SOUNDFONT, "--model"]).arg(model);
        bench.args(if self.quick { QUICK_BENCH } else { &[] });
        if Path::new(OTHER_SOUNDFONT).exists() && !self.quick {
            bench.args(["--unseen-soundfont", OTHER_SOUNDFONT]);
        }
        self.course.step(Step::new("bench", bench))?;
        let mut scan = self.workspace.zitherctl();
        scan.args(["model", "scan", "--model"]).arg(model).args(if self.quick { QUICK_SCAN } else { &[] });
        self.course.step(Step::new("scan", scan))
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().expect("it has a name in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(from, to).map(drop))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
