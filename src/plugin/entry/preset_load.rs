//! Loading a preset that the host's browser names, and naming to the host's browser what was loaded in the editor.
//!
//! Values are set the way a project's state is: at once, here on the main thread, each a single atomic that `process`
//! may read meanwhile; then the host is asked to read all values again. Nothing waits for the audio thread, unlike the
//! framework's `set_state_object_from_gui`, and nothing is recorded as automation, as gestures would be: the host
//! itself made this change.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::null;

use clap_sys::ext::preset_load::{
    CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT, clap_host_preset_load, clap_plugin_preset_load,
};
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, clap_preset_discovery_location_kind,
};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;

use super::guard::{self, Instance};
use super::location::{self, Refusal, c_text};
use crate::browser::preset::Preset;
use crate::browser::sitting::Act;
use crate::params::{Announcement, put_preset, without_sound};

/// What the host calls.
pub(super) static PRESET_LOAD: clap_plugin_preset_load = clap_plugin_preset_load { from_location: Some(from_location) };

/// Main thread. A refused preset changes nothing.
unsafe extern "C" fn from_location(
    plugin: *const clap_plugin,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> bool {
    // SAFETY: CLAP hosts pass a live instance.
    let Some(instance) = (unsafe { guard::instance(plugin) }) else { return false };
    let host = instance.host;
    // SAFETY: CLAP hosts pass null or strings that end in zero.
    let loading = || unsafe { load(&instance, kind, location, load_key) };
    let outcome = catch_unwind(AssertUnwindSafe(loading)).unwrap_or(Err(Refusal::Panic));
    // SAFETY: the host outlives its instance.
    let answers = unsafe { host_side(host) };
    match &outcome {
        Ok(()) => {
            if let Some(loaded) = answers.and_then(|answers| answers.loaded) {
                // SAFETY: the host's function, with its own arguments.
                unsafe { loaded(host, kind, location, load_key) };
            }
        }
        Err(refusal) => {
            if let Some(on_error) = answers.and_then(|answers| answers.on_error) {
                let message = c_text(&refusal.to_string());
                // SAFETY: as above; the message lives until the end of the call.
                unsafe { on_error(host, kind, location, load_key, refusal.os_error(), message.as_ptr()) };
            }
        }
    }
    outcome.is_ok()
}

/// # Safety
/// As [`location::read`].
unsafe fn load(
    instance: &Instance,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> Result<(), Refusal> {
    // SAFETY: as the caller promises.
    let (_path, preset) = unsafe { location::read(kind, location, load_key)? };
    put(instance, &preset)
}

/// Sets a preset, and has the host read all values again. Main thread; may open the preset's model.
pub(super) fn put(instance: &Instance, preset: &Preset) -> Result<(), Refusal> {
    let mut state = without_sound(instance.params);
    put_preset(&mut state, preset);
    if !instance.wrapper.set_state_inner(&mut state) {
        return Err(Refusal::NotSet);
    }
    instance.params.kept.doings.note_named(Act::Loaded(preset.id(), None), &preset.name);
    Ok(())
}

/// Has the host called on its main thread where the editor has loaded a preset.
pub(super) fn announce_by(announcement: &Announcement, host: *const clap_host) {
    /// A host's pointer on its way to the editor's thread.
    struct Host(*const clap_host);
    // SAFETY: CLAP has hosts take the one call that is made by it on any thread, and the guard forgets it before the host
    // may go.
    unsafe impl Send for Host {}
    impl Host {
        fn call(&self) {
            // SAFETY: the host lives, see above.
            unsafe {
                if let Some(call) = (*self.0).request_callback {
                    call(self.0);
                }
            }
        }
    }
    let host = Host(host);
    announcement.connect(Some(Box::new(move || host.call())));
}

/// Tells the host's browser of the preset that was loaded in the editor. Main thread.
///
/// # Safety
/// The instance must be live.
pub(super) unsafe fn announce(instance: &Instance) {
    if let Some((file, name)) = instance.params.kept.announcement.take() {
        // SAFETY: the host outlives its instance.
        unsafe { tell_loaded(instance.host, file.as_deref(), &name) };
    }
}

/// Tells the host which preset the plugin has loaded by itself, so that its browser keeps in step: a file, or one that is
/// built in by its name. Main thread.
///
/// # Safety
/// `host` must point to a live host.
pub(super) unsafe fn tell_loaded(host: *const clap_host, file: Option<&Path>, name: &str) {
    let (kind, text) = match file {
        Some(path) => (CLAP_PRESET_DISCOVERY_LOCATION_FILE, path.to_str()),
        None => (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, Some(name)),
    };
    let Some(text) = text.map(c_text) else { return };
    let (location, key) = if file.is_some() { (text.as_ptr(), null()) } else { (null(), text.as_ptr()) };
    // SAFETY: as the caller promises; the text lives until the end of the call.
    unsafe {
        if let Some(loaded) = host_side(host).and_then(|answers| answers.loaded) {
            loaded(host, kind, location, key);
        }
    }
}

/// The host's side of the extension, where it has one.
///
/// # Safety
/// `host` must point to a live host.
unsafe fn host_side<'a>(host: *const clap_host) -> Option<&'a clap_host_preset_load> {
    // SAFETY: as the caller promises; what the host returns is null or lives as long as it does.
    unsafe {
        let get = (*host).get_extension?;
        let named = |id: &std::ffi::CStr| get(host, id.as_ptr()).cast::<clap_host_preset_load>().as_ref();
        named(CLAP_EXT_PRESET_LOAD).or_else(|| named(CLAP_EXT_PRESET_LOAD_COMPAT))
    }
}
