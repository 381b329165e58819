//! `cargo xtask demo`: the bundle plays a piece, headless, through its CLAP entry.

mod automation;
mod browser;
mod figures;
mod player;
mod rights;
pub(crate) mod song;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::bundle::Bundles;
use crate::workspace::{self, Workspace};

use self::player::{Performance, Player};
use self::song::Song;

/// How the piece is played.
#[derive(Clone, clap::Args)]
pub(crate) struct Options {
    /// Seconds of the piece to play; all of it unless given.
    #[arg(long)]
    pub(crate) seconds: Option<f64>,
    /// Sample rate in Hz.
    #[arg(long, default_value_t = 48_000)]
    pub(crate) rate: u32,
    /// Samples per block.
    #[arg(long, default_value_t = 64)]
    pub(crate) block: u32,
    /// The piece, a standard MIDI file; our own phrase unless given.
    #[arg(long)]
    pub(crate) song: Option<PathBuf>,
    /// Folder for the recording, the picture and the figures; target/demo unless given.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

/// Plays, writes what came of it, and checks that it is music made in real time.
///
/// # Errors
/// If the bundle does not load or play, a file cannot be written, or a check fails.
pub(crate) fn run(workspace: &Workspace, bundles: &Bundles, options: &Options) -> Result<()> {
    let out = options.out.clone().unwrap_or_else(|| workspace.target.join("demo"));
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let phrase = workspace.root.join(crate::phrase::FILE);
    let song = Song::read(options.song.as_ref().unwrap_or(&phrase), options.rate)?;
    let player = Player::load(&bundles.clap)?;
    println!("demo: {} plays {} notes in {:.0} s", player.name(), song.notes(), song.seconds(options.rate));
    let performance = player.play(&song, options)?;
    write_wav(&out.join("zither.wav"), &performance, options.rate)?;
    let lines = performance.figures.lines();
    fs::write(out.join("figures.txt"), lines.join("\n") + "\n").context("cannot write the figures")?;
    for line in &lines {
        println!("demo: {line}");
    }
    listen(workspace, &out)?;
    let faults = performance.figures.faults();
    ensure!(faults.is_empty(), "the demo played, but {}", faults.join(" and "));
    rights::run(workspace, bundles, &song, options, &out)?;
    browser::run(workspace, bundles, &song, options, &out)?;
    println!("demo: passed; listen to {}", out.join("zither.wav").display());
    Ok(())
}

/// Lets the companion draw the recording and say whether it is sound: no clipping, no silence, no clicks.
fn listen(workspace: &Workspace, out: &Path) -> Result<()> {
    let mut command = workspace.zitherctl();
    command.arg("listen").arg(out.join("zither.wav")).arg("--picture").arg(out.join("zither.png"));
    workspace::run(&mut command).context("the recording is not sound")
}

fn write_wav(path: &Path, performance: &Performance, rate: u32) -> Result<()> {
    let format = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer =
        hound::WavWriter::create(path, format).with_context(|| format!("cannot write {}", path.display()))?;
    for sample in performance.audio.iter().flatten() {
        writer.write_sample(*sample)?;
    }
    writer.finalize().with_context(|| format!("cannot write {}", path.display()))
}
