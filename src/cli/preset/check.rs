//! `zitherctl presets check`: what is wrong with preset files.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::filter::folder;
use crate::browser::library::{BANK_EXTENSION, Bank};
use crate::browser::preset::{Preset, scan};

/// Reads presets, folders of them and banks, and says what is wrong with them, one line each.
///
/// Exit status 1 where anything is wrong.
#[derive(clap::Args)]
pub(in crate::cli) struct Check {
    /// What to read [default: your presets folder].
    paths: Vec<PathBuf>,
}

/// What was found so far.
#[derive(Default)]
struct Tally {
    presets: usize,
    problems: Vec<String>,
}

impl Check {
    pub(super) fn run(self) -> Result<()> {
        let paths = if self.paths.is_empty() { vec![folder(None)?] } else { self.paths };
        let mut tally = Tally::default();
        paths.iter().for_each(|path| tally.take(path));
        for problem in &tally.problems {
            eprintln!("{problem}");
        }
        println!("{} presets, {} problems", tally.presets, tally.problems.len());
        ensure!(tally.problems.is_empty(), "{} problems", tally.problems.len());
        Ok(())
    }
}

impl Tally {
    fn take(&mut self, path: &Path) {
        let shown = path.display();
        if path.is_dir() {
            let (presets, problems) = scan(path);
            self.presets += presets.len();
            self.problems
                .extend(problems.iter().map(|problem| format!("{}: {}", problem.path.display(), problem.error)));
        } else if path.extension().is_some_and(|extension| extension == BANK_EXTENSION) {
            match Bank::read(path) {
                Ok((bank, problems)) => {
                    self.presets += bank.presets.len();
                    self.problems.extend(problems.iter().map(|problem| format!("{shown}: {problem}")));
                }
                Err(error) => self.problems.push(format!("{shown}: {error}")),
            }
        } else {
            match Preset::read(path) {
                Ok(_) => self.presets += 1,
                Err(error) => self.problems.push(format!("{shown}: {error}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::controls::Controls;

    #[test]
    fn presets_folders_and_banks_are_read_and_each_problem_is_a_line() {
        let room = tempfile::tempdir().unwrap();
        let path = |name: &str| room.path().join(name);
        let preset = Preset::new("Glass", &Controls::default());
        preset.write(&path("a.zither")).unwrap();
        std::fs::write(path("b.zither"), "{").unwrap();
        Bank { name: "x".into(), presets: vec![(String::new(), preset)] }.write(&path("x.zitherbank")).unwrap();
        std::fs::write(path("y.zitherbank"), "{}").unwrap();
        let mut tally = Tally::default();
        for name in ["", "a.zither", "b.zither", "x.zitherbank", "y.zitherbank", "none.zither"] {
            tally.take(&path(name));
        }
        assert_eq!((tally.presets, tally.problems.len()), (3, 4), "{:?}", tally.problems);
        assert!(tally.problems.iter().all(|problem| problem.lines().count() == 1 && problem.contains(": ")));
        assert!(Check { paths: vec![path("a.zither")] }.run().is_ok());
        assert!(Check { paths: vec![path("b.zither")] }.run().is_err());
    }
}
