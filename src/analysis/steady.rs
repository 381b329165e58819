//! What a note's noise is expected to be, behind the chance of single frames.
//!
//! A band's level in one frame is the power of a few random bins: its logarithm swings by several dB, and its median
//! lies up to 1.6 dB below the power that it estimates. Whoever learns levels in dB from single frames learns too
//! little noise. So powers are averaged over time, the longer the farther from note-on and note-off.

use super::frames::{Frame, NOISE_BANDS, SILENCE_DB};

/// Most frames to either side that are averaged: 40 ms.
const REACH: usize = 8;
/// Averages reach over this part of the time since note-on or note-off, so that neither is smeared.
const SHARE: usize = 4;

/// Averages the noise of `frames`, within what lies before frame `off` (note-off) and within what lies after it.
pub fn steady_noise(frames: &mut [Frame], off: usize) {
    let (held, released) = frames.split_at_mut(off.min(frames.len()));
    average(held);
    average(released);
}

fn average(frames: &mut [Frame]) {
    let powers: Vec<[f32; NOISE_BANDS]> =
        frames.iter().map(|frame| frame.noise_db.map(|db| 10.0_f32.powf(0.1 * db))).collect();
    for (at, frame) in frames.iter_mut().enumerate() {
        let reach = REACH.min(at / SHARE);
        let around = &powers[at - reach..(at + reach + 1).min(powers.len())];
        frame.noise_db = std::array::from_fn(|band| {
            let mean = around.iter().map(|power| power[band]).sum::<f32>() / around.len() as f32;
            (10.0 * mean.log10()).max(SILENCE_DB)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(level: impl Fn(usize) -> f32) -> Vec<Frame> {
        (0..200).map(|at| Frame { noise_db: [level(at); NOISE_BANDS], ..Frame::SILENT }).collect()
    }

    #[test]
    fn a_band_that_swings_by_chance_gets_its_mean_power() {
        let mut swinging = frames(|at| if at % 2 == 0 { -30.0 } else { -50.0 });
        steady_noise(&mut swinging, 200);
        // Half of -30 dB.
        assert!((swinging[100].noise_db[5] + 33.0).abs() < 0.6, "{}", swinging[100].noise_db[5]);
    }

    #[test]
    fn onset_and_release_stay_where_they_are_and_a_decay_stays_a_decay() {
        let decay = |at: usize| if at < 100 { -20.0 - 0.2 * at as f32 } else { 10.0 - 0.5 * at as f32 };
        let mut steadied = frames(decay);
        steady_noise(&mut steadied, 100);
        for at in [0, 1, 3, 20, 60, 91, 100, 101, 130] {
            assert!((steadied[at].noise_db[0] - decay(at)).abs() < 0.6, "{at}: {}", steadied[at].noise_db[0]);
        }
    }
}
