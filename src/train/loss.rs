//! What training minimises: how far a decoded note lies from the recorded one.
//!
//! Levels: absolute difference in dB, weighted by height above the note's floor, so that what is heard counts most.
//! Below the floor a prediction is pulled only weakly. To these come pitch, slots, and the powers of 40 mel bands,
//! computed directly from the levels, which see partials and noise as the ear does: together.

use serde::{Deserialize, Serialize};

use super::batch::{Moment, TargetNote};
use super::motion;
use crate::analysis::frames::{PARTIALS, pitch_hz, slot_ratio};
use crate::analysis::noise::band_centres;
use crate::dsp::mel::mel;
use crate::model::architecture::{LEVELS, OUTPUTS, RANGE_DB};
use crate::model::kernel::exp;

/// Mel bands of the band term, 30 Hz to 16 kHz.
const MEL_BANDS: usize = 40;
const MEL_LOW_HZ: f32 = 30.0;
const MEL_HIGH_HZ: f32 = 16_000.0;
/// Range of a band below the note's loudest band.
const MEL_RANGE_DB: f32 = 65.0;
/// Share of a difference that counts below the floor.
const LEAK: f32 = 0.05;
/// Weight of a cell at the floor; at the peak it is this plus 1.
const LEAST_WEIGHT: f32 = 0.15;
/// Levels are held below this before they become powers.
const POWER_LIMIT_DB: f32 = 20.0;
/// `ln(10) / 10`.
const DB_TO_LN: f32 = 0.230_258_51;

/// The parts of the loss, each as mean distance in its own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Partial levels, dB.
    pub partials: f64,
    /// Noise levels, dB.
    pub noise: f64,
    /// Pitch deviation, cents.
    pub cents: f64,
    /// Slot deviation, cents.
    pub slots: f64,
    /// Depths (natural logarithm) and rates (octaves) of the sway of partials.
    pub sway: f64,
    /// The same, and delays (seconds), of vibrato and tremolo.
    pub swings: f64,
    /// Mel-band powers, dB.
    pub bands: f64,
    /// Kullback-Leibler divergence of the posterior from the prior, nats.
    pub kl: f64,
}

/// Weights of the terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    /// Of the mel bands.
    pub bands: f32,
    /// Of the divergence.
    pub kl: f32,
}

impl Terms {
    /// The number that is minimised.
    #[must_use]
    pub fn total(&self, weights: LossWeights) -> f64 {
        (self.partials + self.noise + f64::from(weights.bands) * self.bands) / 20.0
            + self.cents / 40.0
            + self.slots / 100.0
            + f64::from(motion::WEIGHT) * (self.sway + self.swings)
            + f64::from(weights.kl) * self.kl
    }

    /// The mean of both.
    #[must_use]
    pub fn mean(self, other: Self) -> Self {
        self.mix(other, 0.5)
    }

    /// `self` moved towards `other` by `share`.
    #[must_use]
    pub fn mix(self, other: Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + share * (b - a);
        Self {
            partials: mix(self.partials, other.partials),
            noise: mix(self.noise, other.noise),
            cents: mix(self.cents, other.cents),
            slots: mix(self.slots, other.slots),
            sway: mix(self.sway, other.sway),
            swings: mix(self.swings, other.swings),
            bands: mix(self.bands, other.bands),
            kl: mix(self.kl, other.kl),
        }
    }
}

/// Values of a frame in dB and cents, in the order of the decoder's outputs.
pub type Values = [f32; OUTPUTS];

/// Distance of all predicted frames from the targets, with its gradient by each predicted value. `predicted[i]`
/// belongs to `moments[i]`; the moments of a note follow each other.
#[must_use]
pub fn frames(
    notes: &[TargetNote],
    moments: &[Moment],
    predicted: &[Values],
    weights: LossWeights,
) -> (Terms, Vec<Values>) {
    let mut gradient = vec![[0.0; OUTPUTS]; moments.len()];
    let mut sums = Sums::default();
    for ((moment, predicted), gradient) in moments.iter().zip(predicted).zip(&mut gradient) {
        sums.add(&notes[moment.note], &moment.target, predicted, gradient);
    }
    let count = moments.len() as f32 + 1.0;
    let (partial, noise) = (1.0 / (20.0 * (sums.partial_weight + 1.0)), 1.0 / (20.0 * (sums.noise_weight + 1.0)));
    for gradient in &mut gradient {
        gradient[..PARTIALS].iter_mut().for_each(|g| *g *= partial);
        gradient[PARTIALS..LEVELS].iter_mut().for_each(|g| *g *= noise);
        gradient[LEVELS] /= 40.0 * count;
    }
    let mut bands = 0.0;
    if weights.bands > 0.0 {
        let scale = weights.bands / (20.0 * (moments.len() * MEL_BANDS) as f32);
        bands = mel_bands(notes, moments, predicted, scale, &mut gradient) / (moments.len() * MEL_BANDS) as f64;
    }
    let terms = Terms {
        partials: sums.partials / f64::from(sums.partial_weight + 1.0),
        noise: sums.noise / f64::from(sums.noise_weight + 1.0),
        cents: sums.cents / f64::from(count),
        bands,
        ..Terms::default()
    };
    (terms, gradient)
}

/// Distance of the predicted slots (in cents) from the targets, with its gradient.
#[must_use]
pub fn slots(notes: &[TargetNote], predicted: &[[f32; PARTIALS]]) -> (f64, Vec<[f32; PARTIALS]>) {
    let weight: f32 = notes.iter().flat_map(|note| note.slot_weight).sum::<f32>() + 1.0;
    let mut sum = 0.0;
    let mut gradient = vec![[0.0; PARTIALS]; notes.len()];
    for ((note, predicted), gradient) in notes.iter().zip(predicted).zip(&mut gradient) {
        for k in 0..PARTIALS {
            let difference = predicted[k] - note.slot_cents[k];
            sum += f64::from(note.slot_weight[k] * difference.abs());
            gradient[k] = note.slot_weight[k] * difference.signum() / (100.0 * weight);
        }
    }
    (sum / f64::from(weight), gradient)
}

/// Sums over all frames, not yet divided by their weights.
#[derive(Default)]
struct Sums {
    partials: f64,
    partial_weight: f32,
    noise: f64,
    noise_weight: f32,
    cents: f64,
}

impl Sums {
    fn add(&mut self, note: &TargetNote, target: &Values, predicted: &Values, gradient: &mut Values) {
        let mut cell = |o: usize, heard: f32| {
            let (level, slope) = leaky(predicted[o], note.floor);
            let height = (target[o].max(level) - note.floor) / RANGE_DB;
            let weight = (LEAST_WEIGHT + height.clamp(0.0, 1.0)) * heard;
            let difference = level - target[o];
            gradient[o] = weight * slope * difference.signum();
            (weight, weight * difference.abs())
        };
        let (mut sum, mut weights) = (0.0, 0.0);
        for k in 0..PARTIALS {
            let (weight, distance) = cell(k, note.in_band[k]);
            (sum, weights) = (sum + distance, weights + weight);
        }
        self.partials += f64::from(sum);
        self.partial_weight += weights;
        (sum, weights) = (0.0, 0.0);
        for o in PARTIALS..LEVELS {
            let (weight, distance) = cell(o, 1.0);
            (sum, weights) = (sum + distance, weights + weight);
        }
        self.noise += f64::from(sum);
        self.noise_weight += weights;
        let loudest = target[..PARTIALS].iter().copied().fold(note.floor, f32::max);
        let loud = ((loudest - note.floor) / RANGE_DB).min(1.0);
        let difference = predicted[LEVELS] - target[LEVELS];
        self.cents += f64::from(loud * loud * difference.abs());
        gradient[LEVELS] = loud * loud * difference.signum();
    }
}

/// `level` with what is below `floor` pressed together, and the slope of that.
fn leaky(level: f32, floor: f32) -> (f32, f32) {
    if level >= floor { (level, 1.0) } else { (floor + LEAK * (level - floor), LEAK) }
}

/// Where a component's power goes: band `band` gets 1 - `share` of it, the next one `share`. Bands are counted from 1;
/// 0 and the one after the last are ignored.
#[derive(Clone, Copy)]
struct Place {
    band: usize,
    share: f32,
}

impl Place {
    fn of(hz: f32) -> Self {
        let (low, high) = (mel(MEL_LOW_HZ), mel(MEL_HIGH_HZ));
        let position = (mel(hz) - low) / (high - low) * (MEL_BANDS - 1) as f32 + 1.0;
        let position = position.clamp(0.0, MEL_BANDS as f32 + 0.999);
        Self { band: position as usize, share: position.fract() }
    }
}

/// Powers in the mel bands, with a place to either side.
type Powers = [f32; MEL_BANDS + 3];

/// Power of each component of a frame.
fn powers(values: &Values) -> [f32; LEVELS] {
    std::array::from_fn(|o| {
        let db = values[o].min(POWER_LIMIT_DB) - if o < PARTIALS { 3.0 } else { 0.0 };
        exp(db * DB_TO_LN)
    })
}

fn band_powers(powers: &[f32; LEVELS], places: &[Place; LEVELS]) -> Powers {
    let mut bands = [0.0; MEL_BANDS + 3];
    for (power, place) in powers.iter().zip(places) {
        bands[place.band] += power * (1.0 - place.share);
        bands[place.band + 1] += power * place.share;
    }
    bands
}

/// Least power that a band is taken for, so that its logarithm exists.
const LEAST_POWER: f32 = 1e-9;

fn band_db(power: f32) -> f32 {
    10.0 * (power + LEAST_POWER).log10()
}

/// The sum of the absolute differences of all bands; adds `scale` times its gradient.
fn mel_bands(
    notes: &[TargetNote],
    moments: &[Moment],
    predicted: &[Values],
    scale: f32,
    gradient: &mut [Values],
) -> f64 {
    let mut start = 0;
    let mut sum = 0.0;
    for of_note in moments.chunk_by(|a, b| a.note == b.note) {
        let range = start..start + of_note.len();
        start = range.end;
        let places = places(&notes[of_note[0].note]);
        sum += note_bands(of_note, &places, &predicted[range.clone()], scale, &mut gradient[range]);
    }
    sum
}

fn places(note: &TargetNote) -> [Place; LEVELS] {
    let (fundamental, centres) = (pitch_hz(note.pitch), band_centres());
    std::array::from_fn(|o| match o.checked_sub(PARTIALS) {
        Some(band) => Place::of(centres[band]),
        None => Place::of(fundamental * slot_ratio(o) * (note.slot_cents[o] / 1_200.0).exp2()),
    })
}

fn note_bands(
    moments: &[Moment],
    places: &[Place; LEVELS],
    predicted: &[Values],
    scale: f32,
    gradient: &mut [Values],
) -> f64 {
    let targets: Vec<[f32; MEL_BANDS]> = moments
        .iter()
        .map(|moment| {
            let bands = band_powers(&powers(&moment.target), places);
            std::array::from_fn(|band| band_db(bands[band + 1]))
        })
        .collect();
    let floor = targets.iter().flatten().copied().fold(-90.0, f32::max) - MEL_RANGE_DB;
    let mut sum = 0.0;
    for ((target, predicted), gradient) in targets.iter().zip(predicted).zip(gradient) {
        let powers = powers(predicted);
        let bands = band_powers(&powers, places);
        let mut slopes = [0.0; MEL_BANDS + 3];
        for band in 0..MEL_BANDS {
            let (level, slope) = leaky(band_db(bands[band + 1]), floor);
            let difference = level - target[band].max(floor);
            sum += f64::from(difference.abs());
            slopes[band + 1] = scale * slope * difference.signum() / (bands[band + 1] + LEAST_POWER);
        }
        for o in 0..LEVELS {
            if predicted[o] < POWER_LIMIT_DB {
                let Place { band, share } = places[o];
                gradient[o] += powers[o] * (slopes[band] * (1.0 - share) + slopes[band + 1] * share);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::architecture::MOTION_OUTPUTS;
    use crate::train::motion::MotionTarget;
    use crate::train::random::Random;

    fn note(pitch: f32) -> TargetNote {
        TargetNote {
            row: 0,
            pitch,
            velocity: 100.0,
            floor: -75.0,
            slot_cents: [3.0; PARTIALS],
            slot_weight: [0.5; PARTIALS],
            in_band: std::array::from_fn(|k| if k < 50 { 1.0 } else { 0.0 }),
            motion: MotionTarget { outputs: [0.0; MOTION_OUTPUTS], weights: [0.0; MOTION_OUTPUTS] },
        }
    }

    fn example() -> (Vec<TargetNote>, Vec<Moment>, Vec<Values>) {
        let mut random = Random::new(5, 0);
        let mut value = |o: usize| if o == LEVELS { 20.0 * random.normal() } else { -50.0 + 15.0 * random.normal() };
        let notes: Vec<TargetNote> = [40.0, 66.0].map(note).into_iter().collect();
        let moments = (0..10)
            .map(|i| Moment { note: i / 5, held: (0, 0.0), released: None, target: std::array::from_fn(&mut value) })
            .collect();
        let predicted = (0..10).map(|_| std::array::from_fn(&mut value)).collect();
        (notes, moments, predicted)
    }

    /// The loss as a function of the predictions alone: weights by height are constants of the gradient, so they are
    /// held at `frozen`.
    fn level_loss(notes: &[TargetNote], moments: &[Moment], predicted: &[Values], frozen: &[Values]) -> f64 {
        let mut sums = [0.0_f64; 5];
        for ((moment, predicted), frozen) in moments.iter().zip(predicted).zip(frozen) {
            let floor = notes[moment.note].floor;
            for o in 0..LEVELS {
                let height = ((moment.target[o].max(leaky(frozen[o], floor).0) - floor) / RANGE_DB).clamp(0.0, 1.0);
                let heard = if o < PARTIALS { notes[moment.note].in_band[o] } else { 1.0 };
                let weight = f64::from((LEAST_WEIGHT + height) * heard);
                let at = if o < PARTIALS { 0 } else { 2 };
                sums[at] += weight * f64::from((leaky(predicted[o], floor).0 - moment.target[o]).abs());
                sums[at + 1] += weight;
            }
            let loudest = moment.target[..PARTIALS].iter().copied().fold(floor, f32::max);
            let loud = f64::from(((loudest - floor) / RANGE_DB).min(1.0));
            sums[4] += loud * loud * f64::from((predicted[LEVELS] - moment.target[LEVELS]).abs());
        }
        (sums[0] / (sums[1] + 1.0) + sums[2] / (sums[3] + 1.0)) / 20.0 + sums[4] / (moments.len() as f64 + 1.0) / 40.0
    }

    #[test]
    fn gradients_of_levels_and_pitch_agree_with_finite_differences() {
        let (notes, moments, predicted) = example();
        let none = LossWeights { bands: 0.0, kl: 0.0 };
        let (terms, gradient) = frames(&notes, &moments, &predicted, none);
        let whole = level_loss(&notes, &moments, &predicted, &predicted);
        assert!((terms.total(none) - whole).abs() < 1e-5, "{} {whole}", terms.total(none));
        for i in 0..moments.len() {
            for o in 0..OUTPUTS {
                let at = |by: f32| {
                    let mut moved = predicted.clone();
                    moved[i][o] += by;
                    level_loss(&notes, &moments, &moved, &predicted)
                };
                let numeric = (at(0.01) - at(-0.01)) / 0.02;
                assert!((numeric - f64::from(gradient[i][o])).abs() < 2e-6, "{i} {o}: {numeric} {}", gradient[i][o]);
            }
        }
    }

    #[test]
    fn gradient_of_the_mel_bands_agrees_with_finite_differences() {
        let (notes, moments, predicted) = example();
        let weights = LossWeights { bands: 1.0, kl: 0.0 };
        let bands = |predicted: &[Values]| frames(&notes, &moments, predicted, weights).0.bands / 20.0;
        let with = frames(&notes, &moments, &predicted, weights).1;
        let without = frames(&notes, &moments, &predicted, LossWeights { bands: 0.0, kl: 0.0 }).1;
        let mut kinks = 0;
        for i in 0..moments.len() {
            for o in 0..LEVELS {
                let at = |by: f32| {
                    let mut moved = predicted.clone();
                    moved[i][o] += by;
                    bands(&moved)
                };
                let (before, here, after) = (at(-0.05), at(0.0), at(0.05));
                let numeric = (after - before) / 0.1;
                // Where a band crosses its target the slope jumps, and a difference tells nothing.
                if ((after - here) - (here - before)).abs() / 0.05 > 1e-5 + 0.05 * numeric.abs() {
                    kinks += 1;
                    continue;
                }
                let gradient = f64::from(with[i][o] - without[i][o]);
                assert!((numeric - gradient).abs() < 1e-5 + 0.03 * numeric.abs(), "{i} {o}: {numeric} {gradient}");
            }
        }
        assert!(kinks < moments.len() * LEVELS / 20, "{kinks}");
    }

    #[test]
    fn gradient_of_the_slots_agrees_with_finite_differences() {
        let (mut notes, ..) = example();
        notes[0].slot_weight = std::array::from_fn(|k| k as f32 / 100.0);
        let mut random = Random::new(8, 0);
        let predicted: Vec<[f32; PARTIALS]> = (0..2).map(|_| std::array::from_fn(|_| random.normal() * 50.0)).collect();
        let (_, gradient) = slots(&notes, &predicted);
        for k in 0..PARTIALS {
            let at = |by: f32| {
                let mut moved = predicted.clone();
                moved[0][k] += by;
                slots(&notes, &moved).0 / 100.0
            };
            let numeric = (at(0.01) - at(-0.01)) / 0.02;
            assert!((numeric - f64::from(gradient[0][k])).abs() < 1e-5, "{k}: {numeric} {}", gradient[0][k]);
        }
    }
}
