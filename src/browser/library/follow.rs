//! One library for all instances of a process, looked after by one background thread.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{Library, Look, Progress, Scanner};
use crate::browser::folders;

/// How often it is looked for new files.
const PERIOD: Duration = Duration::from_secs(3);

/// The library of the user's presets folder as it is now. All who hold one share it and its thread, which is joined when
/// the last of them goes, so that a host may unload the plugin.
#[derive(Debug)]
pub struct Follower {
    current: Arc<Current>,
    /// Asks for a thorough look.
    ask: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Current {
    library: Mutex<Arc<Library>>,
    complete: AtomicBool,
    progress: Mutex<Arc<Progress>>,
    stop: AtomicBool,
}

/// The library of this user's presets folder, from whoever in this process asked first. Returns at once; what is built in
/// is there within milliseconds, the user's files when they are read.
#[must_use]
pub fn follow() -> Arc<Follower> {
    static SHARED: Mutex<Weak<Follower>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let new = Arc::new(Follower::of(folders::presets(), PERIOD));
        *shared = Arc::downgrade(&new);
        new
    })
}

impl Follower {
    /// Follows one folder. Where the system grants no thread, the library stays empty.
    fn of(root: Option<PathBuf>, period: Duration) -> Self {
        let current = Arc::new(Current::default());
        let (ask, asked) = bounded(1);
        let theirs = Arc::clone(&current);
        let run = move || run(root, period, &theirs, &asked);
        let thread = std::thread::Builder::new().name("zither-library".into()).spawn(run).ok();
        Self { current, ask: Some(ask), thread }
    }

    /// The presets as they were when they were looked at last. Any thread but the audio thread; another
    /// [`Arc`] than before means that something changed.
    #[must_use]
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.current.library.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the user's files were read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.current.complete.load(Ordering::Acquire)
    }

    /// Of the user's files, how many were read, and how many there are, while they are read for the first time.
    #[must_use]
    pub fn progress(&self) -> (u32, u32) {
        let progress = Arc::clone(&self.current.progress.lock().unwrap_or_else(PoisonError::into_inner));
        (progress.read.load(Ordering::Relaxed), progress.files.load(Ordering::Relaxed))
    }

    /// Has the folder looked at now, every file of it: after a file was saved, or where the user wants to be sure.
    pub fn look(&self) {
        // One that waits already is as good.
        let _waits = self.ask.as_ref().map(|ask| ask.try_send(()));
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.current.stop.store(true, Ordering::Release);
        drop(self.ask.take());
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

impl Current {
    fn put(&self, library: Library) {
        *self.library.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(library);
    }
}

/// Runs until the follower goes.
fn run(root: Option<PathBuf>, period: Duration, current: &Current, asked: &Receiver<()>) {
    let mut scanner = Scanner::new(root);
    current.put(scanner.library());
    *current.progress.lock().unwrap_or_else(PoisonError::into_inner) = scanner.progress();
    let go_on = || !current.stop.load(Ordering::Acquire);
    let mut look = Look::Files;
    loop {
        let changed = scanner.look(look, &go_on);
        if !go_on() {
            return;
        }
        if changed {
            current.put(scanner.library());
        }
        current.complete.store(true, Ordering::Release);
        look = match asked.recv_timeout(period) {
            Ok(()) => Look::Files,
            Err(RecvTimeoutError::Timeout) => Look::Folders,
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::tests::{preset, write};
    use super::*;

    /// Waits until the follower's library is as wanted.
    fn wait(follower: &Follower, wanted: impl Fn(&Library) -> bool) {
        let start = Instant::now();
        while !(follower.is_complete() && wanted(&follower.library())) {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing was noticed");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn files_that_come_and_go_are_noticed_and_the_thread_ends_with_its_follower() {
        let room = tempfile::tempdir().unwrap();
        let (root, sound) = (room.path().join("presets"), preset("Glass", 0.1));
        let has = |library: &Library| library.entry(sound.id()).is_some();
        let follower = Follower::of(Some(root.clone()), Duration::from_millis(10));
        wait(&follower, |library| !library.entries().is_empty() && !has(library));
        write(&root, &[("Mine/Glass.zither", sound.clone())]);
        wait(&follower, has);
        assert_eq!(follower.progress(), (1, 0), "the first look found none");
        let before = follower.library();
        std::fs::remove_file(root.join("Mine/Glass.zither")).unwrap();
        wait(&follower, |library| !has(library));
        assert!(has(&before), "who holds a library keeps it");
        let current = Arc::downgrade(&follower.current);
        drop(follower);
        assert!(current.upgrade().is_none(), "the thread has ended");
    }

    #[test]
    fn a_look_that_is_asked_for_does_not_wait_for_the_next_one() {
        let room = tempfile::tempdir().unwrap();
        let follower = Follower::of(Some(room.path().to_owned()), Duration::from_secs(3_600));
        wait(&follower, |_| true);
        let sound = preset("Glass", 0.1);
        write(room.path(), &[("Glass.zither", sound.clone())]);
        follower.look();
        wait(&follower, |library| library.entry(sound.id()).is_some());
        let again = Follower::of(Some(room.path().to_owned()), Duration::from_secs(3_600));
        wait(&again, |library| library.entry(sound.id()).is_some());
        assert_eq!(again.progress(), (1, 1));
    }
}
