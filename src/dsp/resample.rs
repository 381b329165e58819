//! Reading a signal between its samples with a windowed sinc.

/// Samples on each side of the position that are read.
const HALF: usize = 16;
/// Stored positions between two samples; in between, the kernel is interpolated linearly (error below -115 dB).
const PHASES: usize = 512;

/// A Hann-windowed sinc kernel of 32 taps, tabulated.
#[derive(Clone, Debug)]
pub struct SincInterpolator {
    /// `PHASES + 1` rows of taps.
    table: Vec<[f32; 2 * HALF]>,
}

impl SincInterpolator {
    /// A kernel that passes up to `cutoff` of Nyquist: 1 to read at about the original speed, `1 / speed` to read
    /// faster without aliasing.
    #[must_use]
    pub fn new(cutoff: f32) -> Self {
        let cutoff = f64::from(cutoff.clamp(0.01, 1.0));
        let tap = |phase: usize, tap: usize| {
            let x = phase as f64 / PHASES as f64 - (tap as f64 - (HALF - 1) as f64);
            let angle = std::f64::consts::PI * x * cutoff;
            let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
            let window = 0.5 + 0.5 * (std::f64::consts::PI * (x / HALF as f64).clamp(-1.0, 1.0)).cos();
            (cutoff * sinc * window) as f32
        };
        Self { table: (0..=PHASES).map(|phase| std::array::from_fn(|i| tap(phase, i))).collect() }
    }

    /// The signal at `position` samples from its start; beyond its ends it is silent.
    #[must_use]
    pub fn read(&self, samples: &[f32], position: f64) -> f32 {
        let floor = position.floor();
        let phase = (position - floor) * PHASES as f64;
        let row = (phase as usize).min(PHASES - 1);
        let between = (phase - row as f64) as f32;
        let (low, high) = (&self.table[row], &self.table[row + 1]);
        let first = floor as i64 - (HALF as i64 - 1);
        let tap = |i: usize| low[i] + between * (high[i] - low[i]);
        if let Ok(first) = usize::try_from(first)
            && let Some(read) = samples.get(first..first + 2 * HALF)
        {
            return read.iter().enumerate().map(|(i, sample)| sample * tap(i)).sum();
        }
        let sample = |i: usize| usize::try_from(first + i as i64).ok().and_then(|at| samples.get(at)).copied();
        (0..2 * HALF).filter_map(|i| Some(sample(i)? * tap(i))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_positions_read_the_samples_themselves() {
        let signal: Vec<f32> = (0..100).map(|i| ((i * i) as f32 * 0.1).sin()).collect();
        let sinc = SincInterpolator::new(1.0);
        for (i, sample) in signal.iter().enumerate() {
            assert!((sinc.read(&signal, i as f64) - sample).abs() < 1e-6);
        }
        assert_eq!(sinc.read(&signal, -40.0), 0.0);
        assert_eq!(sinc.read(&signal, 1e12), 0.0);
    }

    #[test]
    fn a_tone_is_read_between_its_samples() {
        let tone = |t: f64| (0.7 * t).sin() as f32;
        let signal: Vec<f32> = (0..400).map(|i| tone(i as f64)).collect();
        let sinc = SincInterpolator::new(1.0);
        for i in 0..3_000 {
            let position = 20.0 + i as f64 * 0.117;
            assert!((sinc.read(&signal, position) - tone(position)).abs() < 1e-3, "at {position}");
        }
    }
}
