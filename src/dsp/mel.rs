//! The mel scale, and triangular filter banks on it.

/// Hz to mel (O'Shaughnessy 1987).
#[must_use]
pub fn mel(hz: f32) -> f32 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

/// Mel to Hz.
#[must_use]
pub fn from_mel(mel: f32) -> f32 {
    700.0 * (10.0_f32.powf(mel / 2595.0) - 1.0)
}

/// `count` frequencies in Hz, evenly spaced in mel from `low` to `high`, both included.
pub fn mel_grid(count: usize, low: f32, high: f32) -> impl Iterator<Item = f32> {
    let (low, high) = (mel(low), mel(high));
    (0..count).map(move |i| from_mel(low + (high - low) * i as f32 / (count - 1) as f32))
}

/// What the weights of a band add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// Every triangle peaks at 1: a band holds the power in it.
    Peak,
    /// Weights sum to 1: a band holds the mean over its bins.
    Mean,
}

/// Overlapping triangles over the bins of a power spectrum, evenly spaced in mel.
#[derive(Clone, Debug)]
pub struct MelBank {
    bands: Vec<Band>,
}

#[derive(Clone, Debug)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl MelBank {
    /// `bands` triangles between `range.0` and `range.1` Hz over the `size / 2 + 1` bins of a transform of `size`
    /// samples at `rate`. A triangle too narrow to hold a bin takes the one nearest its centre.
    #[must_use]
    pub fn new(bands: usize, size: usize, rate: f32, range: (f32, f32), norm: Norm) -> Self {
        let edges: Vec<f32> = mel_grid(bands + 2, range.0, range.1).map(|hz| hz * size as f32 / rate).collect();
        Self { bands: edges.windows(3).map(|edges| Band::new(edges, size / 2, norm)).collect() }
    }

    /// Weighted sums of `power` (one value per bin) over each band.
    pub fn apply(&self, power: &[f32], out: &mut [f32]) {
        for (out, band) in out.iter_mut().zip(&self.bands) {
            *out = band.weights.iter().zip(&power[band.first..]).map(|(weight, power)| weight * power).sum();
        }
    }

    /// The bins that each band covers, in order.
    pub fn bins(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.bands.iter().map(|band| band.first..band.first + band.weights.len())
    }
}

impl Band {
    /// A triangle whose edges and centre are given in bins.
    fn new(edges: &[f32], last: usize, norm: Norm) -> Self {
        let (low, centre, high) = (edges[0], edges[1], edges[2]);
        let first = (low.floor() as usize + 1).min(last);
        let end = (high.ceil() as usize).clamp(first, last + 1);
        let weight = |bin: usize| {
            let bin = bin as f32;
            ((bin - low) / (centre - low)).min((high - bin) / (high - centre)).max(0.0)
        };
        let mut weights: Vec<f32> = (first..end).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        if sum <= 0.0 {
            return Self { first: (centre.round() as usize).min(last), weights: vec![1.0] };
        }
        if norm == Norm::Mean {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Self { first, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_bands_of_a_flat_spectrum_are_flat() {
        let bank = MelBank::new(48, 1_024, 48_000.0, (20.0, 20_000.0), Norm::Mean);
        let mut bands = [0.0; 48];
        bank.apply(&[3.0; 513], &mut bands);
        assert!(bands.iter().all(|band| (band - 3.0).abs() < 1e-5), "{bands:?}");
    }

    #[test]
    fn peak_bands_share_every_bin_between_two_neighbours() {
        let bank = MelBank::new(32, 4_096, 48_000.0, (30.0, 18_000.0), Norm::Peak);
        let mut bands = [0.0; 32];
        for bin in 60..1_400 {
            let mut power = vec![0.0; 2_049];
            power[bin] = 1.0;
            bank.apply(&power, &mut bands);
            assert!(bands.iter().sum::<f32>() < 1.05 && bands.iter().filter(|&&band| band > 0.0).count() <= 2);
        }
    }
}
