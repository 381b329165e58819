//! Copies the bundles to the user's plugin folders, and the factory presets beside the user's own.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::bundle::Bundles;
use crate::workspace::Workspace;

/// The plugin's own rule of where presets lie.
#[path = "../../src/browser/folders.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the plugin, which uses more of it")]
mod folders;

/// Copies both bundles and the factory presets. A host that scans meanwhile sees the old plugin or the new one, never
/// half of one.
///
/// # Errors
/// If a folder is unknown or cannot be written.
pub(crate) fn run(workspace: &Workspace, bundles: &Bundles) -> Result<()> {
    let folders = Folders::of_this_user()?;
    for (bundle, folder) in [(&bundles.clap, &folders.clap), (&bundles.vst3, &folders.vst3)] {
        let installed = replace(bundle, folder).with_context(|| format!("cannot install into {}", folder.display()))?;
        println!("installed {}", installed.display());
    }
    let presets = folders::presets().context("this system names no home folder; set ZITHER_HOME")?;
    let folder = presets.join(folders::FACTORY);
    let count = install_presets(&workspace.root.join("presets"), &folder)
        .with_context(|| format!("cannot install presets into {}", folder.display()))?;
    println!("installed {count} factory presets into {}", folder.display());
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

/// Copies the presets of `from` and its banks into `folder`, each whole or not at all; how many. A file there that is
/// not as it was installed is the user's work: it is kept beside, under a name that says so. What an earlier version
/// installed elsewhere goes.
fn install_presets(from: &Path, folder: &Path) -> Result<usize> {
    let mut installed = Vec::new();
    install_bank(from, folder, &mut installed)?;
    retire(folder, &installed)?;
    Ok(installed.len())
}

fn install_bank(from: &Path, folder: &Path, installed: &mut Vec<PathBuf>) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?;
        if path.is_dir() {
            install_bank(&path, &folder.join(name), installed)?;
        } else if path.extension().is_some_and(|extension| extension == "zither") {
            install_preset(&path, folder)?;
            installed.push(folder.join(name));
        }
    }
    Ok(())
}

/// Removes what was installed once and is not any more, unless the user has changed it.
fn retire(folder: &Path, installed: &[PathBuf]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            retire(&path, installed)?;
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".installed")) else { continue };
        let preset = folder.join(name);
        if installed.contains(&preset) {
            continue;
        }
        if preset.exists() && fs::read(&preset)? == fs::read(&path)? {
            fs::remove_file(&preset)?;
        }
        fs::remove_file(&path)?;
    }
    Ok(())
}

fn install_preset(preset: &Path, folder: &Path) -> Result<()> {
    let name = preset.file_name().context("a file has a name")?;
    let target = folder.join(name);
    // Hidden and of another extension, so that no browser shows it: how the preset was when it was installed.
    let record = folder.join(format!(".{}.installed", name.to_string_lossy()));
    if target.exists() {
        let found = fs::read(&target)?;
        let untouched =
            [&record, &preset.to_owned()].into_iter().any(|known| fs::read(known).ok().as_ref() == Some(&found));
        if !untouched {
            keep(&target, &preset.file_stem().unwrap_or_default().to_string_lossy())?;
        }
    }
    replace(preset, folder)?;
    copy(preset, &record)
}

/// Renames `file` to the first free name beside it, `stem (kept 1).zither` and so on.
fn keep(file: &Path, stem: &str) -> Result<()> {
    let free = (1..).map(|number| file.with_file_name(format!("{stem} (kept {number}).zither")));
    let free = free.into_iter().find(|path| !path.exists()).context("no name is free")?;
    println!("{} had been changed; it is now {}", file.display(), free.display());
    Ok(fs::rename(file, free)?)
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
    fn factory_presets_are_installed_and_what_the_user_changed_is_kept() {
        let room = tempfile::tempdir().unwrap();
        let (from, to) = (room.path().join("presets"), room.path().join("user/Factory"));
        fs::create_dir_all(&from).unwrap();
        fs::write(from.join("README.md"), "no preset").unwrap();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut shown: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
            shown.sort();
            shown
        };
        for version in ["one", "one", "two"] {
            fs::write(from.join("Glass.zither"), version).unwrap();
            assert_eq!(install_presets(&from, &to).unwrap(), 1);
            assert_eq!(names(&to), ["Glass.zither"]);
            assert_eq!(fs::read_to_string(to.join("Glass.zither")).unwrap(), version);
        }
        fs::write(to.join("Glass.zither"), "mine").unwrap();
        assert_eq!(install_presets(&from, &to).unwrap(), 1);
        assert_eq!(names(&to), ["Glass (kept 1).zither", "Glass.zither"]);
        assert_eq!(fs::read_to_string(to.join("Glass.zither")).unwrap(), "two");
        assert_eq!(fs::read_to_string(to.join("Glass (kept 1).zither")).unwrap(), "mine");
    }

    #[test]
    fn presets_go_to_their_banks_and_leave_where_an_earlier_version_put_them() {
        let room = tempfile::tempdir().unwrap();
        let (old, new, to) = (room.path().join("old"), room.path().join("new"), room.path().join("user/Factory"));
        fs::create_dir_all(&old).unwrap();
        fs::create_dir_all(new.join("Keys")).unwrap();
        for (folder, name) in [(&old, "Glass.zither"), (&old, "Amber.zither"), (&new.join("Keys"), "Glass.zither")] {
            fs::write(folder.join(name), "one").unwrap();
        }
        assert_eq!(install_presets(&old, &to).unwrap(), 2);
        fs::write(to.join("Amber.zither"), "mine").unwrap();
        assert_eq!(install_presets(&new, &to).unwrap(), 1);
        assert_eq!(fs::read_to_string(to.join("Keys/Glass.zither")).unwrap(), "one");
        assert!(!to.join("Glass.zither").exists());
        assert_eq!(fs::read_to_string(to.join("Amber.zither")).unwrap(), "mine");
        assert!(fs::read_dir(&to).unwrap().all(|entry| !entry.unwrap().path().ends_with(".Amber.zither.installed")));
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
