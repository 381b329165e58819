//! What the witnesses saw, over all blocks.

use super::syscalls::Trap;
use super::watch::{Seen, Usage};
use crate::allocations::Calls;

/// The sum over many blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Blocks that were judged.
    pub(crate) blocks: u64,
    heap: Calls,
    syscalls: u64,
    usage: Usage,
    /// Blocks in which the kernel itself kept the thread waiting; see [`kernel_waited`].
    moved: u64,
    /// The first block, counted from 0, in which a witness saw something.
    first_heap: Option<u64>,
    first_trap: Option<(u64, Trap)>,
    first_fault: Option<u64>,
    first_wait: Option<u64>,
}

impl Tally {
    /// Adds what was seen of block `block`.
    pub(crate) fn add(&mut self, block: u64, seen: &Seen) {
        self.blocks += 1;
        if kernel_waited(seen) {
            self.moved += 1;
            return;
        }
        self.heap.allocations += seen.heap.allocations;
        self.heap.frees += seen.heap.frees;
        self.syscalls += seen.syscalls.count;
        self.usage.minor += seen.usage.minor;
        self.usage.major += seen.usage.major;
        self.usage.voluntary += seen.usage.voluntary;
        self.usage.involuntary += seen.usage.involuntary;
        let first = |slot: &mut Option<u64>, happened: bool| *slot = slot.or(happened.then_some(block));
        first(&mut self.first_heap, seen.heap != Calls::default());
        first(&mut self.first_fault, seen.usage.minor + seen.usage.major > 0);
        first(&mut self.first_wait, seen.usage.voluntary > 0);
        self.first_trap = self.first_trap.or(seen.syscalls.first.map(|trap| (block, trap)));
    }

    /// One line for each witness.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Usage { minor, major, voluntary, involuntary } = self.usage;
        vec![
            format!("[rt:heap] allocations={} frees={}", self.heap.allocations, self.heap.frees),
            format!("[rt:syscalls] count={}", self.syscalls),
            format!(
                "[rt:faults] minor={minor} major={major} voluntary={voluntary} involuntary={involuntary} moved={}",
                self.moved
            ),
        ]
    }

    /// What must not be, each with the witness's name first; empty if all is well.
    pub(crate) fn faults(&self) -> Vec<String> {
        let heap = self.first_heap.map(|block| {
            format!("heap: the callback calls it, first in block {block}; make what it needs in Engine::new or off the thread")
        });
        let syscalls = self.first_trap.map(|(block, trap)| {
            format!("syscalls: the callback calls the kernel, first in block {block}: {trap}; hand such work to the listener thread")
        });
        let faults = self.first_fault.map(|block| {
            format!(
                "faults: the callback touches memory that is not there, first in block {block}; touch it at activation"
            )
        });
        let waits = self.first_wait.map(|block| {
            format!("faults: the callback waits, first in block {block}; pass values through atomics or rings")
        });
        let moved = (self.moved * MOVED_EVERY > self.blocks + MOVED_EVERY).then(|| {
            format!(
                "faults: the thread waited for the kernel in {} blocks; run on a machine with more free memory",
                self.moved
            )
        });
        [heap, syscalls, faults, waits, moved].into_iter().flatten().collect()
    }
}

/// The kernel may keep the thread waiting once, and once more in so many blocks.
const MOVED_EVERY: u64 = 100_000;

/// A thread that waited though it asked the kernel for nothing and nothing came from a disk: the kernel is moving a page
/// of its memory just then (compaction, where free memory is scarce), for which no program is to blame. What a program
/// touches for the first time is given to it without a wait.
fn kernel_waited(seen: &Seen) -> bool {
    seen.heap == Calls::default() && seen.syscalls.count == 0 && seen.usage.voluntary > 0 && seen.usage.major == 0
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::super::watch::Watch;
    use super::*;

    /// Ten blocks of `work`, which is told the block's number, on a watched thread of its own.
    fn trial(mut work: impl FnMut(u64) + Send) -> Tally {
        let watched = || {
            let watch = Watch::this_thread().expect("the kernel grants the filter");
            let mut tally = Tally::default();
            for block in 0..10 {
                let ((), seen) = watch.over(|| work(block));
                tally.add(block, &seen);
            }
            tally
        };
        std::thread::scope(|scope| scope.spawn(watched).join().expect("the thread ends"))
    }

    /// Does `fault` in block 7 and expects this witness to say so, and to be the first that does.
    fn planted(witness: &str, mut fault: impl FnMut() + Send) -> Tally {
        let tally = trial(|block| {
            if block == 7 {
                fault()
            }
        });
        let faults = tally.faults();
        assert!(faults.first().is_some_and(|first| first.starts_with(witness)), "{witness}: {faults:?}");
        assert!(faults[0].contains("first in block 7"), "{faults:?}");
        tally
    }

    fn busy(block: u64) {
        std::hint::black_box((0..1_000 + block).map(|step| step as f32).sum::<f32>());
    }

    #[test]
    fn work_that_asks_for_nothing_passes() {
        let tally = trial(busy);
        assert_eq!((tally.faults(), tally.blocks), (Vec::new(), 10));
        assert_eq!(tally.lines()[..2], ["[rt:heap] allocations=0 frees=0", "[rt:syscalls] count=0"]);
        assert!(tally.lines()[2].starts_with("[rt:faults] minor=0 major=0 voluntary=0 involuntary="));
    }

    #[test]
    fn a_wait_without_a_system_call_is_the_kernels_unless_there_are_many() {
        let usage = Usage { minor: 1, voluntary: 1, ..Usage::default() };
        let mut tally = Tally::default();
        tally.add(0, &Seen { usage, ..Seen::default() });
        assert!(tally.faults().is_empty() && tally.lines()[2].ends_with("moved=1"), "{:?}", tally.lines());
        tally.add(1, &Seen { usage, ..Seen::default() });
        assert!(tally.faults()[0].contains("2 blocks"), "{:?}", tally.faults());
        let mut first_touch = Tally::default();
        first_touch.add(0, &Seen { usage: Usage { minor: 1, ..Usage::default() }, ..Seen::default() });
        assert!(first_touch.faults()[0].contains("first in block 0"));
    }

    #[test]
    fn a_planted_allocation_is_seen() {
        let tally = planted("heap", || drop(std::hint::black_box(vec![0_u8; 100])));
        assert_eq!(tally.heap, Calls { allocations: 1, frees: 1 });
    }

    #[test]
    fn a_planted_lock_that_waits_is_seen() {
        let (lock, held) = (Mutex::new(()), std::sync::Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let guard = lock.lock().unwrap();
                held.wait();
                std::thread::sleep(Duration::from_millis(100));
                drop(guard);
            });
            held.wait();
            let tally = planted("syscalls", || drop(std::hint::black_box(lock.lock().unwrap())));
            assert_eq!(tally.first_trap.map(|(_, trap)| trap.number), Some(libc::SYS_futex));
            assert!(tally.faults()[0].contains("futex"), "{:?}", tally.faults());
            assert!(tally.usage.voluntary > 0 && tally.first_wait == Some(7));
        });
    }

    #[test]
    fn a_planted_sleep_is_seen() {
        let tally = planted("syscalls", || std::thread::sleep(Duration::from_millis(1)));
        assert!(tally.faults()[0].contains("nanosleep"), "{:?}", tally.faults());
        assert!(tally.usage.voluntary > 0 && tally.first_wait == Some(7));
    }

    #[test]
    fn a_planted_raw_system_call_is_seen_and_carried_out() {
        let mut process = 0;
        // SAFETY: the call has no arguments and no effect.
        let tally = planted("syscalls", || process = unsafe { libc::syscall(libc::SYS_getpid) });
        assert_eq!((tally.syscalls, process), (1, i64::from(std::process::id())));
        assert!(tally.faults()[0].contains("getpid at /"), "{:?}", tally.faults());
    }

    #[test]
    fn a_planted_yield_is_seen_though_it_waits_for_nobody() {
        let tally = planted("syscalls", std::thread::yield_now);
        assert!(tally.faults()[0].contains("sched_yield"), "{:?}", tally.faults());
    }

    #[test]
    fn a_planted_touch_of_new_memory_is_seen() {
        let length = 1 << 16;
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping wherever the kernel likes.
        let fresh = unsafe { libc::mmap(null_mut(), length, access, kind, -1, 0) };
        assert_ne!(fresh, libc::MAP_FAILED);
        let first = std::sync::atomic::AtomicPtr::new(fresh.cast::<u8>());
        let tally = planted("faults", || {
            let first = first.load(std::sync::atomic::Ordering::Relaxed);
            // SAFETY: the mapping's first byte, which nobody else uses.
            unsafe { first.write_volatile(1) }
        });
        assert_eq!((tally.usage.minor, tally.usage.major), (1, 0));
        // SAFETY: mapped above, and no longer used.
        unsafe { libc::munmap(fresh, length) };
    }
}
