//! A stream and its matches: what the plugin's listener and the companion feed, and what they hear of it.

use std::ops::Range;

use super::alignment::Evidence;
use super::analyser::Analyser;
use super::axis::{STEPS_PER_OCTAVE, TICKS_PER_FRAME, TICKS_PER_SECOND, seconds};
use super::decision::{self, POSSIBLE, SHOWN};
use super::index::Index;
use super::matcher::{Lead, Matcher};

/// Confidences at which a match that is shown is told again.
const LEVELS: [f64; 3] = [SHOWN, 0.999_9, 0.999_99];
/// A match that goes on is told again after so many seconds.
const AGAIN: f64 = 5.0;
/// Matches that are kept at a time.
const MATCHES: usize = 32;

/// A recording that was recognised, or may have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Where the track begins on the index's timeline: [`Index::track_at`] names it.
    pub track: u32,
    /// The stretch of the stream that matches, in seconds.
    pub heard: Range<f64>,
    /// The stretch of the track, in seconds.
    pub place: Range<f64>,
    /// Seconds of the track per second of the stream: 1 is unchanged tempo.
    pub rate: f64,
    /// Frequency of the stream per frequency of the track: 1 is unchanged pitch.
    pub pitch: f64,
    /// 0..1: of the matches with confidence `c`, a share `c` is right.
    pub confidence: f64,
    /// What speaks for it.
    pub evidence: Evidence,
    /// Time in the stream at which this could first be said, in seconds.
    pub at: f64,
    /// Tracks that match the same stretch about as well: any of them may be the one.
    pub rivals: Vec<u32>,
}

impl Match {
    /// Whether it is sure enough to be shown as a match.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.confidence >= SHOWN
    }

    /// Whether it is sure enough to be listed as possible.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.confidence >= POSSIBLE
    }
}

/// What a guard tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Tidings {
    /// A match has become sure, surer, or goes on.
    Heard(Match),
    /// A match is over: all that is known of it.
    Ended(Match),
}

/// A match in the making.
struct Running {
    serial: u64,
    best: Match,
    /// How many of [`LEVELS`] were told.
    told: usize,
    told_at: f64,
}

/// Listens to one stereo stream. Bounded memory; allocates only where a match begins or is told. Owned by one thread.
pub struct Guard {
    analyser: Analyser,
    matcher: Matcher,
    running: Vec<Running>,
    digest: String,
}

impl Guard {
    /// For a stream of `rate` samples per second; `None` for rates outside [`RATES`](super::analyser::RATES).
    #[must_use]
    pub fn new(rate: u32) -> Option<Self> {
        Some(Self {
            analyser: Analyser::new(rate)?,
            matcher: Matcher::default(),
            running: Vec::with_capacity(MATCHES),
            digest: String::new(),
        })
    }

    /// Takes the next frames; calls `tell` with what is new.
    pub fn feed(
        &mut self,
        frames: impl IntoIterator<Item = [f32; 2]>,
        index: &mut Index,
        mut tell: impl FnMut(Tidings),
    ) {
        self.follow(index, &mut tell);
        let Self { analyser, matcher, running, .. } = self;
        analyser.feed(frames, |frame| {
            if matcher.push(&frame, index) {
                look(matcher, running, &mut tell);
            }
        });
    }

    /// Ends the stream: all matches are told as ended, the weak ones too.
    pub fn finish(&mut self, index: &mut Index, mut tell: impl FnMut(Tidings)) {
        let Self { analyser, matcher, running, .. } = self;
        analyser.finish(|frame| {
            if matcher.push(&frame, index) {
                look(matcher, running, &mut tell);
            }
        });
        running.drain(..).for_each(|over| tell(Tidings::Ended(over.best)));
    }

    /// Time in the stream, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        now(&self.matcher)
    }

    /// Places on the timeline of one index mean nothing on another's.
    fn follow(&mut self, index: &Index, tell: &mut impl FnMut(Tidings)) {
        if self.digest != index.digest() {
            index.digest().clone_into(&mut self.digest);
            self.matcher.forget();
            self.running.drain(..).for_each(|over| tell(Tidings::Ended(over.best)));
        }
    }
}

fn now(matcher: &Matcher) -> f64 {
    seconds(matcher.frames() as f64 * f64::from(TICKS_PER_FRAME))
}

/// Brings the matches up to the leads.
fn look(matcher: &Matcher, running: &mut Vec<Running>, tell: &mut impl FnMut(Tidings)) {
    let at = now(matcher);
    let leads = matcher.leads();
    for lead in leads {
        update(lead, leads, running, at);
    }
    // Music repeats itself: of the places of one track that match at a time, the best is told.
    let is_best = |one: &Running, running: &[Running]| {
        let better = |other: &&Running| other.best.confidence > one.best.confidence;
        let same = |other: &&Running| other.best.track == one.best.track && other.best.heard.end > one.best.heard.start;
        !running.iter().filter(better).any(|other| same(&other))
    };
    let mut number = 0;
    while let Some(one) = running.get(number) {
        if leads.iter().any(|lead| lead.serial == one.serial) {
            number += 1;
            continue;
        }
        let was_best = is_best(one, running);
        let over = running.remove(number);
        if was_best {
            tell(Tidings::Ended(over.best));
        }
    }
    for number in 0..running.len() {
        let one = &running[number];
        let reached = LEVELS.iter().filter(|&&level| one.best.confidence >= level).count();
        let goes_on = reached > 0 && one.best.heard.end > one.told_at + AGAIN;
        if (reached > one.told || goes_on) && is_best(one, running) {
            let one = &mut running[number];
            (one.told, one.told_at) = (reached, one.best.heard.end);
            tell(Tidings::Heard(one.best.clone()));
        }
    }
}

fn update(lead: &Lead, leads: &[Lead], running: &mut Vec<Running>, at: f64) {
    let new = to_match(lead, leads, at);
    let Some(one) = running.iter_mut().find(|one| one.serial == lead.serial) else {
        if running.len() < MATCHES {
            running.push(Running { serial: lead.serial, best: new, told: 0, told_at: 0.0 });
        }
        return;
    };
    let best = &mut one.best;
    if new.confidence > best.confidence {
        let (heard, place) = (best.heard.start.min(new.heard.start), best.place.start.min(new.place.start));
        let joined = best.confidence >= POSSIBLE && heard < new.heard.start;
        *best = new;
        if joined {
            (best.heard.start, best.place.start) = (heard, place);
        }
    } else if new.is_possible() && new.heard.end > best.heard.end {
        (best.heard.end, best.place.end) = (new.heard.end, new.place.end);
    }
}

fn to_match(lead: &Lead, leads: &[Lead], at: f64) -> Match {
    let evidence = lead.evidence;
    let stream = |frame: usize| frame as f64 * f64::from(TICKS_PER_FRAME);
    let start = f64::from(lead.track.start);
    let track_seconds = f64::from(lead.track.end - lead.track.start) / f64::from(TICKS_PER_SECOND);
    let place = |frame: usize| seconds(lead.hypothesis.place(stream(frame)) - start).clamp(0.0, track_seconds);
    let confidence = decision::confidence(&evidence);
    let is_rival = |other: &&Lead| {
        other.track != lead.track
            && decision::confidence(&other.evidence) >= SHOWN.min(confidence)
            && (other.hypothesis.rate - lead.hypothesis.rate).abs() < 0.01
            && (other.hypothesis.shift - lead.hypothesis.shift).abs() < 2.0
    };
    let mut rivals: Vec<u32> = leads.iter().filter(is_rival).map(|other| other.track.start).collect();
    rivals.dedup();
    Match {
        track: lead.track.start,
        heard: seconds(stream(evidence.from))..seconds(stream(evidence.to)),
        place: place(evidence.from)..place(evidence.to),
        rate: lead.hypothesis.rate,
        pitch: f64::from(lead.hypothesis.shift / STEPS_PER_OCTAVE as f32).exp2(),
        confidence,
        evidence,
        at,
        rivals,
    }
}
