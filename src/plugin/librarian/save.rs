//! Saving a sound as a preset of the user's, with the rights of what it was made from.

use std::path::PathBuf;

use crate::bridge::Draft;
use crate::browser::library::{Entry, PresetFolder, ShelveError};
use crate::browser::preset::Preset;

/// Saves a draft beside what is there, made from `origin` where that is at hand; what was saved, and its file.
///
/// # Errors
/// As [`PresetFolder::save`].
pub(super) fn save(
    folder: &PresetFolder,
    draft: &Draft,
    origin: Option<&Entry>,
) -> Result<(Preset, PathBuf), ShelveError> {
    let (author, licence) = rights(draft, origin);
    let preset = Preset { author, licence, ..draft.preset.clone() };
    let file = folder.save(&preset, &draft.bank, "")?;
    Ok((preset, file))
}

/// Author and licence. What is made from a preset of another licence keeps that, and its author, who may have to be named;
/// what is made from nothing is free, as what comes with Zither is. A preset that is no longer there may have had any
/// licence: then none is stated.
fn rights(draft: &Draft, origin: Option<&Entry>) -> (String, String) {
    let (name, id) = &draft.made_from;
    match origin {
        Some(entry) if entry.is_factory() => (String::new(), entry.card().licence.to_string()),
        Some(entry) => (entry.card().author.to_string(), entry.card().licence.to_string()),
        None if id.is_none() && name.is_empty() => (String::new(), draft.preset.licence.clone()),
        None => Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::{Library, Look, Order, Query, Scanner};
    use crate::browser::usage::PresetId;
    use crate::model::transfer::{StoredTransfer, Transfer};
    use crate::params::Named;
    use crate::synth::controls::{Control, Controls};

    fn sound(name: &str, latent: f32) -> Preset {
        let mut controls = Controls::default();
        controls.set(Control::latent(0), latent);
        Preset::new(name, &controls)
    }

    fn library(folder: &PresetFolder) -> Library {
        let mut scanner = Scanner::new(Some(folder.path().to_owned()));
        scanner.look(Look::Files, &|| true);
        scanner.library()
    }

    #[test]
    fn a_sound_that_is_saved_lies_in_its_bank_with_its_licence_and_is_found() {
        let room = tempfile::tempdir().unwrap();
        let folder = PresetFolder::at(room.path().join("presets"));
        let theirs = Preset { author: "Ada".into(), licence: "CC-BY-4.0".into(), ..sound("Glass", 0.1) };
        folder.save(&theirs, "Ada's", "").unwrap();
        let before = library(&folder);
        let factory = before.entries().iter().find(|entry| entry.is_factory()).unwrap();
        let named = |name: &str, id| (name.to_owned(), id);
        let cases: [(Named, &str, &str); 5] = [
            (named("", None), "", "CC0-1.0"),
            (named(&factory.card().name, Some(factory.id)), "", "CC0-1.0"),
            (named("Glass", Some(theirs.id())), "Ada", "CC-BY-4.0"),
            (named("Gone", Some(PresetId::of(b"gone"))), "", ""),
            (named("Of an old project", None), "", ""),
        ];
        for (number, (made_from, author, licence)) in cases.into_iter().enumerate() {
            let transfer = Some(StoredTransfer::from(&Transfer::of_gain(-0.1)));
            let preset = Preset { transfer, tags: vec!["soft".into()], ..sound("Mine", 0.2 + number as f32 / 10.0) };
            let draft = Draft { preset, bank: "Own".into(), made_from };
            let origin = draft.made_from.1.and_then(|id| before.entry(id));
            let (saved, file) = save(&folder, &draft, origin).unwrap();
            let read = Preset::read(&file).unwrap();
            assert_eq!(read, saved);
            assert_eq!((read.author.as_str(), read.licence.as_str()), (author, licence), "{:?}", draft.made_from);
            assert_eq!((&read.state, &read.transfer), (&draft.preset.state, &draft.preset.transfer));
            let after = library(&folder);
            let found = after.find(&Query::of_text("mine own soft"), &Default::default(), Order::Name).rows;
            assert!(found.contains(&after.number(saved.id()).unwrap()));
            assert_eq!(found.len(), number + 1, "none took the place of another");
        }
    }

    #[test]
    fn what_cannot_be_saved_is_told() {
        let room = tempfile::tempdir().unwrap();
        let file = room.path().join("presets");
        std::fs::write(&file, b"no folder").unwrap();
        let draft = Draft { preset: sound("Mine", 0.1), bank: String::new(), made_from: (String::new(), None) };
        let error = save(&PresetFolder::at(file.clone()), &draft, None).unwrap_err().to_string();
        assert!(error.contains("presets"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), b"no folder");
    }
}
