//! The gate through which every saved state passes before anything is set: hosts hand over whatever a project file
//! holds, and the framework sets plain values as they come.

use std::collections::BTreeMap;

use nice_plug::plugin::{ParamValue, PluginState};

use super::InstrumentParams;
use super::kept::{KEYS, MODEL_KEY, PRESET_ID_KEY, PRESET_KEY, TRANSFER_KEY, id_text, text};
use super::model::StoredModel;
use crate::browser::preset::Preset;
use crate::synth::controls::{Control, Curve, Spec, Unit};

/// Largest state that is looked at, in bytes of ids, values and fields together; ours are below 16 KiB.
pub const STATE_LIMIT: usize = 4 << 20;

/// Makes a state safe to set: one beyond [`STATE_LIMIT`] is emptied (so nothing changes), unknown keys are dropped,
/// every number is finite and in range, and controls that the state does not name stand at their defaults. A state that
/// names no transfer or no model, such as an older one, takes away what is there, and what it says of a model is cut to
/// what is kept of one.
pub fn filter(state: &mut PluginState) {
    if size(state) > STATE_LIMIT {
        state.params.clear();
        state.fields.clear();
        return;
    }
    let given = std::mem::take(&mut state.params);
    for control in Control::all() {
        let spec = control.spec();
        let plain = given.get(spec.id).and_then(number).unwrap_or(spec.default);
        state.params.insert(spec.id.to_owned(), value(spec, spec.clamp(plain)));
    }
    state.fields.retain(|key, _| KEYS.contains(&key.as_str()));
    state.fields.entry(TRANSFER_KEY.to_owned()).or_insert_with(|| text(&None));
    let model = state.fields.get(MODEL_KEY).map_or_else(StoredModel::factory, |json| StoredModel::from_json(json));
    state.fields.insert(MODEL_KEY.to_owned(), model.to_json());
}

/// The part of an instance's state that does not belong to its sound, and its model: what [`put_preset`] needs.
#[must_use]
pub fn without_sound(params: &InstrumentParams) -> PluginState {
    let of_project = Control::all().filter(|control| control.is_of_project());
    let entry = |control: Control| {
        let spec = control.spec();
        (spec.id.to_owned(), value(spec, spec.clamp(params.unmodulated(control))))
    };
    PluginState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        params: of_project.map(entry).collect(),
        fields: BTreeMap::from([(MODEL_KEY.to_owned(), params.kept.model.stored().to_json())]),
    }
}

/// Makes of an instance's state the one that loads a preset: its controls, what was transferred from a recording (or
/// nothing), the model that it was made for (or, where it names none, the one that plays), and its name and id. What belongs
/// to the project stays as it is, bypass for one, and so does everything else that the instance keeps beside its parameters.
pub fn put_preset(state: &mut PluginState, preset: &Preset) {
    let controls = preset.controls();
    for control in Control::all().filter(|control| !control.is_of_project()) {
        let spec = control.spec();
        state.params.insert(spec.id.to_owned(), value(spec, spec.clamp(controls.get(control))));
    }
    let model = StoredModel::of_preset(&preset.model).map(|model| model.to_json());
    // Other fields are left alone when the state is set, because it does not name them.
    let model = model.or_else(|| state.fields.remove(MODEL_KEY)).unwrap_or_else(|| StoredModel::factory().to_json());
    state.fields = BTreeMap::from([
        (MODEL_KEY.to_owned(), model),
        (PRESET_KEY.to_owned(), serde_json::Value::from(preset.name.as_str()).to_string()),
        (PRESET_ID_KEY.to_owned(), id_text(Some(preset.id()))),
        (TRANSFER_KEY.to_owned(), text(&preset.transfer)),
    ]);
}

fn size(state: &PluginState) -> usize {
    let value_size = |value: &ParamValue| if let ParamValue::String(text) = value { text.len() } else { 8 };
    let params: usize = state.params.iter().map(|(id, value)| id.len() + value_size(value)).sum();
    let fields: usize = state.fields.iter().map(|(key, json)| key.len() + json.len()).sum();
    params + fields
}

fn number(value: &ParamValue) -> Option<f32> {
    match value {
        ParamValue::F32(number) => Some(*number),
        ParamValue::I32(number) => Some(*number as f32),
        ParamValue::Bool(on) => Some(f32::from(u8::from(*on))),
        ParamValue::String(_) => None,
    }
}

/// A plain value in the variant that the framework expects for the control's parameter type.
fn value(spec: &Spec, plain: f32) -> ParamValue {
    match (spec.unit, spec.curve) {
        (Unit::Choice(["Off", "On"]), _) => ParamValue::Bool(plain >= 0.5),
        (_, Curve::Stepped) => ParamValue::I32(plain as i32),
        (_, Curve::Linear | Curve::Power(_)) => ParamValue::F32(plain),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::ModelReference;
    use crate::synth::controls::Controls;

    fn state(params: impl IntoIterator<Item = (&'static str, ParamValue)>) -> PluginState {
        let params = params.into_iter().map(|(id, value)| (id.to_owned(), value)).collect();
        PluginState { version: String::new(), params, fields: BTreeMap::new() }
    }

    fn plain(state: &PluginState, control: Control) -> f32 {
        number(&state.params[control.spec().id]).expect("the filter leaves numbers only")
    }

    #[test]
    fn values_out_of_range_are_clamped_and_not_a_number_becomes_the_default() {
        let mut wild = state([
            ("latent_1", ParamValue::F32(7.0)),
            ("latent_2", ParamValue::F32(f32::NEG_INFINITY)),
            ("gain", ParamValue::F32(f32::NAN)),
            ("unison", ParamValue::I32(i32::MAX)),
            ("mode", ParamValue::F32(1e30)),
        ]);
        filter(&mut wild);
        assert_eq!(plain(&wild, Control::latent(0)), 1.0);
        assert_eq!(plain(&wild, Control::latent(1)), -1.0);
        assert_eq!(plain(&wild, Control::GAIN), Control::GAIN.spec().default);
        assert_eq!(plain(&wild, Control::UNISON), 8.0);
        assert!(matches!(wild.params["mode"], ParamValue::I32(2)));
    }

    #[test]
    fn unknown_keys_are_dropped_and_missing_controls_stand_at_their_defaults() {
        let mut odd = state([("subwoofer", ParamValue::F32(1.0)), ("attack", ParamValue::String("x".into()))]);
        odd.fields.insert("model".into(), "\"factory\"".into());
        odd.fields.insert("malware".into(), "1".into());
        filter(&mut odd);
        assert!(!odd.params.contains_key("subwoofer"));
        assert_eq!(odd.fields.keys().collect::<Vec<_>>(), ["model", "transfer"]);
        assert_eq!((odd.fields["model"].as_str(), odd.fields["transfer"].as_str()), ("\"factory\"", "null"));
        for control in Control::all() {
            assert_eq!(plain(&odd, control), control.spec().default, "{}", control.spec().id);
        }
    }

    #[test]
    fn a_state_beyond_the_limit_changes_nothing() {
        let mut huge = state([("latent_1", ParamValue::F32(0.5))]);
        huge.fields.insert("model".into(), "x".repeat(STATE_LIMIT));
        filter(&mut huge);
        assert!(huge.params.is_empty() && huge.fields.is_empty());
    }

    #[test]
    fn what_is_around_the_sound_is_what_belongs_to_the_project_and_the_model() {
        let params = InstrumentParams::default();
        params.put(Control::BYPASS, 1.0);
        let around = without_sound(&params);
        let of_project = Control::all().filter(|control| control.is_of_project()).count();
        assert_eq!((around.params.len(), plain(&around, Control::BYPASS)), (of_project, 1.0));
        assert_eq!(around.fields, BTreeMap::from([("model".to_owned(), "\"factory\"".to_owned())]));
    }

    #[test]
    fn a_preset_sets_all_but_bypass_and_names_itself() {
        let mut before = state([("bypass", ParamValue::Bool(true)), ("gain", ParamValue::F32(-6.0))]);
        before.fields.insert("window".into(), "[1, 2]".into());
        let mut controls = Controls::default();
        controls.set(Control::GAIN, 3.0);
        controls.set(Control::UNISON, 4.0);
        before.fields.insert("model".into(), "{\"name\":\"Mine\",\"digest\":\"d\",\"path\":\"/m\"}".into());
        let own = before.fields["model"].clone();
        let mut preset = Preset::new("Glass \"Harp\"", &controls);
        put_preset(&mut before, &preset);
        filter(&mut before);
        assert_eq!(before.fields["model"], own, "a preset that names no model leaves what plays");
        assert_eq!(plain(&before, Control::BYPASS), 1.0);
        assert_eq!(plain(&before, Control::GAIN), 3.0);
        assert!(matches!(before.params["unison"], ParamValue::I32(4)));
        let name: String = serde_json::from_str(&before.fields["preset"]).unwrap();
        assert_eq!((name.as_str(), before.fields.len()), ("Glass \"Harp\"", 4));
        assert_eq!(before.fields["preset_id"], format!("\"{}\"", preset.id()));
        assert_eq!(before.fields["transfer"], "null");
        preset.model = ModelReference { name: "Other".into(), digest: "e".into(), ..ModelReference::default() };
        put_preset(&mut before, &preset);
        filter(&mut before);
        assert_eq!(before.fields["model"], "{\"name\":\"Other\",\"digest\":\"e\",\"path\":\"\"}");
    }

    proptest! {
        #[test]
        fn any_number_for_any_control_comes_out_finite_and_in_range(
            index in 0..Control::all().len(), bits in any::<u32>(), whole in any::<i32>(), kind in 0..3
        ) {
            let control = Control::all().nth(index).expect("index is below the number of controls");
            let given = match kind {
                0 => ParamValue::F32(f32::from_bits(bits)),
                1 => ParamValue::I32(whole),
                _ => ParamValue::Bool(whole > 0),
            };
            let mut wild = state([(control.spec().id, given)]);
            filter(&mut wild);
            let got = plain(&wild, control);
            prop_assert!((control.spec().min..=control.spec().max).contains(&got));
        }
    }
}
