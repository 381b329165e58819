//! The time that the processor has spent on this thread: other work on the machine is left out. Included by whatever
//! measures.

use std::time::Duration;

/// CPU time of this thread since it began.
#[cfg(unix)]
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for the one write that the call makes.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(answer, 0, "every POSIX system has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The time of day where the system has no clock per thread: an upper bound.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
