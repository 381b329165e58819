//! The copies of a note that unison plays, and where they and their partials lie between left and right.

use std::ops::Range;

use super::{COPIES, Style};
use crate::analysis::frames::PARTIALS;
use crate::dsp::kernel::{CHUNK, exp2};
use crate::dsp::oscillator::{Loudness, OscillatorBank};
use crate::dsp::random;

/// Gain of the side at full width: what one channel has more than the middle, the other has less, so that left and right
/// always sum to the mono sound.
pub(super) const WIDEST: f32 = 0.75;
/// Partials up to one octave above the fundamental, or below this frequency, stay in the middle; this many octaves further
/// up they are as far out as any.
const CENTRED_BELOW_HZ: f32 = 200.0;
const OCTAVES_OUT: f32 = 1.0;

/// One of the detuned copies. Its gains go along lines from frame to frame.
#[derive(Clone)]
pub(super) struct UnisonCopy {
    pub(super) bank: OscillatorBank<PARTIALS>,
    pub(super) detune: f32,
    pub(super) gain: CopyGain,
    pub(super) next_gain: CopyGain,
}

/// How much of a copy is heard where.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct CopyGain {
    middle: f32,
    /// Of the copy as a whole, in the side.
    lean: f32,
    /// Of its partials, each to its own side.
    apart: f32,
}

impl CopyGain {
    pub(super) const SILENT: Self = Self { middle: 0.0, lean: 0.0, apart: 0.0 };
}

/// What all copies of a note share.
pub(super) struct Partials<'a> {
    pub(super) loudness: &'a Loudness<PARTIALS>,
    pub(super) ratios: &'a [f32; PARTIALS],
    pub(super) places: &'a [f32; PARTIALS],
}

impl UnisonCopy {
    pub(super) fn sounds(&self) -> bool {
        self.gain.middle != 0.0 || self.next_gain.middle != 0.0
    }

    pub(super) fn is_wide(&self) -> bool {
        [self.gain, self.next_gain].iter().any(|gain| gain.lean != 0.0 || gain.apart != 0.0)
    }

    /// Adds the samples at `part` of the `hop` between two frames to middle and side; what is lacking costs nothing.
    pub(super) fn add(
        &mut self,
        partials: &Partials<'_>,
        base: f32,
        part: Range<usize>,
        hop: usize,
        middle: &mut [f32; CHUNK],
        side: &mut [f32; CHUNK],
    ) {
        let Partials { loudness, ratios, places } = partials;
        let [mut chunk, mut apart] = [[0.0; CHUNK]; 2];
        let base = base * self.detune;
        let mix = |out: &mut [f32; CHUNK], samples: &[f32; CHUNK], from: f32, to: f32| {
            let step = (to - from) / hop as f32;
            let gain = from + step * part.start as f32;
            for n in 0..part.len() {
                out[n] += samples[n] * (gain + step * n as f32);
            }
        };
        let (from, to) = (self.gain, self.next_gain);
        if from.apart != 0.0 || to.apart != 0.0 {
            self.bank.render_apart(loudness, ratios, places, base, part.len(), &mut chunk, &mut apart);
            mix(side, &apart, from.apart, to.apart);
        } else {
            self.bank.render(loudness, ratios, base, part.len(), &mut chunk);
        }
        mix(middle, &chunk, from.middle, to.middle);
        if from.lean != 0.0 || to.lean != 0.0 {
            mix(side, &chunk, from.lean, to.lean);
        }
    }
}

/// Spreads the copies over detune and width at equal total power.
pub(super) fn spread(copies: &mut [UnisonCopy; COPIES], style: &Style) {
    let count = style.copies.clamp(1, COPIES);
    let loudness = (count as f32).sqrt().recip();
    for (number, copy) in copies.iter_mut().enumerate() {
        if number >= count {
            copy.next_gain = CopyGain::SILENT;
            continue;
        }
        let place = if count == 1 { 0.0 } else { 2.0 * number as f32 / (count - 1) as f32 - 1.0 };
        copy.detune = exp2(0.5 * style.detune * place / 1_200.0);
        // Neighbours in pitch go to opposite sides, so that neither side is sharp.
        let side = if number % 2 == 0 { place } else { -place };
        let reach = WIDEST * style.width * loudness;
        // Copies on both sides make the width by themselves.
        let apart = if place == 0.0 { reach } else { 0.0 };
        copy.next_gain = CopyGain { middle: loudness, lean: reach * side, apart };
    }
}

/// Where the partials of a note of fundamental `hz` lie between the sides, -1..1: the low ones in the middle, the higher
/// the further out. Sides alternate by pairs, so that neither all nor odd partials lean to one side; which begins, and how
/// far each goes, is settled by `seed`.
pub(super) fn places(seed: u32, octaves: &[f32; PARTIALS], hz: f32) -> [f32; PARTIALS] {
    let lowest = (hz / CENTRED_BELOW_HZ).log2();
    std::array::from_fn(|k| {
        let above = (octaves[k] - 1.0).min(lowest + octaves[k]);
        let reach = (above / OCTAVES_OUT).clamp(0.0, 1.0);
        let size = 0.75 + 0.25 * random::bipolar(seed, k as u32);
        let harmonic = k + 1;
        let side = (harmonic / 2 + (random::hash(seed, u32::MAX) & 1) as usize) % 2;
        if side == 0 { reach * size } else { -reach * size }
    })
}
