//! All that a preset sets of an instance, as one thing: to set it, and to put back bit by bit what was there.

use crate::browser::models::Opened;
use crate::browser::preset::Preset;
use crate::browser::usage::PresetId;
use crate::model::transfer::StoredTransfer;
use crate::synth::controls::{Control, Controls};

use super::InstrumentParams;
use super::kept::Named;
use super::model::{Chosen, StoredModel};

/// A sound: the controls that belong to it, what was transferred, its model, and the preset that it was made from. Used
/// by the editor; never touched on the audio thread.
#[derive(Clone)]
pub struct Sound {
    /// By [`Control::index`], as the user set them; those of the project stand here too and are passed over.
    plain: Vec<f32>,
    transfer: Option<StoredTransfer>,
    /// None leaves the model that plays.
    model: Option<Chosen>,
    name: String,
    preset: Option<PresetId>,
}

impl Sound {
    /// The sound of an instance.
    #[must_use]
    pub fn of(params: &InstrumentParams) -> Self {
        let kept = &params.kept;
        Self {
            plain: Control::all().map(|control| params.unmodulated(control)).collect(),
            transfer: kept.transfer.stored(),
            model: Some(kept.model.chosen()),
            name: kept.preset.name(),
            preset: kept.preset.id(),
        }
    }

    /// The sound of a preset, whose model was looked for where waiting does no harm.
    #[must_use]
    pub fn of_preset(preset: &Preset, id: PresetId, model: Option<Opened>) -> Self {
        let controls = preset.controls();
        Self {
            plain: Control::all().map(|control| controls.get(control)).collect(),
            transfer: preset.transfer.clone(),
            model: StoredModel::of_preset(&preset.model).map(|stored| Chosen { stored, found: model }),
            name: preset.name.clone(),
            preset: Some(id),
        }
    }

    /// The preset that it was made from.
    #[must_use]
    pub fn preset(&self) -> Option<PresetId> {
        self.preset
    }

    /// The same, with its name.
    #[must_use]
    pub fn made_from(&self) -> Named {
        (self.name.clone(), self.preset)
    }

    /// The sound as a preset of this name, with its model and what was transferred.
    #[must_use]
    pub fn to_preset(&self, name: &str) -> Preset {
        let mut controls = Controls::default();
        self.controls().for_each(|control| controls.set(control, self.plain[control.index()]));
        let model = self.model.as_ref().map(|model| model.stored.reference()).unwrap_or_default();
        Preset { model, transfer: self.transfer.clone(), ..Preset::new(name, &controls) }
    }

    /// Makes it the sound of an instance, at once and without a word to the host: each value is a single atomic that the
    /// audio thread may read meanwhile. Waits for nothing.
    pub fn put(&self, params: &InstrumentParams) {
        let kept = &params.kept;
        if let Some(model) = &self.model {
            kept.model.settle(model.clone());
        }
        kept.transfer.set(self.transfer.clone());
        self.controls().for_each(|control| params.put(control, self.plain[control.index()]));
        kept.preset.set(&self.name, self.preset);
    }

    /// The controls of which another sound has other values.
    pub fn differs_from(&self, other: &Self) -> impl Iterator<Item = Control> {
        self.controls().filter(|control| self.plain[control.index()] != other.plain[control.index()])
    }

    /// Whether it is the same, bit by bit.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let model = |sound: &Self| sound.model.as_ref().map(|model| model.stored.clone());
        let bits = |sound: &Self, control: Control| sound.plain[control.index()].to_bits();
        self.controls().all(|control| bits(self, control) == bits(other, control))
            && self.transfer == other.transfer
            && self.made_from() == other.made_from()
            && model(self) == model(other)
    }

    /// Whether it is no longer the preset that it was made from.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.preset.is_some_and(|preset| self.to_preset("").id() != preset)
    }

    /// Puts back the last bits of values that came round by the host, which keeps them as parts of their range.
    pub fn sharpen(&self, params: &InstrumentParams) {
        /// Rounding of a value on its way to the host and back, in parts of its range.
        const ROUNDING: f32 = 1e-6;
        for control in self.controls() {
            let (exact, spec) = (self.plain[control.index()], control.spec());
            let plain = params.unmodulated(control);
            let is_near = (spec.normalise(plain) - spec.normalise(exact)).abs() <= ROUNDING;
            if plain.to_bits() != exact.to_bits() && is_near {
                params.put(control, exact);
            }
        }
    }

    fn controls(&self) -> impl Iterator<Item = Control> + use<> {
        Control::all().filter(|control| !control.is_of_project())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transfer::Transfer;

    /// Every value of the sound by its bits, and what is kept beside.
    fn all(params: &InstrumentParams) -> (Vec<u32>, Option<StoredTransfer>, String, Option<PresetId>) {
        let sound = Sound::of(params);
        (sound.plain.iter().map(|value| value.to_bits()).collect(), sound.transfer, sound.name, sound.preset)
    }

    #[test]
    fn what_was_there_comes_back_bit_by_bit_and_what_is_the_projects_stays() {
        let params = InstrumentParams::default();
        params.put(Control::latent(0), 0.1);
        params.put(Control::ATTACK, 33.333_332);
        params.put(Control::BYPASS, 1.0);
        params.kept.transfer.set(Some(StoredTransfer::from(&Transfer::of_gain(-0.1))));
        params.kept.preset.set("Edited", Some(PresetId::of(b"edited")));
        let before = Sound::of(&params);
        let bits = all(&params);
        let mut controls = Controls::default();
        controls.set(Control::latent(0), 0.3);
        let preset = Preset::new("Other", &controls);
        Sound::of_preset(&preset, preset.id(), None).put(&params);
        assert_eq!(params.snapshot().get(Control::latent(0)), 0.3);
        assert_eq!((params.kept.preset.name().as_str(), params.kept.preset.id()), ("Other", Some(preset.id())));
        assert!(params.kept.transfer.stored().is_none());
        assert_eq!(params.plain(Control::BYPASS), 1.0);
        let changed: Vec<Control> = Sound::of(&params).differs_from(&before).collect();
        assert_eq!(changed, [Control::latent(0), Control::ATTACK]);
        before.put(&params);
        assert_eq!(all(&params), bits);
    }

    #[test]
    fn a_sound_that_becomes_a_preset_is_that_sound_with_its_model_and_transfer() {
        let params = InstrumentParams::default();
        params.put(Control::latent(0), 0.1);
        params.kept.transfer.set(Some(StoredTransfer::from(&Transfer::of_gain(-0.1))));
        let preset = Sound::of(&params).to_preset("Mine");
        let again = InstrumentParams::default();
        Sound::of_preset(&preset, preset.id(), None).put(&again);
        let (before, after) = (all(&params), all(&again));
        assert_eq!((before.0, before.1.is_some(), before.1), (after.0, true, after.1));
        assert!(preset.model.is_same(crate::model::ModelReference::factory()));
    }

    #[test]
    fn the_bits_that_a_host_rounds_away_come_back_and_an_edit_stays() {
        let params = InstrumentParams::default();
        params.put(Control::latent(0), 0.1);
        params.put(Control::latent(1), 0.2);
        let sound = Sound::of(&params);
        params.put(Control::latent(0), 0.100_000_05);
        params.put(Control::latent(1), 0.21);
        sound.sharpen(&params);
        assert_eq!(params.unmodulated(Control::latent(0)).to_bits(), 0.1_f32.to_bits());
        assert_eq!(params.unmodulated(Control::latent(1)), 0.21);
    }
}
