//! A run on disk, to be resumed: safetensors in single precision, the rest as JSON in the metadata.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::{Best, Run, Settings, Validation};
use crate::train::loss::Terms;
use crate::train::network::Network;

/// Key of the metadata.
const METADATA_KEY: &str = "zither-checkpoint";
/// Names of the tensors.
const TENSORS: [&str; 4] = ["parameters", "mean", "square", "best"];

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error("the checkpoint {} cannot be read or written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is none of ours.
    #[error("{} is no checkpoint of this version of zitherctl ({reason}); start the run anew", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct State {
    settings: Settings,
    places: usize,
    step: u64,
    adam_steps: u64,
    skipped: u64,
    running: Option<Terms>,
    best_step: u64,
    best_validation: Option<Validation>,
}

impl Run {
    /// Writes the run's state; an earlier checkpoint stays whole until the new one is.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let io = |source| CheckpointError::Io { path: path.to_owned(), source };
        let unfinished = path.with_extension("part");
        std::fs::write(&unfinished, self.bytes()).map_err(io)?;
        std::fs::rename(&unfinished, path).map_err(io)
    }

    /// Reads a run back, to go on exactly where it stood.
    ///
    /// # Errors
    /// If the file cannot be read or is no checkpoint.
    pub fn resume(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = std::fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes).map_err(|reason| CheckpointError::Format { path: path.to_owned(), reason })
    }

    fn bytes(&self) -> Vec<u8> {
        let state = State {
            settings: self.settings,
            places: self.network.places(),
            step: self.step,
            adam_steps: self.adam.steps,
            skipped: self.skipped,
            running: self.running,
            best_step: self.best.step,
            best_validation: self.best.validation,
        };
        let text = serde_json::to_string(&state).expect("plain data");
        let values = [&self.adam.parameters, &self.adam.mean, &self.adam.square, &self.best.parameters];
        let bytes = values.map(|values| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        let views = TENSORS.iter().zip(&bytes).map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).expect("its own length");
            (*name, view)
        });
        safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_owned(), text)]))).expect("plain tensors")
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let text = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY)).ok_or("it has no state")?;
        let state: State = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let network = Network::new(state.places);
        let read = |name: &str| {
            let tensor = tensors.tensor(name).map_err(|error| error.to_string())?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != [network.len()] {
                return Err(format!("`{name}` has the wrong size"));
            }
            Ok(tensor.data().as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect::<Vec<f32>>())
        };
        let [parameters, mean, square, best] = TENSORS.map(read);
        let adam = Adam { steps: state.adam_steps, parameters: parameters?, mean: mean?, square: square? };
        let best = Best { step: state.best_step, validation: state.best_validation, parameters: best? };
        let State { settings, step, skipped, running, .. } = state;
        Ok(Self { settings, network, adam, step, best, skipped, running })
    }
}
