//! How the editor touches parameters: every edit is a gesture (begin, set, end), so that hosts can record it.

use std::cell::RefCell;

use nice_plug::prelude::{Param, ParamSetter};

use crate::browser::sitting::Act;
use crate::params::{InstrumentParams, Sound, with_param};
use crate::synth::controls::Control;

/// The editor's grip on the parameters, for one frame.
pub struct Hands<'a> {
    /// What is read.
    pub params: &'a InstrumentParams,
    /// What writes, through the host.
    pub setter: ParamSetter<'a>,
    /// The first edit of this frame.
    edit: RefCell<Option<Edit>>,
}

/// A gesture that begins.
pub(super) struct Edit {
    /// The control that is turned.
    pub(super) control: Control,
    /// The sound before.
    pub(super) before: Box<Sound>,
}

impl<'a> Hands<'a> {
    /// A grip on these.
    #[must_use]
    pub fn new(params: &'a InstrumentParams, setter: ParamSetter<'a>) -> Self {
        Self { params, setter, edit: RefCell::new(None) }
    }

    /// The first gesture that the user began since this grip was taken, once.
    pub(super) fn take_edit(&self) -> Option<Edit> {
        self.edit.take()
    }

    /// Begins a gesture.
    pub fn begin(&self, control: Control) {
        if !control.is_of_project() {
            let before = || Edit { control, before: Box::new(Sound::of(self.params)) };
            self.edit.borrow_mut().get_or_insert_with(before);
            self.params.kept.doings.note(Act::Tweaked);
        }
        with_param!(self.params.row(control), param => self.setter.begin_set_parameter(param));
    }

    /// Sets a value within a gesture, snapped to what the control can take.
    pub fn set(&self, control: Control, normalised: f32) {
        with_param!(self.params.row(control), param => {
            self.setter.set_parameter(param, param.preview_plain(normalised.clamp(0.0, 1.0)));
        });
    }

    /// Ends a gesture.
    pub fn end(&self, control: Control) {
        with_param!(self.params.row(control), param => self.setter.end_set_parameter(param));
    }

    /// A gesture of one value.
    pub fn set_once(&self, control: Control, normalised: f32) {
        self.begin(control);
        self.set(control, normalised);
        self.end(control);
    }

    /// Back to the default, as one gesture.
    pub fn reset(&self, control: Control) {
        let spec = control.spec();
        self.set_once(control, spec.normalise(spec.default));
    }

    /// Tells the host the value that a control has by now, as one gesture: a preset has set it, which is no edit.
    pub fn tell(&self, control: Control) {
        with_param!(self.params.row(control), param => {
            self.setter.begin_set_parameter(param);
            self.setter.set_parameter_normalized(param, param.unmodulated_normalized_value());
            self.setter.end_set_parameter(param);
        });
    }

    /// The value as the user set it, normalised.
    #[must_use]
    pub fn normalised(&self, control: Control) -> f32 {
        self.params.normalised(control)
    }

    /// The value as the user set it, as text.
    #[must_use]
    pub fn print(&self, control: Control) -> String {
        let spec = control.spec();
        spec.print(spec.plain(self.normalised(control)))
    }
}
