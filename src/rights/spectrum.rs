//! The spectrogram on the logarithmic axis, with the colour of the sound taken out.

use crate::dsp::stft::Stft;

use super::axis::{RATE, ROWS, ROWS_PER_OCTAVE, WINDOW, row_hz};

/// Rows to each side whose mean is a row's background: a third of an octave.
const BACKGROUND: usize = ROWS_PER_OCTAVE / 3;
/// What is weaker than the mean of its window by this factor (-60 dB) is as good as silent.
const FLOOR: f32 = 1e-6;
/// Power of a bin below which there is nothing: a full-scale sine has about `WINDOW^2 / 16`.
const NOTHING: f32 = 1e-4;
/// Width of a Fourier bin, in Hz.
const BIN_HZ: f32 = RATE as f32 / WINDOW as f32;

/// How much a window stands out from its surroundings, row by row, in octaves of power (3 dB).
pub type Relief = [f32; ROWS];

/// Which Fourier bins make a row.
#[derive(Clone, Copy)]
enum Reading {
    /// A row narrower than a bin: between the logarithms of four bins, by Catmull and Rom's cubic.
    Between { first: usize, weights: [f32; 4] },
    /// A row wider than a bin: the mean power of these bins.
    Mean { first: usize, end: usize },
}

/// Turns windows of audio into [`Relief`]s. Owns its buffers; one per thread.
pub struct Spectrum {
    stft: Stft,
    readings: Vec<Reading>,
    power: Vec<f32>,
    sums: Vec<f32>,
}

impl Default for Spectrum {
    fn default() -> Self {
        let stft = Stft::new(WINDOW);
        let power = vec![0.0; stft.bins()];
        Self { stft, readings: (0..ROWS).map(reading).collect(), power, sums: vec![0.0; ROWS + 1] }
    }
}

fn reading(row: usize) -> Reading {
    let bin = |row: f32| row_hz(row) / BIN_HZ;
    let (low, high) = (bin(row as f32 - 0.5), bin(row as f32 + 0.5));
    if high - low > 1.0 {
        return Reading::Mean { first: low.round() as usize, end: high.round() as usize };
    }
    let at = bin(row as f32);
    let t = at.fract();
    let (t2, t3) = (t * t, t * t * t);
    let weights =
        [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3];
    Reading::Between { first: at as usize - 1, weights }
}

impl Spectrum {
    /// The relief of one window of [`WINDOW`] samples; `None` where it is silent.
    pub fn relief(&mut self, samples: &[f32], relief: &mut Relief) -> bool {
        let spectrum = self.stft.centred(samples, WINDOW / 2);
        let mut total = 0.0;
        for (power, value) in self.power.iter_mut().zip(spectrum) {
            *power = value.norm_sqr();
            total += *power;
        }
        let mean = total / self.power.len() as f32;
        if !mean.is_finite() || mean < NOTHING {
            relief.fill(0.0);
            return false;
        }
        let floor = NOTHING.max(mean * FLOOR);
        for (row, reading) in relief.iter_mut().zip(&self.readings) {
            *row = match *reading {
                Reading::Between { first, weights } => {
                    let bins = &self.power[first..first + 4];
                    bins.iter().zip(weights).map(|(power, weight)| (power + floor).log2() * weight).sum()
                }
                Reading::Mean { first, end } => {
                    let bins = &self.power[first..end];
                    (bins.iter().sum::<f32>() / bins.len() as f32 + floor).log2()
                }
            };
        }
        self.flatten(relief);
        true
    }

    /// Takes each row's background from it.
    fn flatten(&mut self, relief: &mut Relief) {
        let mut sum = 0.0;
        for (total, row) in self.sums[1..].iter_mut().zip(relief.iter()) {
            sum += row;
            *total = sum;
        }
        for (row, value) in relief.iter_mut().enumerate() {
            let (first, end) = (row.saturating_sub(BACKGROUND), (row + BACKGROUND + 1).min(ROWS));
            *value -= (self.sums[end] - self.sums[first]) / (end - first) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, gain: f32) -> Vec<f32> {
        (0..WINDOW).map(|i| gain * (std::f32::consts::TAU * hz * i as f32 / RATE as f32).sin()).collect()
    }

    #[test]
    fn a_tone_stands_out_at_its_row() {
        let mut spectrum = Spectrum::default();
        let mut relief = [0.0; ROWS];
        for row in [40.0, 100.5, 200.25, 300.0, 340.75_f32] {
            assert!(spectrum.relief(&tone(row_hz(row), 0.3), &mut relief));
            let highest = (0..ROWS).max_by(|&a, &b| relief[a].total_cmp(&relief[b])).unwrap();
            assert!((highest as f32 - row).abs() <= 1.0, "{row}: {highest}");
        }
    }

    #[test]
    fn a_soft_tone_stands_out_as_a_loud_one_does_and_silence_is_flat() {
        let mut spectrum = Spectrum::default();
        let (mut loud, mut soft) = ([0.0; ROWS], [0.0; ROWS]);
        assert!(spectrum.relief(&tone(1_000.0, 0.5), &mut loud));
        assert!(spectrum.relief(&tone(1_000.0, 0.005), &mut soft));
        let row = 191;
        assert!(loud[row] > 8.0 && soft[row] > 8.0, "{} {}", loud[row], soft[row]);
        assert!(!spectrum.relief(&[0.0; WINDOW], &mut loud));
        assert!(!spectrum.relief(&[f32::NAN; WINDOW], &mut loud));
        assert!(loud.iter().all(|value| *value == 0.0));
    }
}
