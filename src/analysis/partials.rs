//! Complex envelopes of a note's partials, and the note made of them again.

use ndarray::{Array2, s};
use realfft::num_complex::Complex32;

use super::frames::{ANALYSIS_HOP, ANALYSIS_RATE};
use super::onset::soften_onset;
use super::projection::{Projection, phasors};

/// Least share of the window that must lie within the note for a frame's level to be scaled up by the rest.
const LEAST_SHARE: f32 = 1e-3;
/// Frames nearer to the onset than this part of the window see too little of the note, and take the level of the first
/// that sees enough.
const UNSEEN: usize = 8;
/// Frames that one matrix product takes.
const BATCH: usize = 64;

/// Complex envelopes at every [`ANALYSIS_HOP`]: `real[frame, slot]` and `imaginary` are those of the partial's
/// amplitude and phase at the frame's centre.
pub(super) struct Envelopes {
    /// Real parts in the first `slots` columns, imaginary parts in the rest: `[frames, 2 slots]`.
    parts: Array2<f32>,
    /// Slot frequencies in Hz.
    hz: Vec<f32>,
}

impl Envelopes {
    /// Projects a note on its slot frequencies under a Hann window of two periods of the fundamental, scaled by the
    /// part of the window that lies within the note, so that an onset begins at its full level.
    pub(super) fn of(samples: &[f32], hz: Vec<f32>, fundamental: f32) -> Self {
        let projection = Projection::new(&hz, fundamental);
        let length = projection.length();
        let frames = (samples.len() / ANALYSIS_HOP).max(1);
        let mut parts = Array2::zeros((frames, 2 * hz.len()));
        let mut batch = Array2::zeros((BATCH.min(frames), length));
        for first in (0..frames).step_by(BATCH) {
            let count = BATCH.min(frames - first);
            for row in 0..count {
                let row_samples = batch.row_mut(row).into_slice().expect("rows are contiguous");
                read_centred(samples, (first + row) * ANALYSIS_HOP, row_samples);
            }
            let product = batch.slice(s![..count, ..]).dot(&projection.matrix);
            parts.slice_mut(s![first..first + count, ..]).assign(&product);
        }
        for (frame, mut row) in parts.rows_mut().into_iter().enumerate() {
            row /= projection.share_within(frame * ANALYSIS_HOP, samples.len()).max(LEAST_SHARE);
        }
        let mut envelopes = Self { parts, hz };
        envelopes.extend_back(length / UNSEEN);
        soften_onset(&mut envelopes, samples, length / 2);
        envelopes
    }

    /// Gives the frames within `reach` samples of the onset the levels of the first frame after them.
    fn extend_back(&mut self, reach: usize) {
        let slots = self.hz.len();
        let first = reach.div_ceil(ANALYSIS_HOP).min(self.frames() - 1);
        for slot in 0..slots {
            let envelope = self.at(first, slot);
            let turns = f64::from(self.hz[slot]) * ANALYSIS_HOP as f64 / f64::from(ANALYSIS_RATE);
            for frame in 0..first {
                let angle = std::f64::consts::TAU * (turns * (first - frame) as f64).fract();
                let rotated = envelope * Complex32::cis(-angle as f32);
                (self.parts[[frame, slot]], self.parts[[frame, slots + slot]]) = (rotated.re, rotated.im);
            }
        }
    }

    /// Multiplies a frame's envelopes by the gain that `gain` gives for each slot's frequency in Hz.
    pub(super) fn shape(&mut self, frame: usize, gain: impl Fn(f32) -> f32) {
        let slots = self.hz.len();
        for slot in 0..slots {
            let gain = gain(self.hz[slot]);
            self.parts[[frame, slot]] *= gain;
            self.parts[[frame, slots + slot]] *= gain;
        }
    }

    /// Number of frames.
    pub(super) fn frames(&self) -> usize {
        self.parts.nrows()
    }

    /// Slot frequencies in Hz.
    pub(super) fn hz(&self) -> &[f32] {
        &self.hz
    }

    /// The envelope of one slot at one frame.
    pub(super) fn at(&self, frame: usize, slot: usize) -> Complex32 {
        Complex32::new(self.parts[[frame, slot]], self.parts[[frame, self.hz.len() + slot]])
    }

    /// The sum of all partials: their envelopes between two frames are interpolated linearly.
    pub(super) fn resynthesise(&self, length: usize) -> Vec<f32> {
        let atoms = atoms(&self.hz);
        let mut out = vec![0.0; length + 2 * ANALYSIS_HOP];
        for first in (0..self.frames()).step_by(BATCH) {
            let last = (first + BATCH).min(self.frames());
            let grains = self.parts.slice(s![first..last, ..]).dot(&atoms);
            for (row, grain) in grains.rows().into_iter().enumerate() {
                // `out` begins one hop before the note, where the first grain does.
                let start = (first + row) * ANALYSIS_HOP;
                let room = out.get_mut(start..).unwrap_or_default();
                room.iter_mut().zip(grain).for_each(|(out, sample)| *out += sample);
            }
        }
        out.drain(..ANALYSIS_HOP);
        out.truncate(length);
        out
    }
}

/// Copies the samples around `centre`; beyond the ends of the note there is silence.
fn read_centred(samples: &[f32], centre: usize, out: &mut [f32]) {
    let half = out.len() / 2;
    let skip = half.saturating_sub(centre);
    let from = samples.get(centre.saturating_sub(half)..).unwrap_or_default();
    let count = from.len().min(out.len() - skip);
    out.fill(0.0);
    out[skip..skip + count].copy_from_slice(&from[..count]);
}

/// `[2 slots, 2 hops]`: what a real and an imaginary envelope of 1 at one frame add to the note around it.
fn atoms(hz: &[f32]) -> Array2<f32> {
    let mut atoms = Array2::zeros((2 * hz.len(), 2 * ANALYSIS_HOP));
    for (slot, &frequency) in hz.iter().enumerate() {
        let hop = ANALYSIS_HOP as f32;
        for (i, phasor) in phasors(frequency, -f64::from(hop)).take(2 * ANALYSIS_HOP).enumerate() {
            let triangle = 1.0 - (i as f32 - hop).abs() / hop;
            atoms[[slot, i]] = phasor.re as f32 * triangle;
            atoms[[hz.len() + slot, i]] = -phasor.im as f32 * triangle;
        }
    }
    atoms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, gain: f32, length: usize) -> Vec<f32> {
        phasors(hz, 0.0).take(length).map(|phasor| gain * phasor.re as f32).collect()
    }

    #[test]
    fn a_steady_partial_has_its_amplitude_from_the_onset_on() {
        let signal = tone(110.0, 0.25, 48_000);
        let envelopes = Envelopes::of(&signal, vec![110.0, 220.0], 110.0);
        for frame in 0..envelopes.frames() {
            let level = envelopes.at(frame, 0).norm();
            assert!((level - 0.25).abs() < 0.01, "frame {frame}: {level}");
        }
        for frame in 8..190 {
            assert!(envelopes.at(frame, 1).norm() < 1e-4, "the octave is on a zero of the window");
        }
    }

    #[test]
    fn partials_add_up_to_the_note_again() {
        let hz = vec![110.0, 223.0, 335.0];
        let parts: Vec<_> = hz.iter().map(|&hz| tone(hz, 0.2, 24_000)).collect();
        let signal: Vec<f32> = (0..24_000).map(|i| parts.iter().map(|part| part[i]).sum()).collect();
        let again = Envelopes::of(&signal, hz, 110.0).resynthesise(24_000);
        let worst = (2_000..22_000).map(|i| (again[i] - signal[i]).abs()).fold(0.0, f32::max);
        assert!(worst < 5e-3, "{worst}");
    }
}
