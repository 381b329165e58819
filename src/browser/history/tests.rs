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
