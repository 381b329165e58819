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
/// The shortest attack of a note whose times were changed after it began, in seconds: it is heard in full swing.
const CHANGED_ATTACK_SECONDS: f32 = 0.010;
/// The steepest fall of such a note, in dB per second.
const CHANGED_FALL_DB: f32 = 2_000.0;
/// What a decay without a sustain level falls by in its time, in dB.
const ENDLESS_DECAY_DB: f32 = -60.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Attack,
    Decay,
    Release,
}

/// Linear attack, exponential decay and release. The first sample is above zero. One per voice; no allocation; where it
/// rests it costs next to nothing.
#[derive(Clone, Debug)]
pub struct Envelope {
    rate: f32,
    stage: Stage,
    level: f32,
    /// The times with which the note began.
    first: Option<EnvelopeTimes>,
    /// What [`Envelope::slopes`] were made for, and whether it is not `first`.
    times: Option<(EnvelopeTimes, bool)>,
    slopes: Slopes,
}

impl Envelope {
    /// An envelope at the start of its attack, at `rate` samples a second.
    #[must_use]
    pub fn new(rate: f32) -> Self {
        Self { rate, stage: Stage::Attack, level: 0.0, first: None, times: None, slopes: Slopes::NONE }
    }

    /// Starts again from nothing.
    pub fn start(&mut self) {
        (self.stage, self.level, self.first) = (Stage::Attack, 0.0, None);
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

    /// Writes the next levels, 0..1. The times hold for all of them.
    pub fn next(&mut self, times: &EnvelopeTimes, levels: &mut [f32]) {
        let now = (*times, *self.first.get_or_insert(*times) != *times);
        if self.times != Some(now) {
            (self.times, self.slopes) = (Some(now), Slopes::of(times, now.1, self.rate));
        }
        let mut made = 0;
        while made < levels.len() {
            made += self.advance(&mut levels[made..]);
        }
    }

    /// Writes levels until the slope changes, at most [`STRETCH`], and says how many.
    fn advance(&mut self, levels: &mut [f32]) -> usize {
        let length = levels.len().min(STRETCH);
        let levels = &mut levels[..length];
        let (from, slopes) = (self.level, &self.slopes);
        match self.stage {
            Stage::Attack => {
                line(levels, from, slopes.rise, 1.0);
                if let Some(top) = levels.iter().position(|&level| level >= 1.0) {
                    (self.stage, self.level) = (Stage::Decay, 1.0);
                    return top + 1;
                }
            }
            // A sustain level that was raised is approached at the pace of the click guard.
            Stage::Decay if from < slopes.floor => line(levels, from, slopes.lift, slopes.floor),
            Stage::Decay if from == slopes.floor => levels.fill(from),
            Stage::Decay => fall(levels, from, &slopes.decay, slopes.floor),
            Stage::Release => fall(levels, from, &slopes.release, 0.0),
        }
        self.level = levels[length - 1];
        length
    }
}

/// Most levels that are made at once.
const STRETCH: usize = 32;

/// What each stage does, made anew only when the times change.
#[derive(Clone, Debug)]
struct Slopes {
    /// Rise per sample of the attack, and of the way up to a sustain level that was raised.
    rise: f32,
    lift: f32,
    /// The sustain level.
    floor: f32,
    /// What is left of a level after 1, 2, 3 ... samples.
    decay: [f32; STRETCH],
    release: [f32; STRETCH],
}

impl Slopes {
    const NONE: Self = Self { rise: 0.0, lift: 0.0, floor: 0.0, decay: [1.0; STRETCH], release: [1.0; STRETCH] };

    /// Times that are `changed` under a sounding note make no click, however short.
    fn of(times: &EnvelopeTimes, changed: bool, rate: f32) -> Self {
        let (shortest, steepest) =
            if changed { (CHANGED_ATTACK_SECONDS, CHANGED_FALL_DB) } else { (GUARD_SECONDS, f32::INFINITY) };
        let fall = |decibels: f32| powers(decibels.max(-steepest / rate));
        let per_sample = |seconds: f32| 1.0 / (seconds * rate).max(1.0);
        let endless = times.sustain_db == f32::NEG_INFINITY;
        let depth = if endless { ENDLESS_DECAY_DB } else { times.sustain_db.min(0.0) };
        Self {
            rise: per_sample(times.attack.max(shortest)),
            lift: per_sample(GUARD_SECONDS * 10.0),
            floor: if endless { 0.0 } else { amplitude(depth) },
            decay: fall(depth * per_sample(times.decay)),
            release: fall(-60.0 * per_sample(times.release)),
        }
    }
}

/// What is left after 1, 2, 3 ... samples of a fall by `decibels` per sample.
fn powers(decibels: f32) -> [f32; STRETCH] {
    let factor = 10.0_f64.powf(f64::from(decibels) / 20.0);
    let mut left = 1.0;
    std::array::from_fn(|_| {
        left *= factor;
        left as f32
    })
}

fn line(levels: &mut [f32], from: f32, step: f32, to: f32) {
    for (n, level) in levels.iter_mut().enumerate() {
        *level = (from + step * (n + 1) as f32).min(to);
    }
}

fn fall(levels: &mut [f32], from: f32, left: &[f32; STRETCH], floor: f32) {
    for (level, left) in levels.iter_mut().zip(left) {
        *level = (from * left).max(floor);
    }
}

fn amplitude(decibels: f32) -> f32 {
    10.0_f32.powf(decibels / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: EnvelopeTimes = EnvelopeTimes { attack: 0.1, decay: 0.2, sustain_db: -20.0, release: 0.3 };

    fn render(envelope: &mut Envelope, times: &EnvelopeTimes, samples: usize) -> Vec<f32> {
        let mut levels = vec![f32::NAN; samples];
        envelope.next(times, &mut levels);
        levels
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

    /// The envelope one sample at a time, in double precision.
    fn reference(times: &EnvelopeTimes, rate: f64, released_at: usize, samples: usize) -> Vec<f64> {
        let db = |decibels: f64| 10.0_f64.powf(decibels / 20.0);
        let (mut level, mut rising) = (0.0_f64, true);
        let mut next = |n: usize| {
            let sustain = f64::from(times.sustain_db);
            if n >= released_at {
                level *= db(-60.0 / (f64::from(times.release) * rate));
            } else if rising {
                level = (level + 1.0 / (f64::from(times.attack) * rate)).min(1.0);
                rising = level < 1.0 - 1e-9;
            } else {
                level = (level * db(sustain / (f64::from(times.decay) * rate))).max(db(sustain));
            }
            level
        };
        (0..samples).map(&mut next).collect()
    }

    #[test]
    fn levels_are_those_of_one_sample_at_a_time_in_any_split() {
        // The attack ends between two samples, so that rounding decides nothing.
        let times = EnvelopeTimes { attack: 0.0953, ..TIMES };
        for split in [1, 3, 16, 29, 32, 700] {
            let mut envelope = Envelope::new(1_000.0);
            let mut made = Vec::new();
            for start in (0..700).step_by(split) {
                if start >= 450 && !envelope.is_released() {
                    envelope.release();
                }
                made.extend(render(&mut envelope, &times, split.min(700 - start)));
            }
            let released_at = 450_usize.next_multiple_of(split);
            let expected = reference(&times, 1_000.0, released_at, 700);
            for (n, (made, expected)) in made.iter().zip(&expected).enumerate() {
                assert!((f64::from(*made) - expected).abs() < 2e-6, "split {split}, sample {n}: {made} {expected}");
            }
        }
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

    #[test]
    fn times_that_become_very_short_under_a_note_make_no_jump() {
        let shortest = EnvelopeTimes { attack: 0.0, decay: 0.0, sustain_db: f32::NEG_INFINITY, release: 0.0 };
        for (before, released) in [(480, false), (9_600, false), (9_600, true)] {
            let mut envelope = Envelope::new(48_000.0);
            let held = render(&mut envelope, &TIMES, before);
            if released {
                envelope.release();
            }
            let after = render(&mut envelope, &shortest, 9_600);
            let levels: Vec<f32> = [held.last().copied().unwrap()].into_iter().chain(after).collect();
            assert!(levels.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.005), "{before} {released}");
            assert!(levels[9_600] < 1e-5, "it still gets there");
        }
    }
}
