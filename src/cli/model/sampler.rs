//! A multisample sampler, the instrument that a model has to beat: the nearest recorded note, transposed.

use crate::analysis::frames::ANALYSIS_RATE;
use crate::dsp::resample::SincInterpolator;

/// Time in which a released note falls by 60 dB, in samples: 0.3 s, as samplers do by default.
const RELEASE: f32 = 0.3 * ANALYSIS_RATE as f32;

/// Plays a recording `semitones` higher (or lower), released at sample `hold`; as many samples as the recording has.
pub(super) fn play_sample(recording: &[f32], semitones: f32, hold: usize) -> Vec<f32> {
    let speed = (semitones / 12.0).exp2();
    let sinc = SincInterpolator::new(speed.recip().min(1.0));
    let read = |i: usize| {
        let released = i.saturating_sub(hold) as f32;
        sinc.read(recording, i as f64 * f64::from(speed)) * 10.0_f32.powf(-3.0 * released / RELEASE)
    };
    (0..recording.len()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_moves_up_an_octave_and_falls_after_its_release() {
        let tone = |hz: f64, i: usize| (std::f64::consts::TAU * hz * i as f64 / 48_000.0).sin() as f32;
        let recording: Vec<f32> = (0..48_000).map(|i| tone(440.0, i)).collect();
        let played = play_sample(&recording, 12.0, 12_000);
        for (i, sample) in played.iter().enumerate().take(12_000).skip(100) {
            assert!((sample - tone(880.0, i)).abs() < 5e-3, "sample {i}");
        }
        let late = played[12_000 + 7_200..][..480].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.02..0.04).contains(&late), "30 dB down after half the release: {late}");
    }
}
