//! Reads all of an index and compares it with its checksums.

use std::io::Read;
use std::path::Path;

use super::super::axis::STEPS;
use super::super::pairs::SHAPES;
use super::error::{Fault, IndexError, Section, io_at};
use super::manifest::{Entry, Manifest};
use super::open_segment;
use super::{Cache, Segment};

/// Memory for the blocks of one segment while it is read through.
const CACHE_BYTES: usize = 1 << 20;

/// All that is wrong with the index in a folder: for each file the first thing that is.
///
/// # Errors
/// If the list of segments itself cannot be read.
pub fn verify(folder: &Path) -> Result<Vec<IndexError>, IndexError> {
    let manifest = Manifest::read(folder)?;
    Ok(manifest.segments.iter().filter_map(|entry| check(folder, entry).err()).collect())
}

/// Checks a segment, the tables first: they say better than a digest of all what is wrong.
fn check(folder: &Path, entry: &Entry) -> Result<(), IndexError> {
    let path = folder.join(entry.file());
    let segment = open_segment(&path, 0)?;
    rows_are_sound(&segment).and_then(|()| peaks_are_sound(&segment)).map_err(|fault| fault.at(&path))?;
    if digest_of(&path).map_err(io_at(&path))? != entry.digest {
        let reason = "the file is not the one that was written";
        return Err(Fault::damaged(Section::Header, reason).at(&path));
    }
    Ok(())
}

/// Every row must give as many postings as the row table counts, all of them within tracks.
pub(super) fn rows_are_sound(segment: &Segment) -> Result<(), Fault> {
    let mut cache = Cache::new(CACHE_BYTES);
    for shape in 0..SHAPES {
        let (mut count, mut astray, mut last) = (0, false, (0, 0));
        segment.search(&mut cache, shape, 0..STEPS as u16, |step, tick| {
            count += 1;
            astray |= tick >= segment.ticks() || (step, tick) < last;
            last = (step, tick);
        });
        if count != segment.row_len(shape) || astray {
            let reason = cache.damage().unwrap_or("a row is not what the row table says of it");
            return Err(Fault::damaged(Section::Postings, reason));
        }
    }
    Ok(())
}

/// Every track must have as many peaks as the track table counts.
pub(super) fn peaks_are_sound(segment: &Segment) -> Result<(), Fault> {
    let mut cache = Cache::new(CACHE_BYTES);
    for track in segment.tracks() {
        let mut count = 0;
        segment.peaks(&mut cache, track.start..track.start + track.ticks, |_| count += 1);
        if count != track.peaks {
            let reason = cache.damage().unwrap_or("they are not as many as the track table says");
            return Err(Fault::damaged(Section::Peaks, reason));
        }
    }
    Ok(())
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            count => hasher.update(&buffer[..count]),
        };
    }
}
