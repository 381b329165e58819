//! `zitherctl rights index build` and `add`: recordings become an index.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::media::stream::AudioStream;
use crate::rights::axis::TICKS_PER_SECOND;
use crate::rights::catalogue::Catalogue;
use crate::rights::fingerprint::{Fingerprint, Fingerprinter};
use crate::rights::index::{AddError, Addition, Builder, NewTrack};

/// Longest recording, in seconds.
const MAX_SECONDS: u64 = 9 * 3_600;
/// Peaks below which nothing could be recognised.
const LEAST_PEAKS: usize = 8;
/// Longest list of files, in bytes.
const MAX_LIST_BYTES: u64 = 256 << 20;

/// Builds an index of recordings. Replaces the one in the folder, if there is one, when all is done.
///
/// Recordings that cannot be read are told and left out. WAV, FLAC and Ogg Vorbis.
#[derive(Args)]
pub(in crate::cli) struct Build {
    /// Folder of the index.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    recordings: Recordings,
}

/// Adds recordings to an index.
#[derive(Args)]
pub(in crate::cli) struct Add {
    /// Folder of the index.
    #[arg(long)]
    index: PathBuf,
    #[command(flatten)]
    recordings: Recordings,
}

#[derive(Args)]
struct Recordings {
    /// Recordings.
    #[arg(required_unless_present = "files_from")]
    files: Vec<PathBuf>,
    /// A file that names recordings, one path a line.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Who owns them: CSV, TSV or JSON Lines. A recording that it does not name is described by its own tags.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Threads that analyse; as many as there are processors unless given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

impl Build {
    pub(super) fn run(self) -> Result<()> {
        let paths = self.recordings.paths()?;
        let catalogue = self.recordings.catalogue()?;
        let builder = Builder::create(&self.out)?;
        self.recordings.add_to(builder, &paths, &catalogue)
    }
}

impl Add {
    pub(super) fn run(self) -> Result<()> {
        let paths = self.recordings.paths()?;
        let catalogue = self.recordings.catalogue()?;
        let builder = Builder::append(&self.index)?;
        self.recordings.add_to(builder, &paths, &catalogue)
    }
}

/// Reads the paths in a list, one a line; empty lines are passed over.
pub(super) fn read_list(list: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let file = std::fs::File::open(list)?;
        let lines = std::io::BufReader::new(file.take(MAX_LIST_BYTES)).lines();
        lines.filter(|line| !line.as_ref().is_ok_and(String::is_empty)).map(|line| Ok(PathBuf::from(line?))).collect()
    };
    read().with_context(|| format!("cannot read the list {}", list.display()))
}

impl Recordings {
    fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths = self.files.clone();
        if let Some(list) = &self.files_from {
            paths.extend(read_list(list)?);
        }
        ensure!(!paths.is_empty(), "no recordings are named");
        Ok(paths)
    }

    fn catalogue(&self) -> Result<Catalogue> {
        let Some(path) = &self.catalogue else { return Ok(Catalogue::default()) };
        let catalogue = Catalogue::read(path).with_context(|| path.display().to_string())?;
        for problem in &catalogue.problems {
            eprintln!("{}: {problem}", path.display());
        }
        if catalogue.unlisted > 0 {
            eprintln!("{}: and {} more problems", path.display(), catalogue.unlisted);
        }
        Ok(catalogue)
    }

    /// Analyses on several threads, adds in the order of the list, so that the same list makes the same index.
    fn add_to(&self, mut builder: Builder, paths: &[PathBuf], catalogue: &Catalogue) -> Result<()> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or(processors, usize::from).min(paths.len());
        let next = AtomicUsize::new(0);
        let (send, receive) = mpsc::sync_channel(2 * jobs);
        let send = Mutex::new(send);
        let mut added = 0;
        std::thread::scope(|scope| -> Result<()> {
            for _ in 0..jobs {
                let sender = send.lock().map_or_else(|poisoned| poisoned.into_inner().clone(), |sender| sender.clone());
                let next = &next;
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(path) = paths.get(number) else { return };
                        if sender.send((number, analyse(path))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            let mut waiting = std::collections::BTreeMap::new();
            let mut turn = 0;
            for (number, analysed) in receive {
                waiting.insert(number, analysed);
                while let Some(analysed) = waiting.remove(&turn) {
                    added += usize::from(add(&mut builder, &paths[turn], analysed, catalogue)?);
                    turn += 1;
                }
            }
            Ok(())
        })?;
        if added == 0 {
            bail!("none of {} recordings could be added; the index stays as it was", paths.len());
        }
        let tracks = builder.finish()?;
        println!("{added} of {} recordings added; the index holds {tracks}", paths.len());
        Ok(())
    }
}

/// Adds a recording, or tells why not; whether it was added.
fn add(
    builder: &mut Builder,
    path: &Path,
    analysed: Result<(Fingerprint, [u8; 32])>,
    catalogue: &Catalogue,
) -> Result<bool> {
    let shown = path.display();
    let (fingerprint, digest) = match analysed {
        Ok(analysed) => analysed,
        Err(error) => {
            eprintln!("{shown}: {error:#}; left out");
            return Ok(false);
        }
    };
    let (work, damage) = catalogue.describe(path);
    if let Some(damage) = damage {
        eprintln!("{shown}: {damage}");
    }
    let about = serde_json::to_string(&work)?;
    let Fingerprint { peaks, ticks } = &fingerprint;
    match builder.add_track(&NewTrack { id: &work.id, about: &about, digest, ticks: *ticks, peaks }) {
        Ok(Addition::Added) => return Ok(true),
        Ok(Addition::SameId) => eprintln!("{shown}: a track `{}` is there already; left out", work.id),
        Ok(Addition::SameAudio(id)) => eprintln!("{shown}: the same audio is there as `{id}`; left out"),
        Err(AddError::Track(error)) => eprintln!("{shown}: {error}; left out"),
        Err(AddError::Index(error)) => return Err(error.into()),
    }
    Ok(false)
}

/// The fingerprint of a file, and the digest of its bytes.
fn analyse(path: &Path) -> Result<(Fingerprint, [u8; 32])> {
    let mut stream = AudioStream::open(path).map_err(|error| anyhow::anyhow!(reason(error)))?;
    let too_long = || format!("it is longer than {} hours; split it", MAX_SECONDS / 3_600);
    // What the header does not tell shows when it is listened to.
    ensure!(stream.seconds().is_none_or(|seconds| seconds <= MAX_SECONDS as f64), too_long());
    let mut fingerprinter: Option<Fingerprinter> = None;
    while let Some(block) = stream.next_block().map_err(|error| anyhow::anyhow!(reason(error)))? {
        if fingerprinter.is_none() {
            fingerprinter = Fingerprinter::new(block.rate);
        }
        let Some(fingerprinter) = &mut fingerprinter else { bail!("a sample rate of {} Hz", block.rate) };
        fingerprinter.feed(block.stereo());
        if fingerprinter.ticks() > MAX_SECONDS * u64::from(TICKS_PER_SECOND) {
            bail!(too_long());
        }
    }
    let fingerprint = fingerprinter.context("it holds no samples")?.finish();
    ensure!(
        fingerprint.peaks.len() >= LEAST_PEAKS,
        "it holds nothing that could be recognised: silence or a single tone"
    );
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok((fingerprint, *hasher.finalize().as_bytes()))
}

/// Why a file cannot be used, on one line, without its path.
pub(super) fn reason(error: crate::media::audio::AudioError) -> String {
    use crate::media::audio::AudioError;
    match error {
        AudioError::Io { source, .. } => format!("cannot be opened: {source}"),
        AudioError::Format { source, .. } => format!("no WAV, FLAC or Ogg Vorbis that can be read: {source}"),
        AudioError::Refused { reason, .. } => reason,
        error @ AudioError::Write { .. } => error.to_string(),
    }
}
