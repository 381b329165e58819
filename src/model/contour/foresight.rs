//! Looking ahead: what several notes will soon ask the decoder for, decoded for all of them at once.

use super::picture::{Moment, Picture, Point};
use super::{Contour, Timbre};
use crate::model::architecture::KNOTS;
use crate::model::latent::Latent;

/// Notes that are decoded together. The sums of so many stay in the registers of AVX-512; more gain nothing.
const GROUP: usize = 4;

/// The next frame that a contour will probably be asked for; the values are those of [`Contour::frame`].
pub struct Ahead<'a> {
    /// The contour that will be asked.
    pub contour: &'a mut Contour,
    /// Where it will be in the latent space.
    pub latent: Latent,
    /// The pitch of the timbre, in MIDI.
    pub pitch: f32,
    /// The velocity, 1..127.
    pub velocity: f32,
    /// Seconds since note-on.
    pub time_s: f32,
    /// Seconds since note-off, if that has happened.
    pub released_s: Option<f32>,
}

/// A picture to draw.
struct Look<'a> {
    picture: &'a mut Picture,
    point: Point,
    moment: Moment,
}

impl<'a> Look<'a> {
    /// What there is to do for a frame, if anything.
    fn new(ahead: Ahead<'a>) -> Option<Self> {
        let Ahead { contour, latent, pitch, velocity, time_s, released_s } = ahead;
        let point = Point::sane(&latent, pitch, velocity);
        let known = contour.pictures[contour.in_use].is_near(&point) || contour.spare().is_of(&point);
        let moment = Moment::sane(time_s, released_s);
        (!known).then(|| Self { picture: contour.spare(), point, moment })
    }
}

impl Contour {
    /// Decodes for several contours at once what their next frames, slots and motions will be made of, in about half the
    /// time that it takes one by one.
    ///
    /// This only ever moves work: if a contour is then asked for just this point, it finds it ready; if not, it decodes as
    /// always. No bit of what comes out depends on whether, when, or for what this was called.
    pub fn foresee<'a, 'b>(timbre: impl Into<Timbre<'a>>, ahead: impl IntoIterator<Item = Ahead<'b>>) {
        let timbre = timbre.into();
        let mut looks = ahead.into_iter().filter_map(Look::new).fuse();
        loop {
            match [(); GROUP].map(|()| looks.next()) {
                [Some(a), Some(b), Some(c), Some(d)] => draw(timbre, [a, b, c, d]),
                [Some(a), Some(b), Some(c), None] => return draw(timbre, [a, b, c]),
                [Some(a), Some(b), ..] => return draw(timbre, [a, b]),
                // Nothing is won for one alone.
                _ => return,
            }
        }
    }
}

/// Draws several pictures, with the knots that two or more of them need.
fn draw<const V: usize>(timbre: Timbre<'_>, mut looks: [Look<'_>; V]) {
    let points = looks.each_ref().map(|look| look.point);
    Picture::draw(timbre, points, looks.each_mut().map(|look| &mut *look.picture));
    Picture::add_note(timbre, looks.each_mut().map(|look| &mut *look.picture));
    let mut needed = [0_u8; KNOTS];
    for look in &looks {
        look.picture.missing(look.moment).for_each(|knot| needed[knot] += 1);
    }
    for knot in (0..KNOTS).filter(|&knot| needed[knot] > 1) {
        let needs = |look: &&mut Look<'_>| look.picture.missing(look.moment).any(|missing| missing == knot);
        let mut needing = looks.iter_mut().filter(needs).map(|look| &mut *look.picture).fuse();
        match [(); GROUP].map(|()| needing.next()) {
            [Some(a), Some(b), Some(c), Some(d)] => Picture::add_knot(timbre, knot, [a, b, c, d]),
            [Some(a), Some(b), Some(c), None] => Picture::add_knot(timbre, knot, [a, b, c]),
            [Some(a), Some(b), ..] => Picture::add_knot(timbre, knot, [a, b]),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::{Frame, Motion, PARTIALS, Slots};
    use crate::model::Model;
    use crate::model::latent::LATENTS;
    use crate::model::transfer::Transfer;

    fn noise(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        }
    }

    /// A note that moves by itself: some latents all the time, some not at all, some hardly.
    #[derive(Clone)]
    struct Note {
        latent: Latent,
        pitch: f32,
        time_s: f32,
        end_s: f32,
        speed: f32,
    }

    impl Note {
        fn new(random: &mut impl FnMut() -> f32) -> Self {
            Self {
                latent: Latent([0.0; LATENTS].map(|_| 2.0 * random() - 1.0)),
                pitch: (36.0 + 48.0 * random()).round(),
                // Chords and late notes, so that knots are shared, and some far into the tail.
                time_s: (4.0 * random()).floor(),
                end_s: 4.0 * random(),
                speed: [0.0, 1e-3, 0.05, 0.2][(4.0 * random()) as usize],
            }
        }

        fn step(&mut self, random: &mut impl FnMut() -> f32) {
            self.time_s += 0.005;
            self.latent.0.iter_mut().step_by(3).for_each(|z| *z += self.speed * (random() - 0.5));
        }

        fn released_s(&self) -> Option<f32> {
            (self.time_s > self.end_s).then_some(self.time_s - self.end_s)
        }

        fn ahead<'a>(&self, contour: &'a mut Contour) -> Ahead<'a> {
            let Self { latent, pitch, time_s, .. } = *self;
            Ahead { contour, latent, pitch, velocity: 90.0, time_s, released_s: self.released_s() }
        }

        fn ask(&self, timbre: Timbre<'_>, contour: &mut Contour) -> (Frame, Slots, Motion) {
            let (mut frame, mut motion) = (Frame::SILENT, Motion::STILL);
            let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
            let released_s = self.released_s();
            contour.frame(timbre, &self.latent, self.pitch, 90.0, self.time_s, released_s, &mut frame);
            contour.slots(timbre, &self.latent, self.pitch, 90.0, &mut slots);
            contour.motion(timbre, &self.latent, self.pitch, 90.0, &mut motion);
            (frame, slots, motion)
        }
    }

    #[test]
    fn no_schedule_of_foresight_changes_a_bit() {
        let model = Model::open_factory();
        let transfer = Transfer::of_gain(2.0);
        for (seed, transfer) in [(1, None), (2, Some(&transfer)), (3, None)] {
            let timbre = Timbre { decoder: &model.decoder, transfer };
            let mut random = noise(seed);
            let mut notes: Vec<Note> = (0..7).map(|_| Note::new(&mut random)).collect();
            let mut plain: Vec<Contour> = notes.iter().map(|_| Contour::new()).collect();
            let mut foreseeing: Vec<Contour> = notes.iter().map(|_| Contour::new()).collect();
            for step in 0..400 {
                notes.iter_mut().for_each(|note| note.step(&mut random));
                // Some are foreseen, some not, some wrongly, and some for a time that is not asked for.
                let foreseen: Vec<(Note, bool)> = notes
                    .iter()
                    .map(|note| {
                        let (mut note, dice) = (note.clone(), random());
                        note.latent.0[0] += if dice < 0.1 { 0.01 } else { 0.0 };
                        note.time_s += if (0.1..0.2).contains(&dice) { 0.3 } else { 0.0 };
                        (note, dice < 0.8)
                    })
                    .collect();
                let looks = foreseen.iter().zip(&mut foreseeing).filter(|((_, foreseen), _)| *foreseen);
                Contour::foresee(timbre, looks.map(|((note, _), contour)| note.ahead(contour)));
                for ((note, plain), foreseeing) in notes.iter().zip(&mut plain).zip(&mut foreseeing) {
                    let (expected, got) = (note.ask(timbre, plain), note.ask(timbre, foreseeing));
                    assert!(expected == got, "step {step}, {} s, speed {}", note.time_s, note.speed);
                }
            }
        }
    }

    #[test]
    fn what_was_foreseen_is_not_decoded_again() {
        let model = Model::open_factory();
        let mut random = noise(5);
        let mut notes: Vec<Note> = (0..6).map(|_| Note { speed: 1.0, ..Note::new(&mut random) }).collect();
        let mut contours: Vec<Contour> = notes.iter().map(|_| Contour::new()).collect();
        for _ in 0..50 {
            notes.iter_mut().for_each(|note| note.step(&mut random));
            Contour::foresee(
                &model.decoder,
                notes.iter().zip(&mut contours).map(|(note, contour)| note.ahead(contour)),
            );
            for (note, contour) in notes.iter().zip(&mut contours) {
                let point = Point::sane(&note.latent, note.pitch, 90.0);
                assert!(contour.spare().is_of(&point));
                note.ask((&model.decoder).into(), contour);
                assert!(contour.pictures[contour.in_use].is_of(&point) && !contour.spare().is_of(&point));
            }
        }
    }
}
