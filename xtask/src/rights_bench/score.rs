//! What a matcher's reports are worth.
//!
//! A query's answer is its surest report; it is a hit where it names the right track and is surer than the threshold.
//! Music repeats itself, so where in the track it was placed is judged apart from that.

use super::report::{Report, Reports};
use super::statistics::{Share, quantile};
use super::truth::{Kind, Part, Truth};

/// False positives that the first threshold lets through.
const FALSE_SHARE: f64 = 0.01;
/// A report this near an embedded excerpt, in seconds, is about it: half of what a matcher may listen to at once.
const NEAR: f64 = 2.5;
/// False reports of the same track within so many seconds of a stream are one alarm.
const ONE_ALARM: f64 = 30.0;

/// All figures of one matcher that follow from its reports.
pub(super) struct Score {
    /// Hits at 1 % false positives, by family in the order of the truth.
    pub(super) families: Vec<(String, Share)>,
    /// The same by what was done.
    pub(super) labels: Vec<(String, Share)>,
    /// Hits at 1 % false positives.
    pub(super) all: Share,
    /// Hits surer than the surest negative.
    pub(super) above_best: Share,
    pub(super) own: Own,
    /// How far off hits were placed, in seconds of the track.
    pub(super) offsets: Vec<f64>,
    pub(super) streams: Streams,
    pub(super) calibration: Calibration,
}

/// What the matcher's own decision shows to a user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// Positives whose surest shown report is right.
    pub(super) hits: Share,
    /// Negatives with anything shown.
    pub(super) falses: Share,
    /// Positives with any wrong track shown.
    pub(super) wrong: Share,
}

/// What a matcher makes of streams.
pub(super) struct Streams {
    /// Excerpts found when no false report in the sessions with excerpts is as sure.
    pub(super) recall: Share,
    /// Seconds from an excerpt's beginning to its first report at that threshold.
    pub(super) first: Vec<f64>,
    /// Excerpts that the matcher's own decision shows.
    pub(super) own: Share,
    /// Seconds from an excerpt's beginning to the first report that is shown.
    pub(super) own_first: Vec<f64>,
    /// False reports shown in all streams.
    pub(super) alarms: usize,
    /// Hours of all streams in which nothing should be found.
    pub(super) hours: f64,
}

/// Whether the matcher knows how sure it may be.
pub(super) struct Calibration {
    /// Mean distance of confidence and truth over ten bins.
    pub(super) error: f64,
    /// Right answers among those surer than 0.9.
    pub(super) sure: Share,
}

/// Scores `reports` of the files that `truths` tells about.
pub(super) fn score(truths: &[Truth], reports: &Reports) -> Score {
    let answers: Vec<Answer> = truths.iter().filter_map(|truth| Answer::new(truth, reports)).collect();
    let (positives, negatives): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.truth.kind == Kind::Positive);
    let mut falses: Vec<f64> = negatives.iter().map(|answer| answer.confidence()).collect();
    falses.sort_by(|a, b| b.total_cmp(a));
    let let_through = (FALSE_SHARE * falses.len() as f64) as usize;
    let [threshold, best] = [let_through, 0].map(|place| falses.get(place).copied().unwrap_or(NOTHING));
    let hits = |answers: &[&Answer], threshold| Share::count(answers.iter().map(|answer| answer.hit(threshold)));
    let shares = |key: fn(&Truth) -> String| {
        groups(&positives, key).into_iter().map(|(name, group)| (name, hits(&group, threshold))).collect()
    };
    Score {
        families: shares(|truth| truth.family.clone()),
        labels: shares(|truth| format!("{}: {}", truth.family, truth.label)),
        all: hits(&positives, threshold),
        above_best: hits(&positives, best),
        own: own(&positives, &negatives),
        offsets: positives.iter().filter(|answer| answer.hit(threshold)).filter_map(|answer| answer.offset()).collect(),
        streams: streams(truths, reports),
        calibration: calibration(&answers),
    }
}

/// The confidence of a file without a report.
const NOTHING: f64 = -1.0;

/// A query with what the matcher said to it.
struct Answer<'a> {
    truth: &'a Truth,
    /// The surest first.
    reports: &'a [Report],
}

impl<'a> Answer<'a> {
    /// The answer to a query; a session is none.
    fn new(truth: &'a Truth, reports: &'a Reports) -> Option<Self> {
        (truth.kind != Kind::Session).then(|| Self { truth, reports: reports.of(truth.name()) })
    }

    fn confidence(&self) -> f64 {
        self.reports.first().map_or(NOTHING, |report| report.confidence)
    }

    fn is_right(&self, report: &Report) -> bool {
        self.truth.track.is_some() && report.track == self.truth.track
    }

    fn hit(&self, threshold: f64) -> bool {
        self.reports.first().is_some_and(|report| report.confidence > threshold && self.is_right(report))
    }

    fn offset(&self) -> Option<f64> {
        let report = self.reports.first()?;
        let errors = self.truth.parts.iter().map(|part| part.error(report.query_t, report.ref_t));
        errors.min_by(f64::total_cmp)
    }

    fn shown(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().filter(|report| report.reported)
    }
}

/// Answers by a key, in the order in which the keys come first.
fn groups<'a>(answers: &[&'a Answer<'a>], key: fn(&Truth) -> String) -> Vec<(String, Vec<&'a Answer<'a>>)> {
    let mut groups: Vec<(String, Vec<&Answer>)> = Vec::new();
    for answer in answers {
        let name = key(answer.truth);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, group)) => group.push(answer),
            None => groups.push((name, vec![answer])),
        }
    }
    groups
}

fn own(positives: &[&Answer], negatives: &[&Answer]) -> Own {
    let right = |answer: &&Answer| answer.shown().next().is_some_and(|report| answer.is_right(report));
    Own {
        hits: Share::count(positives.iter().map(right)),
        falses: Share::count(negatives.iter().map(|answer| answer.shown().next().is_some())),
        wrong: Share::count(positives.iter().map(|answer| answer.shown().any(|report| !answer.is_right(report)))),
    }
}

fn calibration(answers: &[Answer]) -> Calibration {
    const BINS: usize = 10;
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for answer in answers {
        if let Some(report) = answer.reports.first() {
            let bin = &mut bins[((report.confidence * BINS as f64) as usize).min(BINS - 1)];
            *bin = (bin.0 + 1.0, bin.1 + report.confidence, bin.2 + f64::from(u8::from(answer.is_right(report))));
        }
    }
    let count: f64 = bins.iter().map(|bin| bin.0).sum();
    let sure = answers.iter().filter(|answer| answer.confidence() >= 0.9);
    Calibration {
        error: bins.iter().map(|(_, said, right)| (said - right).abs()).sum::<f64>() / count,
        sure: Share::count(sure.map(|answer| answer.hit(NOTHING))),
    }
}

/// Whether a report is about this excerpt and right.
fn tells(report: &Report, part: &Part) -> bool {
    report.track.as_ref() == Some(&part.track) && near(report, part)
}

/// Whether a report is about a time in which this excerpt sounds.
fn near(report: &Report, part: &Part) -> bool {
    (part.t - NEAR..part.t + part.length + NEAR).contains(&report.query_t)
}

fn streams(truths: &[Truth], reports: &Reports) -> Streams {
    let sessions: Vec<(&Truth, &[Report])> = truths
        .iter()
        .filter(|truth| truth.kind == Kind::Session)
        .map(|truth| (truth, reports.of(truth.name())))
        .collect();
    let is_false = |truth: &Truth, report: &Report| !truth.parts.iter().any(|part| tells(report, part));
    let embedded = || sessions.iter().filter(|(truth, _)| !truth.parts.is_empty());
    let threshold = embedded()
        .flat_map(|(truth, reports)| reports.iter().filter(|report| is_false(truth, report)))
        .map(|report| report.confidence)
        .fold(NOTHING, f64::max);
    let first = |accept: &dyn Fn(&Report) -> bool| -> Vec<Option<f64>> {
        let delay = |part: &Part, reports: &[Report]| {
            let found = reports.iter().filter(|report| tells(report, part) && accept(report));
            found.map(|report| report.detected_at - part.t).min_by(f64::total_cmp)
        };
        embedded().flat_map(|(truth, reports)| truth.parts.iter().map(move |part| delay(part, reports))).collect()
    };
    let (at_zero, own) = (first(&|report| report.confidence > threshold), first(&|report| report.reported));
    let covered: f64 = sessions.iter().flat_map(|(truth, _)| &truth.parts).map(|part| part.length).sum();
    Streams {
        recall: Share::count(at_zero.iter().map(Option::is_some)),
        first: at_zero.into_iter().flatten().collect(),
        own: Share::count(own.iter().map(Option::is_some)),
        own_first: own.into_iter().flatten().collect(),
        alarms: sessions
            .iter()
            .map(|(truth, reports)| alarms(reports.iter().filter(|report| report.reported && is_false(truth, report))))
            .sum(),
        hours: (sessions.iter().map(|(truth, _)| truth.length).sum::<f64>() - covered) / 3_600.0,
    }
}

/// How often a user would be disturbed by these reports of one stream.
fn alarms<'a>(reports: impl Iterator<Item = &'a Report>) -> usize {
    let mut times: Vec<(&Option<String>, f64)> = reports.map(|report| (&report.track, report.query_t)).collect();
    times.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
    let again = times.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[1].1 - pair[0].1 < ONE_ALARM).count();
    times.len() - again
}

impl Score {
    /// Hits that were placed within so many seconds.
    pub(super) fn placed_within(&self, seconds: f64) -> Share {
        Share::count(self.offsets.iter().map(|offset| *offset <= seconds))
    }

    /// What is printed, by measure.
    pub(super) fn lines(&self, labels: bool) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut say = |measure: &str, value: String| lines.push((measure.to_owned(), value));
        let listed = self.families.iter().chain(self.labels.iter().filter(|_| labels));
        listed.for_each(|(name, share)| say(name, share.to_string()));
        say("all, 1 % false", self.all.to_string());
        say("all, above the best negative", self.above_best.to_string());
        say("own decision, hits", self.own.hits.to_string());
        say("own decision, false", format!("{} of {}", self.own.falses.hits, self.own.falses.of));
        say("own decision, wrong track", format!("{} of {}", self.own.wrong.hits, self.own.wrong.of));
        say("offset, median", format!("{:.1} ms", 1_000.0 * quantile(&self.offsets, 0.5)));
        say("offset within 100 ms", self.placed_within(0.1).to_string());
        say("offset within 500 ms", self.placed_within(0.5).to_string());
        let times = |times: &[f64]| format!("{:.1} s; {:.1} s", quantile(times, 0.5), quantile(times, 0.9));
        let streams = &self.streams;
        say("sessions, recall at zero false", streams.recall.to_string());
        say("sessions, first report, median; p90", times(&streams.first));
        say("sessions, own decision", streams.own.to_string());
        say("sessions, own first report, median; p90", times(&streams.own_first));
        let rate = streams.alarms as f64 / streams.hours;
        say("false alarms", format!("{} in {:.1} h, {rate:.2} an hour", streams.alarms, streams.hours));
        say("calibration error", format!("{:.3}", self.calibration.error));
        say("precision at 0.9", self.calibration.sure.to_string());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::truth::Half;

    fn truth(file: &str, kind: Kind, track: Option<&str>) -> Truth {
        let part = |track: &str| Part { t: 0.0, length: 5.0, track: track.into(), start: 60.0, rate: 1.1, pitch: 1.1 };
        Truth {
            file: format!("queries/{file}.wav"),
            half: Half::Test,
            kind,
            family: "noise".into(),
            label: "a".into(),
            length: 5.0,
            track: track.map(str::to_owned),
            start: 60.0,
            rate: 1.1,
            pitch: 1.1,
            parts: track.map(part).into_iter().collect(),
            labels: Vec::new(),
        }
    }

    fn report(file: &str, track: &str, confidence: f64, reported: bool) -> Report {
        Report {
            file: format!("/elsewhere/{file}.wav"),
            track: Some(track.into()),
            query_t: 2.0,
            ref_t: 62.25,
            confidence,
            reported,
            detected_at: 3.0,
        }
    }

    /// Four excerpts: one found, one found with less confidence than a negative, one taken for another track, one not
    /// found; and a hundred negatives of which one is surer than half of that.
    fn queries() -> Score {
        let mut truths: Vec<Truth> =
            ["a", "b", "c", "d"].map(|file| truth(file, Kind::Positive, Some("x"))).into_iter().collect();
        truths.extend((0..100).map(|number| truth(&format!("n{number}"), Kind::Negative, None)));
        let reports = [
            report("a", "x", 0.95, true),
            report("a", "y", 0.2, false),
            report("b", "x", 0.3, false),
            report("c", "y", 0.97, true),
            report("n7", "x", 0.5, true),
            report("n8", "y", 0.25, false),
        ];
        score(&truths, &Reports::new(reports))
    }

    #[test]
    fn hits_are_counted_against_the_negatives() {
        let score = queries();
        assert_eq!(score.all, Share { hits: 2, of: 4 }, "the surest of a hundred negatives is let through");
        assert_eq!(score.above_best, Share { hits: 1, of: 4 });
        assert_eq!(score.families, [("noise".to_owned(), Share { hits: 2, of: 4 })]);
    }

    #[test]
    fn the_own_decision_is_judged_by_what_is_shown() {
        let own = queries().own;
        assert_eq!(own.hits, Share { hits: 1, of: 4 });
        assert_eq!(own.falses, Share { hits: 1, of: 100 });
        assert_eq!(own.wrong, Share { hits: 1, of: 4 });
    }

    #[test]
    fn offsets_and_confidence_are_measured_on_the_surest_reports() {
        let score = queries();
        assert!(score.offsets.iter().all(|offset| (offset - 0.05).abs() < 1e-9), "{:?}", score.offsets);
        assert_eq!(score.placed_within(0.1), Share { hits: 2, of: 2 });
        assert_eq!(score.calibration.sure, Share { hits: 1, of: 2 });
        // Bins: 0.95 and 0.97 with one right; 0.3 right; 0.5 and 0.25 wrong.
        let wanted = (0.92 + 0.7 + 0.5 + 0.25) / 5.0;
        assert!((score.calibration.error - wanted).abs() < 1e-9, "{}", score.calibration.error);
    }

    #[test]
    fn a_session_tells_found_excerpts_from_false_alarms() {
        let part =
            |t: f64, track: &str| Part { t, length: 10.0, track: track.into(), start: 0.0, rate: 1.0, pitch: 1.0 };
        let session = Truth {
            kind: Kind::Session,
            length: 3_620.0,
            parts: vec![part(20.0, "x"), part(60.0, "y")],
            ..truth("s", Kind::Session, None)
        };
        let say = |track: &str, query_t: f64, confidence: f64, reported: bool, detected_at: f64| Report {
            query_t,
            detected_at,
            ..report("s", track, confidence, reported)
        };
        let reports = [
            say("x", 22.0, 0.6, false, 22.5),
            say("x", 24.0, 0.9, true, 25.0),
            say("y", 65.0, 0.5, false, 66.0),
            say("y", 24.0, 0.4, false, 25.0),   // The wrong one of the two.
            say("x", 200.0, 0.55, true, 201.0), // Long after.
            say("x", 210.0, 0.52, true, 211.0), // The same alarm.
        ];
        let streams = score(&[session], &Reports::new(reports)).streams;
        assert_eq!(streams.recall, Share { hits: 1, of: 2 });
        assert_eq!(streams.first, [2.5]);
        assert_eq!(streams.own, Share { hits: 1, of: 2 });
        assert_eq!(streams.own_first, [5.0]);
        assert_eq!(streams.alarms, 1);
        assert!((streams.hours - 1.0).abs() < 1e-9);
    }
}
