//! Signal processing that knows nothing of Zither: transforms, oscillators, noise, smoothing, resampling.

pub mod beating;
pub mod denormal;
pub mod duck;
pub mod envelope;
pub mod kernel;
pub mod level;
pub mod mel;
pub mod noise;
pub mod oscillator;
pub mod random;
pub mod resample;
pub mod sines;
pub mod smooth;
pub mod stft;
