//! The usage history among processes: written by several at once, killed, out of room, read-only; and what it costs.
//!
//! Other processes are this test program again, told by [`ROLE`] what to do on which database.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests stop where anything fails, and other processes speak by printing"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zither::browser::history::{History, Reader, Store};
use zither::browser::usage::{Deed, Event, PresetId, ProjectId, SessionId, Shelf};

/// Names the role of another process and its database, as `ROLE PATH`.
const ROLE: &str = "ZITHER_HISTORY_TEST";
const PATIENCE: Duration = Duration::from_secs(30);

/// The `number`th event of this process. The dwell tells the number.
fn event(number: u32) -> Event {
    Event {
        time: 1_795_000_000 + i64::from(number / 10),
        session: SessionId::of(&std::process::id().to_le_bytes()),
        project: Some(ProjectId::of(b"song")),
        preset: PresetId::of(&(number % 500).to_le_bytes()),
        deed: Deed::ALL[number as usize % Deed::ALL.len()],
        dwell_ms: number,
        shown: Some((Shelf::ForYou, 3)),
    }
}

/// Starts this program again in a role; its standard output is read by the caller.
fn start(role: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "another_process", "--ignored", "--nocapture"])
        .env(ROLE, format!("{role} {}", path.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a role to its end; the lines that it printed.
fn run(role: &str, path: &Path) -> Vec<String> {
    finish(start(role, path))
}

fn finish(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    said(&String::from_utf8(output.stdout).unwrap())
}

/// What a role said, among what the test harness prints.
fn said(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| Some(line.split_once("| ")?.1.to_owned())).collect()
}

#[test]
#[ignore = "is what the other tests start as processes of their own"]
fn another_process() {
    let Ok(told) = std::env::var(ROLE) else { return };
    let (role, path) = told.split_once(' ').unwrap();
    let path = Path::new(path);
    match role {
        "write" => write(path),
        "stream" => stream(path),
        "fill" => fill(path),
        "read-only" => read_only(path),
        "pace" => pace(path),
        "open" => open(path),
        _ => panic!("no role {role}"),
    }
}

fn database() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    (folder, path)
}

/// The numbers of each session's events in the order in which they were written; checks that the database is whole.
fn numbers(path: &Path) -> Vec<Vec<u32>> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let whole: String = connection.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    if !connection.table_exists(None, "event").unwrap() {
        return Vec::new();
    }
    let mut statement = connection.prepare("select session_id, dwell_ms from event order by session_id, id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))).unwrap();
    let rows: Vec<_> = rows.map(Result::unwrap).collect();
    rows.chunk_by(|a, b| a.0 == b.0).map(|rows| rows.iter().map(|row| row.1).collect()).collect()
}

const WRITTEN: u32 = 400;

/// Role: writes events in bursts.
fn write(path: &Path) {
    let history = History::open(path);
    for number in 0..WRITTEN {
        history.record(event(number));
        if number % 20 == 0 {
            assert!(history.flush(PATIENCE), "{:?}", history.status());
        }
    }
}

#[test]
fn processes_that_write_at_once_lose_nothing_and_see_each_others_rows() {
    let (_folder, path) = database();
    let others: Vec<_> = (0..3).map(|_| start("write", &path)).collect();
    write(&path);
    others.into_iter().for_each(|other| drop(finish(other)));
    let all: Vec<u32> = (0..WRITTEN).collect();
    assert_eq!(Reader::of(&path).events_since(0).unwrap().events.len(), 4 * all.len());
    assert_eq!(numbers(&path), vec![all; 4]);
}

/// What happens when a host loads Zither both as CLAP and as VST3: two copies of SQLite in one process, of which either,
/// by closing a file, drops the other's POSIX locks.
#[test]
fn nothing_is_lost_where_another_copy_of_sqlite_in_the_process_drops_our_locks() {
    let (_folder, path) = database();
    let history = History::open(&path);
    let mut reader = history.reader();
    let mut number = 0;
    for round in 0..4 {
        for _ in 0..100 {
            history.record(event(number));
            number += 1;
        }
        assert!(history.flush(PATIENCE), "{:?}", history.status());
        assert_eq!(reader.events_since(0).unwrap().events.len(), 100 * (round + 1) + WRITTEN as usize * round);
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::File::open(format!("{}{end}", path.display())).unwrap());
        }
        run("write", &path);
    }
    drop(history);
    let mut found = numbers(&path);
    found.sort_by_key(Vec::len);
    let all: Vec<u32> = (0..WRITTEN).collect();
    assert_eq!(found, vec![all; 5]);
}

/// Role: records an event every half a millisecond and says when, until it is killed.
fn stream(path: &Path) {
    let history = History::open(path);
    for number in 0.. {
        history.record(event(number));
        println!("| {number} {}", micros());
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

/// What was recorded and lost in rounds in which two writers were killed.
#[derive(Debug, Default)]
struct Toll {
    recorded: usize,
    lost: usize,
    /// Age of the oldest row that was lost, in microseconds.
    oldest: u64,
}

/// Kills two writers at some moment and looks at a copy of what they leave; the next round's writers find it as it is.
fn kill_two(path: &Path, round: u64, toll: &mut Toll) {
    let mut writers = [start("stream", path), start("stream", path)];
    let mut outputs = writers.each_mut().map(|writer| BufReader::new(writer.stdout.take().unwrap()));
    let mut texts = [String::new(), String::new()];
    for (output, text) in outputs.iter_mut().zip(&mut texts) {
        while !text.contains("| ") {
            assert!(output.read_line(text).unwrap() > 0, "a writer ended");
        }
    }
    std::thread::sleep(Duration::from_micros(round.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 60_000));
    writers.iter_mut().for_each(|writer| writer.kill().unwrap());
    let killed = micros();
    for writer in &mut writers {
        writer.wait().unwrap();
    }
    let (_folder, copy) = database();
    for end in ["", "-wal"] {
        // Killed early enough, they leave neither.
        let _missing = std::fs::copy(format!("{}{end}", path.display()), format!("{}{end}", copy.display()));
    }
    let found = numbers(&copy);
    for ((mut output, mut text), writer) in outputs.into_iter().zip(texts).zip(writers) {
        output.read_to_string(&mut text).unwrap();
        let whole = &text[..text.rfind('\n').unwrap()];
        let recorded: Vec<(u32, u64)> = said(whole)
            .iter()
            .map(|line| {
                line.split_once(' ').map(|(number, at)| (number.parse().unwrap(), at.parse().unwrap())).unwrap()
            })
            .collect();
        let session = session_of(&copy, writer.id());
        let kept = session.map_or(0, |place| found[place].len());
        if let Some(place) = session {
            assert_eq!(found[place], (0..kept as u32).collect::<Vec<_>>(), "what is lost is lost from the end");
        }
        toll.recorded += recorded.len();
        if let Some((_, at)) = recorded.get(kept) {
            toll.lost += recorded.len() - kept;
            toll.oldest = toll.oldest.max(killed - at);
        }
    }
}

/// Which of the sessions that have events, in the order of their rows, is that of the process with this id.
fn session_of(path: &Path, process: u32) -> Option<usize> {
    let connection = rusqlite::Connection::open(path).unwrap();
    if !connection.table_exists(None, "session").unwrap() {
        return None;
    }
    let mut statement = connection.prepare("select uid from session order by id").unwrap();
    let uids = statement.query_map([], |row| row.get::<_, [u8; 16]>(0)).unwrap().map(Result::unwrap);
    uids.into_iter().position(|uid| uid == SessionId::of(&process.to_le_bytes()).0)
}

fn kill(rounds: u64) -> Toll {
    let mut toll = Toll::default();
    let (mut _folder, mut path) = database();
    for round in 0..rounds {
        if round % 20 == 19 {
            (_folder, path) = database();
        }
        kill_two(&path, round, &mut toll);
    }
    assert!(toll.oldest < 1_000_000, "{toll:?}");
    toll
}

#[test]
fn killed_writers_leave_a_whole_database_and_lose_at_most_the_last_second() {
    let toll = kill(20);
    assert!(toll.recorded > 100, "{toll:?}");
}

#[test]
#[ignore = "takes minutes; prints what was lost in 1000 rounds"]
fn a_thousand_rounds_of_killed_writers() {
    let start = Instant::now();
    let toll = kill(1_000);
    println!(
        "kill: 1000 rounds, {} recorded, {} lost, oldest lost {:.1} ms before the kill, 0 corrupt, {:.0} s",
        toll.recorded,
        toll.lost,
        toll.oldest as f64 / 1e3,
        start.elapsed().as_secs_f64()
    );
}

/// Lets this process write files of so many bytes.
fn limit_files(bytes: libc::rlim_t) {
    // SAFETY: plain numbers and a structure that lives on; a signal that would end the process is ignored.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit), 0);
        limit.rlim_cur = bytes.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

/// Role: writes until no file may grow any more, goes on, and is given room again.
fn fill(path: &Path) {
    limit_files(300_000);
    let history = History::open(path);
    let mut number = 0;
    let mut record = |count| {
        for _ in 0..count {
            history.record(event(number));
            number += 1;
        }
        history.flush(PATIENCE)
    };
    while record(10) {}
    assert!(!record(500));
    let status = history.status();
    assert!(
        status.waiting >= 500 && status.lost == 0 && status.fault.is_some() && status.set_aside.is_none(),
        "{status:?}"
    );
    limit_files(libc::RLIM_INFINITY);
    assert!(record(1), "{:?}", history.status());
    assert_eq!((history.status().waiting, history.status().lost), (0, 0));
    println!("| {number} {}", status.fault.unwrap());
}

#[test]
fn a_full_disk_loses_no_row_and_what_waits_goes_out_when_there_is_room() {
    let (_folder, path) = database();
    let said = run("fill", &path);
    let (count, fault) = said[0].split_once(' ').unwrap();
    assert!(fault.contains("full") || fault.contains("I/O"), "{fault}");
    assert_eq!(numbers(&path), [(0..count.parse().unwrap()).collect::<Vec<u32>>()]);
}

/// Role: reads and records where nothing may be written.
fn read_only(path: &Path) {
    // The administrator may write everywhere.
    // SAFETY: plain numbers.
    assert!(unsafe { libc::geteuid() != 0 || libc::setuid(65_534) == 0 });
    let history = History::open(path);
    (0..3).for_each(|number| history.record(event(number)));
    assert!(!history.flush(PATIENCE));
    let status = history.status();
    assert_eq!((status.waiting, status.lost), (3, 0), "{status:?}");
    println!("| {}", history.reader().events_since(0).unwrap().events.len());
}

#[test]
fn a_folder_that_is_read_only_is_read_and_what_is_recorded_stays_in_memory() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = database();
    run("write", &path);
    let files = |mode| {
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            set_permissions(entry.unwrap().path(), Permissions::from_mode(mode & !0o111)).unwrap();
        }
        set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
    };
    files(0o555);
    assert_eq!(run("read-only", &path), [WRITTEN.to_string()]);
    files(0o755);
    assert_eq!(numbers(&path), [(0..WRITTEN).collect::<Vec<_>>()]);
}

/// Role: records an event every 10 ms and measures how long until it is written, in microseconds.
fn pace(path: &Path) {
    let history = History::open(path);
    assert!(history.flush(PATIENCE));
    for number in 0..500 {
        let start = Instant::now();
        history.record(event(number));
        let sent = start.elapsed();
        assert!(history.flush(PATIENCE));
        println!("| {} {}", sent.as_nanos(), start.elapsed().as_micros());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(history.status().lost, 0);
}

/// The value below which this share of sorted values lies.
fn quantile(sorted: &[u64], share: f64) -> u64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

#[test]
#[ignore = "measures; run it alone and in release"]
fn latency_with_eight_writers() {
    let (_folder, path) = database();
    let writers: Vec<_> = (0..8).map(|_| start("pace", &path)).collect();
    let (mut sent, mut written): (Vec<u64>, Vec<u64>) = writers
        .into_iter()
        .flat_map(finish)
        .map(|line| line.split_once(' ').map(|(a, b)| (a.parse::<u64>().unwrap(), b.parse::<u64>().unwrap())).unwrap())
        .unzip();
    sent.sort_unstable();
    written.sort_unstable();
    println!(
        "latency: 8 processes, 100 events/s each: memory p50 {:.2} p99 {:.2} max {:.1} us; durable p50 {:.3} p99 {:.2} max {:.1} ms",
        quantile(&sent, 0.5) as f64 / 1e3,
        quantile(&sent, 0.99) as f64 / 1e3,
        quantile(&sent, 1.0) as f64 / 1e3,
        quantile(&written, 0.5) as f64 / 1e3,
        quantile(&written, 0.99) as f64 / 1e3,
        quantile(&written, 1.0) as f64 / 1e3
    );
}

/// Role: opens the history as an instance does, and says how long until all events are read, in microseconds.
fn open(path: &Path) {
    let start = Instant::now();
    let history = History::open(path);
    let events = history.reader().events_since(0).unwrap().events;
    let read = start.elapsed();
    assert!(history.flush(PATIENCE));
    println!("| {} {} {}", events.len(), read.as_micros(), start.elapsed().as_micros());
}

#[test]
#[ignore = "measures; run it alone and in release"]
fn start_with_100_000_events() {
    let (_folder, path) = database();
    let mut lines = String::from("{\"kind\":\"history\",\"format\":1}\n");
    for number in 0..100_000_u32 {
        let (preset, session) =
            (PresetId::of(&(number % 9_973).to_le_bytes()), SessionId::of(&(number / 40).to_le_bytes()));
        let deed = Deed::ALL[number as usize % 3].name();
        let time =
            format!("2026-{:02}-{:02}T{:02}:00:00Z", number / 10_000 + 1, number / 400 % 25 + 1, number / 20 % 20);
        lines += &format!(
            "{{\"kind\":\"event\",\"time\":\"{time}\",\"deed\":\"{deed}\",\"preset\":\"{preset}\",\"session\":\"{session}\",\"project\":\"{session}\",\"dwell_ms\":{number}}}\n"
        );
    }
    Store::open(&path, PATIENCE).unwrap().import(&mut lines.as_bytes()).unwrap();
    let mut read: Vec<u64> = Vec::new();
    let mut written: Vec<u64> = Vec::new();
    for _ in 0..9 {
        let said = run("open", &path);
        let numbers: Vec<u64> = said[0].split(' ').map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers[0], 100_000);
        read.push(numbers[1]);
        written.push(numbers[2]);
    }
    read.sort_unstable();
    written.sort_unstable();
    println!(
        "start: 100000 events, {} kB: all read after min {:.1} median {:.1} ms; writer ready after median {:.1} ms",
        std::fs::metadata(&path).unwrap().len() / 1000,
        read[0] as f64 / 1e3,
        read[4] as f64 / 1e3,
        written[4] as f64 / 1e3
    );
}
