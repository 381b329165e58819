//! Why an index cannot be used, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why an index could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is none.
    #[error("there is no index in {}; make one with `zitherctl rights index build`", .0.display())]
    Missing(PathBuf),
    /// The file system said no.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Of another version of Zither.
    #[error(
        "{} has format {got}, this version reads format {expected}; update Zither, or make the index again with `zitherctl \
         rights index build`",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The format that this version reads.
        expected: u32,
        /// The format of the file.
        got: u32,
    },
    /// Made by another analysis: its peaks are not those that this version finds.
    #[error(
        "{} was made by another analysis than this version's; make the index again with `zitherctl rights index build`",
        path.display()
    )]
    Analysis {
        /// The file.
        path: PathBuf,
    },
    /// A part of a file is not what was written.
    #[error(
        "{}: its {section} cannot be trusted: {reason}; make the index again with `zitherctl rights index build`",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part of it.
        section: Section,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process writes.
    #[error("the index in {} is being written by another process; try again when it has ended", .0.display())]
    Locked(PathBuf),
}

/// The parts of an index on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The list of segments.
    Manifest,
    /// The header of a segment.
    Header,
    /// The tracks of a segment.
    Tracks,
    /// How many postings each row of a segment has.
    Rows,
    /// Where the chunks of peaks of a segment begin.
    Chunks,
    /// The postings of a segment.
    Postings,
    /// The peaks of a segment.
    Peaks,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "list of segments",
            Self::Header => "header",
            Self::Tracks => "track table",
            Self::Rows => "row table",
            Self::Chunks => "table of peaks",
            Self::Postings => "postings",
            Self::Peaks => "peaks",
        })
    }
}

/// What is wrong with a segment, before its file is named.
#[derive(Debug)]
pub(super) enum Fault {
    Io(std::io::Error),
    Version(u32),
    Analysis,
    Damaged(Section, String),
}

impl Fault {
    pub(super) fn damaged(section: Section, reason: impl Into<String>) -> Self {
        Self::Damaged(section, reason.into())
    }

    pub(super) fn at(self, path: &Path) -> IndexError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => IndexError::Io { path, source },
            Self::Version(got) => IndexError::Version { path, expected: super::format::VERSION, got },
            Self::Analysis => IndexError::Analysis { path },
            Self::Damaged(section, reason) => IndexError::Damaged { path, section, reason },
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Names the file or folder of an error of the file system.
pub(super) fn io_at(path: &Path) -> impl FnOnce(std::io::Error) -> IndexError {
    move |source| IndexError::Io { path: path.to_owned(), source }
}
