//! A transfer as it stands in presets and projects. A serialised type: its keys and the order of its numbers are those
//! of users' files.

use std::collections::BTreeMap;

use half::f16;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::architecture::{KNOTS, OUTPUTS};
use super::Transfer;
use crate::analysis::frames::PARTIALS;

/// Version of the stored form.
pub(super) const VERSION: u64 = 1;
/// Numbers in `data`: all knots, then the slots.
const NUMBERS: usize = KNOTS * OUTPUTS + PARTIALS;
/// Characters of `data`: two bytes a number, four characters for three bytes.
const CHARACTERS: usize = (2 * NUMBERS).div_ceil(3) * 4;
/// No number is larger: 640 dB, 640 cents, 32 semitones.
const LARGEST: f32 = 32.0;
/// No gain is larger, in dB.
const LARGEST_GAIN: f32 = 120.0;

/// Why a stored transfer cannot be played.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TransferError {
    /// Of a newer Zither.
    #[error("has version {0}; this version reads version {VERSION}: update Zither")]
    Version(u64),
    /// A key holds what it cannot.
    #[error("is damaged: `{0}` {1}")]
    Field(&'static str, &'static str),
}

/// A [`Transfer`] in JSON: numbers in half precision, in base64. Keys of later versions are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredTransfer {
    /// What is added: by knot 64 partials, 48 noise bands and the pitch; then 64 slots. In half precision,
    /// little-endian, base64.
    pub data: String,
    /// Gain of every note in dB.
    #[serde(default)]
    pub gain: f32,
    /// MIDI pitch of the recording.
    pub pitch: f32,
    /// Part that is added far from it, 0..1.
    pub share: f32,
    /// 1.
    pub version: u64,
    /// Keys of later versions.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl From<&Transfer> for StoredTransfer {
    fn from(transfer: &Transfer) -> Self {
        let numbers = transfer.knots.iter().flatten().chain(&transfer.slots);
        let bytes: Vec<u8> = numbers.flat_map(|&number| f16::from_f32(number).to_le_bytes()).collect();
        Self {
            version: VERSION,
            pitch: transfer.pitch,
            share: transfer.share,
            gain: transfer.gain_db,
            data: encode(&bytes),
            other: BTreeMap::new(),
        }
    }
}

impl TryFrom<&StoredTransfer> for Transfer {
    type Error = TransferError;

    fn try_from(stored: &StoredTransfer) -> Result<Self, TransferError> {
        if stored.version != VERSION {
            return Err(TransferError::Version(stored.version));
        }
        let within = |key, value: f32, low, high| {
            if (low..=high).contains(&value) { Ok(value) } else { Err(TransferError::Field(key, "is out of range")) }
        };
        let numbers = numbers(&stored.data)?;
        let (knots, slots) = numbers.split_at(KNOTS * OUTPUTS);
        let mut transfer = Self {
            pitch: within("pitch", stored.pitch, 0.0, 127.0)?,
            share: within("share", stored.share, 0.0, 1.0)?,
            gain_db: within("gain", stored.gain, -LARGEST_GAIN, LARGEST_GAIN)?,
            ..Self::of_gain(0.0)
        };
        transfer.knots.as_flattened_mut().copy_from_slice(knots);
        transfer.slots.copy_from_slice(slots);
        Ok(transfer)
    }
}

fn numbers(data: &str) -> Result<Vec<f32>, TransferError> {
    let damaged = |reason| TransferError::Field("data", reason);
    if data.len() != CHARACTERS {
        return Err(damaged("has the wrong length"));
    }
    let bytes = decode(data.as_bytes()).filter(|bytes| bytes.len() == 2 * NUMBERS);
    let bytes = bytes.ok_or(damaged("is not base64"))?;
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect();
    let fair = numbers.iter().all(|number| number.abs() <= LARGEST);
    if fair { Ok(numbers) } else { Err(damaged("holds a number that is none or too large")) }
}

/// The alphabet of RFC 4648, section 4.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0_usize, |word, i| word << 8 | usize::from(three.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let filled = place <= three.len();
            text.push(if filled { char::from(ALPHABET[word >> (18 - 6 * place) & 63]) } else { '=' });
        }
    }
    text
}

/// `None` where `text` is not whole groups of four, or holds what the alphabet does not.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (groups, rest) = text.as_chunks::<4>();
    for (index, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|&&c| c == b'=').count();
        if padding > 2 || (padding > 0 && index + 1 < groups.len()) {
            return None;
        }
        let mut word = 0_u32;
        for &c in &group[..4 - padding] {
            word = word << 6 | ALPHABET.iter().position(|&a| a == c)? as u32;
        }
        word <<= 6 * padding;
        bytes.extend(&word.to_be_bytes()[1..4 - padding]);
    }
    rest.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer() -> Transfer {
        let mut transfer = Transfer::of_gain(-3.25);
        let numbers = transfer.knots.as_flattened_mut().iter_mut().chain(&mut transfer.slots);
        numbers.enumerate().for_each(|(i, number)| *number = f16::from_f32((i as f32 * 0.37).sin() * 4.0).to_f32());
        Transfer { pitch: 61.5, share: 0.6, ..transfer }
    }

    #[test]
    fn what_is_stored_comes_back_bit_by_bit() {
        let stored = StoredTransfer::from(&transfer());
        let text = serde_json::to_string(&stored).unwrap();
        assert!(text.len() < 9_000, "{} bytes", text.len());
        let again: StoredTransfer = serde_json::from_str(&text).unwrap();
        assert_eq!(again, stored);
        assert_eq!(Transfer::try_from(&again).unwrap(), transfer());
    }

    #[test]
    fn what_cannot_be_played_is_refused_with_its_reason() {
        let refusal = |change: &dyn Fn(&mut StoredTransfer)| {
            let mut stored = StoredTransfer::from(&transfer());
            change(&mut stored);
            Transfer::try_from(&stored).unwrap_err().to_string()
        };
        assert!(refusal(&|s| s.version = 2).contains("version 2"));
        assert!(refusal(&|s| s.pitch = f32::NAN).contains("`pitch`"));
        assert!(refusal(&|s| s.share = 1.5).contains("`share`"));
        assert!(refusal(&|s| s.gain = f32::INFINITY).contains("`gain`"));
        assert!(refusal(&|s| s.data.truncate(100)).contains("length"));
        assert!(refusal(&|s| s.data.replace_range(0..1, "~")).contains("base64"));
        // 0x7C00 is infinity.
        assert!(refusal(&|s| s.data.replace_range(0..4, "AHwA")).contains("too large"));
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes.as_bytes()));
        }
        for wrong in ["Z", "Zg=", "Z===", "Zg==Zg==", "Zm9v!mFy"] {
            assert_eq!(decode(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
