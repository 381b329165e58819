//! Music that is made, for tests of what recognises it.

use std::f32::consts::TAU;

/// A piece of its own for each seed: plucked notes with five partials, five a second, from a scale.
pub(crate) fn piece(seconds: usize, seed: u32, rate: usize) -> Vec<f32> {
    let mut dice = seed;
    let mut roll = |below: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) % below
    };
    let mut samples = vec![0.0; seconds * rate];
    for note in 0..seconds * 5 {
        let hz = 110.0 * 2.0_f32.powf([0, 2, 3, 5, 7, 8, 10][roll(7) as usize] as f32 / 12.0 + roll(3) as f32);
        let begin = (note as f32 / 5.0 + roll(3_000) as f32 / 48_000.0) * rate as f32;
        let strength: [f32; 5] = std::array::from_fn(|_| 0.02 + 0.01 * roll(8) as f32);
        for (at, sample) in samples.iter_mut().skip(begin as usize).take(rate).enumerate() {
            let time = at as f32 / rate as f32;
            let partial = |number: usize| strength[number] * (TAU * hz * (number + 1) as f32 * time).sin();
            *sample += (0..5).map(partial).sum::<f32>() * (-6.0 * time).exp() * (time * 400.0).min(1.0);
        }
    }
    samples
}
