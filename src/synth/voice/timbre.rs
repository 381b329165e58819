//! What a voice asks of the model.

use super::performance::stretch;
use super::{Surroundings, Voice};
use crate::analysis::frames::{Frame, SILENCE_DB};
use crate::dsp::kernel::LANES;
use crate::model::{Ahead, Timbre};
use crate::synth::controls::Control;

/// What lies this far below a note's peak was floor, not sound, when the model was trained: it is pressed down.
const FLOOR_DB: f32 = 70.0;
/// How much faster than the model's output levels below the floor fall.
const FLOOR_SLOPE: f32 = 4.0;

impl Voice {
    /// What the decoder will be asked for with the next frame.
    pub(in crate::synth) fn ahead<'a>(&'a mut self, around: &Surroundings<'_>) -> Ahead<'a> {
        let latents = std::array::from_fn(|index| {
            let (mut latent, target) = (self.latents[index], self.latent_target(index, around));
            if self.is_fresh { target } else { latent.next(target) }
        });
        let time = if self.is_fresh { 0.0 } else { self.next_time() };
        let (time_s, released_s) = self.model_time(time, around);
        let (pitch, velocity) = (self.timbre_pitch(around), self.velocity(around));
        let latent = around.model.space.latent(&latents);
        Ahead { contour: &mut self.contour, latent, pitch, velocity, time_s, released_s }
    }

    pub(super) fn latent_target(&self, index: usize, around: &Surroundings<'_>) -> f32 {
        let base = around.latents[index];
        let reach = base.abs().max(1.0);
        (base + self.offsets[index]).clamp(-reach, reach)
    }

    /// Asks the model for the note `time` seconds after note-on.
    pub(super) fn decode(&mut self, time: f32, around: &Surroundings<'_>) {
        let timbre = Timbre { decoder: &around.model.decoder, transfer: around.transfer };
        let latent = around.model.space.latent(&self.latents.map(|latent| latent.value()));
        let (time, released) = self.model_time(time, around);
        let (pitch, velocity) = (self.timbre_pitch(around), self.velocity(around));
        self.contour.frame(timbre, &latent, pitch, velocity, time, released, &mut self.frame);
        self.contour.slots(timbre, &latent, pitch, velocity, &mut self.slots);
        self.contour.motion(timbre, &latent, pitch, velocity, &mut self.motion);
        self.press_floor();
        self.slow.move_frame(&self.motion, around.controls.get(Control::MOTION) / 100.0, &mut self.frame);
    }

    /// The model's time since note-on and since note-off, if that has happened, at `time` seconds after note-on.
    fn model_time(&mut self, time: f32, around: &Surroundings<'_>) -> (f32, Option<f32>) {
        let released = self.release.as_mut().map(|release| release.read(time, stretch(around.controls)));
        released.map_or((time, None), |(time, released)| (time, Some(released)))
    }

    /// Below the floor of the training notes the model's levels mean nothing but "silent".
    fn press_floor(&mut self) {
        let Frame { partial_db, noise_db, .. } = &mut self.frame;
        self.peak_db = self.peak_db.max(highest(partial_db)).max(highest(noise_db));
        let floor = self.peak_db - FLOOR_DB;
        for levels in [&mut partial_db[..], noise_db] {
            for level in levels {
                *level = level.min(floor + (*level - floor) * FLOOR_SLOPE).max(SILENCE_DB);
            }
        }
        self.is_spent = highest(partial_db).max(highest(noise_db)) <= SILENCE_DB;
    }

    /// The pitch that the timbre follows: bends and slides do not change the instrument.
    fn timbre_pitch(&self, around: &Surroundings<'_>) -> f32 {
        f32::from(self.note.key) + around.controls.get(Control::TRANSPOSE)
    }

    /// Velocity 1..127 as the model takes it.
    fn velocity(&self, around: &Surroundings<'_>) -> f32 {
        /// What every note is played at where velocity is not followed.
        const UNIFORM: f32 = 100.0;
        let amount = around.controls.get(Control::VELOCITY) / 100.0;
        (UNIFORM + amount * (127.0 * self.note.velocity - UNIFORM)).clamp(1.0, 127.0)
    }
}

/// The highest of levels, found in lanes.
fn highest(levels: &[f32]) -> f32 {
    let mut highest = [f32::NEG_INFINITY; LANES];
    for levels in levels.chunks(LANES) {
        highest.iter_mut().zip(levels).for_each(|(highest, level)| *highest = highest.max(*level));
    }
    highest.into_iter().fold(f32::NEG_INFINITY, f32::max)
}
