//! The background thread: one per process, however many instances there are. It listens to every instance's streams with
//! the user's rights index, writes ledgers, opens the models that editors ask for, and drops what audio threads have put
//! aside.
//!
//! The framework's own background tasks are not used: their thread ends when a queued task outlives its instance.

mod clock;
mod ear;
mod journal;
mod library;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use self::ear::Ear;
use self::library::Library;
use super::shared::{Message, Place, Shared};
use crate::bridge::ListenerHalf;
use crate::params::InstrumentParams;

/// How often the rings are emptied: well within their 0.3 s at the highest rates.
const PERIOD: Duration = Duration::from_millis(20);
/// The process's thread.
static THREAD: Shared<Ear> = Shared::new("zither-listener", run);

/// An instance's place at the background thread.
pub(super) type Subscription = Place<Ear>;

/// Has `half` listened to from now on. Where the system grants no thread, all sound is lost and counted as such.
pub(super) fn listen(half: ListenerHalf, params: Arc<InstrumentParams>) -> Subscription {
    join(&THREAD, half, params)
}

fn join(thread: &'static Shared<Ear>, half: ListenerHalf, params: Arc<InstrumentParams>) -> Subscription {
    thread.join(|id| Ear::new(id, half, params))
}

/// Runs until every sender is gone.
fn run(inbox: &Receiver<Message<Ear>>) {
    step_back();
    let (mut ears, mut library): (Vec<Ear>, _) = (Vec::new(), Library::default());
    let mut pause = PERIOD;
    loop {
        match inbox.recv_timeout(pause) {
            Ok(Message::Join(ear)) => {
                ear.tell_index(library.view());
                ears.push(*ear);
            }
            Ok(Message::Leave(id)) => {
                ears.iter_mut().filter(|ear| ear.id == id).for_each(|ear| ear.leave(&mut library));
                ears.retain(|ear| ear.id != id);
            }
            Err(RecvTimeoutError::Timeout) => pause = attend(&mut ears, &mut library),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Listens to all in turn until nothing waits or the time is up; how long to pause then.
fn attend(ears: &mut [Ear], library: &mut Library) -> Duration {
    // Before the index, which may take long: a window waits for it.
    ears.iter().for_each(Ear::open_model);
    if ears.iter().any(Ear::needs_index) {
        library.look(&mut |view| ears.iter().for_each(|ear| ear.tell_index(view)));
    }
    let start = Instant::now();
    let mut busy = true;
    while busy && start.elapsed() < PERIOD {
        busy = ears.iter_mut().fold(false, |busy, ear| ear.turn(library, false) | busy);
    }
    ears.iter_mut().for_each(Ear::tend);
    if busy { Duration::ZERO } else { PERIOD }
}

/// Gives all else precedence: the sound, the host, the editor.
#[cfg(target_os = "linux")]
fn step_back() {
    /// Niceness, 0 (as all) to 19.
    const NICENESS: libc::c_int = 10;
    // SAFETY: the call takes plain numbers; 0 is the calling thread, of which Linux keeps the niceness apart.
    let _refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{self, Stream};
    use crate::browser::folders;
    use crate::plugin::home::is_at_home;
    use crate::rights::index::Builder;
    use crate::rights::ledger::{self, Event};

    fn wait_for(mut reached: impl FnMut() -> bool) {
        let start = Instant::now();
        while !reached() {
            assert!(start.elapsed() < Duration::from_secs(20), "the background thread never got there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_model_that_an_open_editor_shows_is_opened_by_this_thread() {
        let thread: &'static Shared<Ear> = Box::leak(Box::new(Shared::new("test", run)));
        let (_audio, screen, listener) = bridge::halves();
        let params = Arc::new(InstrumentParams::default());
        let place = join(thread, listener, Arc::clone(&params));
        screen.set_open(true);
        wait_for(|| params.kept.model.opened().is_some());
        assert!(!screen.is_alone());
        drop(place);
        assert!(screen.is_alone());
    }

    #[test]
    fn one_thread_serves_all_instances_in_whatever_order_they_leave_and_ends_with_the_last() {
        let thread: &'static Shared<Ear> = Box::leak(Box::new(Shared::new("test", run)));
        for first_leaves_first in [true, false] {
            let params = Arc::new(InstrumentParams::default());
            let (mut audio_a, screen_a, listener_a) = bridge::halves();
            let (mut audio_b, screen_b, listener_b) = bridge::halves();
            let a = join(thread, listener_a, Arc::clone(&params));
            let b = join(thread, listener_b, Arc::clone(&params));
            audio_a.rate(48_000.0);
            audio_b.rate(48_000.0);
            audio_a.tap(Stream::Sidechain, &[0.5; 480], &[0.5; 480]);
            wait_for(|| screen_a.heard(Stream::Sidechain).sounding_seconds > 0.0);
            assert_eq!(screen_b.heard(Stream::Sidechain).sounding_seconds, 0.0);
            let (stays, tap, screen) = if first_leaves_first {
                drop(a);
                (b, &mut audio_b, &screen_b)
            } else {
                drop(b);
                (a, &mut audio_a, &screen_a)
            };
            let before = screen.heard(Stream::Sidechain).sounding_seconds;
            tap.tap(Stream::Sidechain, &[0.5; 480], &[0.5; 480]);
            wait_for(|| screen.heard(Stream::Sidechain).sounding_seconds > before);
            drop(stays);
            assert_eq!(thread.instances(), None);
        }
    }

    #[test]
    fn what_was_heard_for_a_moment_only_stands_in_the_ledger_of_the_instance() {
        const NAME: &str =
            "plugin::listener::tests::what_was_heard_for_a_moment_only_stands_in_the_ledger_of_the_instance";
        let room = tempfile::tempdir().unwrap();
        if !is_at_home(NAME, room.path()) {
            return;
        }
        Builder::create(&folders::rights().unwrap().join(folders::INDEX)).unwrap().finish().unwrap();
        let thread: &'static Shared<Ear> = Box::leak(Box::new(Shared::new("test", run)));
        let params = Arc::new(InstrumentParams::default());
        let (mut audio, screen, listener) = bridge::halves();
        let place = join(thread, listener, Arc::clone(&params));
        audio.rate(48_000.0);
        audio.tap(Stream::Sidechain, &[0.5; 4_800], &[0.5; 4_800]);
        wait_for(|| screen.heard(Stream::Sidechain).sounding_seconds > 0.0);
        drop(place);
        let mut covered = 0.0;
        let ledger = folders::ledgers().unwrap().join(format!("{}.jsonl", params.kept.project.id()));
        ledger::read(&ledger, |_, row| match row.event {
            Event::Coverage(coverage) => covered += coverage.project_time.seconds(),
            Event::Session(session) => assert!(!session.index.digest.is_empty()),
            _ => {}
        })
        .unwrap();
        assert!((covered - 0.1).abs() < 1e-6, "{covered} s");
    }
}
