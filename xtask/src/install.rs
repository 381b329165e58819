//! Copies the bundles to the user's plugin folders.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::bundle::Bundles;

/// Copies both bundles. A host that scans meanwhile sees the old plugin or the new one, never half of one.
///
/// # Errors
/// If a folder is unknown or cannot be written.
pub(crate) fn run(bundles: &Bundles) -> Result<()> {
    let folders = Folders::of_this_user()?;
    for (bundle, folder) in [(&bundles.clap, &folders.clap), (&bundles.vst3, &folders.vst3)] {
        let installed = replace(bundle, folder).with_context(|| format!("cannot install into {}", folder.display()))?;
        println!("installed {}", installed.display());
    }
    println!("rescan plugins in your host to see Zither");
    Ok(())
}

/// Where hosts look for the user's plugins.
struct Folders {
    clap: PathBuf,
    vst3: PathBuf,
}

impl Folders {
    fn of_this_user() -> Result<Self> {
        let variable = |name| env::var_os(name).map(PathBuf::from).with_context(|| format!("{name} is not set"));
        Ok(if cfg!(target_os = "windows") {
            Self {
                clap: variable("LOCALAPPDATA")?.join("Programs/Common/CLAP"),
                vst3: variable("COMMONPROGRAMFILES")?.join("VST3"),
            }
        } else if cfg!(target_os = "macos") {
            let plugins = variable("HOME")?.join("Library/Audio/Plug-Ins");
            Self { clap: plugins.join("CLAP"), vst3: plugins.join("VST3") }
        } else {
            let home = variable("HOME")?;
            Self { clap: home.join(".clap"), vst3: home.join(".vst3") }
        })
    }
}

/// Puts `bundle` (a file or a folder) into `folder` in place of one of the same name: copies it beside, then renames.
fn replace(bundle: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = bundle.file_name().context("a bundle has a name")?;
    let beside = |suffix: &str| folder.join(format!(".{}.{suffix}", name.to_string_lossy()));
    let (target, new, old) = (folder.join(name), beside("new"), beside("old"));
    remove(&new)?;
    remove(&old)?;
    copy(bundle, &new)?;
    if target.exists() {
        fs::rename(&target, &old)?;
    }
    if let Err(error) = fs::rename(&new, &target) {
        if old.exists() {
            fs::rename(&old, &target).context("the old version could not be put back")?;
        }
        return Err(error.into());
    }
    remove(&old)?;
    Ok(target)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        return Ok(());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_bundle_takes_the_place_of_the_old_one_and_leaves_nothing_beside() {
        let room = tempfile::tempdir().unwrap();
        let (built, plugins) = (room.path().join("Zither.vst3"), room.path().join("plugins"));
        fs::create_dir_all(built.join("Contents")).unwrap();
        for version in ["one", "two"] {
            fs::write(built.join("Contents/zither.so"), version).unwrap();
            let installed = replace(&built, &plugins).unwrap();
            assert_eq!(fs::read_to_string(installed.join("Contents/zither.so")).unwrap(), version);
            assert_eq!(fs::read_dir(&plugins).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_bundle_that_is_missing_leaves_the_old_one_alone() {
        let room = tempfile::tempdir().unwrap();
        let built = room.path().join("Zither.clap");
        fs::write(&built, "one").unwrap();
        let plugins = room.path().join("plugins");
        let installed = replace(&built, &plugins).unwrap();
        fs::remove_file(&built).unwrap();
        assert!(replace(&built, &plugins).is_err());
        assert_eq!(fs::read_to_string(installed).unwrap(), "one");
    }
}
