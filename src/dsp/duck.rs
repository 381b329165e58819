//! A duck: the sound steps back while something else has precedence, and comes back softly.

/// Gain of a sound that has stepped back: -12 dB.
pub const GAIN: f32 = 0.251_188_64;
/// Time in which it steps back, in seconds.
const DOWN_S: f32 = 0.01;
/// Time in which it comes back, in seconds.
const UP_S: f32 = 0.2;

/// The gain of a stereo sound, which runs straight from 1 to [`GAIN`] and back, sample by sample.
#[derive(Clone, Copy, Debug)]
pub struct Duck {
    gain: f32,
    /// Change of the gain with a sample.
    down: f32,
    up: f32,
}

impl Duck {
    /// At full gain, for `rate` samples a second.
    #[must_use]
    pub fn new(rate: f32) -> Self {
        let step = |seconds: f32| (1.0 - GAIN) / (seconds * rate.max(1.0));
        Self { gain: 1.0, down: step(DOWN_S), up: step(UP_S) }
    }

    /// Goes on for the next samples. A sound that need not step back is left as it is, bit for bit.
    pub fn run(&mut self, steps_back: bool, left: &mut [f32], right: &mut [f32]) {
        if !steps_back && self.gain == 1.0 {
            return;
        }
        for (left, right) in left.iter_mut().zip(right) {
            self.gain = if steps_back { (self.gain - self.down).max(GAIN) } else { (self.gain + self.up).min(1.0) };
            *left *= self.gain;
            *right *= self.gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(duck: &mut Duck, steps_back: bool, frames: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![1.0; frames], vec![1.0; frames]);
        duck.run(steps_back, &mut left, &mut right);
        assert_eq!(left, right);
        left
    }

    #[test]
    fn it_goes_down_in_ten_milliseconds_without_a_step_and_comes_back_whole() {
        let mut duck = Duck::new(48_000.0);
        assert_eq!(run(&mut duck, false, 100), [1.0; 100]);
        let down = run(&mut duck, true, 482);
        assert!(down.windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 0.002));
        assert!(down[470] > GAIN && down[481] == GAIN);
        let up = run(&mut duck, false, 9_700);
        assert!(up.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] - pair[0] < 0.002));
        assert_eq!(up[9_699], 1.0);
        assert_eq!(run(&mut duck, false, 100), [1.0; 100]);
    }

    #[test]
    fn any_split_into_blocks_gives_the_same_bits() {
        let (mut whole, mut split) = (Duck::new(44_100.0), Duck::new(44_100.0));
        let expected = [run(&mut whole, true, 900), run(&mut whole, false, 700)].concat();
        let mut got = Vec::new();
        for (steps_back, frames) in [(true, 1), (true, 299), (true, 600), (false, 64), (false, 636)] {
            got.extend(run(&mut split, steps_back, frames));
        }
        assert_eq!(got, expected);
    }
}
