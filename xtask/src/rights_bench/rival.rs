//! The other matcher: `audiofp` (crates.io, MIT), in its Wang and its Panako style, asked the same.
//!
//! It has no index on disk and no matching of streams, so a stream is asked a window at a time. Its own floor of votes
//! stays, but weaker scores than it would show are taken too, as candidates.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow};
use audiofp::classical::{Panako, PanakoFingerprint, Wang, WangFingerprint};
use audiofp::matching::{MatchResult, PanakoIndex, PanakoMatchConfig, WangIndex, WangMatchConfig};
use audiofp::{Fingerprinter, SampleRate};

use super::process;
use super::report::Report;

/// Sample rate at which it listens, in Hz.
const RATE: u32 = 8_000;
/// What is asked of a stream at once, and how often, in seconds.
const WINDOW: usize = 5;
const HOP: usize = 1;

/// A way in which the crate fingerprints.
pub(super) trait Style: Sized + Sync {
    /// What it is called in the table.
    const NAME: &'static str;
    /// What it keeps of a sound.
    type Print: Send;
    /// The fingerprint of mono samples at [`RATE`]; none where there are too few of them.
    fn print(samples: &[f32]) -> Option<Self::Print>;
    fn index(prints: &[Self::Print]) -> Self;
    /// The best track, its match, and how sure that is, 0..1.
    fn ask(&self, print: &Self::Print) -> Option<(usize, MatchResult, f32)>;
    /// Whether the crate itself would call this a match.
    fn decides(found: &MatchResult) -> bool;
    /// The time in the track at this time of the window, in seconds.
    fn place(found: &MatchResult, time: f64) -> f64;
    /// Size of the index in memory.
    fn bytes(&self) -> usize;
}

impl Style for WangIndex {
    const NAME: &'static str = "audiofp-wang";
    type Print = WangFingerprint;

    fn print(samples: &[f32]) -> Option<WangFingerprint> {
        Wang::default().extract(samples, SampleRate::HZ_8000).ok()
    }

    fn index(prints: &[WangFingerprint]) -> Self {
        Self::build(prints, WangMatchConfig::default().max_postings_per_hash)
    }

    fn ask(&self, print: &WangFingerprint) -> Option<(usize, MatchResult, f32)> {
        let weak = WangMatchConfig { min_score: 0.0, min_prominence: 0.0, ..WangMatchConfig::default() };
        let (track, found) = self.query(print, &weak)?;
        Some((track, found, self.calibrated_score(&found)))
    }

    fn decides(found: &MatchResult) -> bool {
        let own = WangMatchConfig::default();
        found.votes >= own.min_votes && found.score >= own.min_score && found.prominence >= own.min_prominence
    }

    fn place(found: &MatchResult, time: f64) -> f64 {
        time + found.offset.ms as f64 / 1_000.0
    }

    fn bytes(&self) -> usize {
        self.estimated_bytes()
    }
}

impl Style for PanakoIndex {
    const NAME: &'static str = "audiofp-panako";
    type Print = PanakoFingerprint;

    fn print(samples: &[f32]) -> Option<PanakoFingerprint> {
        Panako::default().extract(samples, SampleRate::HZ_8000).ok()
    }

    fn index(prints: &[PanakoFingerprint]) -> Self {
        Self::build(prints, PanakoMatchConfig::default().max_postings_per_hash)
    }

    fn ask(&self, print: &PanakoFingerprint) -> Option<(usize, MatchResult, f32)> {
        let weak = PanakoMatchConfig { min_score: 0.0, min_prominence: 0.0, ..PanakoMatchConfig::default() };
        let (track, found) = self.query(print, &weak)?;
        Some((track, found, self.calibrated_score(&found)))
    }

    fn decides(found: &MatchResult) -> bool {
        let own = PanakoMatchConfig::default();
        found.votes >= own.min_votes && found.score >= own.min_score && found.prominence >= own.min_prominence
    }

    fn place(found: &MatchResult, time: f64) -> f64 {
        time / f64::from(found.time_scale) + found.offset.ms as f64 / 1_000.0
    }

    fn bytes(&self) -> usize {
        self.estimated_bytes()
    }
}

/// A catalogue that the crate has learned.
pub(super) struct Rival<S> {
    index: S,
    tracks: Vec<String>,
    /// Processor time that learning took, decoding included.
    pub(super) ingest: Duration,
}

impl<S: Style> Rival<S> {
    /// Learns the tracks, on one processor.
    ///
    /// # Errors
    /// If a track cannot be read.
    pub(super) fn learn(catalogue: &[PathBuf]) -> Result<Self> {
        let start = process::own_time()?;
        let mut prints = Vec::new();
        for path in catalogue {
            let samples = samples(path)?;
            prints.push(S::print(&samples).ok_or_else(|| anyhow!("audiofp learns nothing from {}", path.display()))?);
        }
        let index = S::index(&prints);
        let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let ingest = process::own_time()? - start;
        Ok(Self { index, tracks: catalogue.iter().map(stem).collect(), ingest })
    }

    /// Size of the index in memory.
    pub(super) fn bytes(&self) -> usize {
        self.index.bytes()
    }

    /// Asks about whole clips.
    ///
    /// # Errors
    /// If a clip cannot be read.
    pub(super) fn clips(&self, files: &[PathBuf]) -> Result<Vec<Report>> {
        let asked = super::parallel(files.len(), |number| {
            let samples = samples(&files[number])?;
            Ok(self.window(&files[number], &samples, 0.0))
        });
        Ok(asked?.into_iter().flatten().collect())
    }

    /// Asks about streams, a window at a time.
    ///
    /// # Errors
    /// If a stream cannot be read.
    pub(super) fn streams(&self, files: &[PathBuf]) -> Result<Vec<Report>> {
        let asked = super::parallel(files.len(), |number| {
            let (samples, second) = (samples(&files[number])?, RATE as usize);
            let windows = samples.windows(WINDOW * second).step_by(HOP * second).enumerate();
            let reports = windows.filter_map(|(at, window)| self.window(&files[number], window, (at * HOP) as f64));
            Ok(reports.collect::<Vec<_>>())
        });
        Ok(asked?.into_iter().flatten().collect())
    }

    fn window(&self, file: &Path, samples: &[f32], start: f64) -> Option<Report> {
        let (track, found, confidence) = self.index.ask(&S::print(samples)?)?;
        let seconds = samples.len() as f64 / f64::from(RATE);
        Some(Report {
            file: file.display().to_string(),
            track: Some(self.tracks[track].clone()),
            query_t: start + seconds / 2.0,
            ref_t: S::place(&found, seconds / 2.0),
            confidence: f64::from(confidence),
            reported: S::decides(&found),
            detected_at: start + seconds,
        })
    }
}

fn samples(path: &Path) -> Result<Vec<f32>> {
    audiofp::io::decode_to_mono_at(path, RATE)
        .map_err(|error| anyhow!("audiofp cannot read {}: {error}", path.display()))
}
