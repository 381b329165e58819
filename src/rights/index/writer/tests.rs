use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::super::testing::{Dice, Music};
use super::*;
use crate::rights::index::verify;

fn some_music(seed: u32, count: usize) -> Vec<Music> {
    let mut dice = Dice::new(seed);
    (0..count).map(|number| Music::new(&mut dice, number, 500)).collect()
}

fn add(mut builder: Builder, music: &[Music]) -> usize {
    for music in music {
        assert_eq!(builder.add_track(&music.track()).unwrap(), Addition::Added);
    }
    builder.finish().unwrap()
}

fn ids(index: &Index) -> Vec<&str> {
    index.tracks().map(|track| track.id.as_str()).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[test]
fn tracks_are_added_taken_out_and_compacted_away() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, music) = (folder.path(), some_music(1, 5));
    assert_eq!(add(Builder::create(folder).unwrap(), &music[..3]), 3);
    assert_eq!(add(Builder::append(folder).unwrap(), &music[3..]), 5);
    assert_eq!(remove(folder, &["track-1", "track-9", "track-4"]).unwrap(), ["track-9"]);
    assert_eq!(remove(folder, &["track-1"]).unwrap(), ["track-1"], "it is gone already");

    let index = Index::open(folder).unwrap();
    assert_eq!((index.segments().len(), ids(&index)), (2, vec!["track-0", "track-2", "track-3"]));
    let taken = &index.segments()[0].tracks()[1];
    assert!(taken.removed && index.segments()[0].track_at(taken.start).is_none());

    assert_eq!(compact(folder).unwrap(), 3);
    let compacted = Index::open(folder).unwrap();
    assert_eq!((compacted.segments().len(), ids(&compacted)), (1, ids(&index)));
    assert_eq!(files(folder).len(), 3, "list, lock and segment: {:?}", files(folder));
    assert!(verify(folder).unwrap().is_empty());
}

#[test]
fn a_compacted_index_finds_what_one_built_at_once_finds() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let music = some_music(2, 4);
    add(Builder::create(one.path()).unwrap(), &music);
    add(Builder::create(other.path()).unwrap(), &music[..3]);
    add(Builder::append(other.path()).unwrap(), &music[3..]);
    assert_eq!(Index::open(other.path()).unwrap().segments().len(), 2);
    compact(other.path()).unwrap();
    let (mut one, mut other) = (Index::open(one.path()).unwrap(), Index::open(other.path()).unwrap());
    assert_eq!(one.segments()[0].tracks(), other.segments()[0].tracks());
    for shape in 0..crate::rights::pairs::SHAPES {
        let find = |index: &mut Index| {
            let (mut found, (segments, cache)) = (Vec::new(), index.split());
            segments[0].search(cache, shape, 0..720, |step, tick| found.push((step, tick)));
            found
        };
        assert_eq!(find(&mut one), find(&mut other));
    }
}

#[test]
fn adding_one_by_one_leaves_few_segments() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, music) = (folder.path(), some_music(9, 23));
    Builder::create(folder).unwrap().finish().unwrap();
    let mut most = 0;
    for one in &music {
        add(Builder::append(folder).unwrap(), std::slice::from_ref(one));
        most = most.max(Index::open(folder).unwrap().segments().len());
    }
    let index = Index::open(folder).unwrap();
    assert!(most <= 6, "{most}");
    let (mut found, mut expected) = (ids(&index), music.iter().map(|music| music.id.as_str()).collect::<Vec<_>>());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(verify(folder).unwrap().is_empty());
    assert_eq!(files(folder).len(), 2 + index.segments().len());
}

#[test]
fn a_damaged_segment_is_not_taken_over_into_another() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, music) = (folder.path(), some_music(10, 2));
    add(Builder::create(folder).unwrap(), &music[..1]);
    let path = Index::open(folder).unwrap().paths().remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(compact(folder).unwrap_err().to_string().contains("its peaks cannot be trusted: block 0 of the peaks"));
    assert_eq!(add(Builder::append(folder).unwrap(), &music[1..]), 2);
    assert_eq!(Index::open(folder).unwrap().segments().len(), 2);
}

#[test]
fn a_track_is_added_once_by_id_and_once_by_audio() {
    let folder = tempfile::tempdir().unwrap();
    let music = some_music(3, 2);
    add(Builder::create(folder.path()).unwrap(), &music[..1]);
    let mut builder = Builder::append(folder.path()).unwrap();
    let copy = NewTrack { id: "copy", ..music[0].track() };
    let retake = NewTrack { id: "track-0", ..music[1].track() };
    assert_eq!(builder.add_track(&copy).unwrap(), Addition::SameAudio("track-0".to_owned()));
    assert_eq!(builder.add_track(&retake).unwrap(), Addition::SameId);
    assert_eq!(builder.add_track(&music[1].track()).unwrap(), Addition::Added);
    assert_eq!(builder.add_track(&music[1].track()).unwrap(), Addition::SameId);
    assert_eq!(builder.finish().unwrap(), 2);
    remove(folder.path(), &["track-0"]).unwrap();
    let mut builder = Builder::append(folder.path()).unwrap();
    assert_eq!(builder.add_track(&retake).unwrap(), Addition::SameAudio("track-1".to_owned()));
    assert_eq!(builder.add_track(&music[0].track()).unwrap(), Addition::Added, "it may come back");
}

#[test]
fn a_segment_that_is_full_is_followed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let music = some_music(4, 5);
    let mut builder = Builder::create(folder.path()).unwrap();
    for music in &music {
        builder.add_track(&NewTrack { ticks: 1_500_000, ..music.track() }).unwrap();
    }
    builder.finish().unwrap();
    let index = Index::open(folder.path()).unwrap();
    assert_eq!(index.segments().iter().map(|segment| segment.tracks().len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert!(verify(folder.path()).unwrap().is_empty());
}

#[test]
fn tracks_beyond_the_limits_are_refused_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let music = some_music(5, 1);
    let good = music[0].track();
    let mut builder = Builder::create(folder.path()).unwrap();
    let long = "x".repeat(70_000);
    let backwards = [Peak { tick: 9, step: 1 }, Peak { tick: 8, step: 1 }];
    for (bad, expected) in [
        (NewTrack { id: "", ..good }, "its id has 0 bytes; it must have 1 to 1024"),
        (NewTrack { about: &long, ..good }, "what the catalogue says of it has 70000 bytes; 65536 is the most"),
        (NewTrack { ticks: 4_500_000, ..good }, "it is 36000 s long; 33554 s is the most"),
        (NewTrack { peaks: &backwards, ..good }, "its peak 1 is out of place"),
        (NewTrack { ticks: 9, ..good }, "its peak"),
        (NewTrack { peaks: &[Peak { tick: 0, step: 720 }], ..good }, "its peak 0 is out of place"),
    ] {
        let refusal = builder.add_track(&bad).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert_eq!(builder.add_track(&good).unwrap(), Addition::Added);
}

#[test]
fn an_open_index_stays_as_it_is_until_it_looks_again() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, music) = (folder.path(), some_music(6, 3));
    add(Builder::create(folder).unwrap(), &music[..2]);
    let mut index = Index::open(folder).unwrap();
    let digest = index.digest().to_owned();
    assert!(!index.refresh().unwrap());

    add(Builder::append(folder).unwrap(), &music[2..]);
    remove(folder, &["track-0"]).unwrap();
    compact(folder).unwrap();
    let (segments, cache) = index.split();
    if cfg!(unix) {
        assert_eq!(tracks_of(&segments[0], cache).unwrap()[0].1, music[0].peaks, "its file is deleted, and still open");
    }
    assert_eq!(ids(&index), ["track-0", "track-1"]);
    assert!(index.refresh().unwrap());
    assert_eq!(ids(&index), ["track-1", "track-2"]);
    assert_ne!(index.digest(), digest);

    std::fs::write(folder.join(manifest::NAME), "{").unwrap();
    assert!(index.refresh().is_err());
    assert_eq!(ids(&index), ["track-1", "track-2"], "what was good stays");
}

#[test]
fn segments_that_stay_keep_their_blocks_and_lose_the_tracks_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, music) = (folder.path(), some_music(7, 3));
    add(Builder::create(folder).unwrap(), &music[..2]);
    let mut index = Index::open(folder).unwrap();
    let serial = index.segments()[0].serial();
    add(Builder::append(folder).unwrap(), &music[2..]);
    remove(folder, &["track-0"]).unwrap();
    assert!(index.refresh().unwrap());
    assert_eq!(index.segments()[0].serial(), serial);
    assert_eq!(ids(&index), ["track-1", "track-2"]);
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Builder::create(folder.path()).unwrap();
    assert!(matches!(Builder::create(folder.path()), Err(IndexError::Locked(_))));
    builder.finish().unwrap();
    Builder::append(folder.path()).unwrap();
}

#[test]
fn a_folder_without_an_index_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let told = |error: IndexError| assert!(error.to_string().contains("`zitherctl rights index build`"), "{error}");
    told(Index::open(folder.path()).err().unwrap());
    told(Builder::append(folder.path()).err().unwrap());
    told(compact(folder.path()).err().unwrap());
    told(remove(folder.path(), &["x"]).err().unwrap());
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn only_what_an_index_left_behind_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add(Builder::create(folder).unwrap(), &some_music(8, 1));
    let before = files(folder);
    let stray = format!("{}.segment", "a".repeat(64));
    for name in [stray.as_str(), ".unfinished-Xyz", "song.segment", "notes.txt"] {
        std::fs::write(folder.join(name), "x").unwrap();
    }
    assert_eq!(ids(&Index::open(folder).unwrap()), ["track-0"], "what lies about is not read");
    Builder::append(folder).unwrap().finish().unwrap();
    let left: Vec<String> = files(folder).into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(left, ["notes.txt", "song.segment"]);
}

/// Where the process that is killed writes its index.
const VICTIM: &str = "ZITHER_TEST_VICTIM";

#[test]
#[ignore = "the process that the next test starts and kills"]
fn a_writer_that_never_ends() {
    let Some(folder) = std::env::var_os(VICTIM) else { return };
    for turn in 0.. {
        let music = some_music(turn, 3 + turn as usize % 2);
        add(Builder::create(Path::new(&folder)).unwrap(), &music);
    }
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_whole_index() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add(Builder::create(folder).unwrap(), &some_music(1, 4));
    let list = || std::fs::read(folder.join(manifest::NAME)).unwrap();
    for turn in 0..12 {
        let before = list();
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "a_writer_that_never_ends"])
            .env(VICTIM, folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while list() == before {
            assert!(started.elapsed() < Duration::from_secs(60), "the victim writes nothing");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(700 * turn));
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert!((3..=4).contains(&ids(&Index::open(folder).unwrap()).len()));
        assert!(verify(folder).unwrap().is_empty());
    }
    Builder::append(folder).unwrap().finish().unwrap();
    assert_eq!(files(folder).len(), 3, "and what they left is swept: {:?}", files(folder));
}
