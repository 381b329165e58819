//! The librarian: one background thread per process, however many instances there are. It notes what is done with presets,
//! looks after the library and the ranking, and answers what editors wish for.
//!
//! A thread of its own beside the [listener](super::listener), because it may wait for the disk and for other programs, and
//! listening must not.

mod archive;
mod clerk;
mod errands;
mod household;
mod level;
mod made;
mod past;
mod porter;
mod save;
mod shelves;
mod stacks;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use self::archive::Archive;
use self::clerk::Clerk;
use self::household::Household;
use self::stacks::Stacks;
use super::shared::{Message, Place, Shared};
use crate::bridge::LibrarianHalf;
use crate::params::InstrumentParams;

/// How often all instances are looked after. What is done has its own time, whenever it is noted, but a list that opens
/// waits for this.
const PERIOD: Duration = Duration::from_millis(40);
/// The same while a list is open, so that a key stroke is answered before the next frame.
const BUSY: Duration = Duration::from_millis(10);
/// The process's thread.
static THREAD: Shared<Clerk> = Shared::new("zither-librarian", run);

/// An instance's place at the librarian's. Who leaves last waits until the history is written, if it can be.
pub(super) type Membership = Place<Clerk>;

/// Has an instance looked after from now on. Where the system grants no thread, nothing is noted or listed.
pub(super) fn look_after(half: LibrarianHalf, params: Arc<InstrumentParams>) -> Membership {
    join(&THREAD, half, params)
}

fn join(thread: &'static Shared<Clerk>, half: LibrarianHalf, params: Arc<InstrumentParams>) -> Membership {
    thread.join(|id| Clerk::new(id, half, params))
}

/// Runs until every sender is gone.
fn run(inbox: &Receiver<Message<Clerk>>) {
    let (mut clerks, mut archive, mut stacks) = (Vec::<Clerk>::new(), Archive::default(), Stacks::default());
    let mut household = Household::of_user();
    let mut pause = PERIOD;
    loop {
        match inbox.recv_timeout(pause) {
            Ok(Message::Join(clerk)) => {
                clerk.tell(&household);
                clerks.push(*clerk);
            }
            Ok(Message::Leave(id)) => {
                let gone = clerks.extract_if(.., |clerk| clerk.id == id);
                gone.for_each(|clerk| clerk.leave(&mut archive, &mut stacks, &mut household));
            }
            Err(RecvTimeoutError::Timeout) => {
                clerks.iter_mut().for_each(|clerk| clerk.tend(&mut archive, &mut stacks, &mut household));
                pause = if clerks.iter().any(Clerk::is_asked) { BUSY } else { PERIOD };
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
