//! The report as a cue sheet: CSV, one line for each passage, for spreadsheets and for those who file cues.

use super::words::{self, clock};
use super::{Clearance, Clearing, Passage};

const HEADER: [&str; 24] = [
    "cue",
    "time in",
    "time out",
    "seconds",
    "source",
    "track id",
    "title",
    "artists",
    "owner",
    "licence",
    "policy",
    "isrc",
    "iswc",
    "ipi",
    "territory",
    "work from",
    "work to",
    "rate",
    "pitch",
    "confidence",
    "how sure",
    "may also be",
    "to do",
    "contact",
];

/// The table, in the order of project time. Works that are only possible stand in it too: `how sure` says so.
pub(super) fn table(clearance: &Clearance) -> String {
    let all = clearance.works.iter().chain(&clearance.possible);
    let mut cues: Vec<_> = all.flat_map(|work| work.passages.iter().map(move |passage| (work, passage))).collect();
    cues.sort_by(|(_, a), (_, b)| a.project_time.from.total_cmp(&b.project_time.from));
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut written = table.write_record(HEADER);
    for (number, (work, passage)) in (1..).zip(cues) {
        written = written.and_then(|()| table.write_record(cue(number, work, passage)));
    }
    written.expect("memory takes everything, and all records have one length");
    let bytes = table.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("made of texts")
}

fn cue(number: usize, clearing: &Clearing, passage: &Passage) -> [String; HEADER.len()] {
    let work = &clearing.work;
    let code = |code: Option<&dyn ToString>| code.map(ToString::to_string).unwrap_or_default();
    let territory: Vec<_> = work.territory.iter().map(|territory| territory.as_str()).collect();
    [
        number.to_string(),
        clock(passage.project_time.from),
        clock(passage.project_time.to.ceil()),
        format!("{:.1}", passage.project_time.seconds()),
        words::source(passage.source).to_owned(),
        plain(&work.id),
        plain(&work.title),
        plain(&work.artists.join("; ")),
        plain(&work.owner),
        code(work.licence.as_ref().map(|licence| licence as &dyn ToString)),
        clearing.policy.to_string(),
        code(work.isrc.as_ref().map(|code| code as &dyn ToString)),
        code(work.iswc.as_ref().map(|code| code as &dyn ToString)),
        code(work.ipi.as_ref().map(|code| code as &dyn ToString)),
        territory.join(" "),
        clock(passage.work_time.from),
        clock(passage.work_time.to.ceil()),
        format!("{:.4}", passage.rate),
        format!("{:.4}", passage.pitch),
        format!("{:.3}", passage.confidence),
        words::judged(passage.confidence, passage.likeness).to_owned(),
        plain(&passage.any_of.join("; ")),
        plain(&clearing.to_do),
        plain(&work.contact),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
