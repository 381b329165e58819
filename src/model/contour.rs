//! The course of one note: the decoder's picture of it, looked at one moment at a time.

mod foresight;
mod picture;
mod tail;

pub use foresight::Ahead;

use super::architecture::{CENTS_SCALE, LEVEL_OFFSET, LEVEL_SCALE, OUTPUTS};
use super::decoder::Decoder;
use super::latent::Latent;
use super::transfer::Transfer;
use crate::analysis::frames::{Frame, Motion, NOISE_BANDS, PARTIALS, SILENCE_DB, Slots};
use picture::{Moment, Picture, Point};

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
/// to nothing. Several contours can [`foresee`](Contour::foresee) their next frames together, at half the cost.
pub struct Contour {
    /// What is in use, and what was foreseen or in use before.
    pictures: [Picture; 2],
    in_use: usize,
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
        Self { pictures: [Picture::NONE; 2], in_use: 0 }
    }

    /// Forgets everything: for a new note, and whenever the decoder or the transfer was exchanged.
    pub fn start(&mut self) {
        self.pictures.iter_mut().for_each(Picture::forget);
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
        let picture = self.follow(timbre, Point::sane(latent, pitch, velocity));
        let values = picture.at(timbre, Moment::sane(time_s, released_s));
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
        let timbre = timbre.into();
        out.clone_from(self.follow(timbre, Point::sane(latent, pitch, velocity)).slots(timbre));
    }

    /// How the note moves about the course of its frames, within the bounds of [`motion`](super::motion) at any point.
    pub fn motion<'a>(
        &mut self,
        timbre: impl Into<Timbre<'a>>,
        latent: &Latent,
        pitch: f32,
        velocity: f32,
        out: &mut Motion,
    ) {
        let timbre = timbre.into();
        out.clone_from(self.follow(timbre, Point::sane(latent, pitch, velocity)).motion(timbre));
    }

    /// The picture of the note at a point, or at one so near that nobody hears the difference.
    fn follow(&mut self, timbre: Timbre<'_>, point: Point) -> &mut Picture {
        if !self.pictures[self.in_use].is_near(&point) {
            if self.spare().is_of(&point) {
                self.in_use = 1 - self.in_use;
            } else {
                Picture::draw(timbre, [point], [&mut self.pictures[self.in_use]]);
            }
        }
        &mut self.pictures[self.in_use]
    }

    /// The picture that is not in use.
    fn spare(&mut self) -> &mut Picture {
        &mut self.pictures[1 - self.in_use]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::architecture::{KNOTS_S, conditions};
    use crate::model::decoder::{Hidden, KNOT_WIDTH};
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
