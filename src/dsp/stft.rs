//! The short-time Fourier transform with a Hann window.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};

/// A periodic Hann window.
pub fn hann(size: usize) -> impl Iterator<Item = f32> {
    (0..size).map(move |i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / size as f32).cos())
}

/// Transforms frames of a signal. Owns its buffers; one per thread.
pub struct Stft {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Stft {
    /// Frames of `size` samples.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(size);
        let (frame, spectrum, scratch) = (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Self { window: hann(size).collect(), fft, frame, spectrum, scratch }
    }

    /// Samples in a frame.
    #[must_use]
    pub fn size(&self) -> usize {
        self.window.len()
    }

    /// Bins of a spectrum: `size / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.spectrum.len()
    }

    /// Sum of the squared window over those of its samples that fall within `0..length` when it is centred on `centre`.
    #[must_use]
    pub fn energy_within(&self, centre: usize, length: usize) -> f32 {
        let half = self.size() / 2;
        let first = half.saturating_sub(centre);
        let end = (length + half).saturating_sub(centre).min(self.size());
        self.window.get(first..end).unwrap_or_default().iter().map(|weight| weight * weight).sum()
    }

    /// The spectrum of the frame centred on sample `centre`; beyond its ends the signal is silent.
    pub fn centred(&mut self, samples: &[f32], centre: usize) -> &[Complex32] {
        let half = self.size() / 2;
        let skip = half.saturating_sub(centre);
        let from = samples.get(centre.saturating_sub(half)..).unwrap_or_default();
        let count = from.len().min(self.size() - skip);
        self.frame.fill(0.0);
        for (i, sample) in from[..count].iter().enumerate() {
            self.frame[skip + i] = sample * self.window[skip + i];
        }
        self.fft
            .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
            .expect("buffers made by the plan");
        &self.spectrum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_the_direct_transform_of_the_windowed_signal() {
        let signal: Vec<f32> = (0..100).map(|i| ((i * i) as f32 * 0.37).sin()).collect();
        let size = 32;
        let window: Vec<f32> = hann(size).collect();
        let mut stft = Stft::new(size);
        for centre in [0, 5, 50, 97, 200] {
            let spectrum = stft.centred(&signal, centre).to_vec();
            for (bin, value) in spectrum.iter().enumerate() {
                let mut direct = (0.0_f64, 0.0_f64);
                for (i, weight) in window.iter().enumerate() {
                    let at = (centre + i).checked_sub(size / 2);
                    let sample = at.and_then(|at| signal.get(at)).copied().unwrap_or_default();
                    let angle = -std::f64::consts::TAU * (bin * i) as f64 / size as f64;
                    direct.0 += f64::from(sample * weight) * angle.cos();
                    direct.1 += f64::from(sample * weight) * angle.sin();
                }
                assert!((f64::from(value.re) - direct.0).abs() < 1e-5 && (f64::from(value.im) - direct.1).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_window_within_the_signal_is_half_at_its_ends() {
        let stft = Stft::new(512);
        let whole = stft.energy_within(1_000, 2_000);
        assert!((whole - 192.0).abs() < 1e-3, "{whole}");
        assert!((stft.energy_within(0, 2_000) / whole - 0.5).abs() < 5e-3);
        assert!((stft.energy_within(2_000, 2_000) / whole - 0.5).abs() < 5e-3);
        assert_eq!(stft.energy_within(5_000, 2_000), 0.0);
    }
}
