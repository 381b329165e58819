//! What the audio thread, the background thread and the screen may tell each other: one set of halves per instance,
//! born together. No half blocks another; all but the screen's keyboard are wait-free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use atomic_float::AtomicF32;
use rtrb::{Consumer, Producer, RingBuffer};

/// Keys pressed on the screen that may wait for the audio thread.
const KEY_CAPACITY: usize = 256;
/// Frames of the sidechain that may wait for the background thread: 1.4 s at 48 kHz, 0.3 s at 192 kHz.
pub const TAP_FRAMES: usize = 1 << 16;

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
    dropped_frames: AtomicU64,
    frames: AtomicU64,
    sounding_frames: AtomicU64,
    blocks: AtomicU64,
}

/// What the screen shows of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Levels {
    /// Highest absolute sample of each channel since the last look.
    pub peak: [f32; 2],
    /// Voices that sound.
    pub voices: u32,
}

/// What has become of the sidechain's audio. It is heard and counted; nothing is judged yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// Seconds that arrived, silence included.
    pub seconds: f32,
    /// Seconds in which something sounded.
    pub sounding_seconds: f32,
    /// Pieces in which they arrived.
    pub blocks: u64,
    /// Seconds that were lost because the background thread was behind.
    pub dropped_seconds: f32,
}

/// The audio thread's half: owned by the processor, never cloned.
pub struct AudioHalf {
    wires: Arc<Wires>,
    keys: Consumer<Key>,
    tap: Producer<[f32; 2]>,
}

/// The screen's half: owned by the editor, on the main thread.
pub struct ScreenHalf {
    wires: Arc<Wires>,
    keys: Producer<Key>,
}

/// The background thread's half.
pub struct ListenerHalf {
    wires: Arc<Wires>,
    tap: Consumer<[f32; 2]>,
}

/// The three halves of one instance.
#[must_use]
pub fn halves() -> (AudioHalf, ScreenHalf, ListenerHalf) {
    let wires = Arc::new(Wires::default());
    let (key_in, key_out) = RingBuffer::new(KEY_CAPACITY);
    let (mut tap_in, mut tap_out) = RingBuffer::new(TAP_FRAMES);
    touch(&mut tap_in, &mut tap_out);
    (
        AudioHalf { wires: Arc::clone(&wires), keys: key_out, tap: tap_in },
        ScreenHalf { wires: Arc::clone(&wires), keys: key_in },
        ListenerHalf { wires, tap: tap_out },
    )
}

/// Goes through a ring once: the system gives memory page by page when it is first written, which must not be in the
/// audio thread.
fn touch(into: &mut Producer<[f32; 2]>, out_of: &mut Consumer<[f32; 2]>) {
    while into.push([0.0; 2]).is_ok() {}
    while out_of.pop().is_ok() {}
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

    /// Gives a piece of the sidechain to the background thread: whole, or not at all where the ring is full, which is
    /// counted.
    pub fn tap(&mut self, left: &[f32], right: &[f32]) {
        let frames = left.len().min(right.len());
        match self.tap.write_chunk_uninit(frames) {
            Ok(chunk) => {
                chunk.fill_from_iter(left.iter().zip(right).map(|(&left, &right)| [left, right]));
            }
            Err(_full) => {
                self.wires.dropped_frames.fetch_add(frames as u64, Ordering::Relaxed);
            }
        }
    }

    /// Reports a piece of output.
    pub fn meter(&self, left: &[f32], right: &[f32]) {
        for (peak, channel) in self.wires.peak.iter().zip([left, right]) {
            let highest = channel.iter().fold(0.0_f32, |highest, sample| highest.max(sample.abs()));
            peak.fetch_max(highest, Ordering::Relaxed);
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

    /// What was heard of the sidechain so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        let rate = f64::from(self.wires.rate.load(Ordering::Relaxed)).max(1.0);
        let seconds = |frames: &AtomicU64| (frames.load(Ordering::Relaxed) as f64 / rate) as f32;
        Heard {
            seconds: seconds(&self.wires.frames),
            sounding_seconds: seconds(&self.wires.sounding_frames),
            blocks: self.wires.blocks.load(Ordering::Relaxed),
            dropped_seconds: seconds(&self.wires.dropped_frames),
        }
    }

    /// Whether the engine has failed and is silent until the plugin is loaded anew.
    #[must_use]
    pub fn fault(&self) -> bool {
        self.wires.fault.load(Ordering::Relaxed)
    }
}

impl ListenerHalf {
    /// Level below which a piece counts as silence (-100 dB re full scale).
    const SILENCE: f32 = 1e-5;

    /// Takes everything that waits and counts it. Returns the number of frames.
    pub fn listen(&mut self) -> usize {
        let waiting = self.tap.slots();
        let Ok(chunk) = self.tap.read_chunk(waiting) else { return 0 };
        if waiting == 0 {
            return 0;
        }
        let (first, second) = chunk.as_slices();
        let sounds = |frame: &&[f32; 2]| frame.iter().any(|sample| sample.abs() > Self::SILENCE);
        let sounding = first.iter().chain(second).filter(sounds).count();
        chunk.commit_all();
        self.wires.frames.fetch_add(waiting as u64, Ordering::Relaxed);
        self.wires.sounding_frames.fetch_add(sounding as u64, Ordering::Relaxed);
        self.wires.blocks.fetch_add(1, Ordering::Relaxed);
        waiting
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

    #[test]
    fn the_sidechain_is_counted_and_what_does_not_fit_is_dropped_and_counted() {
        let (mut audio, screen, mut listener) = halves();
        audio.rate(1_000.0);
        audio.tap(&[0.0; 500], &[0.0; 500]);
        audio.tap(&[0.5; 250], &[0.0; 250]);
        assert_eq!(listener.listen(), 750);
        let piece = vec![0.5; TAP_FRAMES];
        audio.tap(&piece, &piece);
        audio.tap(&[0.5; 100], &[0.5; 100]);
        let heard = screen.heard();
        assert_eq!((heard.seconds, heard.blocks), (0.75, 1));
        assert_eq!(heard.dropped_seconds, 0.1);
        assert!((heard.sounding_seconds - 0.25).abs() < 0.01);
        assert_eq!(listener.listen(), TAP_FRAMES);
    }

    #[test]
    fn a_fault_stays() {
        let (audio, screen, _listener) = halves();
        assert!(!screen.fault());
        audio.fail();
        assert!(screen.fault() && screen.fault());
    }
}
