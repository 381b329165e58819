//! What moves a held note by itself: vibrato, tremolo, and the sway of each partial, about the course of its frames.
//! Partials sway as [`beating`] does.

use crate::analysis::frames::{Frame, Motion, PARTIALS, Swing};
use crate::dsp::beating::{self, sane_hz, wrap};
use crate::dsp::kernel::cosine_of_turns;
use crate::dsp::level::Level;
use crate::dsp::random;

/// Sway comes in over this time from note-on, in seconds, and leaves the attack alone.
const SWAY_IN_SECONDS: f32 = 0.3;
/// The rate of a sway wanders, so that it never repeats, with a period between these, in seconds, drawn for each partial.
const WANDER_SECONDS: [f32; 2] = [5.0, 13.0];
/// Seed offsets of sway and wander.
const SWAY_SEED: u32 = 0x7377_6179;
const WANDER_SEED: u32 = 0x7761_6E64;

/// The slow oscillators of one note, stepping from frame to frame. Owned by its voice; no allocation. A step costs some
/// 0.1 us.
#[derive(Clone, Debug)]
pub(super) struct SlowOscillators {
    level: Level,
    frame_seconds: f32,
    seconds: f32,
    /// Phases in turns; vibrato and tremolo from 0, sway and its wander within half a turn.
    vibrato: f32,
    tremolo: f32,
    sway: [f32; PARTIALS],
    wander: [f32; PARTIALS],
    wander_step: [f32; PARTIALS],
}

impl SlowOscillators {
    /// Oscillators at the start of a note, for frames this far apart.
    pub(super) fn new(level: Level, frame_seconds: f32) -> Self {
        let zero = [0.0; PARTIALS];
        let mut made = Self {
            level,
            frame_seconds,
            seconds: 0.0,
            vibrato: 0.0,
            tremolo: 0.0,
            sway: zero,
            wander: zero,
            wander_step: zero,
        };
        made.start(0);
        made
    }

    /// Begins a note: at its first frame nothing is moved yet. `seed` settles where each partial's sway begins.
    pub(super) fn start(&mut self, seed: u32) {
        (self.seconds, self.vibrato, self.tremolo) = (0.0, 0.0, 0.0);
        let [shortest, longest] = WANDER_SECONDS;
        for k in 0..PARTIALS {
            self.sway[k] = 0.5 * random::bipolar(seed ^ SWAY_SEED, k as u32);
            self.wander[k] = 0.5 * random::bipolar(seed ^ WANDER_SEED, k as u32);
            let share = 0.5 + 0.5 * random::bipolar(seed ^ WANDER_SEED, (PARTIALS + k) as u32);
            self.wander_step[k] = self.frame_seconds / (shortest + share * (longest - shortest));
        }
    }

    /// Moves `frame` by `amount` (1 as the motion says) and steps on to the next frame.
    pub(super) fn move_frame(&mut self, motion: &Motion, amount: f32, frame: &mut Frame) {
        frame.cents += amount * swing(&motion.vibrato, self.vibrato, self.seconds);
        let tremolo = amount * swing(&motion.tremolo, self.tremolo, self.seconds);
        let sway = amount * smoothstep(self.seconds / SWAY_IN_SECONDS);
        beating::add(self.level, &motion.sway_db, sway, &self.sway, tremolo, &mut frame.partial_db);
        frame.noise_db.iter_mut().for_each(|level| *level += tremolo);
        self.step(motion);
    }

    fn step(&mut self, motion: &Motion) {
        let turn = |phase: f32, hz: f32| wrap(phase + sane_hz(hz) * self.frame_seconds);
        self.vibrato = turn(self.vibrato, motion.vibrato.hz);
        self.tremolo = turn(self.tremolo, motion.tremolo.hz);
        let (wander, sway) = (&mut self.wander, &mut self.sway);
        beating::turn(self.level, &motion.sway_hz, &self.wander_step, self.frame_seconds, wander, sway);
        self.seconds += self.frame_seconds;
    }
}

/// The deviation of a swing at `phase`, in its own unit.
fn swing(swing: &Swing, phase: f32, seconds: f32) -> f32 {
    let depth = swing.depth * smoothstep(seconds / (2.0 * swing.delay_s).max(f32::MIN_POSITIVE));
    // A sine, that is, a cosine a quarter turn late.
    depth * cosine_of_turns(wrap(phase + 0.75))
}

/// 0 to 1 with level ends, half-way at 0.5.
fn smoothstep(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: f32 = 0.005;

    fn course(motion: &Motion, amount: f32, seed: u32, frames: usize) -> Vec<Frame> {
        let mut oscillators = SlowOscillators::new(Level::detect(), FRAME);
        oscillators.start(seed);
        let still = Frame { partial_db: [-20.0; PARTIALS], noise_db: [-50.0; 48], cents: 3.0 };
        let mut at = || {
            let mut frame = still.clone();
            oscillators.move_frame(motion, amount, &mut frame);
            frame
        };
        (0..frames).map(|_| at()).collect()
    }

    fn swaying(db: f32) -> Motion {
        Motion { sway_db: [db; PARTIALS], ..Motion::STILL }
    }

    #[test]
    fn a_note_that_stands_still_or_is_told_to_is_left_as_it_is() {
        let all = Motion {
            vibrato: Swing { depth: 30.0, hz: 5.0, delay_s: 0.2 },
            tremolo: Swing { depth: 3.0, hz: 5.0, delay_s: 0.2 },
            ..swaying(4.0)
        };
        for frames in [course(&Motion::STILL, 1.0, 1, 400), course(&all, 0.0, 1, 400)] {
            assert!(frames.iter().all(|frame| *frame == frames[0]));
        }
    }

    #[test]
    fn vibrato_and_tremolo_are_the_sines_that_the_motion_names() {
        let vibrato = Swing { depth: 20.0, hz: 5.5, delay_s: 0.4 };
        let tremolo = Swing { depth: 2.0, hz: 4.0, delay_s: 0.0 };
        let made = course(&Motion { vibrato, tremolo, ..Motion::STILL }, 1.5, 1, 800);
        for (n, frame) in made.iter().enumerate() {
            let t = n as f64 * f64::from(FRAME);
            let x = (t / 0.8).min(1.0);
            let cents = 3.0 + 30.0 * x * x * (3.0 - 2.0 * x) * (std::f64::consts::TAU * 5.5 * t).sin();
            assert!((f64::from(frame.cents) - cents).abs() < 0.02, "{t} s: {} {cents}", frame.cents);
            let db = 3.0 * (std::f64::consts::TAU * 4.0 * t).sin();
            assert!((f64::from(frame.partial_db[7]) + 20.0 - db).abs() < 2e-3);
            assert!((f64::from(frame.noise_db[7]) + 50.0 - db).abs() < 2e-3);
        }
    }

    #[test]
    fn sway_leaves_the_attack_alone_keeps_the_mean_and_goes_its_own_way_in_each_partial() {
        let made = course(&swaying(4.0), 1.0, 5, 12_000);
        let of = |k: usize| made.iter().map(move |frame| f64::from(frame.partial_db[k]) + 20.0);
        assert!((0..PARTIALS).all(|k| made[0].partial_db[k] == -20.0 && (made[5].partial_db[k] + 20.0).abs() < 0.1));
        for k in 0..PARTIALS {
            let mean = of(k).sum::<f64>() / 12_000.0;
            let power = of(k).map(|db| db * db).sum::<f64>() / 12_000.0;
            assert!(mean.abs() < 0.2 && (power - 8.0).abs() < 0.8, "{k}: mean {mean}, power {power}");
        }
        let together = |k: usize| of(k).zip(of((k + 1) % PARTIALS)).map(|(a, b)| a * b).sum::<f64>() / 12_000.0 / 8.0;
        let correlation = (0..PARTIALS).map(|k| together(k).abs()).sum::<f64>() / PARTIALS as f64;
        assert!(correlation < 0.3, "{correlation}");
    }

    #[test]
    fn sway_never_repeats_and_another_seed_is_another_course() {
        let made = course(&swaying(4.0), 1.0, 5, 4_000);
        let period = 200;
        let apart = |a: usize, b: usize| {
            (0..PARTIALS).map(|k| (made[a].partial_db[k] - made[b].partial_db[k]).abs()).sum::<f32>() / PARTIALS as f32
        };
        assert!((1..18).all(|loops| apart(100, 100 + loops * period) > 0.2));
        assert_ne!(course(&swaying(4.0), 1.0, 6, 400)[399], made[399]);
        assert_eq!(course(&swaying(4.0), 1.0, 5, 400)[399], made[399]);
    }

    #[test]
    fn rates_that_are_no_numbers_do_no_lasting_harm() {
        let mut oscillators = SlowOscillators::new(Level::detect(), FRAME);
        let mut bad = swaying(4.0);
        for hz in [f32::NAN, f32::INFINITY, -1.0, 1e30] {
            bad.sway_hz = [hz; PARTIALS];
            bad.vibrato.hz = hz;
            bad.tremolo.hz = hz;
            oscillators.move_frame(&bad, 1.0, &mut Frame::SILENT.clone());
        }
        let mut frame = Frame::SILENT;
        oscillators.move_frame(&swaying(4.0), 1.0, &mut frame);
        assert!(frame.partial_db.iter().chain([&frame.cents]).all(|value| value.is_finite()));
    }
}
