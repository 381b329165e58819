//! The thread that writes: one per process and database, however many instances there are. It starts with the first
//! [`History`](super::History) and is joined when the last one goes, so that a host may unload the library.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::store::{Change, Store};
use super::{HistoryError, file};

/// Messages on their way to the thread: as many as come while it waits for the disk.
const QUEUE: usize = 4096;
/// Most changes that wait in memory while the disk takes none: some 5 MB, and days of use.
const MAX_WAITING: usize = 50_000;
/// Most changes of one transaction, so that other programs wait no longer than a few milliseconds.
const BATCH: usize = 512;
/// How long others are waited for at once. Then the queue is emptied and it is tried again, for as long as it takes.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long to pause after a failure: after the first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(10));

/// Most databases that are set aside: a disk that damages each new file gets no more.
const MAX_SET_ASIDE: usize = 3;

/// How long nothing has to come before the log is moved to the database and onto the disk.
const IDLE: Duration = Duration::from_secs(2);

/// What is told to the thread.
pub(super) enum Message {
    /// To be written.
    Change(Change),
    /// Asks whether all that came before is written.
    Flush(Sender<bool>),
}

/// How writing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Changes that wait for the disk.
    pub waiting: usize,
    /// Changes that found no room and are lost, in this process.
    pub lost: u64,
    /// Whether the history records events; none until the database is open.
    pub recording: Option<bool>,
    /// Why nothing can be written at the moment.
    pub fault: Option<String>,
    /// Where a damaged database was moved.
    pub set_aside: Option<PathBuf>,
}

/// What the thread and those who send to it both know.
#[derive(Default)]
pub(super) struct Shared {
    waiting: AtomicUsize,
    lost: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    recording: Option<bool>,
    fault: Option<String>,
    set_aside: Option<PathBuf>,
    salt: Option<[u8; 16]>,
}

impl Shared {
    pub(super) fn lose(&self, changes: u64) {
        self.lost.fetch_add(changes, Ordering::Relaxed);
    }

    pub(super) fn salt(&self) -> Option<[u8; 16]> {
        self.told().salt
    }

    pub(super) fn status(&self) -> Status {
        let told = self.told();
        Status {
            waiting: self.waiting.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            recording: told.recording,
            fault: told.fault.clone(),
            set_aside: told.set_aside.clone(),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Thread {
    path: PathBuf,
    changes: Sender<Message>,
    shared: Arc<Shared>,
    handle: JoinHandle<()>,
    users: usize,
}

/// The process's threads: one, but where tests and commands write to several databases.
static THREADS: Mutex<Vec<Thread>> = Mutex::new(Vec::new());

/// A way to the thread of this database, which is started for the first who asks. Where the system grants none, all that
/// is sent is lost and counted as such.
pub(super) fn join(path: &Path) -> (Sender<Message>, Arc<Shared>) {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(thread) = threads.iter_mut().find(|thread| thread.path == path) {
        thread.users += 1;
        return (thread.changes.clone(), Arc::clone(&thread.shared));
    }
    let (changes, inbox) = bounded(QUEUE);
    let shared = Arc::<Shared>::default();
    let mut desk = Desk::new(path, Arc::clone(&shared));
    let started = std::thread::Builder::new().name("zither-history".into()).spawn(move || desk.run(&inbox));
    match started {
        Ok(handle) => {
            let (changes, shared) = (changes.clone(), Arc::clone(&shared));
            threads.push(Thread { path: path.to_owned(), changes, shared, handle, users: 1 });
        }
        Err(error) => shared.told().fault = Some(format!("the system grants no thread: {error}")),
    }
    (changes, shared)
}

/// One less sends to this database's thread. The last waits for what is still to be written, if it can be.
pub(super) fn leave(path: &Path) {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(at) = threads.iter().position(|thread| thread.path == path) else { return };
    threads[at].users -= 1;
    if threads[at].users == 0 {
        let thread = threads.swap_remove(at);
        drop(thread.changes);
        let _panicked = thread.handle.join();
    }
}

/// What the thread has before it.
struct Desk {
    path: PathBuf,
    shared: Arc<Shared>,
    store: Option<Store>,
    waiting: VecDeque<Change>,
    /// Of [`Shared::lost`], what the database was told.
    told_lost: u64,
    flushes: Vec<Sender<bool>>,
    /// How many damaged databases were set aside.
    set_aside: usize,
    /// Whether anything was written since the log was moved last.
    unsettled: bool,
    /// When to try again after a failure, and the pause before that.
    again: Option<(Instant, Duration)>,
}

impl Desk {
    fn new(path: &Path, shared: Arc<Shared>) -> Self {
        Self {
            path: path.to_owned(),
            shared,
            store: None,
            waiting: VecDeque::new(),
            told_lost: 0,
            flushes: Vec::new(),
            set_aside: 0,
            unsettled: false,
            again: None,
        }
    }

    /// Runs until every sender is gone; then tries once more.
    fn run(&mut self, inbox: &Receiver<Message>) {
        self.write();
        loop {
            match inbox.recv_timeout(self.pause()) {
                Ok(message) => {
                    self.take(message);
                    inbox.try_iter().take(QUEUE).for_each(|message| self.take(message));
                }
                Err(RecvTimeoutError::Timeout) if self.again.is_none() => {
                    self.settle();
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    if !self.waiting.is_empty() {
                        self.write();
                    }
                    return;
                }
            }
            if !self.flushes.is_empty() || self.again.is_none_or(|(at, _)| at <= Instant::now()) {
                self.write();
            }
        }
    }

    /// How long to wait for messages.
    fn pause(&self) -> Duration {
        match self.again {
            Some((at, _)) => at.saturating_duration_since(Instant::now()),
            None if self.unsettled => IDLE,
            None => Duration::MAX,
        }
    }

    /// In an idle moment: leaves a short log for the next who opens the database.
    fn settle(&mut self) {
        if let Some(store) = &mut self.store {
            // What goes wrong here is told when something is to be written.
            self.unsettled = store.settle().is_err();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Change(change) if self.waiting.len() < MAX_WAITING => self.waiting.push_back(change),
            Message::Change(_) => self.shared.lose(1),
            Message::Flush(answer) => self.flushes.push(answer),
        }
        self.shared.waiting.store(self.waiting.len(), Ordering::Relaxed);
    }

    /// Writes all that waits, or arranges for another try.
    fn write(&mut self) {
        let done = self.attempt();
        match &done {
            Ok(()) => self.again = None,
            Err(error) => {
                let longer = self.again.map_or(PAUSE.0, |(_, pause)| 2 * pause);
                // A full disk is not freed as soon as a lock.
                let pause = if matches!(error, HistoryError::Busy { .. }) { PAUSE.0 } else { longer.min(PAUSE.1) };
                self.again = Some((Instant::now() + pause, pause));
            }
        }
        self.shared.waiting.store(self.waiting.len(), Ordering::Relaxed);
        self.shared.told().fault = done.as_ref().err().map(ToString::to_string);
        // Who holds the database lets it go again; those who asked know how long they want to wait for that.
        if !matches!(done, Err(HistoryError::Busy { .. })) {
            for answer in self.flushes.drain(..) {
                let _gone = answer.send(done.is_ok());
            }
        }
    }

    /// Writes all that waits; where the file is found damaged or gone, into another.
    fn attempt(&mut self) -> Result<(), HistoryError> {
        let mut renewed = false;
        loop {
            match self.batch() {
                Ok(()) if self.waiting.is_empty() => return Ok(()),
                Ok(()) => {}
                Err(busy @ HistoryError::Busy { .. }) => return Err(busy),
                Err(error) => {
                    self.store = None;
                    if renewed || !self.renew(&error)? {
                        return Err(error);
                    }
                    renewed = true;
                }
            }
        }
    }

    /// Whether there is another file to write to after this error.
    fn renew(&mut self, error: &HistoryError) -> Result<bool, HistoryError> {
        match error {
            // Begun anew by somebody else, or moved away by the user.
            HistoryError::Moved { .. } => Ok(true),
            HistoryError::Damaged { path, .. } if self.set_aside < MAX_SET_ASIDE => {
                // Where it is whole after all, somebody else has put it aside first.
                if let Some(aside) = file::put_aside(path, PATIENCE)? {
                    self.set_aside += 1;
                    self.shared.told().set_aside = Some(aside);
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Writes the first of what waits.
    fn batch(&mut self) -> Result<(), HistoryError> {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let store = match &mut self.store {
            Some(store) => store,
            None => self.store.insert(self.open()?),
        };
        let length = self.waiting.len().min(BATCH);
        let changes = &self.waiting.make_contiguous()[..length];
        let recording = store.write(changes, lost - self.told_lost)?;
        self.waiting.drain(..length);
        self.unsettled |= length > 0;
        self.told_lost = lost;
        self.shared.told().recording = Some(recording);
        Ok(())
    }

    fn open(&self) -> Result<Store, HistoryError> {
        let mut store = Store::open(&self.path, PATIENCE)?;
        store.verify()?;
        self.shared.told().salt = Some(store.salt()?);
        Ok(store)
    }
}

#[cfg(test)]
mod tests;
