//! What was transferred to the instance from a recording: kept with the project, played by the audio thread.

use std::sync::{Arc, Mutex, PoisonError};

use super::handover::{Inlet, Outlet};
use crate::model::transfer::{StoredTransfer, Transfer};

/// A transfer as the engine takes it: nothing, or a thing that all voices share.
type Played = Option<Arc<Transfer>>;
/// The audio thread's half.
pub type TransferInlet = Inlet<Played>;

/// The transfer of one instance. Set by the main thread (state load, preset, editor), which takes a lock that the audio
/// thread never sees.
#[derive(Default)]
pub struct TransferChoice(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    stored: Option<StoredTransfer>,
    played: Played,
    outlet: Outlet<Played>,
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
        let played = kept.played.clone();
        kept.outlet.send(played);
    }

    /// The half for the audio thread, which begins with what is played; a later call takes the place of an earlier one.
    #[must_use]
    pub fn connect(&self) -> TransferInlet {
        let mut kept = self.kept();
        let inlet = kept.outlet.connect();
        let played = kept.played.clone();
        kept.outlet.send(played);
        inlet
    }

    /// Drops what came back, and tells the audio thread what it could not be told before. For the background thread,
    /// now and then.
    pub fn tend(&self) {
        self.kept().outlet.tend();
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(gain_db: f32) -> StoredTransfer {
        StoredTransfer::from(&Transfer::of_gain(gain_db))
    }

    #[test]
    fn what_is_set_reaches_the_audio_thread() {
        let choice = TransferChoice::default();
        let mut inlet = choice.connect();
        let mut playing: Played = None;
        choice.set(Some(stored(3.0)));
        inlet.take_up(|new| std::mem::replace(&mut playing, new));
        assert!(Arc::ptr_eq(playing.as_ref().unwrap(), &choice.played().unwrap()));
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
