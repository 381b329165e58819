//! What can be heard of a sound, as numbers that a control may be named after: measured on what the decoder says.

use std::ops::Range;

use crate::analysis::frames::{BETWEEN, Frame, Motion, PARTIALS, Slots, pitch_hz, slot_ratio};
use crate::analysis::noise::band_centres;
use crate::model::latent::Latent;
use crate::model::{Contour, Model};

/// What is measured, by the name that a control gets from it.
pub(super) const NAMES: [&str; 14] = [
    "Brightness",
    "Attack",
    "Decay",
    "Noise",
    "Inharmonicity",
    "Body",
    "Hollowness",
    "Release",
    "Presence",
    "Bite",
    "Air",
    "Purity",
    "Motion",
    "Depth",
];
/// So many of them, the first, are everybody's words.
pub(super) const PLAIN: usize = 8;
/// One value per name; more is more of it.
pub(super) type Qualities = [f32; NAMES.len()];

/// Pitches at which a sound is measured.
const PITCHES: [f32; 3] = [48.0, 60.0, 72.0];

/// Measures a sound at velocity 100, as the mean over [`PITCHES`].
pub(super) fn measure(model: &Model, latent: &Latent) -> Qualities {
    let all = PITCHES.map(|pitch| measure_note(model, latent, pitch));
    std::array::from_fn(|quality| all.iter().map(|qualities| qualities[quality]).sum::<f32>() / all.len() as f32)
}

fn measure_note(model: &Model, latent: &Latent, pitch: f32) -> Qualities {
    let mut contour = Contour::new();
    let mut at = |time: f32, released: Option<f32>| {
        let mut frame = Frame::SILENT;
        contour.frame(&model.decoder, latent, pitch, 100.0, time, released, &mut frame);
        frame
    };
    let course: Vec<f32> = (0..=40).map(|step| level_db(&at(step as f32 * 0.01, None))).collect();
    let (onset, early, late) = (at(0.01, None), at(0.2, None), at(1.5, None));
    let released = level_db(&at(0.7, Some(0.2))) - level_db(&at(0.5, None));
    let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
    contour.slots(&model.decoder, latent, pitch, 100.0, &mut slots);
    let mut motion = Motion::STILL;
    contour.motion(&model.decoder, latent, pitch, 100.0, &mut motion);
    let loudest = course.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let attack = course.iter().position(|&level| level > loudest - 6.0).unwrap_or(0);
    [
        brightness(&early, pitch),
        (attack as f32 + 1.0).ln(),
        level_db(&late) - level_db(&early),
        power_db(noise(&early)) - power_db(partials(&early, pitch)),
        inharmonicity(&early, &slots),
        share(&early, pitch, 100.0..500.0),
        hollowness(&early),
        released,
        share(&early, pitch, 2_000.0..5_000.0),
        brightness(&onset, pitch) - brightness(&early, pitch),
        share(&early, pitch, 7_000.0..20_000.0),
        power_db(partials(&early, pitch).take(1)) - level_db(&early),
        liveliness(&early, &motion),
        power_db(partials(&early, pitch).skip(PARTIALS - BETWEEN.len()).take(2)) - level_db(&early),
    ]
}

fn power(db: f32) -> f32 {
    10.0_f32.powf(db / 10.0)
}

fn power_db(components: impl Iterator<Item = (f32, f32)>) -> f32 {
    10.0 * (components.map(|(_, power)| power).sum::<f32>() + 1e-12).log10()
}

/// Frequencies in Hz and powers.
fn partials(frame: &Frame, pitch: f32) -> impl Iterator<Item = (f32, f32)> {
    let fundamental = pitch_hz(pitch);
    (0..PARTIALS).map(move |k| (fundamental * slot_ratio(k), power(frame.partial_db[k] - 3.0)))
}

fn noise(frame: &Frame) -> impl Iterator<Item = (f32, f32)> {
    band_centres().into_iter().zip(frame.noise_db.map(power))
}

fn level_db(frame: &Frame) -> f32 {
    power_db(partials(frame, 60.0).chain(noise(frame)))
}

/// Centre of the spectrum in octaves, weighted by amplitude.
fn brightness(frame: &Frame, pitch: f32) -> f32 {
    let (mut sum, mut weights) = (0.0, 1e-9);
    for (hz, power) in partials(frame, pitch).chain(noise(frame)) {
        sum += power.sqrt() * hz.log2();
        weights += power.sqrt();
    }
    sum / weights
}

/// Mean deviation of the partials from a harmonic series, in cents and weighted by amplitude.
fn inharmonicity(frame: &Frame, slots: &Slots) -> f32 {
    let (mut sum, mut weights) = (0.0, 1e-9);
    for k in 1..24 {
        let amplitude = power(0.5 * frame.partial_db[k]);
        sum += amplitude * (slots.cents[k] - slots.cents[0]).abs();
        weights += amplitude;
    }
    (1.0 + sum / weights).ln()
}

/// Share of the power, in dB, between two frequencies in Hz.
fn share(frame: &Frame, pitch: f32, between: Range<f32>) -> f32 {
    let all = || partials(frame, pitch).chain(noise(frame));
    power_db(all().filter(|(hz, _)| between.contains(hz))) - power_db(all())
}

/// How much a held sound moves: mean swing of the level in dB by loudness, and of the pitch, where 10 cents are a dB.
fn liveliness(frame: &Frame, motion: &Motion) -> f32 {
    let weights = frame.partial_db.map(|db| power(0.5 * db));
    let sway: f32 = weights.iter().zip(motion.sway_db).map(|(weight, sway)| weight * sway).sum();
    let all = sway / (weights.iter().sum::<f32>() + 1e-9) + motion.tremolo.depth + 0.1 * motion.vibrato.depth;
    (0.1 + all).ln()
}

/// Odd over even harmonics in dB.
fn hollowness(frame: &Frame) -> f32 {
    let harmonics = |rest: usize| (1..16).filter(move |k| k % 2 == rest).map(|k| (0.0, power(frame.partial_db[k])));
    power_db(harmonics(0)) - power_db(harmonics(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::SILENCE_DB;

    fn sawtooth(fall: f32) -> Frame {
        Frame { partial_db: std::array::from_fn(|k| -10.0 - fall * k as f32), ..Frame::SILENT }
    }

    #[test]
    fn qualities_follow_what_they_are_called_after() {
        assert!(brightness(&sawtooth(1.0), 60.0) > brightness(&sawtooth(3.0), 60.0) + 0.3);
        let body = |fall: f32| share(&sawtooth(fall), 48.0, 100.0..500.0);
        assert!(body(3.0) > body(1.0));
        let mut hollow = sawtooth(2.0);
        (1..PARTIALS).step_by(2).for_each(|k| hollow.partial_db[k] = SILENCE_DB);
        assert!(hollowness(&hollow) > hollowness(&sawtooth(2.0)) + 20.0);
        let straight = Slots { cents: [5.0; PARTIALS], in_band: [true; PARTIALS] };
        let stretched = Slots { cents: std::array::from_fn(|k| (k * k) as f32), ..straight.clone() };
        assert_eq!(inharmonicity(&sawtooth(1.0), &straight), 0.0);
        assert!(inharmonicity(&sawtooth(1.0), &stretched) > 1.0);
        let beating = Motion { sway_db: [3.0; PARTIALS], ..Motion::STILL };
        assert!(liveliness(&sawtooth(1.0), &beating) > liveliness(&sawtooth(1.0), &Motion::STILL) + 1.0);
    }
}
