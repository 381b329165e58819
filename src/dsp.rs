//! Signal processing that knows nothing of Zither: transforms, oscillators, noise, smoothing, resampling.
