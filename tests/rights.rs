//! `zitherctl rights` as its user runs it, with files that are not as they should be: each is told in one line with its
//! reason, the rest goes on, and nothing is written by halves.

#[path = "rights/lab.rs"]
mod lab;
#[path = "common/music.rs"]
mod music;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab::{Format, Lab, Said, wav};
use music::piece;

/// Puts files into the lab that cannot be used, each with a word of the reason that is expected.
fn unusable(lab: &Lab) -> Vec<(String, &'static str)> {
    let sound = piece(4, 9, 48_000);
    let whole = wav(Format::default(), &sound);
    fs::create_dir(lab.path("folder.wav")).expect("a folder");
    let files: [(&str, Vec<u8>, &str); 7] = [
        ("empty.wav", Vec::new(), "no WAV, FLAC or Ogg Vorbis"),
        ("text.wav", b"This is no sound, whatever its name says. ".repeat(200), "no WAV, FLAC or Ogg Vorbis"),
        ("stub.wav", whole[..20].to_vec(), "no WAV, FLAC or Ogg Vorbis"),
        ("bare.wav", whole[..44].to_vec(), "no samples"),
        ("crowd.wav", wav(Format { channels: 40, ..Format::default() }, &sound), "channel"),
        ("slow.wav", wav(Format { rate: 1_000, ..Format::default() }, &sound), "1000 Hz"),
        ("fast.wav", wav(Format { rate: 900_000, ..Format::default() }, &sound), "900000 Hz"),
    ];
    let mut all: Vec<(String, &str)> = files
        .into_iter()
        .map(|(name, bytes, reason)| {
            fs::write(lab.path(name), bytes).expect("a file");
            (lab.text(name), reason)
        })
        .collect();
    all.push((lab.text("absent.wav"), "No such file"));
    all.push((lab.text("folder.wav"), "it is a folder"));
    all
}

/// Puts files into the lab that are unusual and can be used.
fn unusual(lab: &Lab) -> Vec<String> {
    let sound = |seed| piece(12, seed, 48_000);
    let cut = wav(Format::default(), &sound(2));
    let long = wav(Format { claimed: Some(u32::MAX - 36), ..Format::default() }, &sound(7));
    let files = [
        ("plain", wav(Format::default(), &sound(1))),
        ("cut", cut[..cut.len() * 3 / 4 + 1].to_vec()),
        ("eight-bit", wav(Format { bits: 8, ..Format::default() }, &sound(3))),
        ("high-rate", wav(Format { rate: 192_000, ..Format::default() }, &piece(12, 4, 192_000))),
        ("eight-channels", wav(Format { channels: 8, ..Format::default() }, &sound(5))),
        ("mono-24-bit", wav(Format { channels: 1, bits: 24, ..Format::default() }, &sound(6))),
        ("claims-six-hours", long),
    ];
    let write = |(name, bytes): (&str, Vec<u8>)| {
        fs::write(lab.path(&format!("{name}.wav")), bytes).expect("a file");
        name.to_owned()
    };
    files.into_iter().map(write).collect()
}

fn paths(lab: &Lab, names: &[String]) -> Vec<String> {
    names.iter().map(|name| lab.text(&format!("{name}.wav"))).collect()
}

/// Each file has one line, with the reason.
fn assert_told(said: &Said, files: &[(String, &str)]) {
    for (file, reason) in files {
        let lines: Vec<_> = said.err.iter().filter(|line| line.contains(file.as_str())).collect();
        assert_eq!(lines.len(), 1, "{file}: {lines:?}");
        assert!(lines[0].contains(reason), "{}", lines[0]);
    }
}

#[test]
fn what_cannot_be_read_is_left_out_of_an_index_with_one_line_each_and_the_rest_goes_in() {
    let lab = Lab::new();
    let (mut bad, good) = (unusable(&lab), unusual(&lab));
    fs::write(lab.path("silent.wav"), wav(Format::default(), &vec![0.0; 480_000])).unwrap();
    bad.push((lab.text("silent.wav"), "silence"));
    fs::copy(lab.path("plain.wav"), lab.path("double.wav")).unwrap();
    bad.push((lab.text("double.wav"), "the same audio is there as `plain`"));
    let mut files: Vec<String> = paths(&lab, &good);
    files.extend(bad.iter().map(|(file, _)| file.clone()));
    let said = lab.run(&["rights", "index", "build", "--out", &lab.text("index")], &files);
    assert!(said.ok, "{said:?}");
    assert_told(&said, &bad);
    assert_eq!(said.err.len(), bad.len(), "{:?}", said.err);
    assert_eq!(said.out, [format!("{} of {} recordings added; the index holds {0}", good.len(), files.len())]);
    let whole = lab.run(&["rights", "index", "verify", &lab.text("index")], &[]);
    assert!(whole.ok && whole.out[0].starts_with("whole: 7 tracks"), "{whole:?}");

    // Nothing but bad files: an error, and the index is as it was.
    let before = lab.files("index");
    let files: Vec<String> = bad.iter().map(|(file, _)| file.clone()).collect();
    let said = lab.run(&["rights", "index", "build", "--out", &lab.text("index")], &files[..files.len() - 1]);
    assert!(!said.ok && said.err.last().unwrap().contains("the index stays as it was"), "{said:?}");
    assert_eq!(lab.files("index"), before);
    let said = lab.run(&["rights", "index", "build", "--out", &lab.text("new")], &files[..3]);
    assert!(!said.ok && !lab.path("new").join("index.json").exists());
}

#[test]
fn unusual_files_are_recognised_and_unusable_ones_do_not_stop_the_rest() {
    let lab = Lab::new();
    let (bad, good) = (unusable(&lab), unusual(&lab));
    lab.index(&paths(&lab, &good));
    let mut files = Vec::new();
    for (at, (file, _)) in bad.iter().enumerate() {
        files.push(file.clone());
        files.extend(good.get(at).map(|name| lab.text(&format!("{name}.wav"))));
    }
    let said = lab.run(&["rights", "match", "--jsonl", "--index", &lab.text("index")], &files);
    assert!(said.ok);
    assert_told(&said, &bad);
    assert_eq!(said.err.len(), bad.len(), "{:?}", said.err);
    for name in &good {
        let file = lab.text(&format!("{name}.wav"));
        let of_file: Vec<_> = said.json().into_iter().filter(|line| line["file"] == file).collect();
        assert!(!of_file.is_empty(), "{name} was not recognised");
        assert!(of_file.iter().all(|line| line["track"] == **name), "{of_file:?}");
    }
}

#[test]
fn a_recording_that_is_too_long_is_refused_without_being_kept_in_memory() {
    let lab = Lab::new();
    // Ten hours of a file with holes, which take no room on the disk.
    let format = Format { rate: 4_000, channels: 1, bits: 8, claimed: Some(36_000 * 4_000) };
    fs::write(lab.path("ten-hours.wav"), wav(format, &[])).unwrap();
    let file = fs::OpenOptions::new().write(true).open(lab.path("ten-hours.wav")).unwrap();
    file.set_len(44 + 36_000 * 4_000).unwrap();
    fs::write(lab.path("plain.wav"), wav(Format::default(), &piece(12, 1, 48_000))).unwrap();
    let files = ["ten-hours.wav", "plain.wav"].map(|name| lab.text(name));
    let said = lab.run(&["rights", "index", "build", "--out", &lab.text("index")], &files);
    assert!(said.ok && said.out[0].starts_with("1 of 2"), "{said:?}");
    assert_told(&said, &[(lab.text("ten-hours.wav"), "longer than 9 hours; split it")]);
}

#[test]
fn a_damaged_index_is_refused_by_the_part_that_is_damaged_and_says_what_to_do() {
    let lab = Lab::new();
    let good = unusual(&lab);
    lab.index(&paths(&lab, &good));
    let query = paths(&lab, &good[..1]);
    let whole = lab.files("index");
    let mut parts = BTreeSet::new();
    for (path, bytes) in whole.iter().filter(|(path, bytes)| !bytes.is_empty() && !path.ends_with("lock")) {
        for step in 0..60 {
            let at = if step < 20 { step * 8 } else { bytes.len() * (step - 20) / 40 };
            let mut damaged = bytes.clone();
            let at = at.min(damaged.len() - 1);
            damaged[at] ^= 0x55;
            fs::write(path, &damaged).unwrap();
            let verified = lab.run(&["rights", "index", "verify", &lab.text("index")], &[]);
            let all = verified.err.join("\n");
            assert!(!verified.ok && all.contains("rights index build"), "byte {at} of {}: {all}", path.display());
            let known =
                ["list of segments", "header", "track table", "row table", "table of peaks", "postings", "peaks"];
            parts.extend(known.into_iter().filter(|part| all.contains(&format!("its {part} cannot be trusted"))));
            // What reads it neither crashes nor keeps quiet.
            if step % 10 == 0 {
                let said = lab.run(&["rights", "match", "--index", &lab.text("index")], &query);
                assert!(said.ok || said.err.len() == 1, "byte {at} of {}: {said:?}", path.display());
            }
        }
        fs::write(path, bytes).unwrap();
    }
    let all: BTreeSet<_> = ["list of segments", "header", "track table", "row table", "postings", "peaks"].into();
    assert!(parts.is_superset(&all), "{parts:?}");
    assert!(lab.run(&["rights", "index", "verify", &lab.text("index")], &[]).ok, "the whole one is whole again");
    fs::remove_dir_all(lab.path("index")).unwrap();
    let (gone, none) = (lab.text("index"), Vec::new());
    for (command, files) in [(["match", "--index"], &query), (["index", "verify"], &none)] {
        let said = lab.run(&["rights", command[0], command[1], &gone], files);
        assert!(!said.ok && said.err.len() == 1 && said.err[0].contains("make one with"), "{said:?}");
    }
}

#[test]
fn wrong_codes_and_doubles_of_a_catalogue_are_listed_by_line_and_the_rest_goes_in() {
    let lab = Lab::new();
    let good = unusual(&lab);
    let table = "file,title,isrc,iswc,ipi,licence\n\
                 plain.wav,One,USRC1760783,T-034.524.680-1,00334284961,CC0-1.0\n\
                 cut.wav,Two,USRC17607839,T-034.524.680-2,00334284961,CC0-1.0\n\
                 eight-bit.wav,Three,USRC17607839,T-034.524.680-1,00334284962,CC0-1.0\n\
                 plain.wav,One again,,,,CC0-1.0\n";
    fs::write(lab.path("catalogue.csv"), table).unwrap();
    let expected = [("line 2", "ISRC"), ("line 3", "ISWC"), ("line 4", "IPI"), ("line 5", "was given in line 2")];
    let checked = lab.run(&["rights", "catalogue", "check", &lab.text("catalogue.csv")], &[]);
    assert!(!checked.ok);
    let catalogue = ["--catalogue".to_owned(), lab.text("catalogue.csv")];
    let files = [paths(&lab, &good), catalogue.to_vec()].concat();
    let built = lab.run(&["rights", "index", "build", "--out", &lab.text("index")], &files);
    assert!(built.ok && built.out[0].starts_with("7 of 7"), "{built:?}");
    for said in [[checked.out, checked.err].concat(), built.err] {
        for (line, what) in expected {
            let lines: Vec<_> = said.iter().filter(|text| text.contains(&format!("{line}:"))).collect();
            assert!(lines.len() == 1 && lines[0].contains(what), "{line}: {said:?}");
        }
    }
    for (name, bytes) in [("none.csv", &b""[..]), ("blob.csv", &[0x9c, 0x00, 0xff, 0x81][..])] {
        fs::write(lab.path(name), bytes).unwrap();
        let said = lab.run(&["rights", "catalogue", "check", &lab.text(name)], &[]);
        assert!(!said.ok && said.err.len() == 1 && said.err[0].contains(name), "{said:?}");
    }
}

#[test]
fn a_ledger_that_is_none_is_refused_and_no_report_is_left_half_written() {
    let lab = Lab::new();
    let good = unusual(&lab);
    lab.index(&paths(&lab, &good));
    let heard = lab.run(&listen(&lab, "plain.wav", &["--ledger", &lab.text("l.jsonl")]), &[]);
    assert!(heard.ok, "{heard:?}");
    let whole = fs::read(lab.path("l.jsonl")).unwrap();
    let report = |ledger: &str, out: &str| {
        lab.run(&["rights", "report", "--ledger", &lab.text(ledger), "--out", &lab.text(out)], &[])
    };
    let verify = |ledger: &str| lab.run(&["rights", "ledger", "verify", &lab.text(ledger)], &[]);
    assert!(verify("l.jsonl").ok && report("l.jsonl", "report").ok);
    for name in ["absent.jsonl", "folder.jsonl"] {
        if name.starts_with("folder") {
            fs::create_dir(lab.path(name)).unwrap();
        }
        for said in [verify(name), report(name, "none")] {
            assert!(!said.ok && said.err.len() == 1 && said.err[0].contains(name), "{said:?}");
        }
    }
    assert!(!lab.path("none").exists());
    // What was cut off or changed is told first, and the report says it too.
    for (name, bytes) in [("cut.jsonl", &whole[..whole.len() - 40]), ("text.jsonl", &b"no ledger\n"[..])] {
        fs::write(lab.path(name), bytes).unwrap();
        let said = verify(name);
        assert!(!said.ok && said.err.iter().all(|line| line.contains(name)), "{said:?}");
        let said = report(name, &format!("{name}-report"));
        assert!(said.err.iter().any(|line| line.contains(name)), "{said:?}");
    }
    // A file stands where the folder should: an error, and the file is as it was.
    fs::write(lab.path("taken"), "mine").unwrap();
    let said = report("l.jsonl", "taken");
    assert!(!said.ok && said.err.len() == 1, "{said:?}");
    assert_eq!(fs::read_to_string(lab.path("taken")).unwrap(), "mine");
    assert!(lab.files("report").iter().all(|(path, bytes)| !bytes.is_empty() && !path.ends_with("tmp")));
}

/// The arguments with which a file of the lab is listened to, as fast as can be.
fn listen(lab: &Lab, file: &str, more: &[&str]) -> Vec<&'static str> {
    let all = ["rights", "listen", "--index", &lab.text("index"), "--file", &lab.text(file), "--fast"];
    // Tests are short-lived; what they leak goes with them.
    all.iter().chain(more).map(|text| &*Box::leak(text.to_string().into_boxed_str())).collect()
}

#[test]
fn listening_says_who_is_heard_and_when_it_is_over_and_writes_it_down() {
    let lab = Lab::new();
    let good = unusual(&lab);
    lab.index(&paths(&lab, &good));
    for name in &good {
        let ledger = lab.text(&format!("{name}.jsonl"));
        let said = lab.run(&listen(&lab, &format!("{name}.wav"), &["--jsonl", "--ledger", &ledger]), &[]);
        assert!(said.ok, "{said:?}");
        let events: Vec<_> = said.json().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
        assert_eq!(events, ["heard", "over", "end"], "{name}: {said:?}");
        assert!(said.json()[..2].iter().all(|line| line["track"] == **name), "{said:?}");
        let whole = lab.run(&["rights", "ledger", "verify", &ledger], &[]);
        assert!(whole.ok, "{whole:?}");
        let rows = fs::read_to_string(&ledger).unwrap();
        let kinds = ["session", "match", "coverage"].map(|kind| rows.contains(&format!("\"kind\":\"{kind}\"")));
        assert_eq!(kinds, [true; 3], "{rows}");
    }
    let words = lab.run(&listen(&lab, "plain.wav", &[]), &[]);
    assert!(words.out[0].contains("plain, owner not named") && words.out[0].contains("practically certain"));
    assert!(words.out[1].contains("over: plain") && words.out[2].contains("1 recognised"), "{words:?}");
}

#[test]
fn what_cannot_be_listened_to_is_one_line_with_its_reason() {
    let lab = Lab::new();
    let (bad, good) = (unusable(&lab), unusual(&lab));
    lab.index(&paths(&lab, &good[..1]));
    for (file, reason) in &bad {
        let name = file.rsplit('/').next().unwrap();
        let said = lab.run(&listen(&lab, name, &[]), &[]);
        let errors: Vec<_> = said.err.iter().filter(|line| line.starts_with("error: ")).collect();
        assert!(!said.ok && errors.len() == 1 && errors[0].contains(reason) && errors[0].contains(name), "{said:?}");
    }
    let index = lab.text("index");
    let base = ["rights", "listen", "--index", index.as_str()];
    assert!(!lab.run(&base, &[]).ok, "nothing to listen to");
    let nothing = lab.feed(&[&base[..], &["--stdin"]].concat(), &[]);
    assert!(!nothing.ok && nothing.err.last().unwrap().contains("no samples"), "{nothing:?}");
    let taken = lab.text("folder.wav");
    let said = lab.run(&listen(&lab, "plain.wav", &["--ledger", &taken]), &[]);
    assert!(!said.ok && said.err.len() == 1 && said.err[0].contains("folder.wav"), "{said:?}");
}

#[test]
fn raw_sound_of_a_pipe_is_listened_to_in_both_formats() {
    let lab = Lab::new();
    lab.index(&paths(&lab, &unusual(&lab)[..1]));
    let sound = piece(12, 1, 48_000);
    let index = lab.text("index");
    let base = ["rights", "listen", "--jsonl", "--index", index.as_str(), "--stdin"];
    let s16: Vec<u8> = sound.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    let f32: Vec<u8> = sound.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for (format, bytes) in [("s16", &s16[..s16.len() - 1]), ("f32", &f32)] {
        let said = lab.feed(&[&base[..], &["--channels", "1", "--format", format]].concat(), bytes);
        assert!(said.ok && said.json()[0]["track"] == "plain", "{format}: {said:?}");
    }
}

#[test]
fn a_file_plays_in_the_time_of_its_sound() {
    let lab = Lab::new();
    lab.index(&paths(&lab, &unusual(&lab)[..1]));
    let (index, file) = (lab.text("index"), lab.text("plain.wav"));
    let start = Instant::now();
    let said = lab.run(&["rights", "listen", "--index", &index, "--file", &file, "--speed", "8"], &[]);
    assert!(said.ok && start.elapsed() >= Duration::from_millis(1_500), "{:?}: {said:?}", start.elapsed());
}

#[cfg(unix)]
#[test]
fn a_device_is_listened_to_through_the_recorder_that_is_there() {
    let lab = Lab::new();
    lab.index(&paths(&lab, &unusual(&lab)[..1]));
    let index = lab.text("index");
    let arguments = ["rights", "listen", "--jsonl", "--index", &index, "--device", "studio", "--channels", "1"];
    let with = |tools: &str| lab.said(lab.command(&arguments).env("PATH", lab.path(tools)).output().unwrap());
    fs::create_dir(lab.path("none")).unwrap();
    let said = with("none");
    assert!(!said.ok && said.err.len() == 1 && said.err[0].contains("install pulseaudio-utils"), "{said:?}");
    let samples = piece(12, 1, 48_000);
    let raw: Vec<u8> = samples.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    fs::write(lab.path("raw"), raw).unwrap();
    for (program, flag) in
        [("parec", "--device=studio"), ("pw-record", "--target=studio"), ("arecord", "--device=studio")]
    {
        let script = format!(
            "#!/bin/sh\nfor word; do [ \"$word\" = {flag} ] && exec /bin/cat {}; done\nexit 3\n",
            lab.text("raw")
        );
        lab.program(program, program, &script);
        let said = with(program);
        assert!(said.ok && said.json()[0]["track"] == "plain", "{program}: {said:?}");
    }
    lab.program("broken", "parec", "#!/bin/sh\necho no such device >&2\nexit 1\n");
    let said = with("broken");
    assert!(!said.ok && said.err.last().unwrap().contains("parec gave up"), "{said:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_listening_as_the_end_of_the_sound_does() {
    use std::io::{BufRead, BufReader, Write};

    let lab = Lab::new();
    lab.index(&paths(&lab, &unusual(&lab)[..1]));
    let (index, ledger) = (lab.text("index"), lab.text("l.jsonl"));
    let arguments =
        ["rights", "listen", "--jsonl", "--index", &index, "--stdin", "--channels", "1", "--ledger", &ledger];
    let mut command = lab.command(&arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let bytes: Vec<u8> =
        piece(12, 1, 48_000).iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    pipe.write_all(&bytes).unwrap();
    pipe.flush().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"heard\""), "before the pipe ends");
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.last().unwrap().contains("\"end\""), "{rest:?}");
    assert!(child.wait().unwrap().success());
    assert!(lab.run(&["rights", "ledger", "verify", &ledger], &[]).ok);
    drop(pipe);
}
