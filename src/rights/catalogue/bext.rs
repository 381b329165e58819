//! The broadcast extension of WAV files: the chunk `bext` (EBU Tech 3285), and the ISRC in `axml` (EBU Tech 3352).
//!
//! Only heads of chunks and these two are read, so a file of hours costs what a short one does.

use std::io::{ErrorKind, Read, Result, Seek, SeekFrom};

/// Size of the fixed part of `bext`, in bytes; what follows is the history of coding.
const BEXT_BYTES: usize = 602;
/// How much of `axml` is looked through, in bytes.
const AXML_BYTES: u64 = 64 << 10;
/// Most chunks that are stepped over: no recorder writes so many.
const MAX_CHUNKS: usize = 1_000;
/// A size that stands in the chunk `ds64` instead.
const ELSEWHERE: u32 = u32::MAX;

/// What a broadcast WAV says of its production. Texts without their padding; empty where nothing stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Broadcast {
    /// What is heard.
    pub(super) description: String,
    /// The organisation or person that made the recording.
    pub(super) originator: String,
    /// Its ISRC, as written.
    pub(super) isrc: String,
}

/// Reads the broadcast chunks of a WAV (RIFF, RF64, BW64) file from its start. `None` where there are none, where the
/// file is of another kind, or where it ends within them.
///
/// # Errors
/// If the file system fails.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Option<Broadcast>> {
    match chunks(file) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        other => other,
    }
}

fn chunks(file: &mut (impl Read + Seek)) -> Result<Option<Broadcast>> {
    let end = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    if !matches!(&head[..4], b"RIFF" | b"RF64" | b"BW64") || &head[8..] != b"WAVE" {
        return Ok(None);
    }
    let (mut found, mut data_bytes, mut at) = (None, None, 12);
    for _ in 0..MAX_CHUNKS {
        if at + 8 > end {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let bytes = if size == ELSEWHERE { data_bytes.unwrap_or(u64::MAX) } else { u64::from(size) };
        match &head[..4] {
            b"ds64" => data_bytes = Some(size_of_data(file)?),
            b"bext" if size as usize >= BEXT_BYTES => bext(file, found.get_or_insert_default())?,
            b"axml" => axml(file, bytes, found.get_or_insert_default())?,
            _ => {}
        }
        // Chunks lie at even places.
        let Some(next) = (at + 8).checked_add(bytes).and_then(|next| next.checked_next_multiple_of(2)) else { break };
        at = next;
    }
    Ok(found)
}

/// The size of the chunk `data` by the chunk `ds64`, which stands first.
fn size_of_data(file: &mut impl Read) -> Result<u64> {
    let mut sizes = [[0; 8]; 2];
    file.read_exact(sizes.as_flattened_mut())?;
    Ok(u64::from_le_bytes(sizes[1]))
}

fn bext(file: &mut impl Read, found: &mut Broadcast) -> Result<()> {
    let mut fixed = [0; BEXT_BYTES];
    file.read_exact(&mut fixed)?;
    found.description = text(&fixed[..256]);
    found.originator = text(&fixed[256..288]);
    if found.isrc.is_empty() {
        // The reference is free, and some put the ISRC there.
        let reference = text(&fixed[288..320]);
        if reference.parse::<super::Isrc>().is_ok() {
            found.isrc = reference;
        }
    }
    Ok(())
}

/// `<dc:identifier>ISRC:GBAYE6900520</dc:identifier>`
fn axml(file: &mut impl Read, bytes: u64, found: &mut Broadcast) -> Result<()> {
    let mut xml = Vec::new();
    file.take(bytes.min(AXML_BYTES)).read_to_end(&mut xml)?;
    let xml = String::from_utf8_lossy(&xml);
    let codes = xml.split("ISRC:").skip(1).filter_map(|rest| rest.split('<').next());
    if let Some(code) = codes.map(str::trim).find(|code| code.parse::<super::Isrc>().is_ok()) {
        found.isrc = code.to_owned();
    }
    Ok(())
}

/// Text up to the first zero; ASCII by the standard, UTF-8 in practice.
fn text(padded: &[u8]) -> String {
    let end = padded.iter().position(|byte| *byte == 0).unwrap_or(padded.len());
    String::from_utf8_lossy(&padded[..end]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = [&name[..], &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    fn wave(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        [&kind[..], &[0xff; 4], b"WAVE", &chunks.concat()].concat()
    }

    fn bext_of(description: &str, originator: &str, reference: &str) -> Vec<u8> {
        let mut body = vec![0; BEXT_BYTES + 7];
        for (text, at) in [(description, 0), (originator, 256), (reference, 288)] {
            body[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        chunk(b"bext", &body)
    }

    fn read_bytes(bytes: Vec<u8>) -> Option<Broadcast> {
        read(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn description_originator_and_reference_are_found_after_other_chunks() {
        let file = wave(
            b"RIFF",
            &[chunk(b"fmt ", &[0; 16]), chunk(b"data", &[0; 33]), bext_of("Rain, take 3", "Nightfall", "GBAYE6900520")],
        );
        let found = read_bytes(file).unwrap();
        assert_eq!((found.description.as_str(), found.originator.as_str()), ("Rain, take 3", "Nightfall"));
        assert_eq!(found.isrc, "GBAYE6900520");
        let free = read_bytes(wave(b"RIFF", &[bext_of("", "", "DENFR0001")])).unwrap();
        assert_eq!(free, Broadcast::default());
    }

    #[test]
    fn a_description_that_fills_its_field_does_not_run_into_the_next() {
        let found = read_bytes(wave(b"RIFF", &[bext_of(&"d".repeat(256), &"o".repeat(32), "")])).unwrap();
        assert_eq!((found.description.len(), found.originator.len()), (256, 32));
    }

    #[test]
    fn the_isrc_of_axml_counts_and_a_wrong_one_is_passed_over() {
        let xml = b"<dc:identifier>ISRC:none</dc:identifier><dc:identifier>ISRC:USRC17607839</dc:identifier>";
        let found = read_bytes(wave(b"RIFF", &[bext_of("a", "b", "GBAYE6900520"), chunk(b"axml", xml)])).unwrap();
        assert_eq!(found.isrc, "USRC17607839");
    }

    #[test]
    fn a_wave_of_more_than_four_gibibytes_names_the_size_of_its_data_elsewhere() {
        let ds64 = chunk(b"ds64", &[&[0; 8][..], &40_u64.to_le_bytes(), &[0; 12]].concat());
        let mut data = chunk(b"data", &[0; 40]);
        data[4..8].copy_from_slice(&[0xff; 4]);
        assert_eq!(
            read_bytes(wave(b"RF64", &[ds64, data.clone(), bext_of("far", "", "")])).unwrap().description,
            "far"
        );
        assert_eq!(read_bytes(wave(b"RF64", &[data, bext_of("lost", "", "")])), None);
    }

    #[test]
    fn a_file_cut_anywhere_or_of_another_kind_gives_nothing_and_never_fails() {
        let whole = wave(b"RIFF", &[bext_of("a", "b", ""), chunk(b"axml", b"ISRC:USRC17607839<")]);
        for end in 0..whole.len() {
            let found = read_bytes(whole[..end].to_vec());
            assert!(found.is_none_or(|found| found.description == "a" || found == Broadcast::default()), "{end}");
        }
        assert_eq!(read_bytes(b"fLaC and more than twelve bytes".to_vec()), None);
        assert_eq!(read_bytes(wave(b"RIFF", &[chunk(b"bext", &[b'x'; 100])])), None);
    }
}
