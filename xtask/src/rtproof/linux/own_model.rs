//! A model of the user's own: the factory model's file under another name, and the state of a project that plays it.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// The factory model's name on its card, and one of the same length.
const NAMES: [&[u8]; 2] = [b"Zither factory", b"Zither another"];
/// A state begins with the number of bytes of its JSON.
const LENGTH: usize = size_of::<u64>();

/// A model and a project that asks for it.
pub(super) struct OwnModel {
    /// The project's state.
    pub(super) state: Vec<u8>,
    digest: String,
}

impl OwnModel {
    /// Writes the model into the target folder, and makes of `state` one that asks for it.
    ///
    /// # Errors
    /// If the factory model is not there, the file cannot be written or the state is none.
    pub(super) fn new(workspace: &Workspace, state: &[u8]) -> Result<Self> {
        let factory = workspace.root.join("models/factory.safetensors");
        let mut model = fs::read(&factory).with_context(|| format!("cannot read {}", factory.display()))?;
        let name = model.windows(NAMES[0].len()).position(|bytes| bytes == NAMES[0]);
        let name = name.with_context(|| format!("{} has another name on its card", factory.display()))?;
        model[name..name + NAMES[1].len()].copy_from_slice(NAMES[1]);
        let folder = workspace.target.join("rtproof");
        let path = folder.join("another.safetensors");
        fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &model)).context("cannot write a model")?;
        let digest = digest(&model);
        let kept = serde_json::json!({ "name": "Zither another", "digest": digest, "path": path });
        let json = state.get(LENGTH..).context("the state is too short")?;
        let mut json: serde_json::Value = serde_json::from_slice(json).context("the state is no JSON")?;
        json["fields"]["model"] = kept.to_string().into();
        let json = json.to_string();
        Ok(Self { state: [&(json.len() as u64).to_le_bytes(), json.as_bytes()].concat(), digest })
    }

    /// Whether a saved state asks for this model.
    pub(super) fn is_named_in(&self, state: &[u8]) -> bool {
        state.windows(self.digest.len()).any(|bytes| bytes == self.digest.as_bytes())
    }
}

/// FNV-1a, by which projects know a model file.
fn digest(bytes: &[u8]) -> String {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("fnv1a64:{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}
