//! A recorded note becomes frames of partial levels, noise bands and pitch deviation; and the distances by which a
//! resynthesis is judged against its original.
//!
//! Sinusoids plus noise after Serra and Smith (1990), with slots in place of tracked partials: a slot stays with its
//! partial for the whole note, which is what makes notes comparable and lets a decoder predict them.

pub mod distance;
pub mod frames;
pub mod loudness;
pub mod motion;
pub mod noise;
mod onset;
mod partials;
pub mod pitch;
mod projection;
pub mod recording;
pub mod release;
pub mod steady;
mod tuning;
mod warp;

use frames::{Frame, NoteFrames, PARTIALS, SILENCE_DB, pitch_hz};
use noise::{NoiseMeter, without_subsonics};
use partials::Envelopes;
use tuning::{LongSpectrum, Tuning};
use warp::{Warp, pitch_track};

/// Shortest note that is analysed, in samples at 48 kHz: 50 ms.
pub const SHORTEST_NOTE: usize = 2_400;
/// Longest note that is analysed, in samples at 48 kHz: one minute.
pub const LONGEST_NOTE: usize = 2_880_000;

/// Why a note could not be analysed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum AnalysisError {
    /// Too short or too long.
    #[error("a note of {0} samples cannot be analysed, expected {SHORTEST_NOTE} to {LONGEST_NOTE} at 48 kHz")]
    Length(usize),
    /// A pitch that no slot can follow.
    #[error("pitch {0} is outside 0 to 127")]
    Pitch(f32),
    /// Infinite samples, or none that sound.
    #[error("the note is silent, or holds samples that are no numbers")]
    Silent,
}

/// Analyses one note: mono at 48 kHz, note-on at sample 0, at a nominal MIDI pitch (not rounded).
///
/// Takes some 50 ms of one core for a note of 3 s; may be called from any number of threads at once.
///
/// # Errors
/// If the note is too short, too long, silent or not finite, or the pitch is no MIDI pitch.
pub fn analyse(samples: &[f32], pitch: f32) -> Result<NoteFrames, AnalysisError> {
    check(samples, pitch)?;
    let spectrum = LongSpectrum::of(samples);
    let placed = Tuning::of(&spectrum, pitch).slots(&spectrum, pitch);
    let active: Vec<usize> = (0..PARTIALS).filter(|&slot| placed.hz[slot].is_some()).collect();
    let hz = active.iter().filter_map(|&slot| placed.hz[slot]).collect();
    let mut envelopes = Envelopes::of(samples, hz, pitch_hz(pitch));
    let cents = pitch_track(&envelopes);
    let warp = Warp::of(&cents, samples.len());
    let sum = match &warp {
        None => envelopes.resynthesise(samples.len()),
        Some(warp) => {
            let straight = warp.straighten(samples);
            envelopes = Envelopes::of(&straight, envelopes.hz().to_vec(), pitch_hz(pitch));
            warp.bend(&envelopes.resynthesise(samples.len()))
        }
    };
    let residual: Vec<f32> = samples.iter().zip(&sum).map(|(sample, sum)| sample - sum).collect();
    let residual = without_subsonics(&residual);
    let mut noise = NoiseMeter::new();
    let frame = |frame: usize| {
        let at = warp.as_ref().map_or(frame as f32, |warp| warp.frame(frame));
        let mut state = Frame { noise_db: noise.measure(&residual, frame), ..Frame::SILENT };
        state.cents = cents[frame];
        for (index, &slot) in active.iter().enumerate() {
            state.partial_db[slot] = level_db(&envelopes, at, index);
        }
        state
    };
    let frames = (0..envelopes.frames()).map(frame).collect();
    Ok(NoteFrames { pitch, slots: placed.slots, frames })
}

fn check(samples: &[f32], pitch: f32) -> Result<(), AnalysisError> {
    if !(SHORTEST_NOTE..=LONGEST_NOTE).contains(&samples.len()) {
        return Err(AnalysisError::Length(samples.len()));
    }
    if !(0.0..=127.0).contains(&pitch) {
        return Err(AnalysisError::Pitch(pitch));
    }
    let energy: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
    // -140 dB is silence in a frame, and so it is in a note.
    if energy.is_finite() && energy > 1e-14 * samples.len() as f64 { Ok(()) } else { Err(AnalysisError::Silent) }
}

/// Level of a slot between two frames.
fn level_db(envelopes: &Envelopes, frame: f32, slot: usize) -> f32 {
    let last = envelopes.frames() - 1;
    let before = (frame as usize).min(last);
    let between = (frame - before as f32).clamp(0.0, 1.0);
    let level = |frame: usize| envelopes.at(frame, slot).norm();
    let amplitude = level(before) + between * (level((before + 1).min(last)) - level(before));
    (20.0 * amplitude.log10()).max(SILENCE_DB)
}

#[cfg(test)]
mod tests {
    use super::*;
    use frames::NOISE_BANDS;

    /// Three harmonics of A3 at -12, -18 and -24 dB falling by 20 dB a second, over noise of variance 1e-6.
    fn note() -> Vec<f32> {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5) * 12.0_f32.sqrt() * 1e-3
        };
        let sample = |i: usize| {
            let time = i as f64 / 48_000.0;
            let partial = |k: i32| {
                let level = 10.0_f64.powf((-12.0 - 6.0 * f64::from(k - 1) - 20.0 * time) / 20.0);
                level * (std::f64::consts::TAU * 220.0 * f64::from(k) * time + f64::from(k)).cos()
            };
            (1..=3).map(partial).sum::<f64>() as f32 + noise()
        };
        (0..72_000).map(sample).collect()
    }

    #[test]
    fn levels_of_partials_and_noise_are_those_of_the_note() {
        let note = analyse(&note(), 57.0).unwrap();
        assert_eq!(note.frames.len(), 300);
        for (number, frame) in note.frames.iter().enumerate().take(290) {
            for k in 0..3 {
                let expected = -12.0 - 6.0 * k as f32 - 20.0 * number as f32 * 0.005;
                assert!((frame.partial_db[k] - expected).abs() < 0.7, "frame {number}: {:?}", &frame.partial_db[..4]);
            }
            assert!(frame.cents.abs() < 3.0 && frame.partial_db[10] < -50.0);
        }
        let power = |frame: &Frame| frame.noise_db.iter().map(|db| 10.0_f32.powf(db / 10.0)).sum::<f32>();
        let mean = note.frames.iter().map(power).sum::<f32>() / 300.0;
        let expected = fraction_of_noise_bands() * 1e-6;
        // The slots take some of the noise between them: 61 partials and their phases, in windows of two periods.
        let db = 10.0 * (mean / expected).log10();
        assert!((-4.0..0.5).contains(&db), "noise of {mean}, expected {expected}");
        assert!(note.slots.cents[..3].iter().all(|cents| cents.abs() < 1.0), "{:?}", note.slots.cents);
    }

    fn fraction_of_noise_bands() -> f32 {
        noise::fraction_db()[..NOISE_BANDS].iter().map(|db| 10.0_f32.powf(db / 10.0)).sum()
    }

    #[test]
    fn what_cannot_be_analysed_is_refused() {
        let note = note();
        assert_eq!(analyse(&note[..100], 57.0).unwrap_err(), AnalysisError::Length(100));
        assert_eq!(analyse(&note, 128.0).unwrap_err(), AnalysisError::Pitch(128.0));
        assert!(analyse(&note, f32::NAN).is_err());
        assert_eq!(analyse(&[0.0; 48_000], 57.0).unwrap_err(), AnalysisError::Silent);
        let mut broken = note;
        broken[5] = f32::NAN;
        assert_eq!(analyse(&broken, 57.0).unwrap_err(), AnalysisError::Silent);
    }

    #[test]
    fn every_pitch_and_any_sound_give_finite_frames() {
        let note = note();
        for pitch in (0..=127).step_by(9) {
            for length in [SHORTEST_NOTE, 7_200, 48_000] {
                let analysed = analyse(&note[..length], pitch as f32).unwrap();
                for frame in &analysed.frames {
                    let levels = frame.partial_db.iter().chain(&frame.noise_db);
                    assert!(levels.chain([&frame.cents]).all(|value| value.is_finite()), "pitch {pitch}");
                }
            }
        }
    }
}
