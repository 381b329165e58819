//! What a project says of its model. A serialised type: it stands in users' projects.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::browser::models::Opened;
use crate::model::ModelReference;

/// What a project says of the model that is built in.
const FACTORY: &str = "factory";
/// Longest name that is kept, in characters.
const NAME_LIMIT: usize = 128;
/// Longest digest that is kept, in characters.
const DIGEST_LIMIT: usize = 160;
/// Longest path that is kept, in bytes.
const PATH_LIMIT: usize = 4_096;

/// What a project keeps: [`FACTORY`] alone, or the name, the digest and the last known path of another model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::params) enum StoredModel {
    /// By name alone: the model that is built in.
    Name(String),
    /// A file.
    File {
        /// Name on its card.
        name: String,
        /// As [`ModelReference::digest`].
        digest: String,
        /// Where it was; a hint, empty where there is none.
        #[serde(default)]
        path: String,
    },
}

impl StoredModel {
    /// The model that is built in.
    pub(in crate::params) fn factory() -> Self {
        Self::Name(FACTORY.to_owned())
    }

    /// What a preset asks for; nothing where it names no model.
    pub(in crate::params) fn of_preset(reference: &ModelReference) -> Option<Self> {
        match reference.digest.as_str() {
            "" => None,
            _ if reference.is_same(ModelReference::factory()) => Some(Self::factory()),
            _ => Some(Self::file(reference, None)),
        }
    }

    /// What is said of a model that was found.
    pub(super) fn of(opened: &Opened) -> Self {
        opened.path.as_ref().map_or_else(Self::factory, |path| Self::file(&opened.reference, path.to_str()))
    }

    pub(super) fn file(reference: &ModelReference, path: Option<&str>) -> Self {
        let path = path.unwrap_or_default().to_owned();
        Self::File { name: reference.name.clone(), digest: reference.digest.clone(), path }.cut()
    }

    /// Reads the JSON of a state; what is none of ours is the model that is built in.
    pub(in crate::params) fn from_json(json: &str) -> Self {
        serde_json::from_str(json).map_or_else(|_| Self::factory(), Self::cut)
    }

    pub(in crate::params) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }

    /// Within the limits; a path that is too long is no hint.
    fn cut(self) -> Self {
        let cut = |text: String, limit: usize| text.chars().take(limit).collect();
        match self {
            Self::Name(name) => Self::Name(cut(name, NAME_LIMIT)),
            Self::File { name, digest, path } => {
                let path = if path.len() > PATH_LIMIT || path.contains('\0') { String::new() } else { path };
                Self::File { name: cut(name, NAME_LIMIT), digest: cut(digest, DIGEST_LIMIT), path }
            }
        }
    }

    /// The model as presets and files know it.
    pub(in crate::params) fn reference(&self) -> ModelReference {
        match self {
            Self::Name(name) if name == FACTORY => ModelReference::factory().clone(),
            Self::Name(name) => ModelReference { name: name.clone(), ..ModelReference::default() },
            Self::File { name, digest, .. } => {
                ModelReference { name: name.clone(), digest: digest.clone(), ..ModelReference::default() }
            }
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } if !path.is_empty() => Some(Path::new(path)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_state_says_is_brought_within_its_limits() {
        let long = |length: usize| "x".repeat(length);
        let file = |name: &str, digest: &str, path: &str| {
            let (name, digest, path) = (name.to_owned(), digest.to_owned(), path.to_owned());
            StoredModel::File { name, digest, path }
        };
        let check = |given: StoredModel, expected| assert_eq!(StoredModel::from_json(&given.to_json()), expected);
        check(file("n", "fnv1a64:0", "/m"), file("n", "fnv1a64:0", "/m"));
        check(file(&long(999), &long(999), &long(9_999)), file(&long(NAME_LIMIT), &long(DIGEST_LIMIT), ""));
        check(file("n", "d", "/a\0b"), file("n", "d", ""));
        check(StoredModel::Name(long(999)), StoredModel::Name(long(NAME_LIMIT)));
        for damaged in ["[]", "{}", "{\"name\": 1, \"digest\": \"\"}", "", "null"] {
            assert_eq!(StoredModel::from_json(damaged), StoredModel::factory(), "{damaged}");
        }
    }

    #[test]
    fn a_preset_asks_for_the_factory_model_by_name_and_for_none_where_it_names_none() {
        assert_eq!(StoredModel::of_preset(ModelReference::factory()), Some(StoredModel::factory()));
        assert_eq!(StoredModel::of_preset(&ModelReference::default()), None);
    }
}
