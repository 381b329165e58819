//! Saving a sound as a preset of the user's, with the rights of what it was made from.

use std::path::PathBuf;

use crate::bridge::Draft;
use crate::browser::library::{Library, PresetFolder, ShelveError};
use crate::browser::preset::Preset;

/// Whether the rights of what it was made from can be told.
pub(super) fn knows_origin(draft: &Draft, library: &Library) -> bool {
    match &draft.made_from {
        (_, Some(id)) => library.entry(*id).is_some(),
        (_, None) => true,
    }
}

/// Saves a draft beside what is there; what was saved, and its file.
///
/// # Errors
/// As [`PresetFolder::save`].
pub(super) fn save(folder: &PresetFolder, draft: &Draft, library: &Library) -> Result<(Preset, PathBuf), ShelveError> {
    let (author, licence) = rights(draft, library);
    let preset = Preset { author, licence, ..draft.preset.clone() };
    let file = folder.save(&preset, &draft.bank, "")?;
    Ok((preset, file))
}

/// Author and licence. What is made from a preset of another licence keeps that, and its author, who may have to be named;
/// what is made from nothing is free, as what comes with Zither is. A preset that is no longer there may have had any
/// licence: then none is stated.
fn rights(draft: &Draft, library: &Library) -> (String, String) {
    let (name, id) = &draft.made_from;
    match id.and_then(|id| library.entry(id)) {
        Some(entry) if entry.is_factory() => (String::new(), entry.card().licence.to_string()),
        Some(entry) => (entry.card().author.to_string(), entry.card().licence.to_string()),
        None if id.is_none() && name.is_empty() => (String::new(), draft.preset.licence.clone()),
        None => Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::{Look, Order, Query, Scanner};
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
            let (saved, file) = save(&folder, &draft, &before).unwrap();
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
    fn what_cannot_be_saved_is_told_and_what_was_made_from_an_unknown_preset_is_known_as_such() {
        let room = tempfile::tempdir().unwrap();
        let file = room.path().join("presets");
        std::fs::write(&file, b"no folder").unwrap();
        let nothing = Library::default();
        let draft = |id| Draft { preset: sound("Mine", 0.1), bank: String::new(), made_from: (String::new(), id) };
        let error = save(&PresetFolder::at(file.clone()), &draft(None), &nothing).unwrap_err().to_string();
        assert!(error.contains("presets"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), b"no folder");
        assert!(knows_origin(&draft(None), &nothing) && !knows_origin(&draft(Some(PresetId::of(b"x"))), &nothing));
    }
}
