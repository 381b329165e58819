//! The level of two tones that beat, for many pairs at once.
//!
//! Two tones, 1 and `a` strong, sound at `20 log |1 + a e^(i phase)|`. Its mean in dB is 0 for every `a` up to 1 (Jensen's
//! formula), its crests stay below 6 dB, its troughs may be deep.

use super::kernel::{cosine_of_turns, log2};
use super::level::per_level;

/// The deepest beating, as mean square in nepers times two: a depth of 10.5 dB, with troughs of 37 dB.
const MOST_NEPERS: f32 = 1.46;
/// Nothing beats faster, in Hz.
pub const FASTEST_HZ: f32 = 20.0;
/// The rate of a beating wanders by this share.
const WANDER: f32 = 0.3;

per_level! {
    /// Adds to each level in dB what its beating does at `phase` (-0.5..0.5 turns), and `common` to all. A beating
    /// deviates as much as a sine of `amount` times `depth_db` does. All slices have one length.
    pub fn add = add_in_lanes(depth_db: &[f32], amount: f32, phase: &[f32], common: f32, levels: &mut [f32])
}

#[inline(always)]
fn add_in_lanes(depth_db: &[f32], amount: f32, phase: &[f32], common: f32, levels: &mut [f32]) {
    for ((level, depth), phase) in levels.iter_mut().zip(depth_db).zip(phase) {
        *level += common + beat(amount * depth, cosine_of_turns(*phase));
    }
}

per_level! {
    /// Moves the phases on by `seconds` at rates `hz` that wander about their means: so do the phases of `wander`, which
    /// moves on by `wander_step`. All slices have one length.
    pub fn turn = turn_in_lanes(
        hz: &[f32],
        wander_step: &[f32],
        seconds: f32,
        wander: &mut [f32],
        phase: &mut [f32],
    )
}

#[inline(always)]
fn turn_in_lanes(hz: &[f32], wander_step: &[f32], seconds: f32, wander: &mut [f32], phase: &mut [f32]) {
    for (((phase, wander), hz), step) in phase.iter_mut().zip(wander).zip(hz).zip(wander_step) {
        let rate = sane_hz(*hz) * (1.0 + WANDER * cosine_of_turns(*wander));
        *phase = wrap(*phase + rate * seconds);
        *wander = wrap(*wander + step);
    }
}

/// Level in dB of a beating that deviates as much as a sine of depth `depth` in dB does, at the cosine of its phase.
#[inline(always)]
fn beat(depth: f32, cosine: f32) -> f32 {
    // The mean square of ln |1 + a e^ix| is half the dilogarithm of a^2; its series inverted gives a depth within 2 %.
    let nepers = depth * (std::f32::consts::LN_10 / 20.0);
    let y = (nepers * nepers).min(MOST_NEPERS);
    let square = y - y * y * (0.25 - y / 72.0);
    10.0 * std::f32::consts::LOG10_2 * log2(1.0 + square + 2.0 * square.sqrt() * cosine)
}

/// Back within half a turn, from less than a turn and a half.
#[inline(always)]
#[must_use]
pub fn wrap(phase: f32) -> f32 {
    if phase >= 0.5 { phase - 1.0 } else { phase }
}

/// Not a number stands still.
#[inline(always)]
#[must_use]
pub fn sane_hz(hz: f32) -> f32 {
    if hz > 0.0 { hz.min(FASTEST_HZ) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::level::Level;
    use super::*;

    const N: usize = 48;

    #[test]
    fn a_beating_keeps_its_mean_and_depth_and_its_crests_are_those_of_two_tones() {
        for depth in [0.0, 0.5, 3.0, 8.0, 10.0, 30.0] {
            let phases = (0..4_000).map(|n| (std::f32::consts::TAU * n as f32 / 4_000.0).cos());
            let levels: Vec<f64> = phases.map(|cosine| f64::from(beat(depth, cosine))).collect();
            let mean = levels.iter().sum::<f64>() / 4_000.0;
            let made = (levels.iter().map(|db| db * db).sum::<f64>() / 2_000.0).sqrt();
            assert!(mean.abs() < 1e-3 && levels.iter().all(|&db| db < 6.02), "{depth}: mean {mean}");
            let expected = f64::from(depth.min(10.6));
            assert!((made - expected).abs() <= 0.02 * expected, "{depth}: {made}");
        }
    }

    #[test]
    fn every_processor_level_gives_the_levels_of_two_tones() {
        let depth: [f32; N] = std::array::from_fn(|k| 0.2 * k as f32);
        let start: [f32; N] = std::array::from_fn(|k| k as f32 / N as f32 - 0.5);
        let run = |level| {
            let (mut wander, mut phase, mut levels) = (start, start, [-20.0; N]);
            for _ in 0..100 {
                add(level, &depth, 0.5, &phase, 1.0, &mut levels);
                turn(level, &[3.0; N], &[0.001; N], 0.005, &mut wander, &mut phase);
            }
            (wander, phase, levels)
        };
        let expected = run(Level::BASELINE);
        Level::available().for_each(|level| assert_eq!(run(level), expected, "{level:?}"));
        let mut once = [0.0; N];
        add(Level::detect(), &[4.0; N], 1.0, &start, 0.0, &mut once);
        let y = (4.0 * std::f64::consts::LN_10 / 20.0).powi(2);
        let tone = (y - y * y * (0.25 - y / 72.0)).sqrt();
        for (made, turns) in once.iter().zip(start) {
            let angle = f64::from(turns) * std::f64::consts::TAU;
            let expected = 20.0 * (1.0 + tone * angle.cos()).hypot(tone * angle.sin()).log10();
            assert!((f64::from(*made) - expected).abs() < 1e-4, "{made} {expected}");
        }
    }
}
