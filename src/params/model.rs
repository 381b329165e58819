//! The model of one instance: kept with the project, opened off the audio thread, played by it.

mod stored;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use stored::StoredModel;

use super::handover::{Inlet, Outlet};
use crate::browser::folders;
use crate::browser::models::{self, Listed, Opened};
use crate::model::{Model, ModelReference};

/// The audio thread's half.
pub type ModelInlet = Inlet<Arc<Model>>;

/// Something that the editor wants done where waiting does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelWish {
    /// The list of the user's folder anew.
    List,
    /// The model that is built in.
    Factory,
    /// The model in this file.
    File(PathBuf),
}

/// What the editor shows.
#[derive(Clone, Debug, Default)]
pub struct ModelView {
    /// What is played; `None` is the model that is built in.
    pub played: Option<Arc<Model>>,
    /// The file of what is played, where it is one.
    pub path: Option<PathBuf>,
    /// What tells what is played from others; `None` is the model that is built in.
    pub reference: Option<ModelReference>,
    /// The model that the project asks for and this machine does not have.
    pub missing: Option<ModelReference>,
    /// Why the file that was chosen last was refused.
    pub refused: Option<String>,
    /// The user's folder, as it was when the list was last wished for.
    pub listed: Arc<[Listed]>,
}

/// The choice of one instance. State load and presets set it on the main thread and are done when they return, so that
/// what is played next has the right model; the editor wishes, and the background thread fulfils. The audio thread sees
/// none of it but its [`ModelInlet`].
pub struct ModelChoice {
    kept: Mutex<Kept>,
    generation: AtomicU64,
}

/// What is chosen, with the model itself where it was found.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) stored: StoredModel,
    pub(super) found: Option<Opened>,
}

struct Kept {
    stored: StoredModel,
    view: ModelView,
    wish: Option<ModelWish>,
    /// Rises with every choice, so that a file that took long to open is not played after a later choice.
    choices: u64,
    outlet: Outlet<Arc<Model>>,
}

impl Default for ModelChoice {
    fn default() -> Self {
        let (stored, view, outlet) = (StoredModel::factory(), ModelView::default(), Outlet::default());
        Self { kept: Mutex::new(Kept { stored, view, wish: None, choices: 0, outlet }), generation: AtomicU64::new(0) }
    }
}

impl ModelChoice {
    /// What is played: the model that is built in (loaded at the first call) unless another was chosen.
    #[must_use]
    pub fn played(&self) -> Arc<Model> {
        let chosen = self.kept().view.played.clone();
        chosen.unwrap_or_else(Model::factory)
    }

    /// The same, if it is open: for the editor, which waits for nothing.
    #[must_use]
    pub fn opened(&self) -> Option<Arc<Model>> {
        let chosen = self.kept().view.played.clone();
        chosen.or_else(Model::factory_if_open)
    }

    /// Opens what is played, with what else is shown of it; whether it was not open before. For the background thread.
    pub fn open(&self) -> bool {
        let was_open = self.opened().is_some();
        let (_played, _reference) = (self.played(), ModelReference::factory());
        !was_open
    }

    /// What the editor shows. Never waits for a file.
    #[must_use]
    pub fn view(&self) -> ModelView {
        self.kept().view.clone()
    }

    /// Rises whenever the view changes.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Leaves a wish to the background thread, in place of one that still waits.
    pub fn wish(&self, wish: ModelWish) {
        let mut kept = self.kept();
        kept.choices += u64::from(wish != ModelWish::List);
        kept.wish = Some(wish);
    }

    /// The half for the audio thread; a later call takes the place of an earlier one.
    #[must_use]
    pub fn connect(&self) -> ModelInlet {
        let mut kept = self.kept();
        let inlet = kept.outlet.connect();
        // An engine begins with what is played.
        if let Some(model) = kept.view.played.clone() {
            kept.outlet.send(model);
        }
        inlet
    }

    /// Drops what came back from the audio thread, and fulfils a wish: for the background thread, now and then. Opening a
    /// model takes some 30 ms.
    pub fn tend(&self) {
        let (wish, choice) = {
            let mut kept = self.kept();
            kept.outlet.tend();
            (kept.wish.take(), kept.choices)
        };
        match wish {
            None => {}
            Some(ModelWish::List) => self.list(choice),
            Some(ModelWish::Factory) => self.choose(choice, Ok(models::factory())),
            Some(ModelWish::File(path)) => {
                self.choose(choice, models::open(&path).map_err(|error| error.to_string()));
            }
        }
    }

    /// The model that the project wants, as presets and files know it.
    #[must_use]
    pub fn reference(&self) -> ModelReference {
        self.stored().reference()
    }

    /// What the project keeps.
    pub(super) fn stored(&self) -> StoredModel {
        self.kept().stored.clone()
    }

    /// Sets what a project or preset asks for. Main thread: looks for the file, which takes some 30 ms where no instance
    /// has it open. Where there is none the built-in model plays, and what was asked for is kept.
    pub(super) fn set(&self, stored: StoredModel) {
        let found = models::find(&stored.reference(), stored.path());
        self.settle(Chosen { stored, found });
    }

    /// What is chosen, to choose it again.
    pub(super) fn chosen(&self) -> Chosen {
        let kept = self.kept();
        let (reference, path) = (kept.stored.reference(), kept.view.path.clone());
        let played = kept.view.played.clone().map(|model| Opened { model, reference, path });
        let found = kept.view.missing.is_none().then(|| played.unwrap_or_else(models::factory));
        Chosen { stored: kept.stored.clone(), found }
    }

    /// Sets what was looked for elsewhere, as [`Self::set`] does. Waits for nothing.
    pub(super) fn settle(&self, Chosen { stored, found }: Chosen) {
        let wanted = stored.reference();
        let mut kept = self.kept();
        kept.wish.take_if(|wish| *wish != ModelWish::List);
        kept.choices += 1;
        kept.view.refused = None;
        kept.view.missing = found.is_none().then_some(wanted);
        // A path that leads nowhere here is kept too: it may on the machine that the project came from.
        kept.stored = found.as_ref().map_or(stored, StoredModel::of);
        kept.play(found.unwrap_or_else(models::factory));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Takes what the player chose; what was refused changes nothing but the reason shown.
    fn choose(&self, choice: u64, outcome: Result<Opened, String>) {
        let mut kept = self.kept();
        if kept.choices != choice {
            return;
        }
        kept.view.refused = outcome.as_ref().err().cloned();
        if let Ok(opened) = outcome {
            kept.view.missing = None;
            kept.stored = StoredModel::of(&opened);
            kept.play(opened);
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Lists the user's folder; a model that was missing may be there by now.
    fn list(&self, choice: u64) {
        let listed = folders::models().map(|folder| models::list(&folder)).unwrap_or_default();
        let (stored, missing) = {
            let mut kept = self.kept();
            kept.view.listed = listed.into();
            (kept.stored.clone(), kept.view.missing.clone())
        };
        if let Some(found) = missing.and_then(|wanted| models::find(&wanted, stored.path())) {
            self.choose(choice, Ok(found));
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Tells the audio thread, unless it plays that very model already.
    fn play(&mut self, opened: Opened) {
        (self.view.path, self.view.reference) = (opened.path, Some(opened.reference));
        let before = self.view.played.replace(Arc::clone(&opened.model));
        if !before.is_some_and(|before| Arc::ptr_eq(&before, &opened.model)) {
            self.outlet.send(opened.model);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Card;
    use crate::model::latent::LatentSpace;
    use crate::model::weights::Weights;

    /// A model file in a folder of its own, and what projects say of it.
    fn file(name: &str, seed: u64) -> (tempfile::TempDir, PathBuf, StoredModel) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.safetensors");
        let card = Card { name: name.to_owned(), ..Card::default() };
        let bytes = Model::new(card, LatentSpace::default(), Weights::untrained(seed), Vec::new()).to_bytes();
        std::fs::write(&path, &bytes).unwrap();
        let stored = StoredModel::file(&ModelReference::of_file(name, &bytes), path.to_str());
        (folder, path, stored)
    }

    fn name(choice: &ModelChoice) -> String {
        choice.played().card.name.clone()
    }

    #[test]
    fn a_file_that_is_chosen_plays_is_kept_and_reaches_the_audio_thread() {
        let (_folder, path, stored) = file("Own", 21);
        let choice = ModelChoice::default();
        let (mut inlet, mut playing) = (choice.connect(), choice.played());
        assert_eq!((choice.stored(), choice.view().played.is_none()), (StoredModel::factory(), true));
        choice.wish(ModelWish::File(path.clone()));
        assert_eq!(name(&choice), Model::factory().card.name, "a wish by itself opens nothing");
        choice.tend();
        inlet.take_up(|new| std::mem::replace(&mut playing, new));
        assert!(Arc::ptr_eq(&playing, &choice.played()));
        assert_eq!((name(&choice).as_str(), choice.view().path, choice.stored()), ("Own", Some(path), stored));
        choice.wish(ModelWish::Factory);
        choice.tend();
        inlet.take_up(|new| std::mem::replace(&mut playing, new));
        assert!(Arc::ptr_eq(&playing, &Model::factory()));
        assert_eq!(choice.stored(), StoredModel::factory());
    }

    #[test]
    fn a_refused_file_says_why_and_what_was_played_plays_on() {
        let (folder, path, stored) = file("Own", 22);
        let choice = ModelChoice::default();
        choice.set(stored.clone());
        let broken = folder.path().join("broken.safetensors");
        std::fs::write(&broken, b"no model").unwrap();
        choice.wish(ModelWish::File(broken));
        choice.tend();
        let refused = choice.view().refused.unwrap();
        assert!(
            refused.contains("broken.safetensors") && refused.contains("no complete safetensors file"),
            "{refused}"
        );
        assert_eq!((name(&choice).as_str(), choice.stored()), ("Own", stored));
        choice.wish(ModelWish::File(path));
        choice.tend();
        let (view, wanted) = (choice.view(), choice.stored().reference());
        assert!(view.refused.is_none() && view.reference.is_some_and(|reference| reference.is_same(&wanted)));
    }

    #[test]
    fn a_missing_model_is_named_until_it_is_there_and_the_project_loses_nothing() {
        let (folder, path, stored) = file("Gone", 23);
        let away = folder.path().join("away");
        std::fs::rename(&path, &away).unwrap();
        let choice = ModelChoice::default();
        choice.set(stored.clone());
        assert_eq!(choice.view().missing, Some(stored.reference()));
        assert_eq!((name(&choice), choice.stored()), (Model::factory().card.name.clone(), stored.clone()));
        std::fs::rename(&away, &path).unwrap();
        choice.wish(ModelWish::List);
        choice.tend();
        assert_eq!((name(&choice).as_str(), choice.view().missing), ("Gone", None));
        choice.set(StoredModel::Name("brass".to_owned()));
        assert_eq!(choice.view().missing.unwrap().name, "brass");
    }

    #[test]
    fn a_project_that_is_loaded_while_a_file_is_opened_has_the_last_word() {
        let (_folder, path, _) = file("Late", 24);
        let choice = ModelChoice::default();
        choice.wish(ModelWish::File(path));
        choice.set(StoredModel::factory());
        choice.tend();
        assert_eq!(name(&choice), Model::factory().card.name);
        choice.choose(0, Err("too late".to_owned()));
        assert!(choice.view().refused.is_none());
    }

    #[test]
    fn the_same_model_again_is_not_handed_over_again() {
        let (_folder, _path, stored) = file("Own", 25);
        let choice = ModelChoice::default();
        let mut inlet = choice.connect();
        let mut taken = 0;
        for _ in 0..3 {
            choice.set(stored.clone());
            inlet.take_up(|new| {
                taken += 1;
                new
            });
        }
        assert_eq!(taken, 1);
    }
}
