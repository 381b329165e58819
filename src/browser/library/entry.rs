//! What the library knows of a preset without having it loaded.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::licence::Permission;
use crate::browser::preset::{Preset, PresetError};
use crate::browser::usage::PresetId;
use crate::browser::{bank, folders};
use crate::model::ModelReference;
use crate::model::latent::LATENTS;

/// A sound, wherever it lies. Two files of one sound are one entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The hash of the sound.
    pub id: PresetId,
    /// Where it lies: at least one, the user's own before those of the factory. The first gives the name.
    pub places: Vec<Place>,
}

impl Entry {
    /// A sound that lies nowhere yet, as if in a bank of this name.
    #[must_use]
    pub fn unsaved(preset: &Preset, bank: &str) -> Self {
        let card = Shared::default().card(preset);
        let place = Place { bank: bank.into(), folder: "".into(), path: None, modified: None, card };
        Self { id: place.card.id, places: vec![place] }
    }

    /// What stands in the file of the first place.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.places[0].card
    }

    /// Whether it comes with Zither and is nowhere among the user's own.
    #[must_use]
    pub fn is_factory(&self) -> bool {
        self.places.iter().all(Place::is_factory)
    }

    /// The first file that holds it; none where it is only built in.
    #[must_use]
    pub fn path(&self) -> Option<&PathBuf> {
        self.places.iter().find_map(|place| place.path.as_ref())
    }

    /// The preset itself, out of the first place that still has it. Reads a file.
    ///
    /// # Errors
    /// If none of its files can be read, with the last one's reason.
    pub fn read(&self) -> Result<Preset, PresetError> {
        let mut outcome = Err(PresetError::Gone);
        for place in &self.places {
            outcome = match &place.path {
                Some(path) => Preset::read(path),
                None => {
                    bank::factory().find(|(_, preset)| preset.id() == self.id).map(|(_, p)| p).ok_or(PresetError::Gone)
                }
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }
}

/// One place of a sound.
#[derive(Clone, Debug)]
pub struct Place {
    /// What stands in its file.
    pub card: Arc<Card>,
    /// The first folder below that of the presets; [`super::USER_BANK`] for those that lie in none.
    pub bank: Arc<str>,
    /// The folders below that of the bank, parted by `/`; often empty.
    pub folder: Arc<str>,
    /// Its file; none where it is built in.
    pub path: Option<PathBuf>,
    /// When the file was last changed.
    pub modified: Option<SystemTime>,
}

impl Place {
    /// Whether it comes with Zither.
    #[must_use]
    pub fn is_factory(&self) -> bool {
        *self.bank == *folders::FACTORY
    }

    /// What sounds of one kind have in common: the bank, and of the factory's, which are one bank, the folder.
    #[must_use]
    pub fn family(&self) -> &str {
        if self.is_factory() && !self.folder.is_empty() { &self.folder } else { &self.bank }
    }
}

/// What stands in a preset's file besides its sound, and of the sound what is compared. Texts that many presets share
/// are held once.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The hash of the sound.
    pub id: PresetId,
    /// Name.
    pub name: Box<str>,
    /// Who made it; may be empty.
    pub author: Arc<str>,
    /// One category, such as `Keys`; may be empty.
    pub category: Arc<str>,
    /// Words to find it by.
    pub tags: Box<[Arc<str>]>,
    /// A sentence about it; may be empty.
    pub description: Box<str>,
    /// SPDX expression, as it stands in the file.
    pub licence: Arc<str>,
    /// What the licences of the preset and of its recording, where it was made of one, permit.
    pub permission: Permission,
    /// The latent controls, each -1..1.
    pub latents: [f32; LATENTS],
    /// The model it was made with.
    pub model: Arc<ModelReference>,
    /// Whether it carries what a recording left.
    pub is_of_recording: bool,
}

/// Texts and models that were seen already, so that they are held once.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: HashSet<Arc<str>>,
    models: Vec<Arc<ModelReference>>,
}

impl Shared {
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = text.into();
                self.texts.insert(Arc::clone(&new));
                new
            }
        }
    }

    fn model(&mut self, model: &ModelReference) -> Arc<ModelReference> {
        match self.models.iter().find(|known| ***known == *model) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::new(model.clone());
                // Files of nonsense may name a model each; few of those are worth looking for.
                if self.models.len() < 1_000 {
                    self.models.push(Arc::clone(&new));
                }
                new
            }
        }
    }

    /// The card of a preset.
    pub(super) fn card(&mut self, preset: &Preset) -> Arc<Card> {
        Arc::new(Card {
            id: preset.id(),
            name: preset.name.trim().into(),
            author: self.text(preset.author.trim()),
            category: self.text(preset.category.trim()),
            tags: preset.tags.iter().map(|tag| self.text(tag.trim())).filter(|tag| !tag.is_empty()).collect(),
            description: preset.description.trim().into(),
            licence: self.text(preset.licence.trim()),
            permission: Permission::of(preset),
            latents: *preset.controls().latents(),
            model: self.model(&preset.model),
            is_of_recording: preset.transfer.is_some(),
        })
    }
}
