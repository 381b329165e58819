//! What one recorded note tells of its instrument: a place in the latent space, and what the model misses there.

use super::super::architecture::{HELD_KNOTS, KNOTS_S, LEVELS, RANGE_DB, peak_db};
use super::super::encoder::above_floor;
use super::super::latent::Latent;
use super::super::{Contour, Model};
use super::Residual;
use crate::analysis::frames::{ANALYSIS_HOP, ANALYSIS_RATE, Frame, NoteFrames, SILENCE_DB};
use crate::analysis::release::{held_on, note_off};
use crate::analysis::steady::steady_noise;

/// Velocity at which recordings are taken to be played.
pub const ASSUMED_VELOCITY: f32 = 100.0;
/// The level to which a note's loudest moment is brought before it is encoded, in dB: the loud end of the trained
/// notes, where unseen ones are placed best.
const PEAK_DB: f32 = -15.0;
/// Frames of a note that the encoder may look at.
const ENCODED: usize = 500;
/// How far the encoder's point is drawn towards trained instruments that sound alike. A point between instruments is
/// known to play well over the whole keyboard; one that only the encoder says is known at one pitch.
const DRAW: f32 = 0.6;
/// An instrument that is further off than another by this much has 1/e of its say, in dB.
const ALIKE_DB: f32 = 1.0;
/// The onset, in seconds, and what it counts beside the whole note.
const ONSET_S: f32 = 0.14;

/// What one recorded note tells of its instrument. Made off the audio thread, in some 0.1 s.
#[derive(Clone, Debug, PartialEq)]
pub struct Imprint {
    /// The place in the latent space, within reach of the controls.
    pub latent: Latent,
    /// What the model misses of the note there, at equal loudness.
    pub residual: Residual,
    /// How much louder than the model's note the recording is, in dB.
    pub level_db: f32,
    /// When the note was let go, in seconds, where the recording tells.
    pub released_s: Option<f32>,
}

impl Imprint {
    /// Places `note`, played at `velocity` (1..127), in the space of `model`. The level of the recording does not matter.
    #[must_use]
    pub fn of(model: &Model, note: &NoteFrames, velocity: f32) -> Self {
        let above = peak_db(&note.frames) - PEAK_DB;
        let mut note = louder(note, -above);
        let off = note_off(&note);
        let held = |note: &NoteFrames| match off.filter(|&off| off < ENCODED) {
            Some(off) => held_on(note, off, ENCODED),
            None => note.clone(),
        };
        let encoded = model.encoder.encode(&held(&note), velocity);
        let count = note.frames.len();
        steady_noise(&mut note.frames, off.unwrap_or(count));
        let held = held(&note);
        let latent = within_reach(model, &drawn(model, &held, velocity, &encoded));
        let released_s = off.map(|off| (off * ANALYSIS_HOP) as f32 / ANALYSIS_RATE as f32);
        let level = compare(model, &held, velocity, &latent).louder_db;
        let residual = Residual::of(model, &louder(&note, -level), &latent, velocity, released_s);
        Self { latent, residual, level_db: above + level, released_s }
    }
}

/// `note` with all levels moved by `db`.
fn louder(note: &NoteFrames, db: f32) -> NoteFrames {
    let mut note = note.clone();
    for frame in &mut note.frames {
        let levels = frame.partial_db.iter_mut().chain(&mut frame.noise_db);
        levels.for_each(|level| *level = (*level + db).max(SILENCE_DB));
    }
    note
}

/// The nearest point that the controls reach, in the steps that they are shown in.
fn within_reach(model: &Model, latent: &Latent) -> Latent {
    let controls = model.space.controls(latent);
    model.space.latent(&controls.map(|control| (control.clamp(-1.0, 1.0) * 1_000.0).round() / 1_000.0))
}

/// The encoder's point, drawn towards the trained instruments that play this note alike.
fn drawn(model: &Model, note: &NoteFrames, velocity: f32, encoded: &Latent) -> Latent {
    let distances: Vec<f32> =
        model.instruments.iter().map(|known| compare(model, note, velocity, &known.latent).distance_db).collect();
    let nearest = distances.iter().copied().fold(f32::INFINITY, f32::min);
    let says: Vec<f32> = distances.iter().map(|distance| ((nearest - distance) / ALIKE_DB).exp()).collect();
    let sum = says.iter().sum::<f32>();
    if sum.is_nan() || sum <= 0.0 {
        return *encoded;
    }
    Latent(std::array::from_fn(|i| {
        let alike = model.instruments.iter().zip(&says).map(|(known, say)| say * known.latent.0[i]).sum::<f32>() / sum;
        encoded.0[i] + DRAW * (alike - encoded.0[i])
    }))
}

/// How a note differs from its decoding.
struct Comparison {
    /// How much louder it is.
    louder_db: f32,
    /// Mean difference of levels at equal loudness.
    distance_db: f32,
}

/// Compares a note with its decoding at `latent`, at the knots; what is loud counts most.
fn compare(model: &Model, note: &NoteFrames, velocity: f32, latent: &Latent) -> Comparison {
    let floor = peak_db(&note.frames) - RANGE_DB;
    let (mut contour, mut decoded) = (Contour::new(), Frame::SILENT);
    let mut cells = Vec::with_capacity(HELD_KNOTS * LEVELS);
    for (knot, &seconds) in KNOTS_S.iter().enumerate() {
        let number = (seconds * ANALYSIS_RATE as f32 / ANALYSIS_HOP as f32).round() as usize;
        let Some(heard) = note.frames.get(number) else { break };
        contour.frame(&model.decoder, latent, note.pitch, velocity, seconds, None, &mut decoded);
        let (heard, decoded) = (above_floor(heard, floor), above_floor(&decoded, floor));
        let levels = |frame: &Frame| frame.partial_db.into_iter().chain(frame.noise_db);
        for (heard, decoded) in levels(&heard).zip(levels(&decoded)) {
            let height = (heard.max(decoded) - floor) / RANGE_DB;
            cells.push((heard - decoded, time_weight(knot) * height * height));
        }
    }
    let weights = cells.iter().map(|cell| cell.1).sum::<f32>() + 1e-9;
    let mean = |of: &dyn Fn(f32) -> f32| cells.iter().map(|&(cell, weight)| of(cell) * weight).sum::<f32>() / weights;
    let louder_db = mean(&|difference| difference);
    Comparison { louder_db, distance_db: mean(&|difference| (difference - louder_db).abs()) }
}

/// The time that a knot stands for, as part of the note and, if it belongs to the onset, of that.
fn time_weight(knot: usize) -> f32 {
    let (before, after) = (KNOTS_S[knot.saturating_sub(1)], KNOTS_S[(knot + 1).min(HELD_KNOTS - 1)]);
    let onset = if KNOTS_S[knot] <= ONSET_S { 1.0 / ONSET_S } else { 0.0 };
    0.5 * (after - before) * (onset + 1.0 / KNOTS_S[HELD_KNOTS - 1])
}

#[cfg(test)]
mod tests {
    use super::super::Transfer;
    use super::*;
    use crate::analysis::frames::{PARTIALS, Slots};
    use crate::model::Timbre;

    /// A note that the factory model plays, let go after `released_s`.
    fn played(model: &Model, latent: &Latent, transfer: Option<&Transfer>, released_s: f32) -> NoteFrames {
        let (timbre, mut contour) = (Timbre { decoder: &model.decoder, transfer }, Contour::new());
        let frame = |number: usize| {
            let (mut frame, time) = (Frame::SILENT, number as f32 * 0.005);
            let released = (time > released_s).then_some(time - released_s);
            contour.frame(timbre, latent, 60.0, 100.0, time, released, &mut frame);
            frame
        };
        let frames = (0..640).map(frame).collect();
        let mut slots = Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] };
        contour.slots(timbre, latent, 60.0, 100.0, &mut slots);
        NoteFrames { pitch: 60.0, slots, frames }
    }

    /// An instrument that is sustained.
    fn organ(model: &Model) -> Latent {
        model.instruments.iter().find(|i| i.name.ends_with("000_016")).expect("a drawbar organ").latent
    }

    #[test]
    fn the_level_of_a_recording_is_told_and_changes_nothing_else() {
        let model = Model::open_factory();
        let note = played(&model, &organ(&model), None, 2.5);
        let imprint = Imprint::of(&model, &note, 100.0);
        assert!((imprint.released_s.unwrap() - 2.5).abs() < 0.06, "{:?}", imprint.released_s);
        for db in [-30.0, 12.0] {
            let other = Imprint::of(&model, &louder(&note, db), 100.0);
            assert!((other.level_db - imprint.level_db - db).abs() < 1e-3);
            assert!(other.latent.0.iter().zip(&imprint.latent.0).all(|(a, b)| (a - b).abs() < 0.02), "{db}");
            let knots = other.residual.knots.iter().flatten().zip(imprint.residual.knots.iter().flatten());
            let mean = knots.map(|(a, b)| (a - b).abs()).sum::<f32>() / 3_164.0;
            assert!(mean < 0.01, "{mean} with {db} dB");
        }
    }

    #[test]
    fn the_note_comes_back_at_its_own_level_and_goes_on_where_the_recording_was_let_go() {
        let model = Model::open_factory();
        let note = louder(&played(&model, &organ(&model), None, 1.0), -9.0);
        let imprint = Imprint::of(&model, &note, 100.0);
        assert!((imprint.released_s.unwrap() - 1.0).abs() < 0.06, "{:?}", imprint.released_s);
        let transfer = Transfer::new(&imprint.residual, 0.5, imprint.level_db);
        let back = played(&model, &imprint.latent, Some(&transfer), 1.0);
        let difference = |a: &NoteFrames, b: &NoteFrames, frame: usize| {
            (0..8).map(|k| (a.frames[frame].partial_db[k] - b.frames[frame].partial_db[k]).abs()).sum::<f32>() / 8.0
        };
        for (frame, most) in [(0, 1.5), (20, 1.5), (100, 1.5), (190, 1.5), (240, 5.0)] {
            assert!(difference(&note, &back, frame) < most, "frame {frame}: {}", difference(&note, &back, frame));
        }
        let on = played(&model, &imprint.latent, Some(&transfer), 3.0);
        assert!(difference(&note, &on, 190) < 1.5);
        let fall = on.frames[190].partial_db[0] - on.frames[480].partial_db[0];
        assert!(fall < 6.0, "an organ falls by {fall} dB when it is held on");
    }

    #[test]
    fn a_point_is_drawn_towards_the_instrument_that_sounds_alike() {
        let model = Model::open_factory();
        let truth = organ(&model);
        let note = played(&model, &truth, None, 2.5);
        let off = |latent: &Latent| latent.0.iter().zip(&truth.0).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let astray = Latent(truth.0.map(|z| z + 1.0));
        assert!(off(&drawn(&model, &note, 100.0, &astray)) < 0.5 * off(&astray));
        let nobody = Model::new(Default::default(), model.space.clone(), model.weights().clone(), Vec::new());
        assert_eq!(drawn(&nobody, &note, 100.0, &astray), astray);
    }
}
