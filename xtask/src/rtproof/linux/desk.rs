//! The main thread of the proof: loads presets, states and models, and saves, while the audio thread plays.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::preset_data::Location;
use clack_extensions::state::PluginState;

use super::dice::Dice;
use super::own_model::OwnModel;
use crate::host::Host;
use crate::workspace::Workspace;

/// What is done, by its name in the report.
const DEEDS: [&str; 4] = ["preset_loads", "state_loads", "state_saves", "model_swaps"];

/// What a user does at the screen meanwhile.
pub(super) struct Desk {
    dice: Dice,
    state: PluginState,
    preset_load: PluginPresetLoad,
    states: Vec<Vec<u8>>,
    presets: Vec<CString>,
    /// A project with a model of its own; the golden states go back to the factory model.
    own_model: OwnModel,
    /// How often, by [`DEEDS`].
    done: [u64; DEEDS.len()],
}

impl Desk {
    /// A desk with the presets, the golden states and the factory model of the repository.
    ///
    /// # Errors
    /// If there are none, or the plugin cannot take them.
    pub(super) fn new(host: &mut Host, workspace: &Workspace, dice: Dice) -> Result<Self> {
        let root = &workspace.root;
        let states: Vec<_> =
            files(&root.join("tests/golden"), "bin")?.iter().map(fs::read).collect::<Result<_, _>>()?;
        let path = |path: &PathBuf| CString::new(path.as_os_str().as_bytes());
        let presets = files(&root.join("presets"), "zither")?.iter().map(path).collect::<Result<_, _>>()?;
        Ok(Self {
            dice,
            state: host.extension()?,
            preset_load: host.extension()?,
            own_model: OwnModel::new(workspace, &states[0])?,
            states,
            presets,
            done: [0; DEEDS.len()],
        })
    }

    /// Does one thing.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub(super) fn act(&mut self, host: &mut Host) -> Result<()> {
        // What the plugin has asked for meanwhile, a program change by MIDI for one.
        host.instance.call_on_main_thread_callback();
        let plugin = host.instance.plugin_handle();
        let kind = self.dice.below(DEEDS.len() as u32) as usize;
        self.done[kind] += 1;
        match kind {
            0 => {
                let location = Location::File { path: self.dice.pick::<CString>(&self.presets).as_c_str() };
                self.preset_load.load_from_location(&plugin, location, None).context("the plugin refuses a preset")
            }
            1 => {
                let mut state = self.dice.pick(&self.states).as_slice();
                self.state.load(&plugin, &mut state).context("the plugin refuses a state")
            }
            2 => self.state.save(&plugin, &mut Vec::new()).context("the plugin does not save its state"),
            _ => {
                let mut saved = Vec::new();
                self.state.load(&plugin, &mut self.own_model.state.as_slice()).context("the plugin refuses a model")?;
                self.state.save(&plugin, &mut saved).context("the plugin does not save its state")?;
                ensure!(self.own_model.is_named_in(&saved), "the plugin did not take the model up");
                Ok(())
            }
        }
    }

    /// How often each thing was done.
    pub(super) fn line(&self) -> String {
        let done = DEEDS.iter().zip(self.done).map(|(name, times)| format!(" {name}={times}"));
        format!("[rt:meanwhile]{}", done.collect::<String>())
    }

    /// What was never done, by name.
    pub(super) fn missing(&self) -> Vec<String> {
        let missing = DEEDS.iter().zip(self.done).filter(|(_, times)| *times == 0);
        missing.map(|(name, _)| (*name).to_owned()).collect()
    }

    /// Blocks until the next thing is done.
    pub(super) fn pause(&mut self) -> u64 {
        50 + u64::from(self.dice.below(200))
    }
}

/// The files of `folder` and its subfolders with this ending, in order.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == ending));
    files.sort();
    ensure!(!files.is_empty(), "no .{ending} in {}", folder.display());
    Ok(files)
}
