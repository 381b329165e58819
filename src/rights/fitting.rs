//! Fitting: where, at which tempo and at which pitch does the catalogue fit what is heard best?
//!
//! The catalogue's peaks are carried over to the stream by a hypothesis; the more the stream stands out at these points,
//! the better it fits. Votes come near enough for small moves, unless tempo and pitch were changed each on its own: then
//! only short pairs of peaks vote, which know the pitch and the place and hardly the tempo.

use std::ops::Range;

use super::asking::{TEMPI, tempo};
use super::axis::{ROWS, STEPS_PER_OCTAVE, STEPS_PER_ROW, TICKS_PER_FRAME};
use super::history::History;
use super::peaks::Peak;
use super::votes::Hypothesis;

/// Peaks of the catalogue that are carried over at most.
const PEAKS: usize = 2_048;
/// Rates that differ by less may be the same: the grid of tempi is no finer.
const NEARLY: f32 = 0.03;
/// Levels of a point by which a likely change may fit worse than another.
const ALLOWANCE: u32 = 3;
/// Moves of one size that are tried before smaller ones.
const ATTEMPTS: usize = 4;
/// Moments at which a hypothesis of the wrong tempo may be right, spread over the stretch.
const MOMENTS: usize = 8;

/// Fits hypotheses. Owns its buffer; one per thread.
pub struct Fitter {
    /// Ticks and steps of the catalogue's peaks, the ticks counted from the middle of the stretch.
    around: Vec<(f32, f32)>,
}

/// A hypothesis as it is moved: how far the middle of the stretch has moved, in catalogue ticks, rate and shift.
#[derive(Clone, Copy)]
struct Fit {
    rate: f32,
    shift: f32,
    offset: f32,
}

/// What a stretch of the stream holds at the predicted points.
#[derive(Clone, Copy, Default)]
struct Levels {
    sum: u32,
    points: u32,
}

/// The middle of a stretch, and where a hypothesis leads it: ticks of the stream and of the catalogue.
#[derive(Clone, Copy)]
struct Middle {
    heard: f64,
    place: f64,
}

impl Default for Fitter {
    fn default() -> Self {
        Self { around: Vec::with_capacity(PEAKS) }
    }
}

impl Fitter {
    /// Moves a hypothesis to where the catalogue's peaks fit best within `frames`.
    pub fn refine(
        &mut self,
        history: &History,
        peaks: &[Peak],
        hypothesis: Hypothesis,
        frames: &Range<usize>,
    ) -> Hypothesis {
        let middle = self.gather(peaks, &hypothesis, frames);
        let mut best = Fit { rate: hypothesis.rate as f32, shift: hypothesis.shift, offset: 0.0 };
        let mut most = self.levels(history, &best, frames).sum;
        for step in [6.0, 3.0, 1.5_f32] {
            for _ in 0..ATTEMPTS {
                let before = most;
                for sign in [-step, step] {
                    for moved in [
                        Fit { offset: best.offset + sign, ..best },
                        Fit { shift: best.shift + sign / 3.0, ..best },
                        Fit { rate: best.rate * (1.0 + 0.001 * sign), ..best },
                    ] {
                        let sum = self.levels(history, &moved, frames).sum;
                        if sum > most {
                            (best, most) = (moved, sum);
                        }
                    }
                }
                if most == before {
                    break;
                }
            }
        }
        // What was not changed, or only its speed, is likelier than any tempo nearby.
        let speed = (best.shift / STEPS_PER_OCTAVE as f32).exp2();
        let allowance = ALLOWANCE * self.around.len() as u32;
        for likely in [Fit { rate: 1.0, shift: 0.0, ..best }, Fit { rate: speed, ..best }, Fit { rate: 1.0, ..best }] {
            let is_near = (likely.rate / best.rate - 1.0).abs() < NEARLY && (likely.shift - best.shift).abs() <= 2.0;
            if is_near && self.levels(history, &likely, frames).sum + allowance >= most {
                best = likely;
                break;
            }
        }
        middle.hypothesis(&best)
    }

    /// Gives a hypothesis the tempo at which the catalogue's peaks fit best within `frames`, in case it is right about the
    /// pitch, and about the place at one moment only. It is near enough then to be refined.
    pub fn retime(
        &mut self,
        history: &History,
        peaks: &[Peak],
        hypothesis: Hypothesis,
        frames: &Range<usize>,
    ) -> Hypothesis {
        let middle = self.gather(peaks, &hypothesis, frames);
        let length = (frames.end - frames.start) as f32 * TICKS_PER_FRAME as f32;
        let tried = |number: usize| {
            let (moment, rate) = ((number % MOMENTS) as f32 + 0.5, tempo(number / MOMENTS) as f32);
            let ticks = (moment / MOMENTS as f32 - 0.5) * length;
            Fit { rate, shift: hypothesis.shift, offset: (hypothesis.rate as f32 - rate) * ticks }
        };
        let levels: [Levels; MOMENTS * TEMPI] =
            std::array::from_fn(|number| self.levels(history, &tried(number), frames));
        // The faster the catalogue goes by, the more points there are: what exceeds the mean counts.
        let [sum, points] = levels.iter().fold([0, 0], |[sum, points], all| [sum + all.sum, points + all.points]);
        let mean = sum as f32 / points.max(1) as f32;
        let excess = |number: &usize| levels[*number].sum as f32 - mean * levels[*number].points as f32;
        let best = (0..levels.len()).max_by(|a, b| excess(a).total_cmp(&excess(b)));
        best.map_or(hypothesis, |best| middle.hypothesis(&tried(best)))
    }

    /// Gathers peaks around the place to which a hypothesis leads the middle of a stretch.
    fn gather(&mut self, peaks: &[Peak], hypothesis: &Hypothesis, frames: &Range<usize>) -> Middle {
        let heard = 0.5 * (frames.start + frames.end) as f64 * f64::from(TICKS_PER_FRAME);
        let place = hypothesis.place(heard);
        self.around.clear();
        let around = |peak: &Peak| ((f64::from(peak.tick) - place) as f32, f32::from(peak.step));
        self.around.extend(peaks.iter().take(PEAKS).map(around));
        Middle { heard, place }
    }

    /// The levels at the predicted points within `frames`.
    fn levels(&self, history: &History, fit: &Fit, frames: &Range<usize>) -> Levels {
        let scale = 1.0 / (fit.rate * TICKS_PER_FRAME as f32);
        let middle = 0.5 * (frames.end - frames.start) as f32 + 0.5 - fit.offset * scale;
        let mut levels = Levels::default();
        for &(ticks, step) in &self.around {
            let frame = ticks * scale + middle;
            let row = (step + fit.shift) * (1.0 / STEPS_PER_ROW as f32) + 0.5;
            let at = frames.start + frame as usize;
            if frame >= 0.0 && at < frames.end && row >= 0.0 && (row as usize) < ROWS {
                levels.sum += history.fit(at, row as usize);
                levels.points += 1;
            }
        }
        levels
    }
}

impl Middle {
    fn hypothesis(self, fit: &Fit) -> Hypothesis {
        let rate = f64::from(fit.rate);
        let offset = self.place + f64::from(fit.offset) - rate * self.heard;
        Hypothesis { rate, shift: fit.shift, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spectrum::Relief;
    use super::*;
    use crate::dsp::random::hash;

    /// Frames of the stream, and of the stretch that is looked at.
    const FRAMES: usize = 600;
    const STRETCH: Range<usize> = 344..600;

    /// 36 peaks a second that nobody wrote, for ten seconds of a track.
    fn track() -> Vec<Peak> {
        let mut peaks: Vec<Peak> = (0..360)
            .map(|number| {
                let dice = hash(7, number);
                Peak { tick: dice % 1_250, step: 60 + (dice >> 16) as u16 % 600 }
            })
            .collect();
        peaks.sort_unstable_by_key(|peak| peak.tick);
        peaks
    }

    /// A stream in which these peaks stand out as a hypothesis says.
    fn heard(peaks: &[Peak], hypothesis: &Hypothesis) -> History {
        let place = |peak: &Peak| {
            let tick = (f64::from(peak.tick) - hypothesis.offset) / hypothesis.rate;
            Peak { tick: tick.max(0.0) as u32, step: (f32::from(peak.step) + hypothesis.shift) as u16 }
        };
        let mut peaks: Vec<Peak> = peaks.iter().map(place).collect();
        let mut history = History::default();
        for frame in 0..FRAMES {
            let tick = frame as u32 * TICKS_PER_FRAME;
            let mut relief: Relief = [0.0; ROWS];
            for peak in peaks.iter().filter(|peak| peak.tick.abs_diff(tick) < 6) {
                let row = usize::from(peak.step) / STEPS_PER_ROW;
                relief[row - 2..=row + 2].fill(2.0);
            }
            history.push(Some(&relief));
        }
        peaks.retain(|peak| (peak.tick / TICKS_PER_FRAME) as usize <= FRAMES - 2);
        peaks.iter().for_each(|peak| history.mark(peak));
        history
    }

    #[test]
    fn a_tempo_that_is_far_off_is_found_where_the_pitch_is_right_and_the_place_at_one_moment() {
        let track = track();
        for (rate, when) in [(0.85, 0.2), (0.9, 0.9), (1.15, 0.4), (1.22, 0.7)] {
            let truth = Hypothesis { rate, shift: 14.0, offset: 30.0 };
            let history = heard(&track, &truth);
            let moment = f64::from(TICKS_PER_FRAME) * (STRETCH.start as f64 + when * STRETCH.len() as f64);
            let lead = Hypothesis { rate: 1.0, shift: 14.0, offset: truth.place(moment) - moment };
            let mut fitter = Fitter::default();
            let error = |found: &Hypothesis| (found.rate / rate - 1.0).abs();
            let refined = fitter.refine(&history, &track, lead, &STRETCH);
            assert!(error(&refined) > 0.03, "small moves do not get there: {refined:?}");
            let retimed = fitter.retime(&history, &track, lead, &STRETCH);
            let found = fitter.refine(&history, &track, retimed, &STRETCH);
            assert!(error(&found) < 0.01 && (found.place(moment) - truth.place(moment)).abs() < 5.0, "{found:?}");
        }
    }
}
