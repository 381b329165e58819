//! All that is known of a note at one point of the latent space, one pitch and one velocity.

use super::{Timbre, tail};
use crate::analysis::frames::{ANALYSIS_RATE, Motion, PARTIALS, Slots, pitch_hz, slot_ratio};
use crate::dsp::kernel::exp2;
use crate::model::architecture::{
    CONDITIONS, HELD_KNOTS, KNOTS_S, LEVEL_SCALE, LEVELS, NOTE_OUTPUTS, RELEASE_KNOTS_S, SLOT_SCALE, bracket,
    conditions,
};
use crate::model::decoder::{Hidden, KNOT_WIDTH, NOTE_WIDTH};
use crate::model::latent::{LATENTS, Latent};
use crate::model::motion;

/// Moves of a latent below this go unheard (some 0.02 dB), and are not decoded.
const LATENT_EPSILON: f32 = 2e-3;
/// The same for the pitch that the timbre follows, in semitones.
const PITCH_EPSILON: f32 = 0.02;
/// The same for velocity, 1..127.
const VELOCITY_EPSILON: f32 = 0.1;
/// A point further out than this from the middle of the prior is brought back to it.
const LATENT_LIMIT: f32 = 8.0;
/// After the last release knot a note goes on falling as it did, at least this fast, in dB per second, so that every
/// note ends.
const RELEASE_FALL: f32 = -20.0;
/// Later than this a note changes no more.
const LONGEST_S: f32 = 1e5;
/// Knots that are kept of the held course: two neighbours, or the three that tell the tail.
const KEPT: usize = 3;
/// The last knot of the held course.
const LAST: usize = HELD_KNOTS - 1;
const _: () = assert!(tail::EARLY_KNOT % KEPT != tail::SETTLED_KNOT % KEPT, "each has a place of its own");
const _: () = assert!(tail::EARLY_KNOT % KEPT != LAST % KEPT && tail::SETTLED_KNOT % KEPT != LAST % KEPT);

/// What slots are named after, see [`slot_ratio`].
const SLOT_RATIOS: [f32; PARTIALS] = {
    let mut ratios = [0.0; PARTIALS];
    let mut k = 0;
    while k < PARTIALS {
        ratios[k] = slot_ratio(k);
        k += 1;
    }
    ratios
};

/// What the decoder is asked for.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Point {
    latent: Latent,
    pitch: f32,
    velocity: f32,
}

impl Point {
    pub(super) fn sane(latent: &Latent, pitch: f32, velocity: f32) -> Self {
        let number = |value: f32, middle: f32| if value.is_nan() { middle } else { value };
        Self {
            latent: Latent(latent.0.map(|z| number(z, 0.0).clamp(-LATENT_LIMIT, LATENT_LIMIT))),
            pitch: number(pitch, 60.0).clamp(0.0, 132.0),
            velocity: number(velocity, 100.0).clamp(1.0, 127.0),
        }
    }

    fn is_near(&self, other: &Self) -> bool {
        let latents = self.latent.0.iter().zip(&other.latent.0);
        (self.pitch - other.pitch).abs() <= PITCH_EPSILON
            && (self.velocity - other.velocity).abs() <= VELOCITY_EPSILON
            && latents.into_iter().all(|(a, b)| (a - b).abs() <= LATENT_EPSILON)
    }
}

/// When a note is looked at.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// Seconds that the note was held until then.
    held_s: f32,
    /// Seconds since it was let go.
    released_s: Option<f32>,
}

impl Moment {
    /// A time after note-on, and the time since note-off. No number is no time.
    pub(super) fn sane(time_s: f32, released_s: Option<f32>) -> Self {
        let sane = |t: f32| if t.is_nan() { 0.0 } else { t.clamp(0.0, LONGEST_S) };
        let released_s = released_s.map(sane);
        Self { held_s: sane(time_s - released_s.unwrap_or(0.0)), released_s }
    }
}

/// The values of one knot, in the outputs' units, with what is transferred.
struct Knot {
    number: Option<usize>,
    values: [f32; KNOT_WIDTH],
}

impl Knot {
    const NONE: Self = Self { number: None, values: [0.0; KNOT_WIDTH] };
}

/// What the decoder says of a note at one point, as far as it was asked.
pub(super) struct Picture {
    point: Option<Point>,
    conditions: [f32; CONDITIONS],
    hidden: Hidden,
    /// Part of the transfer that is added at the pitch at hand.
    weight: f32,
    /// Knot `j` lies in place `j % KEPT`.
    held: [Knot; KEPT],
    /// Changes per second after the last knot.
    tail: Option<[f32; KNOT_WIDTH]>,
    /// Knots after note-off; knot `HELD_KNOTS + j` lies in place `j % 2`.
    released: [Knot; 2],
    slots: Slots,
    motion: Motion,
    /// Whether slots and motion are those of the point.
    note_known: bool,
}

impl Picture {
    pub(super) const NONE: Self = Self {
        point: None,
        conditions: [0.0; CONDITIONS],
        hidden: Hidden::ZERO,
        weight: 0.0,
        held: [Knot::NONE; KEPT],
        tail: None,
        released: [Knot::NONE; 2],
        slots: Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] },
        motion: Motion::STILL,
        note_known: false,
    };

    pub(super) fn forget(&mut self) {
        self.point = None;
    }

    pub(super) fn is_near(&self, point: &Point) -> bool {
        self.point.is_some_and(|at| at.is_near(point))
    }

    pub(super) fn is_of(&self, point: &Point) -> bool {
        self.point.is_some_and(|at| at == *point)
    }

    /// Begins new pictures: runs the trunk.
    pub(super) fn draw<const V: usize>(timbre: Timbre<'_>, points: [Point; V], mut pictures: [&mut Self; V]) {
        for (picture, point) in pictures.iter_mut().zip(&points) {
            picture.set_point(*point);
            picture.weight = timbre.transfer.map_or(0.0, |transfer| transfer.weight(point.pitch));
            picture.held.iter_mut().chain(&mut picture.released).for_each(|knot| knot.number = None);
            picture.tail = None;
            picture.note_known = false;
        }
        let mut parts = pictures.map(|picture| (&picture.conditions, &mut picture.hidden));
        let conditions = parts.each_ref().map(|(conditions, _)| *conditions);
        timbre.decoder.trunk(conditions, parts.each_mut().map(|(_, hidden)| &mut **hidden));
    }

    fn set_point(&mut self, point: Point) {
        if self.point.is_some_and(|at| (at.pitch, at.velocity) == (point.pitch, point.velocity)) {
            self.conditions[..LATENTS].copy_from_slice(&point.latent.0);
        } else {
            self.conditions = conditions(&point.latent, point.pitch, point.velocity);
        }
        self.point = Some(point);
    }

    /// The outputs at a moment.
    pub(super) fn at(&mut self, timbre: Timbre<'_>, moment: Moment) -> [f32; KNOT_WIDTH] {
        for number in self.missing(moment) {
            Self::add_knot(timbre, number, [self]);
        }
        let mut values = self.held_at(moment.held_s);
        if let Some(released_s) = moment.released_s {
            self.add_release(released_s, &mut values);
        }
        values
    }

    pub(super) fn slots(&mut self, timbre: Timbre<'_>) -> &Slots {
        self.know_note(timbre);
        &self.slots
    }

    pub(super) fn motion(&mut self, timbre: Timbre<'_>) -> &Motion {
        self.know_note(timbre);
        &self.motion
    }

    /// Numbers of the knots that a moment needs and that are not known.
    pub(super) fn missing(&self, moment: Moment) -> impl Iterator<Item = usize> + use<> {
        let (j, position) = bracket(&KNOTS_S, moment.held_s);
        let held = match (position < 1.0, &self.tail) {
            (true, _) => [Some(j), Some(j + 1), None],
            (false, Some(_)) => [Some(LAST), None, None],
            (false, None) => [tail::EARLY_KNOT, tail::SETTLED_KNOT, LAST].map(Some),
        };
        let released = moment.released_s.map(|t| HELD_KNOTS + bracket(&RELEASE_KNOTS_S, t).0);
        // The first knot after note-off is zero.
        let before = released.filter(|&next| next > HELD_KNOTS).map(|next| next - 1);
        let [a, b, c] = held;
        let unknown = |number: &usize| self.place(*number).number != Some(*number);
        [a, b, c, before, released].map(|number| number.filter(unknown)).into_iter().flatten()
    }

    /// Decodes a knot for several pictures.
    pub(super) fn add_knot<const V: usize>(timbre: Timbre<'_>, number: usize, pictures: [&mut Self; V]) {
        let mut parts = pictures.map(|picture| {
            let place = match number.checked_sub(HELD_KNOTS) {
                None => &mut picture.held[number % KEPT],
                Some(j) => &mut picture.released[j % 2],
            };
            (&picture.hidden, picture.weight, place)
        });
        let hidden = parts.each_ref().map(|(hidden, ..)| *hidden);
        timbre.decoder.knot(number, hidden, parts.each_mut().map(|(.., knot)| &mut knot.values));
        for (_, weight, knot) in parts {
            if let Some(transfer) = timbre.transfer {
                transfer.add_knot(number, weight, &mut knot.values);
            }
            knot.number = Some(number);
        }
    }

    /// Where knot `number` lies, or would.
    fn place(&self, number: usize) -> &Knot {
        match number.checked_sub(HELD_KNOTS) {
            None => &self.held[number % KEPT],
            Some(j) => &self.released[j % 2],
        }
    }

    /// Finds out what holds for the whole note, unless it is known.
    fn know_note(&mut self, timbre: Timbre<'_>) {
        if !self.note_known {
            Self::add_note(timbre, [self]);
        }
    }

    /// Finds out what holds for the whole note, for several pictures.
    pub(super) fn add_note<const V: usize>(timbre: Timbre<'_>, pictures: [&mut Self; V]) {
        let mut notes = [[0.0; NOTE_WIDTH]; V];
        timbre.decoder.note(pictures.each_ref().map(|picture| &picture.conditions), notes.each_mut());
        for (picture, note) in pictures.into_iter().zip(&notes) {
            let (slots, moves) = note[..NOTE_OUTPUTS].split_at(PARTIALS);
            picture.set_slots(timbre, slots);
            picture.motion = motion::motion(moves.first_chunk().expect("the motion comes last"));
            picture.note_known = true;
        }
    }

    fn set_slots(&mut self, timbre: Timbre<'_>, outputs: &[f32]) {
        let Slots { cents, in_band } = &mut self.slots;
        cents.copy_from_slice(outputs);
        if let Some(transfer) = timbre.transfer {
            transfer.add_slots(self.weight, cents);
        }
        let highest = 0.46 * ANALYSIS_RATE as f32 / pitch_hz(self.point.map_or(60.0, |point| point.pitch));
        for k in 0..PARTIALS {
            cents[k] *= SLOT_SCALE;
            in_band[k] = SLOT_RATIOS[k] * exp2(cents[k] / 1_200.0) < highest;
        }
    }

    /// The held course at time `t`; its knots are known.
    fn held_at(&mut self, t: f32) -> [f32; KNOT_WIDTH] {
        let (j, position) = bracket(&KNOTS_S, t);
        if position >= 1.0 {
            return self.tail_at(t - KNOTS_S[LAST]);
        }
        let (a, b) = (&self.place(j).values, &self.place(j + 1).values);
        std::array::from_fn(|o| a[o] + position * (b[o] - a[o]))
    }

    /// The held course `t` after the last knot: on along [`tail::slopes`], at constant pitch.
    fn tail_at(&mut self, t: f32) -> [f32; KNOT_WIDTH] {
        let [early, settled, last] =
            [tail::EARLY_KNOT, tail::SETTLED_KNOT, LAST].map(|number| &self.held[number % KEPT].values);
        let tail = self.tail.get_or_insert_with(|| tail::slopes(tail::level(early), settled, last));
        std::array::from_fn(|o| last[o] + t * tail[o])
    }

    /// Adds the change of level `t` after note-off; its knots are known.
    fn add_release(&self, t: f32, values: &mut [f32; KNOT_WIDTH]) {
        let (j, position) = bracket(&RELEASE_KNOTS_S, t);
        let before = if j == 0 { &[0.0; KNOT_WIDTH] } else { &self.place(HELD_KNOTS + j - 1).values };
        let after = &self.place(HELD_KNOTS + j).values;
        let (within, beyond) = (position.min(1.0), (position - 1.0).max(0.0));
        let slowest = RELEASE_FALL / LEVEL_SCALE * (RELEASE_KNOTS_S[j + 1] - RELEASE_KNOTS_S[j]);
        for o in 0..LEVELS {
            let step = after[o] - before[o];
            values[o] += before[o] + within * step + beyond * step.min(slowest);
        }
    }
}
