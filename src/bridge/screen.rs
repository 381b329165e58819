//! The screen's end of an instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nice_plug_egui::RepaintNotifier;
use rtrb::Producer;

use super::report::Board;
use super::stage::StageOut;
use super::{Desk, Key, LibrarianHalf, Report, Stream, Wires};
use crate::synth::scene::Scene;

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

/// The screen's half: owned by the editor, on the main thread.
pub struct ScreenHalf {
    pub(super) wires: Arc<Wires>,
    pub(super) keys: Producer<Key>,
    pub(super) board: Arc<Board>,
    pub(super) seen: u64,
    pub(super) desk: Arc<Desk>,
    pub(super) stage: StageOut,
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
