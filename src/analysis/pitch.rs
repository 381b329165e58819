//! The pitch of a note whose file does not tell it.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::frames::ANALYSIS_RATE;

/// Samples that are compared with their shifted selves.
const WINDOW: usize = 4_096;
/// Longest period looked for: 27 Hz, below the lowest piano key.
const LONGEST_PERIOD: usize = 1_778;
/// Shortest period looked for: 4.4 kHz, above the highest piano key.
const SHORTEST_PERIOD: usize = 10;
/// Distance of two looks at the note.
const STEP: usize = 4_800;
/// Most looks.
const LOOKS: usize = 12;
/// Aperiodicity below which a dip is a period (de Cheveigne and Kawahara 2002, section 2.D).
const PERIODIC: f32 = 0.12;
/// Aperiodicity up to which a look still tells a pitch.
const STILL_PITCHED: f32 = 0.35;

/// Estimates the MIDI pitch (69 = A4, not rounded) of a note at 48 kHz by YIN: the median over looks at its first
/// second. `None` where it has no clear pitch, or is too short to tell (under 0.13 s).
#[must_use]
pub fn estimate_pitch(samples: &[f32]) -> Option<f32> {
    let yin = Yin::new();
    let span = WINDOW + LONGEST_PERIOD;
    let loudness = |at: usize| samples[at..at + span].iter().map(|sample| sample * sample).sum::<f32>();
    let looks = (0..LOOKS).map(|look| look * STEP + STEP / 10).filter(|start| start + span <= samples.len());
    let starts: Vec<usize> = looks.collect();
    let loudest = starts.iter().map(|&start| loudness(start)).fold(0.0, f32::max);
    let heard = starts.into_iter().filter(|&start| loudness(start) > 1e-3 * loudest && loudest > 1e-9);
    let mut periods: Vec<f32> = heard.filter_map(|start| yin.period(&samples[start..start + span])).collect();
    periods.sort_by(f32::total_cmp);
    let period = periods.get(periods.len() / 2)?;
    Some(69.0 + 12.0 * (ANALYSIS_RATE as f32 / period / 440.0).log2())
}

/// The cumulative mean normalised difference, its correlation by Fourier transform.
struct Yin {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Yin {
    fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let size = (WINDOW + LONGEST_PERIOD).next_power_of_two();
        Self { forward: planner.plan_fft_forward(size), inverse: planner.plan_fft_inverse(size) }
    }

    fn period(&self, samples: &[f32]) -> Option<f32> {
        let aperiodicity = self.aperiodicity(samples);
        let periods = SHORTEST_PERIOD..LONGEST_PERIOD;
        let is_dip = |&period: &usize| {
            let [before, here, after] = [period - 1, period, period + 1].map(|period| aperiodicity[period]);
            here <= before && here < after
        };
        let deepest = || {
            let dips = periods.clone().filter(is_dip);
            dips.min_by(|&a, &b| aperiodicity[a].total_cmp(&aperiodicity[b]))
        };
        let first = periods.clone().filter(is_dip).find(|&period| aperiodicity[period] < PERIODIC);
        let period = first.or_else(deepest).filter(|&period| aperiodicity[period] < STILL_PITCHED)?;
        let [before, here, after] = [period - 1, period, period + 1].map(|period| aperiodicity[period]);
        let curvature = before - 2.0 * here + after;
        let offset = if curvature > 1e-9 { (0.5 * (before - after) / curvature).clamp(-0.5, 0.5) } else { 0.0 };
        Some(period as f32 + offset)
    }

    /// For each period up to the longest, the power of the difference to the signal that much later, over its mean up
    /// to there.
    fn aperiodicity(&self, samples: &[f32]) -> Vec<f32> {
        let correlation = self.correlation(samples);
        let energy = |start: usize| samples[start..start + WINDOW].iter().map(|s| f64::from(s * s)).sum::<f64>();
        let (still, mut moved) = (energy(0), energy(0));
        let mut sum = 0.0;
        let mut out = vec![1.0];
        for period in 1..=LONGEST_PERIOD {
            let (leaves, enters) = (samples[period - 1], samples.get(period + WINDOW - 1).copied().unwrap_or_default());
            moved += f64::from(enters * enters) - f64::from(leaves * leaves);
            let difference = (still + moved - 2.0 * f64::from(correlation[period])).max(0.0);
            sum += difference;
            out.push(if sum > 0.0 { (difference * period as f64 / sum) as f32 } else { 1.0 });
        }
        out
    }

    /// `sum over WINDOW of x[i] x[i + period]` for all periods.
    fn correlation(&self, samples: &[f32]) -> Vec<f32> {
        let (mut still, mut all) = (self.forward.make_input_vec(), self.forward.make_input_vec());
        still[..WINDOW].copy_from_slice(&samples[..WINDOW]);
        all[..samples.len()].copy_from_slice(samples);
        let size = all.len() as f32;
        let transform = |input: &mut Vec<f32>| -> Vec<Complex32> {
            let mut output = self.forward.make_output_vec();
            self.forward.process(input, &mut output).expect("buffers made by the plan");
            output
        };
        let (still, all) = (transform(&mut still), transform(&mut all));
        let mut product: Vec<_> = still.iter().zip(&all).map(|(still, all)| still.conj() * all / size).collect();
        let mut correlation = self.inverse.make_output_vec();
        // The product of two real signals' spectra is real at 0 and Nyquist but for rounding.
        product[0].im = 0.0;
        product.last_mut().expect("at least one bin").im = 0.0;
        self.inverse.process(&mut product, &mut correlation).expect("buffers made by the plan");
        correlation
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::pitch_hz;
    use super::*;

    fn note(pitch: f32, partials: &[f32]) -> Vec<f32> {
        let sample = |i: usize| {
            let angle = std::f64::consts::TAU * f64::from(pitch_hz(pitch)) * i as f64 / 48_000.0;
            let decay = (-(i as f32) / 30_000.0).exp();
            let partial = |(k, gain): (usize, &f32)| gain * decay * ((k + 1) as f64 * angle).sin() as f32;
            partials.iter().enumerate().map(partial).sum()
        };
        (0..48_000).map(sample).collect()
    }

    #[test]
    fn harmonic_notes_tell_their_pitch_over_the_keyboard() {
        for spectrum in [&[0.5][..], &[0.3, 0.2, 0.15, 0.1, 0.05], &[0.05, 0.3, 0.3], &[0.3, 0.0, 0.2, 0.0, 0.1]] {
            for pitch in (22..=104).step_by(3) {
                let pitch = pitch as f32 + 0.3;
                let estimate = estimate_pitch(&note(pitch, spectrum)).unwrap_or(f32::NAN);
                assert!((estimate - pitch).abs() < 0.1, "{estimate} for {pitch} with {spectrum:?}");
            }
        }
    }

    #[test]
    fn noise_and_silence_have_no_pitch() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        let noise: Vec<f32> = (0..48_000).map(|_| random()).collect();
        assert_eq!(estimate_pitch(&noise), None);
        assert_eq!(estimate_pitch(&[0.0; 48_000]), None);
        assert_eq!(estimate_pitch(&[0.1; 100]), None);
    }
}
