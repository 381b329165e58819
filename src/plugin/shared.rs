//! A thread that all instances of a process share: it starts with the first and is joined when the last one goes, so that
//! a host may unload the library.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Instances that may come or go between two looks of the thread; more wait for their turn.
const QUEUE: usize = 64;

/// What the thread is told.
pub(super) enum Message<T> {
    /// An instance comes: what the thread keeps of it.
    Join(Box<T>),
    /// The instance of this number goes.
    Leave(u64),
}

struct Thread<T> {
    messages: Sender<Message<T>>,
    handle: JoinHandle<()>,
    instances: usize,
    next_id: u64,
}

/// Where a shared thread is found, running or not. It keeps a `T` of each instance.
pub(super) struct Shared<T> {
    name: &'static str,
    run: fn(&Receiver<Message<T>>),
    running: Mutex<Option<Thread<T>>>,
}

/// An instance's place at a shared thread; dropping it leaves, and whoever leaves last waits for the thread. Made and
/// dropped on the main thread.
pub(super) struct Place<T: Send + 'static> {
    shared: &'static Shared<T>,
    /// None where the system granted no thread.
    id: Option<u64>,
}

impl<T: Send + 'static> Shared<T> {
    /// A thread of this name, which runs `run` until its inbox is disconnected.
    pub(super) const fn new(name: &'static str, run: fn(&Receiver<Message<T>>)) -> Self {
        Self { name, run, running: Mutex::new(None) }
    }

    /// Has the thread keep what `instance` makes for a number from now on.
    pub(super) fn join(&'static self, instance: impl FnOnce(u64) -> T) -> Place<T> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = self.start();
        }
        let Some(thread) = running.as_mut() else { return Place { shared: self, id: None } };
        let id = thread.next_id;
        thread.next_id += 1;
        thread.instances += 1;
        let _thread_gone = thread.messages.send(Message::Join(Box::new(instance(id))));
        Place { shared: self, id: Some(id) }
    }

    fn start(&self) -> Option<Thread<T>> {
        let (messages, inbox) = bounded(QUEUE);
        let run = self.run;
        let handle = std::thread::Builder::new().name(self.name.into()).spawn(move || run(&inbox)).ok()?;
        Some(Thread { messages, handle, instances: 0, next_id: 0 })
    }

    /// Instances at the thread; none where it does not run.
    #[cfg(test)]
    pub(super) fn instances(&self) -> Option<usize> {
        self.running.lock().unwrap().as_ref().map(|thread| thread.instances)
    }
}

impl<T: Send + 'static> Drop for Place<T> {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
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
