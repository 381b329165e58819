//! What the report says in words.

use crate::rights::attribution::Likeness;
use crate::rights::catalogue::{Licence, Policy, Work};
use crate::rights::ledger::{Source, Span};

use super::{Clearance, Unchecked};

/// What a confidence means, with its number beside it.
pub(super) const MEANING: &str = "A confidence is a measured frequency: of a hundred matches reported with 97 %, about \
    97 were right, on recordings that played no part in setting it. It says how sure the recognition is, not how much of \
    a work was used, and not whether a use needs permission.";

/// What the report does not say.
pub(super) const NOT_SAID: [&str; 5] = [
    "It is evidence and no legal statement: it does not say that a use is lawful or unlawful. Clear in doubt with the \
     owner, or ask a lawyer.",
    "It knows the recordings of the index named above and no others. A passage without a match may still be somebody's.",
    "It recognises recordings. A composition that was played anew is told as possible at most, and most are not \
     recognised; nor is a sound that is only alike.",
    "It says nothing of passages that were not checked, and nothing of what was added to the project after the last row \
     of the ledger.",
    "Owners, licences and policies are quoted from the catalogue as it was when the index was built. Nobody has asked the \
     owners whether they still hold.",
];

/// How sure, in words.
#[must_use]
pub fn how_sure(confidence: f64) -> &'static str {
    match confidence {
        0.99.. => "practically certain",
        0.95.. => "very likely",
        0.8.. => "likely",
        0.5.. => "more likely than not",
        _ => "possible, not confirmed",
    }
}

/// What a confidence means: how many of such reports are wrong.
#[must_use]
pub fn odds(confidence: f64) -> String {
    /// Rarer than this, a frequency is not told: nobody has counted it.
    const RAREST: f64 = 10_000.0;
    let reports = 1.0 / (1.0 - confidence).clamp(f64::EPSILON, 1.0);
    if reports >= RAREST {
        return "fewer than 1 in 10000 such reports is wrong".to_owned();
    }
    if reports < 2.0 {
        return "more such reports are wrong than right".to_owned();
    }
    // Rounded down to two digits: never told as surer than it is.
    let digit = 10.0_f64.powf((reports.log10().floor() - 1.0).max(0.0));
    format!("about 1 in {:.0} such reports is wrong", ((reports + 1e-6) / digit).floor() * digit)
}

/// The same of what may be no recording but resemble one.
#[must_use]
pub fn judged(confidence: f64, likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Recording => how_sure(confidence),
        Likeness::Version => "possibly a version, played anew",
        Likeness::Similar => "only similar",
    }
}

/// What comes before what is to be done where it is not the recording that is heard.
pub(super) const PLAYED_ANEW: &str = "It sounds like this music played anew, not like this recording. Compare both by ear; if \
    it is, the composition needs clearing, and not the recording. ";

/// A share as a percentage that never says more than is true.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", (share.clamp(0.0, 1.0) * 100.0 + 1e-6).floor())
}

/// What the producer is asked to do.
#[must_use]
pub fn to_do(work: &Work, policy: Policy) -> String {
    let owner = if work.owner.is_empty() { "the owner" } else { &work.owner };
    let at = if work.contact.is_empty() { String::new() } else { format!(" ({})", work.contact) };
    let mut text = match policy {
        Policy::Allow => "Nothing is asked for.".to_owned(),
        Policy::Attribute => {
            format!("Name the author wherever the music is published, with the words: {}", sentence(credit(work)))
        }
        Policy::Ask => format!("Ask {owner}{at} for a licence before release."),
        Policy::Deny => {
            format!("Do not release it with this material: {owner}{at} does not permit its use. Take it out.")
        }
    };
    if policy < Policy::Deny && work.licence.as_ref().is_some_and(Licence::is_share_alike) {
        text.push_str(" The licence also wants what is made of the work to be shared under the same terms.");
    }
    if policy == Policy::Ask && work.policy() < Policy::Ask {
        text.push_str(" On the day of use the licence was not in force.");
    }
    text
}

/// A text that ends as a sentence does.
fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// How the author is to be named.
#[must_use]
pub fn credit(work: &Work) -> String {
    if !work.attribution.is_empty() {
        return work.attribution.clone();
    }
    let by = if work.artists.is_empty() { &work.owner } else { &work.artists.join(", ") };
    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
    let licence = work.licence.as_ref().map(|licence| format!(", {licence}")).unwrap_or_default();
    format!("{}{by}{licence}", title(work))
}

/// What a work is called.
#[must_use]
pub fn title(work: &Work) -> &str {
    if work.title.is_empty() { &work.id } else { &work.title }
}

/// `4:07`, `1:04:07`.
#[must_use]
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 1e9) as u64;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `4:07–4:19`; the end is rounded up, so that no passage has no length.
#[must_use]
pub fn span(span: Span) -> String {
    format!("{}\u{2013}{}", clock(span.from), clock(span.to.ceil()))
}

/// Where the sound came from.
#[must_use]
pub fn source(source: Source) -> &'static str {
    match source {
        Source::Sidechain => "sidechain",
        Source::Output => "own output",
        Source::File => "file",
        Source::Input => "sound input",
    }
}

/// What was done to the work: `as recorded`, `3.0 % faster, 0.5 semitones up`.
#[must_use]
pub fn transform(rate: f64, pitch: f64) -> String {
    /// Smaller changes nobody makes on purpose.
    const RATE: f64 = 0.002;
    /// An ear hears no less.
    const SEMITONES: f64 = 0.05;
    let mut parts = Vec::new();
    let semitones = 12.0 * pitch.max(1e-6).log2();
    if (rate - 1.0).abs() >= RATE {
        parts.push(format!("{:.1} % {}", 100.0 * (rate - 1.0).abs(), if rate > 1.0 { "faster" } else { "slower" }));
    }
    if semitones.abs() >= SEMITONES {
        parts.push(format!("{:.1} semitones {}", semitones.abs(), if semitones > 0.0 { "up" } else { "down" }));
    }
    if parts.is_empty() { "as recorded".to_owned() } else { parts.join(", ") }
}

/// How much of what played was checked.
pub(super) fn coverage(clearance: &Clearance) -> String {
    let Some(played) = clearance.played else {
        return "The ledger does not say how much of what played was checked.".to_owned();
    };
    let share = percent(clearance.checked / played);
    if clearance.unchecked.is_empty() {
        return format!("Checked {share} of the {} that played.", clock(played.round()));
    }
    let gaps: Vec<String> = clearance.unchecked.iter().map(gap).collect();
    format!("Checked {share} of the {} that played; not checked: {}.", clock(played.round()), gaps.join(", "))
}

/// `12:01–12:09 (sidechain, 40 % checked: the machine was busy)`.
fn gap(gap: &Unchecked) -> String {
    let partly = if gap.checked > 0.0 { format!(", {} checked", percent(gap.checked)) } else { String::new() };
    let reason = if gap.reason.is_empty() { String::new() } else { format!(": {}", gap.reason) };
    format!("{} ({}{partly}{reason})", span(gap.project_time), source(gap.source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_is_told_as_a_producer_would_and_what_nobody_did_is_not() {
        assert_eq!(transform(1.0, 1.0), "as recorded");
        assert_eq!(transform(1.001, 1.001), "as recorded");
        assert_eq!(transform(1.06, 1.06), "6.0 % faster, 1.0 semitones up");
        assert_eq!(transform(0.8, 1.0), "20.0 % slower");
        assert_eq!(transform(1.0, 0.5), "12.0 semitones down");
        assert!(transform(0.0, 0.0).contains("slower"));
    }

    #[test]
    fn a_confidence_is_told_as_how_many_such_reports_are_wrong() {
        assert_eq!(odds(0.99), "about 1 in 100 such reports is wrong");
        assert_eq!(odds(0.9987), "about 1 in 760 such reports is wrong");
        assert_eq!(odds(0.6), "about 1 in 2 such reports is wrong");
        assert_eq!(odds(0.3), "more such reports are wrong than right");
        for sure in [0.99991, 1.0, 2.0] {
            assert_eq!(odds(sure), "fewer than 1 in 10000 such reports is wrong");
        }
    }

    #[test]
    fn a_share_is_never_told_as_more_than_it_is() {
        assert_eq!(
            (percent(0.9999), percent(1.0), percent(0.93), percent(2.0)),
            ("99\u{a0}%".into(), "100\u{a0}%".into(), "93\u{a0}%".into(), "100\u{a0}%".into())
        );
    }

    #[test]
    fn times_are_told_as_a_transport_shows_them() {
        assert_eq!((clock(0.0), clock(247.9), clock(3_847.0)), ("0:00".into(), "4:07".into(), "1:04:07".into()));
        assert_eq!(span(Span { from: 59.2, to: 59.6 }), "0:59\u{2013}1:00");
        assert_eq!(clock(f64::NAN), "0:00");
    }

    #[test]
    fn what_to_do_names_owner_address_and_the_credit_that_is_wanted() {
        let work = |json: &str| serde_json::from_str::<Work>(json).unwrap();
        let named = work(
            r#"{"id":"a","title":"Regen","artists":["Mo"],"owner":"Nightfall","licence":"CC-BY-SA-4.0","contact":"sync@n.example"}"#,
        );
        let text = to_do(&named, Policy::Attribute);
        assert!(text.contains("words: Regen by Mo, CC-BY-SA-4.0. The") && text.contains("same terms"), "{text}");
        let text = to_do(&named, Policy::Ask);
        assert!(text.contains("Ask Nightfall (sync@n.example)") && text.contains("not in force"), "{text}");
        assert_eq!(to_do(&work(r#"{"id":"a"}"#), Policy::Ask), "Ask the owner for a licence before release.");
        assert!(to_do(&named, Policy::Deny).starts_with("Do not release"));
        assert_eq!(credit(&work(r#"{"id":"a","attribution":"As I say"}"#)), "As I say");
    }
}
