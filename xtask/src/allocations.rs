//! Counts what the heap is asked for on the audio thread, in this program and in every library that it loads.
//!
//! On Linux with glibc this program defines `malloc` and its kin itself. The dynamic linker finds the program's
//! symbols first, so a plugin loaded with `dlopen` allocates through them as well; each forwards to glibc. The count
//! is one per thread and runs only while [`count`] runs. Where this program is compiled with RealtimeSanitizer, that
//! defines these functions, and nothing is counted.

/// Calls of the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// `malloc`, `calloc`, `realloc`, `posix_memalign`, `aligned_alloc`.
    pub(crate) allocations: u64,
    /// `free` of something.
    pub(crate) frees: u64,
}

/// Runs `work` and counts the heap calls that this thread makes meanwhile; `None` where they cannot be seen.
pub(crate) fn count<T>(work: impl FnOnce() -> T) -> (T, Option<Calls>) {
    imp::count(work)
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "realtime-sanitizer")))]
mod imp {
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};

    use super::Calls;

    thread_local! {
        // `const` and without a destructor: reaching it never allocates.
        static CALLS: Cell<Option<Calls>> = const { Cell::new(None) };
    }

    pub(super) fn count<T>(work: impl FnOnce() -> T) -> (T, Option<Calls>) {
        CALLS.set(Some(Calls::default()));
        let result = work();
        (result, CALLS.take())
    }

    fn note(add: impl FnOnce(&mut Calls)) {
        if let Some(mut calls) = CALLS.get() {
            add(&mut calls);
            CALLS.set(Some(calls));
        }
    }

    unsafe extern "C" {
        fn __libc_malloc(size: usize) -> *mut c_void;
        fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
        fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
        fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
        fn __libc_free(block: *mut c_void);
    }

    // SAFETY (all of the exports below): they take the place of the C functions of the same name and signature, and
    // forward to glibc's own under the contract that the caller keeps with those.

    // SAFETY: see above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
        note(|calls| calls.allocations += 1);
        // SAFETY: see above.
        unsafe { __libc_malloc(size) }
    }

    // SAFETY: see above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
        note(|calls| calls.allocations += 1);
        // SAFETY: see above.
        unsafe { __libc_calloc(count, size) }
    }

    // SAFETY: see above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
        note(|calls| calls.allocations += 1);
        // SAFETY: see above.
        unsafe { __libc_realloc(block, size) }
    }

    // SAFETY: see above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
        note(|calls| calls.allocations += 1);
        // SAFETY: see above.
        unsafe { __libc_memalign(alignment, size) }
    }

    // SAFETY: see above; `result` is valid for a write by that contract.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn posix_memalign(result: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
        note(|calls| calls.allocations += 1);
        if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<*mut c_void>()) {
            return libc::EINVAL;
        }
        // SAFETY: see above.
        let block = unsafe { __libc_memalign(alignment, size) };
        if block.is_null() {
            return libc::ENOMEM;
        }
        // SAFETY: see above.
        unsafe { result.write(block) };
        0
    }

    // SAFETY: see above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(block: *mut c_void) {
        if !block.is_null() {
            note(|calls| calls.frees += 1);
        }
        // SAFETY: see above.
        unsafe { __libc_free(block) }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(feature = "realtime-sanitizer"))))]
mod imp {
    use super::Calls;

    pub(super) fn count<T>(work: impl FnOnce() -> T) -> (T, Option<Calls>) {
        (work(), None)
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu", not(feature = "realtime-sanitizer")))]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_is_counted_and_so_is_its_end() {
        let (_, calls) = count(|| drop(std::hint::black_box(vec![0_u8; 100])));
        assert_eq!(calls, Some(Calls { allocations: 1, frees: 1 }));
    }

    #[test]
    fn work_without_the_heap_counts_nothing() {
        let (sum, calls) = count(|| (0..100_u64).map(std::hint::black_box).sum::<u64>());
        assert_eq!((sum, calls), (4950, Some(Calls::default())));
    }

    #[test]
    fn what_a_shared_library_allocates_is_counted_as_well() {
        // strdup lies in the C library, which calls malloc through the dynamic linker as a plugin does.
        let (copy, calls) = count(|| {
            // SAFETY: the argument is a C string.
            unsafe { libc::strdup(c"a string".as_ptr()) }
        });
        assert_eq!(calls.map(|calls| calls.allocations), Some(1));
        // SAFETY: strdup's result is freed once.
        unsafe { libc::free(copy.cast()) };
    }

    #[test]
    fn aligned_blocks_are_aligned_and_counted() {
        let layout = std::alloc::Layout::from_size_align(100, 64).unwrap();
        // SAFETY: the layout is not of size zero; the block is freed with the same layout.
        let (address, calls) = count(|| unsafe {
            let block = std::alloc::alloc(layout);
            std::alloc::dealloc(block, layout);
            block as usize
        });
        assert_eq!((address % 64, calls), (0, Some(Calls { allocations: 1, frees: 1 })));
    }
}
