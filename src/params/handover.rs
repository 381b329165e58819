//! How something that is chosen elsewhere reaches the audio thread without a lock, and how what it takes the place of
//! comes back, to be dropped where freeing memory does no harm.

use rtrb::{Consumer, Producer, RingBuffer};

/// Things that may wait in either direction.
const CAPACITY: usize = 8;

/// The half of the threads that choose; they share it behind a lock of their own.
pub(super) struct Outlet<T>(Option<Line<T>>);

/// The way to the audio thread.
struct Line<T> {
    there: Producer<T>,
    back: Consumer<T>,
    /// What the audio thread could not be given yet.
    waiting: Option<T>,
}

/// The audio thread's half.
pub struct Inlet<T> {
    here: Consumer<T>,
    back: Producer<T>,
}

impl<T> Default for Outlet<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Outlet<T> {
    /// The half for the audio thread; a later call takes the place of an earlier one.
    pub(super) fn connect(&mut self) -> Inlet<T> {
        let (there, here) = RingBuffer::new(CAPACITY);
        let (back_in, back) = RingBuffer::new(CAPACITY);
        self.0 = Some(Line { there, back, waiting: None });
        Inlet { here, back: back_in }
    }

    /// Hands `thing` over, in place of one that still waits. Nothing happens where nobody listens.
    pub(super) fn send(&mut self, thing: T) {
        if let Some(line) = &mut self.0 {
            line.waiting = Some(thing);
            self.tend();
        }
    }

    /// Drops what came back, and hands over what could not be before. To be called now and then.
    pub(super) fn tend(&mut self) {
        let Some(line) = &mut self.0 else { return };
        while let Ok(old) = line.back.pop() {
            drop(old);
        }
        if let Some(Err(rtrb::PushError::Full(thing))) = line.waiting.take().map(|thing| line.there.push(thing)) {
            line.waiting = Some(thing);
        }
    }
}

impl<T> Inlet<T> {
    /// Gives whatever was sent since the last call to `exchange`, which returns what it takes the place of. Neither waits
    /// nor frees.
    pub fn take_up(&mut self, mut exchange: impl FnMut(T) -> T) {
        while !self.back.is_full() {
            let Ok(new) = self.here.pop() else { return };
            // There is room: nobody else writes.
            let _room = self.back.push(exchange(new));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_last_of_many_reaches_the_audio_thread_and_all_come_back() {
        let mut outlet = Outlet::default();
        let mut inlet = outlet.connect();
        let mut playing = Arc::new(0);
        for round in 1..4 {
            let mut last = Arc::new(0);
            for step in 0..3 * CAPACITY {
                last = Arc::new(100 * round + step);
                outlet.send(Arc::clone(&last));
            }
            for _ in 0..4 {
                inlet.take_up(|new| std::mem::replace(&mut playing, new));
                outlet.tend();
            }
            assert!(Arc::ptr_eq(&playing, &last));
            // Here and in what plays: no other is left anywhere.
            assert_eq!(Arc::strong_count(&last), 2);
        }
    }
}
