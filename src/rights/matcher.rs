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

/// Frames between two looks (0.26 s).
const LOOK: usize = 16;
/// Pairs that a peak is asked for: at most, and at least, however large the index is.
const FAN: (f32, f32) = (20.0, 3.0);
/// Searches and hits that a look may take.
const BUDGET: f32 = 100_000.0;
/// Hypotheses that are followed at a time.
const FOLLOWED: usize = 24;
/// Score below which a hypothesis is not followed.
const LEAST_SCORE: f32 = 3.5;
/// Score from which a hypothesis is where it should be.
const SETTLED: f32 = 12.0;
/// Leads that are refined all the same, the best.
const LEADING: usize = 4;
/// Score from which a hypothesis is right about more than one moment.
const CERTAIN: f32 = 32.0;
/// Leads for which other tempi are tried at a look, and frames after which they are tried again (1 s).
const RETIMED: usize = 2;
const RETIMED_AGAIN: usize = 64;
/// Frames by which more of a track is looked at then: a quarter of [`REFINED`].
const SLACK: usize = REFINED / 4;
/// Looks for which a hypothesis is followed while nothing speaks for it.
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
    /// The frame up to which other tempi were tried.
    retimed: usize,
}

/// What is heard on the middle or at the sides.
struct Channel {
    history: History,
    picker: Picker,
    latest: Vec<Peak>,
}

/// Matches a stream. Bounded memory, no allocation after it is made; one per stream, on one thread.
pub struct Matcher {
    channels: [Channel; 2],
    asking: Asking,
    votes: Votes,
    fitter: Fitter,
    verifier: Verifier,
    leads: Vec<Lead>,
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
    /// Takes the next frame. Returns whether the leads were looked at.
    pub fn push(&mut self, frame: &Frame<'_>, index: &mut Index) -> bool {
        self.frames += 1;
        let now = self.frames as u32 * TICKS_PER_FRAME;
        for (channel, relief) in self.channels.iter_mut().zip([frame.middle, frame.side]) {
            channel.push(relief, self.fan as usize, |pair| self.asking.ask(pair, &mut self.votes, index));
            channel.latest.retain(|peak| peak.tick + pairs::END_TICKS > now);
        }
        self.votes.tick(now);
        let look = self.frames.is_multiple_of(LOOK);
        if look {
            self.keep_to_budget();
            self.look(index);
        }
        look
    }

    /// Looks once more, at the end of a stream.
    pub fn finish(&mut self, index: &mut Index) {
        self.look(index);
    }

    /// The hypotheses that are followed, the best first.
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
        self.votes.clear();
    }

    /// Asks for fewer pairs where the last ones took too much: a large index has more votes to give for each.
    fn keep_to_budget(&mut self) {
        let spent = self.asking.take_spent() as f32;
        let wanted = if spent > 0.0 { self.fan * BUDGET / spent } else { FAN.0 };
        self.fan = (0.75 * self.fan + 0.25 * wanted.min(FAN.0)).max(FAN.1);
    }

    fn look(&mut self, index: &mut Index) {
        self.votes.elect(&mut self.elected);
        let mut leads = std::mem::take(&mut self.leads);
        for (rank, lead) in leads.iter_mut().enumerate() {
            if rank < LEADING || lead.evidence.score < SETTLED {
                lead.hypothesis = self.refine(lead.hypothesis, lead.channel, index);
            }
            lead.evidence = self.weigh(&lead.hypothesis, lead.channel, index);
            lead.stale = if lead.evidence.score < LEAST_SCORE { lead.stale + 1 } else { 0 };
        }
        leads.retain(|lead| lead.stale < PATIENCE);
        self.retime(&mut leads, index);
        for elected in 0..self.elected.len() {
            let hypothesis = self.asking.hypothesis(&self.elected[elected].1);
            self.try_out(hypothesis, &mut leads, index);
        }
        leads.sort_unstable_by(|a, b| b.evidence.score.total_cmp(&a.evidence.score));
        self.drop_doubles(&mut leads);
        leads.truncate(FOLLOWED);
        self.leads = leads;
    }

    /// Tries other tempi for the best of the leads that may owe their score to one moment at which they are right: what was
    /// changed in tempo and pitch at once has no votes of its own.
    fn retime(&mut self, leads: &mut [Lead], index: &mut Index) {
        for _ in 0..RETIMED {
            let waits = |lead: &&mut Lead| {
                (LEAST_SCORE..CERTAIN).contains(&lead.evidence.score) && lead.retimed + RETIMED_AGAIN <= self.frames
            };
            let by_score = |a: &&mut Lead, b: &&mut Lead| a.evidence.score.total_cmp(&b.evidence.score);
            let Some(lead) = leads.iter_mut().filter(waits).max_by(by_score) else { return };
            lead.retimed = self.frames;
            let frames = self.frames.saturating_sub(REFINED)..self.frames;
            // A slower stream begins earlier in the track and ends later.
            fetch(&lead.hypothesis, &(frames.start.saturating_sub(SLACK)..frames.end + SLACK), index, &mut self.peaks);
            let history = &self.channels[lead.channel].history;
            let retimed = self.fitter.retime(history, &self.peaks, lead.hypothesis, &frames);
            let retimed = self.refine(retimed, lead.channel, index);
            let evidence = self.weigh(&retimed, lead.channel, index);
            if evidence.score > lead.evidence.score {
                (lead.hypothesis, lead.evidence) = (retimed, evidence);
            }
        }
    }

    /// Follows an elected hypothesis if something speaks for it, where most does: in the middle or at the sides. A lead to
    /// the same place at another rate is given up for it if less speaks for that.
    fn try_out(&mut self, hypothesis: Hypothesis, leads: &mut Vec<Lead>, index: &mut Index) {
        let is_known = |lead: usize, leads: &[Lead]| {
            let by = leads[lead].hypothesis.rate / hypothesis.rate - 1.0;
            by.abs() < SAME_RATE || leads[lead].evidence.score >= SETTLED
        };
        if self.followed(&hypothesis, leads).is_some_and(|lead| is_known(lead, leads)) {
            return;
        }
        let Some((hypothesis, evidence, channel)) = self.best_channel(hypothesis, index) else { return };
        let place = hypothesis.place(self.recently()).max(0.0) as u32;
        if evidence.score < LEAST_SCORE {
            return;
        }
        if let Some(lead) = self.followed(&hypothesis, leads) {
            let lead = &mut leads[lead];
            if lead.evidence.score < evidence.score {
                (lead.hypothesis, lead.evidence, lead.channel) = (hypothesis, evidence, channel);
            }
        } else if let Some((_, track)) = index.track_at(place) {
            self.serial += 1;
            leads.push(Lead { hypothesis, track, evidence, serial: self.serial, channel, stale: 0, retimed: 0 });
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
    fn followed(&self, hypothesis: &Hypothesis, leads: &[Lead]) -> Option<usize> {
        leads.iter().position(|lead| self.same(&lead.hypothesis, hypothesis))
    }

    fn same(&self, a: &Hypothesis, b: &Hypothesis) -> bool {
        let tick = self.recently();
        (a.place(tick) - b.place(tick)).abs() < SAME.0 && (a.shift - b.shift).abs() < SAME.1
    }

    /// Of leads that have come to the same place the best stays.
    fn drop_doubles(&self, leads: &mut Vec<Lead>) {
        let mut kept = 0;
        for lead in 0..leads.len() {
            let is_double = leads[..kept].iter().any(|other| self.same(&other.hypothesis, &leads[lead].hypothesis));
            if !is_double {
                leads.swap(kept, lead);
                kept += 1;
            }
        }
        leads.truncate(kept);
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
    /// Takes the next frame; calls `ask` with the pairs that its peaks end.
    fn push(&mut self, relief: Option<&Relief>, fan: usize, mut ask: impl FnMut(&Pair)) {
        self.history.push(relief);
        let before = self.latest.len();
        let latest = &mut self.latest;
        self.picker.push(relief, |peak| {
            if latest.len() < LATEST {
                latest.push(peak);
            }
        });
        for second in before..self.latest.len() {
            self.history.mark(&self.latest[second]);
            pairs::to_peak(&self.latest, second, fan, &mut ask);
        }
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
