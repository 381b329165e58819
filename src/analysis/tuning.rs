//! Where the partials of a note lie: its tuning, its inharmonicity, and the slot frequencies that follow.

use std::sync::{Arc, LazyLock};

use realfft::{RealFftPlanner, RealToComplex};

use super::frames::{ANALYSIS_RATE, BETWEEN, PARTIALS, Slots, pitch_hz, slot_ratio};
use crate::dsp::stft::hann;

/// Length of the zero-padded transform: bins of 0.37 Hz.
const TRANSFORM: usize = 131_072;
/// Start of the stretch that is looked at, past the attack, in samples.
const SKIP: usize = 3_840;
/// Longest stretch that is looked at: 0.9 s.
const LONGEST: usize = 43_200;
/// Shortest stretch: 0.15 s.
const SHORTEST: usize = 7_200;
/// Share of the note's energy at which the stretch ends.
const ENERGY_SHARE: f64 = 0.999;
/// Partials that the tuning is read from.
const TUNING_PARTIALS: usize = 24;
/// Furthest tuning from the nominal pitch, in cents, and the step of the search.
const TUNING_RANGE: i32 = 60;
const TUNING_STEP: usize = 2;
/// Slots above this share of the rate are out of band.
const BAND_LIMIT: f32 = 0.46;
/// Furthest move of a slot, and the radius within which a peak counts as the slot's own, in fundamentals.
const SLOT_RANGE: f32 = 0.45;
const SLOT_OWN: f32 = 0.04;
/// Amplitude by which a peak must rise over the slot's own place before the slot moves there: 6 dB.
const SLOT_RISE: f32 = 2.0;

/// A slot between harmonics is looked for within this share of its place, and no lower than this.
const BETWEEN_RANGE: f32 = 0.3;
const BETWEEN_LOWEST_HZ: f32 = 25.0;
/// Least distance from a harmonic's slot, in fundamentals.
const BETWEEN_DISTANCE: f32 = 0.12;
/// Amplitude over the median of its surroundings, and relative to the loudest peak, that makes it a partial.
const BETWEEN_RISE: f32 = 10.0;
const BETWEEN_LEAST: f32 = 3e-3;

static FFT: LazyLock<Arc<dyn RealToComplex<f32>>> = LazyLock::new(|| RealFftPlanner::new().plan_fft_forward(TRANSFORM));

/// Magnitudes of one long stretch of a note.
pub(super) struct LongSpectrum {
    magnitude: Vec<f32>,
}

/// Hz per bin of a [`LongSpectrum`].
const BIN_HZ: f32 = ANALYSIS_RATE as f32 / TRANSFORM as f32;

impl LongSpectrum {
    /// The spectrum of what follows the attack, up to where the note's energy has passed.
    pub(super) fn of(samples: &[f32]) -> Self {
        let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
        let skip = SKIP.min(samples.len().saturating_sub(SHORTEST));
        // A note that is over before the stretch begins is looked at from its start.
        let skip = if energy(&samples[skip..]) < 1e-4 * energy(samples) { 0 } else { skip };
        let rest = &samples[skip..];
        let (total, mut passed) = (energy(rest), 0.0);
        let end = rest.iter().position(|sample| {
            passed += f64::from(sample * sample);
            passed > ENERGY_SHARE * total
        });
        let stretch =
            &rest[..end.unwrap_or(rest.len()).clamp(SHORTEST.min(rest.len()), LONGEST.min(rest.len()).max(1))];
        let mut input = vec![0.0; TRANSFORM];
        for ((input, sample), weight) in input.iter_mut().zip(stretch).zip(hann(stretch.len())) {
            *input = sample * weight;
        }
        let mut output = FFT.make_output_vec();
        FFT.process(&mut input, &mut output).expect("buffers made by the plan");
        Self { magnitude: output.iter().map(|bin| bin.norm()).collect() }
    }

    /// The strongest bin within `low..=high` Hz.
    fn strongest(&self, low: f32, high: f32) -> Option<usize> {
        let first = ((low / BIN_HZ) as usize).max(1);
        let last = (high / BIN_HZ) as usize;
        (first..=last.min(self.magnitude.len() - 2)).max_by(|&a, &b| self.magnitude[a].total_cmp(&self.magnitude[b]))
    }

    /// Frequency of the peak at `bin`, from the parabola through three log magnitudes.
    fn refine(&self, bin: usize) -> f32 {
        let [low, peak, high] = [bin - 1, bin, bin + 1].map(|bin| (self.magnitude[bin] + 1e-12).ln());
        let curvature = low - 2.0 * peak + high;
        let offset = if curvature < -1e-9 { (0.5 * (low - high) / curvature).clamp(-0.5, 0.5) } else { 0.0 };
        (bin as f32 + offset) * BIN_HZ
    }
}

/// The slots of a note as its spectrum shows them.
pub(super) struct PlacedSlots {
    pub(super) slots: Slots,
    /// Frequency in Hz of those slots that may sound.
    pub(super) hz: [Option<f32>; PARTIALS],
}

/// Fundamental and stiffness of a note: partial `k` lies at `k hz sqrt(1 + inharmonicity k^2)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    pub(super) hz: f32,
    pub(super) inharmonicity: f32,
}

impl Tuning {
    /// The tuning within 60 cents of `pitch` whose partials meet the most log magnitude.
    pub(super) fn of(spectrum: &LongSpectrum, pitch: f32) -> Self {
        let nominal = pitch_hz(pitch);
        let peak = spectrum.magnitude.iter().copied().fold(0.0, f32::max);
        let floor = 1e-3 * peak + 1e-12;
        let level: Vec<f32> = spectrum.magnitude.iter().map(|magnitude| (magnitude / floor + 1.0).ln()).collect();
        let partials = ((0.45 * ANALYSIS_RATE as f32 / nominal) as usize).clamp(1, TUNING_PARTIALS);
        let score = |tuning: Tuning| -> f32 {
            (1..=partials)
                .map(|k| {
                    let bin = (tuning.partial(k) / BIN_HZ).round() as usize;
                    level[bin.min(level.len() - 1)] / (k as f32).sqrt()
                })
                .sum()
        };
        let candidates = (-TUNING_RANGE..=TUNING_RANGE).step_by(TUNING_STEP).flat_map(|cents| {
            let hz = nominal * (cents as f32 / 1_200.0).exp2();
            stiffnesses().map(move |inharmonicity| (cents, Self { hz, inharmonicity }))
        });
        let scored = candidates.map(|(cents, tuning)| {
            // Of almost equals, the plainest.
            let stiff = if tuning.inharmonicity > 0.0 { 0.99 } else { 1.0 };
            (score(tuning) * stiff * (1.0 - 1e-5 * cents.abs() as f32), tuning)
        });
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(Self { hz: nominal, inharmonicity: 0.0 }, |best| best.1)
    }

    /// Frequency of partial `k`, from 1.
    fn partial(self, k: usize) -> f32 {
        let k = k as f32;
        self.hz * k * (1.0 + self.inharmonicity * k * k).sqrt()
    }

    /// Slots at the partials, each moved to the strongest peak of its surroundings where that stands clear of the
    /// slot's own place. Bells, bars and drums need this; strings and pipes stay where they are. The slots between the
    /// harmonics sound only where there is a peak that no other slot has.
    pub(super) fn slots(self, spectrum: &LongSpectrum, pitch: f32) -> PlacedSlots {
        let resting = |slot: usize| match slot_ratio(slot) {
            _ if slot < PARTIALS - BETWEEN.len() => self.partial(slot + 1),
            ratio => ratio * self.hz,
        };
        let in_band = |slot| resting(slot) < BAND_LIMIT * ANALYSIS_RATE as f32;
        let mut hz = [None; PARTIALS];
        let (harmonics, between) = hz.split_at_mut(PARTIALS - BETWEEN.len());
        for (slot, hz) in harmonics.iter_mut().enumerate() {
            *hz = in_band(slot).then(|| self.free_slot(spectrum, resting(slot)));
        }
        for (slot, ratio) in BETWEEN.into_iter().enumerate() {
            between[slot] = self.slot_between(spectrum, ratio, harmonics);
        }
        let cents = |slot: usize| {
            let named = slot_ratio(slot) * pitch_hz(pitch);
            1_200.0 * (hz[slot].unwrap_or_else(|| resting(slot)) / named).log2()
        };
        let slots = Slots { cents: std::array::from_fn(cents), in_band: std::array::from_fn(in_band) };
        PlacedSlots { slots, hz }
    }

    /// A clear peak about `ratio` fundamentals that is at some distance from the harmonics' slots.
    fn slot_between(self, spectrum: &LongSpectrum, ratio: f32, harmonics: &[Option<f32>]) -> Option<f32> {
        let magnitude = &spectrum.magnitude;
        let free = |hz: f32| harmonics.iter().flatten().all(|slot| (slot - hz).abs() > BETWEEN_DISTANCE * self.hz);
        let [low, high] = [1.0 - BETWEEN_RANGE, 1.0 + BETWEEN_RANGE].map(|part| part * ratio * self.hz);
        let bins = (low.max(BETWEEN_LOWEST_HZ) / BIN_HZ) as usize..(high / BIN_HZ) as usize;
        let is_peak = |&bin: &usize| magnitude[bin] > magnitude[bin - 1] && magnitude[bin] >= magnitude[bin + 1];
        let peaks = bins.clone().filter(is_peak).filter(|&bin| free(bin as f32 * BIN_HZ));
        let peak = peaks.max_by(|&a, &b| magnitude[a].total_cmp(&magnitude[b]))?;
        let mut around = magnitude[bins].to_vec();
        around.sort_by(f32::total_cmp);
        let loudest = magnitude.iter().copied().fold(0.0, f32::max);
        let least = (BETWEEN_RISE * around[around.len() / 2]).max(BETWEEN_LEAST * loudest);
        (magnitude[peak] > least).then(|| spectrum.refine(peak))
    }

    fn free_slot(self, spectrum: &LongSpectrum, expected: f32) -> f32 {
        let around = |radius: f32| spectrum.strongest(expected - radius, expected + radius);
        let own = (SLOT_OWN * self.hz).max(2.0 * BIN_HZ);
        let (Some(peak), Some(here)) = (around(SLOT_RANGE * self.hz), around(own)) else { return expected };
        let hz = spectrum.refine(peak);
        let stands_clear = spectrum.magnitude[peak] > SLOT_RISE * spectrum.magnitude[here];
        if stands_clear || (hz - expected).abs() < SLOT_OWN * self.hz { hz } else { expected }
    }
}

/// None, and 24 steps from a harp's to beyond a short piano string's.
fn stiffnesses() -> impl Iterator<Item = f32> {
    std::iter::once(0.0).chain((0..24).map(|step| 1e-5 * 400.0_f32.powf(step as f32 / 23.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(partials: &[(f32, f32)]) -> Vec<f32> {
        let sample = |i: usize| {
            let angle = std::f64::consts::TAU * i as f64 / f64::from(ANALYSIS_RATE);
            partials.iter().map(|(hz, gain)| gain * (f64::from(*hz) * angle).sin() as f32).sum()
        };
        (0..72_000).map(sample).collect()
    }

    #[test]
    fn a_stiff_string_out_of_tune_is_found() {
        let string = Tuning { hz: pitch_hz(48.0) * (23.0_f32 / 1_200.0).exp2(), inharmonicity: 4e-4 };
        let partials: Vec<_> = (1..=20).map(|k| (string.partial(k), 0.1 / k as f32)).collect();
        let spectrum = LongSpectrum::of(&tones(&partials));
        let found = Tuning::of(&spectrum, 48.0);
        let slots = found.slots(&spectrum, 48.0).slots;
        for (slot, (hz, _)) in partials.iter().enumerate() {
            let read = (slot + 1) as f32 * pitch_hz(48.0) * (slots.cents[slot] / 1_200.0).exp2();
            assert!((read - hz).abs() < 0.2, "slot {slot}: {read} Hz, expected {hz}");
        }
    }

    #[test]
    fn slots_move_to_partials_that_are_no_harmonics() {
        let f0 = pitch_hz(72.0);
        let spectrum = LongSpectrum::of(&tones(&[(f0, 0.3), (2.76 * f0, 0.2), (5.4 * f0, 0.1)]));
        let slots = Tuning::of(&spectrum, 72.0).slots(&spectrum, 72.0).slots;
        let ratio = |slot: usize| (slot + 1) as f32 * (slots.cents[slot] / 1_200.0).exp2();
        assert!((ratio(0) - 1.0).abs() < 1e-3, "{}", ratio(0));
        assert!((ratio(2) - 2.76).abs() < 1e-3, "{}", ratio(2));
        assert!((ratio(4) - 5.4).abs() < 1e-3, "{}", ratio(4));
        assert!(slots.in_band[41] && !slots.in_band[42], "42 harmonics of C5 lie below 22 kHz");
    }

    #[test]
    fn a_stop_two_octaves_below_has_its_own_slot_and_absent_ones_rest() {
        let f0 = pitch_hz(72.0);
        let spectrum = LongSpectrum::of(&tones(&[(0.25 * f0, 0.3), (f0, 0.2), (2.0 * f0, 0.1)]));
        let placed = Tuning::of(&spectrum, 72.0).slots(&spectrum, 72.0);
        let between: [Option<f32>; 3] = *placed.hz.last_chunk().unwrap();
        assert!((between[0].unwrap() / f0 - 0.25).abs() < 1e-3, "{between:?}");
        assert_eq!(between[1..], [None, None]);
        assert!(placed.slots.in_band[61..].iter().all(|in_band| *in_band));
    }
}
