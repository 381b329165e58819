//! Stands between a CLAP host and the framework's plugin, and keeps from the latter what it cannot take: `process`
//! while inactive, ports that are not there, parameter indices and event times out of range.
//!
//! A [`Guard`] begins with the table that the host calls. Its `plugin_data` is the framework's own, so the framework's
//! extensions work on the host's pointer unchanged.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_NOTE_OFF, clap_event_header, clap_event_note, clap_input_events,
    clap_output_events,
};
use clap_sys::ext::gui::CLAP_EXT_GUI;
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::Wrapper;

use super::block::EventBlock;
use super::preset_load::{self, PRESET_LOAD};
use super::program::Program;
use crate::params::InstrumentParams;
use crate::plugin::ClapInstrument;
use crate::plugin::instrument::{EVENTS, last_made};

/// Bytes of the audio thread's stack that are touched before its first block, several times what a block takes: the
/// system gives a thread its pages one by one, when they are touched.
const STACK: usize = 1 << 15;
/// Channels of the output and of the sidechain.
const CHANNELS: u32 = 2;

/// One plugin instance as the host holds it.
#[repr(C)]
struct Guard {
    /// What the host calls; first, so that the host's pointer is a pointer to the guard.
    table: clap_plugin,
    framework: clap_plugin,
    host: *const clap_host,
    active: AtomicBool,
    max_frames: AtomicU32,
    /// Touched only in `process` and `flush`, which hosts never call at once.
    events: UnsafeCell<EventBlock>,
    program: Program,
    params: Arc<InstrumentParams>,
}

static PARAMS: clap_plugin_params = clap_plugin_params {
    count: Some(params_count),
    get_info: Some(params_info),
    get_value: Some(params_value),
    value_to_text: Some(params_value_to_text),
    text_to_value: Some(params_text_to_value),
    flush: Some(params_flush),
};

/// A new instance; `destroy` frees it.
///
/// # Safety
/// `host` must point to a host that outlives the instance.
pub(super) unsafe fn create(host: *const clap_host) -> *const clap_plugin {
    // SAFETY: as the caller promises.
    let wrapper = unsafe { Wrapper::<ClapInstrument>::new(host) };
    let Some(params) = last_made() else { return null() };
    preset_load::announce_by(&params.kept.announcement, host);
    let wrapper = Arc::into_raw(wrapper);
    // SAFETY: just made; the framework's `destroy` takes this reference back.
    let framework = *unsafe { &*wrapper }.clap_plugin.borrow();
    let table = clap_plugin {
        activate: Some(activate),
        deactivate: Some(deactivate),
        start_processing: Some(start_processing),
        destroy: Some(destroy),
        process: Some(process),
        get_extension: Some(get_extension),
        on_main_thread: Some(on_main_thread),
        ..framework
    };
    let guard = Guard {
        table,
        framework,
        host,
        active: AtomicBool::new(false),
        max_frames: AtomicU32::new(0),
        events: UnsafeCell::new(EventBlock::new()),
        program: Program::default(),
        params,
    };
    Box::into_raw(Box::new(guard)).cast()
}

/// The guard behind a host's pointer.
///
/// # Safety
/// `plugin` must be null or come from [`create`] and not be destroyed yet.
unsafe fn guard<'a>(plugin: *const clap_plugin) -> Option<&'a Guard> {
    // SAFETY: as the caller promises; the table is the guard's first field.
    unsafe { plugin.cast::<Guard>().as_ref() }
}

/// An instance on the main thread.
pub(super) struct Instance<'a> {
    /// The framework's object.
    pub(super) wrapper: &'a Wrapper<ClapInstrument>,
    /// Its parameters.
    pub(super) params: &'a InstrumentParams,
    /// Its host, which outlives it.
    pub(super) host: *const clap_host,
}

/// The instance behind a host's pointer.
///
/// # Safety
/// As [`guard`]; good until the instance is destroyed.
pub(super) unsafe fn instance<'a>(plugin: *const clap_plugin) -> Option<Instance<'a>> {
    // SAFETY: as the caller promises; the framework's plugin data is its own object, which lives as long as it does.
    unsafe {
        let guard = guard(plugin)?;
        let wrapper = guard.framework.plugin_data.cast::<Wrapper<ClapInstrument>>().as_ref()?;
        Some(Instance { wrapper, params: &guard.params, host: guard.host })
    }
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: CLAP hosts pass what `create` returned, once.
    unsafe {
        let Some(guard) = guard(plugin) else { return };
        guard.params.kept.announcement.connect(None);
        if let Some(framework_destroy) = guard.framework.destroy {
            framework_destroy(plugin);
        }
        drop(Box::from_raw(plugin.cast::<Guard>().cast_mut()));
    }
}

unsafe extern "C" fn activate(plugin: *const clap_plugin, rate: f64, min_frames: u32, max_frames: u32) -> bool {
    // SAFETY: CLAP hosts pass a live instance.
    let Some(guard) = (unsafe { guard(plugin) }) else { return false };
    guard.max_frames.store(max_frames, Ordering::Relaxed);
    if !guard.active.load(Ordering::Acquire) {
        // SAFETY: as above, and it is not active.
        unsafe { touch_queue(plugin) };
    }
    // SAFETY: the framework's function, with its own plugin data.
    let active = guard.framework.activate.is_some_and(|call| unsafe { call(plugin, rate, min_frames, max_frames) });
    guard.active.store(active, Ordering::Release);
    active
}

/// Has the framework fill its queue of events once and empty it again: the system gives memory page by page when it is
/// first written, which must not be in `process`.
///
/// # Safety
/// `plugin` must be a live instance that is not active.
unsafe fn touch_queue(plugin: *const clap_plugin) {
    unsafe extern "C" fn many(_: *const clap_input_events) -> u32 {
        EVENTS as u32
    }
    unsafe extern "C" fn none(_: *const clap_input_events) -> u32 {
        0
    }
    unsafe extern "C" fn get(_: *const clap_input_events, _: u32) -> *const clap_event_header {
        &raw const NOTE_OFF.header
    }
    for size in [many, none] as [unsafe extern "C" fn(_) -> _; 2] {
        let list = clap_input_events { ctx: null_mut(), size: Some(size), get: Some(get) };
        // SAFETY: as the caller promises; the list and its one event outlive the call, and no list of answers is given.
        unsafe {
            if let Some(flush) = framework_params(plugin).and_then(|params| params.flush) {
                flush(plugin, &raw const list, null());
            }
        }
    }
}

/// An event that the framework queues.
static NOTE_OFF: clap_event_note = clap_event_note {
    header: clap_event_header {
        size: size_of::<clap_event_note>() as u32,
        time: 0,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_: CLAP_EVENT_NOTE_OFF,
        flags: 0,
    },
    note_id: -1,
    port_index: 0,
    channel: 0,
    key: 0,
    velocity: 0.0,
};

unsafe extern "C" fn deactivate(plugin: *const clap_plugin) {
    // SAFETY: CLAP hosts pass a live instance.
    let Some(guard) = (unsafe { guard(plugin) }) else { return };
    if guard.active.swap(false, Ordering::AcqRel)
        && let Some(call) = guard.framework.deactivate
    {
        // SAFETY: the framework's function, with its own plugin data.
        unsafe { call(plugin) };
    }
}

/// Called on the audio thread before its first block: what a thread sets up lazily is set up here, not in `process`.
unsafe extern "C" fn start_processing(plugin: *const clap_plugin) -> bool {
    // The framework asks for the thread's id at parameter events; the first time, the standard library allocates.
    std::hint::black_box(std::thread::current().id());
    touch_stack();
    // SAFETY: CLAP hosts pass a live instance.
    let Some(guard) = (unsafe { guard(plugin) }) else { return false };
    // SAFETY: the framework's function, with its own plugin data.
    guard.framework.start_processing.is_some_and(|call| unsafe { call(plugin) })
}

/// A call of its own: what it touches lies where the calls of a block will be.
#[inline(never)]
fn touch_stack() {
    std::hint::black_box([0_u8; STACK]);
}

unsafe extern "C" fn process(plugin: *const clap_plugin, process: *const clap_process) -> clap_process_status {
    // SAFETY: CLAP hosts pass a live instance and a block that is valid for this call.
    let (Some(guard), Some(given)) = (unsafe { guard(plugin) }, unsafe { process.as_ref() }) else {
        return CLAP_PROCESS_ERROR;
    };
    let allowed =
        guard.active.load(Ordering::Acquire) && given.frames_count <= guard.max_frames.load(Ordering::Relaxed);
    // SAFETY: the arrays are as long as the host says.
    if !allowed || !unsafe { is_stereo(given.audio_outputs, given.audio_outputs_count) } {
        return CLAP_PROCESS_ERROR;
    }
    let mut block = *given;
    // SAFETY: as above.
    if !unsafe { is_stereo(given.audio_inputs, given.audio_inputs_count) } {
        // The framework takes a null pointer, and only that, for an input that is not there.
        block.audio_inputs = null();
        block.audio_inputs_count = 0;
    }
    // SAFETY: `process` is never called twice at once, so this is the only reference.
    let events = unsafe { &mut *guard.events.get() };
    // SAFETY: the host's list is valid for this call.
    unsafe { events.take(given.in_events, given.frames_count) };
    if let Some(number) = events.take_program() {
        // SAFETY: the host outlives its instance.
        unsafe { guard.program.request(number, guard.host) };
    }
    let list = events.list();
    block.in_events = &raw const list;
    match guard.framework.process {
        // SAFETY: the framework's function, with its own plugin data and a block that it can take.
        Some(call) => unsafe { call(plugin, &raw const block) },
        None => CLAP_PROCESS_ERROR,
    }
}

/// What the host was asked to call: by [`Program::request`], by the editor with a preset to announce, or by the framework.
unsafe extern "C" fn on_main_thread(plugin: *const clap_plugin) {
    // SAFETY: CLAP hosts pass a live instance.
    let Some((guard, instance)) = (unsafe { guard(plugin).zip(instance(plugin)) }) else { return };
    // SAFETY: the host outlives its instance.
    unsafe {
        guard.program.load(&instance);
        preset_load::announce(&instance);
    }
    if let Some(call) = guard.framework.on_main_thread {
        // SAFETY: the framework's function, with its own plugin data.
        unsafe { call(plugin) };
    }
}

/// Whether the first port exists and has its two channels of 32-bit samples.
///
/// # Safety
/// `ports` must be null or point to `count` ports whose channel arrays are as long as they say.
unsafe fn is_stereo(ports: *const clap_audio_buffer, count: u32) -> bool {
    if ports.is_null() || count == 0 {
        return false;
    }
    // SAFETY: there is at least one port.
    let port = unsafe { &*ports };
    if port.channel_count != CHANNELS || port.data32.is_null() {
        return false;
    }
    // SAFETY: there are two channels.
    (0..CHANNELS as usize).all(|channel| !unsafe { *port.data32.add(channel) }.is_null())
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    // SAFETY: CLAP hosts pass a live instance and a string that ends in zero.
    let Some(guard) = (unsafe { guard(plugin) }) else { return null() };
    if id.is_null() {
        return null();
    }
    // SAFETY: not null, see above.
    let asked = unsafe { CStr::from_ptr(id) };
    if asked == CLAP_EXT_PARAMS {
        return (&raw const PARAMS).cast();
    }
    if asked == CLAP_EXT_PRESET_LOAD || asked == CLAP_EXT_PRESET_LOAD_COMPAT {
        return (&raw const PRESET_LOAD).cast();
    }
    // SAFETY: the host outlives the instance.
    if asked == CLAP_EXT_GUI && !unsafe { host_offers(guard.host, CLAP_EXT_GUI) } {
        // The framework's editor cannot be made without the host's side of the extension.
        return null();
    }
    // SAFETY: the framework's function, with its own plugin data.
    guard.framework.get_extension.map_or(null(), |call| unsafe { call(plugin, id) })
}

/// Whether the host implements extension `id`.
///
/// # Safety
/// `host` must point to a live host.
unsafe fn host_offers(host: *const clap_host, id: &CStr) -> bool {
    // SAFETY: as the caller promises.
    unsafe { (*host).get_extension.is_some_and(|call| !call(host, id.as_ptr()).is_null()) }
}

/// The framework's parameter table of an instance.
///
/// # Safety
/// As [`guard`].
unsafe fn framework_params<'a>(plugin: *const clap_plugin) -> Option<&'a clap_plugin_params> {
    // SAFETY: as the caller promises; the framework's table lives as long as its instance.
    unsafe {
        let table = guard(plugin)?.framework.get_extension?(plugin, CLAP_EXT_PARAMS.as_ptr());
        table.cast::<clap_plugin_params>().as_ref()
    }
}

unsafe extern "C" fn params_count(plugin: *const clap_plugin) -> u32 {
    // SAFETY: CLAP hosts pass a live instance.
    unsafe { framework_params(plugin).and_then(|params| params.count).map_or(0, |call| call(plugin)) }
}

unsafe extern "C" fn params_info(plugin: *const clap_plugin, index: u32, info: *mut clap_param_info) -> bool {
    // SAFETY: CLAP hosts pass a live instance and a valid `info`. The framework panics at index == count.
    unsafe {
        index < params_count(plugin)
            && framework_params(plugin).and_then(|params| params.get_info).is_some_and(|call| call(plugin, index, info))
    }
}

unsafe extern "C" fn params_value(plugin: *const clap_plugin, id: u32, value: *mut f64) -> bool {
    // SAFETY: CLAP hosts pass a live instance.
    unsafe { framework_params(plugin).and_then(|params| params.get_value).is_some_and(|call| call(plugin, id, value)) }
}

unsafe extern "C" fn params_value_to_text(
    plugin: *const clap_plugin,
    id: u32,
    value: f64,
    text: *mut c_char,
    capacity: u32,
) -> bool {
    let fits = !text.is_null() && capacity > 0;
    // SAFETY: CLAP hosts pass a live instance and room for `capacity` bytes.
    unsafe {
        fits && framework_params(plugin)
            .and_then(|params| params.value_to_text)
            .is_some_and(|call| call(plugin, id, value, text, capacity))
    }
}

unsafe extern "C" fn params_text_to_value(
    plugin: *const clap_plugin,
    id: u32,
    text: *const c_char,
    value: *mut f64,
) -> bool {
    // SAFETY: CLAP hosts pass a live instance and a string that ends in zero.
    unsafe {
        framework_params(plugin)
            .and_then(|params| params.text_to_value)
            .is_some_and(|call| call(plugin, id, text, value))
    }
}

unsafe extern "C" fn params_flush(
    plugin: *const clap_plugin,
    given: *const clap_input_events,
    out: *const clap_output_events,
) {
    // SAFETY: CLAP hosts pass a live instance and lists that are valid for this call, and never flush while they
    // process: this is the only reference to the events.
    unsafe {
        let Some(guard) = guard(plugin) else { return };
        let Some(call) = framework_params(plugin).and_then(|params| params.flush) else { return };
        let events = &mut *guard.events.get();
        events.take(given, 0);
        if let Some(number) = events.take_program() {
            guard.program.request(number, guard.host);
        }
        let list = events.list();
        call(plugin, &raw const list, out);
    }
}
