//! How loud a note is to the ear.

use super::frames::ANALYSIS_RATE;

/// Window over which power is averaged, in samples: 100 ms, enough for the lowest notes.
const WINDOW: usize = 4_800;
/// Distance of two windows.
const HOP: usize = 1_200;

/// One second-order section of the K-weighting at 48 kHz.
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

/// The head's shelf, then the high-pass (ITU-R BS.1770-4, annex 1, tables 1 and 2; their rate is ours).
const K_WEIGHTING: [Section; 2] = [
    Section {
        b: [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85],
        a: [-1.690_659_293_182_41, 0.732_480_774_215_85],
    },
    Section { b: [1.0, -2.0, 1.0], a: [-1.990_047_454_833_98, 0.990_072_250_366_21] },
];
const _: () = assert!(ANALYSIS_RATE == 48_000);

/// Loudness of a note in mono at 48 kHz, in dB: the K-weighted power of its loudest 100 ms (ITU-R BS.1770-4, with one
/// channel and a shorter window, so that a pluck counts as loud as it strikes). A full-scale sine of 1 kHz has -3 dB;
/// silence has -infinity.
#[must_use]
pub fn note_loudness(samples: &[f32]) -> f32 {
    let mut weighted: Vec<f64> = samples.iter().map(|&sample| f64::from(sample)).collect();
    K_WEIGHTING.iter().for_each(|section| section.filter(&mut weighted));
    let power = |start: usize| {
        let window = &weighted[start..(start + WINDOW).min(weighted.len())];
        window.iter().map(|sample| sample * sample).sum::<f64>() / WINDOW as f64
    };
    let last = weighted.len().saturating_sub(WINDOW);
    let loudest = (0..=last).step_by(HOP).map(power).fold(0.0, f64::max);
    // The constant of BS.1770 that makes up for the shelf's gain at 1 kHz.
    (10.0 * loudest.log10() - 0.691) as f32
}

impl Section {
    /// In place, transposed direct form II.
    fn filter(&self, samples: &mut [f64]) {
        let mut state = [0.0; 2];
        for sample in samples {
            let input = *sample;
            let output = self.b[0] * input + state[0];
            state[0] = self.b[1] * input - self.a[0] * output + state[1];
            state[1] = self.b[2] * input - self.a[1] * output;
            *sample = output;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, amplitude: f32, length: usize) -> Vec<f32> {
        (0..length).map(|i| amplitude * (i as f32 * hz * std::f32::consts::TAU / 48_000.0).sin()).collect()
    }

    #[test]
    fn a_tone_of_one_kilohertz_has_its_power_and_low_and_high_tones_are_weighted() {
        let loudness = |hz: f32| note_loudness(&tone(hz, 1.0, 24_000));
        assert!((loudness(1_000.0) + 3.01).abs() < 0.1, "{}", loudness(1_000.0));
        assert!((loudness(6_000.0) + 3.01 - 3.3).abs() < 0.3, "{}", loudness(6_000.0));
        assert!((-20.0..-8.0).contains(&loudness(20.0)), "{}", loudness(20.0));
    }

    #[test]
    fn the_loudest_moment_counts_and_halving_the_amplitude_takes_6_db() {
        let mut note = tone(440.0, 0.5, 12_000);
        let held = note_loudness(&note);
        note.resize(96_000, 0.0);
        assert!((note_loudness(&note) - held).abs() < 0.05);
        let half: Vec<f32> = note.iter().map(|sample| 0.5 * sample).collect();
        assert!((held - note_loudness(&half) - 6.02).abs() < 0.02);
        assert_eq!(note_loudness(&[0.0; 9_600]), f32::NEG_INFINITY);
        assert!(note_loudness(&[]).is_infinite() && note_loudness(&[0.1; 100]).is_finite());
    }
}
