//! `zitherctl listen`: is a recording sound, and what does it look like?

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::analysis::recording::Soundness;
use crate::media::spectrogram;

/// Says whether a recording is sound: neither clipped nor feeble, no silence within, no clicks.
#[derive(Args)]
pub(super) struct Listen {
    /// A WAV file.
    recording: PathBuf,
    /// Draws its spectrogram into this PNG file.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

impl Listen {
    /// Runs the command; a recording with faults is an error.
    pub(super) fn run(self) -> Result<()> {
        let (channels, rate) = read(&self.recording)?;
        if let Some(picture) = &self.picture {
            spectrogram::write_png(picture, &mix(&channels), rate)?;
        }
        let sound = Soundness::of(&channels, rate);
        println!(
            "sound: {:.1} s, peak {:.2} dBFS, rms {:.2} dBFS, longest silence {:.2} s, clicks {}",
            sound.seconds,
            sound.peak_db,
            sound.rms_db,
            sound.longest_silence,
            sound.clicks.len()
        );
        let faults = sound.faults();
        ensure!(faults.is_empty(), "{}: {}", self.recording.display(), faults.join("; "));
        Ok(())
    }
}

/// The channels of a WAV file, and its rate.
fn read(path: &Path) -> Result<(Vec<Vec<f32>>, u32)> {
    let reading = || format!("{} cannot be read", path.display());
    let mut reader = hound::WavReader::open(path).with_context(reading)?;
    let format = reader.spec();
    let interleaved: Vec<f32> = match format.sample_format {
        hound::SampleFormat::Float => reader.samples().collect::<Result<_, _>>().with_context(reading)?,
        hound::SampleFormat::Int => {
            let scale = 0.5_f32.powi(i32::from(format.bits_per_sample) - 1);
            let sample = |sample: Result<i32, _>| sample.map(|sample| sample as f32 * scale);
            reader.samples().map(sample).collect::<Result<_, _>>().with_context(reading)?
        }
    };
    ensure!(!interleaved.is_empty(), "{} holds no samples", path.display());
    ensure!(
        interleaved.iter().all(|sample| sample.is_finite()),
        "{} holds samples that are no numbers",
        path.display()
    );
    let width = usize::from(format.channels);
    let channel = |index| interleaved.iter().skip(index).step_by(width).copied().collect();
    Ok(((0..width).map(channel).collect(), format.sample_rate))
}

/// The mean of the channels.
fn mix(channels: &[Vec<f32>]) -> Vec<f32> {
    let length = channels.iter().map(Vec::len).min().unwrap_or(0);
    (0..length).map(|at| channels.iter().map(|channel| channel[at]).sum::<f32>() / channels.len() as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen_to(samples: &[i16]) -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let (recording, picture) = (folder.path().join("r.wav"), folder.path().join("r.png"));
        let format = hound::WavSpec {
            channels: 2,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&recording, format).unwrap();
        samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
        writer.finalize().unwrap();
        let result = Listen { recording, picture: Some(picture.clone()) }.run();
        assert!(samples.is_empty() || picture.exists());
        result
    }

    /// Both channels hold the same sine.
    fn tone(amplitude: f32) -> Vec<i16> {
        (0..96_000).map(|at| (amplitude * ((at / 2) as f32 * 0.05).sin()) as i16).collect()
    }

    #[test]
    fn a_sound_recording_passes_and_a_faulty_one_is_an_error_that_says_why() {
        listen_to(&tone(10_000.0)).unwrap();
        assert!(listen_to(&tone(300.0)).unwrap_err().to_string().contains("feeble"));
        assert!(listen_to(&[]).unwrap_err().to_string().contains("no samples"));
    }
}
