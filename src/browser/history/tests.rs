use super::*;
use crate::browser::usage::{Deed, SessionId, Shelf};

const PATIENCE: Duration = Duration::from_secs(10);

fn event(number: i64) -> Event {
    Event {
        time: 1_795_000_000 + number,
        session: SessionId::of(b"sitting"),
        project: (number % 2 == 0).then(|| ProjectId::of(b"song")),
        preset: PresetId::of(&[number as u8 % 7]),
        deed: Deed::ALL[number as usize % Deed::ALL.len()],
        dwell_ms: number as u32,
        shown: (number % 3 == 0).then_some((Shelf::NewToYou, number as u16)),
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("of this user").join(FILE);
    (folder, path)
}

#[test]
fn what_is_recorded_is_read_as_it_was_by_who_knows_where_to_go_on() {
    let (_folder, path) = folder();
    let history = History::open(&path);
    let mut reader = history.reader();
    (0..20).for_each(|number| history.record(event(number)));
    assert!(history.flush(PATIENCE));
    assert!(reader.changed().unwrap());
    assert!(!reader.changed().unwrap());
    let first = reader.events_since(0).unwrap();
    assert_eq!(
        first.events.iter().map(|(_, event)| *event).collect::<Vec<_>>(),
        (0..20).map(event).collect::<Vec<_>>()
    );
    history.record(event(20));
    assert!(history.flush(PATIENCE));
    assert!(reader.changed().unwrap());
    let news = reader.events_since(first.last).unwrap();
    assert_eq!(news.events, [(first.last + 1, event(20))]);
    assert_eq!(history.status(), Status { recording: Some(true), ..Status::default() });
}

#[test]
fn instances_share_a_thread_and_the_last_to_go_writes_what_waits() {
    let (_folder, path) = folder();
    let (a, b) = (History::open(&path), History::open(&path));
    assert!(Arc::ptr_eq(&a.shared, &b.shared));
    a.record(event(0));
    drop(a);
    b.record(event(1));
    drop(b);
    assert_eq!(Reader::of(&path).events_since(0).unwrap().events.len(), 2);
}

#[test]
fn marks_stay_with_the_preset_whatever_it_is_called_and_follow_the_last_word() {
    let (_folder, path) = folder();
    let history = History::open(&path);
    let preset = PresetId::of(b"glass harp");
    let card = Card { preset, path: "/old/Glass.zither".into(), name: "Glass".into(), ..Card::default() };
    history.describe(card.clone());
    for mark in [
        Mark::Favourite(true),
        Mark::Rating(200),
        Mark::Tag("wet".into(), true),
        Mark::Tag("dry".into(), true),
        Mark::Tag("wet".into(), true),
        Mark::Hidden(true),
        Mark::Hidden(false),
    ] {
        history.mark(preset, mark);
    }
    let moved = Card { path: "/new/Glass Harp.zither".into(), name: "é".repeat(200), ..card };
    history.describe(moved.clone());
    history.mark(preset, Mark::Tag("dry".into(), false));
    history.mark(PresetId::of(b"plain"), Mark::Favourite(false));
    assert!(history.flush(PATIENCE));
    let marks = Marks { favourite: true, rating: 5, hidden: false, tags: vec!["wet".into()] };
    let mut reader = history.reader();
    assert_eq!(reader.presets().unwrap()[0], (Card { name: "é".repeat(128), ..moved }, marks.clone()));
    assert_eq!(reader.marks().unwrap(), [(preset, marks)].into());
}

#[test]
fn what_was_learned_is_kept_unless_less_or_of_erased_events_or_no_number() {
    let (_folder, path) = folder();
    let history = History::open(&path);
    history.record(event(0));
    assert!(history.flush(PATIENCE));
    let mut reader = history.reader();
    let era = reader.events_since(0).unwrap().era;
    let weights = |learned, era, w| Weights { task: "next".into(), values: vec![(w, 1.0), (-0.25, 0.0)], learned, era };
    let mut kept = |weights: &Weights| {
        history.learn(weights.clone());
        assert!(history.flush(PATIENCE));
        reader.weights("next").unwrap()
    };
    let first = weights(7, era, 0.1);
    assert_eq!(kept(&first), Some(first.clone()));
    for refused in [weights(6, era, 0.2), weights(8, era + 1, 0.2), weights(8, era, f64::NAN)] {
        assert_eq!(kept(&refused), Some(first.clone()));
    }
    let shorter = Weights { values: vec![(0.5, 0.5)], ..weights(7, era, 0.0) };
    assert_eq!(kept(&shorter), Some(shorter.clone()));
    Store::open(&path, PATIENCE).unwrap().erase(None).unwrap();
    assert_eq!(kept(&weights(9, era, 0.2)), None);
    assert_eq!(reader.weights("open").unwrap(), None);
}

#[test]
fn switched_off_nothing_is_recorded_but_what_the_user_says() {
    let (_folder, path) = folder();
    let history = History::open(&path);
    history.record(event(0));
    assert!(history.flush(PATIENCE));
    let mut store = Store::open(&path, PATIENCE).unwrap();
    store.set_recording(false).unwrap();
    let (used, hearted) = (PresetId::of(b"used"), PresetId::of(b"hearted"));
    history.record(Event { preset: used, ..event(1) });
    history.describe(Card { preset: used, name: "Used".into(), ..Card::default() });
    history.mark(hearted, Mark::Favourite(true));
    history.describe(Card { preset: hearted, name: "Hearted".into(), ..Card::default() });
    assert!(history.flush(PATIENCE));
    let mut reader = history.reader();
    assert_eq!((history.status().recording, reader.is_recording().unwrap()), (Some(false), false));
    assert_eq!(reader.events_since(0).unwrap().events.len(), 1);
    let names: Vec<_> = reader.presets().unwrap().into_iter().map(|(card, _)| card.name).collect();
    assert_eq!(names, ["", "Hearted"]);
    store.set_recording(true).unwrap();
    history.record(event(2));
    assert!(history.flush(PATIENCE));
    assert_eq!(reader.events_since(0).unwrap().events.len(), 2);
}

#[test]
fn a_project_has_one_id_on_a_machine_that_tells_nothing_of_its_name() {
    let ids: Vec<_> = [folder(), folder()]
        .iter()
        .map(|(_folder, path)| {
            let id = |name| {
                let history = History::open(path);
                assert!(history.flush(PATIENCE));
                history.project_id(name).unwrap()
            };
            assert_eq!(id("Song for A"), id("Song for A"));
            assert_ne!(id("Song for A"), id("Song for B"));
            id("Song for A")
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert!(!ids.contains(&ProjectId::of(b"Song for A")));
}

#[test]
fn a_file_that_is_not_there_reads_as_empty_and_is_read_once_it_is() {
    let (_folder, path) = folder();
    let mut reader = Reader::of(&path);
    assert!(!reader.changed().unwrap());
    assert_eq!(reader.events_since(3).unwrap(), Batch::default());
    assert!(reader.is_recording().unwrap() && reader.stat().unwrap().is_none());
    Store::open(&path, PATIENCE).unwrap();
    assert!(reader.changed().unwrap());
}

#[test]
fn events_of_later_versions_are_passed_over_and_times_without_a_date_pulled_in() {
    let (_folder, path) = folder();
    let mut store = Store::open(&path, PATIENCE).unwrap();
    let changes = [i64::MIN, i64::MAX].map(|time| Change::Event(Event { time, ..event(0) }));
    store.write(&changes, 0).unwrap();
    store
        .transact(|transaction| {
            transaction.execute("insert into event select null, 5, 1, null, 1, 200, 0, null, null", []).map(|_one| ())
        })
        .unwrap();
    let batch = Reader::of(&path).events_since(0).unwrap();
    assert_eq!(batch.events.iter().map(|(_, event)| event.time).collect::<Vec<_>>(), [0, 253_402_300_799]);
    assert_eq!(batch.last, 3);
}
