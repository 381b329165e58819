//! What the audio thread, the background threads and the screen may tell each other: one set of halves per instance,
//! born together. No half blocks the audio thread, whose own is wait-free.

mod audio;
mod desk;
mod librarian;
mod listener;
mod report;
mod screen;
mod stage;
mod standing;
mod tap;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use atomic_float::AtomicF32;
use nice_plug_egui::RepaintNotifier;
use rtrb::RingBuffer;

pub use audio::AudioHalf;
pub use desk::{Arrangement, Desk, Draft, Fetched, Order, Parcel, View, Wish, Work, WorkKind};
pub use librarian::LibrarianHalf;
pub use listener::ListenerHalf;
pub use report::{Export, IndexFacts, IndexView, MATCHES, Recognition, Report};
pub use screen::{Heard, Levels, ScreenHalf};
pub use standing::{HistoryOrder, HistoryView, Standing};
pub use tap::{Mark, PIECE, TAP_FRAMES};

use report::Board;

/// Keys pressed on the screen that may wait for the audio thread.
const KEY_CAPACITY: usize = 256;
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
