//! The part of this program that exists only where it is compiled with RealtimeSanitizer. Its runtime stands between
//! the bundle and the C library, and ends the program at the first call that may wait, made where [`within`] says that
//! nothing may.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::watch::Watch;
use crate::rtproof::Options;
use crate::workspace::Workspace;

/// What the sanitised program is to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The bundle to play; without it, something that the sanitizer must see.
    bundle: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

unsafe extern "C" {
    fn __rtsan_realtime_enter();
    fn __rtsan_realtime_exit();
}

/// Does `work` where nothing may wait.
pub(super) fn within<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: the two calls count up and down a number of this thread.
    unsafe { __rtsan_realtime_enter() };
    let result = work();
    // SAFETY: as above.
    unsafe { __rtsan_realtime_exit() };
    result
}

/// Plays; comes back only if nothing was seen.
///
/// # Errors
/// If the bundle does not load or play, or what was planted was not seen.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.bundle {
        Some(bundle) => super::run(workspace, bundle, &arguments.options),
        None => planted(),
    }
}

/// Takes a free lock, which the other witnesses cannot see.
fn planted() -> Result<()> {
    let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
    let watch = Watch::this_thread()?;
    // SAFETY: the lock is valid, and is given back by the thread that took it.
    watch.over(|| unsafe {
        libc::pthread_mutex_lock(&raw mut lock);
        libc::pthread_mutex_unlock(&raw mut lock)
    });
    bail!("the sanitizer did not see a lock that was taken")
}
