//! The sum of many sines, the loop that takes most of a voice's time.
//!
//! **Partials in the lanes.** A chunk is made from its middle outwards. There, cosine and sine of each partial's phase are
//! known from polynomials; each further sample costs three operations, by the recurrence of Goertzel in Reinsch's form
//! (`d -= e v; v += d` with `e = 4 sin^2(w / 2)`), which neither drifts nor loses low frequencies within the few steps to
//! the chunk's end. Sums over the partials stay apart for each lane until all partials and copies of a note are in, and are
//! collected once.

use super::kernel::LANES;
use super::level::{Level, per_level};
use std::mem::MaybeUninit;

/// 2^32: phases and increments count turns in units of its inverse.
const TURN: f32 = 4_294_967_296.0;
const QUARTER: u32 = 1 << 30;
/// Most samples of a chunk.
pub const CHUNK: usize = 2 * LANES;
/// Steps that are made at once in each direction.
const STRIDE: usize = 8;

/// Partials in structure-of-arrays form; all slices have one length, a multiple of [`LANES`].
pub struct Partials<'a> {
    /// Frequency as a multiple of `base`.
    pub ratio: &'a [f32],
    /// Turns per sample of a partial of ratio 1.
    pub base: f32,
    /// Amplitude `position` samples before the first sample,
    pub amplitude: &'a [f32],
    /// and its change per sample since.
    pub step: &'a [f32],
    /// See `amplitude`.
    pub position: usize,
    /// Gain at the first sample and after the last one; the product with the amplitude goes along a line.
    pub gain: [f32; 2],
    /// Bit `g` tells whether any of the [`LANES`] partials from `g * LANES` on is to sound. The others stand still.
    pub groups: u32,
    /// Samples to make, at most [`CHUNK`].
    pub length: usize,
}

/// What sounds so far, `[samples, lanes]`: the sum over the lanes is the sound.
pub struct Sums([[f32; LANES]; CHUNK]);

impl Sums {
    /// Silence, written to `place` at the width of `level`.
    pub fn silent(level: Level, place: &mut MaybeUninit<Self>) -> &mut Self {
        clear(level, place);
        // SAFETY: `clear` has just written it.
        unsafe { place.assume_init_mut() }
    }
}

per_level! {
    fn clear = clear_in_lanes(place: &mut MaybeUninit<Sums>)
}

#[inline(always)]
fn clear_in_lanes(place: &mut MaybeUninit<Sums>) {
    place.write(Sums([[0.0; LANES]; CHUNK]));
}

per_level! {
    /// Adds `partials` to `sums`. `phase` is that of the first sample in turns of 2^-32, 0 at the crest of the wave, and
    /// moves on by the partials' length.
    pub fn add = add_in_lanes(partials: &Partials<'_>, phase: &mut [u32], sums: &mut Sums)
}

per_level! {
    /// Like [`add`], to the same bits, and adds to `apart` the sum in which each partial counts `side` times: a second
    /// channel for the price of a multiplication and an addition.
    pub fn add_apart = add_apart_in_lanes(
        partials: &Partials<'_>,
        phase: &mut [u32],
        side: &[f32],
        sums: &mut Sums,
        apart: &mut Sums,
    )
}

per_level! {
    /// Adds the sound of `sums` to `out`.
    pub fn collect = collect_in_lanes(sums: &Sums, out: &mut [f32; CHUNK])
}

#[inline(always)]
fn add_in_lanes(partials: &Partials<'_>, phase: &mut [u32], sums: &mut Sums) {
    let half = half_of(partials.length);
    for group in partials.sounding() {
        let mut waves = Waves::at_middle(partials, group, half, phase);
        for stride in 0..half / STRIDE {
            if let Some([early, late]) = sums.strides(half, stride) {
                waves.add(early, late);
            }
        }
    }
}

#[inline(always)]
fn add_apart_in_lanes(partials: &Partials<'_>, phase: &mut [u32], side: &[f32], sums: &mut Sums, apart: &mut Sums) {
    let half = half_of(partials.length);
    for group in partials.sounding() {
        let mut waves = Waves::at_middle(partials, group, half, phase);
        let Some(side) = side[group * LANES..].first_chunk() else { continue };
        for stride in 0..half / STRIDE {
            if let (Some(both), Some(apart)) = (sums.strides(half, stride), apart.strides(half, stride)) {
                waves.add_apart(side, both, apart);
            }
        }
    }
}

/// Half of a chunk, in whole strides.
#[inline(always)]
fn half_of(length: usize) -> usize {
    length.min(CHUNK).div_ceil(2 * STRIDE) * STRIDE
}

type Stride = [[f32; LANES]; STRIDE];

impl Sums {
    /// The stride of this number before the middle of a chunk and that after it, counted outwards.
    #[inline(always)]
    fn strides(&mut self, half: usize, number: usize) -> Option<[&mut Stride; 2]> {
        let (early, late) = self.0.split_at_mut(half);
        let early = early[half - (number + 1) * STRIDE..].first_chunk_mut()?;
        Some([early, late[number * STRIDE..].first_chunk_mut()?])
    }
}

impl Partials<'_> {
    #[inline(always)]
    fn sounding(&self) -> impl Iterator<Item = usize> + use<> {
        let groups = self.groups;
        (0..self.ratio.len() / LANES).filter(move |group| groups >> group & 1 != 0)
    }
}

/// [`LANES`] partials at two samples of a chunk, which move away from its middle.
struct Waves {
    /// `4 sin^2(w / 2)` of the angle `w` per sample.
    bend: [f32; LANES],
    /// Change of amplitude per sample.
    step: [f32; LANES],
    early: Side,
    late: Side,
}

struct Side {
    value: [f32; LANES],
    slope: [f32; LANES],
    amplitude: [f32; LANES],
}

impl Side {
    const STILL: Self = Self { value: [0.0; LANES], slope: [0.0; LANES], amplitude: [0.0; LANES] };
}

impl Waves {
    /// The waves of `group` on either side of the moment between the samples `half - 1` and `half`. Moves `phase` on.
    #[inline(always)]
    fn at_middle(partials: &Partials<'_>, group: usize, half: usize, phase: &mut [u32]) -> Self {
        let from = group * LANES;
        let (phase, ratio) = (&mut phase[from..from + LANES], &partials.ratio[from..from + LANES]);
        let (amplitude, step) = (&partials.amplitude[from..from + LANES], &partials.step[from..from + LANES]);
        let [position, length] = [partials.position, partials.length].map(|samples| samples as f32);
        let per_sample = 1.0 / length.max(1.0);
        let mut made = Self { bend: [0.0; LANES], step: [0.0; LANES], early: Side::STILL, late: Side::STILL };
        for lane in 0..LANES {
            let increment = increment(ratio[lane] * partials.base);
            let ahead = |samples: usize| (increment as u32).wrapping_mul(samples as u32);
            let middle = phase[lane].wrapping_add(ahead(half)).wrapping_sub((increment >> 1) as u32);
            phase[lane] = phase[lane].wrapping_add(ahead(partials.length));
            let half_turns = increment as f32 * (0.5 / TURN);
            let (sine_half, cosine_half) = (sine(half_turns), sine(0.25 - half_turns));
            let straight = cosine(middle) * cosine_half;
            let across = cosine(middle.wrapping_sub(QUARTER)) * sine_half;
            made.bend[lane] = bend(sine_half, cosine_half);
            made.early.value[lane] = straight + across;
            made.early.slope[lane] = 2.0 * across;
            made.late.value[lane] = straight - across;
            made.late.slope[lane] = -2.0 * across;
            let first = (amplitude[lane] + step[lane] * position) * partials.gain[0];
            let last = (amplitude[lane] + step[lane] * (position + length)) * partials.gain[1];
            made.step[lane] = (last - first) * per_sample;
            made.early.amplitude[lane] = first + made.step[lane] * (half as f32 - 1.0);
            made.late.amplitude[lane] = first + made.step[lane] * half as f32;
        }
        made
    }

    /// Adds the next stride before and after the middle.
    #[inline(always)]
    fn add(&mut self, before: &mut Stride, after: &mut Stride) {
        for lane in 0..LANES {
            let [mut early, mut late] = self.lane(lane);
            for n in 0..STRIDE {
                before[STRIDE - 1 - n][lane] += early.sample();
                after[n][lane] += late.sample();
                early.go_on();
                late.go_on();
            }
            self.keep(lane, &early, &late);
        }
    }

    /// Adds the next stride before and after the middle to both channels.
    #[inline(always)]
    fn add_apart(&mut self, side: &[f32; LANES], both: [&mut Stride; 2], apart: [&mut Stride; 2]) {
        let ([before, after], [before_apart, after_apart]) = (both, apart);
        for lane in 0..LANES {
            let [mut early, mut late] = self.lane(lane);
            for n in 0..STRIDE {
                before[STRIDE - 1 - n][lane] += early.sample();
                after[n][lane] += late.sample();
                before_apart[STRIDE - 1 - n][lane] += early.sample() * side[lane];
                after_apart[n][lane] += late.sample() * side[lane];
                early.go_on();
                late.go_on();
            }
            self.keep(lane, &early, &late);
        }
    }

    #[inline(always)]
    fn lane(&self, lane: usize) -> [Wave; 2] {
        let wave = |side: &Side, step: f32| Wave {
            bend: self.bend[lane],
            step,
            value: side.value[lane],
            slope: side.slope[lane],
            amplitude: side.amplitude[lane],
        };
        [wave(&self.early, -self.step[lane]), wave(&self.late, self.step[lane])]
    }

    #[inline(always)]
    fn keep(&mut self, lane: usize, early: &Wave, late: &Wave) {
        for (side, wave) in [(&mut self.early, early), (&mut self.late, late)] {
            (side.value[lane], side.slope[lane], side.amplitude[lane]) = (wave.value, wave.slope, wave.amplitude);
        }
    }
}

/// One lane of [`Waves`] on its way.
struct Wave {
    bend: f32,
    step: f32,
    value: f32,
    slope: f32,
    amplitude: f32,
}

impl Wave {
    #[inline(always)]
    fn sample(&self) -> f32 {
        self.amplitude * self.value
    }

    #[inline(always)]
    fn go_on(&mut self) {
        let pull = self.bend * self.value;
        // Not `value + new slope`: the sum on the left need not wait for the product.
        self.value = (self.value + self.slope) - pull;
        self.slope -= pull;
        self.amplitude += self.step;
    }
}

/// Turns per sample in units of 2^-32, held to 0..0.5 turns: whatever the ratio, no partial passes Nyquist.
#[inline(always)]
fn increment(turns: f32) -> i32 {
    /// The largest number below half a turn.
    const NYQUIST: f32 = 2_147_483_520.0;
    let units = turns * TURN;
    let units = if units > 0.0 { units } else { 0.0 };
    let units = if units < NYQUIST { units } else { NYQUIST };
    // SAFETY: a number from 0 to `NYQUIST`, which fits.
    unsafe { units.to_int_unchecked() }
}

/// `4 sin^2` of half the angle per sample, of which sine and cosine are given: of the two ways the one that loses less.
#[inline(always)]
fn bend(sine_half: f32, cosine_half: f32) -> f32 {
    let (low, high) = (4.0 * sine_half * sine_half, 4.0 - 4.0 * cosine_half * cosine_half);
    if low < 2.0 { low } else { high }
}

/// Adds neighbours until one lane is left.
#[inline(always)]
fn collect_in_lanes(sums: &Sums, out: &mut [f32; CHUNK]) {
    let mut eights = [0.0_f32; 8 * CHUNK];
    let mut fours = [0.0_f32; 4 * CHUNK];
    let mut twos = [0.0_f32; 2 * CHUNK];
    let mut ones = [0.0_f32; CHUNK];
    add_neighbours(sums.0.as_flattened(), &mut eights);
    add_neighbours(&eights, &mut fours);
    add_neighbours(&fours, &mut twos);
    add_neighbours(&twos, &mut ones);
    for n in 0..CHUNK {
        out[n] += ones[n];
    }
}

#[inline(always)]
fn add_neighbours(from: &[f32], to: &mut [f32]) {
    for n in 0..to.len() {
        to[n] = from[2 * n] + from[2 * n + 1];
    }
}

/// Cosine of a phase in turns of 2^-32.
#[inline(always)]
fn cosine(phase: u32) -> f32 {
    sine(0.25 - (phase as i32 as f32).abs() * (1.0 / 4_294_967_296.0))
}

/// The sine of -0.25..0.25 turns: an odd polynomial of degree 9 (least relative error), good to single precision.
#[inline(always)]
fn sine(turns: f32) -> f32 {
    let square = turns * turns;
    let mut polynomial = SINE[4];
    polynomial = polynomial * square + SINE[3];
    polynomial = polynomial * square + SINE[2];
    polynomial = polynomial * square + SINE[1];
    polynomial = polynomial * square + SINE[0];
    polynomial * turns
}

const SINE: [f32; 5] = [6.283_185_5, -41.341_68, 81.602_23, -76.575_005, 39.710_987];

#[cfg(test)]
mod tests {
    use super::super::random;
    use super::*;

    const N: usize = 2 * LANES;
    const BASE: f32 = 1.0 / 65_536.0;

    /// A chunk of `length` samples: what was made, middle and side, and the phases after it.
    fn render(level: Level, ratio: &[f32; N], length: usize) -> ([[f32; CHUNK]; 2], [u32; N]) {
        let mut places = [const { MaybeUninit::uninit() }; 2];
        let [sums, apart] = places.each_mut().map(|place| Sums::silent(level, place));
        let (mut phase, side) = (phases(), sides());
        let step: [f32; N] = std::array::from_fn(|k| 0.01 * random::bipolar(3, k as u32));
        let (amplitude, gain) = ([0.5; N], [1.0; 2]);
        let partials =
            Partials { ratio, base: BASE, amplitude: &amplitude, step: &step, position: 0, gain, groups: 0b10, length };
        add_apart(level, &partials, &mut phase, &side, sums, apart);
        let mut out = [[0.0; CHUNK]; 2];
        collect(level, sums, &mut out[0]);
        collect(level, apart, &mut out[1]);
        (out, phase)
    }

    fn phases() -> [u32; N] {
        std::array::from_fn(|k| random::hash(1, k as u32))
    }

    fn sides() -> [f32; N] {
        std::array::from_fn(|k| random::bipolar(2, k as u32))
    }

    /// The same in double precision, one cosine at a time.
    fn reference(ratio: &[f32; N], length: usize) -> [Vec<f64>; 2] {
        let turn = f64::from(TURN);
        let sample = |n: usize, k: usize| {
            let turns = f64::from(phases()[k]) / turn + (f64::from(ratio[k] * BASE) * turn).floor() * n as f64 / turn;
            let amplitude = 0.5 + f64::from(0.01 * random::bipolar(3, k as u32)) * n as f64;
            amplitude * (std::f64::consts::TAU * turns).cos()
        };
        let middle = (0..length).map(|n| (LANES..N).map(|k| sample(n, k)).sum()).collect();
        let side = (0..length).map(|n| (LANES..N).map(|k| sample(n, k) * f64::from(sides()[k])).sum()).collect();
        [middle, side]
    }

    #[test]
    fn partials_of_any_frequency_and_chunks_of_any_length_are_within_minus_110_db_of_the_sum_in_f64() {
        for octave in 0..15 {
            let ratio = std::array::from_fn(|k| 2.0_f32.powi(octave) * (1.0 + 0.96 * k as f32 / N as f32));
            let (mut power, mut error) = (0.0, 0.0);
            for length in 1..=CHUNK {
                let (made, _) = render(Level::detect(), &ratio, length);
                for (made, expected) in made.iter().zip(reference(&ratio, length)) {
                    power += expected.iter().map(|x| x * x).sum::<f64>();
                    error += expected.iter().zip(made).map(|(x, &y)| (x - f64::from(y)).powi(2)).sum::<f64>();
                }
            }
            let ratio = 10.0 * (power / error).log10();
            assert!(ratio >= 110.0, "octave {octave}: signal to noise {ratio:.1} dB");
        }
    }

    #[test]
    fn every_processor_level_gives_the_same_bits() {
        let ratio = std::array::from_fn(|k| 3.0 + 700.0 * k as f32);
        for length in [CHUNK, 16, 7] {
            let expected = render(Level::BASELINE, &ratio, length);
            Level::available().for_each(|level| assert_eq!(render(level, &ratio, length), expected, "{level:?}"));
        }
    }

    #[test]
    fn phases_move_on_by_the_length_and_only_where_a_partial_sounds() {
        let ratio = std::array::from_fn(|k| 1.0 + k as f32);
        let (_, phase) = render(Level::detect(), &ratio, 20);
        for (k, (phase, from)) in phase.into_iter().zip(phases()).enumerate() {
            let turned = if k < LANES { 0 } else { 20 * 65_536 * (1 + k as u32) };
            assert_eq!(phase, from.wrapping_add(turned));
        }
    }
}
