//! A stream and its matches: what the plugin's listener and the companion feed, and what they hear of it.

use std::ops::Range;

use super::alignment::Evidence;
use super::analyser::Analyser;
use super::attribution::{self, Likeness};
use super::axis::{STEPS_PER_OCTAVE, TICKS_PER_FRAME, TICKS_PER_SECOND, seconds};
use super::decision::{self, POSSIBLE, SHOWN};
use super::index::Index;
use super::matcher::{Lead, Matcher};

/// Confidences at which a match that is shown is told again.
const LEVELS: [f64; 2] = [SHOWN, 0.999_9];
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
    /// Whether it is the recording, or only resembles it.
    pub likeness: Likeness,
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

    /// Ends the stream after a last look: all matches are told as ended, the weak ones too.
    pub fn finish(&mut self, index: &mut Index, mut tell: impl FnMut(Tidings)) {
        let Self { analyser, matcher, running, .. } = self;
        analyser.finish(|frame| {
            if matcher.push(&frame, index) {
                look(matcher, running, &mut tell);
            }
        });
        matcher.finish(index);
        look(matcher, running, &mut tell);
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
        let earlier = new.heard.start - best.heard.start;
        let joined = best.confidence >= POSSIBLE && earlier > 0.0;
        *best = new;
        if joined {
            // Where the track was then follows from what is known now, which is more.
            best.heard.start -= earlier;
            best.place.start = (best.place.start - earlier * best.rate).max(0.0);
        }
    } else if new.is_possible() && new.heard.end > best.heard.end {
        (best.heard.end, best.place.end) = (new.heard.end, new.place.end);
    }
}

/// What the evidence speaks for, and how sure it is that it is the recording.
fn judge(evidence: &Evidence) -> (Likeness, f64) {
    let likeness = attribution::likeness(evidence);
    (likeness, decision::confidence(evidence) * likeness.share())
}

fn to_match(lead: &Lead, leads: &[Lead], at: f64) -> Match {
    let evidence = lead.evidence;
    let stream = |frame: usize| frame as f64 * f64::from(TICKS_PER_FRAME);
    let start = f64::from(lead.track.start);
    let track_seconds = f64::from(lead.track.end - lead.track.start) / f64::from(TICKS_PER_SECOND);
    let place = |frame: usize| seconds(lead.hypothesis.place(stream(frame)) - start).clamp(0.0, track_seconds);
    let (likeness, confidence) = judge(&evidence);
    let is_rival = |other: &&Lead| {
        other.track != lead.track
            && judge(&other.evidence).1 >= SHOWN.min(confidence)
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
        likeness,
        confidence,
        evidence,
        at,
        rivals,
    }
}

#[cfg(test)]
mod tests {
    use super::super::axis::{RATE, row_hz};
    use super::super::fingerprint::Fingerprinter;
    use super::super::index::{NewTrack, SegmentBuilder};
    use super::*;
    use crate::dsp::random::hash;

    /// Notes that nobody wrote, twelve a second, each over in half a second.
    fn music(seed: u32, seconds: usize) -> Vec<[f32; 2]> {
        changed(seed, seconds, 1.0, 0.0)
    }

    /// The same at another tempo, and so many rows higher.
    fn changed(seed: u32, seconds: usize, tempo: f32, rows: f32) -> Vec<[f32; 2]> {
        let mut samples = vec![[0.0; 2]; (seconds as f32 / tempo) as usize * RATE as usize];
        for note in 0..12 * seconds as u32 {
            let dice = hash(seed, note);
            let start = ((note * RATE + dice % RATE) as f32 / 12.0 / tempo) as usize;
            let angle = std::f32::consts::TAU * row_hz((dice >> 16) as f32 % 340.0 + rows) / RATE as f32;
            for (age, sample) in samples.iter_mut().skip(start).take(RATE as usize / 2).enumerate() {
                let value = 0.1 * (angle * age as f32).sin() * (-10.0 * age as f32 / RATE as f32).exp();
                *sample = sample.map(|before| before + value);
            }
        }
        samples
    }

    fn index(tracks: &[&[[f32; 2]]]) -> Index {
        let mut builder = SegmentBuilder::new();
        for (number, samples) in tracks.iter().enumerate() {
            let mut fingerprinter = Fingerprinter::new(RATE).unwrap();
            fingerprinter.feed(samples.iter().copied());
            let fingerprint = fingerprinter.finish();
            let id = format!("track {number}");
            builder
                .add_track(&NewTrack {
                    id: &id,
                    about: "",
                    peaks: &fingerprint.peaks,
                    ticks: fingerprint.ticks,
                    digest: [number as u8; 32],
                })
                .unwrap();
        }
        Index::in_memory(vec![builder.finish(0)]).unwrap()
    }

    fn told(frames: &[[f32; 2]], index: &mut Index) -> Vec<Tidings> {
        let (mut guard, mut told) = (Guard::new(RATE).unwrap(), Vec::new());
        guard.feed(frames.iter().copied(), index, |tidings| told.push(tidings));
        guard.finish(index, |tidings| told.push(tidings));
        told
    }

    /// `seconds` of music from `from` on.
    fn cut(music: &[[f32; 2]], from: f32, seconds: f32) -> &[[f32; 2]] {
        let frames = |seconds: f32| (seconds * RATE as f32) as usize;
        &music[frames(from)..frames(from + seconds)]
    }

    #[test]
    fn an_excerpt_that_begins_and_ends_in_other_music_is_told_as_heard_there() {
        let (track, other) = (music(1, 12), music(2, 12));
        let mut index = index(&[&music(3, 12), &track]);
        let stream = [cut(&other, 0.0, 8.0), cut(&track, 5.0, 4.0), cut(&other, 8.0, 3.0)].concat();
        let told = told(&stream, &mut index);
        let first = told.iter().find_map(|tidings| match tidings {
            Tidings::Heard(found) => Some(found),
            Tidings::Ended(_) => None,
        });
        let first = first.expect("it is heard");
        assert!(first.at < 10.5, "{first:?}");
        let shown = |tidings: &&Tidings| matches!(tidings, Tidings::Ended(found) if found.is_shown());
        let Some(Tidings::Ended(last)) = told.iter().find(shown) else { panic!("it ends") };
        for found in [first, last] {
            assert_eq!(index.track_at(found.track).unwrap().0.id, "track 1");
            assert!((found.heard.start - 8.0).abs() < 0.5 && found.heard.end < 12.5, "{found:?}");
            assert!((found.place.start - found.heard.start + 3.0).abs() < 0.05, "{found:?}");
        }
        assert!(last.heard.end > 11.5, "{last:?}");
    }

    #[test]
    fn tempo_and_pitch_may_be_changed_each_on_its_own() {
        let mut index = index(&[&music(3, 12), &music(6, 12)]);
        for (tempo, rows) in [(0.88_f32, 8.0), (1.13, -7.0), (0.9, -9.0), (1.12, 6.5)] {
            let told = told(cut(&changed(6, 12, tempo, rows), 2.0, 5.0), &mut index);
            let ended = |tidings| match tidings {
                Tidings::Ended(found) if found.is_shown() => Some(found),
                _ => None,
            };
            let shown = told.into_iter().find_map(ended);
            let shown = shown.unwrap_or_else(|| panic!("tempo x {tempo} and {rows} rows are not found"));
            assert_eq!(index.track_at(shown.track).unwrap().0.id, "track 1");
            assert!((shown.rate / f64::from(tempo) - 1.0).abs() < 0.01, "{shown:?}");
            assert!((shown.pitch.log2() * 60.0 - f64::from(rows)).abs() < 1.5, "{shown:?}");
        }
    }

    #[test]
    fn a_second_is_enough_and_other_music_is_nobodys() {
        let track = music(4, 12);
        let mut index = index(&[&track]);
        let surest = |told: Vec<Tidings>| {
            let found = told.into_iter().map(|(Tidings::Heard(found) | Tidings::Ended(found))| found);
            found.map(|found| found.confidence).fold(0.0, f64::max)
        };
        assert!(surest(told(cut(&track, 3.3, 1.0), &mut index)) > 0.9);
        assert!(surest(told(&music(5, 6), &mut index)) < POSSIBLE);
    }
}
