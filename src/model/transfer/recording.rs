//! A file's worth of samples becomes a note: its silence cut, its level and pitch found.

use super::super::Model;
use super::{ASSUMED_VELOCITY, Imprint};
use crate::analysis::frames::ANALYSIS_RATE;
use crate::analysis::pitch::estimate_pitch;
use crate::analysis::{AnalysisError, analyse};

/// Shortest recording that tells an instrument, in seconds.
const SHORTEST_S: f32 = 0.2;
/// Seconds that are looked at.
const LONGEST_S: f32 = 10.0;
/// A recording whose peak is lower holds nothing but its own noise, in linear amplitude (-80 dBFS).
const SILENT: f32 = 1e-4;
/// The peak to which a recording is brought, so that every level is analysed alike.
const PEAK: f32 = 0.5;
/// A pitch within this many semitones of the one that is given is the same note, out of tune.
const SAME_NOTE: f32 = 0.7;

/// Why a recording tells no instrument.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RecordingError {
    /// Nothing sounds, or samples are no numbers.
    #[error("is silent (its peak is below -80 dBFS): record one note, louder")]
    Silent,
    /// Too short.
    #[error("sounds for {0:.2} s: record a note of at least {SHORTEST_S} s, best of two seconds and more")]
    Short(f32),
    /// No pitch was found and none was given.
    #[error("has no clear pitch: give the key it was played on")]
    Pitch,
    /// The analysis refused it.
    #[error("cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
}

impl Imprint {
    /// What a recording of one note, mono at 48 kHz, tells at any level and with silence before it. `pitch` is the MIDI
    /// pitch it was played on, where that is known. The instrument will be in tune whether or not the recording is.
    ///
    /// # Errors
    /// If the recording is silent, shorter than 0.2 s, or has no clear pitch and none was given.
    pub fn of_recording(model: &Model, samples: &[f32], pitch: Option<f32>) -> Result<Self, RecordingError> {
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if peak < SILENT || !samples.iter().all(|sample| sample.is_finite()) {
            return Err(RecordingError::Silent);
        }
        let longest = (LONGEST_S * ANALYSIS_RATE as f32) as usize;
        let sounding = &samples[onset(samples, peak)..];
        let samples: Vec<f32> = sounding.iter().take(longest).map(|sample| sample * PEAK / peak).collect();
        let seconds = samples.len() as f32 / ANALYSIS_RATE as f32;
        if seconds < SHORTEST_S {
            return Err(RecordingError::Short(seconds));
        }
        let note = analyse(&samples, tuned(estimate_pitch(&samples), pitch).ok_or(RecordingError::Pitch)?)?;
        let mut imprint = Self::of(model, &note, ASSUMED_VELOCITY);
        imprint.level_db += 20.0 * (peak / PEAK).log10();
        Ok(imprint)
    }
}

/// The pitch to analyse at: what is heard, unless it is another note than the one given.
fn tuned(heard: Option<f32>, given: Option<f32>) -> Option<f32> {
    match (heard, given) {
        (Some(heard), Some(given)) if (heard - given).abs() <= SAME_NOTE => Some(heard),
        (_, Some(given)) => Some(given),
        (heard, None) => heard,
    }
}

/// Where the note begins: a millisecond before it first comes within 40 dB of its peak.
fn onset(samples: &[f32], peak: f32) -> usize {
    let first = samples.iter().position(|sample| sample.abs() > 0.01 * peak).unwrap_or(0);
    first.saturating_sub(ANALYSIS_RATE as usize / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second and a half of eight harmonics, silence before it.
    fn recording(hz: f32, level: f32, silence: usize) -> Vec<f32> {
        let sample = |i: usize| {
            let (time, fade) = (i as f32 / 48_000.0, (-(i as f32) / 60_000.0).exp());
            let partial = |k: i32| (std::f32::consts::TAU * hz * k as f32 * time).sin() / k as f32;
            level * fade * (1..=8).map(partial).sum::<f32>()
        };
        std::iter::repeat_n(0.0, silence).chain((0..72_000).map(sample)).collect()
    }

    #[test]
    fn the_same_note_at_any_level_and_after_silence_is_the_same_instrument() {
        let model = Model::open_factory();
        let of = |level, silence| Imprint::of_recording(&model, &recording(220.0, level, silence), None).unwrap();
        let one = of(0.3, 480);
        assert!((one.residual.pitch - 57.0).abs() < 0.05, "{}", one.residual.pitch);
        for (level, silence) in [(0.009_5, 480), (0.5, 9_600)] {
            let other = of(level, silence);
            assert!(other.latent.0.iter().zip(&one.latent.0).all(|(a, b)| (a - b).abs() < 0.05), "{level}");
            let expected = one.level_db + 20.0 * (level / 0.3).log10();
            assert!((other.level_db - expected).abs() < 0.3, "{} {expected}", other.level_db);
        }
    }

    #[test]
    fn what_is_no_note_is_refused_with_its_reason() {
        let model = Model::open_factory();
        let refusal = |samples: &[f32], pitch| Imprint::of_recording(&model, samples, pitch).unwrap_err();
        let note = recording(220.0, 0.3, 0);
        assert_eq!(refusal(&[0.0; 48_000], None), RecordingError::Silent);
        assert_eq!(refusal(&[f32::NAN; 48_000], None), RecordingError::Silent);
        assert_eq!(refusal(&note[..4_800], None), RecordingError::Short(0.1));
        let noise: Vec<f32> = (0..48_000).map(|i| crate::dsp::random::bipolar(1, i)).collect();
        assert_eq!(refusal(&noise, None), RecordingError::Pitch);
        assert!(Imprint::of_recording(&model, &noise, Some(60.0)).is_ok());
        assert!(matches!(refusal(&note, Some(300.0)), RecordingError::Analysis(_)));
    }

    #[test]
    fn a_note_out_of_tune_is_heard_and_another_note_is_the_one_that_is_given() {
        assert_eq!(tuned(Some(60.4), Some(60.0)), Some(60.4));
        assert_eq!(tuned(Some(48.0), Some(60.0)), Some(60.0));
        assert_eq!(tuned(None, Some(60.0)), Some(60.0));
        assert_eq!(tuned(Some(60.4), None), Some(60.4));
        assert_eq!(tuned(None, None), None);
    }
}
