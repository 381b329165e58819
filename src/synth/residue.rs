//! What is left where a voice had to be cut.

/// Time constant, in seconds.
const SECONDS: f32 = 0.001;
/// Less than this (-120 dBFS) is nothing.
const NOTHING: f32 = 1e-6;

/// Where a sounding voice is cut, the sample that would have come next goes on in its place and dies away, so that the
/// cut is no jump. Left and right; costs nothing where there is nothing.
#[derive(Clone, Debug)]
pub(super) struct Residue {
    level: [f32; 2],
    factor: f32,
}

impl Residue {
    /// Nothing, at `rate` samples a second.
    pub(super) fn new(rate: f32) -> Self {
        Self { level: [0.0; 2], factor: (-1.0 / (SECONDS * rate)).exp() }
    }

    /// A voice was cut before this sample.
    pub(super) fn take(&mut self, sample: [f32; 2]) {
        self.level.iter_mut().zip(sample).for_each(|(level, sample)| *level += sample);
    }

    pub(super) fn is_silent(&self) -> bool {
        self.level == [0.0; 2]
    }

    pub(super) fn silence(&mut self) {
        self.level = [0.0; 2];
    }

    /// Adds the next samples.
    pub(super) fn add_to(&mut self, left: &mut [f32], right: &mut [f32]) {
        for (level, out) in self.level.iter_mut().zip([left, right]) {
            for sample in out {
                if *level == 0.0 {
                    break;
                }
                *sample += *level;
                *level *= self.factor;
                *level = if level.abs() < NOTHING { 0.0 } else { *level };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_the_sample_and_dies_away_however_it_is_split() {
        let mut whole = Residue::new(48_000.0);
        let mut split = whole.clone();
        whole.take([0.5, -0.25]);
        split.take([0.5, -0.25]);
        let (mut left, mut right) = ([0.0; 960], [0.0; 960]);
        whole.add_to(&mut left, &mut right);
        assert_eq!((left[0], right[0]), (0.5, -0.25));
        assert!((left[48] - 0.5 * (-1.0_f32).exp()).abs() < 1e-4);
        assert!(whole.is_silent() && left[959] == 0.0);
        let (mut again, mut other) = ([0.0; 960], [0.0; 960]);
        again.chunks_mut(7).zip(other.chunks_mut(7)).for_each(|(left, right)| split.add_to(left, right));
        assert_eq!((left, right), (again, other));
    }
}
