//! The list of presets of an SF2 soundfont: the `phdr` chunk, and nothing else of the format.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes of one preset header (SoundFont 2.01, section 7.2).
const HEADER: usize = 38;
/// Most presets a soundfont may list: 128 programs in 1024 banks would be far beyond any real one.
const MAX_PRESETS: usize = 131_072;

/// Why a soundfont's presets could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum SoundfontError {
    /// The file system said no.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not an SF2 file, or a damaged one.
    #[error("{} is no SF2 soundfont: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found wrong.
        reason: &'static str,
    },
}

/// One preset of a soundfont.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SoundfontPreset {
    /// Bank, as chosen by MIDI bank select; 128 holds the drum kits.
    pub bank: u16,
    /// Program 0..127.
    pub program: u16,
    /// Name given by the soundfont.
    pub name: String,
}

/// Lists the presets of an SF2 soundfont by bank and program.
///
/// # Errors
/// If the file cannot be read, is no soundfont, or its chunks reach beyond its end.
pub fn presets(path: &Path) -> Result<Vec<SoundfontPreset>, SoundfontError> {
    let io = |source| SoundfontError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let headers = match read_headers(&mut file) {
        Ok(headers) => headers,
        Err(Failure::Io(source)) => return Err(io(source)),
        Err(Failure::Format(reason)) => return Err(SoundfontError::Format { path: path.to_owned(), reason }),
    };
    // The last header is the terminator "EOP".
    let count = headers.len() / HEADER - 1;
    let mut presets: Vec<_> = headers.chunks_exact(HEADER).take(count).map(preset).collect();
    presets.sort();
    Ok(presets)
}

fn preset(header: &[u8]) -> SoundfontPreset {
    let name = header[..20].split(|&byte| byte == 0).next().unwrap_or_default();
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let name = String::from_utf8_lossy(name).trim().to_owned();
    SoundfontPreset { bank: word(22), program: word(20), name }
}

enum Failure {
    Io(std::io::Error),
    Format(&'static str),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Format("it is cut short"),
            _ => Self::Io(error),
        }
    }
}

/// The bytes of the `phdr` chunk: at least one header, a whole number of them.
fn read_headers(file: &mut (impl Read + Seek)) -> Result<Vec<u8>, Failure> {
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    if read_chunk(file)?.0 != *b"RIFF" || read_tag(file)? != *b"sfbk" {
        return Err(Failure::Format("it does not begin with RIFF sfbk"));
    }
    let pdta = find(file, end, |file, tag| Ok(tag == *b"LIST" && read_tag(file)? == *b"pdta"))?;
    file.seek(SeekFrom::Start(pdta.start + 4))?;
    let phdr = find(file, pdta.end.min(end), |_, tag| Ok(tag == *b"phdr"))?;
    let length = (phdr.end - phdr.start) as usize;
    if phdr.end > end {
        return Err(Failure::Format("it is cut short"));
    }
    if length == 0 || !length.is_multiple_of(HEADER) || length / HEADER > MAX_PRESETS {
        return Err(Failure::Format("its list of presets has an impossible length"));
    }
    file.seek(SeekFrom::Start(phdr.start))?;
    let mut headers = vec![0; length];
    file.read_exact(&mut headers)?;
    Ok(headers)
}

/// The body of the first chunk from here to `end` that `wanted` accepts.
fn find<R: Read + Seek>(
    file: &mut R,
    end: u64,
    wanted: impl Fn(&mut R, [u8; 4]) -> Result<bool, Failure>,
) -> Result<std::ops::Range<u64>, Failure> {
    loop {
        let start = file.stream_position()? + 8;
        if start > end {
            return Err(Failure::Format("it lists no presets"));
        }
        let (tag, length) = read_chunk(file)?;
        let body = start..start + u64::from(length);
        if wanted(file, tag)? {
            return Ok(body);
        }
        // Chunks are padded to even lengths.
        file.seek(SeekFrom::Start(body.end + u64::from(length % 2)))?;
    }
}

fn read_tag(file: &mut impl Read) -> Result<[u8; 4], Failure> {
    let mut tag = [0; 4];
    file.read_exact(&mut tag)?;
    Ok(tag)
}

fn read_chunk(file: &mut impl Read) -> Result<([u8; 4], u32), Failure> {
    Ok((read_tag(file)?, u32::from_le_bytes(read_tag(file)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(tag: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = [&tag[..], &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    fn header(name: &str, program: u16, bank: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes[20..22].copy_from_slice(&program.to_le_bytes());
        bytes[22..24].copy_from_slice(&bank.to_le_bytes());
        bytes
    }

    fn soundfont() -> Vec<u8> {
        let phdr = [header("Strings", 48, 0), header("Kit", 0, 128), header("Piano", 0, 0), header("EOP", 0, 0)];
        let pdta = [&b"pdta"[..], &chunk(b"junk", &[1, 2, 3]), &chunk(b"phdr", &phdr.concat())].concat();
        let info = chunk(b"LIST", b"INFOodd");
        chunk(b"RIFF", &[&b"sfbk"[..], &info, &chunk(b"LIST", &pdta)].concat())
    }

    fn list(bytes: &[u8]) -> Result<Vec<SoundfontPreset>, SoundfontError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("font.sf2");
        std::fs::write(&path, bytes).unwrap();
        presets(&path)
    }

    #[test]
    fn presets_are_listed_by_bank_and_program_without_the_terminator() {
        let names: Vec<_> = list(&soundfont()).unwrap().into_iter().map(|p| (p.bank, p.program, p.name)).collect();
        let expected = [(0, 0, "Piano"), (0, 48, "Strings"), (128, 0, "Kit")];
        assert_eq!(names, expected.map(|(bank, program, name)| (bank, program, name.to_owned())));
    }

    #[test]
    fn every_cut_of_a_soundfont_is_refused_without_a_panic() {
        let whole = soundfont();
        for length in 0..whole.len() {
            assert!(list(&whole[..length]).is_err(), "{length} of {} bytes were accepted", whole.len());
        }
    }

    #[test]
    fn a_length_beyond_the_file_is_refused_before_it_is_allocated() {
        let mut bytes = soundfont();
        let at = bytes.windows(4).position(|tag| tag == b"phdr").unwrap() + 4;
        bytes[at..at + 4].copy_from_slice(&(38_u32 * 100_000).to_le_bytes());
        assert!(matches!(list(&bytes), Err(SoundfontError::Format { .. })));
    }
}
