//! Tests: what is done to an index that is damaged, by chance or on purpose.

use super::super::axis::STEPS;
use super::super::pairs::SHAPES;
use super::cache::{BLOCK, OVERLAP};
use super::format::{HEADER_BYTES, SECTIONS, SUM_BYTES, block_sum};
use super::testing::{Dice, Music};
use super::{Builder, Index, IndexError, Section, SegmentBuilder, verify};

/// Places of the lengths and sums of the parts in a header.
const EXTENTS: usize = HEADER_BYTES - SUM_BYTES - SECTIONS.len() * 12;

fn a_segment() -> Vec<u8> {
    let mut builder = SegmentBuilder::new();
    let mut dice = Dice::new(11);
    for number in 0..3 {
        builder.add_track(&Music::new(&mut dice, number, 400).track()).unwrap();
    }
    builder.finish(1_700_000_000)
}

/// Where the parts of a segment lie, by what its header says.
fn parts(bytes: &[u8]) -> Option<[std::ops::Range<usize>; SECTIONS.len()]> {
    let mut start = HEADER_BYTES;
    let mut parts = std::array::from_fn(|_| 0..0);
    for (number, part) in parts.iter_mut().enumerate() {
        let length = bytes.get(EXTENTS + number * 12..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
        let end = start.checked_add(usize::try_from(length).ok()?).filter(|&end| end <= bytes.len())?;
        *part = start..end;
        start = end;
    }
    Some(parts)
}

/// Makes all checksums right again, as one who means harm would.
fn sum_up(bytes: &mut [u8]) {
    let Some(parts) = parts(bytes) else { return };
    for (number, part) in parts.into_iter().enumerate() {
        if matches!(SECTIONS[number], Section::Postings | Section::Peaks) {
            for (number, block) in (0..).zip(bytes[part.clone()].chunks_mut(BLOCK + OVERLAP + SUM_BYTES)) {
                let Some((data, sum)) = block.split_last_chunk_mut::<SUM_BYTES>() else { continue };
                *sum = block_sum(number, data).to_le_bytes();
            }
        }
        let sum = crc32fast::hash(&bytes[part]).to_le_bytes();
        bytes[EXTENTS + number * 12 + 8..][..SUM_BYTES].copy_from_slice(&sum);
    }
    let sum = crc32fast::hash(&bytes[..HEADER_BYTES - SUM_BYTES]).to_le_bytes();
    bytes[HEADER_BYTES - SUM_BYTES..HEADER_BYTES].copy_from_slice(&sum);
}

/// Spoils some bytes.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    // Most of the file is postings; harm is done to every part alike.
    let parts = parts(bytes).unwrap();
    for _ in 0..=dice.below(3) {
        let part = match dice.below(SECTIONS.len() + 1) {
            0 => 0..HEADER_BYTES,
            number => parts[number - 1].clone(),
        };
        let Some(place) = part.clone().nth(dice.below(part.len().max(1))) else { continue };
        let extreme = [0_u32, 1, u32::MAX, i32::MAX as u32, 1 << 22, 1 << 25][dice.below(6)].to_le_bytes();
        match dice.below(6) {
            0 | 1 => bytes[place] ^= 1 << dice.below(8),
            2 => bytes[place] = dice.next() as u8,
            3 if bytes.len() - place >= 4 => bytes[place..place + 4].copy_from_slice(&extreme),
            4 => bytes[place..part.end].fill(dice.next() as u8),
            _ => bytes[place] = [0, 0xFF, 0x7F, 0x80][dice.below(4)],
        }
    }
    match dice.below(12) {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => bytes.extend([0; 100]),
        _ => {}
    }
}

/// All that can be found in an index: shape, step and tick of pairs.
fn everything(index: &mut Index) -> Vec<(usize, u16, u32)> {
    let (segments, cache) = index.split();
    let mut all = Vec::new();
    for segment in segments {
        for shape in 0..SHAPES {
            segment.search(cache, shape, 0..STEPS as u16, |step, tick| {
                assert!(usize::from(step) < STEPS);
                all.push((shape, step, tick));
            });
        }
        for track in segment.tracks() {
            segment
                .peaks(cache, track.start..track.start + track.ticks, |peak| assert!(usize::from(peak.step) < STEPS));
            assert!(segment.track_at(track.start).is_none_or(|number| number < segment.tracks().len()));
        }
        // What these say of it does not matter here.
        let _ = (super::verify::rows_are_sound(segment), super::verify::peaks_are_sound(segment));
    }
    all
}

/// How many spoiled files: `ZITHER_MUTATIONS`, or few enough for every day.
fn mutations() -> usize {
    std::env::var("ZITHER_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[test]
fn a_spoiled_segment_is_refused_or_finds_only_what_was_there() {
    let whole = a_segment();
    let truth = everything(&mut Index::in_memory(vec![whole.clone()]).unwrap());
    let (mut dice, mut refused, mut damaged) = (Dice::new(21), 0, 0);
    for _ in 0..mutations() / 2 {
        let mut bytes = whole.clone();
        mutate(&mut bytes, &mut dice);
        let Ok(mut index) = Index::in_memory(vec![bytes]) else {
            refused += 1;
            continue;
        };
        let found = everything(&mut index);
        assert!(found.iter().all(|pair| truth.binary_search(pair).is_ok()));
        if index.damage().is_some() {
            damaged += 1;
        } else {
            assert_eq!(found.len(), truth.len());
        }
    }
    assert!(refused > 0 && damaged > 0, "{refused} refused, {damaged} damaged");
}

#[test]
fn a_segment_forged_with_right_checksums_does_no_harm() {
    let whole = a_segment();
    let (mut dice, mut opened) = (Dice::new(22), 0);
    for _ in 0..mutations() / 2 {
        let mut bytes = whole.clone();
        mutate(&mut bytes, &mut dice);
        sum_up(&mut bytes);
        if let Ok(mut index) = Index::in_memory(vec![bytes]) {
            everything(&mut index);
            opened += 1;
        }
    }
    assert!(opened > mutations() / 20, "{opened} opened");
}

#[test]
fn a_segment_cut_at_any_length_is_refused() {
    let whole = a_segment();
    for length in 0..whole.len() {
        let error = Index::in_memory(vec![whole[..length].to_vec()]).err().expect("it is not whole");
        assert!(matches!(error, IndexError::Damaged { section: Section::Header, .. }), "{error}");
    }
}

#[test]
fn damage_is_told_by_part_with_what_to_do() {
    let whole = a_segment();
    for (part, section) in parts(&whole).unwrap().into_iter().zip(SECTIONS).take(3) {
        let mut bytes = whole.clone();
        bytes[part.start + part.len() / 2] ^= 1;
        let error = Index::in_memory(vec![bytes]).err().unwrap();
        let expected = format!(
            "memory: its {section} cannot be trusted: its checksum is wrong; make the index again with `zitherctl rights \
             index build`"
        );
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn another_version_or_analysis_is_told_from_damage() {
    let whole = a_segment();
    let mut later = whole.clone();
    later[8] = 2;
    assert!(matches!(Index::in_memory(vec![later]), Err(IndexError::Version { expected: 1, got: 2, .. })));
    let mut other = whole;
    other[12] ^= 1;
    sum_up(&mut other);
    assert!(matches!(Index::in_memory(vec![other]), Err(IndexError::Analysis { .. })));
}

#[test]
fn a_file_that_is_cut_while_open_is_told_and_counts_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::create(folder.path()).unwrap();
    builder.add_track(&Music::new(&mut Dice::new(3), 0, 20_000).track()).unwrap();
    builder.finish().unwrap();
    let mut index = Index::open(folder.path()).unwrap();
    let path = index.paths().remove(0);
    let whole = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(whole / 2).unwrap();
    let found = everything(&mut index);
    assert!(!found.is_empty() && found.len() < index.segments()[0].postings() as usize);
    assert!(index.damage().unwrap().contains("postings"), "{:?}", index.damage());
    assert!(matches!(verify(folder.path()).unwrap()[..], [IndexError::Damaged { section: Section::Header, .. }]));
}

#[test]
fn verify_finds_one_changed_bit_in_any_part() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::create(folder.path()).unwrap();
    builder.add_track(&Music::new(&mut Dice::new(4), 0, 3_000).track()).unwrap();
    builder.finish().unwrap();
    let path = Index::open(folder.path()).unwrap().paths().remove(0);
    let whole = std::fs::read(&path).unwrap();
    for (part, section) in parts(&whole).unwrap().into_iter().zip(SECTIONS) {
        let mut bytes = whole.clone();
        bytes[part.start + part.len() / 2] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
        let found = verify(folder.path()).unwrap();
        assert!(matches!(&found[..], [IndexError::Damaged { section: told, .. }] if *told == section), "{found:?}");
    }
    // Forged so that all checksums fit: the name is the digest.
    let mut bytes = whole;
    bytes[EXTENTS - 5 * 4 - 8] ^= 1;
    sum_up(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    assert!(verify(folder.path()).unwrap()[0].to_string().contains("not the one that was written"));
}

#[test]
fn a_list_with_any_byte_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::create(folder.path()).unwrap();
    builder.add_track(&Music::new(&mut Dice::new(5), 0, 100).track()).unwrap();
    builder.finish().unwrap();
    super::remove(folder.path(), &["track-0"]).unwrap();
    let path = folder.path().join(super::manifest::NAME);
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
        std::fs::write(&path, &bytes).unwrap();
        assert!(Index::open(folder.path()).is_err(), "byte {place}");
        std::fs::write(&path, &whole[..place]).unwrap();
        assert!(Index::open(folder.path()).is_err(), "cut at {place}");
    }
}
