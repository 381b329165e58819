//! The librarian: one background thread per process, however many instances there are. It notes what is done with presets,
//! looks after the library and the ranking, and answers what editors wish for.
//!
//! It starts with the first instance and is joined when the last one goes, as the [listener](super::listener) is and for
//! the same reason; a thread of its own, because it may wait for the disk and for other programs, and listening must not.

mod archive;
mod clerk;
mod past;
mod save;
mod shelves;
mod stacks;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use self::archive::Archive;
use self::clerk::Clerk;
use self::stacks::Stacks;
use crate::bridge::LibrarianHalf;
use crate::params::InstrumentParams;

/// How often all instances are looked after: what is done has its own time, whenever it is noted.
const PERIOD: Duration = Duration::from_millis(100);
/// The same while a list is open, so that a key stroke is answered before the next frame.
const BUSY: Duration = Duration::from_millis(10);
/// Instances that may come or go between two looks; more wait for their turn.
const QUEUE: usize = 64;

enum Message {
    Join(Box<Clerk>),
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

/// An instance's place at the librarian's; dropping it leaves. Made and dropped on the main thread. Who leaves last waits
/// until the history is written, if it can be.
pub(super) struct Membership {
    slot: &'static Slot,
    id: Option<u64>,
}

impl Membership {
    /// Has an instance looked after from now on. Where the system grants no thread, nothing is noted or listed.
    pub(super) fn new(half: LibrarianHalf, params: Arc<InstrumentParams>) -> Self {
        Self::at(&THREAD, half, params)
    }

    fn at(slot: &'static Slot, half: LibrarianHalf, params: Arc<InstrumentParams>) -> Self {
        let mut running = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = start();
        }
        let Some(thread) = running.as_mut() else { return Self { slot, id: None } };
        let id = thread.next_id;
        thread.next_id += 1;
        thread.instances += 1;
        let clerk = Box::new(Clerk::new(id, half, params));
        let _thread_gone = thread.messages.send(Message::Join(clerk));
        Self { slot, id: Some(id) }
    }
}

impl Drop for Membership {
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
    let handle = std::thread::Builder::new().name("zither-librarian".into()).spawn(move || run(&inbox)).ok()?;
    Some(Thread { messages, handle, instances: 0, next_id: 0 })
}

/// Runs until every sender is gone.
fn run(inbox: &Receiver<Message>) {
    let (mut clerks, mut archive, mut stacks) = (Vec::<Clerk>::new(), Archive::default(), Stacks::default());
    let mut pause = PERIOD;
    loop {
        match inbox.recv_timeout(pause) {
            Ok(Message::Join(clerk)) => clerks.push(*clerk),
            Ok(Message::Leave(id)) => {
                let gone = clerks.extract_if(.., |clerk| clerk.id == id);
                gone.for_each(|clerk| clerk.leave(&mut archive, &mut stacks));
            }
            Err(RecvTimeoutError::Timeout) => {
                clerks.iter_mut().for_each(|clerk| clerk.tend(&mut archive, &mut stacks));
                pause = if clerks.iter().any(Clerk::is_asked) { BUSY } else { PERIOD };
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge;

    #[test]
    fn one_thread_serves_all_instances_and_ends_with_the_last() {
        let slot: &'static Slot = Box::leak(Box::new(Mutex::new(None)));
        for first_leaves_first in [true, false] {
            let params = Arc::new(InstrumentParams::default());
            let join = || Membership::at(slot, bridge::halves().1.librarian(), Arc::clone(&params));
            let (a, b) = (join(), join());
            let (first, last) = if first_leaves_first { (a, b) } else { (b, a) };
            drop(first);
            assert_eq!(slot.lock().unwrap().as_ref().map(|thread| thread.instances), Some(1));
            drop(last);
            assert!(slot.lock().unwrap().is_none());
            assert_eq!(Arc::strong_count(&params), 1, "the thread is gone, and all it knew of the instances");
        }
    }
}
