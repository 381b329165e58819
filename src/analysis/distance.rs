//! How far a resynthesis is from its original, in dB; lower is better. All four are needed: `lmd` alone rewards a haze
//! of noise in place of partials.

use super::frames::ANALYSIS_RATE;
use crate::dsp::mel::{MelBank, Norm};
use crate::dsp::stft::Stft;

/// Range below the reference's loudest cell that is compared, in dB.
const RANGE_DB: f32 = 60.0;
/// Bands lie within these frequencies, in Hz.
const BAND_RANGE: (f32, f32) = (30.0, 18_000.0);
/// Length of the attack in samples: 150 ms.
const ATTACK: usize = 7_200;
/// Transform sizes of `mrlog`.
const RESOLUTIONS: [usize; 4] = [512, 1_024, 2_048, 4_096];

/// The four distances of a resynthesis from its original, in dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distances {
    /// Log-mel distance: mean difference of 64 band levels every 10 ms (window 2048).
    pub lmd: f32,
    /// The same over the first 150 ms in finer time: 40 bands every 2.5 ms (window 512).
    pub att: f32,
    /// Mean difference of single bins' levels over four resolutions: sees noise haze that `lmd` does not.
    pub mrlog: f32,
    /// Difference of crest (peak over mean power) within 64 bands (window 8192): tells partials from noise.
    pub ton: f32,
}

/// Compares a resynthesis with its reference, both mono at 48 kHz from note-on; the shorter is silent beyond its end.
///
/// Every distance is a mean over cells in which either lies above the reference's loudest cell less 60 dB; below that
/// floor, levels count as the floor.
#[must_use]
pub fn distances(reference: &[f32], resynthesis: &[f32]) -> Distances {
    let length = reference.len().max(resynthesis.len());
    let padded = |samples: &[f32]| {
        let mut samples = samples.to_vec();
        samples.resize(length, 0.0);
        samples
    };
    let pair = [padded(reference), padded(resynthesis)];
    let attack = pair.each_ref().map(|samples| &samples[..ATTACK.min(length)]);
    let whole = pair.each_ref().map(Vec::as_slice);
    let mrlog = RESOLUTIONS.map(|size| bin_distance(whole, size));
    Distances {
        lmd: band_distance(whole, 2_048, 480, 64),
        att: band_distance(attack, 512, 120, 40),
        mrlog: mrlog.iter().sum::<f32>() / mrlog.len() as f32,
        ton: crest_distance(whole),
    }
}

/// How the levels of a resynthesis lie to those of its original: tells loudness from colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LevelMatch {
    /// Mean signed difference over the cells of `lmd`, in dB; above 0 the resynthesis is the louder.
    pub offset: f32,
    /// Gain that brings the resynthesis nearest to its original, in dB.
    pub gain: f32,
    /// What `lmd` is at that gain.
    pub lmd: f32,
}

/// Largest gain that is tried, and the steps of the first and second search, in tenths of a dB.
const GAIN_SEARCH: (i32, usize) = (250, 10);

/// Compares levels as [`distances`] does.
#[must_use]
pub fn level_match(reference: &[f32], resynthesis: &[f32]) -> LevelMatch {
    let length = reference.len().max(resynthesis.len());
    let pair = [reference, resynthesis].map(|samples| {
        let mut samples = samples.to_vec();
        samples.resize(length, 0.0);
        band_powers(&samples, 2_048, 480, 64)
    });
    let floor = floor_of(&pair[0]);
    let db = |power: f32| 10.0 * (power / floor).max(f32::MIN_POSITIVE).log10();
    let cells: Vec<(f32, f32)> = pair[0].iter().zip(&pair[1]).map(|(&a, &b)| (db(a), db(b))).collect();
    // Means over the cells in which either is heard, of signed and of absolute difference.
    let compare = |tenths: i32| {
        let gain = 0.1 * tenths as f32;
        let heard = cells.iter().map(|(a, b)| (*a, b + gain)).filter(|(a, b)| a.max(*b) > 0.0);
        let (signed, absolute, count) = heard.fold((0.0_f64, 0.0_f64, 0.0_f64), |(signed, absolute, count), (a, b)| {
            let difference = f64::from(b.max(0.0) - a.max(0.0));
            (signed + difference, absolute + difference.abs(), count + 1.0)
        });
        ((signed / count.max(1.0)) as f32, (absolute / count.max(1.0)) as f32)
    };
    let best = |gains: &mut dyn Iterator<Item = i32>| {
        gains.min_by(|a, b| compare(*a).1.total_cmp(&compare(*b).1)).unwrap_or(0)
    };
    let (most, step) = GAIN_SEARCH;
    let coarse = best(&mut (-most..=most).step_by(step));
    let gain = best(&mut (coarse - step as i32..=coarse + step as i32));
    LevelMatch { offset: compare(0).0, gain: 0.1 * gain as f32, lmd: compare(gain).1 }
}

/// Power of every cell of a spectrogram, mapped by `cells` from the powers of one frame's bins.
fn spectrogram(samples: &[f32], size: usize, hop: usize, mut cells: impl FnMut(&[f32], &mut Vec<f32>)) -> Vec<f32> {
    let mut stft = Stft::new(size);
    let (mut power, mut out) = (Vec::new(), Vec::new());
    for centre in (0..samples.len()).step_by(hop) {
        power.clear();
        power.extend(stft.centred(samples, centre).iter().map(|bin| bin.norm_sqr()));
        cells(&power, &mut out);
    }
    out
}

/// Mean difference in dB of two spectrograms above the floor of the first.
fn mean_difference([reference, other]: [&[f32]; 2]) -> f32 {
    let floor = floor_of(reference);
    let differences = reference.iter().zip(other).filter(|(reference, other)| reference.max(**other) > floor);
    let (sum, count) = differences.fold((0.0_f64, 0_usize), |(sum, count), (reference, other)| {
        let difference = 10.0 * (reference.max(floor) / other.max(floor)).log10();
        (sum + f64::from(difference.abs()), count + 1)
    });
    if count == 0 { 0.0 } else { (sum / count as f64) as f32 }
}

fn floor_of(power: &[f32]) -> f32 {
    let peak = power.iter().copied().fold(0.0, f32::max);
    (peak * 10.0_f32.powf(-RANGE_DB / 10.0)).max(f32::MIN_POSITIVE)
}

fn band_distance(pair: [&[f32]; 2], size: usize, hop: usize, bands: usize) -> f32 {
    let levels = pair.map(|samples| band_powers(samples, size, hop, bands));
    mean_difference(levels.each_ref().map(Vec::as_slice))
}

fn band_powers(samples: &[f32], size: usize, hop: usize, bands: usize) -> Vec<f32> {
    let bank = MelBank::new(bands, size, ANALYSIS_RATE as f32, BAND_RANGE, Norm::Peak);
    spectrogram(samples, size, hop, |power, out| {
        let end = out.len();
        out.resize(end + bands, 0.0);
        bank.apply(power, &mut out[end..]);
    })
}

fn bin_distance(pair: [&[f32]; 2], size: usize) -> f32 {
    let bins = pair.map(|samples| spectrogram(samples, size, size / 4, |power, out| out.extend_from_slice(power)));
    mean_difference(bins.each_ref().map(Vec::as_slice))
}

/// Mean difference of the crest of each band, over bands whose power in either lies above the floor.
fn crest_distance(pair: [&[f32]; 2]) -> f32 {
    const SIZE: usize = 8_192;
    const BANDS: usize = 64;
    let bank = MelBank::new(BANDS, SIZE, ANALYSIS_RATE as f32, BAND_RANGE, Norm::Mean);
    let bins: Vec<_> = bank.bins().collect();
    // Mean power and crest of each cell, side by side.
    let cells = pair.map(|samples| {
        let mut crests = Vec::new();
        let powers = spectrogram(samples, SIZE, SIZE / 4, |power, out| {
            for bins in &bins {
                let band = &power[bins.clone()];
                let mean = band.iter().sum::<f32>() / band.len() as f32;
                crests.push(band.iter().copied().fold(0.0, f32::max) / mean.max(f32::MIN_POSITIVE));
                out.push(mean);
            }
        });
        (powers, crests)
    });
    let [(reference, reference_crest), (other, other_crest)] = &cells;
    let floor = floor_of(reference);
    let heard = (0..reference.len()).filter(|&cell| reference[cell].max(other[cell]) > floor);
    let (sum, count) = heard.fold((0.0, 0_usize), |(sum, count), cell| {
        // A band that is silent in one of the two is flat there.
        let ratio = reference_crest[cell].max(1.0) / other_crest[cell].max(1.0);
        (sum + 10.0 * ratio.log10().abs(), count + 1)
    });
    if count == 0 { 0.0 } else { sum / count as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        (0..length).map(|_| random()).collect()
    }

    fn harmonics(length: usize) -> Vec<f32> {
        let partial = |k: usize, i: usize| (k as f32 * 0.03 * i as f32).sin() * 0.3 / k as f32;
        (0..length).map(|i| (1..=30).map(|k| partial(k, i)).sum()).collect()
    }

    #[test]
    fn a_note_is_at_no_distance_from_itself() {
        let note = harmonics(48_000);
        assert_eq!(distances(&note, &note), Distances::default());
    }

    #[test]
    fn a_gain_of_3_db_is_a_distance_of_3_db_and_no_change_of_crest() {
        let note = noise(48_000, 1);
        let gain = 10.0_f32.powf(-3.0 / 20.0);
        let quieter: Vec<f32> = note.iter().map(|sample| sample * gain).collect();
        let distances = distances(&note, &quieter);
        for distance in [distances.lmd, distances.att, distances.mrlog] {
            assert!((distance - 3.0).abs() < 0.02, "{distances:?}");
        }
        assert!(distances.ton < 0.01, "{distances:?}");
    }

    #[test]
    fn a_mere_gain_is_an_offset_that_vanishes_when_levels_are_matched() {
        let note = noise(48_000, 1);
        let quieter: Vec<f32> = note.iter().map(|sample| 0.5 * sample).collect();
        let matched = level_match(&note, &quieter);
        assert!((matched.offset + 6.02).abs() < 0.05 && (matched.gain - 6.0).abs() < 0.11, "{matched:?}");
        assert!(matched.lmd < 0.05, "{matched:?}");
        assert!((level_match(&note, &note).lmd, level_match(&note, &note).offset) == (0.0, 0.0));
    }

    #[test]
    fn a_change_of_colour_stays_when_levels_are_matched() {
        let (note, other) = (harmonics(48_000), noise(48_000, 1));
        let matched = level_match(&note, &other);
        assert!(matched.lmd > 3.0 && matched.lmd <= distances(&note, &other).lmd + 1e-3, "{matched:?}");
    }

    #[test]
    fn noise_in_place_of_partials_is_told_by_crest() {
        let note = harmonics(48_000);
        // Noise through the note's own band powers: two noises differ less than a note and a noise.
        let crest = |a: &[f32], b: &[f32]| distances(a, b).ton;
        let (one, two) = (noise(48_000, 1), noise(48_000, 2));
        assert!(crest(&note, &one) > 4.0 * crest(&one, &two), "{} {}", crest(&note, &one), crest(&one, &two));
    }

    #[test]
    fn a_missing_end_counts_as_silence() {
        let note = noise(48_000, 1);
        let cut = distances(&note, &note[..24_000]);
        assert!(cut.lmd > 20.0 && cut.att == 0.0, "{cut:?}");
    }
}
