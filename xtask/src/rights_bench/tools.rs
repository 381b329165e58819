//! What other programs do to a clip: codecs (ffmpeg), pitch and tempo apart from each other (rubberband, sox).

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::clip::{Clip, RATE};

/// A codec at a rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codec {
    /// The encoder, as ffmpeg calls it.
    pub(super) encoder: &'static str,
    /// The file's extension, from which ffmpeg knows the container.
    pub(super) extension: &'static str,
    /// Bits a second, as ffmpeg reads them.
    pub(super) bits: &'static str,
}

/// The program that changes pitch or tempo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretcher {
    /// A phase vocoder.
    Rubberband,
    /// Overlapping waveforms.
    Sox,
}

/// The clip encoded and decoded again.
///
/// # Errors
/// If ffmpeg fails.
pub(super) fn encoded(clip: &Clip, codec: Codec) -> Result<Clip> {
    let folder = tempfile::tempdir()?;
    let [plain, small, back] =
        ["in.wav", &format!("small.{}", codec.extension), "out.wav"].map(|name| folder.path().join(name));
    clip.write(&plain)?;
    run(ffmpeg().arg("-i").arg(&plain).args(["-c:a", codec.encoder, "-b:a", codec.bits]).arg(&small))?;
    decode(&small, &back)?;
    Clip::read_all(&back)
}

/// Decodes any file to WAV of 16 bits, 44.1 kHz, stereo.
///
/// # Errors
/// If ffmpeg fails.
pub(super) fn decode(input: &Path, output: &Path) -> Result<()> {
    let mut command = ffmpeg();
    command.arg("-i").arg(input).args(["-ar", &RATE.to_string(), "-ac", "2", "-c:a", "pcm_s16le"]).arg(output);
    run(&mut command)
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]);
    command
}

/// The clip at `speed` times its tempo and `pitch` times its frequencies, each on its own.
///
/// # Errors
/// If the program fails.
pub(super) fn stretched(clip: &Clip, stretcher: Stretcher, speed: f64, pitch: f64) -> Result<Clip> {
    let folder = tempfile::tempdir()?;
    let (plain, back) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    clip.write(&plain)?;
    let semitones = 12.0 * pitch.log2();
    match stretcher {
        Stretcher::Rubberband => {
            let mut command = Command::new("rubberband");
            command.args(["-q", "-t", &(1.0 / speed).to_string(), "-p", &semitones.to_string()]);
            run(command.arg(&plain).arg(&back))?;
        }
        Stretcher::Sox => {
            let mut command = Command::new("sox");
            command.args(["-V1", "-G"]).arg(&plain).args(["-b", "16"]).arg(&back);
            if (pitch - 1.0).abs() > 1e-9 {
                command.args(["pitch", &(100.0 * semitones).to_string()]);
            }
            if (speed - 1.0).abs() > 1e-9 {
                command.args(["tempo", "-m", &speed.to_string()]);
            }
            run(&mut command)?;
        }
    }
    let stretched = Clip::read_all(&back)?;
    let stray = stretched.seconds() - clip.seconds() / speed;
    ensure!(stray.abs() < 0.1, "{stretcher:?} made {stray:+.2} s too much of a tempo x {speed}");
    Ok(stretched)
}

fn run(command: &mut Command) -> Result<()> {
    let line = crate::workspace::line(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{line}`"))?;
    ensure!(output.status.success(), "`{line}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
