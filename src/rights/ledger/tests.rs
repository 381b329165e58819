use super::chain::Line;
use super::*;
use crate::rights::attribution::Likeness;
use crate::rights::catalogue::{Policy, Work};

fn project() -> Project {
    Project { id: "3f2a".into(), name: "Night \"Bus\"".into() }
}

fn session() -> Session {
    Session::new(Index { digest: "b3:17".into(), built: "2026-11-20".parse().ok(), works: 12 })
}

/// A match of a work at a second of the project.
fn matched(id: &str, at: f64) -> Row {
    let work = Work { id: id.into(), title: "Regen\n<b>".into(), owner: "Nightfall".into(), ..Work::default() };
    let event = Match {
        source: Source::Sidechain,
        policy: work.policy(),
        work,
        project_time: Span { from: at, to: at + 4.5 },
        work_time: Span { from: 31.25, to: 35.75 },
        rate: 1.0,
        pitch: 1.0 / 3.0,
        likeness: Likeness::Version,
        confidence: 0.997,
        after: 2.25,
        shown: true,
        any_of: Vec::new(),
        index: "b3:17".into(),
        coverage: 1.0,
    };
    Row::now(project(), Event::Match(Box::new(event)))
}

struct Fixture {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Fixture {
    /// A folder for a ledger that does not exist yet.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledgers").join("p.jsonl");
        Self { folder, path }
    }

    /// A ledger of five rows: a session and four matches.
    fn of_five() -> Self {
        let fixture = Self::new();
        let mut ledger = fixture.ledger();
        (0..4).for_each(|row| ledger.append(matched(&format!("w{row}"), f64::from(row))).unwrap());
        assert_eq!(fixture.faults(), [""; 0]);
        fixture
    }

    fn ledger(&self) -> Ledger {
        Ledger::begin(self.path.clone(), project(), session())
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        std::fs::write(&self.path, bytes).unwrap();
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        self.bytes().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    fn faults(&self) -> Vec<String> {
        self.verified().faults.iter().map(ToString::to_string).collect()
    }

    fn verified(&self) -> Verification {
        read(&self.path, |_, _| {}).unwrap()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        read(&self.path, |seq, row| {
            assert_eq!(seq, rows.len() as u64);
            rows.push(row);
        })
        .unwrap();
        rows
    }
}

#[test]
fn rows_come_back_as_they_were_written() {
    let fixture = Fixture::new();
    let coverage = Coverage {
        source: Source::Output,
        project_time: Span { from: 0.0, to: 60.0 },
        checked: 0.93,
        reason: "the machine was busy".into(),
    };
    let rows = [matched("a", 0.0), Row::now(project(), Event::Coverage(coverage)), matched("b", f64::NAN)];
    let mut ledger = fixture.ledger();
    rows.iter().for_each(|row| ledger.push(row.clone()));
    assert_eq!(ledger.waiting(), 4);
    ledger.flush().unwrap();
    assert_eq!(ledger.waiting(), 0);
    let read = fixture.rows();
    assert_eq!(read[0].event, Event::Session(session()));
    assert_eq!(read[2], rows[1]);
    let Event::Match(first) = &read[1].event else { panic!("a match") };
    assert_eq!((first.pitch, first.policy, first.work.title.as_str()), (0.333333, Policy::Ask, "Regen\n<b>"));
    let Event::Match(last) = &read[3].event else { panic!("a match") };
    assert_eq!(last.project_time.from, 0.0, "JSON knows no NaN");
    assert_eq!(fixture.bytes().iter().filter(|byte| **byte == b'\n').count(), 4);
}

/// Whether a ledger of these bytes beside a seal of these is found to be as it was written.
fn is_whole(ledger: &[u8], seal: &[u8]) -> bool {
    verify::judge(ledger, Some(Seal::of_file(seal)), None, |_, _| {}).unwrap().is_whole()
}

#[test]
fn every_bit_of_a_ledger_and_its_seal_that_flips_is_seen() {
    let fixture = Fixture::of_five();
    let (ledger, seal) = (fixture.bytes(), std::fs::read(Seal::path_beside(&fixture.path)).unwrap());
    assert!(is_whole(&ledger, &seal));
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..8 * ledger.len() {
        assert!(!is_whole(&flipped(&ledger, bit), &seal), "bit {bit} of the ledger");
    }
    for bit in 0..8 * seal.len() {
        assert!(!is_whole(&ledger, &flipped(&seal, bit)), "bit {bit} of the seal");
    }
}

#[test]
fn every_row_that_is_removed_doubled_moved_or_cut_off_is_seen() {
    let fixture = Fixture::of_five();
    let (lines, seal) = (fixture.lines(), std::fs::read(Seal::path_beside(&fixture.path)).unwrap());
    let check = |lines: Vec<Vec<u8>>, what: &str| assert!(!is_whole(&lines.concat(), &seal), "{what}");
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(at);
        check(removed, &format!("row {at} removed"));
        check(lines[..at].to_vec(), &format!("cut before row {at}"));
        check(lines[at..].iter().skip(1).cloned().collect(), &format!("cut after row {at} from the front"));
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at].clone());
        check(doubled, &format!("row {at} doubled"));
        for other in 0..at {
            let mut swapped = lines.clone();
            swapped.swap(at, other);
            check(swapped, &format!("rows {at} and {other} swapped"));
        }
    }
    let whole = lines.concat();
    for length in 0..whole.len() {
        assert!(!is_whole(&whole[..length], &seal), "cut to {length} bytes");
    }
}

#[test]
fn a_row_forged_with_its_own_hash_is_seen_by_the_next_and_a_forged_rest_by_a_noted_seal() {
    let fixture = Fixture::of_five();
    let noted = fixture.verified().seal;
    let lines = fixture.lines();
    let forge = |place: usize| {
        let line = Line::of(lines[place].strip_suffix(b"\n").unwrap()).unwrap();
        let placed = line.placed().unwrap();
        let mut row = placed.row;
        row.project.name = "Another".into();
        let mut text = String::new();
        let seal = chain::add(&mut text, &Seal { rows: placed.seq, hash: placed.prev }, &row);
        (text.into_bytes(), seal)
    };
    for place in 0..4 {
        let mut forged = lines.clone();
        forged[place] = forge(place).0;
        fixture.write(&forged.concat());
        assert!(fixture.faults()[0].starts_with(&format!("line {}: does not follow", place + 2)));
    }
    let (last, seal) = forge(4);
    fixture.write(&[&lines[..4].concat()[..], &last].concat());
    assert_eq!(fixture.faults(), ["the last row is not the one that was sealed"]);
    seal.write_beside(&fixture.path).unwrap();
    assert!(fixture.verified().is_whole(), "without a key nothing tells this forgery");
    let witnessed = read_against(&fixture.path, Some(&noted), |_, _| {}).unwrap();
    assert!(witnessed.faults[0].what.contains("that was noted earlier"));
    let earlier = Seal { rows: 2, hash: Line::of(lines[1].strip_suffix(b"\n").unwrap()).unwrap().actual };
    assert!(read_against(&fixture.path, Some(&earlier), |_, _| {}).unwrap().is_whole());
}

#[test]
fn a_write_that_was_killed_anywhere_costs_at_most_its_own_row() {
    let fixture = Fixture::of_five();
    let (lines, whole) = (fixture.lines(), fixture.bytes());
    let before = whole.len() - lines[4].len();
    let sealed = {
        let mut text = String::new();
        let placed = Line::of(lines[3].strip_suffix(b"\n").unwrap()).unwrap().placed().unwrap();
        chain::add(&mut text, &Seal { rows: 3, hash: placed.prev }, &placed.row)
    };
    let torn = chain::beside(&fixture.path, "torn");
    // Each end is a write to the disk, so only a few of those in the middle of the row.
    let matters = |length: &usize| *length < before + 12 || *length + 4 > whole.len() || length.is_multiple_of(37);
    for length in (before..=whole.len()).filter(matters) {
        // The seal is the one of four rows: the program was killed while or after it wrote the fifth.
        fixture.write(&whole[..length]);
        sealed.write_beside(&fixture.path).unwrap();
        let _ = std::fs::remove_file(&torn);
        fixture.ledger().flush().unwrap();
        let verified = fixture.verified();
        assert!(verified.is_whole(), "{length}: {:?}", verified.faults);
        let rows = fixture.rows();
        let kept = length >= whole.len() - 1;
        let mended = length > before;
        assert_eq!(rows.len(), 5 + usize::from(kept) + usize::from(mended), "{length}");
        assert_eq!(verified.notes.is_empty(), !mended);
        let aside = std::fs::read(&torn).unwrap_or_default();
        let expected = if mended && !kept { [&whole[before..length], b"\n"].concat() } else { Vec::new() };
        assert_eq!(aside, expected, "{length}");
    }
}

#[test]
fn who_appends_to_a_damaged_ledger_loses_nothing_and_hides_nothing() {
    let check = |damage: &dyn Fn(&Fixture), word: &str| {
        let fixture = Fixture::of_five();
        damage(&fixture);
        let kept = fixture.bytes();
        fixture.ledger().flush().unwrap();
        assert!(fixture.bytes().starts_with(&kept));
        let faults = fixture.faults();
        assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
    };
    check(&|fixture| fixture.write(&fixture.lines()[..3].concat()), "2 rows were missing at the end");
    check(&|fixture| fixture.write(b""), "5 rows were missing at the end");
    check(&|fixture| std::fs::remove_file(Seal::path_beside(&fixture.path)).unwrap(), "the seal was missing");
    check(&|fixture| std::fs::write(Seal::path_beside(&fixture.path), "x").unwrap(), "the seal was damaged");
    let last = |fixture: &Fixture| {
        let mut bytes = fixture.bytes();
        let at = bytes.len() - 10;
        bytes[at] ^= 1;
        fixture.write(&bytes);
    };
    check(&last, "the last row was changed");
}

#[test]
fn rows_wait_while_the_disk_takes_none_and_go_out_afterwards() {
    let fixture = Fixture::new();
    // A file stands where the folder should be.
    std::fs::write(fixture.path.parent().unwrap(), "").unwrap();
    let mut ledger = fixture.ledger();
    let error = ledger.append(matched("a", 0.0)).unwrap_err().to_string();
    assert!(error.contains("p.jsonl cannot be opened"), "{error}");
    (0..MAX_WAITING).for_each(|_| ledger.push(matched("b", 1.0)));
    assert_eq!(ledger.waiting(), MAX_WAITING);
    std::fs::remove_file(fixture.path.parent().unwrap()).unwrap();
    ledger.flush().unwrap();
    assert_eq!(fixture.rows().len(), MAX_WAITING + 1);
    assert!(fixture.faults()[0].contains("2 rows were lost"), "{:?}", fixture.faults());
    assert!(fixture.folder.path().exists());
}

#[test]
fn a_seal_that_cannot_be_written_takes_the_rows_back() {
    let fixture = Fixture::of_five();
    let whole = fixture.bytes();
    let seal = Seal::path_beside(&fixture.path);
    let text = std::fs::read(&seal).unwrap();
    std::fs::remove_file(&seal).unwrap();
    std::fs::create_dir(&seal).unwrap();
    let mut ledger = fixture.ledger();
    assert!(ledger.flush().is_err());
    assert_eq!((fixture.bytes(), ledger.waiting()), (whole, 1));
    std::fs::remove_dir(&seal).unwrap();
    std::fs::write(&seal, text).unwrap();
    ledger.flush().unwrap();
    assert_eq!((fixture.faults(), fixture.rows().len()), (vec![], 6));
}

#[test]
fn many_writers_share_a_ledger_without_losing_a_row() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let fixture = &fixture;
            scope.spawn(move || {
                let mut ledger = fixture.ledger();
                for row in 0..20 {
                    ledger.push(matched(&format!("{writer}-{row}"), 0.0));
                    while ledger.flush().is_err() {}
                }
            });
        }
    });
    assert_eq!(fixture.faults(), [""; 0]);
    assert_eq!(fixture.rows().len(), 6 * 21);
    assert!(fixture.verified().notes.is_empty());
}

#[test]
fn a_ledger_that_another_program_holds_is_not_waited_for_for_ever() {
    let fixture = Fixture::of_five();
    let holder = File::open(&fixture.path).unwrap();
    holder.lock().unwrap();
    let mut ledger = fixture.ledger();
    assert!(matches!(ledger.flush(), Err(LedgerError::Busy { .. })));
    drop(holder);
    ledger.flush().unwrap();
    assert_eq!(fixture.rows().len(), 6);
}

#[test]
fn a_file_that_is_no_ledger_is_left_alone() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.path.parent().unwrap()).unwrap();
    for text in [
        "my novel\n",
        "{\"hash\":7}\n",
        &"x".repeat(3 * MAX_ROW_BYTES),
        &format!("{{\"hash\":\"{}", "x".repeat(3 * MAX_ROW_BYTES)),
    ] {
        fixture.write(text.as_bytes());
        assert!(matches!(fixture.ledger().flush(), Err(LedgerError::NoLedger { .. })));
        assert_eq!(fixture.bytes(), text.as_bytes());
        assert!(!fixture.verified().is_whole());
    }
    assert!(read(fixture.folder.path(), |_, _| {}).is_err());
}

#[test]
fn rows_of_a_later_version_are_passed_over() {
    let fixture = Fixture::of_five();
    let mut row = serde_json::to_value(matched("a", 0.0)).unwrap();
    row["kind"] = "dream".into();
    let row: Row = serde_json::from_value(row).unwrap();
    assert_eq!(row.event, Event::Unknown);
    let mut ledger = fixture.ledger();
    ledger.append(row).unwrap();
    assert_eq!((fixture.faults(), fixture.rows().len()), (vec![], 7));
}

#[test]
fn a_projects_ledger_has_a_name_that_every_file_system_takes() {
    let name = |id: &str| file_name(&Project { id: id.into(), name: String::new() });
    assert_eq!(name("3f2a-4b_c"), "3f2a-4b_c.jsonl");
    for id in ["", "../../etc/passwd", "a/b", "ü", &"x".repeat(65)] {
        let name = name(id);
        assert!(name.len() == 38 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'), "{name}");
    }
    assert_ne!(name("a/b"), name("a:b"));
}

#[test]
fn a_row_says_what_a_match_is_of_its_track_and_one_without_it_is_of_the_recording() {
    let likeness = |row: &str| match serde_json::from_str::<Row>(row).unwrap().event {
        Event::Match(found) => found.likeness,
        other => panic!("{other:?}"),
    };
    let row = serde_json::to_string(&matched("a", 1.0)).unwrap();
    assert_eq!(likeness(&row), Likeness::Version);
    let former = row.replace(r#""likeness":"version","#, "");
    assert_ne!(row, former);
    assert_eq!(likeness(&former), Likeness::Recording);
}
