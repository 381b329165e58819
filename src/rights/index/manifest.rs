//! The list of segments that make up an index, and of the tracks that were taken out of them.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{IndexError, Section, io_at};
use super::format::VERSION;
use super::postings::TICK_BITS;

/// Name of the list in the folder of an index.
pub(super) const NAME: &str = "index.json";
/// Extension of segments; their name is their BLAKE3.
const EXTENSION: &str = "segment";
/// Beginning of the name of a file that is being written.
const UNFINISHED: &str = ".unfinished-";
/// Largest list that is read.
const MAX_BYTES: u64 = 64 << 20;
/// Most segments of an index: their ticks, one after another, are counted in 32 bits.
const MAX_SEGMENTS: usize = 1 << (u32::BITS - TICK_BITS);

/// What an index is made of. Replaced as a whole, so that a reader finds either the old index or the new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    pub(super) segments: Vec<Entry>,
    /// BLAKE3 of the rest.
    check: String,
}

/// A segment of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// BLAKE3 of its file, in hexadecimal digits.
    pub(super) digest: String,
    /// Ids of its tracks that were taken out.
    pub(super) removed: BTreeSet<String>,
}

impl Entry {
    /// Name of its file.
    pub(super) fn file(&self) -> String {
        format!("{}.{EXTENSION}", self.digest)
    }
}

impl Manifest {
    pub(super) fn new(segments: Vec<Entry>) -> Self {
        let mut manifest = Self { format: VERSION, segments, check: String::new() };
        manifest.check = manifest.digest();
        manifest
    }

    /// What tells this state of the index from any other.
    pub(super) fn check(&self) -> &str {
        &self.check
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.format.to_le_bytes());
        for entry in &self.segments {
            for text in std::iter::once(&entry.digest).chain(&entry.removed) {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
            hasher.update(&[0xFF; 8]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Reads the list in a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, IndexError> {
        let path = folder.join(NAME);
        let text = match read_limited(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(IndexError::Missing(folder.to_owned()));
            }
            text => text.map_err(io_at(&path))?,
        };
        Self::parse(&text, &path)
    }

    fn parse(text: &[u8], path: &Path) -> Result<Self, IndexError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged =
            |reason: String| IndexError::Damaged { path: path.to_owned(), section: Section::Manifest, reason };
        let Format { format } = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if format != VERSION {
            return Err(IndexError::Version { path: path.to_owned(), expected: VERSION, got: format });
        }
        let manifest: Self = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if manifest.check != manifest.digest() {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        let hex = |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digests: BTreeSet<&String> = manifest.segments.iter().map(|entry| &entry.digest).collect();
        if manifest.segments.len() > MAX_SEGMENTS
            || digests.len() < manifest.segments.len()
            || !digests.into_iter().all(|digest| hex(digest))
        {
            return Err(damaged("it makes no sense".to_owned()));
        }
        Ok(manifest)
    }

    /// Whether another segment can be listed.
    pub(super) fn has_room(segments: usize) -> bool {
        segments < MAX_SEGMENTS
    }

    /// Puts this list in the place of the one in a folder, once all else in the folder is on disk.
    pub(super) fn replace(&self, folder: &Path) -> Result<(), IndexError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| io_at(folder)(error.into()))?;
        sync_folder(folder).map_err(io_at(folder))?;
        write_unfinished(folder, &text)?.persist(folder.join(NAME)).map_err(|error| io_at(folder)(error.error))?;
        sync_folder(folder).map_err(io_at(folder))
    }

    /// Deletes what a writer that was stopped, or an older list, left in a folder: segments that this list does not name
    /// and unfinished files. What cannot be deleted stays; other files are not touched.
    pub(super) fn sweep(&self, folder: &Path) {
        let kept: BTreeSet<String> = self.segments.iter().map(Entry::file).collect();
        let Ok(files) = std::fs::read_dir(folder) else { return };
        for file in files.flatten() {
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            let ours = name.starts_with(UNFINISHED) || is_segment(name) && !kept.contains(name);
            if ours && file.file_type().is_ok_and(|kind| kind.is_file()) {
                // The next writer tries again.
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

fn is_segment(name: &str) -> bool {
    let digest = name.strip_suffix(EXTENSION).and_then(|stem| stem.strip_suffix('.'));
    digest.is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large for a list of segments")),
        false => Ok(bytes),
    }
}

/// Writes a segment under its own name, which is returned without the extension.
pub(super) fn write_segment(folder: &Path, bytes: &[u8]) -> Result<Entry, IndexError> {
    let digest = blake3::hash(bytes).to_hex().to_string();
    let entry = Entry { digest, removed: BTreeSet::new() };
    let path: PathBuf = folder.join(entry.file());
    write_unfinished(folder, bytes)?.persist(&path).map_err(|error| io_at(&path)(error.error))?;
    Ok(entry)
}

/// A file that is on disk, but not under its name yet.
fn write_unfinished(folder: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, IndexError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(io_at(folder))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io_at(file.path()))?;
    Ok(file)
}

/// Makes sure that the names in a folder are on disk. Where folders cannot be opened their system does that by itself.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    let _ = folder;
    Ok(())
}
