//! A piece of stereo sound in memory, and its WAV file.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Sample rate of the bench's music, in Hz.
pub(super) const RATE: u32 = 44_100;

/// Stereo sound; both sides are equally long.
#[derive(Clone)]
pub(super) struct Clip {
    /// Samples a second.
    pub(super) rate: u32,
    /// Left and right, full scale is 1.
    pub(super) sides: [Vec<f32>; 2],
}

impl Clip {
    /// The same sound on both sides.
    pub(super) fn mono(samples: Vec<f32>) -> Self {
        Self { rate: RATE, sides: [samples.clone(), samples] }
    }

    /// Nothing, for so many frames.
    pub(super) fn silence(frames: usize) -> Self {
        Self::mono(vec![0.0; frames])
    }

    /// `seconds` of a WAV file of 16 bits in stereo, from `start` seconds on; less where the file ends before.
    ///
    /// # Errors
    /// If the file cannot be read or has another format.
    pub(super) fn read(path: &Path, start: f64, seconds: f64) -> Result<Self> {
        let context = || format!("cannot read {}", path.display());
        let mut reader = hound::WavReader::open(path).with_context(context)?;
        let spec = reader.spec();
        ensure!(spec.channels == 2 && spec.bits_per_sample == 16, "{} is not 16 bits in stereo", path.display());
        let frames = |time: f64| (time * f64::from(spec.sample_rate)).round() as u32;
        let first = frames(start).min(reader.duration());
        reader.seek(first).with_context(context)?;
        let mut sides = [Vec::new(), Vec::new()];
        let wanted = frames(seconds).min(reader.duration() - first) as usize * 2;
        for (at, sample) in reader.samples::<i16>().take(wanted).enumerate() {
            sides[at % 2].push(f32::from(sample.with_context(context)?) / 32_768.0);
        }
        Ok(Self { rate: spec.sample_rate, sides })
    }

    /// All of a WAV file of 16 bits in stereo.
    ///
    /// # Errors
    /// If the file cannot be read or has another format.
    pub(super) fn read_all(path: &Path) -> Result<Self> {
        Self::read(path, 0.0, f64::from(u16::MAX))
    }

    /// Writes a WAV file of 16 bits in stereo; what is beyond full scale is cut off.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let context = || format!("cannot write {}", path.display());
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).with_context(context)?;
        {
            let mut fast = writer.get_i16_writer(self.frames() as u32 * 2);
            for (left, right) in self.sides[0].iter().zip(&self.sides[1]) {
                fast.write_sample(quantised(*left));
                fast.write_sample(quantised(*right));
            }
            fast.flush().with_context(context)?;
        }
        writer.finalize().with_context(context)
    }

    /// Samples of one side.
    pub(super) fn frames(&self) -> usize {
        self.sides[0].len()
    }

    /// Length in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.rate)
    }

    /// Frames in so many seconds of this clip.
    pub(super) fn frames_in(&self, seconds: f64) -> usize {
        (seconds * f64::from(self.rate)).round() as usize
    }

    /// The clip cut, or filled up with silence, to so many seconds.
    pub(super) fn fitted(mut self, seconds: f64) -> Self {
        let frames = self.frames_in(seconds);
        self.sides.iter_mut().for_each(|side| side.resize(frames, 0.0));
        self
    }

    /// `frames` frames from `first` on; silence where there are none.
    pub(super) fn part(&self, first: usize, frames: usize) -> Self {
        let cut = |side: &Vec<f32>| {
            let mut part: Vec<f32> = side.iter().skip(first).take(frames).copied().collect();
            part.resize(frames, 0.0);
            part
        };
        Self { rate: self.rate, sides: [cut(&self.sides[0]), cut(&self.sides[1])] }
    }

    /// Appends `other`.
    pub(super) fn append(&mut self, other: &Self) {
        for (side, more) in self.sides.iter_mut().zip(&other.sides) {
            side.extend_from_slice(more);
        }
    }

    /// Root mean square of both sides.
    pub(super) fn rms(&self) -> f32 {
        let squares: f64 = self.sides.iter().flatten().map(|sample| f64::from(*sample).powi(2)).sum();
        (squares / (2.0 * self.frames().max(1) as f64)).sqrt() as f32
    }

    /// The largest magnitude of both sides.
    pub(super) fn peak(&self) -> f32 {
        self.sides.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    /// Multiplies all samples.
    pub(super) fn scale(&mut self, gain: f32) {
        self.sides.iter_mut().flatten().for_each(|sample| *sample *= gain);
    }

    /// Turned down, where it must be, until nothing is beyond full scale.
    pub(super) fn tamed(mut self) -> Self {
        let peak = self.peak();
        if peak > 0.99 {
            self.scale(0.99 / peak);
        }
        self
    }

    /// Lays `other` under this clip, so loud that this clip is `level` dB above it (root mean squares). Where `other`
    /// is shorter it ends early.
    pub(super) fn mix(&mut self, other: &Self, level: f64) {
        let gain = self.rms() / other.rms().max(1e-9) * decibels(-level);
        for (side, more) in self.sides.iter_mut().zip(&other.sides) {
            side.iter_mut().zip(more).for_each(|(sample, more)| *sample += gain * more);
        }
    }
}

/// How long a WAV file is, in seconds.
///
/// # Errors
/// If it cannot be read.
pub(super) fn seconds(path: &Path) -> Result<f64> {
    let reader = hound::WavReader::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(f64::from(reader.duration()) / f64::from(reader.spec().sample_rate))
}

/// The factor that raises a signal by so many dB.
pub(super) fn decibels(level: f64) -> f32 {
    10_f64.powf(level / 20.0) as f32
}

fn quantised(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(frames: usize) -> Clip {
        Clip::mono((0..frames).map(|frame| frame as f32 / frames as f32 - 0.5).collect())
    }

    #[test]
    fn a_file_gives_back_what_was_written_and_any_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        let clip = ramp(44_100);
        clip.write(&path).unwrap();
        let back = Clip::read_all(&path).unwrap();
        assert_eq!(back.frames(), 44_100);
        assert!(back.sides[1].iter().zip(&clip.sides[1]).all(|(a, b)| (a - b).abs() <= 0.5 / 32_768.0));
        let part = Clip::read(&path, 0.25, 0.5).unwrap();
        assert_eq!(part.frames(), 22_050);
        assert_eq!(part.sides[0][0], back.sides[0][11_025]);
        assert_eq!(Clip::read(&path, 0.9, 5.0).unwrap().frames(), 4_410);
    }

    #[test]
    fn mixing_sets_the_ratio_that_was_asked_for() {
        let mut clip = ramp(1_000);
        let (before, mut other) = (clip.rms(), ramp(1_000));
        other.scale(0.01);
        clip.mix(&other, -6.0);
        let under = clip.rms() / before - 1.0; // Both are the same ramp, so amplitudes add.
        assert!((under - decibels(6.0)).abs() < 1e-3, "{under}");
    }
}
