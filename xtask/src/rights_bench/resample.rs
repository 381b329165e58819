//! Playing at another speed: pitch and tempo together, as a turntable does.

use std::f64::consts::PI;

use super::clip::Clip;

/// Zero crossings of the kernel on each side: stopband below -60 dB with the Blackman window.
const REACH: usize = 16;
/// Table entries from one zero crossing to the next; between them the kernel is interpolated linearly.
const STEPS: usize = 256;

/// The clip at `speed` times its speed (2 = an octave up, in half the time), at the same sample rate.
pub(super) fn varispeed(clip: &Clip, speed: f64) -> Clip {
    let kernel = Kernel::new(speed);
    Clip { rate: clip.rate, sides: [kernel.play(&clip.sides[0], speed), kernel.play(&clip.sides[1], speed)] }
}

/// The clip at another sample rate, sounding the same.
pub(super) fn at_rate(clip: &Clip, rate: u32) -> Clip {
    Clip { rate, ..varispeed(clip, f64::from(clip.rate) / f64::from(rate)) }
}

/// A windowed sinc, the right half of it.
struct Kernel {
    table: Vec<f32>,
    /// Input samples on each side.
    reach: f64,
    /// Cut-off, as a part of the input's Nyquist frequency.
    cutoff: f64,
}

impl Kernel {
    fn new(speed: f64) -> Self {
        let cutoff = (0.95 / speed).min(0.95);
        let entry = |at: usize| {
            let x = at as f64 / STEPS as f64;
            let sinc = if at == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let turn = PI * x / REACH as f64;
            let window = 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
            (sinc * window * cutoff) as f32
        };
        Self { table: (0..=REACH * STEPS + 1).map(entry).collect(), reach: REACH as f64 / cutoff, cutoff }
    }

    fn play(&self, input: &[f32], speed: f64) -> Vec<f32> {
        let frames = (input.len() as f64 / speed).floor() as usize;
        (0..frames).map(|frame| self.at(input, frame as f64 * speed)).collect()
    }

    /// The input between its samples, at sample `position`.
    fn at(&self, input: &[f32], position: f64) -> f32 {
        let first = (position - self.reach).ceil().max(0.0) as usize;
        let last = ((position + self.reach).floor() as usize).min(input.len().saturating_sub(1));
        let mut sum = 0.0;
        for (at, sample) in input.iter().enumerate().take(last + 1).skip(first) {
            let place = (at as f64 - position).abs() * self.cutoff * STEPS as f64;
            let (index, part) = (place as usize, place.fract() as f32);
            sum += sample * (self.table[index] + part * (self.table[index + 1] - self.table[index]));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(frequency: f64, frames: usize) -> Clip {
        Clip::mono((0..frames).map(|at| (2.0 * PI * frequency * at as f64 / 44_100.0).sin() as f32).collect())
    }

    #[test]
    fn speed_moves_a_sine_to_the_frequency_that_it_should_have() {
        for speed in [0.88, 0.97, 1.05, 1.12] {
            let played = varispeed(&sine(1_000.0, 44_100), speed);
            let wanted = sine(1_000.0 * speed, played.frames());
            let inner = 200..played.frames() - 200;
            let error = inner.map(|at| (played.sides[0][at] - wanted.sides[0][at]).abs()).fold(0.0, f32::max);
            assert!(error < 2e-3, "{speed}: {error}");
        }
    }

    #[test]
    fn another_rate_keeps_the_length_and_the_sound() {
        let clip = at_rate(&sine(1_000.0, 44_100), 48_000);
        assert_eq!(clip.frames(), 48_000);
        assert!((clip.seconds() - 1.0).abs() < 1e-9);
        assert!((clip.rms() - 0.5_f32.sqrt()).abs() < 1e-3);
    }
}
