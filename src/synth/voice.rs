//! One note being played: decoder, tone and envelope on a clock that starts at the note's own first sample.

use super::channel::{Channel, Channels, Heard, NoteExpressions, sane};
use super::controls::{Control, Controls};
use super::motion::SlowOscillators;
use super::pitch::{Pitch, PitchTarget};
use super::release::ReleaseClock;
use super::scene::{Spectrum, VoiceView};
use super::stack::Note;
use super::tone::{COPIES, StereoChunk, Style, Tone, ToneFormat, pan};
use crate::analysis::frames::{Frame, Motion, PARTIALS, SILENCE_DB, Slots, pitch_hz};
use crate::dsp::envelope::{Envelope, EnvelopeTimes};
use crate::dsp::kernel::{DECIBELS_TO_OCTAVES, LANES, exp2};
use crate::dsp::sines::CHUNK;
use crate::dsp::smooth::{OnePole, Ramp};
use crate::model::latent::LATENTS;
use crate::model::transfer::Transfer;
use crate::model::{Ahead, Contour, Model, Timbre};

/// Time constant of latents, in seconds.
const LATENT_SECONDS: f32 = 0.010;
/// Fade of a voice that has to go at once, in seconds.
const FADE_SECONDS: f32 = 0.004;
/// A voice that is quieter than this (-100 dBFS) is over.
const OVER: f32 = 1e-5;
/// A held note is not given up before this time, in seconds: its attack may be slow.
const PATIENCE_SECONDS: f32 = 3.0;
/// Vibrato of a full modulation wheel or expression, in cents.
const WHEEL_CENTS: f32 = 50.0;
/// Tilt of full brightness expression or timbre, and of full pressure, in dB per octave.
const BRIGHTNESS_TILT: f32 = 6.0;
const PRESSURE_TILT: f32 = 2.0;
/// Level that full pressure adds, in dB.
const PRESSURE_DB: f32 = 6.0;
/// What lies this far below a note's peak was floor, not sound, when the model was trained: it is pressed down.
const FLOOR_DB: f32 = 70.0;
/// How much faster than the model's output levels below the floor fall.
const FLOOR_SLOPE: f32 = 4.0;

/// What all voices of an engine share while a block is made.
pub(super) struct Surroundings<'a> {
    pub(super) model: &'a Model,
    /// What is added to the model's notes.
    pub(super) transfer: Option<&'a Transfer>,
    pub(super) controls: &'a Controls,
    /// The latents' controls, which may lie beyond -1..1.
    pub(super) latents: &'a [f32; LATENTS],
    pub(super) channels: &'a Channels,
}

/// How a voice lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Free.
    Idle,
    /// Its key is down.
    Held,
    /// Its key is up, the pedal holds it.
    Sustained,
    /// Released.
    Released,
    /// Fading at once, to make room.
    Fading,
}

/// One voice; owned by the engine, allocates only when made.
///
/// It renders chunks on its own clock, which are handed out sample by sample, so the host's blocks leave no trace: what
/// happens between two samples is seen by the next chunk (levels and pitch) or frame (timbre).
pub(super) struct Voice {
    pub(super) note: Note,
    pub(super) life: Life,
    /// Number of the note, rising: the lowest is the oldest.
    pub(super) serial: u64,
    pub(super) expressions: NoteExpressions,
    /// What its channel said when the key went up, where the channel goes on to other notes.
    pub(super) own: Option<Channel>,
    /// What its channels say, as of the last chunk.
    heard: Heard,
    /// Offsets of the latents by polyphonic modulation, in the controls' unit.
    pub(super) offsets: [f32; LATENTS],
    rate: f32,
    tone: Tone,
    contour: Contour,
    envelope: Envelope,
    fade: Ramp,
    slots: Slots,
    frame: Frame,
    motion: Motion,
    slow: SlowOscillators,
    peak_db: f32,
    /// The model's last frame was silence in every partial and band.
    is_spent: bool,
    latents: [OnePole; LATENTS],
    /// Samples since note-on, at the end of the chunk.
    clock: u64,
    release: Option<ReleaseClock>,
    pitch: Pitch,
    gains: [f32; 2],
    /// Nothing was rendered yet.
    is_fresh: bool,
    /// The key went up since the last chunk.
    release_awaits: bool,
    seed: u32,
    /// Samples from the first frame to the second.
    first_span: usize,
}

impl Voice {
    pub(super) fn new(format: &ToneFormat) -> Self {
        let rate = format.rate();
        let hop_seconds = format.hop() as f32 / rate;
        Self {
            note: Note { voice_id: None, channel: 0, key: 0, velocity: 0.0 },
            life: Life::Idle,
            serial: 0,
            expressions: NoteExpressions::NEUTRAL,
            own: None,
            heard: Heard::NEUTRAL,
            offsets: [0.0; LATENTS],
            rate,
            tone: Tone::new(format),
            contour: Contour::new(),
            envelope: Envelope::new(rate),
            fade: Ramp::new(1.0),
            slots: Slots { cents: [0.0; PARTIALS], in_band: [false; PARTIALS] },
            frame: Frame::SILENT,
            motion: Motion::STILL,
            slow: SlowOscillators::new(format.level(), hop_seconds),
            peak_db: SILENCE_DB,
            is_spent: false,
            latents: [OnePole::new(0.0, LATENT_SECONDS / hop_seconds); LATENTS],
            clock: 0,
            release: None,
            pitch: Pitch::new(rate, CHUNK),
            gains: [1.0; 2],
            is_fresh: false,
            release_awaits: false,
            seed: 0,
            first_span: format.hop(),
        }
    }

    /// Begins `note` at the next sample, sliding from `from_key` if the controls ask for it. What is said to the note
    /// before that sample is made counts from the first sample on.
    pub(super) fn start(
        &mut self,
        note: Note,
        serial: u64,
        seed: u32,
        from_key: Option<u8>,
        first_span: usize,
        around: &Surroundings<'_>,
    ) {
        self.first_span = first_span;
        (self.note, self.serial, self.seed, self.life) = (note, serial, seed, Life::Held);
        (self.is_fresh, self.release_awaits) = (true, false);
        (self.expressions, self.own) = (NoteExpressions::NEUTRAL, None);
        self.offsets = [0.0; LATENTS];
        self.clock = 0;
        self.fade = Ramp::new(1.0);
        self.release = None;
        (self.peak_db, self.is_spent) = (SILENCE_DB, false);
        self.envelope.start();
        self.slow.start(seed);
        self.contour.start();
        self.pitch.reset();
        self.slide(from_key, around);
    }

    /// The first sample is about to be made.
    fn begin(&mut self, around: &Surroundings<'_>) {
        self.is_fresh = false;
        for index in 0..LATENTS {
            self.latents[index].jump(self.latent_target(index, around));
        }
        self.pitch.jump(&self.pitch_target(around));
        self.gains = self.gain_targets();
        self.decode(0.0, around);
        self.tone.start(self.seed, &self.slots, &self.frame, self.frame_hz(), &self.style(around));
        self.tone.bring_forward(self.first_span);
    }

    /// Goes on as `note` without a new attack.
    pub(super) fn retarget(&mut self, note: Note, around: &Surroundings<'_>) {
        let from = self.note.key;
        // Timbre stays that of the phrase's first velocity: a jump would be an attack.
        self.note = Note { velocity: self.note.velocity, ..note };
        (self.life, self.own) = (Life::Held, None);
        self.slide(Some(from), around);
    }

    /// The key went up, and no pedal holds the note.
    pub(super) fn release(&mut self) {
        if matches!(self.life, Life::Held | Life::Sustained) {
            self.life = Life::Released;
            self.release_awaits = true;
        }
    }

    /// Lets go; not before the first chunk, so that a note of no length is heard too.
    fn let_go(&mut self, around: &Surroundings<'_>) {
        if std::mem::take(&mut self.release_awaits) {
            self.release = Some(ReleaseClock::new(self.clock as f32 / self.rate, stretch(around.controls)));
            self.envelope.release();
        }
    }

    /// Ends in a few milliseconds.
    pub(super) fn fade_out(&mut self) {
        if !matches!(self.life, Life::Idle | Life::Fading) {
            self.life = Life::Fading;
            self.fade.go(0.0, (FADE_SECONDS * self.rate).max(1.0) as u32);
        }
    }

    /// Ends at once.
    pub(super) fn silence(&mut self) {
        self.life = Life::Idle;
    }

    /// What the contour remembers was decoded from something that is no longer played.
    pub(super) fn decode_anew(&mut self) {
        self.contour.start();
    }

    /// Present loudness as amplitude, for the choice of a voice to steal.
    pub(super) fn loudness(&self) -> f32 {
        self.tone.level() * self.envelope.level() * self.gains[0].max(self.gains[1]) * self.fade.value()
    }

    /// What it shows of itself; nothing before its first sample is made, nor while it fades.
    pub(super) fn show(&self) -> Option<VoiceView> {
        (self.is_playing() && !self.is_fresh).then(|| VoiceView {
            key: self.note.key,
            is_held: matches!(self.life, Life::Held | Life::Sustained),
            velocity: self.note.velocity,
            level: self.loudness(),
            bend: self.pitch.bent(),
            latents: self.latents.map(|latent| latent.value()),
        })
    }

    /// Writes what it is made of, `gain` louder than it comes out here.
    pub(super) fn show_spectrum(&self, gain: f32, spectrum: &mut Spectrum) {
        let own = self.envelope.level() * self.gains[0].max(self.gains[1]) * self.fade.value();
        self.tone.show(self.frame_hz(), gain * own, spectrum);
    }

    /// Whether `self` sounds as a note, and not only as the fade of one.
    pub(super) fn is_playing(&self) -> bool {
        !matches!(self.life, Life::Idle | Life::Fading)
    }

    /// Writes the next chunk to `out`: how many samples that is, up to the next frame at most. What `out` holds beyond them
    /// means nothing.
    pub(super) fn render(&mut self, out: &mut StereoChunk, around: &Surroundings<'_>) -> usize {
        self.heard = around.channels.heard(self.note.channel, self.own.as_ref(), around.controls);
        if self.is_fresh {
            self.begin(around);
        } else {
            self.let_go(around);
        }
        if self.tone.is_due() {
            self.next_frame(around);
        }
        let hz = self.next_hz(around);
        let length = self.tone.render(hz, out);
        self.apply_gains(length, out, around);
        self.clock += length as u64;
        length
    }

    fn next_frame(&mut self, around: &Surroundings<'_>) {
        for index in 0..LATENTS {
            self.latents[index].next(self.latent_target(index, around));
        }
        self.decode(self.next_time(), around);
        self.tone.frame(&self.slots, &self.frame, self.frame_hz(), &self.style(around));
    }

    /// The moment that the next frame describes, in seconds after note-on.
    fn next_time(&self) -> f32 {
        (self.clock + (self.tone.until_due() + self.tone.look_ahead()) as u64) as f32 / self.rate
    }

    /// Samples from the end of the chunk to the next frame.
    pub(super) fn until_due(&self) -> usize {
        self.tone.until_due()
    }

    /// Of a voice that has made nothing yet, samples from its first frame to its second.
    pub(super) fn fresh_span(&self) -> Option<usize> {
        self.is_fresh.then_some(self.first_span)
    }

    /// What the decoder will be asked for with the next frame.
    pub(super) fn ahead<'a>(&'a mut self, around: &Surroundings<'_>) -> Ahead<'a> {
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

    fn latent_target(&self, index: usize, around: &Surroundings<'_>) -> f32 {
        let base = around.latents[index];
        let reach = base.abs().max(1.0);
        (base + self.offsets[index]).clamp(-reach, reach)
    }

    /// The pitch by which a frame places tilt and Nyquist, in Hz.
    fn frame_hz(&self) -> f32 {
        pitch_hz(f32::from(self.note.key) + self.pitch.offset())
    }

    /// Asks the model for the note `time` seconds after note-on.
    fn decode(&mut self, time: f32, around: &Surroundings<'_>) {
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

    fn slide(&mut self, from_key: Option<u8>, around: &Surroundings<'_>) {
        if let Some(from) = from_key {
            let semitones = f32::from(self.note.key) - f32::from(from);
            self.pitch.slide_by(semitones, around.controls.get(Control::GLIDE) * 0.001);
        }
    }

    fn pitch_target(&self, around: &Surroundings<'_>) -> PitchTarget {
        let controls = around.controls;
        let wheel = (self.heard.wheel + self.expressions.vibrato).min(1.0);
        PitchTarget {
            bend: self.heard.bend + self.expressions.tuning + controls.get(Control::TUNE) / 100.0,
            transpose: controls.get(Control::TRANSPOSE),
            depth: (controls.get(Control::VIBRATO_DEPTH) + wheel * WHEEL_CENTS) / 100.0,
            rate: controls.get(Control::VIBRATO_RATE),
        }
    }

    /// Moves everything that bends the pitch on by a chunk.
    fn next_hz(&mut self, around: &Surroundings<'_>) -> f32 {
        let target = self.pitch_target(around);
        let offset = self.pitch.next(&target, self.tone.next_length());
        pitch_hz(f32::from(self.note.key) + offset)
    }

    fn pressure(&self) -> f32 {
        self.heard.pressure.max(self.expressions.pressure)
    }

    fn style(&self, around: &Surroundings<'_>) -> Style {
        let controls = around.controls;
        let noise = controls.get(Control::NOISE);
        let expressed = self.heard.timbre + self.expressions.brightness;
        let tilt = controls.get(Control::BRIGHTNESS)
            + BRIGHTNESS_TILT * expressed.clamp(-1.0, 1.0)
            + PRESSURE_TILT * self.pressure();
        Style {
            tilt,
            noise_db: if noise <= Control::NOISE.spec().min { f32::NEG_INFINITY } else { noise },
            copies: (controls.get(Control::UNISON) as usize).clamp(1, COPIES),
            detune: controls.get(Control::DETUNE),
            width: controls.get(Control::WIDTH) / 100.0,
        }
    }

    fn gain_targets(&self) -> [f32; 2] {
        let pressed = exp2(DECIBELS_TO_OCTAVES * PRESSURE_DB * self.pressure());
        pan(self.expressions.pan).map(|gain| sane(gain * pressed * self.expressions.volume, 0.0, 16.0, 1.0))
    }

    /// The envelope, the fade, and volume, pan and pressure, which go along a line over the chunk.
    fn apply_gains(&mut self, length: usize, out: &mut StereoChunk, around: &Surroundings<'_>) {
        let mut levels = [0.0; CHUNK];
        self.envelope.next(&envelope_times(around.controls), &mut levels[..length]);
        if self.life == Life::Fading {
            levels[..length].iter_mut().for_each(|level| *level *= self.fade.next());
        }
        let targets = self.gain_targets();
        for (out, (&from, &to)) in out.iter_mut().zip(self.gains.iter().zip(&targets)) {
            let step = (to - from) / length.max(1) as f32;
            for n in 0..CHUNK {
                out[n] *= levels[n] * (from + step * (n + 1) as f32);
            }
        }
        self.gains = targets;
    }

    /// Whether nothing more is to be heard after the last chunk. A note that only the player turned down is not over: it may be turned up.
    pub(super) fn is_over(&self) -> bool {
        let patience = self.envelope.is_released() || self.clock as f32 > PATIENCE_SECONDS * self.rate;
        let boost = self.gains[0].max(self.gains[1]).max(1.0);
        // Brightness and the noise's gain lift even silence, so that its level alone would not tell.
        self.fade.rests_at(0.0)
            || (patience && (self.is_spent || self.tone.level() * self.envelope.level() * boost < OVER))
            || (self.envelope.is_past_attack() && self.envelope.level() * boost < OVER)
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

/// How much longer than it learnt the model's own release takes.
fn stretch(controls: &Controls) -> f32 {
    controls.get(Control::RELEASE_STRETCH) / 100.0
}

fn envelope_times(controls: &Controls) -> EnvelopeTimes {
    let seconds = |control| controls.get(control) * 0.001;
    let sustain = controls.get(Control::SUSTAIN);
    let release = controls.get(Control::RELEASE);
    EnvelopeTimes {
        attack: seconds(Control::ATTACK),
        decay: seconds(Control::DECAY),
        sustain_db: if sustain <= Control::SUSTAIN.spec().min { f32::NEG_INFINITY } else { sustain },
        // The longest leaves the release to the model.
        release: if release >= Control::RELEASE.spec().max { f32::INFINITY } else { release * 0.001 },
    }
}
