//! Rights that audio files carry themselves: ID3, Vorbis comments, MP4 and APE tags, RIFF `INFO`, and BWF `bext`.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::prelude::{ItemKey, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::{Tag, TagItem};

use super::columns::{self, Column};
use super::{Work, bext, id_of_file};

/// Most artists that are taken from one file, and their longest name in bytes: together no more than a field.
const MAX_ARTISTS: usize = 32;
const MAX_NAME: usize = super::MAX_FIELD_BYTES / MAX_ARTISTS;

/// Why a file's tags could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// The file system said no.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Tags are there, but damaged.
    #[error("has tags that cannot be read: {0}")]
    Damaged(String),
}

/// What an audio file says of itself; its id is the stem of its file. A field that cannot be understood is left out.
///
/// # Errors
/// If the file cannot be opened or its tags are damaged. A file without tags, or of a kind unknown here, has none.
pub fn read(path: &Path) -> Result<Work, TagError> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        // A pipe by that name would be waited for.
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file").into());
    }
    let mut work = Work { id: id_of_file(path), file: path.to_string_lossy().into_owned(), ..Work::default() };
    let mut file = BufReader::new(File::open(path)?);
    if let Some(broadcast) = bext::read(&mut file)? {
        put(&mut work, Column::Isrc, &broadcast.isrc);
        put(&mut work, Column::Title, &broadcast.description);
        put(&mut work, Column::Owner, &broadcast.originator);
    }
    // The reader of tags is fuzzed; should it panic all the same, a build of an index goes on with the next file.
    match catch_unwind(AssertUnwindSafe(|| tags(file))) {
        Ok(tags) => tags?.iter().for_each(|tag| take(&mut work, tag)),
        Err(_) => return Err(TagError::Damaged("the reader of tags gave up".to_owned())),
    }
    Ok(work)
}

/// All tags of a file, the kind that its format prefers first.
fn tags(file: BufReader<File>) -> Result<Vec<Tag>, TagError> {
    let options = ParseOptions::new().read_properties(false).read_cover_art(false).parsing_mode(ParsingMode::Relaxed);
    let mut file = file;
    std::io::Seek::rewind(&mut file)?;
    let probe = Probe::new(file).options(options).guess_file_type()?;
    if probe.file_type().is_none() {
        return Ok(Vec::new());
    }
    let tagged = probe.read().map_err(|error| TagError::Damaged(error.to_string()))?;
    let preferred = tagged.primary_tag_type();
    let (mut first, rest): (Vec<_>, Vec<_>) =
        tagged.tags().iter().cloned().partition(|tag| tag.tag_type() == preferred);
    first.extend(rest);
    Ok(first)
}

/// Takes from a tag what the work lacks.
fn take(work: &mut Work, tag: &Tag) {
    let mut found = Work::default();
    let text =
        |key| tag.get(key).map(TagItem::value).and_then(|value| value.text().or(value.locator())).unwrap_or_default();
    put(&mut found, Column::Title, text(ItemKey::TrackTitle));
    let names = tag.get_strings(ItemKey::TrackArtist).filter(|name| name.len() <= MAX_NAME);
    for artist in names.take(MAX_ARTISTS) {
        put(&mut found, Column::Artists, artist);
    }
    put(&mut found, Column::Isrc, text(ItemKey::Isrc));
    for key in [ItemKey::Label, ItemKey::Publisher, ItemKey::CopyrightMessage] {
        if found.owner.is_empty() {
            put(&mut found, Column::Owner, text(key));
        }
    }
    for key in [ItemKey::License, ItemKey::CopyrightUrl, ItemKey::CopyrightMessage] {
        if found.licence.is_none() {
            found.licence = licence_in(text(key));
        }
    }
    for key in [ItemKey::CopyrightUrl, ItemKey::PublisherUrl] {
        if found.contact.is_empty() && licence_in(text(key)).is_none() {
            put(&mut found, Column::Contact, text(key));
        }
    }
    // What a tag says of the kind of file counts more than what `bext` says of its production.
    found.id.clone_from(&work.id);
    found.file.clone_from(&work.file);
    let broadcast = std::mem::replace(work, found);
    work.fill_from(broadcast);
}

/// The licence that a tag's text is, if it is one: a sentence about copyright is not.
fn licence_in(text: &str) -> Option<super::Licence> {
    if text.len() > super::MAX_FIELD_BYTES { None } else { columns::clean(text).parse().ok() }
}

/// Puts a text in if it can be understood; a damaged code in a tag is as good as none.
fn put(work: &mut Work, column: Column, text: &str) {
    let _ = columns::put(work, column, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use lofty::config::WriteOptions;
    use lofty::tag::{TagExt, TagType};

    fn wav(folder: &Path, name: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        (0..80).for_each(|at| writer.write_sample(at as i16).unwrap());
        writer.finalize().unwrap();
        path
    }

    #[test]
    fn what_id3_in_a_wav_says_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = wav(folder.path(), "Night Bus.wav");
        let mut tag = Tag::new(TagType::Id3v2);
        tag.insert_text(ItemKey::TrackTitle, "Night Bus".into());
        tag.insert_text(ItemKey::TrackArtist, "Earth, Wind".into());
        tag.insert_text(ItemKey::Isrc, "gb-aye-69-00520".into());
        tag.insert_text(ItemKey::Label, "Nightfall Records".into());
        tag.insert_text(ItemKey::CopyrightUrl, "https://creativecommons.org/licenses/by/4.0/".into());
        tag.save_to_path(&path, WriteOptions::default()).unwrap();
        let work = read(&path).unwrap();
        assert_eq!(
            (work.id.as_str(), work.title.as_str(), work.owner.as_str()),
            ("Night Bus", "Night Bus", "Nightfall Records")
        );
        assert_eq!(work.artists, ["Earth, Wind"]);
        assert_eq!(work.isrc.as_ref().unwrap().as_str(), "GBAYE6900520");
        assert_eq!(work.policy(), super::super::Policy::Attribute);
        assert_eq!(work.contact, "");
    }

    #[test]
    fn a_file_without_tags_has_its_stem_and_a_damaged_or_missing_one_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let plain = read(&wav(folder.path(), "plain.wav")).unwrap();
        assert_eq!((plain.id.as_str(), plain.title.as_str()), ("plain", ""));
        let text = folder.path().join("text.wav");
        std::fs::write(&text, "no audio at all").unwrap();
        assert_eq!(read(&text).unwrap().id, "text");
        std::fs::write(&text, b"fLaC\x84\x00\xff\xff").unwrap();
        assert!(read(&text).is_err() || read(&text).unwrap().title.is_empty());
        assert!(matches!(read(&folder.path().join("absent.wav")), Err(TagError::Io(_))));
        assert!(read(folder.path()).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]

        #[test]
        fn a_tagged_file_with_any_bytes_changed_never_panics(
            changes in proptest::collection::vec((0_usize..600, 0_u8..=255), 1..12),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = wav(folder.path(), "a.wav");
            let mut tag = Tag::new(TagType::Id3v2);
            tag.insert_text(ItemKey::TrackTitle, "A".repeat(100));
            tag.save_to_path(&path, WriteOptions::default()).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            std::fs::write(&path, bytes).unwrap();
            let _ = read(&path);
        }
    }
}
