//! Audio files: WAV, FLAC and Ogg Vorbis in, WAV out.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::errors::Error as DecodeError;

use crate::analysis::frames::ANALYSIS_RATE;

use super::stream::AudioStream;

/// Longest file that is read, in seconds: a note or a piece of music, not a night of field recording.
pub const MAX_SECONDS: usize = 1_200;

/// Why an audio file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file system said no.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No WAV, FLAC or Ogg Vorbis, or a damaged one.
    #[error("{} is no WAV, FLAC or Ogg Vorbis file that can be read", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: DecodeError,
    },
    /// Decodes, but is outside the limits of this module.
    #[error("{} is refused: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Which limit, and by how much.
        reason: String,
    },
    /// The WAV writer failed.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: hound::Error,
    },
}

/// One decoded channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Mono {
    /// Samples, full scale is 1.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub rate: u32,
}

/// How samples are stored in a WAV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 32-bit float.
    Float32,
    /// 24-bit integer; samples beyond full scale are clipped.
    Int24,
}

/// Reads an audio file as mono at [`ANALYSIS_RATE`]: the mean of its channels, resampled where its rate differs.
///
/// # Errors
/// As [`read_mono`].
pub fn read_mono_48k(path: &Path) -> Result<Vec<f32>, AudioError> {
    let mono = read_mono(path)?;
    Ok(if mono.rate == ANALYSIS_RATE { mono.samples } else { resample(&mono.samples, mono.rate, ANALYSIS_RATE) })
}

/// Reads an audio file as mono (the mean of its channels) at its own rate.
///
/// # Errors
/// If it cannot be opened or decoded, is longer than [`MAX_SECONDS`], holds samples that are no numbers, or nothing.
pub fn read_mono(path: &Path) -> Result<Mono, AudioError> {
    let mut stream = AudioStream::open(path)?;
    let mut mono = Mono { samples: Vec::new(), rate: 0 };
    while let Some(block) = stream.next_block()? {
        mono.rate = block.rate;
        let mean = |frame: &[f32]| frame.iter().sum::<f32>() / block.channels as f32;
        mono.samples.extend(block.interleaved.chunks_exact(block.channels).map(mean));
        if mono.samples.len() > MAX_SECONDS * block.rate as usize {
            let reason = format!("it is longer than {MAX_SECONDS} s");
            return Err(AudioError::Refused { path: path.to_owned(), reason });
        }
    }
    let refuse = |reason: &str| Err(AudioError::Refused { path: path.to_owned(), reason: reason.to_owned() });
    match () {
        () if mono.samples.is_empty() => refuse("it holds no samples"),
        () if !mono.samples.iter().all(|sample| sample.is_finite()) => refuse("it holds samples that are no numbers"),
        () => Ok(mono),
    }
}

/// Resamples from one rate to another; the first sample stays the first to within half a sample.
///
/// # Panics
/// If a rate is 0.
#[must_use]
pub fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    /// Input frames per call: the filter's length and so its steepness follow from it.
    const CHUNK: usize = 1_024;
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let mut resampler = Fft::<f32>::new_custom(
        from as usize,
        to as usize,
        CHUNK,
        1,
        1,
        rubato::WindowFunction::BlackmanHarris2,
        FixedSync::Input,
    )
    .expect("the rates are not 0");
    let input = InterleavedSlice::new(samples, 1, samples.len()).expect("one channel of this length");
    resampler.process_all(&input, samples.len(), None).expect("input and output have one channel").take_data()
}

/// Writes channels of equal length as a WAV file, under another name until it is complete.
///
/// # Errors
/// If the file cannot be written; then nothing is left behind.
///
/// # Panics
/// If there is no channel, or their lengths differ.
pub fn write_wav(path: &Path, channels: &[&[f32]], rate: u32, depth: Depth) -> Result<(), AudioError> {
    assert!(channels.windows(2).all(|pair| pair[0].len() == pair[1].len()), "channels of one length");
    let (bits, format) = match depth {
        Depth::Float32 => (32, hound::SampleFormat::Float),
        Depth::Int24 => (24, hound::SampleFormat::Int),
    };
    let count = u16::try_from(channels.len()).expect("fewer than 65536 channels");
    let spec = hound::WavSpec { channels: count, sample_rate: rate, bits_per_sample: bits, sample_format: format };
    write_whole(path, |file| {
        let mut wav = hound::WavWriter::new(file, spec)?;
        for frame in 0..channels[0].len() {
            for channel in channels {
                match depth {
                    Depth::Float32 => wav.write_sample(channel[frame])?,
                    Depth::Int24 => wav.write_sample(to_i24(channel[frame]))?,
                }
            }
        }
        wav.finalize()
    })
}

fn to_i24(sample: f32) -> i32 {
    const FULL: f32 = 8_388_607.0;
    (sample * FULL).round().clamp(-FULL, FULL) as i32
}

fn write_whole<F>(path: &Path, write: F) -> Result<(), AudioError>
where
    F: FnOnce(&mut BufWriter<&mut File>) -> Result<(), hound::Error>,
{
    let io = |source| AudioError::Io { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".zither-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(io)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut buffered).map_err(|source| AudioError::Write { path: path.to_owned(), source })?;
    buffered.flush().map_err(io)?;
    drop(buffered);
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, rate: u32, count: usize) -> Vec<f32> {
        (0..count).map(|i| (std::f32::consts::TAU * hz * i as f32 / rate as f32).sin() * 0.5).collect()
    }

    #[test]
    fn a_float_file_comes_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note.wav");
        let samples = sine(440.0, 48_000, 4_801);
        write_wav(&path, &[&samples], 48_000, Depth::Float32).unwrap();
        assert_eq!(read_mono_48k(&path).unwrap(), samples);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn stereo_at_24_bits_is_read_as_its_mid() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note.wav");
        let (left, right) = (sine(300.0, 44_100, 1_000), sine(500.0, 44_100, 1_000));
        write_wav(&path, &[&left, &right], 44_100, Depth::Int24).unwrap();
        let mono = read_mono(&path).unwrap();
        assert_eq!(mono.rate, 44_100);
        for (i, sample) in mono.samples.iter().enumerate() {
            assert!((sample - 0.5 * (left[i] + right[i])).abs() < 3e-7);
        }
    }

    #[test]
    fn resampling_keeps_a_tone_and_its_time() {
        for rate in [8_000, 44_100, 96_000] {
            let resampled = resample(&sine(1_000.0, rate, rate as usize), rate, 48_000);
            assert!(resampled.len().abs_diff(48_000) <= 1, "{rate}: {}", resampled.len());
            let expected = sine(1_000.0, 48_000, 48_000);
            let worst = (4_800..43_200).map(|i| (resampled[i] - expected[i]).abs()).fold(0.0, f32::max);
            let half_a_sample = 0.5 * std::f32::consts::PI * 1_000.0 / 48_000.0;
            assert!(worst < 1.2 * half_a_sample, "{rate}: off by {worst}");
            let power: f32 = resampled[4_800..43_200].iter().map(|sample| sample * sample).sum::<f32>() / 38_400.0;
            assert!((power - 0.125).abs() < 1e-4, "{rate}: power {power}");
        }
    }

    #[test]
    fn what_is_no_audio_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.wav");
        std::fs::write(&path, b"not audio at all").unwrap();
        let message = read_mono(&path).unwrap_err().to_string();
        assert!(message.contains("text.wav"), "{message}");
        assert!(matches!(read_mono(&folder.path().join("absent.wav")), Err(AudioError::Io { .. })));
    }

    #[test]
    fn a_sample_that_is_no_number_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nan.wav");
        write_wav(&path, &[&[0.0, f32::NAN]], 48_000, Depth::Float32).unwrap();
        assert!(matches!(read_mono(&path), Err(AudioError::Refused { .. })));
    }
}
