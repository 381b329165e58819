//! How loud a note or a phrase is to the ear.

use super::frames::ANALYSIS_RATE;
use crate::dsp::resample::SincInterpolator;

/// Window over which power is averaged, in samples: 100 ms, enough for the lowest notes.
const WINDOW: usize = 4_800;
/// Distance of two windows.
const HOP: usize = 1_200;
/// A block of the integrated loudness, 400 ms, and the distance of two: they overlap by three quarters.
const BLOCK: usize = 19_200;
const BLOCK_STEP: usize = BLOCK / 4;
/// Gates of the integrated loudness, in LUFS and in LU.
const ABSOLUTE_GATE: f64 = -70.0;
const RELATIVE_GATE: f64 = 10.0;

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
    let weighted = k_weighted(samples);
    let power = |start: usize| {
        let window = &weighted[start..(start + WINDOW).min(weighted.len())];
        window.iter().map(|sample| sample * sample).sum::<f64>() / WINDOW as f64
    };
    let last = weighted.len().saturating_sub(WINDOW);
    let loudest = (0..=last).step_by(HOP).map(power).fold(0.0, f64::max);
    loudness(loudest) as f32
}

/// Integrated loudness in LUFS of two channels at 48 kHz (ITU-R BS.1770-4, annex 1): the mean power of their blocks of
/// 400 ms, without those below -70 LUFS and those more than 10 LU below the mean of the rest. -infinity where all is
/// silent, or nothing is 400 ms long.
#[must_use]
pub fn integrated_loudness(channels: [&[f32]; 2]) -> f32 {
    let weighted = channels.map(k_weighted);
    let power = |channel: &Vec<f64>| channel.iter().map(|sample| sample * sample).collect::<Vec<_>>();
    let [left, right] = weighted.each_ref().map(power);
    let length = left.len().min(right.len());
    let block = |start: usize| {
        let both = left[start..start + BLOCK].iter().chain(&right[start..start + BLOCK]);
        both.sum::<f64>() / BLOCK as f64
    };
    let blocks: Vec<f64> =
        (0..(length + BLOCK_STEP).saturating_sub(BLOCK) / BLOCK_STEP).map(|i| block(i * BLOCK_STEP)).collect();
    let mean_above = |gate: f64| {
        let (sum, count) = blocks
            .iter()
            .filter(|&&block| loudness(block) > gate)
            .fold((0.0, 0_u32), |(sum, n), block| (sum + block, n + 1));
        loudness(sum / f64::from(count.max(1)))
    };
    mean_above(mean_above(ABSOLUTE_GATE) - RELATIVE_GATE) as f32
}

/// True peak of a channel in dBFS, read between its samples four times as often (ITU-R BS.1770-4, annex 2); silence has
/// -infinity.
#[must_use]
pub fn true_peak_db(samples: &[f32]) -> f32 {
    let sinc = SincInterpolator::new(1.0);
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    // Between two samples a wave rises above both, but hardly to twice their height.
    let high = samples.windows(2).enumerate().filter(|(_, pair)| pair[0].abs().max(pair[1].abs()) > 0.5 * peak);
    let between = high.flat_map(|(at, _)| [0.25, 0.5, 0.75].map(|part| sinc.read(samples, at as f64 + part).abs()));
    20.0 * between.fold(peak, f32::max).log10()
}

/// A power as a loudness; the constant makes up for the shelf's gain at 1 kHz.
fn loudness(power: f64) -> f64 {
    10.0 * power.log10() - 0.691
}

fn k_weighted(samples: &[f32]) -> Vec<f64> {
    let mut weighted: Vec<f64> = samples.iter().map(|&sample| f64::from(sample)).collect();
    K_WEIGHTING.iter().for_each(|section| section.filter(&mut weighted));
    weighted
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

    /// The tones of EBU Tech 3341, test cases 1, 3 and 4: levels in dBFS and seconds of a sine of 1 kHz on both channels.
    #[test]
    fn the_integrated_loudness_is_that_of_the_standards_test_tones() {
        let course = |parts: &[(f32, f32)]| -> Vec<f32> {
            let part =
                |&(db, seconds): &(f32, f32)| tone(1_000.0, 10.0_f32.powf(db / 20.0), (48_000.0 * seconds) as usize);
            parts.iter().flat_map(part).collect()
        };
        let check = |parts: &[(f32, f32)], expected: f32| {
            let channel = course(parts);
            let measured = integrated_loudness([&channel, &channel]);
            assert!((measured - expected).abs() < 0.1, "{parts:?}: {measured}");
        };
        check(&[(-23.0, 20.0)], -23.0);
        check(&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0);
        check(&[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0);
        assert_eq!(integrated_loudness([&[0.0; 48_000], &[0.0; 48_000]]), f32::NEG_INFINITY);
        assert_eq!(integrated_loudness([&[0.5; 100], &[0.5; 100]]), f32::NEG_INFINITY);
    }

    #[test]
    fn a_peak_between_two_samples_is_found() {
        // A quarter of the rate, its samples half-way up to its peaks.
        let wave: Vec<f32> = (0..4_800).map(|i| ((i as f32 + 0.5) * std::f32::consts::FRAC_PI_2).sin()).collect();
        assert!(wave.iter().all(|sample| sample.abs() < 0.708));
        let inside = true_peak_db(&wave[..]);
        assert!(inside.abs() < 0.3, "{inside}");
        assert_eq!(true_peak_db(&[0.0; 100]), f32::NEG_INFINITY);
    }
}
