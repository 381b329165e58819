//! The copies of a note that unison plays, and where they and their partials lie between left and right.

use std::ops::Range;

use super::{COPIES, Style};
use crate::analysis::frames::PARTIALS;
use crate::dsp::kernel::exp2;
use crate::dsp::oscillator::{Loudness, OscillatorBank};
use crate::dsp::random;
use crate::dsp::sines::Sums;

/// Gain of the side at full width: what one channel has more than the middle, the other has less, so that left and right
/// always sum to the mono sound.
pub(super) const WIDEST: f32 = 0.75;
/// Partials up to one octave above the fundamental, or below this frequency, stay in the middle; this many octaves further
/// up they are as far out as any.
const CENTRED_BELOW_HZ: f32 = 200.0;
const OCTAVES_OUT: f32 = 1.0;
/// How far a sounding copy moves between the sides from one frame to the next, where their number changes: small enough
/// that its steps from chunk to chunk are no click.
const SIDESTEP: f32 = 0.1;

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
    /// In the middle,
    middle: f32,
    /// and so many times that in the side: the copy as a whole, -1..1,
    lean: f32,
    /// and its partials, each to its own side, 0..1.
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

    /// Adds the samples at `part` of the `span` between two frames to the middle and, if there is one, to the side at full
    /// width.
    pub(super) fn add(
        &mut self,
        partials: &Partials<'_>,
        base: f32,
        part: Range<usize>,
        span: usize,
        middle: &mut Sums,
        side: Option<&mut Sums>,
    ) {
        let (from, to) = (self.gain, self.next_gain);
        let at = |position: usize, of: fn(&CopyGain) -> f32| {
            of(&from) + (of(&to) - of(&from)) * (position as f32 / span as f32)
        };
        let gain = [part.start, part.end].map(|position| at(position, |gain| gain.middle));
        let [lean, apart] = [at(part.end, |gain| gain.lean), at(part.end, |gain| gain.apart)];
        let partials_of_copy = partials.loudness.partials(partials.ratios, base * self.detune, gain, part);
        let Some(side) = side else { return self.bank.add(&partials_of_copy, middle) };
        // In steps of a chunk, which [`SIDESTEP`] keeps small.
        let mut sides = *partials.places;
        sides.iter_mut().for_each(|place| *place = lean + apart * *place);
        self.bank.add_apart(&partials_of_copy, &sides, middle, side);
    }
}

/// Spreads the copies over detune and sides at equal total power.
pub(super) fn spread(copies: &mut [UnisonCopy; COPIES], style: &Style) {
    let count = style.copies.clamp(1, COPIES);
    let loudness = (count as f32).sqrt().recip();
    for (number, copy) in copies.iter_mut().enumerate() {
        if number >= count {
            copy.next_gain = CopyGain { middle: 0.0, ..copy.gain };
            continue;
        }
        let place = if count == 1 { 0.0 } else { 2.0 * number as f32 / (count - 1) as f32 - 1.0 };
        copy.detune = exp2(0.5 * style.detune * place / 1_200.0);
        // Neighbours in pitch go to opposite sides, so that neither side is sharp.
        let side = if number % 2 == 0 { place } else { -place };
        // Copies on both sides make the width by themselves.
        let apart = if place == 0.0 { 1.0 } else { 0.0 };
        if copy.gain.middle == 0.0 {
            (copy.gain.lean, copy.gain.apart) = (side, apart);
        }
        let towards = |from: f32, to: f32| from + (to - from).clamp(-SIDESTEP, SIDESTEP);
        let (lean, apart) = (towards(copy.gain.lean, side), towards(copy.gain.apart, apart));
        copy.next_gain = CopyGain { middle: loudness, lean, apart };
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
