//! A stream that is listened to: a guard while it sounds, nothing while it does not.

use std::time::{Duration, Instant};

use super::clock::Clock;
use crate::bridge::{ListenerHalf, Mark, Stream, TAP_FRAMES};
use crate::rights::hearing::{Found, Hearing};
use crate::rights::index::Index;
use crate::rights::ledger::Span;

/// Frames that a turn takes at most, so that all streams come forward alike (0.17 s at 48 kHz). It waits until they are there:
/// each stream goes back to megabytes of its own, which the processor's caches hold for one of many only.
const TURN: usize = 8_192;
/// For so long a turn waits for them.
const WAIT: Duration = Duration::from_millis(250);
/// Frames waiting from which a stream is behind: its next second is left out as a whole and at once, because pieces too short
/// to be recognised help nobody, and a stream that is still behind after it would lose the next one too.
const BEHIND: usize = TAP_FRAMES / 4 * 3;
/// A stream that was silent for so long is over, and its guard is put away.
const REST: Duration = Duration::from_secs(10);
/// Coverage is told at least so often, in seconds of project time.
const COVERAGE: f64 = 30.0;
/// Why sound was not checked.
const BUSY: &str = "the machine was busy";

/// What a watch has to tell.
pub(super) enum News {
    /// A recording is heard, or was heard and is over.
    Heard(Box<Placed>),
    /// A stretch of the project was checked, or was not, for a reason.
    Coverage(Span, Result<(), &'static str>),
}

/// A match, and where it lies in the project.
pub(super) struct Placed {
    pub(super) found: Found,
    /// Its stretches of the project, each with the second of the stream at which it begins.
    pub(super) spans: Vec<(f64, Span)>,
    /// Share of the sound since the stream began to sound that was checked.
    pub(super) coverage: f64,
}

/// One stream of one instance.
pub(super) struct Watch {
    stream: Stream,
    active: Option<Active>,
    /// Where in the project the next frame lies, in frames.
    place: i64,
    /// When it had its last turn.
    turned: Instant,
    /// Frames that are still to be left out, and what has been so far of the same stretch.
    skip: usize,
    left_out: Option<Span>,
}

/// A stream that sounds.
struct Active {
    hearing: Hearing,
    rate: f64,
    /// Frames that the guard was fed, silence included, and frames that it should have been.
    fed: u64,
    missed: u64,
    /// Frames since it last sounded, and when frames last came.
    quiet: u64,
    last: Instant,
    clock: Clock,
    /// Where in the project coverage was told to the end, in seconds.
    told: f64,
}

impl Watch {
    /// The watch over a stream.
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, active: None, place: 0, turned: Instant::now(), skip: 0, left_out: None }
    }

    /// Whether the stream sounds.
    pub(super) fn sounds(&self) -> bool {
        self.active.is_some()
    }

    /// Whether a turn is worth its while: enough waits, or has waited for long enough, or somebody waits for it or looks.
    pub(super) fn is_due(&self, half: &ListenerHalf, now: Instant) -> bool {
        let waiting = half.waiting(self.stream);
        let is_urgent = half.is_waited_for() || half.screen_is_open();
        waiting == 0 || waiting >= TURN || is_urgent || now >= self.turned + WAIT
    }

    /// Takes a turn's frames, and ends what has gone silent. Returns how many frames there were.
    pub(super) fn turn(
        &mut self,
        half: &mut ListenerHalf,
        mut index: Option<&mut Index>,
        tell: &mut impl FnMut(News),
    ) -> usize {
        let rate = half.rate();
        self.turned = Instant::now();
        if self.skip == 0 && !half.is_waited_for() && half.waiting(self.stream) > BEHIND {
            self.skip = rate as usize;
        }
        if self.active.as_ref().is_some_and(|active| active.rate != f64::from(rate)) {
            self.end(index.as_deref_mut(), tell);
        }
        let mut checked = 0;
        let stream = self.stream;
        let most = if self.skip > 0 { self.skip } else { TURN };
        let skipped = self.skip > 0;
        let frames = half.take(stream, most, |mark, slices| {
            checked = self.take(rate, mark, slices, index.as_deref_mut(), tell);
        });
        half.count_checked(stream, checked);
        if skipped && index.is_some() {
            half.count_unchecked(stream, frames);
        }
        if self.active.as_ref().is_some_and(Active::rests) {
            self.end(index, tell);
        }
        frames
    }

    /// Ends the stream: all that is known is told.
    pub(super) fn end(&mut self, index: Option<&mut Index>, tell: &mut impl FnMut(News)) {
        self.tell_left_out(tell);
        let Some(mut active) = self.active.take() else { return };
        active.cover(self.place, tell);
        if let Some(index) = index {
            active.finish(index, tell);
        }
    }

    /// Returns how many frames were checked.
    fn take(
        &mut self,
        rate: f32,
        mark: Option<Mark>,
        slices: [&[[f32; 2]]; 2],
        index: Option<&mut Index>,
        tell: &mut impl FnMut(News),
    ) -> usize {
        let frames = slices[0].len() + slices[1].len();
        let rate_f64 = f64::from(rate).max(1.0);
        let before = self.place;
        self.place = mark.map_or(before, |mark| mark.place);
        let at = self.place as f64 / rate_f64;
        let Some(index) = index else {
            self.active = None;
            self.place += frames as i64;
            self.skip = self.skip.saturating_sub(frames);
            return 0;
        };
        if let Some(mark) = mark {
            self.mark(mark, rate_f64, before, index, tell);
        }
        self.place += frames as i64;
        if self.skip > 0 {
            self.leave_out(frames, Span { from: at, to: self.place as f64 / rate_f64 }, tell);
            return 0;
        }
        let sounds = slices.iter().copied().flatten().flatten().any(|sample| sample.abs() > ListenerHalf::SILENCE);
        if sounds && self.active.is_none() {
            self.active = Active::new(rate, at);
        }
        let Some(active) = &mut self.active else { return 0 };
        active.quiet = if sounds { 0 } else { active.quiet + frames as u64 };
        active.last = Instant::now();
        active.feed(frames as u64, slices.into_iter().flatten().copied(), index, tell);
        if self.place as f64 / rate_f64 - active.told > COVERAGE {
            active.cover(self.place, tell);
        }
        frames
    }

    /// Leaves out so many frames, which lie there in the project.
    fn leave_out(&mut self, frames: usize, span: Span, tell: &mut impl FnMut(News)) {
        self.skip -= frames.min(self.skip);
        if let Some(active) = &mut self.active {
            active.cover(self.place - frames as i64, tell);
            active.miss(frames as u64, self.place);
        }
        let from = self.left_out.map_or(span.from, |begun| begun.from);
        self.left_out = Some(Span { from, to: span.to });
        if self.skip == 0 {
            self.tell_left_out(tell);
        }
    }

    fn tell_left_out(&mut self, tell: &mut impl FnMut(News)) {
        if let Some(span) = self.left_out.take() {
            tell(News::Coverage(span, Err(BUSY)));
        }
    }

    /// What stood before a frame: silence that was left out, sound that was lost, a jump of the transport.
    fn mark(&mut self, mark: Mark, rate: f64, before: i64, index: &mut Index, tell: &mut impl FnMut(News)) {
        self.tell_left_out(tell);
        if mark.lost > 0 {
            let second = |frames: i64| frames as f64 / rate;
            let lost = Span { from: second(mark.place - mark.lost as i64), to: second(mark.place) };
            tell(News::Coverage(lost, Err(BUSY)));
        }
        let Some(active) = &mut self.active else { return };
        let silence = mark.silent as f64 / rate;
        active.cover(before, tell);
        if silence >= REST.as_secs_f64() {
            active.finish(index, tell);
            self.active = None;
            return;
        }
        active.quiet += mark.silent;
        active.feed(mark.silent, std::iter::repeat_n([0.0; 2], mark.silent as usize), index, tell);
        active.miss(mark.lost, mark.place);
    }
}

impl Active {
    /// A stream that begins to sound at this second of the project; `None` for rates that are not analysed.
    fn new(rate: f32, at: f64) -> Option<Self> {
        let mut clock = Clock::default();
        clock.anchor(0.0, at);
        Some(Self {
            hearing: Hearing::new(rate as u32)?,
            rate: f64::from(rate),
            fed: 0,
            missed: 0,
            quiet: 0,
            last: Instant::now(),
            clock,
            told: at,
        })
    }

    /// Whether nothing was heard for long, or nothing has come for long.
    fn rests(&self) -> bool {
        self.quiet as f64 >= REST.as_secs_f64() * self.rate || self.last.elapsed() >= REST
    }

    /// The stream goes on at this frame of the project, after so many that are missing.
    fn miss(&mut self, frames: u64, place: i64) {
        self.missed += frames;
        self.told = place as f64 / self.rate;
        self.clock.anchor(self.fed as f64 / self.rate, self.told);
    }

    /// Tells that all up to this frame of the project was checked.
    fn cover(&mut self, place: i64, tell: &mut impl FnMut(News)) {
        let span = Span { from: self.told, to: place as f64 / self.rate };
        if span.seconds() > 0.0 {
            tell(News::Coverage(span, Ok(())));
            self.told = span.to;
        }
    }

    fn feed(
        &mut self,
        count: u64,
        frames: impl Iterator<Item = [f32; 2]>,
        index: &mut Index,
        tell: &mut impl FnMut(News),
    ) {
        self.fed += count;
        let mut heard = Vec::new();
        self.hearing.feed(frames, index, |found| heard.push(found));
        heard.into_iter().for_each(|found| tell(self.place(found)));
    }

    fn finish(&mut self, index: &mut Index, tell: &mut impl FnMut(News)) {
        let mut heard = Vec::new();
        self.hearing.finish(index, |found| heard.push(found));
        heard.into_iter().for_each(|found| tell(self.place(found)));
    }

    fn place(&self, found: Found) -> News {
        let all = (self.fed + self.missed).max(1) as f64;
        let (spans, coverage) = (self.clock.spans(found.matched.heard.clone()), self.fed as f64 / all);
        News::Heard(Box::new(Placed { found, spans, coverage }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{self, AudioHalf};
    use crate::rights::index::Builder;

    fn play(audio: &mut AudioHalf, stream: Stream, frames: usize) {
        let sound = vec![0.5; frames];
        audio.begin(None, frames);
        audio.tap(stream, &sound, &sound);
    }

    /// What is told of a stream at `rate` of which so many frames come before each turn, and then no more; stretches in
    /// seconds, and whether they were checked.
    fn told(rate: f32, frames: &[usize]) -> Vec<(f64, f64, bool)> {
        let folder = tempfile::tempdir().unwrap();
        Builder::create(folder.path()).unwrap().finish().unwrap();
        let mut index = Index::open(folder.path()).unwrap();
        let (mut audio, _screen, mut half) = bridge::halves();
        let (mut watch, mut told) = (Watch::new(Stream::Output), Vec::new());
        let mut tell = |news: News| {
            if let News::Coverage(span, checked) = news {
                told.push((span.from, span.to, checked.is_ok()));
            }
        };
        audio.rate(rate);
        for &frames in frames {
            play(&mut audio, Stream::Output, frames);
            watch.turn(&mut half, Some(&mut index), &mut tell);
        }
        while watch.turn(&mut half, Some(&mut index), &mut tell) > 0 {}
        watch.end(Some(&mut index), &mut tell);
        told
    }

    #[test]
    fn a_turn_waits_for_its_frames_but_not_for_long() {
        let (mut audio, _screen, mut half) = bridge::halves();
        let mut watch = Watch::new(Stream::Sidechain);
        assert!(watch.is_due(&half, watch.turned), "where nothing waits, what has gone silent ends");
        audio.rate(48_000.0);
        play(&mut audio, Stream::Sidechain, TURN);
        assert!(watch.is_due(&half, watch.turned));
        watch.turn(&mut half, None, &mut |_| {});
        play(&mut audio, Stream::Sidechain, TURN - 1);
        assert!(!watch.is_due(&half, watch.turned));
        assert!(watch.is_due(&half, watch.turned + WAIT));
    }

    #[test]
    fn a_stream_that_is_behind_loses_its_next_second_at_once_and_no_more() {
        let behind = BEHIND + 1;
        assert_eq!(told(48_000.0, &[behind - 1]), [(0.0, f64::from(BEHIND as u32) / 48_000.0, true)]);
        assert_eq!(
            told(48_000.0, &[behind, 12_000]),
            [(0.0, 1.0, false), (1.0, (behind + 12_000) as f64 / 48_000.0, true)]
        );
    }

    #[test]
    fn a_second_that_no_ring_holds_is_told_as_one_stretch() {
        let frames = [BEHIND + 1, 1_000, 2_000, 60_000, 10_000];
        let all = frames.iter().sum::<usize>() as f64 / 96_000.0;
        assert_eq!(told(96_000.0, &frames), [(0.0, 1.0, false), (1.0, all, true)]);
    }

    #[test]
    fn what_found_the_ring_full_is_told_also_where_nothing_was_heard_yet() {
        let second = |frames: usize| frames as f64 / 96_000.0;
        let (full, lost) = (TAP_FRAMES, TAP_FRAMES + 1_024);
        let stretches = [(0, full), (full, lost), (lost, lost + 2_000)];
        let expected = stretches.map(|(from, to)| (second(from), second(to), false));
        assert_eq!(told(96_000.0, &[lost, 2_000]), expected);
    }
}
