//! `zitherctl presets import` and `export`: banks go round.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::filter::{Filter, folder};
use crate::browser::library::{BANK_EXTENSION, Bank, Course, PresetFolder, take_in};

/// Takes banks (`.zitherbank`), single presets (`.zither`) and folders of both into your presets folder.
///
/// Nothing there is replaced: a preset that is called as another gets another file name, and one that lies there already
/// is left as it is. Exit status 1 where anything could not be taken.
#[derive(clap::Args)]
pub(in crate::cli) struct Import {
    /// Files and folders.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Bank that they go into [default: that of each bank file, one called as the folder, User for single presets].
    #[arg(long)]
    bank: Option<String>,
    /// The presets folder [default: yours].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(self) -> Result<()> {
        let into = PresetFolder::at(folder(self.folder)?);
        let mut failed = 0;
        for path in &self.files {
            let intake = take_in(&into, path, self.bank.as_deref(), &Course::default());
            intake.problems.iter().for_each(|problem| eprintln!("{problem}"));
            failed += intake.failed;
            println!("{}: {intake}", path.display());
        }
        ensure!(failed == 0, "{failed} problems");
        Ok(())
    }
}

/// Writes presets into one bank file to hand on: a bank, or whatever the words and choices leave.
#[derive(clap::Args)]
pub(in crate::cli) struct Export {
    /// Beginnings of words, as for `presets search`.
    words: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// What the bank is called [default: the name of the file].
    #[arg(long)]
    name: Option<String>,
    /// Where it goes: a file with the extension `.zitherbank`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Export {
    pub(super) fn run(self) -> Result<()> {
        let shown = self.out.display();
        let is_bank = self.out.extension().is_some_and(|extension| extension == BANK_EXTENSION);
        ensure!(is_bank, "{shown}: a bank's file ends in .{BANK_EXTENSION}");
        let library = self.filter.library()?;
        let stem = self.out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let entries = self.filter.entries(&library, &self.words);
        let (bank, problems) = Bank::of(&self.name.unwrap_or(stem), entries, &Course::default());
        for (preset, error) in &problems {
            eprintln!("{preset}: {error}");
        }
        for preset in bank.to_ask_for() {
            let licence = if preset.licence.is_empty() { "no licence" } else { &preset.licence };
            eprintln!("{}: ask before you hand it on ({licence})", preset.name);
        }
        bank.write(&self.out).with_context(|| shown.to_string())?;
        println!("{shown}: {} presets", bank.presets.len());
        ensure!(problems.is_empty(), "{} presets could not be read", problems.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::{Look, Scanner};
    use crate::browser::preset::Preset;

    #[test]
    fn what_is_exported_is_imported_elsewhere_and_once() {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("All of it.zitherbank");
        let export = Export { words: vec![], filter: Filter::default(), name: None, out: out.clone() };
        export.run().unwrap();
        let import =
            || Import { files: vec![out.clone()], bank: None, folder: Some(room.path().join("presets")) }.run();
        import().unwrap();
        import().unwrap();
        let mut scanner = Scanner::new(Some(room.path().join("presets")));
        scanner.look(Look::Files, &|| true);
        let library = scanner.library();
        let mine = library.entries().iter().filter(|entry| &*entry.places[0].bank == "All of it");
        let built_in = Scanner::new(None).library();
        assert_eq!(mine.count(), built_in.entries().len());
        assert_eq!(library.entries().iter().map(|entry| entry.places.len()).max(), Some(2));
    }

    #[test]
    fn what_cannot_be_taken_is_an_error_and_the_rest_goes_in() {
        let room = tempfile::tempdir().unwrap();
        let (bad, good) = (room.path().join("bad.zither"), room.path().join("good.zither"));
        std::fs::write(&bad, "{").unwrap();
        Preset::new("Good", &crate::synth::controls::Controls::default()).write(&good).unwrap();
        let folder = room.path().join("presets");
        let import = Import { files: vec![bad, good], bank: None, folder: Some(folder.clone()) };
        assert!(import.run().is_err());
        assert!(folder.join("User/Good.zither").is_file());
        let wrong = Export { words: vec![], filter: Filter::default(), name: None, out: room.path().join("x.zip") };
        assert!(wrong.run().unwrap_err().to_string().contains(".zitherbank"));
    }
}
