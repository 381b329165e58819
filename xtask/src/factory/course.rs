//! Steps that take long, each done once.
//!
//! Two files beside what a step makes tell where it stands: `<step>.begun` and `<step>.done`, both with its command. What
//! a step with another command began is removed; what the same command began goes on. A step that is done is skipped
//! unless one before it was not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// A command, what it makes and how it goes on.
pub(crate) struct Step {
    name: String,
    command: Command,
    makes: Option<PathBuf>,
    checkpoint: Option<PathBuf>,
}

impl Step {
    pub(crate) fn new(name: &str, command: Command) -> Self {
        Self { name: name.to_owned(), command, makes: None, checkpoint: None }
    }

    /// The file or folder that it makes, and that nobody else writes to.
    pub(crate) fn makes(mut self, path: &Path) -> Self {
        self.makes = Some(path.to_owned());
        self
    }

    /// A file from which it goes on with `--resume`.
    pub(crate) fn resumes(mut self, checkpoint: &Path) -> Self {
        self.checkpoint = Some(checkpoint.to_owned());
        self
    }
}

/// Steps one after another, with their folder.
pub(crate) struct Course {
    folder: PathBuf,
    /// Whether a step was not done: then what follows is out of date.
    anew: bool,
    times: Vec<(String, Option<Duration>)>,
}

impl Course {
    /// # Errors
    /// If the folder cannot be made.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), anew: false, times: Vec::new() })
    }

    /// Does a step unless it is done. What it prints is kept in `<step>.txt`.
    ///
    /// # Errors
    /// If it fails, or a file cannot be written.
    pub(crate) fn step(&mut self, mut step: Step) -> Result<()> {
        let line = workspace::line(&step.command);
        let file = |ending: &str| self.folder.join(format!("{}.{ending}", step.name));
        let (begun, done, printed) = (file("begun"), file("done"), file("txt"));
        let says = |path: &Path| fs::read_to_string(path).is_ok_and(|text| text == line);
        if !self.anew && says(&done) && step.makes.iter().all(|path| path.exists()) {
            self.times.push((step.name, None));
            return Ok(());
        }
        let goes_on = says(&begun) && !self.anew;
        remove(&done)?;
        if !goes_on {
            step.makes.iter().chain(&step.checkpoint).try_for_each(|path| remove(path))?;
            fs::write(&begun, &line).with_context(|| format!("cannot write {}", begun.display()))?;
        }
        self.anew = true;
        if let Some(checkpoint) = step.checkpoint.filter(|path| path.exists()) {
            step.command.arg("--resume").arg(checkpoint);
        }
        let start = Instant::now();
        println!("$ {}", workspace::line(&step.command));
        let output = step.command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run `{line}`"))?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        ensure!(output.status.success(), "`{line}` failed ({})", output.status);
        let keep = fs::write(&printed, &output.stdout).and_then(|()| fs::write(&done, &line));
        keep.with_context(|| format!("cannot write to {}", self.folder.display()))?;
        let took = start.elapsed();
        println!("factory-model: {} took {}", step.name, minutes(took));
        self.times.push((step.name, Some(took)));
        Ok(())
    }

    /// Prints what each step took.
    pub(crate) fn print(&self) {
        let taken = |time: &Option<Duration>| time.map_or_else(|| "done before".to_owned(), minutes);
        let steps: Vec<_> = self.times.iter().map(|(name, time)| format!("{name} {}", taken(time))).collect();
        println!("factory-model: {}", steps.join(", "));
    }
}

fn minutes(time: Duration) -> String {
    format!("{:.1} min", time.as_secs_f64() / 60.0)
}

/// Removes a file or folder if it is there.
fn remove(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Runs a script that may name `$0`, what it makes, as a step of a new course after another one.
    fn run(folder: &Path, before: &str, script: &str) -> Result<()> {
        let made = folder.join("made");
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).arg(&made);
            command
        };
        let mut course = Course::new(&folder.join("work"))?;
        course.step(Step::new("before", shell(before)))?;
        course.step(Step::new("step", shell(script)).makes(&made).resumes(&folder.join("checkpoint")))
    }

    fn made(folder: &Path) -> String {
        fs::read_to_string(folder.join("made")).unwrap_or_default()
    }

    #[test]
    fn a_step_is_done_once_unless_its_command_or_a_step_before_changes() {
        let folder = tempfile::tempdir().unwrap();
        let add = "echo -n x >> $0";
        run(folder.path(), "true", add).unwrap();
        run(folder.path(), "true", add).unwrap();
        assert_eq!(made(folder.path()), "x");
        run(folder.path(), "true", "echo -n y >> $0").unwrap();
        assert_eq!(made(folder.path()), "y", "what the other command made is gone");
        fs::remove_file(folder.path().join("made")).unwrap();
        run(folder.path(), "true", "echo -n y >> $0").unwrap();
        assert_eq!(made(folder.path()), "y");
        run(folder.path(), "echo else", "echo -n y >> $0; echo -n z >> $0").unwrap();
        assert_eq!(made(folder.path()), "yz");
    }

    #[test]
    fn a_step_that_failed_goes_on_from_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "echo -n $1 >> $0; test -n \"$1\" || { touch $(dirname $0)/checkpoint; echo -n half >> $0; false; }";
        assert!(run(folder.path(), "true", script).is_err());
        assert_eq!(made(folder.path()), "half");
        run(folder.path(), "true", script).unwrap();
        assert_eq!(made(folder.path()), "half--resume");
        assert!(run(folder.path(), "true", &script.replace("half", "other")).is_err());
        assert_eq!(made(folder.path()), "other", "a checkpoint of another command is not gone on from");
    }
}
