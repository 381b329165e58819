//! The models that can be played: the one built in and the user's files, listed by name, opened by path, found by what
//! a project or preset says of them.
//!
//! Reads files, so nothing here is for the audio thread. Opening a model takes some 30 ms; one that any instance of the
//! process plays already is shared and not parsed again.

use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::folders;
use crate::model::{MAX_FILE_BYTES, Model, ModelError, ModelReference};

/// Extension of model files.
pub const EXTENSION: &str = "safetensors";
/// Most files of the folder that are looked at.
const MAX_FILES: usize = 1_000;

/// A model that plays, and what it is known by.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The model; all who opened it share it.
    pub model: Arc<Model>,
    /// What projects and presets call it.
    pub reference: ModelReference,
    /// Its file; none where it is built in.
    pub path: Option<PathBuf>,
}

/// A file of the user's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The file.
    pub path: PathBuf,
    /// The model's name, or why the file is none.
    pub name: Result<String, String>,
}

/// A model that was opened, for as long as somebody plays it.
struct Known {
    model: Weak<Model>,
    reference: ModelReference,
    path: PathBuf,
}

/// Every model that this process has open.
static OPEN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// The model that is built in.
#[must_use]
pub fn factory() -> Opened {
    Opened { model: Model::factory(), reference: ModelReference::factory().clone(), path: None }
}

/// Opens a model file.
///
/// # Errors
/// Names the file and why it was refused.
pub fn open(path: &Path) -> Result<Opened, ModelError> {
    let refuse = |reason| ModelError::File { path: path.to_owned(), reason: Box::new(reason) };
    let bytes = read(path).map_err(|error| refuse(error.into()))?;
    share(path, &bytes, &ModelReference::of_file("", &bytes)).map_err(refuse)
}

/// Looks for the model that is `wanted`: the one built in, those that are open, the file it was last seen in, the user's
/// folder.
#[must_use]
pub fn find(wanted: &ModelReference, hint: Option<&Path>) -> Option<Opened> {
    if wanted.is_same(ModelReference::factory()) {
        return Some(factory());
    }
    let hinted = hint.filter(|path| is_local(path)).map(Path::to_owned);
    if let Some(open) = known(&mut OPEN.lock().unwrap_or_else(PoisonError::into_inner), wanted) {
        // Which of two files of one content it was opened from says nothing to this project.
        return Some(Opened { path: hinted.filter(|path| path.is_file()).or(open.path), ..open });
    }
    let folder = folders::models().map(|folder| files(&folder)).unwrap_or_default();
    hinted.into_iter().chain(folder).find_map(|path| open_wanted(&path, wanted))
}

/// The files of a folder that are models by their extension, in the order of their names. Reads their headers only.
#[must_use]
pub fn list(folder: &Path) -> Vec<Listed> {
    let name = |path: &Path| match check_regular(path).map_err(ModelError::from).and_then(|()| Model::peek(path)) {
        Ok(card) => Ok(card.name),
        Err(ModelError::File { reason, .. }) => Err(reason.to_string()),
        Err(reason) => Err(reason.to_string()),
    };
    files(folder).into_iter().map(|path| Listed { name: name(&path), path }).collect()
}

/// Opens the file if it is the wanted model. The name tells almost all others apart, for the price of a header.
fn open_wanted(path: &Path, wanted: &ModelReference) -> Option<Opened> {
    check_regular(path).ok()?;
    if !Model::peek(path).ok()?.name.starts_with(&wanted.name) {
        return None;
    }
    let bytes = read(path).ok()?;
    let reference = ModelReference::of_file("", &bytes);
    if reference.is_same(wanted) { share(path, &bytes, &reference).ok() } else { None }
}

/// The model of these bytes, which is parsed only where nobody plays it yet.
fn share(path: &Path, bytes: &[u8], digest: &ModelReference) -> Result<Opened, ModelError> {
    if digest.is_same(ModelReference::factory()) {
        return Ok(factory());
    }
    // Held while a model is parsed, so that two who ask at once get one.
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(opened) = known(&mut open, digest) {
        return Ok(Opened { path: Some(path.to_owned()), ..opened });
    }
    let model = Arc::new(Model::from_bytes(bytes)?);
    let reference = ModelReference { name: model.card.name.clone(), ..digest.clone() };
    open.push(Known { model: Arc::downgrade(&model), reference: reference.clone(), path: path.to_owned() });
    Ok(Opened { model, reference, path: Some(path.to_owned()) })
}

/// The wanted one of those that are open. Forgets those that nobody plays any more.
fn known(open: &mut Vec<Known>, wanted: &ModelReference) -> Option<Opened> {
    open.retain(|known| known.model.strong_count() > 0);
    let known = open.iter().find(|known| known.reference.is_same(wanted))?;
    Some(Opened { model: known.model.upgrade()?, reference: known.reference.clone(), path: Some(known.path.clone()) })
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    check_regular(path)?;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A pipe by that name would be waited for.
fn check_regular(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path)?.is_file() {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"))
    }
}

/// Whether a path that stands in somebody's project may be looked at: one that names another machine may not.
fn is_local(path: &Path) -> bool {
    let text = path.to_string_lossy();
    path.is_absolute() && !text.starts_with("//") && !text.starts_with(r"\\")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let is_model = |path: &PathBuf| path.extension().is_some_and(|extension| extension == EXTENSION);
    let mut files: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_model).take(MAX_FILES).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Card;
    use crate::model::latent::LatentSpace;
    use crate::model::weights::Weights;

    /// The bytes of a model of this name, like no other of another `seed`.
    fn file(name: &str, seed: u64) -> Vec<u8> {
        let card = Card { name: name.to_owned(), ..Card::default() };
        Model::new(card, LatentSpace::default(), Weights::untrained(seed), Vec::new()).to_bytes()
    }

    #[test]
    fn a_model_is_opened_once_however_often_it_is_asked_for_and_goes_with_its_last_owner() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.safetensors"), folder.path().join("b.safetensors"));
        let bytes = file("Shared", 11);
        std::fs::write(&a, &bytes).unwrap();
        std::fs::write(&b, &bytes).unwrap();
        let first = open(&a).unwrap();
        assert_eq!(first.reference, ModelReference::of(&first.model));
        assert!(Arc::ptr_eq(&first.model, &open(&b).unwrap().model));
        assert!(Arc::ptr_eq(&first.model, &find(&first.reference, None).unwrap().model));
        assert_eq!(Arc::strong_count(&first.model), 1);
        let wanted = first.reference.clone();
        drop(first);
        assert!(find(&wanted, Some(&a)).is_some());
    }

    #[test]
    fn a_hint_is_believed_only_where_the_digest_is_right() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let (right, wrong) = (file("Twin", 12), file("Twin", 13));
        let wanted = ModelReference::of_file("Twin", &right);
        std::fs::write(&path, wrong).unwrap();
        assert!(find(&wanted, Some(&path)).is_none());
        std::fs::write(&path, right).unwrap();
        assert_eq!(find(&wanted, Some(&path)).unwrap().path, Some(path.clone()));
        assert!(find(&wanted, Some(folder.path())).is_none());
        assert!(find(&wanted, None).is_none());
        for elsewhere in ["//machine/a.safetensors", r"\\machine\a.safetensors", "a.safetensors"] {
            assert!(!is_local(Path::new(elsewhere)), "{elsewhere}");
        }
    }

    #[test]
    fn the_factory_model_is_found_without_a_file() {
        let found = find(ModelReference::factory(), None).unwrap();
        assert!(Arc::ptr_eq(&found.model, &Model::factory()) && found.path.is_none());
    }

    #[test]
    fn a_folder_gives_its_models_by_name_and_says_what_the_others_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b.safetensors"), file("Bells", 14)).unwrap();
        std::fs::write(folder.path().join("a.safetensors"), b"no model").unwrap();
        std::fs::write(folder.path().join("notes.txt"), b"no model").unwrap();
        std::fs::create_dir(folder.path().join("c.safetensors")).unwrap();
        let listed = list(folder.path());
        assert_eq!(listed.len(), 3);
        assert!(listed[0].name.as_ref().unwrap_err().contains("no complete safetensors file"), "{listed:?}");
        assert_eq!(listed[1].name, Ok("Bells".to_owned()));
        assert!(listed[2].name.as_ref().unwrap_err().contains("no regular file"), "{listed:?}");
        assert!(open(&listed[0].path).unwrap_err().to_string().contains("a.safetensors: "));
        assert!(list(&folder.path().join("missing")).is_empty());
    }
}
