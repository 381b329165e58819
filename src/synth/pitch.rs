//! What moves the pitch of a note: slide, bend and vibrato.

use crate::dsp::smooth::OnePole;

/// Time constant of bend and vibrato depth, in seconds.
const SMOOTHING_SECONDS: f32 = 0.002;
/// The same of a transposition, which may leap by octaves.
const TRANSPOSE_SECONDS: f32 = 0.010;

/// Where the pitch is to go, in semitones about the key, and how it trembles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PitchTarget {
    /// Bend, tuning expression and fine tuning in semitones.
    pub(super) bend: f32,
    /// Transposition in semitones.
    pub(super) transpose: f32,
    /// Depth of the vibrato in semitones.
    pub(super) depth: f32,
    /// Rate of the vibrato in Hz.
    pub(super) rate: f32,
}

/// The offset of a note's pitch from its key, chunk by chunk on the voice's clock. Bend and vibrato are smoothed, a
/// slide is a straight line in semitones.
#[derive(Clone, Debug)]
pub(super) struct Pitch {
    rate: f32,
    slide: f32,
    slide_per_sample: f32,
    bend: OnePole,
    transpose: OnePole,
    depth: OnePole,
    phase: f32,
}

impl Pitch {
    /// On the key; `rate` samples a second, `chunk` samples between two steps.
    pub(super) fn new(rate: f32, chunk: usize) -> Self {
        let smoother = |seconds: f32| OnePole::new(0.0, seconds * rate / chunk as f32);
        let (bend, transpose) = (smoother(SMOOTHING_SECONDS), smoother(TRANSPOSE_SECONDS));
        Self { rate, slide: 0.0, slide_per_sample: 0.0, bend, transpose, depth: bend, phase: 0.0 }
    }

    /// Back on the key, with no slide.
    pub(super) fn reset(&mut self) {
        (self.slide, self.slide_per_sample, self.phase) = (0.0, 0.0, 0.0);
    }

    /// Takes all but a slide at once: for the first sample of a note.
    pub(super) fn jump(&mut self, target: &PitchTarget) {
        self.bend.jump(target.bend);
        self.transpose.jump(target.transpose);
        self.depth.jump(target.depth);
    }

    /// The key moved by `semitones`: slides there over `seconds` from where the pitch stands.
    pub(super) fn slide_by(&mut self, semitones: f32, seconds: f32) {
        let samples = seconds * self.rate;
        let offset = self.slide - semitones;
        (self.slide, self.slide_per_sample) = if samples < 1.0 { (0.0, 0.0) } else { (offset, offset / samples) };
    }

    /// Slide, bend and transposition as they stand, in semitones.
    pub(super) fn offset(&self) -> f32 {
        self.slide + self.bend.value() + self.transpose.value()
    }

    /// Slide and bend as they stand, in semitones.
    pub(super) fn bent(&self) -> f32 {
        self.slide + self.bend.value()
    }

    /// The offset in semitones for the next `samples`.
    pub(super) fn next(&mut self, target: &PitchTarget, samples: usize) -> f32 {
        let depth = self.depth.next(target.depth);
        let vibrato = if depth == 0.0 { 0.0 } else { depth * (std::f32::consts::TAU * self.phase).sin() };
        self.phase += target.rate * samples as f32 / self.rate;
        self.phase -= self.phase.floor();
        let slide = self.slide;
        let moved = self.slide_per_sample * samples as f32;
        self.slide = if moved.abs() >= slide.abs() { 0.0 } else { slide - moved };
        slide + self.bend.next(target.bend) + self.transpose.next(target.transpose) + vibrato
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: PitchTarget = PitchTarget { bend: 0.0, transpose: 0.0, depth: 0.0, rate: 5.0 };

    #[test]
    fn a_slide_is_straight_takes_its_time_and_goes_on_from_where_it_stands() {
        let mut pitch = Pitch::new(1_000.0, 10);
        pitch.slide_by(12.0, 0.1);
        let offsets: Vec<f32> = (0..12).map(|_| pitch.next(&STILL, 10)).collect();
        assert!((offsets[0] + 12.0).abs() < 1e-4 && (offsets[5] + 6.0).abs() < 1e-4, "{offsets:?}");
        assert_eq!(offsets[11], 0.0);
        pitch.slide_by(12.0, 0.1);
        (0..5).for_each(|_| _ = pitch.next(&STILL, 10));
        pitch.slide_by(-12.0, 0.1);
        assert!((pitch.next(&STILL, 10) - 6.0).abs() < 1e-4, "half-way back is six semitones above the first key");
    }

    #[test]
    fn vibrato_has_its_depth_and_rate() {
        let mut pitch = Pitch::new(48_000.0, 32);
        let target = PitchTarget { depth: 0.5, ..STILL };
        pitch.jump(&target);
        let offsets: Vec<f32> = (0..1_500).map(|_| pitch.next(&target, 32)).collect();
        let highest = offsets.iter().copied().fold(0.0, f32::max);
        assert!((highest - 0.5).abs() < 1e-3);
        let rises = offsets.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((4..=5).contains(&rises), "{rises} periods in a second");
    }
}
