use super::*;
use crate::browser::history::{History, Reader};
use crate::browser::usage::{Deed, Event, PresetId, SessionId};

const LONG: Duration = Duration::from_secs(10);

fn event(time: i64) -> Event {
    Event {
        time,
        session: SessionId::of(b"s"),
        project: None,
        preset: PresetId::of(b"p"),
        deed: Deed::Keep,
        dwell_ms: 0,
        shown: None,
    }
}

fn times(path: &Path) -> Vec<i64> {
    Reader::of(path).events_since(0).unwrap().events.iter().map(|(_, event)| event.time).collect()
}

#[test]
fn what_cannot_be_written_waits_and_goes_out_once_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub").join("history.db");
    std::fs::write(folder.path().join("sub"), "a file where a folder has to be").unwrap();
    let history = History::open(&path);
    history.record(event(1));
    assert!(!history.flush(LONG));
    let status = history.status();
    assert_eq!((status.waiting, status.lost, status.recording), (1, 0, None));
    assert!(status.fault.unwrap().contains("cannot be made"));
    std::fs::remove_file(folder.path().join("sub")).unwrap();
    history.record(event(2));
    let start = Instant::now();
    while history.status().waiting > 0 {
        assert!(start.elapsed() < LONG, "it never tried again");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(times(&path), [1, 2]);
    assert_eq!(history.status(), Status { recording: Some(true), ..Status::default() });
}

#[test]
fn who_holds_the_database_is_waited_for_without_losing_a_row_and_without_keeping_anyone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let history = History::open(&path);
    assert!(history.flush(LONG));
    // Another program that knows nothing of our lock, such as a database browser.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let start = Instant::now();
    (0..QUEUE as i64 / 2).for_each(|time| history.record(event(time)));
    assert!(start.elapsed() < LONG, "each waited for the other program");
    assert!(!history.flush(Duration::from_secs(1)));
    assert!(history.status().fault.unwrap().contains("held by another program"));
    std::thread::scope(|scope| {
        let flushed = scope.spawn(|| history.flush(LONG));
        std::thread::sleep(Duration::from_millis(300));
        other.execute_batch("commit").unwrap();
        assert!(flushed.join().unwrap(), "{:?}", history.status());
    });
    assert_eq!(times(&path), (0..QUEUE as i64 / 2).collect::<Vec<_>>());
    assert_eq!(history.status().lost, 0);
}

#[test]
fn what_finds_no_room_is_counted_and_the_count_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let shared = Arc::<Shared>::default();
    let mut desk = Desk::new(&path, Arc::clone(&shared));
    for time in 0..MAX_WAITING as i64 + 3 {
        desk.take(Message::Change(Change::Event(event(time))));
    }
    assert_eq!((shared.status().waiting, shared.status().lost), (MAX_WAITING, 3));
    desk.write();
    assert_eq!((shared.status().waiting, shared.status().fault), (0, None));
    desk.write();
    let stat = Reader::of(&path).stat().unwrap().unwrap();
    assert_eq!((stat.lost, stat.deeds), (3, vec![(Deed::Keep, MAX_WAITING as u32)]));
}

#[test]
fn a_damaged_file_is_set_aside_whole_and_a_new_one_begun_also_while_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let garbage = b"SQLite format 3\0 and then nothing that it wrote".repeat(300);
    std::fs::write(&path, &garbage).unwrap();
    let history = History::open(&path);
    history.record(event(1));
    assert!(history.flush(LONG), "{:?}", history.status());
    let aside = history.status().set_aside.unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), garbage);
    // A page in the middle of the file is overwritten while it is open; the next who opens it sees that.
    (0..2_000).for_each(|time| history.record(event(time)));
    assert!(history.flush(LONG));
    rusqlite::Connection::open(&path).unwrap().execute_batch("pragma wal_checkpoint(truncate)").unwrap();
    drop(history);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(&path, &bytes).unwrap();
    let history = History::open(&path);
    history.record(event(9));
    assert!(history.flush(LONG), "{:?}", history.status());
    assert_ne!(history.status().set_aside.unwrap(), aside);
    assert_eq!(file::set_aside(&path).len(), 2);
    assert_eq!(times(&path), [9]);
}

#[test]
fn in_an_idle_moment_what_was_written_goes_to_the_database_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let history = History::open(&path);
    (0..1_000).for_each(|time| history.record(event(time)));
    assert!(history.flush(LONG));
    let length = || std::fs::metadata(&path).unwrap().len();
    let (start, before) = (Instant::now(), length());
    while length() == before {
        assert!(start.elapsed() < LONG, "it stays in the log");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(times(&path).len(), 1_000);
}

#[test]
fn a_file_that_is_moved_away_while_it_is_in_use_is_written_to_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("history.db"), folder.path().join("moved.db"));
    let history = History::open(&path);
    let mut reader = history.reader();
    history.record(event(1));
    assert!(history.flush(LONG));
    let era = reader.events_since(0).unwrap().era;
    for end in ["-wal", ""] {
        std::fs::rename(format!("{}{end}", path.display()), format!("{}{end}", moved.display())).unwrap();
    }
    history.record(event(2));
    assert!(history.flush(LONG));
    let batch = reader.events_since(0).unwrap();
    assert_eq!((batch.events.len(), batch.events[0].1.time), (1, 2));
    assert_ne!(batch.era, era);
    assert_eq!(times(&moved), [1]);
}

#[test]
fn a_file_of_a_later_version_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let store = Store::open(&path, LONG).unwrap();
    let history = History::open(&path);
    assert!(history.flush(LONG));
    // Brought forward by a newer Zither while this one is running.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("update meta set value = 99 where key = 'schema'")
        .unwrap();
    drop(store);
    history.record(event(1));
    assert!(!history.flush(LONG));
    assert!(history.status().fault.unwrap().contains("update Zither"));
    assert!(Reader::of(&path).events_since(0).unwrap_err().to_string().contains("schema 99"));
    let bytes = std::fs::read(&path).unwrap();
    history.record(event(2));
    assert!(!history.flush(LONG));
    assert_eq!((history.status().waiting, std::fs::read(&path).unwrap()), (2, bytes));
}
