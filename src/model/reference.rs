//! Which model a preset or a project was made with.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FACTORY_BYTES, Model};

/// Digits of a digest that people are shown: enough to compare by eye.
const SHOWN_DIGITS: usize = 12;

/// The name of a model, and what tells two models of one name apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelReference {
    /// Name on the model's card.
    pub name: String,
    /// Digest of the model file: the algorithm, a colon, hexadecimal digits. Empty where no model is named.
    pub digest: String,
    /// Keys of later versions.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl ModelReference {
    /// The reference to `model` as Zither would write it. Writes it, in some 15 ms: where there is a file, use
    /// [`ModelReference::of_file`].
    #[must_use]
    pub fn of(model: &Model) -> Self {
        Self::of_file(&model.card.name, &model.to_bytes())
    }

    /// The reference to the model file that holds `bytes`. The digest is BLAKE3, in some 3 ms.
    #[must_use]
    pub fn of_file(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), digest: format!("blake3:{}", blake3::hash(bytes)), other: BTreeMap::new() }
    }

    /// The reference to the model that is built in.
    #[must_use]
    pub fn factory() -> &'static Self {
        static FACTORY: LazyLock<ModelReference> =
            LazyLock::new(|| ModelReference::of_file(&Model::factory().card.name, FACTORY_BYTES));
        &FACTORY
    }

    /// Whether both mean one model, and not none.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        !self.digest.is_empty() && self.digest == other.digest
    }

    /// The first digits of the digest, for people.
    #[must_use]
    pub fn short_digest(&self) -> &str {
        let digits = self.digest.split_once(':').map_or(self.digest.as_str(), |(_, digits)| digits);
        digits.get(..SHOWN_DIGITS).unwrap_or(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factory_model_is_the_same_by_its_file_and_as_it_would_be_written() {
        let factory = ModelReference::factory();
        assert_eq!(*factory, ModelReference::of(&Model::factory()));
        assert!(factory.is_same(factory) && factory.digest.contains(factory.short_digest()));
        assert_eq!(factory.short_digest().len(), SHOWN_DIGITS);
        let nothing = ModelReference::default();
        assert!(!nothing.is_same(&nothing));
        assert_eq!(nothing.short_digest(), "");
    }
}
