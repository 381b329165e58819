//! Signal processing that knows nothing of Zither: transforms, oscillators, noise, smoothing, resampling.

pub mod mel;
pub mod resample;
pub mod stft;
