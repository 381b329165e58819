//! The amplitude envelope that a player lays over a note.

/// What the envelope does, in the units of its maker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnvelopeTimes {
    /// Rise from nothing to full level, in seconds. Never shorter than [`GUARD_SECONDS`].
    pub attack: f32,
    /// Fall from full level to `sustain_db`, in seconds.
    pub decay: f32,
    /// Level held, in dB; `f32::NEG_INFINITY` goes on falling.
    pub sustain_db: f32,
    /// Fall by 60 dB once released, in seconds.
    pub release: f32,
}

/// The shortest attack, in seconds: short enough to pass for none, long enough to be no click.
pub const GUARD_SECONDS: f32 = 0.001;
/// What a decay without a sustain level falls by in its time, in dB.
const ENDLESS_DECAY_DB: f32 = -60.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Attack,
    Decay,
    Release,
}

/// Linear attack, exponential decay and release. The first sample is above zero. One per voice; no allocation.
#[derive(Clone, Debug)]
pub struct Envelope {
    rate: f32,
    stage: Stage,
    level: f32,
}

impl Envelope {
    /// An envelope at the start of its attack, at `rate` samples a second.
    #[must_use]
    pub fn new(rate: f32) -> Self {
        Self { rate, stage: Stage::Attack, level: 0.0 }
    }

    /// Starts again from nothing.
    pub fn start(&mut self) {
        *self = Self::new(self.rate);
    }

    /// Lets go.
    pub fn release(&mut self) {
        self.stage = Stage::Release;
    }

    /// Whether [`Envelope::release`] was called.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.stage == Stage::Release
    }

    /// Whether full level was reached.
    #[must_use]
    pub fn is_past_attack(&self) -> bool {
        self.stage != Stage::Attack
    }

    /// Level reached, 0..1.
    #[must_use]
    pub fn level(&self) -> f32 {
        self.level
    }

    /// Multiplies the stereo `samples` by the next levels. The times hold for these samples.
    pub fn apply(&mut self, times: &EnvelopeTimes, left: &mut [f32], right: &mut [f32]) {
        let mut position = 0;
        let length = left.len().min(right.len());
        while position < length {
            let stage = self.stage;
            let slope = self.slope(times);
            while position < length && self.stage == stage {
                self.step(slope);
                left[position] *= self.level;
                right[position] *= self.level;
                position += 1;
            }
        }
    }

    fn slope(&self, times: &EnvelopeTimes) -> Slope {
        let per_sample = |decibels: f32, seconds: f32| amplitude(decibels / (seconds * self.rate).max(1.0));
        match self.stage {
            Stage::Attack => Slope { add: 1.0 / (times.attack.max(GUARD_SECONDS) * self.rate).max(1.0), ..Slope::NONE },
            Stage::Decay => {
                let endless = times.sustain_db == f32::NEG_INFINITY;
                let fall = if endless { ENDLESS_DECAY_DB } else { times.sustain_db.min(0.0) };
                let floor = if endless { 0.0 } else { amplitude(fall) };
                // A sustain level that was raised is approached at the pace of the click guard.
                let add = if self.level < floor { 1.0 / (GUARD_SECONDS * 10.0 * self.rate).max(1.0) } else { 0.0 };
                Slope { add, factor: per_sample(fall, times.decay), floor }
            }
            Stage::Release => Slope { factor: per_sample(-60.0, times.release), ..Slope::NONE },
        }
    }

    #[inline]
    fn step(&mut self, slope: Slope) {
        match self.stage {
            Stage::Attack => {
                self.level += slope.add;
                if self.level >= 1.0 {
                    self.level = 1.0;
                    self.stage = Stage::Decay;
                }
            }
            Stage::Decay if self.level < slope.floor => self.level = (self.level + slope.add).min(slope.floor),
            Stage::Decay => self.level = (self.level * slope.factor).max(slope.floor),
            Stage::Release => self.level *= slope.factor,
        }
    }
}

#[derive(Clone, Copy)]
struct Slope {
    add: f32,
    factor: f32,
    floor: f32,
}

impl Slope {
    const NONE: Self = Self { add: 0.0, factor: 1.0, floor: 0.0 };
}

fn amplitude(decibels: f32) -> f32 {
    10.0_f32.powf(decibels / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: EnvelopeTimes = EnvelopeTimes { attack: 0.1, decay: 0.2, sustain_db: -20.0, release: 0.3 };

    fn render(envelope: &mut Envelope, times: &EnvelopeTimes, samples: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![1.0; samples], vec![1.0; samples]);
        envelope.apply(times, &mut left, &mut right);
        assert_eq!(left, right);
        left
    }

    #[test]
    fn each_stage_takes_its_time() {
        let mut envelope = Envelope::new(1_000.0);
        let held = render(&mut envelope, &TIMES, 500);
        assert!(held[0] > 0.0);
        assert!((held[50] - 0.5).abs() < 0.02, "{}", held[50]);
        assert!((held[99] - 1.0).abs() < 0.02);
        assert!((20.0 * held[200].log10() + 10.0).abs() < 0.3, "half of the decay");
        assert!((held[499] - 0.1).abs() < 1e-3);
        envelope.release();
        let released = render(&mut envelope, &TIMES, 300);
        assert!((20.0 * released[299].log10() + 80.0).abs() < 0.5);
    }

    #[test]
    fn any_split_gives_the_same_levels() {
        let mut whole = Envelope::new(1_000.0);
        let expected = render(&mut whole, &TIMES, 700);
        let mut split = Envelope::new(1_000.0);
        let parts: Vec<f32> = [1, 99, 150, 0, 250, 200].iter().flat_map(|&n| render(&mut split, &TIMES, n)).collect();
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_decay_without_sustain_goes_on_to_nothing() {
        let mut envelope = Envelope::new(1_000.0);
        let times = EnvelopeTimes { sustain_db: f32::NEG_INFINITY, ..TIMES };
        assert!(render(&mut envelope, &times, 2_000)[1_999] < 1e-5);
    }

    #[test]
    fn a_sustain_raised_while_held_is_reached_without_a_jump() {
        let mut envelope = Envelope::new(48_000.0);
        render(&mut envelope, &TIMES, 48_000);
        let raised = render(&mut envelope, &EnvelopeTimes { sustain_db: 0.0, ..TIMES }, 4_800);
        assert!((raised[4_799] - 1.0).abs() < 1e-6);
        assert!(raised.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }
}
