//! When a recorded note was let go, told from the course of its level.

use super::frames::{ANALYSIS_HOP, ANALYSIS_RATE, Frame, NOISE_BANDS, NoteFrames, PARTIALS, SILENCE_DB};

/// Analysis frames per second.
const FRAME_RATE: f32 = ANALYSIS_RATE as f32 / ANALYSIS_HOP as f32;
/// No note is taken to be let go before this, in frames: a damped attack falls off as a release does. 0.25 s.
const EARLIEST: usize = 50;
/// The slope before a moment is read over this many frames, the fall after it over as many: 0.1 s.
const SPAN: usize = 20;
/// A note-off makes the level fall by this much more within [`SPAN`] than its slope foretold, in dB.
const LEAST_FALL: f32 = 5.0;
/// After it the note ends at least this far below, in dB.
const LEAST_DROP: f32 = 20.0;
/// Below the note's loudest moment by this much there is no note left to let go, in dB.
const QUIETEST: f32 = 40.0;
/// The further course of a note is read from this many frames before its end: 0.3 s.
const TREND: usize = 60;
/// The steepest further course, in dB per frame: 60 dB/s.
const STEEPEST: f32 = -60.0 / FRAME_RATE;

/// The frame in which `note` was let go: where its level breaks off for good, faster than its own decay foretold.
/// `None` where nothing tells of it: the note rings out, or the recording ends first.
#[must_use]
pub fn note_off(note: &NoteFrames) -> Option<usize> {
    let level = smooth(&note.frames.iter().map(level_db).collect::<Vec<_>>());
    let last = level.len().checked_sub(SPAN + 1)?;
    let peak = level.iter().copied().fold(SILENCE_DB, f32::max);
    let end = level[level.len() - SPAN / 2..].iter().copied().fold(SILENCE_DB, f32::max);
    let break_at = |at: usize| {
        // A note that grows is not foretold to grow on.
        let slope = slope(&level[at - SPAN..=at]).min(0.0);
        let fall = level[at] + slope * SPAN as f32 - level[at + SPAN];
        let stays_down = level[at + SPAN..].iter().all(|&later| later < level[at] - LEAST_FALL);
        let ends = end < level[at] - LEAST_DROP;
        (level[at] > peak - QUIETEST && fall > LEAST_FALL && stays_down && ends).then_some(fall)
    };
    let breaks = (EARLIEST.max(SPAN)..last).filter_map(|at| Some((at, break_at(at)?)));
    breaks.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

/// `note` as it would have gone on for `count` frames had it not been let go in frame `off`: each level along its own
/// line, never rising.
#[must_use]
pub fn held_on(note: &NoteFrames, off: usize, count: usize) -> NoteFrames {
    let mut held = note.clone();
    held.frames.truncate(off.max(1));
    let Some(last) = held.frames.last().cloned() else { return held };
    let trend = &held.frames[held.frames.len().saturating_sub(TREND)..];
    let along = |of: &dyn Fn(&Frame) -> f32| {
        let levels: Vec<f32> = trend.iter().map(of).collect();
        slope(&levels).clamp(STEEPEST, 0.0)
    };
    let partials: [f32; PARTIALS] = std::array::from_fn(|slot| along(&|frame| frame.partial_db[slot]));
    let noise: [f32; NOISE_BANDS] = std::array::from_fn(|band| along(&|frame| frame.noise_db[band]));
    for later in 1..=count.saturating_sub(held.frames.len()) {
        let fallen = |db: f32, slope: f32| (db + slope * later as f32).max(SILENCE_DB);
        held.frames.push(Frame {
            partial_db: std::array::from_fn(|slot| fallen(last.partial_db[slot], partials[slot])),
            noise_db: std::array::from_fn(|band| fallen(last.noise_db[band], noise[band])),
            cents: last.cents,
        });
    }
    held
}

/// Power of a frame in dB.
fn level_db(frame: &Frame) -> f32 {
    let power = |db: &f32| 10.0_f32.powf(db / 10.0);
    let sum = 0.5 * frame.partial_db.iter().map(power).sum::<f32>() + frame.noise_db.iter().map(power).sum::<f32>();
    10.0 * (sum + 1e-14).log10()
}

/// The median of three, so that a single frame breaks nothing.
fn smooth(level: &[f32]) -> Vec<f32> {
    let at = |index: usize| {
        let mut three = [level[index.saturating_sub(1)], level[index], level[(index + 1).min(level.len() - 1)]];
        three.sort_by(f32::total_cmp);
        three[1]
    };
    (0..level.len()).map(at).collect()
}

/// Slope per step of the straight line that fits best.
fn slope(values: &[f32]) -> f32 {
    let middle = (values.len() as f32 - 1.0) / 2.0;
    let (mut sum, mut squares) = (0.0, 1e-9);
    for (index, value) in values.iter().enumerate() {
        let distance = index as f32 - middle;
        (sum, squares) = (sum + distance * value, squares + distance * distance);
    }
    sum / squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::Slots;

    /// A note whose level over time in seconds is `db`, two seconds long.
    fn note(db: impl Fn(f32) -> f32) -> NoteFrames {
        let frame = |number: usize| {
            let mut frame = Frame::SILENT;
            frame.partial_db[0] = db(number as f32 / FRAME_RATE);
            frame.noise_db[9] = frame.partial_db[0] - 30.0;
            frame
        };
        let slots = Slots { cents: [0.0; PARTIALS], in_band: [true; PARTIALS] };
        NoteFrames { pitch: 60.0, slots, frames: (0..400).map(frame).collect() }
    }

    #[test]
    fn a_note_that_breaks_off_was_let_go_there_whatever_it_did_before() {
        for (before, after) in [(0.0, 150.0), (12.0, 100.0), (30.0, 400.0), (-3.0, 90.0)] {
            let course = |t: f32| -10.0 - before * t.min(1.2) - after * (t - 1.2).max(0.0);
            let off = note_off(&note(course)).expect("it breaks off");
            assert!(off.abs_diff(240) <= 2, "{off} with {before} and {after} dB/s");
        }
    }

    #[test]
    fn a_note_that_rings_out_trembles_or_is_cut_was_not_let_go() {
        assert_eq!(note_off(&note(|t| -10.0 - 40.0 * t)), None);
        assert_eq!(note_off(&note(|t| -60.0 + 50.0 * (-3.0 * t).exp())), None, "an attack that settles");
        assert_eq!(note_off(&note(|t| -20.0 + 6.0 * (30.0 * t).sin())), None);
        assert_eq!(note_off(&note(|_| -20.0)), None);
    }

    #[test]
    fn a_held_note_goes_on_along_its_line() {
        let note = note(|t| -10.0 - 12.0 * t.min(1.0) - 200.0 * (t - 1.0).max(0.0));
        let held = held_on(&note, 200, 500);
        assert_eq!(held.frames.len(), 500);
        assert!((held.frames[499].partial_db[0] - (-10.0 - 12.0 * 2.495)).abs() < 0.3, "{:?}", held.frames[499]);
        assert_eq!(held.frames[499].partial_db[1], SILENCE_DB);
        assert_eq!(held_on(&note, 400, 300).frames, note.frames);
    }
}
