//! What a matcher says: one JSON object a line.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::truth;

/// One report of a matcher.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) file: String,
    /// Id of the catalogue track; none where the matcher only says that it found nothing.
    #[serde(default)]
    pub(super) track: Option<String>,
    /// A time in the stream, in seconds.
    #[serde(default)]
    pub(super) query_t: f64,
    /// The matching time in the track, in seconds.
    #[serde(default)]
    pub(super) ref_t: f64,
    /// How sure the matcher is, 0..1.
    #[serde(default)]
    pub(super) confidence: f64,
    /// Whether the matcher's own decision is to tell the user.
    #[serde(default)]
    pub(super) reported: bool,
    /// Time of the stream, in seconds, at which it could be told first.
    #[serde(default)]
    pub(super) detected_at: f64,
}

/// All reports of a matcher, by the file's name.
pub(super) struct Reports(HashMap<String, Vec<Report>>);

impl Reports {
    /// Sorts reports by file, the surest first.
    pub(super) fn new(reports: impl IntoIterator<Item = Report>) -> Self {
        let mut files: HashMap<String, Vec<Report>> = HashMap::new();
        for report in reports.into_iter().filter(|report| report.track.is_some()) {
            files.entry(truth::name(&report.file).to_owned()).or_default().push(report);
        }
        files.values_mut().for_each(|file| file.sort_by(|a, b| b.confidence.total_cmp(&a.confidence)));
        Self(files)
    }

    /// Reads report files.
    ///
    /// # Errors
    /// If one cannot be read or a line is no report.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self> {
        let read: Result<Vec<Vec<Report>>> = paths.iter().map(|path| truth::read_lines(path)).collect();
        Ok(Self::new(read?.into_iter().flatten()))
    }

    /// Reports of a file, the surest first.
    pub(super) fn of(&self, name: &str) -> &[Report] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
