//! Tells a host's browser where preset files lie and what is in each, without an instance of the plugin.
//!
//! One provider. Its location is the user's presets folder with all banks in it, one preset a file. The factory presets
//! lie in a subfolder of it; where they do not, the plugin itself is a second location, with a load key for each of those
//! that are built in. Both at once would show them twice.

use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::time::UNIX_EPOCH;

use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, clap_preset_discovery_factory,
    clap_preset_discovery_filetype, clap_preset_discovery_indexer, clap_preset_discovery_location,
    clap_preset_discovery_location_kind, clap_preset_discovery_metadata_receiver, clap_preset_discovery_provider,
    clap_preset_discovery_provider_descriptor, clap_preset_discovery_soundpack,
};
use clap_sys::timestamp::CLAP_TIMESTAMP_UNKNOWN;
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;

use super::DESCRIPTOR as PLUGIN;
use super::location::{self, Refusal, c_text};
use crate::browser::library::is_in_trash;
use crate::browser::preset::Preset;
use crate::browser::{bank, folders};

const PROVIDER_ID: &CStr = c"audio.zither.presets";
const VENDOR: &CStr = c"Zither";
/// The presets that come with Zither, as a pack of their own in the host's browser.
const FACTORY_PACK: &CStr = c"audio.zither.factory";
/// [`crate::browser::preset::EXTENSION`] for a host.
const EXTENSION: &CStr = c"zither";

/// What [`super::clap_entry`] hands out.
pub(super) static FACTORY: clap_preset_discovery_factory = clap_preset_discovery_factory {
    count: Some(provider_count),
    get_descriptor: Some(provider_descriptor),
    create: Some(create),
};

static DESCRIPTOR: clap_preset_discovery_provider_descriptor = clap_preset_discovery_provider_descriptor {
    clap_version: CLAP_VERSION,
    id: PROVIDER_ID.as_ptr(),
    name: c"Zither presets".as_ptr(),
    vendor: VENDOR.as_ptr(),
};

/// A provider as the host holds it.
#[repr(C)]
struct Provider {
    /// What the host calls; first, so that the host's pointer is a pointer to the provider.
    table: clap_preset_discovery_provider,
    /// Outlives the provider.
    indexer: *const clap_preset_discovery_indexer,
}

unsafe extern "C" fn provider_count(_factory: *const clap_preset_discovery_factory) -> u32 {
    1
}

unsafe extern "C" fn provider_descriptor(
    _factory: *const clap_preset_discovery_factory,
    index: u32,
) -> *const clap_preset_discovery_provider_descriptor {
    if index == 0 { &raw const DESCRIPTOR } else { null() }
}

unsafe extern "C" fn create(
    _factory: *const clap_preset_discovery_factory,
    indexer: *const clap_preset_discovery_indexer,
    id: *const c_char,
) -> *const clap_preset_discovery_provider {
    // SAFETY: the host passes null or a string that ends in zero.
    if indexer.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != PROVIDER_ID {
        return null();
    }
    let table = clap_preset_discovery_provider {
        desc: &raw const DESCRIPTOR,
        provider_data: null_mut(),
        init: Some(init),
        destroy: Some(destroy),
        get_metadata: Some(metadata),
        get_extension: Some(extension),
    };
    Box::into_raw(Box::new(Provider { table, indexer })).cast()
}

unsafe extern "C" fn destroy(provider: *const clap_preset_discovery_provider) {
    if !provider.is_null() {
        // SAFETY: CLAP hosts pass what `create` returned, once.
        drop(unsafe { Box::from_raw(provider.cast::<Provider>().cast_mut()) });
    }
}

unsafe extern "C" fn extension(_provider: *const clap_preset_discovery_provider, _id: *const c_char) -> *const c_void {
    null()
}

unsafe extern "C" fn init(provider: *const clap_preset_discovery_provider) -> bool {
    // SAFETY: CLAP hosts pass a live provider, whose indexer outlives it.
    let indexer = unsafe { provider.cast::<Provider>().as_ref().and_then(|provider| provider.indexer.as_ref()) };
    // SAFETY: the indexer is the host's own.
    let declaring = || indexer.is_some_and(|indexer| unsafe { declare(indexer) });
    catch_unwind(AssertUnwindSafe(declaring)).unwrap_or(false)
}

/// Declares the file type, the user's folder where it exists, and what is built in where it is not installed there.
///
/// # Safety
/// `indexer` must be a live indexer of the host.
unsafe fn declare(indexer: &clap_preset_discovery_indexer) -> bool {
    let filetype = clap_preset_discovery_filetype {
        name: c"Zither preset".as_ptr(),
        description: c"A sound of Zither".as_ptr(),
        file_extension: EXTENSION.as_ptr(),
    };
    let pack = clap_preset_discovery_soundpack {
        flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
        id: FACTORY_PACK.as_ptr(),
        name: c"Zither factory presets".as_ptr(),
        description: c"The presets that come with Zither".as_ptr(),
        homepage_url: c"".as_ptr(),
        vendor: VENDOR.as_ptr(),
        image_path: null(),
        release_timestamp: CLAP_TIMESTAMP_UNKNOWN,
    };
    let built_in = clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
        name: c"Zither factory presets".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
        location: null(),
    };
    let existing = folders::presets().filter(|folder| folder.is_dir());
    let path = existing.and_then(|folder| CString::new(folder.to_str()?).ok());
    let of_user = path.as_ref().map(|path| clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
        name: c"Zither presets".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_FILE,
        location: path.as_ptr(),
    });
    let mut locations = of_user.into_iter().chain((!location::is_factory_installed()).then_some(built_in));
    // SAFETY: the host's functions; what they are given lives until the end of the call.
    unsafe {
        indexer.declare_filetype.is_some_and(|call| call(indexer, &raw const filetype))
            && indexer.declare_soundpack.is_none_or(|call| call(indexer, &raw const pack))
            && locations.all(|place| indexer.declare_location.is_some_and(|call| call(indexer, &raw const place)))
    }
}

unsafe extern "C" fn metadata(
    _provider: *const clap_preset_discovery_provider,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    receiver: *const clap_preset_discovery_metadata_receiver,
) -> bool {
    // SAFETY: CLAP hosts pass a receiver that lives for this call.
    let Some(receiver) = (unsafe { receiver.as_ref() }) else { return false };
    // SAFETY: and null or a string that ends in zero; the receiver is the host's own.
    let describing = || unsafe { describe(kind, location, receiver) };
    let refusal = match catch_unwind(AssertUnwindSafe(describing)) {
        Ok(Ok(())) => return true,
        Ok(Err(refusal)) => refusal,
        Err(_panic) => Refusal::Panic,
    };
    if let Some(on_error) = receiver.on_error {
        let message = c_text(&refusal.to_string());
        // SAFETY: the host's function; the message lives until the end of the call.
        unsafe { on_error(receiver, refusal.os_error(), message.as_ptr()) };
    }
    false
}

/// Describes the preset in a file, or all that are built in.
///
/// # Safety
/// As [`location::read`]; the receiver must be a live one of the host.
unsafe fn describe(
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    receiver: &clap_preset_discovery_metadata_receiver,
) -> Result<(), Refusal> {
    if kind == CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN {
        for (_, preset) in bank::factory() {
            // SAFETY: as the caller promises.
            unsafe { Description { receiver, preset: &preset, path: None }.give() };
        }
        return Ok(());
    }
    // SAFETY: as the caller promises.
    let (path, preset) = unsafe { location::read(kind, location, null())? };
    // A host looks through the whole folder; what the user has deleted is not for its browser.
    if !path.as_deref().is_some_and(is_in_trash) {
        // SAFETY: as the caller promises.
        unsafe { Description { receiver, preset: &preset, path: path.as_deref() }.give() };
    }
    Ok(())
}

/// What a host learns of one preset.
struct Description<'a> {
    receiver: &'a clap_preset_discovery_metadata_receiver,
    preset: &'a Preset,
    /// Its file; none where it is built in and its name is its load key.
    path: Option<&'a Path>,
}

/// One text to one function of the receiver.
type Take = unsafe extern "C" fn(*const clap_preset_discovery_metadata_receiver, *const c_char);

impl Description<'_> {
    /// # Safety
    /// The receiver must be a live one of the host.
    unsafe fn give(&self) {
        let (to, preset, name) = (self.receiver, self.preset, c_text(&self.preset.name));
        let key = if self.path.is_some() { null() } else { name.as_ptr() };
        // SAFETY: the host's functions; every text lives until the end of its call.
        unsafe {
            // A host may have enough of it.
            if !to.begin_preset.is_some_and(|call| call(to, name.as_ptr(), key)) {
                return;
            }
            let plugin = clap_universal_plugin_id { abi: c"clap".as_ptr(), id: PLUGIN.clap_id().as_ptr() };
            to.add_plugin_id.inspect(|call| call(to, &raw const plugin));
            self.give_source();
            self.text(to.add_creator, &preset.author);
            self.text(to.set_description, &preset.description);
            for feature in std::iter::once(&preset.category).chain(&preset.tags) {
                self.text(to.add_feature, &feature.to_lowercase());
            }
            for (key, value) in [(c"licence", &preset.licence), (c"model", &preset.model.name)] {
                let value = c_text(value);
                to.add_extra_info.inspect(|call| call(to, key.as_ptr(), value.as_ptr()));
            }
        }
    }

    /// Whose the file is, and since when.
    ///
    /// # Safety
    /// As [`Description::give`].
    unsafe fn give_source(&self) {
        let to = self.receiver;
        let modified = self.path.and_then(|path| std::fs::metadata(path).and_then(|about| about.modified()).ok());
        let seconds = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs());
        let factory = self.path.is_none_or(folders::is_factory);
        let flags =
            if factory { CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT } else { CLAP_PRESET_DISCOVERY_IS_USER_CONTENT };
        // SAFETY: as the caller promises.
        unsafe {
            to.set_flags.inspect(|call| call(to, flags));
            if factory {
                to.set_soundpack_id.inspect(|call| call(to, FACTORY_PACK.as_ptr()));
            }
            if let Some(seconds) = seconds {
                to.set_timestamps.inspect(|call| call(to, CLAP_TIMESTAMP_UNKNOWN, seconds));
            }
        }
    }

    /// Gives one text, unless it is empty.
    ///
    /// # Safety
    /// As [`Description::give`].
    unsafe fn text(&self, take: Option<Take>, text: &str) {
        let text = c_text(text);
        if let Some(take) = take.filter(|_| !text.is_empty()) {
            // SAFETY: as the caller promises; the text lives until the end of the call.
            unsafe { take(self.receiver, text.as_ptr()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_extension_is_that_of_preset_files() {
        assert_eq!(EXTENSION.to_str(), Ok(crate::browser::preset::EXTENSION));
    }
}
