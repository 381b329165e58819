//! The main thread of the proof: loads presets and states, and saves, while the audio thread plays.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::preset_data::Location;
use clack_extensions::state::PluginState;

use super::dice::Dice;
use crate::host::Host;

/// What is done, by its name in the report.
const DEEDS: [&str; 3] = ["preset_loads", "state_loads", "state_saves"];

/// What a user does at the screen meanwhile.
pub(super) struct Desk {
    dice: Dice,
    state: PluginState,
    preset_load: PluginPresetLoad,
    states: Vec<Vec<u8>>,
    presets: Vec<CString>,
    /// How often, by [`DEEDS`].
    done: [u64; DEEDS.len()],
}

impl Desk {
    /// A desk with the presets and the golden states of the repository at `root`.
    ///
    /// # Errors
    /// If there are none, or the plugin cannot take them.
    pub(super) fn new(host: &mut Host, root: &Path, dice: Dice) -> Result<Self> {
        let states = files(&root.join("tests/golden"), "bin")?.iter().map(fs::read).collect::<Result<_, _>>()?;
        let path = |path: &PathBuf| CString::new(path.as_os_str().as_bytes());
        let presets = files(&root.join("presets"), "zither")?.iter().map(path).collect::<Result<_, _>>()?;
        Ok(Self {
            dice,
            state: host.extension()?,
            preset_load: host.extension()?,
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
            _ => {
                let mut saved = Vec::new();
                self.state.save(&plugin, &mut saved).context("the plugin does not save its state")?;
                ensure!(!saved.is_empty(), "the plugin saved nothing");
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

/// The files of `folder` with this ending, in order.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == ending));
    files.sort();
    ensure!(!files.is_empty(), "no .{ending} in {}", folder.display());
    Ok(files)
}
