//! Notes to train on: a folder of audio files, analysed once, kept small.
//!
//! Of each note some 150 frames are kept, dense near note-on and note-off, in half precision: 15 000 notes take half a
//! gigabyte. They are cached in `.zither-notes` beside the data, so that the second run starts at once.

mod cache;
mod label;
mod load;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::motion::MotionTarget;
use crate::analysis::frames::{ANALYSIS_HOP, ANALYSIS_RATE, NoteFrames, PARTIALS};
use crate::analysis::motion::Measured;
use crate::analysis::steady::steady_noise;
use crate::model::architecture::{ENCODER_FRAMES, LEVELS, OUTPUTS, RANGE_DB, peak_db, slot_weight};
use crate::model::{SLOT_LIMIT, above_floor};

pub use label::Label;
pub use load::{Analyse, LoadOptions, Loaded, Problem, analyse_note, load};

/// Frames of analysis per second.
pub const FRAMES_PER_SECOND: f32 = (ANALYSIS_RATE as usize / ANALYSIS_HOP) as f32;
/// Last frame after note-on, and after note-off, that is kept.
const LAST_FRAME: (usize, usize) = (640, 140);
/// So many frames are all kept, after them each is later than the one before by this ratio.
const DENSE_FRAMES: usize = 16;
const SPACING: f32 = 1.05;
/// Frames that a note is held at least to be shown to the encoder, if the instrument has such.
const LONG_FRAMES: f32 = 400.0;

/// One analysed note, as kept for training.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredNote {
    /// MIDI pitch.
    pub pitch: f32,
    /// 1..127.
    pub velocity: f32,
    /// Time of note-off, in frames.
    pub hold: f32,
    /// Level in dB below which all counts as silence.
    pub floor: f32,
    /// Slot deviations in cents.
    pub slot_cents: [f32; PARTIALS],
    /// How much each slot's deviation counts.
    pub slot_weight: [f32; PARTIALS],
    /// Slots that exist at this pitch.
    pub in_band: [bool; PARTIALS],
    /// How many of the frames lie before note-off; at least one.
    pub held: usize,
    /// Number of each kept frame, ascending.
    pub times: Vec<u16>,
    /// `[frames, OUTPUTS]`: levels in dB, not below the floor, and the pitch deviation in cents.
    pub values: Vec<f16>,
    /// `[frames]`: the pitch deviation without vibrato, in cents.
    pub steady_cents: Vec<f16>,
    /// What moves by itself.
    pub motion: MotionTarget,
}

impl StoredNote {
    /// Keeps what training needs of a note that was let go `hold` frames after note-on. `None` if it has no frame, or
    /// nothing sounds.
    #[must_use]
    pub fn new(note: &NoteFrames, velocity: f32, hold: f32) -> Option<Self> {
        let peak = peak_db(&note.frames);
        let finite = |db: &f32| db.is_finite();
        let sound = note.frames.iter().all(|f| f.partial_db.iter().chain(&f.noise_db).chain([&f.cents]).all(finite));
        if !sound || peak < -110.0 {
            return None;
        }
        let floor = peak - RANGE_DB;
        let loudest = |k: usize| note.frames.iter().fold(floor, |most, frame| most.max(frame.partial_db[k]));
        let mut frames = note.frames.clone();
        steady_noise(&mut frames, hold.ceil() as usize);
        let (times, held) = kept_frames(frames.len(), hold);
        let mut values = vec![f16::ZERO; times.len() * OUTPUTS];
        for (&time, place) in times.iter().zip(values.chunks_exact_mut(OUTPUTS)) {
            let frame = above_floor(&frames[usize::from(time)], floor);
            let mut row = [0.0; OUTPUTS];
            row[..PARTIALS].copy_from_slice(&frame.partial_db);
            row[PARTIALS..LEVELS].copy_from_slice(&frame.noise_db);
            row[LEVELS] = frame.cents;
            place.convert_from_f32_slice(&row);
        }
        let measured = Measured::of(note, hold);
        let slot_weight = std::array::from_fn(|k| slot_weight(loudest(k), floor, note.slots.in_band[k]));
        Some(Self {
            pitch: note.pitch,
            velocity,
            hold,
            floor,
            slot_cents: note.slots.cents.map(|cents| cents.clamp(-SLOT_LIMIT, SLOT_LIMIT)),
            slot_weight,
            in_band: note.slots.in_band,
            held,
            steady_cents: times.iter().map(|&t| f16::from_f32(measured.steady_cents[usize::from(t)])).collect(),
            times,
            values,
            motion: MotionTarget::of(&measured, &slot_weight),
        })
    }

    /// Index of the kept frame nearest to frame `time`.
    #[must_use]
    pub fn nearest(&self, time: f32) -> usize {
        nearest(&self.times, time)
    }

    /// The same among those before note-off.
    #[must_use]
    pub fn nearest_held(&self, time: f32) -> usize {
        nearest(&self.times[..self.held], time)
    }

    /// The same among those after note-off, of which there must be one.
    #[must_use]
    pub fn nearest_released(&self, time: f32) -> usize {
        self.held + nearest(self.released_frames(), time)
    }

    /// Times of the frames after note-off.
    #[must_use]
    pub fn released_frames(&self) -> &[u16] {
        &self.times[self.held..]
    }

    /// Whether the other note was played in the same way.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() < 0.5;
        near(self.pitch, other.pitch) && near(self.velocity, other.velocity) && near(self.hold, other.hold)
    }
}

/// All notes of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct InstrumentNotes {
    /// Name of its folder.
    pub name: String,
    /// The notes; at least one.
    pub notes: Vec<StoredNote>,
    /// Which of them are long enough for the encoder; at least one.
    pub long: Vec<usize>,
    /// Number of its place in the latent space, if training learns one: its position among the instruments.
    pub place: usize,
}

impl InstrumentNotes {
    /// An instrument of these notes; `None` without any.
    #[must_use]
    pub fn new(name: String, notes: Vec<StoredNote>) -> Option<Self> {
        let longest = notes.iter().map(|note| note.hold).reduce(f32::max)?;
        let enough = longest.min(LONG_FRAMES);
        let long = (0..notes.len()).filter(|&index| notes[index].hold >= enough).collect();
        Some(Self { name, notes, long, place: 0 })
    }
}

/// Notes by instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The instruments, by name.
    pub instruments: Vec<InstrumentNotes>,
    /// Instruments that are trained on beside them, but neither validated with nor listed in the model.
    pub synthetic: Vec<InstrumentNotes>,
}

impl Dataset {
    /// Number of notes, without the synthetic ones.
    #[must_use]
    pub fn notes(&self) -> usize {
        self.instruments.iter().map(|instrument| instrument.notes.len()).sum()
    }

    /// Data of these instruments, each with a place of its own.
    #[must_use]
    pub fn new(mut instruments: Vec<InstrumentNotes>) -> Self {
        instruments.iter_mut().enumerate().for_each(|(place, instrument)| instrument.place = place);
        Self { instruments, synthetic: Vec::new() }
    }

    /// Divides the notes in those to train on and every `one_in`th of each instrument to validate with. An instrument
    /// with fewer notes is trained on whole, and so are the synthetic ones.
    #[must_use]
    pub fn split(self, one_in: usize) -> (Self, Self) {
        let mut training = Self { synthetic: self.synthetic, ..Self::default() };
        let mut validation = Self::default();
        for (position, instrument) in self.instruments.into_iter().enumerate() {
            // A step that shares no divisor with the usual three notes per pitch, and a start that differs.
            let validates = |index: usize| (index * 7 + position * 5) % one_in == one_in - 1;
            let (held_out, kept): (Vec<_>, Vec<_>) =
                instrument.notes.into_iter().enumerate().partition(|(index, _)| validates(*index));
            let part = |notes: Vec<(usize, StoredNote)>| {
                let notes = notes.into_iter().map(|(_, note)| note).collect();
                let part = InstrumentNotes::new(instrument.name.clone(), notes)?;
                Some(InstrumentNotes { place: instrument.place, ..part })
            };
            training.instruments.extend(part(kept));
            validation.instruments.extend(part(held_out));
        }
        (training, validation)
    }
}

/// Numbers of the frames to keep of a note of `length` frames, and how many of them lie before note-off.
fn kept_frames(length: usize, hold: f32) -> (Vec<u16>, usize) {
    let off = (hold.ceil().max(1.0) as usize).min(length);
    let held = spaced(LAST_FRAME.0).chain(ENCODER_FRAMES).filter(|&frame| frame < off);
    let released = spaced(LAST_FRAME.1).map(|frame| off + frame).filter(|&frame| frame < length);
    let mut times: Vec<u16> = held.chain(released).map(|frame| frame as u16).collect();
    times.sort_unstable();
    times.dedup();
    let held = times.partition_point(|&time| usize::from(time) < off);
    (times, held)
}

fn spaced(last: usize) -> impl Iterator<Item = usize> {
    let next = move |&frame: &usize| {
        let next = if frame < DENSE_FRAMES { frame + 1 } else { (frame as f32 * SPACING).ceil() as usize };
        (next <= last).then_some(next)
    };
    std::iter::successors(Some(0), next)
}

fn nearest(times: &[u16], time: f32) -> usize {
    let after = times.partition_point(|&t| f32::from(t) < time).min(times.len() - 1);
    let before = after.saturating_sub(1);
    let distance = |index: usize| (f32::from(times[index]) - time).abs();
    if distance(before) < distance(after) { before } else { after }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::analysis::frames::{Frame, Slots};

    /// A decaying tone with a release, brighter with `colour`.
    pub(crate) fn tone(pitch: f32, colour: f32, hold: f32) -> NoteFrames {
        let frames = (0..640).map(|frame| {
            let (t, released) = (frame as f32, (frame as f32 - hold).max(0.0));
            let mut state = Frame::SILENT;
            let fall = 0.05 * (t - released) * (1.0 - colour) + 1.5 * released;
            state.partial_db = std::array::from_fn(|k| -15.0 - (3.0 - 2.0 * colour) * k as f32 - fall);
            state.noise_db = std::array::from_fn(|band| -60.0 - fall - (t * 0.2).min(20.0) - band as f32 * 0.1);
            state.cents = 3.0 * colour;
            state
        });
        let slots = Slots { cents: std::array::from_fn(|k| colour * k as f32), in_band: [true; PARTIALS] };
        NoteFrames { pitch, slots, frames: frames.collect() }
    }

    /// Instruments that differ in colour, with notes over some pitches.
    pub(crate) fn tones(instruments: usize) -> Dataset {
        let instruments = (0..instruments).filter_map(|i| {
            let colour = i as f32 / instruments as f32;
            let notes = (0..24).filter_map(|n| {
                let hold = if n % 3 == 2 { 120.5 } else { 500.0 };
                StoredNote::new(&tone(36.0 + 2.0 * n as f32, colour, hold), [50.0, 112.0, 84.0][n % 3], hold)
            });
            InstrumentNotes::new(format!("tone_000_{i:03}"), notes.collect())
        });
        Dataset::new(instruments.collect())
    }

    #[test]
    fn frames_are_dense_after_note_on_and_note_off_and_hold_the_encoders() {
        let (times, held) = kept_frames(640, 500.0);
        assert!(ENCODER_FRAMES.iter().all(|&frame| times.contains(&(frame as u16))));
        assert!((0..16).all(|frame| times[frame] == frame as u16 && times[held + frame] == 500 + frame as u16));
        assert!(times.len() < 170 && times.is_sorted() && usize::from(*times.last().unwrap()) > 630);
        let (times, held) = kept_frames(300, 67.4);
        assert_eq!((times[held - 1] < 68, times[held]), (true, 68));
        assert_eq!(kept_frames(1, 500.0), (vec![0], 1));
    }

    #[test]
    fn a_stored_note_gives_back_the_frames_of_the_note() {
        let note = tone(60.0, 0.5, 100.0);
        let stored = StoredNote::new(&note, 90.0, 100.0).unwrap();
        for time in [0.0, 7.0, 90.0, 100.0, 101.0, 180.0] {
            let index = stored.nearest(time);
            let frame = &note.frames[usize::from(stored.times[index])];
            assert!((f32::from(stored.times[index]) - time).abs() <= 4.0);
            let level = stored.values[index * OUTPUTS].to_f32();
            assert!((level - frame.partial_db[0].max(stored.floor)).abs() < 0.1);
        }
        assert_eq!(stored.nearest_released(0.0), stored.held);
        assert_eq!(stored.nearest_held(639.0), stored.held - 1);
    }

    #[test]
    fn silence_is_no_note() {
        let mut note = tone(60.0, 0.5, 100.0);
        note.frames.fill(Frame::SILENT);
        assert_eq!(StoredNote::new(&note, 90.0, 100.0), None);
        note.frames.clear();
        assert_eq!(StoredNote::new(&note, 90.0, 100.0), None);
    }

    #[test]
    fn a_split_puts_every_note_on_one_side() {
        let data = tones(3);
        let total = data.notes();
        let (training, validation) = data.split(8);
        assert_eq!(training.notes() + validation.notes(), total);
        assert_eq!(validation.instruments.len(), 3);
        for (kept, held_out) in training.instruments.iter().zip(&validation.instruments) {
            assert!(held_out.notes.iter().all(|note| !kept.notes.contains(note)));
        }
    }
}
