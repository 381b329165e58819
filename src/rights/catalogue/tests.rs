use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Catalogue {
    Catalogue::from_bytes(text.as_bytes()).expect("a catalogue")
}

fn said(catalogue: &Catalogue) -> Vec<String> {
    catalogue.problems.iter().map(ToString::to_string).collect()
}

/// A row with every field, as a label would write it.
const FULL: &str = "\u{feff}File,Track Title,Artist,Label,License,ISRC,ISWC,IPI/CAE,Territory,Valid from,Valid until,Policy,Credit,Licensing URL\r
audio/night bus.wav,\"Night Bus, \"\"live\"\"\",\"Earth, Wind; Mo\",Nightfall Records,LicenseRef-Nightfall-Sync,US-RC1-76-07839,T-034.524.680-1,334284961,\"DE, AT; US-CA\",2020-01-01,2029-12-31,Attribute,Night Bus by Mo,https://nightfall.example/sync\r
";

#[test]
fn a_full_row_of_a_spreadsheet_is_read_and_survives_json() {
    let catalogue = read(FULL);
    assert_eq!(said(&catalogue), [""; 0]);
    let work = &catalogue.works[0];
    assert_eq!(work.id, "night bus");
    assert_eq!(work.title, "Night Bus, \"live\"");
    assert_eq!(work.artists, ["Earth, Wind", "Mo"]);
    assert_eq!(work.isrc.as_ref().unwrap().as_str(), "USRC17607839");
    assert_eq!(work.ipi.as_ref().unwrap().as_str(), "00334284961");
    assert_eq!(work.territory.iter().map(Territory::as_str).collect::<Vec<_>>(), ["DE", "AT", "US-CA"]);
    assert_eq!(work.policy(), Policy::Attribute);
    assert_eq!(work.policy_on("2030-01-01".parse().unwrap()), Policy::Ask);
    assert_eq!(work.policy_on("2029-12-31".parse().unwrap()), Policy::Attribute);
    let json = serde_json::to_string(work).unwrap();
    assert_eq!(serde_json::from_str::<Work>(&json).unwrap(), *work);
    assert_eq!(read(&json).works[0], *work, "a line that an index stores is a catalogue row");
    assert_eq!(serde_json::to_string(&Work { id: "a".into(), ..Work::default() }).unwrap(), r#"{"id":"a"}"#);
}

#[test]
fn the_same_rows_come_from_every_spelling_of_a_table() {
    let expected = read("id,title,policy\na,One,deny\nb,Two,\n").works;
    assert_eq!((expected.len(), expected[0].policy(), expected[1].policy()), (2, Policy::Deny, Policy::Ask));
    for table in [
        "ID\tTITLE\tPOLICY\na\tOne\tdeny\nb\tTwo\t\n",
        "id;title;policy\r\na;One;DENY\r\n\r\nb;Two;\r\n",
        "\n\nTrack ID,Name,Usage-Policy\n\"a\",\"One\",deny\nb,Two",
        "title,policy,id\rOne,deny,a\rTwo,,b",
        "{\"id\":\"a\",\"title\":\"One\",\"policy\":\"deny\",\"bpm\":120}\r\n\n{\"Track\":\"b\",\"title\":\"Two\",\"policy\":null}",
    ] {
        let catalogue = read(table);
        assert_eq!((&catalogue.works, said(&catalogue)), (&expected, vec![]), "{table}");
    }
    let wide: Vec<u8> =
        "\u{feff}id\ttitle\tpolicy\na\tOne\tdeny\nb\tTwo\t".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(Catalogue::from_bytes(&wide).unwrap().works, expected);
}

#[test]
fn what_is_wrong_is_listed_by_line_and_the_rest_goes_in() {
    for end in ["\n", "\r\n"] {
        let table = [
            "id,title,isrc,licence,mood",
            "a,One,USRC1760783,CC0-1.0,calm",
            "",
            "b,\"Two",
            "lines\",,CC-BY-4.0,",
            "b,Again,,,",
            ",Nameless,,,",
            "c,Three, with a comma,,,",
            "d,Four,,free,",
            "e,Five",
        ];
        let catalogue = read(&table.join(end));
        let works: Vec<_> = catalogue.works.iter().map(|work| (work.id.as_str(), work.policy())).collect();
        assert_eq!(works, [("a", Policy::Allow), ("b", Policy::Attribute), ("d", Policy::Ask), ("e", Policy::Ask)]);
        let said = said(&catalogue);
        let expected = [
            "line 1: the column `mood` is unknown",
            "line 2: `isrc` holds what it cannot: `USRC1760783` is no ISRC",
            "line 6: the id `b` was given in line 4 before; the row is left out",
            "line 7: names neither `id` nor `file`",
            "line 8: has 6 fields under 5 columns",
            "line 9: `licence` holds what it cannot: `free` is no SPDX licence expression",
        ];
        assert_eq!(said.len(), expected.len(), "{said:#?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{said} / {expected}");
        }
        assert_eq!(catalogue.works[1].title.replace("  ", " "), "Two lines");
    }
}

#[test]
fn a_quote_left_open_costs_its_own_row_only() {
    for end in ["\n", "\r\n"] {
        let mut table = ["id,title", "a,One", "b,\"Two", "c,Three"].join(end);
        for catalogue in [read(&table), {
            table.extend((0..2_000).map(|row| format!("{end}r{row},Row")));
            read(&table)
        }] {
            assert_eq!(said(&catalogue), ["line 3: a quote is opened and never closed; the row is left out"]);
            let ids: Vec<_> = catalogue.works.iter().take(2).map(|work| work.id.as_str()).collect();
            assert_eq!(ids, ["a", "c"]);
            assert!(catalogue.works.len() == 2 || catalogue.works.len() == 2_002);
        }
    }
    assert_eq!(read("id,title\na,12\" Mix\nb,7\" Edit").works[1].title, "7\" Edit");
}

#[test]
fn a_field_without_measure_is_left_empty_and_a_file_without_columns_refused() {
    let long = format!("id,title\na,{}\nb,Two", "x".repeat(MAX_FIELD_BYTES + 1));
    let catalogue = read(&long);
    assert!(said(&catalogue)[0].starts_with("line 2: `title` has 4097 bytes"), "{:?}", catalogue.problems);
    assert_eq!((catalogue.works.len(), catalogue.works[0].title.as_str()), (2, ""));
    for text in ["", "hello", "title,artist\nOne,Mo", "\0\0\0"] {
        let error = Catalogue::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("`id` or `file`"), "{error}");
    }
    let latin = Catalogue::from_bytes(b"id,title\na,Fr\xfchling").unwrap();
    assert_eq!(latin.works[0].title, "Fr\u{fffd}hling");
    assert!(said(&latin)[0].contains("not in UTF-8"));
}

#[test]
fn a_damaged_line_of_json_is_left_out_and_the_rest_goes_in() {
    let text = "{\"id\":\"a\"}\n{\"id\":\n[1]\n{\"id\":{},\"file\":\"b.wav\",\"policy\":true}\n{\"id\":\"c\",\"artists\":[\"X\",\"Y\"],\"ipi\":334284961}";
    let catalogue = read(text);
    let ids: Vec<_> = catalogue.works.iter().map(|work| work.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(catalogue.works[2].artists, ["X", "Y"]);
    assert_eq!(catalogue.works[1].stated_policy, Some(Policy::Ask));
    assert_eq!(catalogue.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3, 4, 4]);
}

#[test]
fn an_audio_file_finds_its_row_by_path_by_name_and_by_stem() {
    let catalogue =
        read("id,file,title\nx,/music/a/one.wav,First\ny,/music/b/one.wav,Second\nz,two.wav,Third\nthree,,Fourth");
    let title = |path: &str| catalogue.work_of_file(Path::new(path)).map(|work| work.title.as_str());
    assert_eq!(title("/music/b/one.wav"), Some("Second"));
    assert_eq!(title("/elsewhere/one.wav"), None, "two rows have a file of this name");
    assert_eq!(title("/elsewhere/two.wav"), Some("Third"));
    assert_eq!(title("/elsewhere/three.flac"), Some("Fourth"));
    assert_eq!(title("/elsewhere/x.wav"), None, "the row names another file");
    assert_eq!(title("/elsewhere/four.wav"), None);
}

#[test]
fn what_the_catalogue_leaves_empty_is_filled_from_tags_and_nothing_else() {
    let mut row = read("id,title,policy\na,One,deny").works.remove(0);
    let tags = read("id,title,owner,isrc,policy\nb,Other,Nightfall,USRC17607839,allow").works.remove(0);
    row.fill_from(tags);
    assert_eq!((row.id.as_str(), row.title.as_str(), row.owner.as_str()), ("a", "One", "Nightfall"));
    assert!(row.isrc.is_some() && row.policy() == Policy::Deny);
}

#[test]
fn a_file_is_described_by_its_row_then_its_tags_then_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.wav");
    std::fs::write(&path, [&b"RIFF\xff\xff\xff\xffWAVEbext\x5a\x02\0\0Take one"[..], &[0; 600]].concat()).unwrap();
    let catalogue = read("id,file,owner\nx,one.wav,Nightfall");
    let (work, damage) = catalogue.describe(&path);
    assert_eq!(
        (work.id.as_str(), work.title.as_str(), work.owner.as_str()),
        ("x", "Take one", "Nightfall"),
        "{damage:?}"
    );
    assert_eq!(Catalogue::default().describe(&path).0.id, "one");
    let (work, damage) = catalogue.describe(Path::new("/absent/one.wav"));
    assert!(work.id == "x" && damage.is_some());
    assert_eq!(Catalogue::default().describe(Path::new("/absent/two.wav")).0.id, "two");
}

/// Texts that look like tables more often than chance would make them.
fn table_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("id,file,title,licence,policy\n".to_owned()),
        Just("\"".to_owned()),
        Just("\r\n".to_owned()),
        Just(",".to_owned()),
        Just("{\"id\":\"".to_owned()),
        Just("CC-BY-4.0 OR (".to_owned()),
        Just("\u{feff}".to_owned()),
        prop::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter),
    ];
    let pieces = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes());
    (pieces, any::<Option<u8>>()).prop_map(|(mut bytes, byte)| {
        bytes.extend(byte);
        bytes
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_import_panic_and_no_id_is_given_twice(bytes in table_like(), prefix in any::<bool>()) {
        let bytes = if prefix { [b"id,title\n", &bytes[..]].concat() } else { bytes };
        if let Ok(catalogue) = Catalogue::from_bytes(&bytes) {
            let mut ids: Vec<_> = catalogue.works.iter().map(|work| &work.id).collect();
            ids.sort();
            let count = ids.len();
            ids.dedup();
            prop_assert_eq!(count, ids.len());
            prop_assert!(ids.iter().all(|id| !id.is_empty() && !id.contains(char::is_control)));
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
            prop_assert!(catalogue.problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
        }
    }
}
