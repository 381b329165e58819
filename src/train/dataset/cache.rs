//! Analysed notes on disk, one file per instrument. A cache: what does not read is thrown away and made anew.
//!
//! Little-endian: magic, version, then per note its file's name, length and time of change, and the note.

use std::collections::HashMap;
use std::path::Path;

use half::f16;

use super::{MotionTarget, StoredNote};
use crate::analysis::frames::PARTIALS;
use crate::model::architecture::OUTPUTS;

const MAGIC: &[u8; 8] = b"ZNOTES\0\0";
/// To be raised whenever analysis gives other frames for the same file, or the format changes.
const VERSION: u32 = 8;
/// Longest file name that is read.
const MAX_NAME: usize = 4_096;

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileState {
    /// Name within its folder.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Nanoseconds since 1970.
    pub(super) changed: u64,
}

/// Notes by the state of their file; `None` stands for a file without a note in it.
pub(super) type Cached = HashMap<FileState, StoredNote>;

/// Reads a cache; empty if there is none, or none that this program understands.
pub(super) fn read(path: &Path) -> Cached {
    let bytes = std::fs::read(path).unwrap_or_default();
    Reader(&bytes).all().unwrap_or_default()
}

/// Writes a cache.
///
/// # Errors
/// What the file system says.
pub(super) fn write<'a>(
    path: &Path,
    notes: impl Iterator<Item = (&'a FileState, &'a StoredNote)>,
) -> std::io::Result<()> {
    let mut out = [MAGIC.as_slice(), &VERSION.to_le_bytes()].concat();
    for (state, note) in notes {
        put_note(&mut out, state, note);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_extension("part");
    std::fs::write(&unfinished, out)?;
    std::fs::rename(unfinished, path)
}

fn put_note(out: &mut Vec<u8>, state: &FileState, note: &StoredNote) {
    out.extend((state.name.len() as u32).to_le_bytes());
    out.extend(state.name.as_bytes());
    out.extend(state.bytes.to_le_bytes());
    out.extend(state.changed.to_le_bytes());
    let scalars = [note.pitch, note.velocity, note.hold, note.floor];
    for value in scalars.iter().chain(&note.slot_cents).chain(&note.slot_weight) {
        out.extend(value.to_le_bytes());
    }
    let mask = (0..PARTIALS).fold(0_u64, |mask, k| mask | u64::from(note.in_band[k]) << k);
    out.extend(mask.to_le_bytes());
    out.extend((note.held as u32).to_le_bytes());
    out.extend((note.times.len() as u32).to_le_bytes());
    out.extend(note.times.iter().flat_map(|time| time.to_le_bytes()));
    out.extend(note.values.iter().chain(&note.steady_cents).flat_map(|value| value.to_le_bytes()));
    let motion = note.motion.outputs.iter().chain(&note.motion.weights);
    out.extend(motion.flat_map(|value| value.to_le_bytes()));
}

/// The bytes still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn all(&mut self) -> Option<Cached> {
        if self.array::<8>()? != *MAGIC || self.u32()? != VERSION {
            return None;
        }
        let mut cached = Cached::new();
        while !self.0.is_empty() {
            let (state, note) = (self.state()?, self.note()?);
            cached.insert(state, note);
        }
        Some(cached)
    }

    fn state(&mut self) -> Option<FileState> {
        let length = usize::try_from(self.u32()?).ok().filter(|&length| length <= MAX_NAME)?;
        let name = String::from_utf8(self.take(length)?.to_vec()).ok()?;
        Some(FileState { name, bytes: u64::from_le_bytes(self.array()?), changed: u64::from_le_bytes(self.array()?) })
    }

    fn note(&mut self) -> Option<StoredNote> {
        let [pitch, velocity, hold, floor] = self.floats()?;
        let (slot_cents, slot_weight) = (self.floats()?, self.floats()?);
        let mask = u64::from_le_bytes(self.array()?);
        let (held, count) = (self.u32()? as usize, self.u32()? as usize);
        let times: Vec<u16> = pairs(self.take(count.checked_mul(2)?)?).map(u16::from_le_bytes).collect();
        let values: Vec<f16> = pairs(self.take(count.checked_mul(2 * OUTPUTS)?)?).map(f16::from_le_bytes).collect();
        let steady_cents: Vec<f16> = pairs(self.take(count.checked_mul(2)?)?).map(f16::from_le_bytes).collect();
        let motion = MotionTarget { outputs: self.floats()?, weights: self.floats()? };
        let scalars = [pitch, velocity, hold, floor];
        let moves = motion.outputs.iter().chain(&motion.weights);
        let finite = scalars.iter().chain(&slot_cents).chain(&slot_weight).chain(moves).all(|value| value.is_finite())
            && values.iter().chain(&steady_cents).all(|value| value.is_finite());
        let whole = (1..=count).contains(&held) && times.is_sorted();
        let in_band = std::array::from_fn(|k| mask >> k & 1 == 1);
        let note = StoredNote {
            pitch,
            velocity,
            hold,
            floor,
            slot_cents,
            slot_weight,
            in_band,
            held,
            times,
            values,
            steady_cents,
            motion,
        };
        (finite && whole).then_some(note)
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn floats<const N: usize>(&mut self) -> Option<[f32; N]> {
        let (values, _) = self.take(4 * N)?.as_chunks();
        Some(std::array::from_fn(|i| f32::from_le_bytes(values[i])))
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.as_chunks().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_the_cache_and_a_damaged_one_is_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/x.notes");
        let note = StoredNote::new(&super::super::tests::tone(60.0, 0.3, 100.0), 90.0, 100.0).unwrap();
        let state = FileState { name: "C4.wav".into(), bytes: 7, changed: 9 };
        write(&path, [(&state, &note)].into_iter()).unwrap();
        assert_eq!(read(&path), Cached::from([(state, note)]));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(read(&path), Cached::new());
        std::fs::write(&path, [0; 40]).unwrap();
        assert_eq!(read(&path), Cached::new());
        assert_eq!(read(&folder.path().join("none")), Cached::new());
    }
}
