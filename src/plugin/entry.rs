//! The CLAP entry point, in place of the framework's own: its plugin stands behind [`guard`], which hosts cannot make
//! it read beyond what they gave; and presets are found and loaded, which the framework does not offer.

mod block;
mod discovery;
mod guard;
mod location;
mod preset_load;
mod program;

use std::ffi::{CStr, c_char, c_void};
use std::ptr::null;
use std::sync::LazyLock;

use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::factory::preset_discovery::{CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::version::CLAP_VERSION;
use nice_plug::wrapper::clap::PluginDescriptor;
use nice_plug::wrapper::setup_logger;

use super::ClapInstrument;

static DESCRIPTOR: LazyLock<PluginDescriptor> = LazyLock::new(PluginDescriptor::for_plugin::<ClapInstrument>);

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(plugin_count),
    get_plugin_descriptor: Some(plugin_descriptor),
    create_plugin: Some(create_plugin),
};

/// What a CLAP host looks for in the library.
// SAFETY: no other symbol of this name is linked; the framework's macro, which would make one, is not used.
#[unsafe(no_mangle)]
#[used]
#[allow(non_upper_case_globals, reason = "the name is CLAP's")]
pub static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(factory),
};

extern "C" fn init(_path: *const c_char) -> bool {
    setup_logger::<ClapInstrument>();
    true
}

extern "C" fn deinit() {}

unsafe extern "C" fn factory(id: *const c_char) -> *const c_void {
    // SAFETY: the host passes null or a string that ends in zero.
    let asked = (!id.is_null()).then(|| unsafe { CStr::from_ptr(id) });
    let is = |id| asked == Some(id);
    if is(CLAP_PLUGIN_FACTORY_ID) {
        (&raw const FACTORY).cast()
    } else if is(CLAP_PRESET_DISCOVERY_FACTORY_ID) || is(CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT) {
        (&raw const discovery::FACTORY).cast()
    } else {
        null()
    }
}

unsafe extern "C" fn plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 { DESCRIPTOR.clap_plugin_descriptor() } else { null() }
}

unsafe extern "C" fn create_plugin(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    if host.is_null() || id.is_null() {
        return null();
    }
    // SAFETY: not null, and the host passes a string that ends in zero.
    if unsafe { CStr::from_ptr(id) } != DESCRIPTOR.clap_id() {
        return null();
    }
    // SAFETY: not null, and CLAP has hosts keep it until the plugin is destroyed.
    unsafe { guard::create(host) }
}
