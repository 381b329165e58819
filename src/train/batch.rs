//! What one step of training looks at: instruments as the encoder hears them on one note, and moments of other notes
//! of the same instruments for the decoder to hit. That is what makes a latent an instrument and not a note.

use half::slice::HalfFloatSliceExt;
use ndarray::Array2;

use super::augment::Augmentation;
use super::dataset::{Dataset, InstrumentNotes, StoredNote};
use super::loss::Values;
use super::motion::MotionTarget;
use super::random::Random;
use crate::analysis::frames::{Frame, NOISE_BANDS, PARTIALS};
use crate::model::architecture::{
    ENCODER_FRAMES, ENCODER_INPUTS, EncoderView, KNOTS_S, LEVELS, OUTPUTS, RELEASE_KNOTS_S, bracket,
};
use crate::model::latent::LATENTS;
use crate::train::dataset::FRAMES_PER_SECOND;

/// A note that the decoder has to hit.
#[derive(Clone, Debug)]
pub struct TargetNote {
    /// Row of the batch that its latents come from.
    pub row: usize,
    /// MIDI pitch.
    pub pitch: f32,
    /// 1..127.
    pub velocity: f32,
    /// Level in dB below which all counts as silence.
    pub floor: f32,
    /// Slot deviations in cents.
    pub slot_cents: [f32; PARTIALS],
    /// How much each slot's deviation counts.
    pub slot_weight: [f32; PARTIALS],
    /// 1 for slots that exist at this pitch, else 0.
    pub in_band: [f32; PARTIALS],
    /// How the note moves.
    pub motion: MotionTarget,
}

/// A moment of a note, and what it should sound like.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Which note of the batch.
    pub note: usize,
    /// Knot after note-on and the position between it and the next.
    pub held: (usize, f32),
    /// The same after note-off.
    pub released: Option<(usize, f32)>,
    /// Levels in dB, pitch in cents.
    pub target: Values,
}

/// One step's, or half a step's, data.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Of the first rows, which are heard: `[heard, ENCODER_INPUTS]`.
    pub encoder_inputs: Array2<f32>,
    /// Random numbers of the reparameterisation, `[heard, LATENTS]`.
    pub noise: Array2<f32>,
    /// Places of the further rows, whose instruments are known.
    pub known: Vec<usize>,
    /// The notes to hit, those of an instrument together.
    pub notes: Vec<TargetNote>,
    /// Moments of the notes, those of a note together.
    pub moments: Vec<Moment>,
}

/// How a batch is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawing {
    /// Instruments that the encoder hears.
    pub heard: usize,
    /// Instruments that are known by their place in the latent space.
    pub known: usize,
    /// Notes to hit per instrument.
    pub notes: usize,
    /// Moments per note.
    pub moments: usize,
    /// Strength of the augmentation; at 0 there is none, and the latents are the posterior's means.
    pub augmentation: f32,
    /// Share of instruments that are mixed with another one.
    pub mixing: f32,
    /// Share of instruments that are synthetic, where the data has such.
    pub synthetic: f32,
}

/// Share of notes to hit that are the very note that the encoder hears.
const SAME_NOTE: f32 = 0.2;
/// Deviation of the encoder's level in dB and of the velocity it is told: a recording's level and velocity are rarely
/// known.
const ENCODER_JITTER: (f32, f32) = (1.5, 6.0);

impl Batch {
    /// Draws a batch; all chance comes from `random`.
    #[must_use]
    pub fn draw(data: &Dataset, drawing: Drawing, random: &mut Random) -> Self {
        let mut batch = Self {
            encoder_inputs: Array2::zeros((drawing.heard, ENCODER_INPUTS)),
            noise: Array2::zeros((drawing.heard, LATENTS)),
            known: Vec::with_capacity(drawing.known),
            notes: Vec::with_capacity((drawing.heard + drawing.known) * drawing.notes),
            moments: Vec::with_capacity((drawing.heard + drawing.known) * drawing.notes * drawing.moments),
        };
        for row in 0..drawing.heard {
            batch.draw_heard(row, data, drawing, random);
        }
        for _ in 0..drawing.known {
            batch.draw_known(data, drawing, random);
        }
        batch
    }

    /// An instrument as it is, known by its place.
    fn draw_known(&mut self, data: &Dataset, drawing: Drawing, random: &mut Random) {
        let instrument = pick(&data.instruments, random);
        let row = self.encoder_inputs.nrows() + self.known.len();
        self.known.push(instrument.place);
        let source = Source { instrument, mixed: None, augmentation: Augmentation::NONE };
        for _ in 0..drawing.notes {
            self.draw_note(row, &source.draw_any(random), &source, drawing, random);
        }
    }

    fn draw_note(&mut self, row: usize, note: &Pair<'_>, source: &Source<'_>, drawing: Drawing, random: &mut Random) {
        let position = self.notes.len();
        self.notes.push(source.target_note(row, note));
        source.draw_moments(note, position, drawing.moments, random, &mut self.moments);
    }

    fn draw_heard(&mut self, row: usize, data: &Dataset, drawing: Drawing, random: &mut Random) {
        // There may be many more synthetic instruments than others: they must not drown them.
        let synthetic = !data.synthetic.is_empty() && random.chance(drawing.synthetic);
        let instrument = pick(if synthetic { &data.synthetic } else { &data.instruments }, random);
        let augmentation = Augmentation::draw(random, drawing.augmentation);
        let other = pick(&data.instruments, random);
        let mut source = Source { instrument, mixed: None, augmentation };
        if random.chance(drawing.mixing) {
            source.mixed = Some((other, random.uniform()));
        }
        let heard = source.draw_long(random);
        let jitter = ENCODER_JITTER;
        let strength = drawing.augmentation;
        let (level, velocity) = (random.normal() * jitter.0 * strength, random.normal() * jitter.1 * strength);
        source.write_encoder_inputs(
            &heard,
            level,
            velocity,
            self.encoder_inputs.row_mut(row).as_slice_mut().expect("a row"),
        );
        if drawing.augmentation > 0.0 {
            self.noise.row_mut(row).iter_mut().for_each(|value| *value = random.normal());
        }
        for _ in 0..drawing.notes {
            let note = if random.chance(SAME_NOTE) { heard } else { source.draw_any(random) };
            self.draw_note(row, &note, &source, drawing, random);
        }
    }
}

/// The encoder's inputs for each long note of an instrument, `[notes, ENCODER_INPUTS]`.
#[must_use]
pub fn encoder_inputs(instrument: &InstrumentNotes) -> Array2<f32> {
    let source = Source { instrument, mixed: None, augmentation: Augmentation::NONE };
    let mut inputs = Array2::zeros((instrument.long.len(), ENCODER_INPUTS));
    for (&index, mut row) in instrument.long.iter().zip(inputs.rows_mut()) {
        let pair = source.pair(&instrument.notes[index]);
        source.write_encoder_inputs(&pair, 0.0, 0.0, row.as_slice_mut().expect("rows lie together"));
    }
    inputs
}

/// What the notes of a row are made of.
struct Source<'a> {
    instrument: &'a InstrumentNotes,
    /// Another instrument, and the share of the first.
    mixed: Option<(&'a InstrumentNotes, f32)>,
    augmentation: Augmentation,
}

/// A note, and the same note of the instrument that is mixed in with the first one's share.
#[derive(Clone, Copy)]
struct Pair<'a> {
    note: &'a StoredNote,
    other: Option<(&'a StoredNote, f32)>,
}

impl<'a> Source<'a> {
    fn draw_long(&self, random: &mut Random) -> Pair<'a> {
        self.pair(&self.instrument.notes[*pick(&self.instrument.long, random)])
    }

    /// Any note; where instruments are mixed a long one, because only those exist alike in both.
    fn draw_any(&self, random: &mut Random) -> Pair<'a> {
        if self.mixed.is_some() { self.draw_long(random) } else { self.pair(pick(&self.instrument.notes, random)) }
    }

    fn pair(&self, note: &'a StoredNote) -> Pair<'a> {
        let other = self.mixed.and_then(|(other, share)| {
            let matching = |&&index: &&usize| other.notes[index].is_alike(note);
            other.long.iter().find(matching).map(|&index| (&other.notes[index], share))
        });
        Pair { note, other }
    }

    fn write_encoder_inputs(&self, pair: &Pair<'_>, level: f32, velocity: f32, out: &mut [f32]) {
        let gains = self.gains(pair.note.pitch);
        let frames = ENCODER_FRAMES.map(|frame| {
            let time = frame as f32 * self.augmentation.speed;
            let mut values = pair.values(pair.note.nearest(time), &gains);
            values[..LEVELS].iter_mut().for_each(|value| *value += level);
            Frame {
                partial_db: std::array::from_fn(|k| values[k]),
                noise_db: std::array::from_fn(|band| values[PARTIALS + band]),
                cents: values[LEVELS],
            }
        });
        let (slot_cents, slot_weight) = pair.slots();
        let velocity = (pair.note.velocity + velocity).clamp(1.0, 127.0);
        let view = EncoderView {
            frames: &frames,
            slot_cents: &slot_cents,
            slot_weight: &slot_weight,
            pitch: pair.note.pitch,
            velocity,
        };
        view.write(out);
    }

    fn target_note(&self, row: usize, pair: &Pair<'_>) -> TargetNote {
        let (slot_cents, slot_weight) = pair.slots();
        TargetNote {
            row,
            pitch: pair.note.pitch,
            velocity: pair.note.velocity,
            floor: pair.floor(),
            slot_cents,
            slot_weight,
            in_band: pair.note.in_band.map(|in_band| if in_band { 1.0 } else { 0.0 }),
            motion: pair.motion().faster(self.augmentation.speed),
        }
    }

    /// Two fifths of the moments lie near the onset, a third evenly in the held part, a quarter after note-off.
    fn draw_moments(
        &self,
        pair: &Pair<'_>,
        position: usize,
        count: usize,
        random: &mut Random,
        moments: &mut Vec<Moment>,
    ) {
        let gains = self.gains(pair.note.pitch);
        let (note, speed) = (pair.note, self.augmentation.speed);
        let log_time = |random: &mut Random, range: f32, knee: f32| {
            ((random.uniform() * (range / knee).ln_1p()).exp_m1() * knee).floor()
        };
        for _ in 0..count {
            let part = random.uniform();
            let frame = if part < 0.4 {
                (log_time(random, 600.0, 2.0) * speed).min(note.hold)
            } else if part < 0.75 || note.released_frames().is_empty() {
                random.uniform() * note.hold
            } else {
                note.hold + log_time(random, 130.0, 3.0)
            };
            let after_release = frame > note.hold;
            let index = if after_release { note.nearest_released(frame) } else { note.nearest_held(frame) };
            let at = f32::from(note.times[index]);
            let held_s = if after_release { note.hold } else { at } / speed / FRAMES_PER_SECOND;
            let released = after_release.then(|| ((at - note.hold) / FRAMES_PER_SECOND).max(0.0));
            moments.push(Moment {
                note: position,
                held: within(&KNOTS_S, held_s),
                released: released.map(|t| within(&RELEASE_KNOTS_S, t)),
                target: pair.steady_values(index, &gains),
            });
        }
    }

    fn gains(&self, pitch: f32) -> [f32; LEVELS] {
        if self.augmentation == Augmentation::NONE {
            return [0.0; LEVELS];
        }
        let (partials, noise): ([f32; PARTIALS], [f32; NOISE_BANDS]) =
            (self.augmentation.partial_gains(pitch), self.augmentation.noise_gains());
        std::array::from_fn(|o| if o < PARTIALS { partials[o] } else { noise[o - PARTIALS] })
    }
}

impl Pair<'_> {
    fn floor(&self) -> f32 {
        self.mix(|note| note.floor)
    }

    fn mix(&self, value: impl Fn(&StoredNote) -> f32) -> f32 {
        let first = value(self.note);
        self.other.map_or(first, |(other, share)| share * first + (1.0 - share) * value(other))
    }

    fn slots(&self) -> ([f32; PARTIALS], [f32; PARTIALS]) {
        let mixed = |of: fn(&StoredNote) -> &[f32; PARTIALS]| std::array::from_fn(|k| self.mix(|note| of(note)[k]));
        (mixed(|note| &note.slot_cents), mixed(|note| &note.slot_weight))
    }

    fn motion(&self) -> MotionTarget {
        let first = &self.note.motion;
        self.other.map_or_else(|| first.clone(), |(other, share)| first.mixed(&other.motion, share))
    }

    /// The same as [`values`](Self::values), but the pitch without vibrato, which is motion and no course of a note.
    fn steady_values(&self, index: usize, gains: &[f32; LEVELS]) -> Values {
        let mut values = self.values(index, gains);
        let time = f32::from(self.note.times[index]);
        values[LEVELS] = self.mix(|note| note.steady_cents[note.nearest(time)].to_f32());
        values
    }

    /// The values of the first note's stored frame `index`, mixed in dB with the other's at the same time, with
    /// `gains` on the levels, not below the floor.
    fn values(&self, index: usize, gains: &[f32; LEVELS]) -> Values {
        let mut values = stored(self.note, index);
        if let Some((other, share)) = self.other {
            let theirs = stored(other, other.nearest(f32::from(self.note.times[index])));
            values.iter_mut().zip(theirs).for_each(|(value, other)| *value = share * *value + (1.0 - share) * other);
        }
        let floor = self.floor();
        for (value, gain) in values.iter_mut().zip(gains) {
            *value = (*value + gain).max(floor);
        }
        values
    }
}

fn stored(note: &StoredNote, index: usize) -> Values {
    let mut values = [0.0; OUTPUTS];
    note.values[index * OUTPUTS..][..OUTPUTS].convert_to_f32_slice(&mut values);
    values
}

/// The bracket of a time, at most the last knot: beyond it nothing is trained.
fn within(knots: &[f32], t: f32) -> (usize, f32) {
    let (j, position) = bracket(knots, t);
    (j, position.min(1.0))
}

fn pick<'a, T>(from: &'a [T], random: &mut Random) -> &'a T {
    &from[random.below(from.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::dataset::tests::{tone, tones};

    #[test]
    fn synthetic_instruments_get_their_share_however_many_they_are() {
        let synthetic = (0..500).filter_map(|i| {
            let note = StoredNote::new(&tone(120.0, 0.5, 500.0), 90.0, 500.0)?;
            InstrumentNotes::new(format!("fm_syn_{i:04}"), vec![note])
        });
        let data = Dataset { synthetic: synthetic.collect(), ..tones(3) };
        let drawing =
            Drawing { heard: 400, known: 0, notes: 1, moments: 1, augmentation: 0.0, mixing: 0.5, synthetic: 0.25 };
        let count = |data: &Dataset| {
            let batch = Batch::draw(data, drawing, &mut Random::new(1, 1));
            batch.notes.iter().filter(|note| note.pitch == 120.0).count()
        };
        assert!((75..125).contains(&count(&data)), "{}", count(&data));
        assert_eq!(count(&Dataset { synthetic: Vec::new(), ..data }), 0);
    }
}
