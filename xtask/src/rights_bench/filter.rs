//! Second-order filters (R. Bristow-Johnson, Audio EQ Cookbook).

use std::f64::consts::PI;

/// Coefficients and memory of one filter for one channel.
#[derive(Clone)]
pub(super) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    memory: [f64; 2],
}

/// A shape of a filter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Low,
    High,
    Band,
    /// A bell of so many dB.
    Peak(f64),
    /// Everything below the frequency raised by so many dB.
    LowShelf(f64),
    /// Everything above the frequency raised by so many dB.
    HighShelf(f64),
}

impl Biquad {
    /// A filter at `frequency` Hz of quality `q`, for sounds of `rate` Hz.
    pub(super) fn new(shape: Shape, frequency: f64, q: f64, rate: u32) -> Self {
        let w = 2.0 * PI * (frequency / f64::from(rate)).min(0.49);
        let (cos, alpha) = (w.cos(), w.sin() / (2.0 * q));
        let amplitude = |level: f64| 10_f64.powf(level / 40.0);
        let (b, a) = match shape {
            Shape::Low => {
                let c = (1.0 - cos) / 2.0;
                ([c, 2.0 * c, c], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
            }
            Shape::High => {
                let c = f64::midpoint(1.0, cos);
                ([c, -2.0 * c, c], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
            }
            Shape::Band => ([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            Shape::Peak(level) => {
                let g = amplitude(level);
                ([1.0 + alpha * g, -2.0 * cos, 1.0 - alpha * g], [1.0 + alpha / g, -2.0 * cos, 1.0 - alpha / g])
            }
            Shape::LowShelf(level) => shelf(amplitude(level), cos, alpha),
            Shape::HighShelf(level) => {
                let ([b0, b1, b2], [a0, a1, a2]) = shelf(amplitude(level), -cos, alpha);
                ([b0, -b1, b2], [a0, -a1, a2]) // The mirror image: a low shelf at the other end.
            }
        };
        Self { b: b.map(|x| x / a[0]), a: [a[1] / a[0], a[2] / a[0]], memory: [0.0; 2] }
    }

    /// The next sample (transposed direct form II).
    pub(super) fn next(&mut self, sample: f32) -> f32 {
        let x = f64::from(sample);
        let y = self.b[0] * x + self.memory[0];
        self.memory = [self.b[1] * x - self.a[0] * y + self.memory[1], self.b[2] * x - self.a[1] * y];
        y as f32
    }

    /// Filters one side.
    pub(super) fn run(mut self, samples: &mut [f32]) {
        samples.iter_mut().for_each(|sample| *sample = self.next(*sample));
    }
}

fn shelf(g: f64, cos: f64, alpha: f64) -> ([f64; 3], [f64; 3]) {
    let (up, down, root) = (g + 1.0, g - 1.0, 2.0 * g.sqrt() * alpha);
    let b = [g * (up - down * cos + root), 2.0 * g * (down - up * cos), g * (up - down * cos - root)];
    let a = [up + down * cos + root, -2.0 * (down + up * cos), up + down * cos - root];
    (b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gain in dB at `frequency`, from a sine of one second.
    fn gain(shape: Shape, frequency: f64) -> f64 {
        let mut sine: Vec<f32> =
            (0..44_100).map(|at| (2.0 * PI * frequency * f64::from(at) / 44_100.0).sin() as f32).collect();
        Biquad::new(shape, 1_000.0, 0.707, 44_100).run(&mut sine);
        let power: f64 = sine[22_050..].iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / 22_050.0;
        10.0 * (2.0 * power).log10()
    }

    #[test]
    fn filters_let_through_what_their_shape_says() {
        let check = |shape, below: f64, above: f64| {
            let (low, high) = (gain(shape, 50.0), gain(shape, 15_000.0));
            assert!((low - below).abs() < 3.0 && (high - above).abs() < 3.0, "{shape:?}: {low:.1} {high:.1}");
        };
        check(Shape::Low, 0.0, -57.0);
        check(Shape::High, -52.0, 0.0);
        check(Shape::LowShelf(12.0), 12.0, 0.0);
        check(Shape::HighShelf(-12.0), 0.0, -12.0);
        check(Shape::Peak(9.0), 0.0, 0.0);
        assert!((gain(Shape::Peak(9.0), 1_000.0) - 9.0).abs() < 0.1);
        assert!(gain(Shape::Band, 1_000.0).abs() < 0.1);
    }
}
