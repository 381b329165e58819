//! MIDI program changes: the audio thread notes a number and asks the host for a call on the main thread, where the
//! factory preset of that number is loaded as one that the host names is.
//!
//! CLAP alone: a VST3 host hands program changes only to plugins with program lists, which the framework does not offer,
//! and the framework leaves no other way to tell a host on its main thread of values that changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};

use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::host::clap_host;

use super::guard::Instance;
use super::{location, preset_load};
use crate::browser::bank;

/// A program that waits for the main thread; the last one counts. Holds its number and one more, 0 for none.
#[derive(Default)]
pub(super) struct Program(AtomicU8);

impl Program {
    /// Notes a number 0..127 and asks for the main thread. For the audio thread: takes no lock of ours.
    ///
    /// # Safety
    /// `host` must point to a live host.
    pub(super) unsafe fn request(&self, number: u8, host: *const clap_host) {
        self.0.store(number.min(127) + 1, Ordering::Release);
        // SAFETY: as the caller promises; CLAP has hosts take this call on any thread.
        unsafe {
            if let Some(call) = (*host).request_callback {
                call(host);
            }
        }
    }

    /// Loads what waits. Main thread; a number without a preset changes nothing.
    ///
    /// # Safety
    /// As [`Program::request`].
    pub(super) unsafe fn load(&self, instance: &Instance) {
        let Some(number) = self.0.swap(0, Ordering::Acquire).checked_sub(1) else { return };
        let loading = || {
            let (folder, preset) = bank::factory().nth(usize::from(number))?;
            preset_load::put(instance, &preset).ok()?;
            Some((location::installed(folder, &preset.name), preset.name))
        };
        if let Ok(Some((file, name))) = catch_unwind(AssertUnwindSafe(loading)) {
            // SAFETY: as the caller promises.
            unsafe {
                mark_dirty(instance.host);
                preset_load::tell_loaded(instance.host, file.as_deref(), &name);
            }
        }
    }
}

/// Tells the host that there is something new to save.
///
/// # Safety
/// `host` must point to a live host.
unsafe fn mark_dirty(host: *const clap_host) {
    // SAFETY: as the caller promises; what the host returns is null or lives as long as it does.
    unsafe {
        let state = (*host).get_extension.map(|get| get(host, CLAP_EXT_STATE.as_ptr()).cast::<clap_host_state>());
        if let Some(call) = state.and_then(|state| state.as_ref()).and_then(|state| state.mark_dirty) {
            call(host);
        }
    }
}
