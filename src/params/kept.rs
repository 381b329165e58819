//! What a project keeps of an instance beside its parameters. A serialised type: the keys and shapes below stand in
//! users' projects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;

use super::announcement::Announcement;
use super::doings::Doings;
use super::duck::DuckChoice;
use super::model::{ModelChoice, StoredModel};
use super::project::ProjectOf;
use super::transfer::TransferChoice;
use crate::browser::preset::Preset;
use crate::browser::sitting::Act;
use crate::browser::usage::{Deed, PresetId};
use crate::model::latent::LATENTS;
use crate::model::transfer::StoredTransfer;

/// Longest name that is kept, in characters.
const NAME_LIMIT: usize = 128;
/// Smallest window in which the whole editor is seen at once, in logical pixels at a scale of 100 %.
pub const WINDOW_MIN: [u32; 2] = [900, 700];
/// Smallest window of the editor, in logical pixels: that at a scale of 50 %.
const WINDOW_LEAST: [u32; 2] = [450, 350];
/// Largest window of the editor, in logical pixels.
pub const WINDOW_MAX: [u32; 2] = [2_400, 1_600];
/// Window of a new instance.
const WINDOW: [u32; 2] = [1_000, 780];

const DUCK_KEY: &str = "duck";
pub(super) const MODEL_KEY: &str = "model";
const PAD_KEY: &str = "pad";
pub(super) const PRESET_KEY: &str = "preset";
/// Beside the name, so that projects of before, and versions of before, know what they always knew.
pub(super) const PRESET_ID_KEY: &str = "preset_id";
const PROJECT_KEY: &str = "project";
pub(super) const TRANSFER_KEY: &str = "transfer";
const WINDOW_KEY: &str = "window";
/// All keys, for the state filter.
pub(super) const KEYS: [&str; 8] =
    [DUCK_KEY, MODEL_KEY, PAD_KEY, PRESET_KEY, PRESET_ID_KEY, PROJECT_KEY, TRANSFER_KEY, WINDOW_KEY];

/// Persisted fields. Written by the main thread (state load, editor); the audio thread reads none of them.
#[derive(Default)]
pub struct Kept {
    /// For which music the output steps back while it is heard.
    pub duck: DuckChoice,
    /// The model that the project was made with.
    pub model: ModelChoice,
    /// The preset that was loaded last.
    pub preset: LoadedPreset,
    /// What the project is known by.
    pub project: ProjectOf,
    /// What was transferred from a recording.
    pub transfer: TransferChoice,
    /// What is done to the instance, for the history. Not persisted.
    pub doings: Doings,
    /// What the host is to be told. Not persisted.
    pub announcement: Announcement,
    pad: PadAxes,
    window: WindowSize,
}

/// A preset's name, empty where there is none, and its id, none there and where only the name is known.
pub type Named = (String, Option<PresetId>);

/// A preset's name and id, as the project keeps them. Never touched on the audio thread.
#[derive(Default)]
pub struct LoadedPreset(Mutex<Named>);

impl LoadedPreset {
    /// Its name; empty where none was loaded.
    #[must_use]
    pub fn name(&self) -> String {
        self.known().0.clone()
    }

    /// Its id; none where none was loaded, or by a version that kept names only.
    #[must_use]
    pub fn id(&self) -> Option<PresetId> {
        self.known().1
    }

    /// Sets both, the name cut to what is kept.
    pub fn set(&self, name: &str, id: Option<PresetId>) {
        *self.known() = (name.chars().take(NAME_LIMIT).collect(), id);
    }

    /// Both at once.
    #[must_use]
    pub fn named(&self) -> Named {
        self.known().clone()
    }

    /// Sets both if they still are what they were; whether they were.
    fn renew(&self, before: &Named, name: &str, id: PresetId) -> bool {
        let mut known = self.known();
        let is_same = *known == *before;
        if is_same {
            *known = (name.chars().take(NAME_LIMIT).collect(), Some(id));
        }
        is_same
    }

    fn known(&self) -> MutexGuard<'_, Named> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct PadAxes([AtomicU8; 2]);

impl Default for PadAxes {
    fn default() -> Self {
        Self([AtomicU8::new(0), AtomicU8::new(1)])
    }
}

struct WindowSize([AtomicU32; 2]);

impl Default for WindowSize {
    fn default() -> Self {
        Self(WINDOW.map(AtomicU32::new))
    }
}

impl Kept {
    /// The latents (from 0) that lie on the pad's horizontal and vertical axis.
    #[must_use]
    pub fn pad_axes(&self) -> [usize; 2] {
        [0, 1].map(|axis: usize| usize::from(self.pad.0[axis].load(Ordering::Relaxed)))
    }

    /// Lays latent `latent` (from 0) on an axis (0 horizontal, 1 vertical); one that does not exist is ignored.
    pub fn set_pad_axis(&self, axis: usize, latent: usize) {
        if latent < LATENTS
            && let Some(slot) = self.pad.0.get(axis)
        {
            slot.store(latent as u8, Ordering::Relaxed);
        }
    }

    /// Width and height of the editor in logical pixels, whatever the scale; [`WINDOW_MAX`] at most.
    #[must_use]
    pub fn window(&self) -> [u32; 2] {
        [0, 1].map(|side: usize| self.window.0[side].load(Ordering::Relaxed))
    }

    /// Remembers the editor's size, clamped.
    pub fn set_window(&self, size: [u32; 2]) {
        for side in 0..2 {
            let within = size[side].clamp(WINDOW_LEAST[side], WINDOW_MAX[side]);
            self.window.0[side].store(within, Ordering::Relaxed);
        }
    }

    /// Takes up that the sound was saved in a file: that preset is the loaded one now, and the host is told, unless
    /// another was loaded meanwhile. For the background thread that saves.
    pub fn take_saved(&self, made_from: &Named, preset: &Preset, file: &Path) {
        let id = preset.id();
        if self.preset.renew(made_from, &preset.name, id) {
            self.doings.note_named(Act::Saved(id), &preset.name);
            self.announcement.make(Some(file), &preset.name);
        } else {
            self.doings.note_named(Act::Said(id, Deed::Save), &preset.name);
        }
    }

    /// All fields as JSON, by key. Asked for by hosts alone, to save a project.
    pub(super) fn save(&self) -> BTreeMap<String, String> {
        self.doings.note(Act::ProjectSaved);
        let json = |value: serde_json::Value| value.to_string();
        BTreeMap::from([
            (DUCK_KEY.to_owned(), json(serde_json::json!(self.duck.get()))),
            (MODEL_KEY.to_owned(), self.model.stored().to_json()),
            (PRESET_KEY.to_owned(), json(self.preset.name().into())),
            (PRESET_ID_KEY.to_owned(), id_text(self.preset.id())),
            (PROJECT_KEY.to_owned(), json(self.project.id().into())),
            (TRANSFER_KEY.to_owned(), text(&self.transfer.stored())),
            (PAD_KEY.to_owned(), json(self.pad_axes().to_vec().into())),
            (WINDOW_KEY.to_owned(), json(self.window().to_vec().into())),
        ])
    }

    /// Restores what is well-formed and leaves the rest as it is.
    pub(super) fn restore(&self, fields: &BTreeMap<String, String>) {
        if let Some(choice) = field(fields, DUCK_KEY) {
            self.duck.set(choice);
        }
        if let Some(json) = fields.get(MODEL_KEY) {
            self.model.set(StoredModel::from_json(json));
        }
        if let Some(name) = field::<String>(fields, PRESET_KEY) {
            let id = field::<String>(fields, PRESET_ID_KEY).and_then(|id| id.parse().ok());
            self.preset.set(&name, id);
            self.doings.note(Act::Restored(id));
        }
        if let Some(id) = field::<String>(fields, PROJECT_KEY) {
            self.project.set_id(&id);
        }
        if let Some(json) = fields.get(TRANSFER_KEY) {
            // One that is damaged is none: what another sound left must not colour this one.
            self.transfer.set(serde_json::from_str(json).unwrap_or(None));
        }
        if let Some(axes) = field::<[usize; 2]>(fields, PAD_KEY) {
            axes.into_iter().enumerate().for_each(|(axis, latent)| self.set_pad_axis(axis, latent));
        }
        if let Some(size) = field::<[u32; 2]>(fields, WINDOW_KEY) {
            self.set_window(size);
        }
    }
}

/// A transfer as JSON: `null` where there is none.
pub(super) fn text(transfer: &Option<StoredTransfer>) -> String {
    serde_json::to_string(transfer).expect("numbers and strings are JSON")
}

/// A preset's id as JSON: `null` where there is none.
pub(super) fn id_text(id: Option<PresetId>) -> String {
    serde_json::Value::from(id.map(|id| id.to_string())).to_string()
}

fn field<T: DeserializeOwned>(fields: &BTreeMap<String, String>, key: &str) -> Option<T> {
    serde_json::from_str(fields.get(key)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transfer::Transfer;
    use crate::params::DuckFor;
    use crate::synth::controls::Controls;

    #[test]
    fn what_is_saved_is_restored() {
        let before = Kept::default();
        before.model.set(StoredModel::Name("brass".to_owned()));
        before.preset.set("Warm", Some(PresetId::of(b"warm")));
        before.duck.set(DuckFor::Ask);
        before.set_pad_axis(0, 7);
        before.set_pad_axis(1, 15);
        before.set_window([1_200, 800]);
        before.transfer.set(Some(StoredTransfer::from(&Transfer::of_gain(-0.1))));
        let after = Kept::default();
        after.restore(&before.save());
        assert_eq!(after.model.stored(), StoredModel::Name("brass".to_owned()));
        assert_eq!((after.preset.name().as_str(), after.preset.id()), ("Warm", Some(PresetId::of(b"warm"))));
        assert_eq!(after.duck.get(), DuckFor::Ask);
        assert_eq!(after.pad_axes(), [7, 15]);
        assert_eq!(after.window(), [1_200, 800]);
        assert_eq!(after.transfer.played(), before.transfer.played());
        assert!(after.transfer.played().is_some());
        assert_eq!(after.save(), before.save());
    }

    #[test]
    fn a_state_that_knows_the_name_alone_takes_the_id_away() {
        let kept = Kept::default();
        kept.preset.set("Warm", Some(PresetId::of(b"warm")));
        kept.restore(&BTreeMap::from([("preset".to_owned(), "\"Old\"".to_owned())]));
        assert_eq!((kept.preset.name().as_str(), kept.preset.id()), ("Old", None));
        let acts: Vec<Act> = kept.doings.take().into_iter().map(|done| done.act).collect();
        assert_eq!(acts, [Act::Restored(None)]);
    }

    #[test]
    fn a_sound_that_was_saved_is_the_loaded_preset_unless_another_was_loaded_meanwhile() {
        let (kept, file) = (Kept::default(), Path::new("/Mine/Glass.zither"));
        let preset = Preset::new("Glass", &Controls::default());
        kept.preset.set("Base", Some(PresetId::of(b"base")));
        let made_from = kept.preset.named();
        kept.take_saved(&made_from, &preset, file);
        assert_eq!(kept.preset.named(), ("Glass".to_owned(), Some(preset.id())));
        kept.take_saved(&made_from, &Preset::new("Late", &Controls::default()), file);
        assert_eq!(kept.preset.name(), "Glass");
        let acts: Vec<Act> = kept.doings.take().into_iter().map(|done| done.act).collect();
        assert_eq!(acts, [Act::Saved(preset.id()), Act::Said(preset.id(), Deed::Save)]);
    }

    #[test]
    fn a_damaged_transfer_leaves_none() {
        let kept = Kept::default();
        kept.transfer.set(Some(StoredTransfer::from(&Transfer::of_gain(-0.1))));
        kept.restore(&BTreeMap::from([("transfer".to_owned(), "{\"version\": 1}".to_owned())]));
        assert!(kept.transfer.stored().is_none());
    }

    #[test]
    fn restoring_a_model_raises_its_generation() {
        let kept = Kept::default();
        let before = kept.model.generation();
        kept.restore(&Kept::default().save());
        assert!(kept.model.generation() > before);
        assert_eq!(kept.model.stored(), StoredModel::factory());
    }

    #[test]
    fn nonsense_is_clamped_or_ignored() {
        let kept = Kept::default();
        let bad =
            [("pad", "[99, -1]"), ("window", "[0, 4000000000]"), ("duck", "\"all\""), ("model", "[]"), ("other", "1")];
        kept.restore(&bad.map(|(key, text)| (key.to_owned(), text.to_owned())).into());
        assert_eq!(kept.duck.get(), DuckFor::Nothing);
        assert_eq!(kept.pad_axes(), [0, 1]);
        assert_eq!(kept.window(), [WINDOW_LEAST[0], WINDOW_MAX[1]]);
        assert_eq!(kept.model.stored(), StoredModel::factory());
    }
}
