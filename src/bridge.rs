//! What the audio thread, the background threads and the screen may tell each other: one set of halves per instance,
//! born together. No half blocks the audio thread, whose own is wait-free.

mod desk;
mod librarian;
mod report;
mod stage;
mod standing;
mod tap;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use atomic_float::AtomicF32;
use nice_plug_egui::RepaintNotifier;
use rtrb::{Consumer, Producer, RingBuffer};

pub use desk::{Arrangement, Desk, Draft, Fetched, Order, Parcel, View, Wish, Work, WorkKind};
pub use librarian::LibrarianHalf;
pub use report::{Export, IndexFacts, IndexView, MATCHES, Recognition, Report};
pub use standing::{HistoryOrder, HistoryView, Standing};
pub use tap::{Mark, PIECE, TAP_FRAMES};

use report::Board;
use stage::{StageIn, StageOut};
use tap::{TapIn, TapOut};

use crate::rights::catalogue::Policy;
use crate::synth::scene::Scene;

/// Keys pressed on the screen that may wait for the audio thread.
const KEY_CAPACITY: usize = 256;
/// Frames by which a host's transport may stray from where it should be before that counts as a jump: hosts that count in
/// beats or seconds round.
const JUMP: u64 = 64;

/// A stream of sound that is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What the host routes to the sidechain input.
    Sidechain,
    /// What the instrument itself plays.
    Output,
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sidechain, Self::Output];
}

/// A key of the on-screen keyboard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    /// Pressed.
    Down {
        /// MIDI key.
        key: u8,
        /// 0..1.
        velocity: f32,
    },
    /// Let go.
    Up {
        /// MIDI key.
        key: u8,
    },
    /// All keys of the screen are let go, as when it closes.
    AllUp,
}

/// The values that the halves share.
#[derive(Default)]
struct Wires {
    peak: [AtomicF32; 2],
    voices: AtomicU32,
    rate: AtomicF32,
    fault: AtomicBool,
    screen_open: AtomicBool,
    waits: AtomicBool,
    /// No background thread looks after the instance.
    is_alone: AtomicBool,
    ducks: AtomicBool,
    counts: [Count; 2],
    /// Something has changed that the screen shows.
    news: RepaintNotifier,
}

/// Frames of one stream.
#[derive(Default)]
struct Count {
    arrived: AtomicU64,
    sounding: AtomicU64,
    checked: AtomicU64,
    unchecked: AtomicU64,
    peak: AtomicF32,
}

/// What the screen shows of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Levels {
    /// Highest absolute sample of each channel since the last look.
    pub peak: [f32; 2],
    /// Voices that sound.
    pub voices: u32,
}

/// What has become of a stream's sound, since the instance was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// Seconds that arrived, silence included.
    pub seconds: f32,
    /// Seconds in which something sounded.
    pub sounding_seconds: f32,
    /// Seconds that were compared with the index.
    pub checked_seconds: f32,
    /// Seconds that should have been and were not, because the background thread was behind.
    pub unchecked_seconds: f32,
    /// Highest absolute sample since the last look.
    pub peak: f32,
}

/// The audio thread's half: owned by the processor, never cloned.
pub struct AudioHalf {
    wires: Arc<Wires>,
    keys: Consumer<Key>,
    taps: [TapIn; 2],
    stage: StageIn,
    /// Where in the project the next block begins, in frames.
    place: i64,
}

/// The screen's half: owned by the editor, on the main thread.
pub struct ScreenHalf {
    wires: Arc<Wires>,
    keys: Producer<Key>,
    board: Arc<Board>,
    seen: u64,
    desk: Arc<Desk>,
    stage: StageOut,
}

/// The background thread's half.
pub struct ListenerHalf {
    wires: Arc<Wires>,
    taps: [TapOut; 2],
    board: Arc<Board>,
}

/// The three halves of one instance.
#[must_use]
pub fn halves() -> (AudioHalf, ScreenHalf, ListenerHalf) {
    let (wires, board) = (Arc::new(Wires::default()), Arc::new(Board::default()));
    let (key_in, key_out) = RingBuffer::new(KEY_CAPACITY);
    let [(side_in, side_out), (own_in, own_out)] = [tap::tap(), tap::tap()];
    let (stage_in, stage_out) = stage::stage();
    (
        AudioHalf { wires: Arc::clone(&wires), keys: key_out, taps: [side_in, own_in], stage: stage_in, place: 0 },
        ScreenHalf {
            wires: Arc::clone(&wires),
            keys: key_in,
            board: Arc::clone(&board),
            seen: 0,
            desk: Arc::new(Desk::new(wires.news.clone())),
            stage: stage_out,
        },
        ListenerHalf { wires, taps: [side_out, own_out], board },
    )
}

impl AudioHalf {
    /// The next key of the screen's keyboard.
    pub fn next_key(&mut self) -> Option<Key> {
        self.keys.pop().ok()
    }

    /// Whether an editor is open, and so somebody may press a key at any moment.
    #[must_use]
    pub fn screen_is_open(&self) -> bool {
        self.wires.screen_open.load(Ordering::Relaxed)
    }

    /// Begins a block of `frames` at this frame of the project, where the host's transport moves; otherwise project time
    /// runs on from where it was.
    pub fn begin(&mut self, position: Option<i64>, frames: usize) {
        let jumped = |position: &i64| position.abs_diff(self.place) > JUMP;
        self.place = position.filter(jumped).unwrap_or(self.place);
        let place = self.place;
        self.taps.iter_mut().for_each(|tap| tap.begin(place));
        self.place = place.saturating_add(frames as i64);
    }

    /// Gives a stretch of a stream to the background thread: in pieces, each whole or, where the ring is full, not at all,
    /// which is counted.
    pub fn tap(&mut self, stream: Stream, left: &[f32], right: &[f32]) {
        let frames = left.len().min(right.len());
        let lost = self.taps[stream as usize].push(&left[..frames], &right[..frames]);
        let count = &self.wires.counts[stream as usize];
        count.arrived.fetch_add(frames as u64, Ordering::Relaxed);
        if lost > 0 {
            count.unchecked.fetch_add(lost, Ordering::Relaxed);
        }
    }

    /// Whether the ring of a stream has room for so many frames, [`PIECE`] at most.
    #[must_use]
    pub fn has_room(&self, stream: Stream, frames: usize) -> bool {
        self.taps[stream as usize].has_room(frames)
    }

    /// Tells the background thread whether the callback waits for it, as it may while a host bounces offline.
    pub fn waits(&self, waits: bool) {
        self.wires.waits.store(waits, Ordering::Relaxed);
    }

    /// Whether the output is to step back, because of what is heard.
    #[must_use]
    pub fn ducks(&self) -> bool {
        self.wires.ducks.load(Ordering::Relaxed)
    }

    /// Reports a piece of output.
    pub fn meter(&self, left: &[f32], right: &[f32]) {
        for (peak, channel) in self.wires.peak.iter().zip([left, right]) {
            let highest = channel.iter().fold(0.0_f32, |highest, sample| highest.max(sample.abs()));
            peak.fetch_max(highest, Ordering::Relaxed);
        }
    }

    /// Lets `write` write down what sounds after a block of `frames`, where somebody sees it and it is time for it.
    pub fn show(&mut self, frames: usize, write: impl FnOnce(&mut Scene)) {
        if self.screen_is_open() {
            let is_new = self.stage.write(frames, self.wires.rate.load(Ordering::Relaxed), write);
            self.wires.news.request_repaint_with(is_new);
        }
    }

    /// Reports the number of sounding voices.
    pub fn voices(&self, voices: usize) {
        self.wires.voices.store(voices as u32, Ordering::Relaxed);
    }

    /// Reports the sample rate in Hz.
    pub fn rate(&self, rate: f32) {
        self.wires.rate.store(rate, Ordering::Relaxed);
    }

    /// Reports, for good, that the engine has failed and is silent.
    pub fn fail(&self) {
        self.wires.fault.store(true, Ordering::Relaxed);
        self.wires.news.request_repaint();
    }
}

impl ScreenHalf {
    /// Presses or lets go a key. One that finds the ring full (nobody processes) is forgotten.
    pub fn play(&mut self, key: Key) {
        let _forgotten = self.keys.push(key);
    }

    /// Tells the audio thread whether an editor is open.
    pub fn set_open(&self, open: bool) {
        self.wires.screen_open.store(open, Ordering::Relaxed);
    }

    /// Looks at the levels; the peaks start anew.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let peak = [0, 1].map(|channel: usize| self.wires.peak[channel].swap(0.0, Ordering::Relaxed));
        Levels { peak, voices: self.wires.voices.load(Ordering::Relaxed) }
    }

    /// What rises when something has changed that the screen shows: it need not draw before.
    #[must_use]
    pub fn news(&self) -> RepaintNotifier {
        self.wires.news.clone()
    }

    /// What sounds.
    #[must_use]
    pub fn scene(&mut self) -> &Scene {
        self.stage.look()
    }

    /// What was heard of a stream so far; its peak starts anew.
    #[must_use]
    pub fn heard(&self, stream: Stream) -> Heard {
        let rate = f64::from(self.wires.rate.load(Ordering::Relaxed)).max(1.0);
        let seconds = |frames: &AtomicU64| (frames.load(Ordering::Relaxed) as f64 / rate) as f32;
        let count = &self.wires.counts[stream as usize];
        Heard {
            seconds: seconds(&count.arrived),
            sounding_seconds: seconds(&count.sounding),
            checked_seconds: seconds(&count.checked),
            unchecked_seconds: seconds(&count.unchecked),
            peak: count.peak.swap(0.0, Ordering::Relaxed),
        }
    }

    /// Whether the output steps back, because of what is heard.
    #[must_use]
    pub fn ducks(&self) -> bool {
        self.wires.ducks.load(Ordering::Relaxed)
    }

    /// Brings `report` up to what the background thread has told since the last call.
    pub fn follow(&mut self, report: &mut Report) {
        self.board.read(&mut self.seen, report);
    }

    /// The desk between the screen and the librarian.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The half for the librarian.
    #[must_use]
    pub fn librarian(&self) -> LibrarianHalf {
        LibrarianHalf::new(Arc::clone(&self.wires), Arc::clone(&self.desk))
    }

    /// Asks the background thread for a clearance report.
    pub fn wish_export(&self) {
        self.board.wish();
    }

    /// Whether no background thread looks after the instance: the system granted none, or it has failed.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.wires.is_alone.load(Ordering::Relaxed)
    }

    /// Whether the engine has failed and is silent until the plugin is loaded anew.
    #[must_use]
    pub fn fault(&self) -> bool {
        self.wires.fault.load(Ordering::Relaxed)
    }
}

impl ListenerHalf {
    /// Level below which a sample counts as silence (-70 dB re full scale).
    pub const SILENCE: f32 = 3.2e-4;

    /// Takes the next frames of a stream, `most` at most and none beyond the next mark, and counts them.
    pub fn take(&mut self, stream: Stream, most: usize, take: impl FnOnce(Option<Mark>, [&[[f32; 2]]; 2])) -> usize {
        let count = &self.wires.counts[stream as usize];
        self.taps[stream as usize].take(most, |mark, slices| {
            let highest = |frame: &[f32; 2]| frame[0].abs().max(frame[1].abs());
            let (mut peak, mut sounding) = (0.0_f32, 0);
            for level in slices.iter().copied().flatten().map(highest) {
                peak = peak.max(level);
                sounding += u64::from(level > Self::SILENCE);
            }
            count.peak.fetch_max(peak, Ordering::Relaxed);
            count.sounding.fetch_add(sounding, Ordering::Relaxed);
            self.wires.news.request_repaint_with(sounding > 0);
            take(mark, slices);
        })
    }

    /// Frames of a stream that wait.
    #[must_use]
    pub fn waiting(&self, stream: Stream) -> usize {
        self.taps[stream as usize].waiting()
    }

    /// Counts frames that were compared with the index.
    pub fn count_checked(&self, stream: Stream, frames: usize) {
        self.wires.counts[stream as usize].checked.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// Counts frames that should have been and were not.
    pub fn count_unchecked(&self, stream: Stream, frames: usize) {
        self.wires.counts[stream as usize].unchecked.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// Frames a second; 0 before the first activation.
    #[must_use]
    pub fn rate(&self) -> f32 {
        self.wires.rate.load(Ordering::Relaxed)
    }

    /// Whether the callback waits where a ring is full, so that nothing need be skipped.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.wires.waits.load(Ordering::Relaxed)
    }

    /// Whether an editor is open.
    #[must_use]
    pub fn screen_is_open(&self) -> bool {
        self.wires.screen_open.load(Ordering::Relaxed)
    }

    /// Tells the screen.
    pub fn tell(&self, change: impl FnOnce(&mut Report)) {
        self.board.write(change);
        self.wires.news.request_repaint();
    }

    /// Tells the screen that something else has changed that it shows.
    pub fn tell_news(&self) {
        self.wires.news.request_repaint();
    }

    /// Whether the screen is told that a work is heard now whose policy is as strict as this, or stricter.
    #[must_use]
    pub fn hears(&self, policy: Policy) -> bool {
        self.board.hears(policy)
    }

    /// Tells the audio thread whether the output is to step back.
    pub fn duck(&self, ducks: bool) {
        let did = self.wires.ducks.swap(ducks, Ordering::Relaxed);
        self.wires.news.request_repaint_with(did != ducks);
    }

    /// Whether the screen has asked for a clearance report since the last look.
    #[must_use]
    pub fn export_is_wished(&self) -> bool {
        self.board.is_wished()
    }
}

impl Drop for ListenerHalf {
    fn drop(&mut self) {
        self.wires.is_alone.store(true, Ordering::Relaxed);
        self.wires.news.request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_held_until_somebody_looks() {
        let (audio, screen, _listener) = halves();
        audio.meter(&[0.1, -0.5], &[0.25, 0.0]);
        audio.meter(&[0.2], &[-0.1]);
        assert_eq!(screen.levels().peak, [0.5, 0.25]);
        assert_eq!(screen.levels().peak, [0.0, 0.0]);
    }

    #[test]
    fn keys_arrive_in_order() {
        let (mut audio, mut screen, _listener) = halves();
        let keys = [Key::Down { key: 60, velocity: 0.8 }, Key::Up { key: 60 }, Key::AllUp];
        keys.iter().for_each(|&key| screen.play(key));
        assert_eq!(std::iter::from_fn(|| audio.next_key()).collect::<Vec<_>>(), keys);
    }

    fn take_all(listener: &mut ListenerHalf, stream: Stream) -> usize {
        std::iter::from_fn(|| Some(listener.take(stream, usize::MAX, |_, _| ())).filter(|&frames| frames > 0)).sum()
    }

    #[test]
    fn streams_are_counted_apart_and_what_does_not_fit_is_counted_too() {
        let (mut audio, screen, mut listener) = halves();
        audio.rate(1_000.0);
        audio.tap(Stream::Sidechain, &[0.0; 500], &[0.0; 500]);
        audio.tap(Stream::Sidechain, &[0.5; 250], &[0.0; 250]);
        audio.tap(Stream::Output, &[0.25; 100], &[0.0; 100]);
        assert_eq!(take_all(&mut listener, Stream::Sidechain), 750);
        let heard = screen.heard(Stream::Sidechain);
        assert_eq!((heard.seconds, heard.sounding_seconds, heard.peak), (0.75, 0.25, 0.5));
        assert_eq!(screen.heard(Stream::Output).sounding_seconds, 0.0, "nobody has taken it yet");
        let piece = vec![0.5; TAP_FRAMES];
        audio.tap(Stream::Sidechain, &piece, &piece);
        audio.tap(Stream::Sidechain, &[0.5; 100], &[0.5; 100]);
        assert_eq!(screen.heard(Stream::Sidechain).unchecked_seconds, 0.1);
        assert_eq!(take_all(&mut listener, Stream::Sidechain), TAP_FRAMES);
        assert_eq!(take_all(&mut listener, Stream::Output), 100);
    }

    #[test]
    fn the_librarian_counts_what_was_audible_of_the_own_output_to_the_millisecond() {
        let (mut audio, screen, mut listener) = halves();
        let mut librarian = screen.librarian();
        audio.rate(44_100.0);
        let mut heard = 0;
        for _ in 0..100 {
            audio.tap(Stream::Sidechain, &[0.5; 441], &[0.0; 441]);
            audio.tap(Stream::Output, &[0.5; 441], &[0.0; 441]);
            audio.tap(Stream::Output, &[0.0; 100], &[0.0; 100]);
            take_all(&mut listener, Stream::Output);
            heard += librarian.heard();
        }
        assert_eq!((heard, librarian.heard()), (1_000, 0));
    }

    #[test]
    fn project_time_follows_the_transport_and_runs_on_where_it_stands() {
        let (mut audio, _screen, mut listener) = halves();
        for position in [Some(4_800), Some(4_801 + 100), None, Some(960)] {
            audio.begin(position, 100);
            audio.tap(Stream::Output, &[0.5; 100], &[0.5; 100]);
        }
        let mut places = Vec::new();
        let mut next = |listener: &mut ListenerHalf| {
            listener.take(Stream::Output, usize::MAX, |mark, slices| {
                places.push((mark.expect("each begins with one").place, slices.concat().len()));
            })
        };
        while next(&mut listener) > 0 {}
        assert_eq!(places, [(4_800, 300), (960, 100)]);
    }

    #[test]
    fn a_fault_stays() {
        let (audio, screen, _listener) = halves();
        assert!(!screen.fault());
        audio.fail();
        assert!(screen.fault() && screen.fault());
    }
}
