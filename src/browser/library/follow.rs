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
    /// The user has stopped the first reading.
    halted: AtomicBool,
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
        Self::from(Current::default(), root, period)
    }

    fn from(current: Current, root: Option<PathBuf>, period: Duration) -> Self {
        let current = Arc::new(current);
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

    /// Has the first reading end with the file that it is at. What was read is there; [`Follower::look`] reads on.
    pub fn halt(&self) {
        if !self.is_complete() {
            self.current.halted.store(true, Ordering::Release);
        }
    }

    /// Whether it was ended so.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.current.halted.load(Ordering::Acquire)
    }

    /// Has the folder looked at now, every file of it: after a file was saved, or where the user wants to be sure.
    pub fn look(&self) {
        self.current.halted.store(false, Ordering::Release);
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
    let is_set = |flag: &AtomicBool| flag.load(Ordering::Acquire);
    let go_on = || !is_set(&current.stop) && !is_set(&current.halted);
    let mut look = Look::Files;
    loop {
        let changed = scanner.look(look, &go_on);
        if is_set(&current.stop) {
            return;
        }
        let is_halted = is_set(&current.halted);
        if changed || is_halted {
            current.put(scanner.library());
        }
        current.complete.store(!is_halted, Ordering::Release);
        let next = if is_halted { asked.recv().map_err(Into::into) } else { asked.recv_timeout(period) };
        look = match next {
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

    #[test]
    fn a_first_reading_that_was_stopped_waits_until_it_is_asked_to_read_on() {
        let room = tempfile::tempdir().unwrap();
        write(room.path(), &[("a.zither", preset("a", 0.1)), ("b.zither", preset("b", 0.2))]);
        let halted = Current { halted: true.into(), ..Current::default() };
        let follower = Follower::from(halted, Some(room.path().to_owned()), Duration::from_millis(1));
        let own = || follower.library().entries().iter().filter(|entry| !entry.is_factory()).count();
        std::thread::sleep(Duration::from_millis(50));
        assert!(follower.is_halted() && !follower.is_complete() && own() == 0);
        follower.look();
        let begin = Instant::now();
        while !follower.is_complete() {
            assert!(begin.elapsed() < Duration::from_secs(60), "it was never read");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!((own(), follower.is_halted()), (2, false));
        follower.halt();
        assert!(!follower.is_halted(), "there is nothing left to be stopped");
    }

    #[test]
    fn a_reading_that_ends_early_keeps_what_was_read_and_no_file_is_read_twice() {
        let room = tempfile::tempdir().unwrap();
        let presets: Vec<_> = (0..60)
            .map(|number| (format!("{}/{number}.zither", number % 3), preset("x", number as f32 / 100.0)))
            .collect();
        write(room.path(), &presets.iter().map(|(file, preset)| (file.as_str(), preset.clone())).collect::<Vec<_>>());
        let mut scanner = Scanner::new(Some(room.path().to_owned()));
        let left = std::cell::Cell::new(30);
        let go_on = || {
            left.set(left.get() - 1);
            left.get() > 0
        };
        let own =
            |scanner: &mut Scanner| scanner.library().entries().iter().filter(|entry| !entry.is_factory()).count();
        scanner.look(Look::Files, &go_on);
        let read = own(&mut scanner);
        assert!(read > 0 && read < 60, "{read}");
        scanner.look(Look::Files, &|| true);
        assert_eq!((own(&mut scanner), scanner.progress().read.load(Ordering::Relaxed)), (60, 60));
    }
}
