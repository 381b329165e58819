//! How a held note lives: vibrato, tremolo and the sway of single partials, measured on its frames.
//!
//! Everything is measured about a trend of straight lines, so that decays and swells are no motion. Vibrato and tremolo
//! are regular, so they count by how much of the movement lies at one frequency. Sway is not: partials of ensembles beat
//! at random, so all movement slower than 16 Hz counts that is not the flutter of noise, which is as dense above.

mod course;

use std::ops::Range;

use super::frames::{Motion, NoteFrames, PARTIALS, SILENCE_DB, Swing, pitch_hz};
use course::{Course, RATE};

/// Motion is measured from here on: before, notes find their level and pitch.
const FIRST_FRAME: usize = 30;
/// Frames of a partial or a note from which on its motion begins to be known, and is fully known: 0.5 s and 1.2 s.
const KNOWN_FRAMES: [f32; 2] = [100.0, 240.0];
/// Rates in Hz at which pitch and level swing as a whole.
const VIBRATO_HZ: [f32; 2] = [2.0, 9.5];
const TREMOLO_HZ: [f32; 2] = [1.5, 14.0];
/// Share of the movement at one frequency from which on it begins to be taken for a swing, and fully is.
const REGULAR: [f32; 2] = [0.35, 0.65];
/// Range below a note's loudest partial in dB in which partials are followed, and the note as a whole.
const PARTIAL_RANGE_DB: f32 = 50.0;
const NOTE_RANGE_DB: f32 = 40.0;
/// A partial has to be in that range for this share of the time.
const MOSTLY: f32 = 0.8;
/// A partial's level is not believed to move further than this from its trend, in dB.
const FURTHEST_DB: f32 = 15.0;
/// Frames on each side over which levels are averaged to look for what they have in common.
const SMOOTHING: usize = 3;
/// So many partials of equal weight tell at least what they have in common from what one of them does.
const TOLD_APART: f32 = 1.6;

/// The motion of a note, as far as it is known.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The motion. Where something does not move, its rate and delay are those of [`Motion::STILL`].
    pub motion: Motion,
    /// How well vibrato and tremolo are known, 0..1: a short note does not show them.
    pub certainty: f32,
    /// The same for the sway of each partial, which has to be heard for it.
    pub sway_certainty: [f32; PARTIALS],
    /// The pitch deviation of each frame without the vibrato, in cents.
    pub steady_cents: Vec<f32>,
}

impl Measured {
    /// Measures a note that was let go `hold` frames after note-on. Takes a millisecond or two.
    #[must_use]
    pub fn of(note: &NoteFrames, hold: f32) -> Self {
        let mut measured = Self {
            motion: Motion::STILL,
            certainty: 0.0,
            sway_certainty: [0.0; PARTIALS],
            steady_cents: note.frames.iter().map(|frame| frame.cents).collect(),
        };
        let loudest = note.frames.iter().flat_map(|frame| frame.partial_db).fold(SILENCE_DB, f32::max);
        let held = held_frames(note, hold, loudest);
        measured.certainty = known(held.len());
        if measured.certainty > 0.0 {
            measured.read_vibrato(note, held.clone());
            measured.read_levels(note, held, loudest);
        }
        measured
    }

    fn read_vibrato(&mut self, note: &NoteFrames, held: Range<usize>) {
        let peak = Course::of(&self.steady_cents, held.clone()).spectrum(pitch_hz(note.pitch)).peak(VIBRATO_HZ);
        let regular = ramp(peak.share, REGULAR);
        if regular > 0.0 {
            let swing = Course::levelled(&self.steady_cents, held.clone()).swing(peak.hz);
            self.motion.vibrato = as_swing(&swing, held.start, peak.hz, regular);
            let cents = self.steady_cents[held].iter_mut();
            cents.zip(&swing).for_each(|(cents, [_, value])| *cents -= regular * value);
        }
    }

    fn read_levels(&mut self, note: &NoteFrames, held: Range<usize>, loudest: f32) {
        let partials: Vec<Partial> =
            (0..PARTIALS).filter_map(|slot| Partial::of(note, slot, held.clone(), loudest)).collect();
        let bandwidth = pitch_hz(note.pitch);
        let common = Common::of(&partials, held.clone(), |partial| &partial.course);
        let peak = common.course.spectrum(bandwidth).peak(TREMOLO_HZ);
        let regular = ramp(peak.share, REGULAR) * common.share;
        let mut swing = Vec::new();
        if regular > 0.0 {
            swing = common.course.swing(peak.hz);
            let levelled = Common::of(&partials, held.clone(), |partial| &partial.levelled).course;
            self.motion.tremolo = as_swing(&levelled.swing(peak.hz), held.start, peak.hz, regular);
        }
        for Partial { slot, mut course, .. } in partials {
            for (index, value) in course.values.iter_mut().enumerate() {
                let common = swing.get(index).map_or(0.0, |[_, value]| *value);
                *value -= regular * common;
            }
            let spectrum = course.spectrum(bandwidth);
            self.sway_certainty[slot] = known(course.values.len());
            self.motion.sway_db[slot] = (2.0 * spectrum.power()).sqrt();
            if self.motion.sway_db[slot] > 0.0 {
                self.motion.sway_hz[slot] = spectrum.middle_hz();
            }
        }
    }
}

/// How well motion is known from so many frames.
fn known(frames: usize) -> f32 {
    ramp(frames as f32, KNOWN_FRAMES)
}

fn ramp(value: f32, [none, full]: [f32; 2]) -> f32 {
    ((value - none) / (full - none)).clamp(0.0, 1.0)
}

/// The frames in which the note is held and sounds.
fn held_frames(note: &NoteFrames, hold: f32, loudest: f32) -> Range<usize> {
    // Windows of two periods and a little more must not reach past note-off.
    let margin = (1.2 * RATE / pitch_hz(note.pitch)).ceil() as usize + 2;
    let off = (hold.max(0.0) as usize).min(note.frames.len()).saturating_sub(margin);
    let sounds = |frame: &usize| note.frames[*frame].partial_db.iter().any(|&db| db > loudest - NOTE_RANGE_DB);
    let count = (FIRST_FRAME..off).take_while(sounds).count();
    FIRST_FRAME..FIRST_FRAME + count
}

/// What swings, from the depth and value of each frame from `first` on. A swing that is there as soon as it can be seen
/// has no delay.
fn as_swing(frames: &[[f32; 2]], first: usize, hz: f32, regular: f32) -> Swing {
    let mut depths: Vec<f32> = frames.iter().map(|[depth, _]| *depth).collect();
    depths.sort_by(f32::total_cmp);
    let full = depths[depths.len() * 3 / 4];
    let begun = frames.iter().position(|[depth, _]| *depth >= 0.5 * full).unwrap_or(0);
    let seen = (RATE / hz) as usize;
    let delay_s = if begun > seen { (first + begun) as f32 / RATE } else { 0.0 };
    let after = &frames[begun..];
    let mean = after.iter().map(|[depth, _]| depth).sum::<f32>() / after.len() as f32;
    Swing { depth: regular * mean, hz, delay_s }
}

/// A partial while it is heard.
struct Partial {
    slot: usize,
    /// Its level about its trend in dB.
    course: Course,
    /// The same about a straight line.
    levelled: Course,
    /// By loudness, above 0.
    weight: f32,
}

impl Partial {
    fn of(note: &NoteFrames, slot: usize, held: Range<usize>, loudest: f32) -> Option<Self> {
        let level: Vec<f32> = note.frames[..held.end].iter().map(|frame| frame.partial_db[slot]).collect();
        let heard = |frame: &usize| level[*frame] > loudest - PARTIAL_RANGE_DB;
        // A dip is not the end: partials that beat come back.
        let end = held.clone().rev().find(heard)? + 1;
        let frames = held.start..end;
        let mostly = frames.clone().filter(heard).count() as f32 >= MOSTLY * frames.len() as f32;
        if !note.slots.in_band[slot] || known(frames.len()) == 0.0 || !mostly {
            return None;
        }
        let mean = level[frames.clone()].iter().sum::<f32>() / frames.len() as f32;
        let levelled = Course::levelled(&level, frames.clone());
        let mut course = Course::of(&level, frames);
        course.values.iter_mut().for_each(|db| *db = db.clamp(-FURTHEST_DB, FURTHEST_DB));
        let weight = ((mean - loudest) / PARTIAL_RANGE_DB + 1.0).max(0.0).powi(2);
        (weight > 0.0).then_some(Self { slot, course, levelled, weight })
    }
}

/// What the levels of all partials have in common.
struct Common {
    course: Course,
    /// How much of it they share, 0..1; the rest is a mean of what each does for itself.
    share: f32,
}

impl Common {
    fn of(partials: &[Partial], held: Range<usize>, course: impl Fn(&Partial) -> &Course) -> Self {
        let (mut values, mut shared, mut all) = (Vec::with_capacity(held.len()), 0.0, 0.0);
        for frame in held.clone() {
            let (mut sum, mut own, mut weights, mut own_weights) = (0.0, 0.0, 1e-9, 0.0);
            for partial in partials.iter().filter(|&partial| frame < course(partial).end()) {
                let value = partial.weight * course(partial).around(frame, SMOOTHING);
                (sum, own) = (sum + value, own + value * value);
                (weights, own_weights) = (weights + partial.weight, own_weights + partial.weight.powi(2));
            }
            let value = sum / weights;
            values.push(value);
            // The mean product of different partials: what they do independently cancels.
            let others = weights * weights - own_weights;
            let tells = weights * weights >= TOLD_APART * own_weights;
            shared += if tells { (sum * sum - own) / others } else { value * value };
            all += value * value;
        }
        Self { course: Course { first: held.start, values }, share: (shared / (all + 1e-9)).clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::analysis::frames::{Frame, Slots};

    /// A note of twelve partials, held for 2.5 s, whose levels fall by 1.5 dB from one to the next and move by `db`
    /// (partial from 0, time); the pitch by `cents`.
    fn note(db: impl Fn(usize, f32) -> f32, cents: impl Fn(f32) -> f32) -> NoteFrames {
        let frame = |number: usize| {
            let t = number as f32 / RATE;
            let mut frame = Frame { cents: cents(t), ..Frame::SILENT };
            (0..12).for_each(|k| frame.partial_db[k] = -20.0 - 1.5 * k as f32 + db(k, t));
            frame
        };
        let slots = Slots { cents: [0.0; PARTIALS], in_band: [true; PARTIALS] };
        NoteFrames { pitch: 60.0, slots, frames: (0..640).map(frame).collect() }
    }

    fn measured(db: impl Fn(usize, f32) -> f32, cents: impl Fn(f32) -> f32) -> Measured {
        Measured::of(&note(db, cents), 500.0)
    }

    fn sine(hz: f32, t: f32, phase: f32) -> f32 {
        (TAU * (hz * t + phase)).sin()
    }

    /// Noise in -1..1 that is the same for the same numbers.
    fn noise(k: usize, t: f32) -> f32 {
        let mut z = ((k as u64) << 32 | u64::from(t.to_bits())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / 8_388_608.0 - 1.0
    }

    #[test]
    fn a_note_that_decays_or_swells_stands_still() {
        for fall in [0.0, 8.0, 30.0, -6.0] {
            let decay = |k: usize, t: f32| -fall * t * (1.0 + 0.1 * k as f32) - 10.0 * (-6.0 * t).exp();
            let found = measured(decay, |t| 20.0 * (-8.0 * t).exp());
            let Motion { vibrato, tremolo, sway_db, .. } = &found.motion;
            assert!(vibrato.depth < 0.5 && tremolo.depth < 0.1, "{fall}: {vibrato:?} {tremolo:?}");
            assert!(sway_db.iter().all(|&db| db < 0.15), "{fall}: {sway_db:?}");
            assert!(found.certainty > 0.5);
        }
    }

    #[test]
    fn vibrato_is_measured_and_taken_out_of_the_pitch() {
        for (depth, hz, delay) in [(20.0, 5.5, 0.0), (35.0, 4.3, 0.8), (60.0, 7.0, 0.0), (8.0, 6.2, 0.5)] {
            let rise = |t: f32| if delay == 0.0 { 1.0 } else { ((t - delay) / 0.3 + 0.5).clamp(0.0, 1.0) };
            let found = measured(|_, _| 0.0, |t| 4.0 + depth * rise(t) * sine(hz, t, 0.3) + 2.0 * noise(0, t));
            let vibrato = found.motion.vibrato;
            assert!((vibrato.depth / depth - 1.0).abs() < 0.15, "{depth}: {vibrato:?}");
            assert!((vibrato.hz - hz).abs() < 0.15 && (vibrato.delay_s - delay).abs() < 0.15, "{delay}: {vibrato:?}");
            let left = found.steady_cents[80..470].iter().map(|cents| (cents - 4.0).abs()).sum::<f32>() / 390.0;
            assert!(left < 0.12 * depth + 1.5, "{left} of {depth} cents are left");
            assert_eq!(found.motion.tremolo.depth, 0.0);
        }
    }

    #[test]
    fn a_pitch_that_wanders_has_no_vibrato() {
        let found = measured(|_, _| 0.0, |t| 15.0 * noise(0, t));
        assert!(found.motion.vibrato.depth < 3.0, "{:?}", found.motion.vibrato);
    }

    #[test]
    fn tremolo_is_what_all_partials_do_together() {
        for (depth, hz) in [(4.0, 5.5), (1.0, 8.0), (2.5, 3.0)] {
            let found = measured(|k, t| depth * sine(hz, t, 0.1) + 0.5 * noise(k, t) - 6.0 * t, |_| 0.0);
            let Motion { tremolo, sway_db, .. } = &found.motion;
            assert!((tremolo.depth / depth - 1.0).abs() < 0.15 && (tremolo.hz - hz).abs() < 0.15, "{tremolo:?}");
            assert!(sway_db[..12].iter().all(|&db| db < 0.1 * depth + 0.2), "{sway_db:?}");
            assert_eq!(found.motion.vibrato.depth, 0.0);
        }
    }

    #[test]
    fn sway_is_what_each_partial_does_for_itself() {
        let rate = |k: usize| 2.6 + 0.37 * k as f32;
        let found = measured(|k, t| 3.0 * sine(rate(k), t, 0.21 * k as f32), |_| 0.0);
        let Motion { tremolo, sway_db, sway_hz, .. } = &found.motion;
        assert!(tremolo.depth < 0.4, "{tremolo:?}");
        for k in 0..12 {
            assert!((sway_db[k] - 3.0).abs() < 0.8 && (sway_hz[k] - rate(k)).abs() < 0.3, "{sway_db:?} {sway_hz:?}");
        }
        assert!(found.sway_certainty[..12].iter().all(|&known| known == 1.0));
        assert!(found.sway_certainty[12..].iter().all(|&known| known == 0.0));
    }

    #[test]
    fn the_flutter_of_noise_is_no_sway() {
        let found = measured(|k, t| 8.0 * noise(k, t), |_| 0.0);
        assert!(found.motion.sway_db.iter().sum::<f32>() / 12.0 < 1.0, "{:?}", found.motion.sway_db);
        assert!(found.motion.tremolo.depth < 0.3, "{:?}", found.motion.tremolo);
    }

    #[test]
    fn short_notes_tell_nothing_and_any_note_gives_numbers() {
        let moving = note(|_, t| 3.0 * sine(6.0, t, 0.0), |_| 0.0);
        let short = Measured::of(&moving, 60.0);
        assert_eq!((short.motion, short.certainty), (Motion::STILL, 0.0));
        for (frames, hold) in [(0, 0.0), (1, 5.0), (31, 500.0), (640, f32::INFINITY), (640, -1.0)] {
            let mut note = moving.clone();
            note.frames.truncate(frames);
            let found = Measured::of(&note, hold);
            assert_eq!(found.steady_cents.len(), frames);
            assert!(found.motion.sway_db.iter().chain(&found.motion.sway_hz).all(|value| value.is_finite()));
        }
    }
}
