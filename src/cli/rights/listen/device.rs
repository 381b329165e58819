//! Sound devices, through whichever recorder the system has: the companion needs no sound library of its own.

use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::pcm::{Format, Shape};

/// What to do where there is no recorder.
const NONE: &str = "none of parec, pw-record and arecord is installed, one of which records from sound devices: install \
    pulseaudio-utils, pipewire-bin or alsa-utils, or pipe raw sound into `zitherctl rights listen --stdin`";

/// A recorder that writes raw sound to its standard output.
struct Recorder {
    program: &'static str,
    arguments: Vec<String>,
}

/// Starts a recorder of this device; it is the caller's to end.
pub(super) fn start(device: &str, shape: Shape) -> Result<(&'static str, Child)> {
    for Recorder { program, arguments } in recorders(device, shape) {
        let mut command = Command::new(program);
        command.args(&arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        match command.spawn() {
            Ok(child) => return Ok((program, child)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("{program} cannot be started")),
        }
    }
    bail!(NONE)
}

/// The recorders that may be there, the likeliest to work first. A name with a colon is one of ALSA's.
fn recorders(device: &str, shape: Shape) -> Vec<Recorder> {
    let Shape { rate, channels, format } = shape;
    let named = |flag: &str| (device != "default").then(|| format!("{flag}{device}"));
    let (rate, channels) = (format!("--rate={rate}"), format!("--channels={channels}"));
    let [pulse, alsa] = match format {
        Format::S16 => ["s16", "S16_LE"],
        Format::F32 => ["f32", "FLOAT_LE"],
    };
    let mut parec = vec!["--raw".to_owned(), "--latency-msec=100".to_owned(), rate.clone(), channels.clone()];
    let pulse_format = if format == Format::S16 { "s16le" } else { "float32le" };
    parec.push(format!("--format={pulse_format}"));
    parec.extend(named("--device="));
    let mut pipewire = vec!["--raw".to_owned(), rate.clone(), channels.clone(), format!("--format={pulse}")];
    pipewire.extend(named("--target="));
    pipewire.push("-".to_owned());
    let mut arecord = vec!["--quiet".to_owned(), "--file-type=raw".to_owned(), rate, channels];
    arecord.extend([format!("--format={alsa}"), format!("--device={device}")]);
    let mut all = vec![
        Recorder { program: "parec", arguments: parec },
        Recorder { program: "pw-record", arguments: pipewire },
        Recorder { program: "arecord", arguments: arecord },
    ];
    if device.contains(':') {
        all.rotate_right(1);
    }
    all
}
