//! Audio files as streams: block by block, in bounded memory, however long they are.

use std::fs::File;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::packet::Packet;

use super::audio::AudioError;

/// Sample rates that are read, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;
/// Most channels that are read.
const MAX_CHANNELS: usize = 32;

/// An open audio file.
pub struct AudioStream {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    seconds: Option<f64>,
    interleaved: Vec<f32>,
    /// Rate and channels, once the first block was read.
    shape: Option<(u32, usize)>,
}

/// Decoded samples.
pub struct Block<'a> {
    /// Channel after channel of each moment in turn, full scale is 1; at least one moment.
    pub interleaved: &'a [f32],
    /// Number of channels.
    pub channels: usize,
    /// Samples per second of each channel.
    pub rate: u32,
}

impl Block<'_> {
    /// Left and right: the first and the second channel, one channel twice, or of more than two the means of those with an
    /// even and of those with an odd number.
    pub fn stereo(&self) -> impl Iterator<Item = [f32; 2]> {
        let channels = self.channels;
        self.interleaved.chunks_exact(channels).map(move |frame| match frame {
            [both] => [*both; 2],
            [left, right] => [*left, *right],
            all => [0, 1].map(|side: usize| {
                let channels = all.iter().skip(side).step_by(2);
                let count = channels.len() as f32;
                channels.sum::<f32>() / count
            }),
        })
    }
}

impl AudioStream {
    /// Opens a WAV, FLAC or Ogg Vorbis file.
    ///
    /// # Errors
    /// If it cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let io = |source| AudioError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if about.is_dir() {
            return Err(AudioError::Refused { path: path.to_owned(), reason: "it is a folder".to_owned() });
        }
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let unreadable = |source| AudioError::Format { path: path.to_owned(), source };
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, Default::default(), Default::default())
            .map_err(unreadable)?;
        let no_audio = || AudioError::Refused { path: path.to_owned(), reason: "it holds no audio track".to_owned() };
        let track = format.default_track(TrackType::Audio).ok_or_else(no_audio)?;
        let codec = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or_else(no_audio)?;
        let decoder =
            symphonia::default::get_codecs().make_audio_decoder(codec, &Default::default()).map_err(unreadable)?;
        let (seconds, track) = (claimed_seconds(track, about.len()), track.id);
        Ok(Self { path: path.to_owned(), format, decoder, track, seconds, interleaved: Vec::new(), shape: None })
    }

    /// How long it is by its header, in seconds; `None` where that does not say, or claims more than the file can hold.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        self.seconds
    }

    /// The next block; `None` at the end. A truncated file ends where it ends; damaged packets are left out, as players do.
    ///
    /// # Errors
    /// If the file cannot be read on, or changes its rate or channels.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, AudioError> {
        while let Some(packet) = self.next_packet()? {
            if packet.track_id == self.track && self.decode(&packet)? {
                let (rate, channels) = self.shape.unwrap_or_default();
                return Ok(Some(Block { interleaved: &self.interleaved, channels, rate }));
            }
        }
        Ok(None)
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, AudioError> {
        match self.format.next_packet() {
            Err(DecodeError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            // A chained stream: the first link is the file.
            Err(DecodeError::ResetRequired) => Ok(None),
            other => other.map_err(|source| AudioError::Format { path: self.path.clone(), source }),
        }
    }

    /// Decodes a packet; whether it holds anything.
    fn decode(&mut self, packet: &Packet) -> Result<bool, AudioError> {
        let buffer = match self.decoder.decode(packet) {
            Ok(buffer) => buffer,
            Err(DecodeError::DecodeError(_)) => return Ok(false),
            Err(source) => return Err(AudioError::Format { path: self.path.clone(), source }),
        };
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        let refuse = |reason| Err(AudioError::Refused { path: self.path.clone(), reason });
        if !RATES.contains(&rate) {
            return refuse(format!("a sample rate of {rate} Hz, expected one within {RATES:?}"));
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return refuse(format!("{channels} channels, expected 1 to {MAX_CHANNELS}"));
        }
        if self.shape.is_some_and(|shape| shape != (rate, channels)) {
            return refuse("its rate or its number of channels changes".to_owned());
        }
        self.shape = Some((rate, channels));
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        Ok(!self.interleaved.is_empty())
    }
}

/// How long a track of a file of so many bytes is by its header.
fn claimed_seconds(track: &Track, bytes: u64) -> Option<f64> {
    let codec = track.codec_params.as_ref()?.audio()?;
    let (frames, rate) = (track.num_frames?, codec.sample_rate?);
    // Only of plain samples it is known what they need.
    let bits = u64::from(codec.bits_per_coded_sample.unwrap_or(0)) * codec.channels.as_ref()?.count() as u64;
    let fits = frames.checked_mul(bits).is_some_and(|bits| bits / 8 <= bytes);
    fits.then(|| frames as f64 / f64::from(rate.max(1)))
}
