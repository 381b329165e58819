//! The first three witnesses: what one thread asked of the heap and of the kernel during a stretch of work.

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

#[cfg(feature = "realtime-sanitizer")]
use super::sanitised::within;
use super::syscalls::{self, Traps};
use crate::allocations::{self, Calls};

/// What the kernel books on a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Page faults that were served from memory.
    pub(crate) minor: u64,
    /// Page faults that had to wait for a disk.
    pub(crate) major: u64,
    /// Switches to another thread because this one waited.
    pub(crate) voluntary: u64,
    /// Switches because the machine had other work.
    pub(crate) involuntary: u64,
}

impl Usage {
    /// All that this thread has had so far.
    fn now() -> Self {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        let arguments = [libc::RUSAGE_THREAD as usize, usage.as_mut_ptr() as usize, 0, 0, 0, 0];
        // SAFETY: the kernel fills the structure, for which all zero is valid as well.
        let usage = unsafe {
            syscalls::call(libc::SYS_getrusage, arguments);
            usage.assume_init()
        };
        let count = |number: libc::c_long| number as u64;
        Self {
            minor: count(usage.ru_minflt),
            major: count(usage.ru_majflt),
            voluntary: count(usage.ru_nvcsw),
            involuntary: count(usage.ru_nivcsw),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            minor: self.minor - before.minor,
            major: self.major - before.major,
            voluntary: self.voluntary - before.voluntary,
            involuntary: self.involuntary - before.involuntary,
        }
    }
}

/// What was seen of one stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Heap calls.
    pub(crate) heap: Calls,
    /// System calls.
    pub(crate) syscalls: Traps,
    /// Page faults and switches.
    pub(crate) usage: Usage,
}

/// A thread that is watched until it ends.
///
/// Where this program is compiled with RealtimeSanitizer, that is the only witness: its runtime asks the heap and the
/// kernel for things of its own.
pub(crate) struct Watch {
    /// It stays on its thread.
    _thread: PhantomData<*const ()>,
}

impl Watch {
    /// Watches the thread that calls. From here on each of its system calls takes a detour of some microseconds.
    ///
    /// # Errors
    /// If the kernel refuses the filter.
    pub(crate) fn this_thread() -> io::Result<Self> {
        if !cfg!(feature = "realtime-sanitizer") {
            syscalls::trap_this_thread()?;
        }
        Ok(Self { _thread: PhantomData })
    }

    /// Does `work` and says what came of it.
    pub(crate) fn over<T>(&self, work: impl FnOnce() -> T) -> (T, Seen) {
        if cfg!(feature = "realtime-sanitizer") {
            return (within(work), Seen::default());
        }
        let before = Usage::now();
        let ((result, heap), syscalls) = syscalls::count(|| allocations::count(work));
        let usage = Usage::now().since(before);
        (result, Seen { heap: heap.unwrap_or_default(), syscalls, usage })
    }
}

#[cfg(not(feature = "realtime-sanitizer"))]
fn within<T>(work: impl FnOnce() -> T) -> T {
    work()
}
