//! What the test host answers when the plugin calls back.

use std::ffi::CStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::preset_discovery::preset_data::Location;
use clack_extensions::preset_discovery::{HostPresetLoad, HostPresetLoadImpl};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_host::prelude::*;

/// The host's side of the extensions that call back.
pub(crate) struct Host;

/// What the plugin has told the host.
#[derive(Default)]
pub(crate) struct Heard {
    /// Outcome of each preset load: its path, or why not.
    pub(crate) presets: Mutex<Vec<Result<String, String>>>,
    /// Requests to read all values again.
    pub(crate) rescans: AtomicUsize,
    /// Requests to be called on the main thread.
    pub(crate) callbacks: AtomicUsize,
    /// Remarks that there is something new to save.
    pub(crate) changes: AtomicUsize,
}

/// The host's main thread.
pub(crate) struct Main<'a> {
    pub(crate) heard: &'a Heard,
}

impl HostHandlers for Host {
    type Shared<'a> = Heard;
    type MainThread<'a> = Main<'a>;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Self::Shared<'_>) {
        builder.register::<HostParams>().register::<HostPresetLoad>().register::<HostState>();
    }
}

impl SharedHandler<'_> for Heard {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callbacks.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostParamsImplShared for Heard {
    fn request_flush(&self) {}
}

impl<'a> MainThreadHandler<'a> for Main<'a> {}

impl HostParamsImplMainThread for Main<'_> {
    fn rescan(&self, flags: ParamRescanFlags) {
        assert!(flags.contains(ParamRescanFlags::VALUES));
        self.heard.rescans.fetch_add(1, Ordering::Relaxed);
    }

    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

impl HostStateImpl for Main<'_> {
    fn mark_dirty(&self) {
        self.heard.changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostPresetLoadImpl for Main<'_> {
    fn on_error(&self, _: Location, _: Option<&CStr>, _: i32, message: Option<&CStr>) {
        let message = message.expect("an error says what it is").to_str().expect("in UTF-8").to_owned();
        self.heard.presets.lock().expect("nobody panics with it").push(Err(message));
    }

    fn loaded(&self, location: Location, key: Option<&CStr>) {
        // The file, or the key of one that is built in.
        let place = location.file_path().or(key).expect("a preset has a place").to_str().expect("in UTF-8").to_owned();
        self.heard.presets.lock().expect("nobody panics with it").push(Ok(place));
    }
}
