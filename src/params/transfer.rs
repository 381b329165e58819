//! What was transferred to the instance from a recording: kept with the project, and handed to the audio thread
//! without a lock. What the audio thread puts aside comes back here to be dropped.

use std::sync::{Arc, Mutex, PoisonError};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::model::transfer::{StoredTransfer, Transfer};

/// Transfers that may wait for the audio thread.
const CAPACITY: usize = 8;

/// A transfer as the engine takes it: nothing, or a thing that all voices share.
type Played = Option<Arc<Transfer>>;

/// The transfer of one instance. Set by the main thread (state load, preset, editor), which takes a lock that the audio
/// thread never sees.
#[derive(Default)]
pub struct TransferChoice(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    stored: Option<StoredTransfer>,
    played: Played,
    line: Option<Line>,
}

/// The way to the audio thread.
struct Line {
    there: Producer<Played>,
    back: Consumer<Played>,
    /// The audio thread's half has been given what is played.
    is_told: bool,
}

/// The audio thread's half.
pub struct TransferInlet {
    here: Consumer<Played>,
    back: Producer<Played>,
}

impl TransferChoice {
    /// What is kept.
    #[must_use]
    pub fn stored(&self) -> Option<StoredTransfer> {
        self.kept().stored.clone()
    }

    /// The same as the engine takes it.
    #[must_use]
    pub fn played(&self) -> Option<Arc<Transfer>> {
        self.kept().played.clone()
    }

    /// Sets it, and tells the audio thread. One that cannot be played is none.
    pub fn set(&self, stored: Option<StoredTransfer>) {
        let transfer = stored.as_ref().and_then(|stored| Transfer::try_from(stored).ok());
        let mut kept = self.kept();
        kept.stored = stored.filter(|_| transfer.is_some());
        kept.played = transfer.map(Arc::new);
        if let Some(line) = &mut kept.line {
            line.is_told = false;
        }
        kept.tend();
    }

    /// The half for the audio thread; a later call takes the place of an earlier one.
    #[must_use]
    pub fn connect(&self) -> TransferInlet {
        let (there, here) = RingBuffer::new(CAPACITY);
        let (back_in, back) = RingBuffer::new(CAPACITY);
        let mut kept = self.kept();
        kept.line = Some(Line { there, back, is_told: kept.played.is_none() });
        kept.tend();
        TransferInlet { here, back: back_in }
    }

    /// Drops what came back, and tells the audio thread what it could not be told before. For the background thread,
    /// now and then.
    pub fn tend(&self) {
        self.kept().tend();
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn tend(&mut self) {
        let Some(line) = &mut self.line else { return };
        while let Ok(old) = line.back.pop() {
            drop(old);
        }
        line.is_told = line.is_told || line.there.push(self.played.clone()).is_ok();
    }
}

impl TransferInlet {
    /// Gives whatever was set since the last call to `exchange`, which returns what it takes the place of. Neither waits
    /// nor frees.
    pub fn take_up(&mut self, mut exchange: impl FnMut(Option<Arc<Transfer>>) -> Option<Arc<Transfer>>) {
        while !self.back.is_full() {
            let Ok(new) = self.here.pop() else { return };
            // There is room: nobody else writes.
            let _room = self.back.push(exchange(new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(gain_db: f32) -> StoredTransfer {
        StoredTransfer::from(&Transfer::of_gain(gain_db))
    }

    #[test]
    fn the_last_of_many_reaches_the_audio_thread_and_all_come_back() {
        let choice = TransferChoice::default();
        let mut inlet = choice.connect();
        let mut playing: Played = None;
        for round in 0..3 {
            for step in 0..3 * CAPACITY {
                choice.set(Some(stored(step as f32 + round as f32)));
            }
            for _ in 0..4 {
                inlet.take_up(|new| std::mem::replace(&mut playing, new));
                choice.tend();
            }
            let last = choice.played().unwrap();
            assert!(Arc::ptr_eq(playing.as_ref().unwrap(), &last));
            // Here, in the choice and in what plays: no other is left anywhere.
            assert_eq!(Arc::strong_count(&last), 3);
        }
        choice.set(None);
        inlet.take_up(|new| std::mem::replace(&mut playing, new));
        assert!(playing.is_none());
    }

    #[test]
    fn one_that_cannot_be_played_is_none() {
        let choice = TransferChoice::default();
        choice.set(Some(stored(3.0)));
        assert_eq!(choice.stored(), Some(stored(3.0)));
        choice.set(Some(StoredTransfer { version: 9, ..stored(3.0) }));
        assert!(choice.stored().is_none() && choice.played().is_none());
    }
}
