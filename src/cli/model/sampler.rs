//! A sampler, the instrument that a model has to beat: a recorded note, transposed.

use crate::analysis::frames::ANALYSIS_RATE;
use crate::dsp::resample::SincInterpolator;
use crate::media::note::NoteName;

/// Time in which a released note falls by 60 dB, in samples: 0.3 s, as samplers do by default.
const RELEASE: f32 = 0.3 * ANALYSIS_RATE as f32;

/// A recorded note.
pub(super) struct Sample {
    /// How it was played; held at least as long as any note that is asked for.
    pub(super) note: NoteName,
    /// At 48 kHz, from note-on.
    pub(super) samples: Vec<f32>,
}

impl Sample {
    /// Another note out of this one: transposed, released at its time, louder or softer as samplers do by default (40
    /// log10 of the velocities' ratio, SoundFont 2.04, section 8.4.1). As many samples as the recording has.
    pub(super) fn play(&self, note: NoteName) -> Vec<f32> {
        let semitones = f32::from(note.pitch) - f32::from(self.note.pitch);
        let hold = (note.hold_ms * ANALYSIS_RATE / 1_000) as usize;
        let gain = (f32::from(note.velocity) / f32::from(self.note.velocity)).powi(2);
        transpose(&self.samples, semitones, hold).into_iter().map(|sample| gain * sample).collect()
    }
}

fn transpose(recording: &[f32], semitones: f32, hold: usize) -> Vec<f32> {
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
        let samples: Vec<f32> = (0..48_000).map(|i| tone(440.0, i)).collect();
        let sample = Sample { note: NoteName { pitch: 60, velocity: 50, hold_ms: 900 }, samples };
        let played = sample.play(NoteName { pitch: 72, velocity: 100, hold_ms: 250 });
        for (i, sample) in played.iter().enumerate().take(12_000).skip(100) {
            assert!((sample - 4.0 * tone(880.0, i)).abs() < 2e-2, "sample {i}");
        }
        let late = played[12_000 + 7_200..][..480].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.08..0.16).contains(&late), "30 dB down after half the release: {late}");
    }
}
