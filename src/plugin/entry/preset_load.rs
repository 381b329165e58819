//! Loading a preset that the host's browser names.
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
use nice_plug::wrapper::clap::Wrapper;

use super::guard;
use super::location::{self, Refusal, c_text};
use crate::browser::preset::Preset;
use crate::params::put_preset;
use crate::plugin::ClapInstrument;

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
    let Some((wrapper, host)) = (unsafe { guard::instance(plugin) }) else { return false };
    // SAFETY: CLAP hosts pass null or strings that end in zero.
    let loading = || unsafe { load(wrapper, kind, location, load_key) };
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
    wrapper: &Wrapper<ClapInstrument>,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> Result<(), Refusal> {
    // SAFETY: as the caller promises.
    let (_path, preset) = unsafe { location::read(kind, location, load_key)? };
    put(wrapper, &preset)
}

/// Sets a preset, and has the host read all values again. Main thread; may open the preset's model.
pub(super) fn put(wrapper: &Wrapper<ClapInstrument>, preset: &Preset) -> Result<(), Refusal> {
    let mut state = wrapper.get_state_object();
    put_preset(&mut state, preset);
    wrapper.set_state_inner(&mut state).then_some(()).ok_or(Refusal::NotSet)
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
