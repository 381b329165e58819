//! The decoder as it stands in the file: rows of single-precision weights, one output after the other.

use zither::analysis::frames::{Frame, Motion, PARTIALS, SILENCE_DB, Slots, Swing, pitch_hz, slot_ratio};
use zither::model::architecture::{
    CENTS_SCALE, HELD_KNOTS, HIDDEN, KNOTS, KNOTS_S, LEVEL_OFFSET, LEVEL_SCALE, LEVELS, NOTE_HIDDEN, NOTE_OUTPUTS,
    OUTPUTS, RELEASE_KNOTS_S, SLOT_SCALE, bracket, conditions,
};
use zither::model::latent::Latent;
use zither::model::motion::{DEEPEST, LONGEST_DELAY_S, RATES_HZ};
use zither::model::weights::{Linear, Weights, layer};

type Values = [f32; OUTPUTS];

/// What the decoder is asked for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) latent: Latent,
    pub(crate) pitch: f32,
    pub(crate) velocity: f32,
}

/// The course of one note. The trunk and the knots that were asked for are kept until the point moves audibly.
pub(crate) struct Course {
    at: Option<Point>,
    hidden: [f32; HIDDEN],
    knots: Box<[Option<Values>; KNOTS]>,
    tail: Option<Values>,
    note: Option<(Slots, Motion)>,
}

impl Course {
    pub(crate) fn new() -> Self {
        Self { at: None, hidden: [0.0; HIDDEN], knots: Box::new([None; KNOTS]), tail: None, note: None }
    }

    pub(crate) fn start(&mut self) {
        self.at = None;
    }

    /// The state `time` seconds after note-on and, perhaps, `released` seconds after note-off.
    pub(crate) fn frame(&mut self, weights: &Weights, point: Point, time: f32, released: Option<f32>) -> Frame {
        self.follow(weights, point);
        let mut values = self.held(weights, time - released.unwrap_or(0.0));
        if let Some(released) = released {
            self.add_release(weights, released, &mut values);
        }
        let db = |value: f32| (value * LEVEL_SCALE + LEVEL_OFFSET).clamp(SILENCE_DB, 20.0);
        Frame {
            partial_db: std::array::from_fn(|k| db(values[k])),
            noise_db: std::array::from_fn(|band| db(values[PARTIALS + band])),
            cents: values[OUTPUTS - 1] * CENTS_SCALE,
        }
    }

    /// What is the same for the whole note.
    pub(crate) fn note(&mut self, weights: &Weights, point: Point) -> &(Slots, Motion) {
        self.follow(weights, point);
        self.note.get_or_insert_with(|| {
            let [first, second, third] = [0, 1, 2].map(|i| &weights.linears[layer::NOTE + i]);
            let (mut a, mut b, mut out) = ([0.0; NOTE_HIDDEN], [0.0; NOTE_HIDDEN], [0.0; NOTE_OUTPUTS]);
            affine(first, 0, &conditions(&point.latent, point.pitch, point.velocity), &mut a);
            silu(&mut a);
            affine(second, 0, &a, &mut b);
            silu(&mut b);
            affine(third, 0, &b, &mut out);
            (slots(&out, point.pitch), motion(&out[PARTIALS..]))
        })
    }

    fn follow(&mut self, weights: &Weights, point: Point) {
        if self.at.is_some_and(|at| is_near(&at, &point)) {
            return;
        }
        let trunk = &weights.linears[layer::TRUNK..layer::TRUNK + 3];
        affine(&trunk[0], 0, &conditions(&point.latent, point.pitch, point.velocity), &mut self.hidden);
        silu(&mut self.hidden);
        for linear in &trunk[1..] {
            let mut next = [0.0; HIDDEN];
            affine(linear, 0, &self.hidden, &mut next);
            silu(&mut next);
            self.hidden.iter_mut().zip(next).for_each(|(hidden, next)| *hidden += next);
        }
        (self.at, self.tail, self.note) = (Some(point), None, None);
        self.knots.fill(None);
    }

    fn knot(&mut self, weights: &Weights, number: usize) -> Values {
        let hidden = &self.hidden;
        *self.knots[number].get_or_insert_with(|| {
            let mut values = [0.0; OUTPUTS];
            affine(&weights.linears[layer::HEAD], number * OUTPUTS, hidden, &mut values);
            values
        })
    }

    fn held(&mut self, weights: &Weights, t: f32) -> Values {
        let (j, position) = bracket(&KNOTS_S, t);
        if position < 1.0 {
            let (a, b) = (self.knot(weights, j), self.knot(weights, j + 1));
            return std::array::from_fn(|o| a[o] + position * (b[o] - a[o]));
        }
        let last = self.knot(weights, HELD_KNOTS - 1);
        let tail = match self.tail {
            Some(tail) => tail,
            None => {
                let (early, settled) = (self.knot(weights, 3), self.knot(weights, 16));
                *self.tail.insert(slopes(&early, &settled, &last))
            }
        };
        std::array::from_fn(|o| last[o] + (t - KNOTS_S[HELD_KNOTS - 1]) * tail[o])
    }

    fn add_release(&mut self, weights: &Weights, t: f32, values: &mut Values) {
        let (j, position) = bracket(&RELEASE_KNOTS_S, t);
        let a = if j == 0 { [0.0; OUTPUTS] } else { self.knot(weights, HELD_KNOTS + j - 1) };
        let b = self.knot(weights, HELD_KNOTS + j);
        let slowest = -20.0 / LEVEL_SCALE * (RELEASE_KNOTS_S[j + 1] - RELEASE_KNOTS_S[j]);
        for o in 0..LEVELS {
            let step = b[o] - a[o];
            values[o] += a[o] + position.min(1.0) * step + (position - 1.0).max(0.0) * step.min(slowest);
        }
    }
}

/// Some of the outputs of an affine map, from output `first` on. Each row is summed in four chains, so that an addition
/// need not wait for the one before it.
fn affine(linear: &Linear, first: usize, input: &[f32], out: &mut [f32]) {
    for (row, out) in (first..).zip(out) {
        let weights = &linear.weight[row * linear.inputs..][..linear.inputs];
        let mut sums = [0.0_f32; 4];
        let (weights, last_weights) = weights.as_chunks::<4>();
        let (inputs, last_inputs) = input.as_chunks::<4>();
        for (weights, inputs) in weights.iter().zip(inputs) {
            for i in 0..4 {
                sums[i] += weights[i] * inputs[i];
            }
        }
        let last: f32 = last_weights.iter().zip(last_inputs).map(|(weight, input)| weight * input).sum();
        *out = sums.iter().sum::<f32>() + last + linear.bias[row];
    }
}

fn silu(values: &mut [f32]) {
    values.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp());
}

/// What moves less than this is not heard, and not decoded.
fn is_near(a: &Point, b: &Point) -> bool {
    let latents = a.latent.0.iter().zip(&b.latent.0).all(|(a, b)| (a - b).abs() <= 2e-3);
    latents && (a.pitch - b.pitch).abs() <= 0.02 && (a.velocity - b.velocity).abs() <= 0.1
}

fn slots(outputs: &[f32], pitch: f32) -> Slots {
    let cents: [f32; PARTIALS] = std::array::from_fn(|k| outputs[k] * SLOT_SCALE);
    let hz = |k: usize| pitch_hz(pitch) * slot_ratio(k) * (cents[k] / 1_200.0).exp2();
    Slots { cents, in_band: std::array::from_fn(|k| hz(k) < 0.46 * 48_000.0) }
}

/// Depths and rates of all sways, then depth, rate and delay of vibrato and of tremolo.
fn motion(outputs: &[f32]) -> Motion {
    let depth = |output: f32, knee: f32, deepest: f32| (knee * (output.max(0.0).exp() - 1.0)).min(deepest);
    let rate = |output: f32, middle: f32| (middle * output.exp2()).clamp(RATES_HZ[0], RATES_HZ[1]);
    let swing = |outputs: &[f32], knee: f32, deepest: f32| Swing {
        depth: depth(outputs[0], knee, deepest),
        hz: rate(outputs[1], Motion::STILL.vibrato.hz),
        delay_s: outputs[2].clamp(0.0, LONGEST_DELAY_S),
    };
    Motion {
        vibrato: swing(&outputs[2 * PARTIALS..], 5.0, DEEPEST[0]),
        tremolo: swing(&outputs[2 * PARTIALS + 3..], 0.5, DEEPEST[1]),
        sway_db: std::array::from_fn(|k| depth(outputs[k], 0.5, DEEPEST[1])),
        sway_hz: std::array::from_fn(|k| rate(outputs[PARTIALS + k], Motion::STILL.sway_hz[k])),
    }
}

/// Changes per second after the last knot, from those at 15 ms, 1 s and the last.
fn slopes(early: &Values, settled: &Values, last: &Values) -> Values {
    let seconds = KNOTS_S[HELD_KNOTS - 1] - KNOTS_S[16];
    let whole = (level(last) - level(settled)) / seconds;
    let (slow, fast) = (-2.0 / LEVEL_SCALE, -5.0 / LEVEL_SCALE);
    let whole = whole * ((whole - slow) / (fast - slow)).clamp(0.0, 1.0);
    let spent = ((level(early) - level(last)) * LEVEL_SCALE - 30.0) / 15.0;
    let whole = whole.min(-12.0 / LEVEL_SCALE * spent.clamp(0.0, 1.0));
    let mut slopes = [0.0; OUTPUTS];
    for o in 0..LEVELS {
        let octaves = if o < PARTIALS { slot_ratio(o).log2() } else { 3.0 };
        let least = (0.5 + octaves / 6.0).clamp(0.5, 1.0);
        slopes[o] = ((last[o] - settled[o]) / seconds).max(3.0 * whole).min(least * whole);
    }
    slopes
}

/// Level of all that a knot holds, in the units of its values.
fn level(values: &Values) -> f32 {
    let power: f32 = values[..LEVELS].iter().map(|value| 10.0_f32.powf(2.0 * value.min(4.0))).sum();
    0.5 * (power + f32::MIN_POSITIVE).log10()
}
