//! One stream, matched against the index as it comes: peaks are asked for, hypotheses elected, verified and followed.

use std::ops::Range;

use super::alignment::{Evidence, Verifier};
use super::analyser::Frame;
use super::asking::Asking;
use super::axis::TICKS_PER_FRAME;
use super::fitting::Fitter;
use super::history::History;
use super::index::Index;
use super::pairs::{self, Pair};
use super::peaks::{Density, Peak, Picker};
use super::spectrum::Relief;
use super::votes::{Candidate, ELECTED, Hypothesis, Votes};

/// Frames between two looks at the best leads (0.13 s), and between two rounds: elections, and looks at all others (0.26 s).
const LOOK: usize = 8;
const ROUND: usize = 2 * LOOK;
/// Pairs that a peak is asked for: at most, and at least, however large the index is.
const FAN: (f32, f32) = (20.0, 3.0);
/// Searches and hits that a round may take.
const BUDGET: f32 = 100_000.0;
/// Hypotheses that are followed at a time.
const FOLLOWED: usize = 24;
/// Score below which a hypothesis is not followed.
const LEAST_SCORE: f32 = 3.5;
/// Score from which a hypothesis is where it should be.
const SETTLED: f32 = 12.0;
/// Leads that are reviewed at every look, and refined however right they are: the best.
const LEADING: usize = 4;
/// What each frame does besides: as much as reviewing so many leads. Trying a hypothesis, in the middle and at the sides, is
/// as much as two.
const EFFORT: usize = 4;
/// Peaks that a frame asks for, and of how many more that wait one: an attack brings as many as half a second.
const ASKED: usize = 2;
const HURRIED: usize = 16;
/// Score from which a hypothesis is right about more than one moment.
const CERTAIN: f32 = 32.0;
/// Frames of a round at which other tempi are tried for a lead, and frames after which they are tried again (1 s).
const RETIMED: [usize; 2] = [6, 12];
const RETIMED_AGAIN: usize = 64;
/// Frames by which more of a track is looked at then: a quarter of [`REFINED`].
const SLACK: usize = REFINED / 4;
/// Reviews for which a hypothesis is followed while nothing speaks for it.
const PATIENCE: u32 = 8;
/// Peaks of the catalogue that a verification takes at most.
const PEAKS: usize = 2_048;
/// Peaks of the stream that may wait for their pairs.
const LATEST: usize = 1_024;
/// Frames by which hypotheses are refined (4 s) and weighed (8 s).
const REFINED: usize = 256;
const WEIGHED: usize = 512;
/// Hypotheses that lie no farther apart than this lead to the same place: ticks (0.1 s) and steps.
const SAME: (f64, f32) = (12.0, 4.0);
/// Rates that differ by less than this are brought to each other by refining.
const SAME_RATE: f64 = 0.015;

/// A hypothesis that is followed.
#[derive(Clone, Debug)]
pub struct Lead {
    /// Where it leads.
    pub hypothesis: Hypothesis,
    /// The ticks of its track on the index's timeline.
    pub track: Range<u32>,
    /// What speaks for it now.
    pub evidence: Evidence,
    /// A number of its own.
    pub serial: u64,
    channel: usize,
    stale: u32,
    /// The frame at which it was weighed.
    weighed: usize,
    /// The frame up to which other tempi were tried.
    retimed: usize,
}

/// What is heard on the middle or at the sides.
struct Channel {
    history: History,
    picker: Picker,
    latest: Vec<Peak>,
    /// How many of the latest were not asked for yet.
    waiting: usize,
}

/// Matches a stream. Bounded memory, no allocation after it is made; one per stream, on one thread.
pub struct Matcher {
    channels: [Channel; 2],
    asking: Asking,
    votes: Votes,
    fitter: Fitter,
    verifier: Verifier,
    leads: Vec<Lead>,
    /// Who was elected and is not tried yet, the best last.
    elected: Vec<(u32, Candidate)>,
    peaks: Vec<Peak>,
    frames: usize,
    serial: u64,
    fan: f32,
}

impl Default for Matcher {
    fn default() -> Self {
        let channel = || Channel {
            history: History::default(),
            picker: Picker::new(Density::QUERY),
            latest: Vec::with_capacity(LATEST),
            waiting: 0,
        };
        let asking = Asking::default();
        Self {
            channels: [channel(), channel()],
            votes: Votes::new(asking.are_changes()),
            asking,
            fitter: Fitter::default(),
            verifier: Verifier::default(),
            leads: Vec::with_capacity(FOLLOWED + ELECTED),
            elected: Vec::with_capacity(ELECTED),
            peaks: Vec::with_capacity(PEAKS),
            frames: 0,
            serial: 0,
            fan: FAN.0,
        }
    }
}

impl Matcher {
    /// Takes the next frame. Returns whether the best leads were looked at.
    pub fn push(&mut self, frame: &Frame<'_>, index: &mut Index) -> bool {
        self.frames += 1;
        let now = self.frames as u32 * TICKS_PER_FRAME;
        for (channel, relief) in self.channels.iter_mut().zip([frame.middle, frame.side]) {
            channel.push(relief, now);
        }
        let waiting: usize = self.channels.iter().map(|channel| channel.waiting).sum();
        self.ask(ASKED + waiting / HURRIED, index);
        self.votes.tick(now);
        if self.frames.is_multiple_of(ROUND) {
            self.keep_to_budget();
            self.elect();
        }
        self.work_off(index);
        if RETIMED.contains(&(self.frames % ROUND)) {
            self.retime(index);
        }
        let look = self.frames.is_multiple_of(LOOK);
        if look {
            self.look(index);
        }
        look
    }

    /// Looks once more, at the end of a stream.
    pub fn finish(&mut self, index: &mut Index) {
        self.ask(usize::MAX, index);
        while self.try_next(index) {}
        self.elect();
        while self.try_next(index) {}
        (0..self.leads.len()).for_each(|lead| self.review(lead, index));
        RETIMED.iter().for_each(|_| self.retime(index));
        self.look(index);
    }

    /// The hypotheses that are followed.
    #[must_use]
    pub fn leads(&self) -> &[Lead] {
        &self.leads
    }

    /// Frames so far.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Forgets all that was heard in another index.
    pub fn forget(&mut self) {
        self.leads.clear();
        self.elected.clear();
        self.votes.clear();
    }

    /// Asks for fewer pairs where the last ones took too much: a large index has more votes to give for each.
    fn keep_to_budget(&mut self) {
        let spent = self.asking.take_spent() as f32;
        let wanted = if spent > 0.0 { self.fan * BUDGET / spent } else { FAN.0 };
        self.fan = (0.75 * self.fan + 0.25 * wanted.min(FAN.0)).max(FAN.1);
    }

    /// Asks for the pairs of so many of the peaks that wait.
    fn ask(&mut self, mut peaks: usize, index: &mut Index) {
        for channel in &mut self.channels {
            while peaks > 0 && channel.waiting > 0 {
                let second = channel.latest.len() - channel.waiting;
                let ask = |pair: &Pair| self.asking.ask(pair, &mut self.votes, index);
                pairs::to_peak(&channel.latest, second, self.fan as usize, ask);
                channel.waiting -= 1;
                peaks -= 1;
            }
        }
    }

    /// Elects hypotheses, to be tried in the frames that follow.
    fn elect(&mut self) {
        self.votes.elect(&mut self.elected);
        self.elected.reverse();
    }

    /// Puts the best leads first, drops those that have nothing to say, and brings the best up to now.
    fn look(&mut self, index: &mut Index) {
        self.leads.retain(|lead| lead.stale < PATIENCE);
        self.leads.sort_unstable_by(|a, b| b.evidence.score.total_cmp(&a.evidence.score));
        self.drop_doubles();
        self.leads.truncate(FOLLOWED);
        (0..LEADING.min(self.leads.len())).for_each(|lead| self.review(lead, index));
    }

    /// Does some of what a round has to do, so that no frame takes long: hypotheses first, they are new, then the leads that
    /// have waited longest.
    fn work_off(&mut self, index: &mut Index) {
        let mut effort = 0;
        while effort < EFFORT {
            if self.try_next(index) {
                effort += 2;
                continue;
            }
            let waits = |lead: &usize| self.leads[*lead].weighed + ROUND <= self.frames;
            let due = (0..self.leads.len()).filter(waits).min_by_key(|lead| self.leads[*lead].weighed);
            let Some(due) = due else { return };
            self.review(due, index);
            effort += 1;
        }
    }

    /// Weighs a lead as it is now, and moves it if it is not where it should be.
    fn review(&mut self, lead: usize, index: &mut Index) {
        let Lead { mut hypothesis, evidence, channel, .. } = self.leads[lead].clone();
        if lead < LEADING || evidence.score < SETTLED {
            hypothesis = self.refine(hypothesis, channel, index);
        }
        let evidence = self.weigh(&hypothesis, channel, index);
        let lead = &mut self.leads[lead];
        lead.stale = if evidence.score < LEAST_SCORE { lead.stale + 1 } else { 0 };
        (lead.hypothesis, lead.evidence, lead.weighed) = (hypothesis, evidence, self.frames);
    }

    /// Tries the next elected hypothesis out. Returns whether there was one.
    fn try_next(&mut self, index: &mut Index) -> bool {
        let next = self.elected.pop().map(|(_, candidate)| self.asking.hypothesis(&candidate));
        next.map(|hypothesis| self.try_out(hypothesis, index)).is_some()
    }

    /// Tries other tempi for the best of the leads that may owe their score to one moment at which they are right: what was
    /// changed in tempo and pitch at once has no votes of its own.
    fn retime(&mut self, index: &mut Index) {
        let waits = |lead: &usize| {
            let Lead { evidence, retimed, .. } = &self.leads[*lead];
            (LEAST_SCORE..CERTAIN).contains(&evidence.score) && retimed + RETIMED_AGAIN <= self.frames
        };
        let score = |lead: &usize| self.leads[*lead].evidence.score;
        let best = (0..self.leads.len()).filter(waits).max_by(|a, b| score(a).total_cmp(&score(b)));
        let Some(best) = best else { return };
        self.leads[best].retimed = self.frames;
        let Lead { hypothesis, channel, .. } = self.leads[best].clone();
        let frames = self.frames.saturating_sub(REFINED)..self.frames;
        // A slower stream begins earlier in the track and ends later.
        fetch(&hypothesis, &(frames.start.saturating_sub(SLACK)..frames.end + SLACK), index, &mut self.peaks);
        let retimed = self.fitter.retime(&self.channels[channel].history, &self.peaks, hypothesis, &frames);
        let retimed = self.refine(retimed, channel, index);
        let evidence = self.weigh(&retimed, channel, index);
        if evidence.score > self.leads[best].evidence.score {
            let lead = &mut self.leads[best];
            (lead.hypothesis, lead.evidence, lead.weighed) = (retimed, evidence, self.frames);
        }
    }

    /// Follows an elected hypothesis if something speaks for it, where most does: in the middle or at the sides. A lead to
    /// the same place at another rate is given up for it if less speaks for that.
    fn try_out(&mut self, hypothesis: Hypothesis, index: &mut Index) {
        let is_known = |lead: usize| {
            let Lead { hypothesis: other, evidence, .. } = &self.leads[lead];
            (other.rate / hypothesis.rate - 1.0).abs() < SAME_RATE || evidence.score >= SETTLED
        };
        if self.followed(&hypothesis).is_some_and(is_known) {
            return;
        }
        let Some((hypothesis, evidence, channel)) = self.best_channel(hypothesis, index) else { return };
        let place = hypothesis.place(self.recently()).max(0.0) as u32;
        if evidence.score < LEAST_SCORE {
            return;
        }
        let weighed = self.frames;
        if let Some(lead) = self.followed(&hypothesis) {
            let lead = &mut self.leads[lead];
            if lead.evidence.score < evidence.score {
                *lead = Lead { hypothesis, evidence, channel, weighed, ..lead.clone() };
            }
        } else if let Some((_, track)) = index.track_at(place) {
            self.serial += 1;
            let serial = self.serial;
            self.leads.push(Lead { hypothesis, track, evidence, serial, channel, stale: 0, weighed, retimed: 0 });
        }
    }

    /// The channel that speaks most for a hypothesis, with the hypothesis as it is best there.
    fn best_channel(&mut self, hypothesis: Hypothesis, index: &mut Index) -> Option<(Hypothesis, Evidence, usize)> {
        let mut best: Option<(Hypothesis, Evidence, usize)> = None;
        for channel in 0..self.channels.len() {
            if self.channels[channel].sounds() {
                let refined = self.refine(hypothesis, channel, index);
                let evidence = self.weigh(&refined, channel, index);
                if best.is_none_or(|(_, best, _)| best.score < evidence.score) {
                    best = Some((refined, evidence, channel));
                }
            }
        }
        best
    }

    /// The lead to the same place.
    fn followed(&self, hypothesis: &Hypothesis) -> Option<usize> {
        self.leads.iter().position(|lead| self.same(&lead.hypothesis, hypothesis))
    }

    fn same(&self, a: &Hypothesis, b: &Hypothesis) -> bool {
        let tick = self.recently();
        (a.place(tick) - b.place(tick)).abs() < SAME.0 && (a.shift - b.shift).abs() < SAME.1
    }

    /// Of leads that have come to the same place the best stays: the first.
    fn drop_doubles(&mut self) {
        let mut kept = 0;
        for lead in 0..self.leads.len() {
            let (others, own) = (&self.leads[..kept], &self.leads[lead].hypothesis);
            if !others.iter().any(|other| self.same(&other.hypothesis, own)) {
                self.leads.swap(kept, lead);
                kept += 1;
            }
        }
        self.leads.truncate(kept);
    }

    /// A tick one second ago, by which hypotheses are compared.
    fn recently(&self) -> f64 {
        self.frames.saturating_sub(64) as f64 * f64::from(TICKS_PER_FRAME)
    }

    fn refine(&mut self, hypothesis: Hypothesis, channel: usize, index: &mut Index) -> Hypothesis {
        let frames = self.frames.saturating_sub(REFINED)..self.frames;
        fetch(&hypothesis, &frames, index, &mut self.peaks);
        self.fitter.refine(&self.channels[channel].history, &self.peaks, hypothesis, &frames)
    }

    fn weigh(&mut self, hypothesis: &Hypothesis, channel: usize, index: &mut Index) -> Evidence {
        let frames = self.frames.saturating_sub(WEIGHED)..self.frames;
        fetch(hypothesis, &frames, index, &mut self.peaks);
        self.verifier.weigh(&self.channels[channel].history, &self.peaks, hypothesis, &frames)
    }
}

impl Channel {
    /// Takes the next frame, and drops peaks from which no pair can begin any more.
    fn push(&mut self, relief: Option<&Relief>, now: u32) {
        self.history.push(relief);
        let before = self.latest.len();
        let latest = &mut self.latest;
        self.picker.push(relief, |peak| {
            if latest.len() < LATEST {
                latest.push(peak);
            }
        });
        self.latest[before..].iter().for_each(|peak| self.history.mark(peak));
        self.waiting += self.latest.len() - before;
        let next = self.latest.get(self.latest.len() - self.waiting).map_or(now, |peak| peak.tick);
        self.latest.retain(|peak| peak.tick + pairs::END_TICKS > next);
    }

    /// Whether it had a peak lately.
    fn sounds(&self) -> bool {
        !self.latest.is_empty()
    }
}

/// Fetches the catalogue's peaks for these frames of the stream, from the track that its last second leads to.
fn fetch(hypothesis: &Hypothesis, frames: &Range<usize>, index: &mut Index, into: &mut Vec<Peak>) {
    let tick = |frame: usize| hypothesis.place(frame as f64 * f64::from(TICKS_PER_FRAME)).max(0.0) as u32;
    into.clear();
    if let Some((_, track)) = index.track_at(tick(frames.end.saturating_sub(64).max(frames.start))) {
        let bound = |tick: u32| tick.clamp(track.start, track.end);
        index.peaks(bound(tick(frames.start))..bound(tick(frames.end)), into);
    }
}

#[cfg(test)]
mod tests;
