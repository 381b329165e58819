//! What each direction of the latent space does to the sound, measured on what the decoder says.

use crate::analysis::frames::{Frame, PARTIALS, Slots, pitch_hz, slot_ratio};
use crate::analysis::noise::band_centres;
use crate::model::latent::{LATENTS, Latent};
use crate::model::{Contour, Model};

/// Names and which directions to turn round, so that more of a control is more of what it is called.
pub(super) struct Naming {
    pub(super) names: [String; LATENTS],
    pub(super) signs: [f32; LATENTS],
}

/// What is measured of a sound, by the name that a control gets from it.
const QUALITIES: [&str; 8] =
    ["Brightness", "Attack", "Decay", "Noise", "Inharmonicity", "Body", "Hollowness", "Release"];
type Qualities = [f32; QUALITIES.len()];

/// Positions of a control at which the sound is measured.
const POSITIONS: [f32; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// Pitches at which it is measured.
const PITCHES: [f32; 3] = [48.0, 60.0, 72.0];
/// Most instruments from which the controls are moved.
const STARTS: usize = 32;
/// Least correlation for a name.
const LEAST_CORRELATION: f32 = 0.5;
/// Least share of a quality's spread over the instruments that a control has to move it by, for a name.
const LEAST_EFFECT: f32 = 0.35;

impl Naming {
    /// Moves each control of `model` over its range, starting from each of `points`, and sees what changes. The best
    /// match of direction and quality is named first; no name is given twice, and a direction without a clear effect
    /// is a colour.
    pub(super) fn of(model: &Model, points: &[Latent]) -> Self {
        let starts: Vec<&Latent> = points.iter().step_by(points.len().div_ceil(STARTS).max(1)).collect();
        let spread = spread(&starts.iter().map(|start| measure(model, start)).collect::<Vec<_>>());
        let mut matches = Vec::new();
        for latent in 0..LATENTS {
            let responses: Vec<[Qualities; POSITIONS.len()]> =
                starts.iter().map(|start| sweep(model, start, latent)).collect();
            for (quality, spread) in spread.iter().enumerate() {
                let (correlation, effect) = response(&responses, quality);
                let effect = effect / spread.max(f32::MIN_POSITIVE);
                if correlation.abs() >= LEAST_CORRELATION && effect >= LEAST_EFFECT {
                    matches.push((correlation * effect.min(2.0), latent, quality));
                }
            }
        }
        matches.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        let mut naming = Self { names: std::array::from_fn(|i| format!("Colour {}", i + 1)), signs: [1.0; LATENTS] };
        let (mut named, mut used) = ([false; LATENTS], [false; QUALITIES.len()]);
        for (correlation, latent, quality) in matches {
            if !named[latent] && !used[quality] {
                (named[latent], used[quality]) = (true, true);
                naming.names[latent] = QUALITIES[quality].to_owned();
                naming.signs[latent] = correlation.signum();
            }
        }
        naming
    }
}

/// The qualities with one latent moved over its range.
fn sweep(model: &Model, start: &Latent, latent: usize) -> [Qualities; POSITIONS.len()] {
    POSITIONS.map(|position| {
        let mut moved = *start;
        moved.0[latent] = model.space.centre.0[latent] + position * model.space.range[latent];
        measure(model, &moved)
    })
}

/// Correlation of a quality with the position of the control, and how far it moves from one end to the other.
fn response(responses: &[[Qualities; POSITIONS.len()]], quality: usize) -> (f32, f32) {
    let (mut product, mut positions, mut squares) = (0.0, 0.0, 0.0);
    for response in responses {
        let values = response.map(|qualities| qualities[quality]);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        for (position, value) in POSITIONS.iter().zip(values) {
            product += position * (value - mean);
            positions += position * position;
            squares += (value - mean) * (value - mean);
        }
    }
    (product / (positions * squares).sqrt().max(1e-9), 2.0 * (product / positions.max(1e-9)).abs())
}

/// Standard deviation of each quality over the instruments.
fn spread(measured: &[Qualities]) -> Qualities {
    std::array::from_fn(|quality| {
        let n = measured.len().max(1) as f32;
        let mean = measured.iter().map(|qualities| qualities[quality]).sum::<f32>() / n;
        (measured.iter().map(|qualities| (qualities[quality] - mean).powi(2)).sum::<f32>() / n).sqrt()
    })
}

/// Measures a sound at velocity 100, as the mean over [`PITCHES`].
fn measure(model: &Model, latent: &Latent) -> Qualities {
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
    let (early, late) = (at(0.2, None), at(1.5, None));
    let released = level_db(&at(0.7, Some(0.2))) - level_db(&at(0.5, None));
    let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
    contour.slots(&model.decoder, latent, pitch, 100.0, &mut slots);
    let loudest = course.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let attack = course.iter().position(|&level| level > loudest - 6.0).unwrap_or(0);
    [
        brightness(&early, pitch),
        (attack as f32 + 1.0).ln(),
        level_db(&late) - level_db(&early),
        power_db(noise(&early)) - power_db(partials(&early, pitch)),
        inharmonicity(&early, &slots),
        body(&early, pitch),
        hollowness(&early),
        released,
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

/// Share of the power, in dB, between 100 and 500 Hz.
fn body(frame: &Frame, pitch: f32) -> f32 {
    let all = || partials(frame, pitch).chain(noise(frame));
    power_db(all().filter(|(hz, _)| (100.0..500.0).contains(hz))) - power_db(all())
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
        assert!(body(&sawtooth(3.0), 48.0) > body(&sawtooth(1.0), 48.0));
        let mut hollow = sawtooth(2.0);
        (1..PARTIALS).step_by(2).for_each(|k| hollow.partial_db[k] = SILENCE_DB);
        assert!(hollowness(&hollow) > hollowness(&sawtooth(2.0)) + 20.0);
        let straight = Slots { cents: [5.0; PARTIALS], in_band: [true; PARTIALS] };
        let stretched = Slots { cents: std::array::from_fn(|k| (k * k) as f32), ..straight.clone() };
        assert_eq!(inharmonicity(&sawtooth(1.0), &straight), 0.0);
        assert!(inharmonicity(&sawtooth(1.0), &stretched) > 1.0);
    }

    #[test]
    fn a_response_is_told_from_noise() {
        let rising = [POSITIONS.map(|position| [3.0 * position; QUALITIES.len()]); 4];
        let (correlation, effect) = response(&rising, 2);
        assert!((correlation - 1.0).abs() < 1e-4 && (effect - 6.0).abs() < 1e-3);
        let flat = [[[1.0; QUALITIES.len()]; POSITIONS.len()]; 4];
        assert_eq!(response(&flat, 0).0, 0.0);
    }
}
