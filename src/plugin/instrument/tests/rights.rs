//! What an instance hears reaches its editor, its ledger and the clearance report. Each test runs in a process of its own,
//! with an index in a folder of its own.

use std::path::{Path, PathBuf};

use super::music;
use super::*;
use crate::bridge::{Export, IndexView, Report};
use crate::browser::folders;
use crate::dsp::duck;
use crate::params::DuckFor;
use crate::plugin::home::is_at_home;
use crate::rights::fingerprint::Fingerprinter;
use crate::rights::index::{Builder, NewTrack};
use crate::rights::ledger::{self, Event as Told, Source};

const RATE: usize = 48_000;
/// Frames of a block: a tenth of a second.
const BLOCK: usize = 4_800;

type Stereo = [Vec<f32>; 2];

/// The piece of this seed, in both channels.
fn piece(seconds: usize, seed: u32) -> Stereo {
    let samples = music::piece(seconds, seed, RATE);
    [samples.clone(), samples]
}

/// Makes the user's index of these pieces, each with what the catalogue says of it.
fn index(pieces: &[(&str, &str, &Stereo)]) {
    let mut builder = Builder::create(&folders::rights().unwrap().join(folders::INDEX)).unwrap();
    for (id, about, [left, right]) in pieces {
        let mut fingerprinter = Fingerprinter::new(RATE as u32).unwrap();
        fingerprinter.feed(left.iter().zip(right).map(|(&left, &right)| [left, right]));
        let print = fingerprinter.finish();
        let digest = *blake3::hash(id.as_bytes()).as_bytes();
        builder.add_track(&NewTrack { id, about, digest, ticks: print.ticks, peaks: &print.peaks }).unwrap();
    }
    builder.finish().unwrap();
}

/// Waits for what is told to be so.
fn wait(screen: &mut ScreenHalf, report: &mut Report, reached: impl Fn(&Report) -> bool) {
    wait_for(|| {
        screen.follow(report);
        reached(report)
    });
}

/// Plays a block with this sidechain; what came out.
fn block<F: Format>(instrument: &mut Instrument<F>, side: &Stereo, at: usize, host: &mut Host) -> Stereo {
    let mut main = [vec![0.0; BLOCK], vec![0.0; BLOCK]];
    let mut aux = [0, 1].map(|channel: usize| side[channel][at..at + BLOCK].to_vec());
    host.transport.playing = true;
    host.transport.pos_samples = Some((at + 60 * RATE) as i64);
    process(instrument, &mut main, Some(&mut aux), host);
    main
}

fn ledgers() -> Vec<PathBuf> {
    let files = std::fs::read_dir(folders::ledgers().unwrap()).into_iter().flatten();
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == ledger::EXTENSION)).collect()
}

/// The events of a ledger, which must be sound.
fn events(path: &Path) -> Vec<Told> {
    let mut events = Vec::new();
    let verification = ledger::read(path, |_, row| events.push(row.event)).unwrap();
    assert!(verification.faults.is_empty(), "{:?}", verification.faults);
    events
}

#[test]
fn a_sidechain_is_recognised_written_down_and_reported() {
    let home = tempfile::tempdir().unwrap();
    let name = "plugin::instrument::tests::rights::a_sidechain_is_recognised_written_down_and_reported";
    if !is_at_home(name, home.path()) {
        return;
    }
    let music = piece(30, 1);
    let about = r#"{"id":"rain","title":"Regen","artists":["Mo"],"owner":"Nightfall","licence":"CC-BY-4.0"}"#;
    index(&[("rain", about, &music), ("other", "{}", &piece(20, 2))]);
    let mut instrument = active::<Clap>();
    let mut screen = instrument.screen.take().unwrap();
    let mut report = Report::default();
    for at in (5 * RATE..25 * RATE).step_by(BLOCK) {
        block(&mut instrument, &music, at, &mut Host::with(Vec::new()));
        let played = (at + BLOCK - 5 * RATE) as f32 / RATE as f32;
        wait_for(|| screen.heard(Stream::Sidechain).checked_seconds > played - 0.7);
    }
    wait(&mut screen, &mut report, |report| !report.matches.is_empty());
    let IndexView::Open(facts) = &report.index else { panic!("{:?}", report.index) };
    assert_eq!(facts.tracks, 2);
    let found = &report.matches[0];
    assert_eq!((found.work.title.as_str(), found.source), ("Regen", Source::Sidechain));
    assert_eq!(found.policy, crate::rights::catalogue::Policy::Attribute);
    assert!((found.rate - 1.0).abs() < 0.02 && (found.pitch - 1.0).abs() < 0.02, "{found:?}");
    // Heard 60 s later in the project than it lies in the work.
    assert!((found.heard.from - found.place.from - 60.0).abs() < 0.5, "{found:?}");
    assert!((found.length - 30.0).abs() < 0.2 && found.evidence.hits > found.evidence.chance, "{found:?}");
    assert!(screen.heard(Stream::Sidechain).checked_seconds > 19.0);
    screen.wish_export();
    wait(&mut screen, &mut report, |report| matches!(report.exported, Export::Written(_) | Export::Refused(_)));
    let id = instrument.params.kept.project.id();
    drop(instrument);
    let [path] = &ledgers()[..] else { panic!("one ledger") };
    assert_eq!(path.file_stem().unwrap().to_str(), Some(id.as_str()));
    let events = events(path);
    assert!(matches!(&events[0], Told::Session(session) if session.index.works == 2));
    let is_match =
        |event: &&Told| matches!(event, Told::Match(one) if one.work.id == "rain" && one.shown && one.coverage == 1.0);
    assert!(events.iter().any(|event| is_match(&event)), "{events:?}");
    let seconds = |event: &Told| if let Told::Coverage(one) = event { one.project_time.seconds() } else { 0.0 };
    let checked: f64 = events.iter().map(seconds).sum();
    assert!((checked - 20.0).abs() < 0.2, "{checked}");
    let Export::Written(folder) = &report.exported else { panic!("{:?}", report.exported) };
    for file in ["clearance.html", "cue-sheet.csv", "clearance.json"] {
        assert!(folder.join(file).exists(), "{file}");
    }
}

#[test]
fn while_what_is_denied_is_heard_the_output_steps_back_if_the_project_wants_that() {
    let home = tempfile::tempdir().unwrap();
    let name = "plugin::instrument::tests::rights::\
                while_what_is_denied_is_heard_the_output_steps_back_if_the_project_wants_that";
    if !is_at_home(name, home.path()) {
        return;
    }
    let music = piece(30, 5);
    index(&[("rain", r#"{"id":"rain","policy":"deny"}"#, &music)]);
    let [mut plain, mut ducked] = [active::<Clap>(), active::<Clap>()];
    ducked.params.kept.duck.set(DuckFor::Deny);
    let screens = [&mut plain, &mut ducked].map(|instrument| instrument.screen.take().unwrap());
    let score = |at: usize| Host::with(if at == 0 { vec![note_on(0, 60)] } else { Vec::new() });
    let (mut before, mut after) = (0, 0);
    for at in (0..20 * RATE).step_by(BLOCK) {
        let steps_back = screens[1].ducks();
        let [expected, got] = [&mut plain, &mut ducked].map(|instrument| block(instrument, &music, at, &mut score(at)));
        let is = |gain: f32| (0..2).all(|side| expected[side].iter().zip(&got[side]).all(|(a, b)| a * gain == *b));
        before += usize::from(is(1.0));
        after += usize::from(steps_back && is(duck::GAIN));
        assert!(after == 0 || steps_back, "it is still heard");
        let played = (at + BLOCK) as f32 / RATE as f32;
        for screen in &screens {
            wait_for(|| screen.heard(Stream::Sidechain).checked_seconds > played - 0.7);
        }
    }
    assert!(before > 10 && after > 50, "{before} blocks before it was recognised, {after} after");
    assert!(!screens[0].ducks(), "nobody has chosen that here");
}

#[test]
fn an_instance_recognises_what_it_has_played_itself() {
    let home = tempfile::tempdir().unwrap();
    let name = "plugin::instrument::tests::rights::an_instance_recognises_what_it_has_played_itself";
    if !is_at_home(name, home.path()) {
        return;
    }
    let silence = [vec![0.0; 12 * RATE], vec![0.0; 12 * RATE]];
    let score = |at: usize| {
        let key = [48, 55, 60, 63, 67, 58, 70, 65, 51, 72][at / BLOCK * 7 % 10] + (at / BLOCK % 3) as u8;
        let played =
            if (at / BLOCK).is_multiple_of(3) { vec![note_on(0, key), note_on(1_000, key + 7)] } else { Vec::new() };
        Host::with(played)
    };
    let mut first = active::<Clap>();
    let mut music: Stereo = Default::default();
    for at in (0..12 * RATE).step_by(BLOCK) {
        let block = block(&mut first, &silence, at, &mut score(at));
        music.iter_mut().zip(block).for_each(|(channel, block)| channel.extend(block));
    }
    assert!(ledgers().is_empty(), "without an index nothing is written");
    index(&[("mine", r#"{"id":"mine"}"#, &music)]);
    drop(first);
    let mut again = active::<Clap>();
    let mut screen = again.screen.take().unwrap();
    let mut report = Report::default();
    for at in (0..12 * RATE).step_by(BLOCK) {
        block(&mut again, &silence, at, &mut score(at));
        let played = (at + BLOCK) as f32 / RATE as f32;
        wait_for(|| screen.heard(Stream::Output).checked_seconds > played - 0.7);
    }
    wait(&mut screen, &mut report, |report| !report.matches.is_empty());
    assert_eq!((report.matches[0].work.id.as_str(), report.matches[0].source), ("mine", Source::Output));
}

#[test]
fn an_offline_bounce_goes_unchecked_nowhere() {
    let home = tempfile::tempdir().unwrap();
    let name = "plugin::instrument::tests::rights::an_offline_bounce_goes_unchecked_nowhere";
    if !is_at_home(name, home.path()) {
        return;
    }
    let music = piece(30, 3);
    index(&[("rain", "{}", &music)]);
    let mut instrument = Instrument::<Clap>::default();
    let config = BufferConfig {
        sample_rate: RATE as f32,
        min_buffer_size: None,
        max_buffer_size: BLOCK as u32,
        process_mode: ProcessMode::Offline,
    };
    assert!(instrument.activate(&Clap::LAYOUTS[0], &config, &mut Host::with(Vec::new())));
    let mut screen = instrument.screen.take().unwrap();
    for at in (0..30 * RATE).step_by(BLOCK) {
        block(&mut instrument, &music, at, &mut Host::with(Vec::new()));
    }
    drop(instrument);
    let heard = screen.heard(Stream::Sidechain);
    assert_eq!((heard.seconds, heard.unchecked_seconds), (30.0, 0.0));
    assert!(heard.checked_seconds > 29.5, "{heard:?}");
    let mut report = Report::default();
    screen.follow(&mut report);
    assert_eq!(report.matches.len(), 1);
    assert!(!report.matches[0].sounds);
}

#[test]
fn an_index_that_is_made_while_playing_is_taken_up_and_a_damaged_one_says_so() {
    let home = tempfile::tempdir().unwrap();
    let name =
        "plugin::instrument::tests::rights::an_index_that_is_made_while_playing_is_taken_up_and_a_damaged_one_says_so";
    if !is_at_home(name, home.path()) {
        return;
    }
    let mut instrument = active::<Clap>();
    let mut screen = instrument.screen.take().unwrap();
    let mut report = Report::default();
    screen.set_open(true);
    wait(&mut screen, &mut report, |report| matches!(report.index, IndexView::Missing(_)));
    index(&[("a", "{}", &piece(3, 4))]);
    wait(&mut screen, &mut report, |report| matches!(&report.index, IndexView::Open(facts) if facts.tracks == 1));
    drop(instrument);
    let folder = folders::rights().unwrap().join(folders::INDEX);
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        std::fs::write(file, b"no index").unwrap();
    }
    let mut instrument = active::<Clap>();
    let mut screen = instrument.screen.take().unwrap();
    screen.set_open(true);
    wait(&mut screen, &mut report, |report| matches!(report.index, IndexView::Refused(_)));
    let IndexView::Refused(reason) = &report.index else { unreachable!() };
    assert!(reason.contains("zitherctl rights index build"), "{reason}");
}
