//! Smoothers that count samples, so that no block size is ever heard.

/// Exponential approach to a target.
#[derive(Clone, Copy, Debug)]
pub struct OnePole {
    value: f32,
    coefficient: f32,
}

impl OnePole {
    /// Starts at `value`; covers 63 % of a step in `steps` calls of [`OnePole::next`].
    #[must_use]
    pub fn new(value: f32, steps: f32) -> Self {
        Self { value, coefficient: 1.0 - (-1.0 / steps.max(1e-3)).exp() }
    }

    /// One step towards `target`.
    #[inline]
    pub fn next(&mut self, target: f32) -> f32 {
        let distance = target - self.value;
        // Landing on the target lets a caller see by equality that it stands still.
        self.value = if distance.abs() <= 1e-5 * (1.0 + target.abs()) {
            target
        } else {
            self.value + self.coefficient * distance
        };
        self.value
    }

    /// Jumps to `value`.
    pub fn jump(&mut self, value: f32) {
        self.value = value;
    }

    /// Where it stands.
    #[must_use]
    pub fn value(&self) -> f32 {
        self.value
    }
}

/// A straight line to a target in a fixed number of samples.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    value: f32,
    target: f32,
    step: f32,
    left: u32,
}

impl Ramp {
    /// Stands at `value`.
    #[must_use]
    pub fn new(value: f32) -> Self {
        Self { value, target: value, step: 0.0, left: 0 }
    }

    /// Goes to `target` over `samples`; 0 jumps.
    pub fn go(&mut self, target: f32, samples: u32) {
        *self = if samples == 0 {
            Self::new(target)
        } else {
            Self { target, step: (target - self.value) / samples as f32, left: samples, ..*self }
        };
    }

    /// The next sample: the target itself after the given number of samples.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> f32 {
        match self.left {
            0 => {}
            1 => *self = Self::new(self.target),
            _ => {
                self.value += self.step;
                self.left -= 1;
            }
        }
        self.value
    }

    /// Where it stands.
    #[must_use]
    pub fn value(&self) -> f32 {
        self.value
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> f32 {
        self.target
    }

    /// Whether it stands at `value`.
    #[must_use]
    pub fn rests_at(&self, value: f32) -> bool {
        self.left == 0 && self.value == value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_pole_covers_63_per_cent_in_its_time_and_lands() {
        let mut smoother = OnePole::new(0.0, 100.0);
        let after = (0..100).map(|_| smoother.next(1.0)).last().expect("100 steps");
        assert!((after - 0.632).abs() < 1e-3, "{after}");
        (0..3_000).for_each(|_| _ = smoother.next(1.0));
        assert_eq!(smoother.value(), 1.0);
    }

    #[test]
    fn a_ramp_is_straight_and_exact_at_its_end() {
        let mut ramp = Ramp::new(1.0);
        ramp.go(0.0, 4);
        let values: Vec<f32> = (0..6).map(|_| ramp.next()).collect();
        assert_eq!(values, [0.75, 0.5, 0.25, 0.0, 0.0, 0.0]);
        assert!(ramp.rests_at(0.0));
    }
}
