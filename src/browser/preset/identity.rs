//! What a preset is known by: its sound.

use super::Preset;
use crate::browser::usage::PresetId;
use crate::model::transfer::StoredTransfer;
use crate::synth::controls::Control;

/// What is hashed begins with this: the rules below, by version.
const RULES: &str = "zither sound 1";

impl Preset {
    /// The hash of the sound: of the model's digest, of every control that belongs to the sound, bit by bit, and of what
    /// was transferred. Name, author, category, tags, description, licence and place have no part in it, so a preset that
    /// is renamed or moved keeps what is known of it. Costs some microseconds.
    ///
    /// Values are taken as they would be played: what is out of range comes to its limit, and a control at its default
    /// counts as one that is not named, so that a file is the same before and after a version with more controls has
    /// saved it.
    #[must_use]
    pub fn id(&self) -> PresetId {
        let mut sound = Vec::with_capacity(1_024);
        put_text(&mut sound, RULES);
        put_text(&mut sound, &self.model.digest);
        for (id, &value) in &self.state {
            if let Some(value) = sounding(id, value) {
                put_text(&mut sound, id);
                sound.extend(value.to_le_bytes());
            }
        }
        if let Some(transfer) = &self.transfer {
            put_transfer(&mut sound, transfer);
        }
        PresetId::of(&sound)
    }
}

/// The value as it counts; `None` where it changes nothing. One of a later version counts as it stands.
fn sounding(id: &str, value: f32) -> Option<f32> {
    let Some(control) = Control::by_id(id) else { return Some(value) };
    let spec = control.spec();
    // Adding 0 makes a negative zero plain.
    let value = spec.clamp(value) + 0.0;
    (!control.is_of_project() && value != spec.default).then_some(value)
}

/// A text with its length, so that no two lists of texts give the same bytes.
fn put_text(sound: &mut Vec<u8>, text: &str) {
    sound.extend((text.len() as u64).to_le_bytes());
    sound.extend(text.as_bytes());
}

fn put_transfer(sound: &mut Vec<u8>, transfer: &StoredTransfer) {
    put_text(sound, "transfer");
    sound.extend(transfer.version.to_le_bytes());
    for value in [transfer.gain, transfer.pitch, transfer.share] {
        sound.extend((value + 0.0).to_le_bytes());
    }
    put_text(sound, &transfer.data);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelReference;
    use crate::model::transfer::Transfer;
    use crate::synth::controls::Controls;

    fn preset() -> Preset {
        let mut controls = Controls::default();
        controls.set(Control::latent(3), 0.25);
        let transfer = Some(StoredTransfer::from(&Transfer::of_gain(-1.0)));
        Preset { model: ModelReference::factory().clone(), transfer, ..Preset::new("Glass Harp", &controls) }
    }

    fn set(preset: &mut Preset, id: &str, value: f32) {
        preset.state.insert(id.to_owned(), value);
    }

    #[test]
    fn a_new_name_author_tag_place_or_licence_leaves_a_preset_what_it_is() {
        let before = preset();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("elsewhere.zither");
        let mut after = Preset {
            name: "Ice".into(),
            author: "Ada".into(),
            category: "Bells".into(),
            tags: vec!["cold".into()],
            description: "Another".into(),
            licence: "CC-BY-4.0".into(),
            version: "9.9.9".into(),
            ..before.clone()
        };
        after.model.name = "Renamed".into();
        after.other.insert("colour".into(), "red".into());
        after.write(&path).unwrap();
        assert_eq!(Preset::read(&path).unwrap().id(), before.id());
    }

    #[test]
    fn any_change_of_the_sound_makes_another_preset() {
        let before = preset();
        let mut ids = vec![before.id()];
        let mut changed = |change: &dyn Fn(&mut Preset)| {
            let mut preset = before.clone();
            change(&mut preset);
            ids.push(preset.id());
        };
        changed(&|preset| preset.model.digest.push('0'));
        changed(&|preset| preset.model.digest.clear());
        changed(&|preset| preset.transfer = None);
        changed(&|preset| preset.transfer.as_mut().unwrap().gain = -1.5);
        changed(&|preset| preset.transfer.as_mut().unwrap().pitch += 1.0);
        changed(&|preset| preset.transfer.as_mut().unwrap().share = 0.25);
        changed(&|preset| preset.transfer.as_mut().unwrap().data.replace_range(0..4, "BBBB"));
        changed(&|preset| set(preset, "arpeggio", 1.0));
        for control in Control::all().filter(|control| !control.is_of_project()) {
            let spec = control.spec();
            let other = if spec.default == spec.max { spec.min } else { spec.max };
            changed(&|preset| set(preset, spec.id, other));
        }
        // The smallest step that an f32 can take.
        changed(&|preset| set(preset, "latent_4", 0.25_f32.next_up()));
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn what_sounds_the_same_is_the_same_however_it_is_written() {
        let before = preset();
        let same = |change: &dyn Fn(&mut Preset)| {
            let mut preset = before.clone();
            change(&mut preset);
            assert_eq!(preset.id(), before.id());
        };
        same(&|preset| preset.state.retain(|_, value| *value == 0.25));
        same(&|preset| set(preset, "latent_1", -0.0));
        same(&|preset| set(preset, "bypass", 1.0));
        let loud = |gain: f32| {
            let mut preset = before.clone();
            set(&mut preset, "gain", gain);
            preset.id()
        };
        assert_eq!(loud(12.0), loud(1_000.0));
    }

    #[test]
    fn ids_stand_in_users_databases_and_never_change() {
        let mut controls = Controls::default();
        controls.set(Control::latent(0), 0.5);
        let preset = Preset { model: ModelReference::default(), ..Preset::new("x", &controls) };
        assert_eq!(preset.id().to_string(), "280cf04f79323f03063580dc25e7160e");
    }
}
