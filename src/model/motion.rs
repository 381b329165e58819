//! How the network says that a note moves: depths, rates and delays as numbers of similar size, all 0 for a note that
//! stands still.

use std::ops::Range;

use super::architecture::MOTION_OUTPUTS;
use crate::analysis::frames::{Motion, PARTIALS, Swing};
use crate::dsp::kernel::exp2;

/// First of the sway depths, of the sway rates, and first of the three outputs of vibrato and of tremolo.
const SWAY_DEPTH: usize = 0;
const SWAY_RATE: usize = SWAY_DEPTH + PARTIALS;
const VIBRATO: usize = SWAY_RATE + PARTIALS;
const TREMOLO: usize = VIBRATO + SWING;
/// Outputs of a swing: depth, rate, delay.
const SWING: usize = 3;

/// Where the outputs of all partials' sway lie, and those of vibrato and tremolo.
pub const SWAY: Range<usize> = SWAY_DEPTH..VIBRATO;
/// See [`SWAY`].
pub const SWINGS: Range<usize> = VIBRATO..MOTION_OUTPUTS;
/// Outputs that are rates, in octaves.
pub const RATES: [Range<usize>; 3] = [SWAY_RATE..VIBRATO, VIBRATO + 1..VIBRATO + 2, TREMOLO + 1..TREMOLO + 2];
/// Outputs that are delays, in seconds.
pub const DELAYS: [usize; 2] = [VIBRATO + 2, TREMOLO + 2];

/// Rates in Hz below and above which nothing is heard as movement of a note.
pub const RATES_HZ: [f32; 2] = [0.2, 16.0];
/// Longest delay in seconds.
pub const LONGEST_DELAY_S: f32 = 2.0;
/// Deepest vibrato in cents; deepest tremolo and sway in dB.
pub const DEEPEST: [f32; 2] = [100.0, 12.0];
/// Depths below this, in cents and in dB, lie on a nearly linear scale, those above on a logarithmic one.
const KNEE: [f32; 2] = [5.0, 0.5];
/// Position of cents and of dB in the constants above.
const CENTS: usize = 0;
const DB: usize = 1;

/// A depth in cents or dB as an output.
fn depth_output(depth: f32, unit: usize) -> f32 {
    (depth.max(0.0) / KNEE[unit]).ln_1p()
}

/// An output as a depth in cents or dB: 0 or more, and bounded.
fn depth(output: f32, unit: usize) -> f32 {
    (KNEE[unit] * (exp2(output.max(0.0) * std::f32::consts::LOG2_E) - 1.0)).min(DEEPEST[unit])
}

/// An output, in octaves from `middle`, as a rate in Hz.
fn rate_hz(output: f32, middle: f32) -> f32 {
    (middle * exp2(output)).clamp(RATES_HZ[0], RATES_HZ[1])
}

/// The outputs that stand for a motion. An output of rate or delay means something only where the depth is above 0.
#[must_use]
pub fn outputs(motion: &Motion) -> [f32; MOTION_OUTPUTS] {
    let mut out = [0.0; MOTION_OUTPUTS];
    for k in 0..PARTIALS {
        out[SWAY_DEPTH + k] = depth_output(motion.sway_db[k], DB);
        out[SWAY_RATE + k] = (motion.sway_hz[k] / Motion::STILL.sway_hz[k]).log2();
    }
    for (first, unit, swing) in [(VIBRATO, CENTS, motion.vibrato), (TREMOLO, DB, motion.tremolo)] {
        out[first] = depth_output(swing.depth, unit);
        out[first + 1] = (swing.hz / Motion::STILL.vibrato.hz).log2();
        out[first + 2] = swing.delay_s;
    }
    out
}

/// Which output tells the depth that decides how much output `output` matters; `None` for a depth itself.
#[must_use]
pub fn depth_of(output: usize) -> Option<usize> {
    match output {
        SWAY_RATE..VIBRATO => Some(output - SWAY_RATE + SWAY_DEPTH),
        VIBRATO.. => (!(output - VIBRATO).is_multiple_of(SWING)).then(|| output - (output - VIBRATO) % SWING),
        _ => None,
    }
}

/// The motion that outputs stand for, within bounds whatever they are. For the audio thread as for any other.
pub(super) fn motion(outputs: &[f32; MOTION_OUTPUTS]) -> Motion {
    let swing = |first: usize, unit: usize| Swing {
        depth: depth(outputs[first], unit),
        hz: rate_hz(outputs[first + 1], Motion::STILL.vibrato.hz),
        delay_s: outputs[first + 2].clamp(0.0, LONGEST_DELAY_S),
    };
    let mut motion = Motion { vibrato: swing(VIBRATO, CENTS), tremolo: swing(TREMOLO, DB), ..Motion::STILL };
    for k in 0..PARTIALS {
        motion.sway_db[k] = depth(outputs[SWAY_DEPTH + k], DB);
        motion.sway_hz[k] = rate_hz(outputs[SWAY_RATE + k], Motion::STILL.sway_hz[k]);
    }
    motion
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_survives_its_outputs() {
        let moving = Motion {
            vibrato: Swing { depth: 22.0, hz: 5.6, delay_s: 0.4 },
            tremolo: Swing { depth: 3.0, hz: 6.5, delay_s: 0.1 },
            sway_db: std::array::from_fn(|k| 0.1 * k as f32),
            sway_hz: std::array::from_fn(|k| 0.3 + 0.1 * k as f32),
        };
        let again = motion(&outputs(&moving));
        let values = |m: &Motion| {
            let swings = [m.vibrato, m.tremolo].map(|s| [s.depth, s.hz, s.delay_s]).concat();
            [swings, m.sway_db.to_vec(), m.sway_hz.to_vec()].concat()
        };
        for (a, b) in values(&moving).iter().zip(values(&again)) {
            assert!((a - b).abs() < 1e-4 * (1.0 + a), "{a} {b}");
        }
    }

    #[test]
    fn outputs_of_nothing_are_a_note_that_stands_still() {
        assert_eq!(motion(&[0.0; MOTION_OUTPUTS]), Motion::STILL);
        assert_eq!(outputs(&Motion::STILL), [0.0; MOTION_OUTPUTS]);
    }

    #[test]
    fn any_outputs_give_a_motion_within_bounds() {
        for value in [-1e30, -3.0, -1e-9, 0.5, 7.0, 1e30, f32::INFINITY, f32::NEG_INFINITY] {
            let Motion { vibrato, tremolo, sway_db, sway_hz } = motion(&[value; MOTION_OUTPUTS]);
            assert!((0.0..=100.0).contains(&vibrato.depth) && (0.0..=12.0).contains(&tremolo.depth), "{value}");
            assert!(sway_db.iter().all(|db| (0.0..=12.0).contains(db)), "{value}");
            let mut rates = sway_hz.iter().chain([&vibrato.hz, &tremolo.hz]);
            assert!(rates.all(|hz| (0.2..=16.0).contains(hz)), "{value}");
            assert!((0.0..=2.0).contains(&vibrato.delay_s));
        }
    }

    #[test]
    fn rates_and_delays_belong_to_their_depths() {
        assert_eq!([0, 63, 64, 127].map(depth_of), [None, None, Some(0), Some(63)]);
        assert_eq!([128, 129, 130].map(depth_of), [None, Some(128), Some(128)]);
        assert_eq!([131, 132, 133].map(depth_of), [None, Some(131), Some(131)]);
    }
}
