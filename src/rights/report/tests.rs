use super::*;
use crate::rights::ledger::{Coverage, Ledger, Session, Source, Span};

/// A text that breaks every form of report that lets it through.
const HOSTILE: &str = "=1+1</style></script><script>alert(\"x\")</script>\"'&,;";

fn work(json: &str) -> Work {
    serde_json::from_str(json).unwrap()
}

fn matched(work: Work, at: f64, confidence: f64, shown: bool) -> Event {
    Event::Match(Box::new(Match {
        source: Source::Sidechain,
        policy: work.policy(),
        work,
        project_time: Span { from: at, to: at + 4.0 },
        work_time: Span { from: 30.0 + at, to: 34.0 + at },
        rate: 1.03,
        pitch: 1.03,
        likeness: Likeness::Recording,
        confidence,
        after: 2.25,
        shown,
        any_of: Vec::new(),
        index: "b3:17".into(),
        coverage: 1.0,
    }))
}

fn covered(from: f64, to: f64, checked: f64) -> Event {
    let project_time = Span { from, to };
    Event::Coverage(Coverage { source: Source::Sidechain, project_time, checked, reason: HOSTILE.into() })
}

fn clearance(project: &str, events: Vec<Event>) -> Clearance {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.jsonl");
    let project = Project { id: "3f2a".into(), name: project.into() };
    let index = Index { digest: "b3:17".into(), built: "2026-11-20".parse().ok(), works: 12 };
    let mut ledger = Ledger::begin(path.clone(), project.clone(), Session::new(index));
    events.into_iter().for_each(|event| ledger.push(Row::now(project.clone(), event)));
    ledger.flush().unwrap();
    Clearance::of_ledger(&path).unwrap()
}

fn full() -> Clearance {
    let asked =
        work(r#"{"id":"regen","title":"Regen","artists":["Mo"],"owner":"Nightfall","contact":"https://n.example"}"#);
    let named = work(r#"{"id":"bus","title":"Night Bus","artists":["Ann"],"licence":"CC-BY-4.0"}"#);
    let denied = work(r#"{"id":"no","title":"No","policy":"deny","owner":"Strict"}"#);
    clearance(
        "Song",
        vec![
            covered(0.0, 720.0, 1.0),
            matched(named.clone(), 12.0, 0.96, true),
            matched(asked.clone(), 100.0, 0.9, true),
            matched(asked.clone(), 104.5, 0.999, true),
            matched(asked.clone(), 200.0, 0.97, true),
            matched(denied, 300.0, 0.85, true),
            matched(named, 400.0, 0.2, false),
            covered(720.0, 728.0, 0.0),
            covered(728.0, 800.0, 1.0),
        ],
    )
}

#[test]
fn works_are_told_by_strictness_with_their_passages_merged() {
    let report = full();
    let told: Vec<_> =
        report.works.iter().map(|work| (work.work.id.as_str(), work.policy, work.passages.len())).collect();
    assert_eq!(told, [("no", Policy::Deny, 1), ("regen", Policy::Ask, 2), ("bus", Policy::Attribute, 1)]);
    let passage = &report.works[1].passages[0];
    assert_eq!((passage.project_time, passage.confidence), (Span { from: 100.0, to: 108.5 }, 0.999));
    assert_eq!(passage.work_time, Span { from: 130.0, to: 138.5 });
    assert_eq!(report.works[1].how_sure, "practically certain");
    assert_eq!(report.possible.len(), 1);
    assert_eq!(report.possible[0].how_sure, "possible, not confirmed");
    assert_eq!((report.played, report.checked), (Some(800.0), 792.0));
    assert!(report.faults.is_empty() && report.period.is_some());
    assert!(
        report
            .coverage()
            .starts_with("Checked 99\u{a0}% of the 13:20 that played; not checked: 12:00\u{2013}12:08 (sidechain")
    );
}

#[test]
fn the_page_says_who_what_where_how_sure_and_what_to_do() {
    let page = full().text(Form::Html);
    for said in [
        "<title>Clearance report: Song</title>",
        "Ask Nightfall (https://n.example) for a licence before release.",
        "<a rel=\"noopener noreferrer\" href=\"https://n.example\">",
        "1:40\u{2013}1:49",
        "3.0 % faster, 0.5 semitones up",
        "99\u{a0}%, practically certain",
        "Credits to publish",
        "Night Bus by Ann, CC-BY-4.0",
        "built 2026-11-20, 12 recordings",
        "no legal statement",
        "unchanged since it was written",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("http://") && page.matches("https://").count() == 3, "nothing is fetched from elsewhere");
}

#[test]
fn no_text_of_ledger_or_catalogue_becomes_a_tag_a_link_or_a_formula() {
    let mut hostile = Work { id: HOSTILE.into(), title: HOSTILE.into(), owner: HOSTILE.into(), ..Work::default() };
    hostile.attribution = HOSTILE.into();
    hostile.artists = vec![HOSTILE.into()];
    hostile.file = HOSTILE.into();
    hostile.contact = format!("javascript:{HOSTILE}");
    let linked = Work { id: "l".into(), contact: format!("https://x.example/\" onclick={HOSTILE}"), ..hostile.clone() };
    let named = Work { id: "n".into(), stated_policy: Some(Policy::Attribute), ..hostile.clone() };
    let report = clearance(
        HOSTILE,
        [hostile, linked, named]
            .map(|work| matched(work, 1.0, 0.9, true))
            .into_iter()
            .chain([covered(0.0, 9.0, 0.5)])
            .collect(),
    );
    let page = report.text(Form::Html);
    assert!(!page.contains("<script") && !page.contains("href=\"javascript") && !page.contains("\" onclick"));
    assert_eq!(
        (page.matches("</style>").count(), page.matches("<a rel").count(), page.matches("<a ").count()),
        (1, 1, 4)
    );
    let body = page.split_once("</style>").unwrap().1;
    assert_eq!(body.matches('<').count(), body.matches('>').count());
    let sheet = report.text(Form::Csv);
    let mut reader = csv::Reader::from_reader(sheet.as_bytes());
    let cues: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(cues.len(), 3);
    assert!(cues.iter().flatten().all(|field| !field.starts_with(['=', '+', '-', '@'])));
    assert_eq!(&cues[0][6], &format!("'{HOSTILE}"));
}

#[test]
fn the_cue_sheet_has_a_line_for_each_passage_in_the_order_of_the_project() {
    let sheet = full().text(Form::Csv);
    let mut reader = csv::Reader::from_reader(sheet.as_bytes());
    assert_eq!(&reader.headers().unwrap()[1], "time in");
    let cues: Vec<_> =
        reader.records().map(|cue| cue.unwrap()).map(|cue| (cue[1].to_owned(), cue[6].to_owned())).collect();
    let times: Vec<_> = cues.iter().map(|(time, title)| (time.as_str(), title.as_str())).collect();
    assert_eq!(
        times,
        [("0:12", "Night Bus"), ("1:40", "Regen"), ("3:20", "Regen"), ("5:00", "No"), ("6:40", "Night Bus")]
    );
}

#[test]
fn the_report_of_a_damaged_ledger_says_so_first_and_an_empty_one_says_what_it_is() {
    let mut report = clearance("Song", Vec::new());
    let page = report.text(Form::Html);
    assert!(page.contains("Nothing of the catalogue was recognised in what was checked"));
    assert!(page.contains("does not say how much of what played was checked"));
    assert!(!page.contains("was changed after it was written"));
    report.faults = vec!["line 2: <was changed>".into()];
    let page = report.text(Form::Html);
    let (before, after) = page.split_once("was changed after it was written").unwrap();
    assert!(!before.contains("<h2>") && after.contains("line 2: &lt;was changed&gt;"));
}

#[test]
fn a_project_keeps_the_last_name_that_a_host_gave() {
    let mut told = Told::default();
    for name in ["First", "Second", ""] {
        told.take(Row::now(Project { id: "3f2a".into(), name: name.into() }, covered(0.0, 1.0, 1.0)));
    }
    assert_eq!((told.project.id.as_str(), told.project.name.as_str()), ("3f2a", "Second"));
}

#[test]
fn the_files_are_written_whole_and_the_json_holds_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = full();
    let files = report.write(&folder.path().join("out"), &[Form::Html, Form::Csv, Form::Json]).unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 3);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&files[2]).unwrap()).unwrap();
    assert_eq!(json["works"][1]["passages"][0]["project_time"]["to"], 108.5);
    assert_eq!(json["seal"]["rows"], 10);
}

#[test]
fn what_was_played_anew_is_possible_and_called_so() {
    let anew = |confidence| {
        let Event::Match(mut found) = matched(work(r#"{"id":"regen","owner":"Nightfall"}"#), 10.0, confidence, false)
        else {
            unreachable!("matched makes matches")
        };
        found.likeness = Likeness::Version;
        Event::Match(found)
    };
    let report = clearance("Song", vec![anew(0.6), anew(0.55)]);
    assert!(report.works.is_empty());
    let possible = &report.possible[0];
    assert_eq!((possible.likeness, possible.confidence), (Likeness::Version, 0.6));
    assert_eq!(possible.how_sure, "possibly a version, played anew");
    assert!(possible.to_do.starts_with("It sounds like this music played anew"), "{}", possible.to_do);
    for form in [Form::Html, Form::Csv, Form::Json] {
        assert!(report.text(form).contains("possibly a version, played anew"), "{form:?}");
    }
    let heard = matched(work(r#"{"id":"regen","owner":"Nightfall"}"#), 50.0, 0.7, false);
    let both = clearance("Song", vec![anew(0.6), heard]);
    assert_eq!(both.possible[0].how_sure, "more likely than not", "the recording is heard as well");
    assert!(both.possible[0].to_do.starts_with("Ask Nightfall"));
}
