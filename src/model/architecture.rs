//! The fixed shape of `knot-vae-2`: what the networks read and write, shared by inference and training.
//!
//! The decoder paints a whole note at once: levels at [`KNOTS_S`] after note-on and level changes at
//! [`RELEASE_KNOTS_S`] after note-off, linear in time between them. Any moment of a note can therefore be asked for, in
//! any order, which is what lets automation be answered at once.

use super::kernel::exp;
use super::latent::{LATENTS, Latent};
use crate::analysis::frames::{Frame, SILENCE_DB};
pub use crate::analysis::frames::{NOISE_BANDS, PARTIALS};

/// Name of the architecture, as it stands in model files.
pub const ARCHITECTURE: &str = "knot-vae-2";
/// Values per knot: partial levels, noise levels, pitch deviation, in this order.
pub const OUTPUTS: usize = PARTIALS + NOISE_BANDS + 1;
/// Values per knot that are levels; the last output is the pitch deviation.
pub const LEVELS: usize = PARTIALS + NOISE_BANDS;
/// Number of knots after note-on.
pub const HELD_KNOTS: usize = 21;
/// Number of knots after note-off that the network predicts (the one at 0 s is zero by definition).
pub const RELEASE_KNOTS: usize = 7;
/// All predicted knots.
pub const KNOTS: usize = HELD_KNOTS + RELEASE_KNOTS;
/// Times of the knots after note-on in seconds.
pub const KNOTS_S: [f32; HELD_KNOTS] = [
    0.0, 0.005, 0.010, 0.015, 0.020, 0.030, 0.040, 0.055, 0.075, 0.100, 0.140, 0.200, 0.280, 0.400, 0.550, 0.750,
    1.000, 1.300, 1.650, 2.050, 2.500,
];
/// Times of the knots after note-off in seconds, the implied zero first.
pub const RELEASE_KNOTS_S: [f32; RELEASE_KNOTS + 1] = [0.0, 0.010, 0.025, 0.050, 0.100, 0.200, 0.400, 0.700];
/// Width of the decoder's trunk and of the encoder's hidden layers.
pub const HIDDEN: usize = 256;
/// Width of the note net's hidden layers.
pub const NOTE_HIDDEN: usize = 128;
/// Outputs of the note net that tell how a note moves, see [`motion`](super::motion): depth and rate of each partial's
/// sway; depth, rate and delay of vibrato and of tremolo.
pub const MOTION_OUTPUTS: usize = 2 * PARTIALS + 2 * 3;
/// Outputs of the note net, which tells what is the same for the whole note: slot deviations, then the motion.
pub const NOTE_OUTPUTS: usize = PARTIALS + MOTION_OUTPUTS;
/// Radial basis functions over the pitch, MIDI 24..96.
pub const PITCH_BASES: usize = 10;
/// Inputs that tell pitch and velocity: pitch, its bases, velocity, its square.
pub const NOTE_INPUTS: usize = 1 + PITCH_BASES + 2;
/// Inputs of the decoder: the latents, then the note.
pub const CONDITIONS: usize = LATENTS + NOTE_INPUTS;
/// Frames that the encoder looks at, by number at 200 frames a second.
pub const ENCODER_FRAMES: [usize; 15] = [0, 1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 120, 200, 320, 480];
/// Inputs of the encoder: levels and pitch of each frame, weighted slot cents, the note, its peak level.
pub const ENCODER_INPUTS: usize = ENCODER_FRAMES.len() * OUTPUTS + PARTIALS + NOTE_INPUTS + 1;
/// Decibels per unit of a level output.
pub const LEVEL_SCALE: f32 = 20.0;
/// Level in dB of a level output of 0.
pub const LEVEL_OFFSET: f32 = -60.0;
/// Cents per unit of the pitch output.
pub const CENTS_SCALE: f32 = 20.0;
/// Cents per unit of a slot output.
pub const SLOT_SCALE: f32 = 100.0;
/// Range below a note's peak that is modelled, in dB; what is lower counts as silence.
pub const RANGE_DB: f32 = 75.0;

/// Writes the note's inputs: `pitch` in MIDI, `velocity` 1..127.
pub fn note_inputs(pitch: f32, velocity: f32, out: &mut [f32; NOTE_INPUTS]) {
    let p = (pitch - 60.0) / 36.0;
    let v = velocity / 127.0;
    let width = 2.0 / (PITCH_BASES - 1) as f32;
    out[0] = p;
    for (base, value) in out[1..=PITCH_BASES].iter_mut().enumerate() {
        let distance = (p + 1.0) / width - base as f32;
        *value = exp(-0.5 * distance * distance);
    }
    out[PITCH_BASES + 1] = v;
    out[PITCH_BASES + 2] = v * v;
}

/// The decoder's inputs for a note at a point of the latent space.
#[must_use]
pub fn conditions(latent: &Latent, pitch: f32, velocity: f32) -> [f32; CONDITIONS] {
    let mut out = [0.0; CONDITIONS];
    out[..LATENTS].copy_from_slice(&latent.0);
    note_inputs(pitch, velocity, out.last_chunk_mut().expect("the note comes last"));
    out
}

/// The interval `j..j + 1` of `knots` (ascending, at least two) that holds time `t`, and the position in it: 0..1, and
/// beyond 1 after the last knot.
#[must_use]
pub fn bracket(knots: &[f32], t: f32) -> (usize, f32) {
    let j = knots.partition_point(|&knot| knot <= t).saturating_sub(1).min(knots.len() - 2);
    (j, ((t - knots[j]) / (knots[j + 1] - knots[j])).max(0.0))
}

/// Level of a note's loudest moment in dB: the louder of partials (as power) and noise bands.
#[must_use]
pub fn peak_db<'a>(frames: impl IntoIterator<Item = &'a Frame>) -> f32 {
    frames.into_iter().fold(SILENCE_DB, |peak, frame| {
        let partial = frame.partial_db.iter().copied().fold(f32::NEG_INFINITY, f32::max) - 3.0;
        frame.noise_db.iter().copied().fold(peak.max(partial), f32::max)
    })
}

/// How much slot `k`'s cents count, 0..0.65: only slots that rise well above the note's floor are known.
#[must_use]
pub fn slot_weight(loudest_db: f32, floor_db: f32, in_band: bool) -> f32 {
    /// 26 dB above the floor.
    const AUDIBLE: f32 = 0.35;
    if in_band { ((loudest_db - floor_db) / RANGE_DB - AUDIBLE).clamp(0.0, 1.0) } else { 0.0 }
}

/// A note as the encoder sees it.
pub struct EncoderView<'a> {
    /// The note at [`ENCODER_FRAMES`], levels not below the note's floor.
    pub frames: &'a [Frame; ENCODER_FRAMES.len()],
    /// Slot deviations in cents.
    pub slot_cents: &'a [f32; PARTIALS],
    /// See [`slot_weight`].
    pub slot_weight: &'a [f32; PARTIALS],
    /// MIDI pitch.
    pub pitch: f32,
    /// 1..127.
    pub velocity: f32,
}

impl EncoderView<'_> {
    /// Writes the encoder's inputs, [`ENCODER_INPUTS`] of them: all partial levels, all noise levels, all pitch
    /// deviations, the weighted slot cents, the note, the peak.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn write(&self, out: &mut [f32]) {
        assert_eq!(out.len(), ENCODER_INPUTS);
        let peak =
            self.frames.iter().flat_map(|f| f.partial_db.iter().chain(&f.noise_db)).copied().fold(-300.0, f32::max);
        let relative = |db: f32| (db - peak + 40.0) / LEVEL_SCALE;
        let partials = self.frames.iter().flat_map(|f| f.partial_db).map(relative);
        let noise = self.frames.iter().flat_map(|f| f.noise_db).map(relative);
        let cents = self.frames.iter().map(|f| f.cents / CENTS_SCALE);
        let slots = self.slot_cents.iter().zip(self.slot_weight).map(|(cents, weight)| cents * weight / SLOT_SCALE);
        let mut note = [0.0; NOTE_INPUTS];
        note_inputs(self.pitch, self.velocity, &mut note);
        let last = [(peak + 40.0) / LEVEL_SCALE];
        let all = partials.chain(noise).chain(cents).chain(slots).chain(note).chain(last);
        for (out, value) in out.iter_mut().zip(all) {
            *out = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_of_a_time_interpolates_to_that_time() {
        for step in 0..=2_500 {
            let t = step as f32 / 1_000.0;
            let (j, f) = bracket(&KNOTS_S, t);
            assert!((KNOTS_S[j] + f * (KNOTS_S[j + 1] - KNOTS_S[j]) - t).abs() < 1e-6);
            assert!((0.0..=1.0 + 1e-6).contains(&f));
        }
        assert_eq!(bracket(&KNOTS_S, -1.0), (0, 0.0));
        assert_eq!(bracket(&KNOTS_S, 4.0).0, HELD_KNOTS - 2);
        assert!(bracket(&KNOTS_S, 4.0).1 > 1.0);
    }

    #[test]
    fn a_pitch_lights_the_base_that_lies_on_it() {
        let mut out = [0.0; NOTE_INPUTS];
        note_inputs(24.0 + 8.0 * 3.0, 127.0, &mut out);
        assert!((out[1 + 3] - 1.0).abs() < 1e-6);
        assert!((out[1 + 4] - (-0.5_f32).exp()).abs() < 1e-5);
        assert_eq!(out[NOTE_INPUTS - 1], 1.0);
    }
}
