//! The background thread: one per process, however many instances there are. It empties every instance's sidechain
//! ring, opens the models that its editor asks for, and drops what the audio thread has put aside.
//!
//! It starts with the first instance and is joined when the last one goes, so that a host may unload the library. The
//! framework's own background tasks are not used: their thread ends when a queued task outlives its instance.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::bridge::ListenerHalf;
use crate::params::InstrumentParams;

/// How often the rings are emptied: well within their 0.3 s at the highest rates.
const PERIOD: Duration = Duration::from_millis(20);
/// Instances that may come or go between two looks; more wait for their turn.
const QUEUE: usize = 64;

/// One instance, as the thread sees it.
struct Ear {
    id: u64,
    half: ListenerHalf,
    params: Arc<InstrumentParams>,
}

enum Message {
    Join(Box<Ear>),
    Leave(u64),
}

struct Thread {
    messages: Sender<Message>,
    handle: JoinHandle<()>,
    instances: usize,
    next_id: u64,
}

/// Where a running thread is found.
type Slot = Mutex<Option<Thread>>;

/// The process's thread.
static THREAD: Slot = Mutex::new(None);

/// An instance's place at the background thread; dropping it leaves. Made and dropped on the main thread.
pub(super) struct Subscription {
    slot: &'static Slot,
    id: Option<u64>,
}

impl Subscription {
    /// Has `half` emptied from now on. Where the system grants no thread, the sidechain is dropped and counted as such.
    pub(super) fn new(half: ListenerHalf, params: Arc<InstrumentParams>) -> Self {
        Self::at(&THREAD, half, params)
    }

    fn at(slot: &'static Slot, half: ListenerHalf, params: Arc<InstrumentParams>) -> Self {
        let mut running = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = start();
        }
        let Some(thread) = running.as_mut() else { return Self { slot, id: None } };
        let id = thread.next_id;
        thread.next_id += 1;
        thread.instances += 1;
        let ear = Box::new(Ear { id, half, params });
        let _thread_gone = thread.messages.send(Message::Join(ear));
        Self { slot, id: Some(id) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut running = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut thread) = running.take() else { return };
        let _thread_gone = thread.messages.send(Message::Leave(id));
        thread.instances -= 1;
        if thread.instances > 0 {
            *running = Some(thread);
        } else {
            drop(thread.messages);
            let _panicked = thread.handle.join();
        }
    }
}

fn start() -> Option<Thread> {
    let (messages, inbox) = bounded(QUEUE);
    let handle = std::thread::Builder::new().name("zither-listener".into()).spawn(move || run(&inbox)).ok()?;
    Some(Thread { messages, handle, instances: 0, next_id: 0 })
}

/// Runs until every sender is gone.
fn run(inbox: &Receiver<Message>) {
    let mut ears: Vec<Ear> = Vec::new();
    loop {
        match inbox.recv_timeout(PERIOD) {
            Ok(Message::Join(ear)) => ears.push(*ear),
            Ok(Message::Leave(id)) => ears.retain(|ear| ear.id != id),
            Err(RecvTimeoutError::Timeout) => ears.iter_mut().for_each(attend),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn attend(ear: &mut Ear) {
    ear.half.listen();
    ear.params.kept.transfer.tend();
    ear.params.kept.model.tend();
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::bridge;

    fn wait_for(mut reached: impl FnMut() -> bool) {
        let start = Instant::now();
        while !reached() {
            assert!(start.elapsed() < Duration::from_secs(20), "the background thread never got there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn one_thread_serves_all_instances_in_whatever_order_they_leave_and_ends_with_the_last() {
        let slot: &'static Slot = Box::leak(Box::new(Mutex::new(None)));
        for first_leaves_first in [true, false] {
            let params = Arc::new(InstrumentParams::default());
            let (mut audio_a, screen_a, listener_a) = bridge::halves();
            let (mut audio_b, screen_b, listener_b) = bridge::halves();
            let a = Subscription::at(slot, listener_a, Arc::clone(&params));
            let b = Subscription::at(slot, listener_b, Arc::clone(&params));
            audio_a.rate(48_000.0);
            audio_b.rate(48_000.0);
            audio_a.tap(&[0.5; 480], &[0.5; 480]);
            wait_for(|| screen_a.heard().seconds > 0.0);
            assert_eq!(screen_b.heard().seconds, 0.0);
            let (stays, tap, screen) = if first_leaves_first {
                drop(a);
                (b, &mut audio_b, &screen_b)
            } else {
                drop(b);
                (a, &mut audio_a, &screen_a)
            };
            let before = screen.heard().seconds;
            tap.tap(&[0.5; 480], &[0.5; 480]);
            wait_for(|| screen.heard().seconds > before);
            drop(stays);
            assert!(slot.lock().unwrap().is_none());
        }
    }
}
