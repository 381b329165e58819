//! Where sound comes from: a file in its own time, or raw sound out of a pipe.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::device;
use super::pcm::{Decoder, Shape};
use crate::cli::rights::build::reason;
use crate::media::stream::{AudioStream, Block};

/// How long nothing may come before the caller gets to do something else.
const WAIT: Duration = Duration::from_millis(50);
/// Bytes that are read from a pipe at a time, at most.
const READ: usize = 1 << 14;
/// Reads that may wait: five seconds of stereo at 48 kHz and 16 bits.
const READS: usize = 64;
/// Pieces of a file a second.
const PIECES: usize = 20;

/// How fast a file plays.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// So many times faster than its sound.
    Times(f64),
    /// As fast as it is taken.
    Unbounded,
}

/// A stream that is listened to. It ends early where the flag is raised that it was made with.
pub(super) struct Input {
    name: String,
    stop: Arc<AtomicBool>,
    origin: Origin,
}

enum Origin {
    File(Box<Playback>),
    Pipe(Pipe),
}

/// A file as it plays.
struct Playback {
    stream: AudioStream,
    pace: Pace,
    /// When it began, and how much of it has played, in seconds.
    start: Instant,
    played: f64,
    /// What was read and has not played, from `at` on.
    frames: Vec<[f32; 2]>,
    at: usize,
    rate: u32,
}

/// Raw sound, which a thread of its own reads, so that the pipe never fills up while somebody thinks.
struct Pipe {
    bytes: Receiver<std::io::Result<Vec<u8>>>,
    decoder: Decoder,
    shape: Shape,
    recorder: Option<(&'static str, Child)>,
}

impl Input {
    /// A file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn file(path: &Path, pace: Pace, stop: Arc<AtomicBool>) -> Result<Self> {
        let name = path.display().to_string();
        let stream = AudioStream::open(path).map_err(|error| anyhow!("{name}: {}", reason(error)))?;
        let (frames, start) = (Vec::new(), Instant::now());
        let playback = Playback { stream, pace, start, played: 0.0, frames, at: 0, rate: 0 };
        Ok(Self { name, stop, origin: Origin::File(Box::new(playback)) })
    }

    /// A sound device.
    ///
    /// # Errors
    /// If no recorder can be started.
    pub(super) fn device(device: &str, shape: Shape, stop: Arc<AtomicBool>) -> Result<Self> {
        let (program, mut child) = device::start(device, shape)?;
        let output = child.stdout.take().context("the recorder has no output")?;
        let mut pipe = Pipe::new(output, shape);
        pipe.recorder = Some((program, child));
        Ok(Self { name: format!("the device `{device}`"), stop, origin: Origin::Pipe(pipe) })
    }

    /// Raw sound on standard input.
    pub(super) fn stdin(shape: Shape, stop: Arc<AtomicBool>) -> Self {
        let pipe = Pipe::new(std::io::stdin(), shape);
        Self { name: "standard input".to_owned(), stop, origin: Origin::Pipe(pipe) }
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The next frames of left and right and their rate, as they sound; none where nothing has come for a while. `None` at
    /// the end.
    ///
    /// # Errors
    /// If it cannot be read on.
    pub(super) fn next_piece(&mut self) -> Result<Option<(u32, Vec<[f32; 2]>)>> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match &mut self.origin {
            Origin::File(playback) => {
                playback.next_piece(&self.stop).map_err(|error| anyhow!("{}: {error:#}", self.name))
            }
            Origin::Pipe(pipe) => pipe.next_piece(&self.stop),
        }
    }
}

impl Playback {
    fn next_piece(&mut self, stop: &AtomicBool) -> Result<Option<(u32, Vec<[f32; 2]>)>> {
        if self.at == self.frames.len() {
            let Some(block) = self.stream.next_block().map_err(|error| anyhow!(reason(error)))? else {
                return Ok(None);
            };
            self.rate = block.rate;
            self.at = 0;
            self.frames.clear();
            self.frames.extend(block.stereo());
        }
        let end = self.frames.len().min(self.at + self.rate as usize / PIECES);
        let piece = self.frames[self.at..end].to_vec();
        self.at = end;
        self.played += piece.len() as f64 / f64::from(self.rate);
        self.wait(stop);
        Ok(Some((self.rate, piece)))
    }

    /// Waits until what was taken has sounded.
    fn wait(&self, stop: &AtomicBool) {
        let Pace::Times(speed) = self.pace else { return };
        let due = Duration::try_from_secs_f64(self.played / speed).unwrap_or(Duration::MAX);
        while !stop.load(Ordering::Relaxed) {
            match due.checked_sub(self.start.elapsed()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(WAIT)),
                _ => return,
            }
        }
    }
}

impl Pipe {
    fn new(from: impl Read + Send + 'static, shape: Shape) -> Self {
        let (send, bytes) = sync_channel(READS);
        // It ends with the pipe, or with the process: a read that waits cannot be called back.
        std::thread::spawn(move || read(from, &send));
        Self { bytes, decoder: Decoder::new(shape), shape, recorder: None }
    }

    fn next_piece(&mut self, stop: &AtomicBool) -> Result<Option<(u32, Vec<[f32; 2]>)>> {
        let Shape { rate, channels, .. } = self.shape;
        let bytes = match self.bytes.recv_timeout(WAIT) {
            Ok(bytes) => bytes.context("the sound cannot be read on")?,
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return self.end(stop).map(|()| None),
        };
        let interleaved = self.decoder.decode(&bytes);
        let block = Block { interleaved: &interleaved, channels: usize::from(channels), rate };
        Ok(Some((rate, block.stereo().collect())))
    }

    /// The pipe has ended: a recorder that failed is told of.
    fn end(&mut self, stop: &AtomicBool) -> Result<()> {
        let Some((program, mut child)) = self.recorder.take() else { return Ok(()) };
        let status = child.wait().with_context(|| format!("{program} is lost"))?;
        // Ctrl-C reaches the recorder as well.
        let is_meant = status.success() || stop.load(Ordering::Relaxed);
        ensure!(is_meant, "{program} gave up ({status}); what it said stands above");
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if let Some((_, mut child)) = self.recorder.take() {
            let _gone_already = child.kill();
            let _gone_already = child.wait();
        }
    }
}

/// Reads until the end, a fault, or until nobody listens.
fn read(mut from: impl Read, send: &SyncSender<std::io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; READ];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = read.is_err();
        if send.send(read).is_err() || is_last {
            return;
        }
    }
}
