//! The instrument's parameters as the framework wants them, made from the one table
//! [`SPECS`](crate::synth::controls::SPECS); and what a project keeps beside them.
//!
//! Every value is a single atomic: hosts, the editor and the audio thread read and write them without a lock. Nothing
//! is smoothed here: the engine smooths what would click.

mod announcement;
mod doings;
mod duck;
mod handover;
mod kept;
mod model;
mod project;
mod sound;
mod state;
mod transfer;

use std::collections::BTreeMap;
use std::sync::Arc;

use nice_plug::params::{InternalParamMut, Params};
use nice_plug::prelude::{BoolParam, FloatParam, FloatRange, IntParam, IntRange, Param, ParamPtr};

pub use announcement::{Announced, Announcement};
pub use doings::{Doings, Done, now};
pub use duck::{DuckChoice, DuckFor};
pub use handover::Inlet;
pub use kept::{Kept, LoadedPreset, Named, WINDOW_MAX, WINDOW_MIN};
pub use model::{ModelChoice, ModelInlet, ModelView, ModelWish};
pub use project::{ProjectOf, drawn};
pub use sound::Sound;
pub use state::{STATE_LIMIT, filter, put_preset, without_sound};
pub use transfer::{TransferChoice, TransferInlet};

use crate::synth::controls::{Control, Controls, Curve, SPECS, Spec, Unit};

/// A named group of at most eight controls: one page of a hardware controller, one group of a host's list.
pub struct Page {
    /// Name of the page.
    pub name: &'static str,
    /// Its controls, in order.
    pub controls: &'static [Control],
}

/// All controls but bypass, by page.
pub static PAGES: [Page; 5] = [
    Page { name: "Latents 1-8", controls: &latents(0) },
    Page { name: "Latents 9-16", controls: &latents(8) },
    Page {
        name: "Envelope",
        controls: &[
            Control::ATTACK,
            Control::DECAY,
            Control::SUSTAIN,
            Control::RELEASE,
            Control::RELEASE_STRETCH,
            Control::GAIN,
        ],
    },
    Page {
        name: "Tone",
        controls: &[
            Control::BRIGHTNESS,
            Control::NOISE,
            Control::MOTION,
            Control::VIBRATO_RATE,
            Control::VIBRATO_DEPTH,
            Control::UNISON,
            Control::DETUNE,
            Control::WIDTH,
        ],
    },
    Page {
        name: "Voice and Pitch",
        controls: &[
            Control::MODE,
            Control::VOICES,
            Control::GLIDE,
            Control::VELOCITY,
            Control::TRANSPOSE,
            Control::TUNE,
            Control::BEND_RANGE,
            Control::MPE,
        ],
    },
];

const fn latents(first: usize) -> [Control; 8] {
    let mut page = [Control::BYPASS; 8];
    let mut index = 0;
    while index < page.len() {
        page[index] = Control::latent(first + index);
        index += 1;
    }
    page
}

/// One parameter, in the framework type that makes hosts show it rightly.
pub enum Row {
    /// Any value of a range.
    Continuous(FloatParam),
    /// Whole numbers or named choices: hosts see steps.
    Stepped(IntParam),
    /// Off or on.
    Switch(BoolParam),
}

/// Runs an expression on the parameter inside a [`Row`], whatever its type.
macro_rules! with_param {
    ($row:expr, $param:ident => $body:expr) => {
        match $row {
            $crate::params::Row::Continuous($param) => $body,
            $crate::params::Row::Stepped($param) => $body,
            $crate::params::Row::Switch($param) => $body,
        }
    };
}
pub(crate) use with_param;

/// All parameters of one instance, and what its project keeps beside them. Shared by the framework, the audio thread
/// and the editor.
pub struct InstrumentParams {
    /// By [`Control::index`]. Boxed, so that the framework's pointers into it stay good wherever the owner moves.
    rows: Box<[Row]>,
    /// Persisted, but no parameter.
    pub kept: Kept,
}

impl Default for InstrumentParams {
    fn default() -> Self {
        Self { rows: Control::all().map(row).collect(), kept: Kept::default() }
    }
}

impl InstrumentParams {
    /// The parameter of `control`.
    #[must_use]
    pub fn row(&self, control: Control) -> &Row {
        &self.rows[control.index()]
    }

    /// The plain value of `control`, host modulation included.
    #[must_use]
    pub fn plain(&self, control: Control) -> f32 {
        match self.row(control) {
            Row::Continuous(param) => param.modulated_plain_value(),
            Row::Stepped(param) => param.modulated_plain_value() as f32,
            Row::Switch(param) => f32::from(u8::from(param.modulated_plain_value())),
        }
    }

    /// The plain value of `control` as the user set it, without host modulation.
    #[must_use]
    pub fn unmodulated(&self, control: Control) -> f32 {
        match self.row(control) {
            Row::Continuous(param) => param.unmodulated_plain_value(),
            Row::Stepped(param) => param.unmodulated_plain_value() as f32,
            Row::Switch(param) => f32::from(u8::from(param.unmodulated_plain_value())),
        }
    }

    /// Sets the plain value of `control`, clamped, without a word to the host.
    pub(crate) fn put(&self, control: Control, plain: f32) {
        let plain = control.spec().clamp(plain);
        // SAFETY: the framework wants none but its own code to call these, so that hosts hear of every change; nothing of
        // memory hangs on it, the values are single atomics. Whoever calls this tells the host, or takes the value back.
        let _changed = unsafe {
            match self.row(control) {
                Row::Continuous(param) => param._internal_set_plain_value(plain),
                Row::Stepped(param) => param._internal_set_plain_value(plain as i32),
                Row::Switch(param) => param._internal_set_plain_value(plain >= 0.5),
            }
        };
    }

    /// The normalised value of `control` as the user set it, without host modulation.
    #[must_use]
    pub fn normalised(&self, control: Control) -> f32 {
        with_param!(self.row(control), param => param.unmodulated_normalized_value())
    }

    /// All plain values for the engine. Allocates nothing; values are clamped whatever the host wrote.
    #[must_use]
    pub fn snapshot(&self) -> Controls {
        let mut controls = Controls::default();
        for control in Control::all() {
            controls.set(control, self.plain(control));
        }
        controls
    }
}

// SAFETY: the pointers lead into `rows`, a boxed slice that is never replaced or resized, so they hold as long as this
// object does; the framework keeps it in an `Arc` for as long as it uses them.
unsafe impl Params for InstrumentParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let entry = |control: Control| {
            let pointer = with_param!(self.row(control), param => param.as_ptr());
            (control.spec().id.to_owned(), pointer, page_of(control).to_owned())
        };
        Control::all().map(entry).collect()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        self.kept.save()
    }

    fn deserialize_fields(&self, serialized: &BTreeMap<String, String>) {
        self.kept.restore(serialized);
    }
}

/// Name of the page that holds `control`; bypass stands alone.
fn page_of(control: Control) -> &'static str {
    PAGES.iter().find(|page| page.controls.contains(&control)).map_or("", |page| page.name)
}

fn row(control: Control) -> Row {
    let spec = control.spec();
    match (spec.unit, spec.curve) {
        (Unit::Choice(["Off", "On"]), _) => Row::Switch(switch(control, spec)),
        (_, Curve::Stepped) => Row::Stepped(stepped(spec)),
        (_, Curve::Linear) => {
            Row::Continuous(continuous(control, spec, FloatRange::Linear { min: spec.min, max: spec.max }))
        }
        (_, Curve::Power(power)) => {
            let range = FloatRange::Skewed { min: spec.min, max: spec.max, factor: power.recip() };
            Row::Continuous(continuous(control, spec, range))
        }
    }
}

fn continuous(control: Control, spec: &'static Spec, range: FloatRange) -> FloatParam {
    let param = FloatParam::new(spec.name, spec.default, range)
        .with_value_to_string(Arc::new(|plain| spec.print(plain)))
        .with_string_to_value(Arc::new(|text| spec.parse(text)));
    if spec.polyphonic { param.with_poly_modulation_id(control.index() as u32) } else { param }
}

fn stepped(spec: &'static Spec) -> IntParam {
    let range = IntRange::Linear { min: spec.min as i32, max: spec.max as i32 };
    IntParam::new(spec.name, spec.default as i32, range)
        .with_value_to_string(Arc::new(|plain| spec.print(plain as f32)))
        .with_string_to_value(Arc::new(|text| spec.parse(text).map(|plain| plain as i32)))
}

fn switch(control: Control, spec: &'static Spec) -> BoolParam {
    let param = BoolParam::new(spec.name, spec.default >= 0.5)
        .with_value_to_string(Arc::new(|on| spec.print(f32::from(u8::from(on)))))
        .with_string_to_value(Arc::new(|text| spec.parse(text).map(|plain| plain >= 0.5)));
    if control == Control::BYPASS { param.make_bypass() } else { param }
}

/// The control whose parameter carries this polyphonic modulation id, and the plain width of its range.
#[must_use]
pub fn polyphonic_control(id: u32) -> Option<(Control, f32)> {
    let control = Control::all().nth(id as usize)?;
    let spec = &SPECS[control.index()];
    spec.polyphonic.then_some((control, spec.max - spec.min))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_every_parameter_parses_back_to_what_was_printed() {
        let params = InstrumentParams::default();
        for control in Control::all() {
            let row = params.row(control);
            for step in 0..=1_000 {
                let normalised = step as f32 / 1_000.0;
                let printed = with_param!(row, param => param.normalized_value_to_string(normalised, true));
                let parsed = with_param!(row, param => param.string_to_normalized_value(&printed))
                    .unwrap_or_else(|| panic!("{}: {printed:?} is refused", control.spec().id));
                let again = with_param!(row, param => param.normalized_value_to_string(parsed, true));
                assert_eq!(again, printed, "{}", control.spec().id);
            }
        }
    }

    #[test]
    fn the_framework_and_the_table_agree_on_every_curve() {
        let params = InstrumentParams::default();
        for control in Control::all() {
            let spec = control.spec();
            for step in 0..=100 {
                let normalised = step as f32 / 100.0;
                let got = match params.row(control) {
                    Row::Continuous(param) => param.preview_plain(normalised),
                    Row::Stepped(param) => param.preview_plain(normalised) as f32,
                    Row::Switch(param) => f32::from(u8::from(param.preview_plain(normalised))),
                };
                let tolerance = 1e-4 * (spec.max - spec.min);
                let on_edge = matches!(spec.curve, Curve::Stepped) && (got - spec.plain(normalised)).abs() <= 1.0;
                assert!((got - spec.plain(normalised)).abs() <= tolerance || on_edge, "{}: {got}", spec.id);
            }
        }
    }

    #[test]
    fn a_fresh_snapshot_is_the_table_of_defaults() {
        assert_eq!(InstrumentParams::default().snapshot(), Controls::default());
    }

    #[test]
    fn every_control_but_bypass_stands_on_exactly_one_page() {
        for control in Control::all().filter(|&control| control != Control::BYPASS) {
            let pages = PAGES.iter().filter(|page| page.controls.contains(&control)).count();
            assert_eq!(pages, 1, "{}", control.spec().id);
        }
        assert!(PAGES.iter().all(|page| page.controls.len() <= 8));
    }

    #[test]
    fn ids_reach_the_framework_unchanged_and_only_latents_are_polyphonic() {
        for (control, (id, pointer, _)) in Control::all().zip(InstrumentParams::default().param_map()) {
            assert_eq!(id, control.spec().id);
            let index = control.index() as u32;
            assert_eq!(polyphonic_control(index).is_some(), control.spec().polyphonic, "{id} {pointer:?}");
        }
        assert_eq!(polyphonic_control(0), Some((Control::latent(0), 2.0)));
        assert_eq!(polyphonic_control(u32::MAX), None);
    }
}
