//! A host that knows nothing but parameters.

use std::collections::HashMap;
use std::sync::Mutex;

use nice_plug::context::PluginApi;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::{GuiContextInner, Params};
use zither::params::InstrumentParams;
use zither::synth::controls::Control;

/// What a host is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Begin(&'static str),
    Set(&'static str, f32),
    End(&'static str),
}

/// A host that writes down what it is told, and sets the parameters as the framework's wrappers do.
pub(crate) struct Host {
    ids: HashMap<ParamPtr, &'static str>,
    pub(crate) told: Mutex<Vec<Told>>,
}

impl Host {
    pub(crate) fn new(params: &InstrumentParams) -> Self {
        let id = |(id, pointer, _): (String, ParamPtr, String)| {
            (pointer, Control::by_id(&id).expect("the table's ids").spec().id)
        };
        Self { ids: params.param_map().into_iter().map(id).collect(), told: Mutex::default() }
    }

    fn tell(&self, told: Told) {
        self.told.lock().expect("no test thread panicked").push(told);
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.tell(Told::Begin(self.ids[&param]));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        self.tell(Told::Set(self.ids[&param], normalized));
        // SAFETY: the pointer leads into parameters that the test holds.
        unsafe { param._internal_set_normalized_value(normalized) };
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.tell(Told::End(self.ids[&param]));
    }

    fn get_state(&self) -> PluginState {
        unreachable!("the editor does not read states")
    }

    fn set_state(&self, _state: PluginState) {
        unreachable!("the editor does not set states while the engine runs")
    }

    fn request_restart(&self) {}
}
