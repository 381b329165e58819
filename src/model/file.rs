//! Model files: safetensors, weights in half precision, everything else as one JSON object in the metadata.
//!
//! A file may come from anywhere, so every length is checked before memory is taken for it, and a file is taken whole
//! or not at all.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use half::f16;
use half::slice::HalfFloatSliceExt;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};

use super::architecture::ARCHITECTURE;
use super::latent::LatentSpace;
use super::weights::{LINEARS, Linear, Weights};
use super::{Card, Instrument, Model};

/// Version of the metadata.
const VERSION: u32 = 1;
/// Largest model file; the weights of `knot-vae-2` take 3 MB.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// Largest header. One instrument takes some 300 bytes of it.
const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Key of our metadata. A single key keeps the bytes of a file the same from run to run.
const METADATA_KEY: &str = "zither";

/// Why a model file was refused.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file was refused; which and why.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: Box<Self>,
    },
    /// The file cannot be read.
    #[error("cannot be read ({0}); check the path and its permissions")]
    Read(#[from] std::io::Error),
    /// The file is larger than any model.
    #[error("is larger than {} MiB, so it is no Zither model", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// The file is not safetensors, or cut off.
    #[error("is no complete safetensors file ({0}); copy or download it again")]
    Format(String),
    /// The file is safetensors without our metadata.
    #[error("is a safetensors file without Zither's metadata; choose a file written by `zitherctl model train`")]
    Foreign,
    /// The metadata do not parse.
    #[error("has damaged metadata ({0}); copy or download it again")]
    Metadata(String),
    /// The file is of another version.
    #[error("has format version {got}, this program reads version {VERSION}; update Zither or train the model again")]
    Version {
        /// The file's version.
        got: u32,
    },
    /// The model is of another architecture.
    #[error("has the architecture `{got}`, this program plays `{ARCHITECTURE}`; update Zither or train it again")]
    Architecture {
        /// The file's architecture.
        got: String,
    },
    /// A tensor is missing.
    #[error("lacks the tensor `{0}`; copy or download it again")]
    Missing(String),
    /// A tensor that the architecture does not have.
    #[error("holds {got} tensors instead of {expected}; it was not written by Zither")]
    Tensors {
        /// How many the architecture has.
        expected: usize,
        /// How many the file has.
        got: usize,
    },
    /// A tensor has the wrong type or shape.
    #[error("has `{name}` as {got} instead of {expected}; it was not written by Zither")]
    Shape {
        /// The tensor.
        name: String,
        /// What the architecture has.
        expected: String,
        /// What the file has.
        got: String,
    },
    /// A weight or a latent is not a finite number.
    #[error("has a number in `{0}` that is not finite; train the model again")]
    NotFinite(String),
    /// The latent space makes no sense.
    #[error("describes its latents wrongly ({0}); train the model again")]
    Space(&'static str),
}

#[derive(Deserialize)]
struct Kind {
    version: u32,
    architecture: String,
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    architecture: String,
    latents: usize,
    card: Card,
    space: LatentSpace,
    instruments: Vec<Instrument>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// Names the file and why it was refused.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let refuse = |reason| ModelError::File { path: path.to_owned(), reason: Box::new(reason) };
        let read = || -> std::io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        Self::from_bytes(&read().map_err(|error| refuse(error.into()))?).map_err(refuse)
    }

    /// Reads the card of a model file, and nothing of its weights: the file may still be refused as a model.
    ///
    /// # Errors
    /// Names the file and why it was refused.
    pub fn peek(path: &Path) -> Result<Card, ModelError> {
        read_card(path).map_err(|reason| ModelError::File { path: path.to_owned(), reason: Box::new(reason) })
    }

    /// Reads a model from the bytes of a file.
    ///
    /// # Errors
    /// Why the bytes are no model that this program can play.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        check_sizes(bytes)?;
        let format = |error: SafeTensorError| ModelError::Format(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let text = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY)).ok_or(ModelError::Foreign)?;
        let metadata = parse_metadata(text)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        if tensors.len() != 2 * LINEARS.len() {
            return Err(ModelError::Tensors { expected: 2 * LINEARS.len(), got: tensors.len() });
        }
        let linears: Result<Vec<_>, _> = LINEARS.iter().map(|row| read_linear(&tensors, row)).collect();
        Ok(Self::new(metadata.card, metadata.space, Weights { linears: linears? }, metadata.instruments))
    }

    /// The bytes of a model file. The same model gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let metadata = Metadata {
            version: VERSION,
            architecture: ARCHITECTURE.to_owned(),
            latents: super::latent::LATENTS,
            card: self.card.clone(),
            space: self.space.clone(),
            instruments: self.instruments.clone(),
        };
        let text = serde_json::to_string(&metadata).expect("the metadata are plain data");
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> =
            LINEARS.iter().zip(&self.weights.linears).flat_map(|(row, linear)| linear_bytes(row.0, linear)).collect();
        let views = tensors.iter().map(|(name, shape, data)| {
            let view = TensorView::new(Dtype::F16, shape.clone(), data).expect("the shape is that of the data");
            (name.as_str(), view)
        });
        safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_owned(), text)])))
            .expect("tensors of fixed shape serialise")
    }
}

/// Rounds all weights to half precision; what is too large for it becomes the largest number that is not.
pub(super) fn round_to_half(weights: &mut Weights) {
    let most = f16::MAX.to_f32();
    for linear in &mut weights.linears {
        for value in linear.weight.iter_mut().chain(&mut linear.bias) {
            *value = f16::from_f32(value.clamp(-most, most)).to_f32();
        }
    }
}

/// Refuses what is too large; returns the length of the header.
fn check_sizes(bytes: &[u8]) -> Result<u64, ModelError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge);
    }
    let length = bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    match length {
        None => Err(ModelError::Format("it has no header".to_owned())),
        Some(length) if length > MAX_HEADER_BYTES => Err(ModelError::Format(format!(
            "its header would take {length} bytes, at most {MAX_HEADER_BYTES} are read"
        ))),
        Some(length) => Ok(length),
    }
}

fn read_card(path: &Path) -> Result<Card, ModelError> {
    /// A header of safetensors, without the tensors.
    #[derive(Deserialize)]
    struct Header {
        #[serde(default, rename = "__metadata__")]
        metadata: HashMap<String, String>,
    }
    let mut file = std::fs::File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(size_of::<u64>() as u64).read_to_end(&mut start)?;
    let length = check_sizes(&start)?;
    let mut text = Vec::new();
    file.take(length).read_to_end(&mut text)?;
    let header: Header = serde_json::from_slice(&text).map_err(|error| ModelError::Format(error.to_string()))?;
    Ok(parse_metadata(header.metadata.get(METADATA_KEY).ok_or(ModelError::Foreign)?)?.card)
}

fn parse_metadata(text: &str) -> Result<Metadata, ModelError> {
    let damaged = |error: serde_json::Error| ModelError::Metadata(error.to_string());
    let kind: Kind = serde_json::from_str(text).map_err(damaged)?;
    if kind.architecture != ARCHITECTURE {
        return Err(ModelError::Architecture { got: kind.architecture });
    }
    if kind.version != VERSION {
        return Err(ModelError::Version { got: kind.version });
    }
    let metadata: Metadata = serde_json::from_str(text).map_err(damaged)?;
    check_space(&metadata.space)?;
    let finite = |instrument: &&Instrument| !instrument.latent.0.iter().all(|z| z.is_finite());
    match metadata.instruments.iter().find(finite) {
        Some(instrument) => Err(ModelError::NotFinite(instrument.name.clone())),
        None => Ok(metadata),
    }
}

fn check_space(space: &LatentSpace) -> Result<(), ModelError> {
    if !space.centre.0.iter().all(|centre| centre.is_finite()) {
        return Err(ModelError::Space("a centre is not finite"));
    }
    if !space.range.iter().all(|range| range.is_finite() && *range > 0.0) {
        return Err(ModelError::Space("a range is not above zero"));
    }
    if space.names.iter().collect::<HashSet<_>>().len() != space.names.len() {
        return Err(ModelError::Space("a name stands twice"));
    }
    Ok(())
}

fn read_linear(tensors: &SafeTensors<'_>, row: &(&str, usize, usize)) -> Result<Linear, ModelError> {
    let &(name, inputs, outputs) = row;
    let weight = read_tensor(tensors, format!("{name}.weight"), &[outputs, inputs])?;
    let bias = read_tensor(tensors, format!("{name}.bias"), &[outputs])?;
    Ok(Linear { inputs, outputs, weight, bias })
}

fn read_tensor(tensors: &SafeTensors<'_>, name: String, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
    let Ok(tensor) = tensors.tensor(&name) else {
        return Err(ModelError::Missing(name));
    };
    if tensor.dtype() != Dtype::F16 || tensor.shape() != shape {
        let expected = format!("{:?} {shape:?}", Dtype::F16);
        return Err(ModelError::Shape { name, expected, got: format!("{:?} {:?}", tensor.dtype(), tensor.shape()) });
    }
    let values: Vec<f32> = tensor.data().as_chunks().0.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect();
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(ModelError::NotFinite(name)) }
}

fn linear_bytes(name: &str, linear: &Linear) -> [(String, Vec<usize>, Vec<u8>); 2] {
    let bytes = |values: &[f32]| {
        let mut half = vec![f16::ZERO; values.len()];
        half.convert_from_f32_slice(values);
        half.into_iter().flat_map(f16::to_le_bytes).collect::<Vec<u8>>()
    };
    [
        (format!("{name}.weight"), vec![linear.outputs, linear.inputs], bytes(&linear.weight)),
        (format!("{name}.bias"), vec![linear.outputs], bytes(&linear.bias)),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::latent::Latent;

    fn model() -> Model {
        let instruments =
            vec![Instrument { name: "piano_000_004".into(), program: "Piano".into(), latent: Latent([0.1; 16]) }];
        Model::new(Card::default(), LatentSpace::default(), Weights::untrained(5), instruments)
    }

    /// The file after its header's text was edited by `edit`.
    fn with_header(bytes: &[u8], edit: impl Fn(String) -> String) -> Vec<u8> {
        let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
        let header = edit(String::from_utf8(bytes[8..8 + length].to_vec()).unwrap());
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat()
    }

    fn refusal(bytes: &[u8]) -> String {
        Model::from_bytes(bytes).expect_err("this is no model").to_string()
    }

    #[test]
    fn a_model_survives_its_file_bit_by_bit() {
        let model = model();
        let bytes = model.to_bytes();
        let again = Model::from_bytes(&bytes).unwrap();
        assert_eq!(again.weights, model.weights);
        assert_eq!((&again.card, &again.space, &again.instruments), (&model.card, &model.space, &model.instruments));
        assert_eq!(again.to_bytes(), bytes);
    }

    #[test]
    fn wrong_files_are_refused_with_their_reason() {
        let bytes = model().to_bytes();
        assert!(refusal(&bytes[..bytes.len() - 1]).contains("no complete safetensors"));
        assert!(refusal(&bytes[..100]).contains("no complete safetensors"));
        assert!(refusal(&bytes[..3]).contains("no header"));
        assert!(refusal(&[0xff; 64]).contains("header would take"));
        let other = with_header(&bytes, |text| text.replace("knot-vae-2", "knot-vae-9"));
        assert!(refusal(&other).contains("architecture `knot-vae-9`"));
        let newer = with_header(&bytes, |text| text.replace(r#"\"version\":1"#, r#"\"version\":2"#));
        assert!(refusal(&newer).contains("format version 2"));
        let shape = with_header(&bytes, |text| text.replace("[256,29]", "[29,256]"));
        assert!(refusal(&shape).contains("`decoder.trunk.0.weight` as F16 [29, 256] instead of F16 [256, 29]"));
        let renamed = with_header(&bytes, |text| text.replace("encoder.1.bias", "encoder.7.bias"));
        assert!(refusal(&renamed).contains("lacks the tensor `encoder.1.bias`"));
        let foreign = with_header(&bytes, |text| text.replace(r#""zither":"#, r#""other":"#));
        assert!(refusal(&foreign).contains("without Zither's metadata"));
        let names = with_header(&bytes, |text| text.replace("Colour 2", "Colour 1"));
        assert!(refusal(&names).contains("a name stands twice"));
    }

    #[test]
    fn weights_that_are_no_numbers_are_refused() {
        let mut bytes = model().to_bytes();
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&f16::NAN.to_le_bytes());
        assert!(refusal(&bytes).contains("not finite"));
    }

    #[test]
    fn a_refused_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.safetensors");
        std::fs::write(&path, b"RIFF").unwrap();
        let message = Model::open(&path).unwrap_err().to_string();
        assert!(message.contains("song.safetensors: is no complete"), "{message}");
        let message = Model::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(message.contains("none: cannot be read"), "{message}");
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4_000)) {
            prop_assert!(Model::from_bytes(&bytes).is_err());
        }

        #[test]
        fn a_damaged_header_never_panics(position in 0_usize..3_000, value: u8) {
            static WHOLE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| model().to_bytes());
            let mut bytes = WHOLE.clone();
            bytes[position] = value;
            let _ = Model::from_bytes(&bytes);
        }
    }

    #[test]
    fn the_factory_model_loads_and_its_instruments_lie_within_reach() {
        let model = Model::factory();
        for instrument in &model.instruments {
            let controls = model.space.controls(&instrument.latent);
            assert!(controls.iter().all(|control| control.abs() <= 1.001), "{}: {controls:?}", instrument.name);
        }
    }
}
