//! Sounds that are no music: pink noise, lone tones.

use std::f64::consts::PI;

use super::clip::{Clip, RATE};
use super::random::Random;

/// Noise of as much power in each octave (the Voss-McCartney sum of held noises), each side its own.
pub(super) fn pink(seconds: f64, random: &mut Random) -> Clip {
    const OCTAVES: usize = 15;
    let frames = (seconds * f64::from(RATE)) as usize;
    let mut side = || {
        let mut held = [0.0_f32; OCTAVES];
        let sample = |at: usize| {
            let octave = (at.trailing_zeros() as usize).min(OCTAVES - 1);
            held[octave] = random.noise();
            0.15 * (held.iter().sum::<f32>() + random.noise())
        };
        (1..=frames).map(sample).collect::<Vec<f32>>()
    };
    Clip { rate: RATE, sides: [side(), side()] }
}

/// One held note of a simple synthesiser: a few harmonics, perhaps a slow vibrato.
pub(super) fn tone(seconds: f64, random: &mut Random) -> Clip {
    let pitch = 55.0 * 2_f64.powf(random.range(0.0, 5.0));
    let (depth, speed) = (random.pick(&[0.0, 0.0, 0.01]), random.range(3.0, 6.0));
    let harmonics = 1 + random.below(8);
    let mut phase = 0.0;
    let sample = |at: usize| {
        let time = at as f64 / f64::from(RATE);
        phase += 2.0 * PI * pitch * (1.0 + depth * (2.0 * PI * speed * time).sin()) / f64::from(RATE);
        let sum: f64 = (1..=harmonics).map(|number| (phase * number as f64).sin() / number as f64).sum();
        (0.3 * sum) as f32
    };
    Clip::mono((0..(seconds * f64::from(RATE)) as usize).map(sample).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::filter::{Biquad, Shape};

    #[test]
    fn pink_noise_has_about_as_much_power_in_each_octave() {
        let clip = pink(4.0, &mut Random::new(1, 0));
        let level = |centre: f64| {
            let mut band = clip.sides[0].clone();
            Biquad::new(Shape::Band, centre, 1.4, RATE).run(&mut band);
            10.0 * (band.iter().map(|sample| f64::from(sample * sample)).sum::<f64>()).log10()
        };
        let levels: Vec<f64> = [125.0, 500.0, 2_000.0, 8_000.0].map(level).to_vec();
        let (low, high) = levels.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        assert!(high - low < 4.0, "{levels:?}");
    }
}
