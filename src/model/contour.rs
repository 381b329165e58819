//! The course of one note: the decoder's picture of it, looked at one moment at a time.

mod tail;

use super::architecture::{
    CENTS_SCALE, HELD_KNOTS, KNOTS_S, LEVEL_OFFSET, LEVEL_SCALE, LEVELS, NOTE_OUTPUTS, OUTPUTS, RELEASE_KNOTS_S,
    SLOT_SCALE, bracket, conditions,
};
use super::decoder::{Decoder, Hidden, KNOT_WIDTH, NOTE_WIDTH};
use super::latent::Latent;
use super::motion;
use super::transfer::Transfer;
use crate::analysis::frames::{
    ANALYSIS_RATE, Frame, Motion, NOISE_BANDS, PARTIALS, SILENCE_DB, Slots, pitch_hz, slot_ratio,
};

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
/// No partial or band is louder than this.
const LOUDEST_DB: f32 = 20.0;

/// Whose notes a contour follows: a model's, and what was transferred to them from a recording, if anything.
#[derive(Clone, Copy)]
pub struct Timbre<'a> {
    /// The model's decoder.
    pub decoder: &'a Decoder,
    /// What is added to every knot.
    pub transfer: Option<&'a Transfer>,
}

impl<'a> From<&'a Decoder> for Timbre<'a> {
    fn from(decoder: &'a Decoder) -> Self {
        Self { decoder, transfer: None }
    }
}

/// Remembers, for one voice, what the decoder need not compute again: the trunk as long as latents, pitch and velocity
/// stand still, and the knots on either side of the moment in use.
///
/// Belongs to its voice on the audio thread; made once, it neither allocates nor fails. With everything moving a frame
/// costs 196 k multiplications (254 k after note-off), and 45 k for what holds for the whole note; standing still next
/// to nothing.
pub struct Contour {
    at: Option<Point>,
    hidden: Hidden,
    /// Part of the transfer that is added at the pitch at hand.
    weight: f32,
    /// Knot `j` lies in place `j % 2`, except [`tail::SETTLED_KNOT`] after the last knot.
    held: [Knot; 2],
    /// Changes per second after the last knot.
    tail: Knot,
    released: [Knot; 2],
    slots: [f32; PARTIALS],
    motion: Motion,
    /// Whether slots and motion are those of the point.
    note_known: bool,
}

/// What the decoder was last asked for.
#[derive(Clone, Copy)]
struct Point {
    latent: Latent,
    pitch: f32,
    velocity: f32,
}

#[derive(Clone, Copy)]
struct Knot {
    number: Option<usize>,
    values: [f32; KNOT_WIDTH],
}

impl Knot {
    const NONE: Self = Self { number: None, values: [0.0; KNOT_WIDTH] };

    /// Takes the values of the decoder's knot `number`, with what is transferred, unless it holds them already.
    fn prepare(&mut self, timbre: Timbre<'_>, number: usize, hidden: &Hidden, weight: f32) {
        if self.number != Some(number) {
            timbre.decoder.knot(number, [hidden], [&mut self.values]);
            if let Some(transfer) = timbre.transfer {
                transfer.add_knot(number, weight, &mut self.values);
            }
            self.number = Some(number);
        }
    }
}

impl Default for Contour {
    fn default() -> Self {
        Self::new()
    }
}

impl Contour {
    /// A contour that knows nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            at: None,
            hidden: Hidden::ZERO,
            weight: 0.0,
            held: [Knot::NONE; 2],
            tail: Knot::NONE,
            released: [Knot::NONE; 2],
            slots: [0.0; PARTIALS],
            motion: Motion::STILL,
            note_known: false,
        }
    }

    /// Forgets everything: for a new note, and whenever the decoder or the transfer was exchanged.
    pub fn start(&mut self) {
        self.at = None;
    }

    /// The note's state `time_s` after note-on. `pitch` is MIDI, `velocity` 1..127, `released_s` the time since
    /// note-off if that has happened. Values that are no numbers count as the middle of their range.
    ///
    /// The levels are linear in time between knots. After the last knot a note that was falling goes on falling, and
    /// any other stays. At note-off the held course stops, and the release's change is added to where it stood.
    #[expect(clippy::too_many_arguments, reason = "the state of a note is this wide")]
    pub fn frame<'a>(
        &mut self,
        timbre: impl Into<Timbre<'a>>,
        latent: &Latent,
        pitch: f32,
        velocity: f32,
        time_s: f32,
        released_s: Option<f32>,
        out: &mut Frame,
    ) {
        let timbre = timbre.into();
        self.follow(timbre, Point::sane(latent, pitch, velocity));
        let released_s = released_s.map(sane_seconds);
        let held_s = sane_seconds(time_s - released_s.unwrap_or(0.0));
        let mut values = self.held_state(timbre, held_s);
        if let Some(released_s) = released_s {
            self.add_release(timbre, released_s, &mut values);
        }
        let db = |value: f32| (value * LEVEL_SCALE + LEVEL_OFFSET).clamp(SILENCE_DB, LOUDEST_DB);
        out.partial_db = std::array::from_fn(|k| db(values[k]));
        out.noise_db = std::array::from_fn::<_, NOISE_BANDS, _>(|band| db(values[PARTIALS + band]));
        out.cents = values[OUTPUTS - 1] * CENTS_SCALE;
    }

    /// Where the note's slots lie.
    pub fn slots<'a>(
        &mut self,
        timbre: impl Into<Timbre<'a>>,
        latent: &Latent,
        pitch: f32,
        velocity: f32,
        out: &mut Slots,
    ) {
        let point = Point::sane(latent, pitch, velocity);
        self.know_note(timbre.into(), point);
        let fundamental = pitch_hz(point.pitch);
        for k in 0..PARTIALS {
            out.cents[k] = self.slots[k] * SLOT_SCALE;
            let hz = fundamental * slot_ratio(k) * (out.cents[k] / 1_200.0).exp2();
            out.in_band[k] = hz < 0.46 * ANALYSIS_RATE as f32;
        }
    }

    /// How the note moves about the course of its frames, within the bounds of [`motion`] at any point.
    pub fn motion<'a>(
        &mut self,
        timbre: impl Into<Timbre<'a>>,
        latent: &Latent,
        pitch: f32,
        velocity: f32,
        out: &mut Motion,
    ) {
        self.know_note(timbre.into(), Point::sane(latent, pitch, velocity));
        out.clone_from(&self.motion);
    }

    /// Finds out what holds for the whole note, unless it is known.
    fn know_note(&mut self, timbre: Timbre<'_>, point: Point) {
        self.follow(timbre, point);
        if !self.note_known {
            let mut note = [0.0; NOTE_WIDTH];
            timbre.decoder.note([&conditions(&point.latent, point.pitch, point.velocity)], [&mut note]);
            let (slots, moves) = note[..NOTE_OUTPUTS].split_at(PARTIALS);
            self.slots.copy_from_slice(slots);
            if let Some(transfer) = timbre.transfer {
                transfer.add_slots(self.weight, &mut self.slots);
            }
            self.motion = motion::motion(moves.first_chunk().expect("the motion comes last"));
            self.note_known = true;
        }
    }

    /// Runs the trunk if the point has moved audibly.
    fn follow(&mut self, timbre: Timbre<'_>, point: Point) {
        if self.at.is_some_and(|at| at.is_near(&point)) {
            return;
        }
        timbre.decoder.trunk([&conditions(&point.latent, point.pitch, point.velocity)], [&mut self.hidden]);
        if let Some(transfer) = timbre.transfer {
            self.weight = transfer.weight(point.pitch);
        }
        self.at = Some(point);
        let knots = self.held.iter_mut().chain(&mut self.released).chain([&mut self.tail]);
        knots.for_each(|knot| knot.number = None);
        self.note_known = false;
    }

    /// The held course at time `t`, in the units of the outputs.
    fn held_state(&mut self, timbre: Timbre<'_>, t: f32) -> [f32; KNOT_WIDTH] {
        let (j, position) = bracket(&KNOTS_S, t);
        if position >= 1.0 {
            return self.tail_state(timbre, t - KNOTS_S[HELD_KNOTS - 1]);
        }
        for number in [j, j + 1] {
            self.held[number % 2].prepare(timbre, number, &self.hidden, self.weight);
        }
        let (a, b) = (&self.held[j % 2].values, &self.held[(j + 1) % 2].values);
        std::array::from_fn(|o| a[o] + position * (b[o] - a[o]))
    }

    /// The held course `t` after the last knot: on along [`tail::slopes`], at constant pitch.
    fn tail_state(&mut self, timbre: Timbre<'_>, t: f32) -> [f32; KNOT_WIDTH] {
        let last = HELD_KNOTS - 1;
        let [even, odd] = &mut self.held;
        even.prepare(timbre, last, &self.hidden, self.weight);
        if self.tail.number.is_none() {
            odd.prepare(timbre, tail::EARLY_KNOT, &self.hidden, self.weight);
            let early = tail::level(&odd.values);
            odd.prepare(timbre, tail::SETTLED_KNOT, &self.hidden, self.weight);
            self.tail = Knot { number: Some(last), values: tail::slopes(early, &odd.values, &even.values) };
        }
        std::array::from_fn(|o| even.values[o] + t * self.tail.values[o])
    }

    /// Adds the change of level `t` after note-off.
    fn add_release(&mut self, timbre: Timbre<'_>, t: f32, values: &mut [f32; KNOT_WIDTH]) {
        let (j, position) = bracket(&RELEASE_KNOTS_S, t);
        for number in [j, j + 1] {
            let place = &mut self.released[number % 2];
            if number == 0 {
                *place = Knot { number: None, values: [0.0; KNOT_WIDTH] };
            } else {
                place.prepare(timbre, HELD_KNOTS + number - 1, &self.hidden, self.weight);
            }
        }
        let (a, b) = (&self.released[j % 2].values, &self.released[(j + 1) % 2].values);
        let (within, beyond) = (position.min(1.0), (position - 1.0).max(0.0));
        let slowest = RELEASE_FALL / LEVEL_SCALE * (RELEASE_KNOTS_S[j + 1] - RELEASE_KNOTS_S[j]);
        for o in 0..LEVELS {
            let step = b[o] - a[o];
            values[o] += a[o] + within * step + beyond * step.min(slowest);
        }
    }
}

/// A time from note-on or note-off on; no number is no time.
fn sane_seconds(t: f32) -> f32 {
    if t.is_nan() { 0.0 } else { t.clamp(0.0, LONGEST_S) }
}

impl Point {
    fn sane(latent: &Latent, pitch: f32, velocity: f32) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::Weights;

    fn frame(contour: &mut Contour, decoder: &Decoder, z: f32, time_s: f32, released_s: Option<f32>) -> Frame {
        let mut out = Frame::SILENT;
        contour.frame(decoder, &Latent([z; 16]), 60.0, 100.0, time_s, released_s, &mut out);
        out
    }

    fn knot(decoder: &Decoder, number: usize, z: f32) -> [f32; KNOT_WIDTH] {
        let (mut hidden, mut out) = (Hidden::ZERO, [0.0; KNOT_WIDTH]);
        decoder.trunk([&conditions(&Latent([z; 16]), 60.0, 100.0)], [&mut hidden]);
        decoder.knot(number, [&hidden], [&mut out]);
        out
    }

    #[test]
    fn frames_lie_on_the_lines_between_knots() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut contour = Contour::new();
        for (z, time, j) in [(0.3, 0.25, 11), (0.3, 0.0, 0), (-0.5, 2.3, 19), (-0.5, 0.012, 2), (0.3, 0.6, 14)] {
            let (a, b) = (knot(&decoder, j, z), knot(&decoder, j + 1, z));
            let f = (time - KNOTS_S[j]) / (KNOTS_S[j + 1] - KNOTS_S[j]);
            let got = frame(&mut contour, &decoder, z, time, None);
            for k in 0..PARTIALS {
                let expected = (a[k] + f * (b[k] - a[k])) * 20.0 - 60.0;
                let expected = expected.clamp(SILENCE_DB, LOUDEST_DB);
                assert!((got.partial_db[k] - expected).abs() < 1e-3, "{} {expected}", got.partial_db[k]);
            }
            assert!((got.cents - 20.0 * (a[112] + f * (b[112] - a[112]))).abs() < 1e-3);
        }
    }

    #[test]
    fn a_remembered_frame_equals_one_computed_anew() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut kept = Contour::new();
        for step in 0..400 {
            let time = step as f32 * 0.01;
            let released = (time > 1.0).then_some(time - 1.0);
            let z = if step % 7 == 0 { 0.2 } else { 0.1 };
            let anew = frame(&mut Contour::new(), &decoder, z, time, released);
            assert_eq!(frame(&mut kept, &decoder, z, time, released), anew);
        }
    }

    #[test]
    fn release_starts_where_the_note_stood_and_every_note_ends() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut contour = Contour::new();
        let held = frame(&mut contour, &decoder, 1.0, 0.5, None);
        assert_eq!(frame(&mut contour, &decoder, 1.0, 0.5, Some(0.0)), held);
        let late = frame(&mut contour, &decoder, 1.0, 4.5, Some(4.0));
        let later = frame(&mut contour, &decoder, 1.0, 5.0, Some(4.5));
        for k in 0..PARTIALS {
            assert!(later.partial_db[k] <= (late.partial_db[k] - 29.9).max(SILENCE_DB));
        }
        assert!(frame(&mut contour, &decoder, 1.0, 8.0, Some(7.5)).partial_db.iter().all(|&db| db == SILENCE_DB));
    }

    #[test]
    fn held_notes_never_grow_after_the_last_knot() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut contour = Contour::new();
        let early = frame(&mut contour, &decoder, 1.0, 2.5, None);
        let late = frame(&mut contour, &decoder, 1.0, 30.0, None);
        assert!((0..PARTIALS).all(|k| late.partial_db[k] <= early.partial_db[k]));
        assert_eq!(late.cents, early.cents);
    }

    #[test]
    fn numbers_that_are_none_give_a_finite_frame() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut out = Frame::SILENT;
        let mut contour = Contour::new();
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            contour.frame(&decoder, &Latent([bad; 16]), bad, bad, bad, Some(bad), &mut out);
            assert!(out.partial_db.iter().chain(&out.noise_db).all(|db| (SILENCE_DB..=20.0).contains(db)), "{bad}");
            assert!(out.cents.is_finite());
            contour.frame(&decoder, &Latent([bad; 16]), bad, bad, bad, None, &mut out);
            assert!(out.partial_db.iter().chain(&out.noise_db).all(|db| (SILENCE_DB..=20.0).contains(db)), "{bad}");
        }
    }

    #[test]
    fn motion_is_that_of_the_point_and_within_bounds_everywhere() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let (mut contour, mut out) = (Contour::new(), Motion::STILL);
        contour.motion(&decoder, &Latent([0.5; 16]), 60.0, 100.0, &mut out);
        let here = out.clone();
        assert!(here.sway_db.iter().any(|&db| db > 0.0) && here.sway_hz.iter().any(|&hz| hz != 1.0));
        contour.motion(&decoder, &Latent([-0.5; 16]), 60.0, 100.0, &mut out);
        assert_ne!(out, here);
        contour.motion(&decoder, &Latent([0.5; 16]), 60.0, 100.0, &mut out);
        assert_eq!(out, here);
        for bad in [f32::NAN, f32::INFINITY, -1e30] {
            contour.motion(&decoder, &Latent([bad; 16]), bad, bad, &mut out);
            assert!(out.sway_db.iter().all(|db| (0.0..=12.0).contains(db)));
            assert!(out.sway_hz.iter().chain([&out.vibrato.hz]).all(|hz| (0.2..=16.0).contains(hz)));
        }
    }

    #[test]
    fn slots_follow_the_pitch_out_of_the_band() {
        let decoder = Decoder::new(&Weights::untrained(3));
        let mut contour = Contour::new();
        let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        contour.slots(&decoder, &Latent::default(), 36.0, 100.0, &mut slots);
        assert!(slots.in_band[63] && slots.cents.iter().any(|&cents| cents != 0.0));
        contour.slots(&decoder, &Latent::default(), 96.0, 100.0, &mut slots);
        assert!(slots.in_band[0] && !slots.in_band[60]);
    }
}
