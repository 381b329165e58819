//! Counts that fade, over several times at once, without touching what is not used.

/// The half-lives of a trace, in seconds: 75 minutes, 6 hours, 1, 7, 30 and 180 days.
pub(super) const HALF_LIVES: [f64; SCALES] = [4_500.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0, 15_552_000.0];
/// How many half-lives there are.
pub(super) const SCALES: usize = 6;
/// The place of the 7-day half-life.
pub(super) const WEEK: usize = 3;
/// The place of the 30-day half-life.
pub(super) const MONTH: usize = 4;

/// After so many half-lives the numbers are scaled down, far from the end of an `f32`.
const REBASE: f64 = 60.0;

/// A faded count for each half-life, in the clock's own scale: times [`Clock::fading`] it is a number of uses.
pub(super) type Trace = [f32; SCALES];

/// What a use weighs now, that traces of all presets may share one fading factor.
///
/// A use at `t` adds `2^((t - epoch) / half-life)` and everything is read times `2^-((now - epoch) / half-life)`: a use
/// costs one addition, and the ten thousand presets that were not used cost nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    epoch: [i64; SCALES],
}

impl Clock {
    /// What a use at `time` adds to a trace.
    pub(super) fn weight(&self, time: i64) -> Trace {
        self.powers(time, 1.0)
    }

    /// What a trace is multiplied with to be read at `now`.
    pub(super) fn fading(&self, now: i64) -> Trace {
        self.powers(now, -1.0)
    }

    /// Moves the epoch towards `time` where it lies too far back; all traces must then be multiplied with the result.
    pub(super) fn rebase(&mut self, time: i64) -> Option<Trace> {
        let late = |scale: usize| (time - self.epoch[scale]) as f64 / HALF_LIVES[scale] > REBASE;
        let overdue: [bool; SCALES] = std::array::from_fn(late);
        if overdue == [false; SCALES] {
            return None;
        }
        let fading = self.fading(time);
        for (epoch, overdue) in self.epoch.iter_mut().zip(overdue) {
            *epoch = if overdue { time } else { *epoch };
        }
        Some(std::array::from_fn(|scale| if overdue[scale] { fading[scale] } else { 1.0 }))
    }

    fn powers(&self, time: i64, sign: f64) -> Trace {
        std::array::from_fn(|scale| {
            let elapsed = (time - self.epoch[scale]) as f64 / HALF_LIVES[scale];
            (sign * elapsed).clamp(-140.0, 100.0).exp2() as f32
        })
    }
}

/// The weights with which the scales of a trace, in uses, add up to the sum of `age^-0.5` over all uses, age in hours:
/// ACT-R's base level (Anderson & Schooler 1991) before its logarithm.
///
/// `age^-0.5` is the integral of `rate^-0.5 exp(-rate age) / gamma(0.5)` over the rate; the rates that the half-lives
/// stand for are its nodes.
pub(super) fn power_law() -> Trace {
    let rate: [f64; SCALES] = std::array::from_fn(|scale| std::f64::consts::LN_2 * 3_600.0 / HALF_LIVES[scale]);
    std::array::from_fn(|scale| {
        let below = if scale + 1 < SCALES { (rate[scale] / rate[scale + 1]).ln() } else { 4.0 };
        let above = if scale > 0 { (rate[scale - 1] / rate[scale]).ln() } else { 2.0 };
        (rate[scale].sqrt() * 0.5 * (below + above) / std::f64::consts::PI.sqrt()) as f32
    })
}

/// The logarithm of `1 + x` to base e for `x >= 0`, within 2e-4: the same bits on every machine, and cheap.
pub(super) fn ln_1p(x: f32) -> f32 {
    let bits = (1.0 + x).to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.0;
    // The best polynomial of degree 5 through 0 at both ends of an octave (Abramowitz & Stegun 4.1.43).
    let octave = m * (0.999_495_5 + m * (-0.491_909 + m * (0.289_474_8 + m * (-0.136_062_8 + m * 0.032_158_5))));
    octave + exponent as f32 * std::f32::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_the_sum_of_halvings_however_often_the_clock_is_rebased() {
        let times = [0_i64, 3_600, 90_000, 1_000_000, 40_000_000, 40_086_400];
        let (mut clock, mut trace) = (Clock::default(), Trace::default());
        for time in times {
            if let Some(factor) = clock.rebase(time) {
                trace.iter_mut().zip(factor).for_each(|(trace, factor)| *trace *= factor);
            }
            trace.iter_mut().zip(clock.weight(time)).for_each(|(trace, weight)| *trace += weight);
        }
        let now = 40_100_000;
        for (scale, half_life) in HALF_LIVES.into_iter().enumerate() {
            let plain: f64 = times.iter().map(|t| (-((now - t) as f64) / half_life).exp2()).sum();
            let read = f64::from(trace[scale] * clock.fading(now)[scale]);
            assert!((read - plain).abs() < 1e-5 * (1.0 + plain), "{half_life}: {read} is not {plain}");
        }
    }

    #[test]
    fn the_scales_add_up_to_a_power_of_age_from_an_hour_to_four_months() {
        let weights = power_law();
        for hours in [1.0_f64, 5.0, 24.0, 100.0, 1_000.0, 3_000.0] {
            let sum: f64 = (0..SCALES)
                .map(|scale| f64::from(weights[scale]) * (-hours * 3_600.0 / HALF_LIVES[scale]).exp2())
                .sum();
            let ratio = sum / hours.powf(-0.5);
            assert!((0.75..1.25).contains(&ratio), "{hours} h: {ratio}");
        }
    }

    #[test]
    fn the_logarithm_is_close() {
        for x in [0.0_f32, 1e-4, 0.3, 0.999, 1.0, 7.7, 1e3, 1e6] {
            assert!((ln_1p(x) - x.ln_1p()).abs() < 2e-4, "{x}");
        }
    }
}
