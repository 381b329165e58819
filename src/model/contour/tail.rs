//! How a note that is held goes on after the last knot.

use crate::analysis::frames::{PARTIALS, slot_ratio};
use crate::dsp::kernel::{LANES, exp2, log2};
use crate::model::architecture::{HELD_KNOTS, KNOTS_S, LEVEL_SCALE, LEVELS};
use crate::model::decoder::KNOT_WIDTH;

/// The knot from which to the last one a held note's further course is read: 1 s.
pub(super) const SETTLED_KNOT: usize = 16;
/// Fall of a note's level, in dB per second, up to which it is sustained, and from which on it is fully followed.
const SUSTAINED_FALL: [f32; 2] = [-2.0, -5.0];
/// The knot that tells how loud a note began: 15 ms. What lies so many dB below that at the last knot is more and more, and
/// then altogether, the end of a note, and falls at least this fast, in dB per second: no floor is held.
pub(super) const EARLY_KNOT: usize = 3;
const SPENT_DB: [f32; 2] = [30.0, 45.0];
const SPENT_FALL: f32 = -12.0;
/// A single partial falls at most this many times as fast as the whole note.
const FASTEST_SHARE: f32 = 3.0;

/// Level of all that a knot holds, in the units of its values.
pub(super) fn level(values: &[f32; KNOT_WIDTH]) -> f32 {
    /// Base-2 logarithm of the power of a unit.
    const UNIT: f32 = 2.0 * std::f32::consts::LOG2_10;
    let mut power = [f32::MIN_POSITIVE; LANES];
    for values in values[..LEVELS].as_chunks::<LANES>().0 {
        power.iter_mut().zip(values).for_each(|(power, &value)| *power += exp2(value.min(4.0) * UNIT));
    }
    log2(power.iter().sum()) / UNIT
}

/// Changes per second after the last knot, from the level at [`EARLY_KNOT`] and the values at [`SETTLED_KNOT`] and at the
/// last knot.
///
/// A single partial's slope is too uncertain to be followed for half a minute, so the whole note decides: where its
/// level hardly falls it is sustained and stays as it is, where it falls all of it goes on falling, each partial in its
/// own way within bounds.
pub(super) fn slopes(early: f32, before: &[f32; KNOT_WIDTH], last: &[f32; KNOT_WIDTH]) -> [f32; KNOT_WIDTH] {
    let seconds = KNOTS_S[HELD_KNOTS - 1] - KNOTS_S[SETTLED_KNOT];
    let whole = (level(last) - level(before)) / seconds;
    let [slow, fast] = SUSTAINED_FALL.map(|db| db / LEVEL_SCALE);
    let whole = whole * ((whole - slow) / (fast - slow)).clamp(0.0, 1.0);
    let [from, to] = SPENT_DB;
    let spent = ((early - level(last)) * LEVEL_SCALE - from) / (to - from);
    let whole = whole.min(SPENT_FALL / LEVEL_SCALE * spent.clamp(0.0, 1.0));
    let mut slopes = [0.0; KNOT_WIDTH];
    for o in 0..LEVELS {
        slopes[o] = ((last[o] - before[o]) / seconds).max(FASTEST_SHARE * whole).min(least_share(o) * whole);
    }
    slopes
}

/// Share of the whole note's fall that output `o` falls by at least. Low partials may outlast the note; high ones and
/// noise never do, so that nothing is left ringing or hissing alone.
fn least_share(o: usize) -> f32 {
    let octaves = if o < PARTIALS { log2(slot_ratio(o)) } else { 3.0 };
    (0.5 + octaves / 6.0).clamp(0.5, 1.0)
}

#[cfg(test)]
mod tests {
    use crate::analysis::frames::{Frame, PARTIALS};
    use crate::model::architecture::{HELD_KNOTS, KNOTS_S, LEVEL_OFFSET, LEVEL_SCALE, OUTPUTS};
    use crate::model::latent::Latent;
    use crate::model::weights::{Weights, layer};
    use crate::model::{Contour, Decoder};

    /// A decoder whose every note has the levels `course(output, seconds)` in dB, or nearly.
    fn shaped(course: impl Fn(usize, f32) -> f32) -> Decoder {
        let mut weights = Weights::untrained(3);
        let head = &mut weights.linears[layer::HEAD];
        head.weight.iter_mut().for_each(|weight| *weight *= 0.05);
        for (knot, values) in head.bias.chunks_exact_mut(OUTPUTS).take(HELD_KNOTS).enumerate() {
            let value = |o: usize| (course(o, KNOTS_S[knot]) - LEVEL_OFFSET) / LEVEL_SCALE;
            values.iter_mut().enumerate().for_each(|(o, to)| *to = value(o));
        }
        Decoder::new(&weights)
    }

    /// By how many dB output `k` of a note falls from 2.5 s to 6.5 s.
    fn drop(decoder: &Decoder, k: usize) -> f32 {
        let [early, late] = [2.5, 6.5].map(|time| {
            let mut out = Frame::SILENT;
            Contour::new().frame(decoder, &Latent([0.5; 16]), 60.0, 100.0, time, None, &mut out);
            out.partial_db[k]
        });
        early - late
    }

    #[test]
    fn a_note_that_is_sustained_stays_and_one_that_falls_goes_on_falling() {
        let falling = |rate: f32| shaped(move |o, t| -30.0 - o as f32 - rate * t);
        let (sustained, falling) = (falling(0.5), falling(12.0));
        for k in 0..10 {
            assert!(drop(&sustained, k).abs() < 1e-3, "{}", drop(&sustained, k));
            assert!((30.0..70.0).contains(&drop(&falling, k)), "{}", drop(&falling, k));
        }
    }

    #[test]
    fn no_high_partial_outlasts_a_note_that_falls_and_low_ones_do_within_bounds() {
        // All but two partials fall by 12 dB a second.
        let decoder = shaped(|o, t| if [3, 20].contains(&o) { -60.0 } else { -30.0 - o as f32 - 12.0 * t });
        assert!((20.0..40.0).contains(&drop(&decoder, 3)), "{}", drop(&decoder, 3));
        assert!(drop(&decoder, 20) > 40.0, "{}", drop(&decoder, 20));
    }

    #[test]
    fn the_floor_on_which_a_short_note_ends_is_not_held() {
        let decoder = shaped(|o, t| (-20.0 - o as f32 - 100.0 * t).max(-95.0));
        assert!((0..PARTIALS).all(|k| drop(&decoder, k) > 0.45 * 48.0));
    }
}
