//! One note being played: decoder, tone and envelope on a clock that starts at the note's own first sample.

mod performance;
mod timbre;

use self::performance::{envelope_times, stretch};
use super::channel::{Channel, Channels, Heard, NoteExpressions};
use super::controls::{Control, Controls};
use super::motion::SlowOscillators;
use super::pitch::Pitch;
use super::release::ReleaseClock;
use super::scene::{Spectrum, VoiceView};
use super::stack::Note;
use super::tone::{StereoChunk, Tone, ToneFormat};
use crate::analysis::frames::{Frame, Motion, PARTIALS, SILENCE_DB, Slots, pitch_hz};
use crate::dsp::envelope::Envelope;
use crate::dsp::sines::CHUNK;
use crate::dsp::smooth::{OnePole, Ramp};
use crate::model::latent::LATENTS;
use crate::model::transfer::Transfer;
use crate::model::{Contour, Model};

/// Time constant of latents, in seconds.
const LATENT_SECONDS: f32 = 0.010;
/// Fade of a voice that has to go at once, in seconds.
const FADE_SECONDS: f32 = 0.004;
/// A voice that is quieter than this (-100 dBFS) is over.
const OVER: f32 = 1e-5;
/// A held note is not given up before this time, in seconds: its attack may be slow.
const PATIENCE_SECONDS: f32 = 3.0;

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
            pressure: self.pressure(),
            timbre: self.timbre(),
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

    /// The pitch by which a frame places tilt and Nyquist, in Hz.
    fn frame_hz(&self) -> f32 {
        pitch_hz(f32::from(self.note.key) + self.pitch.offset())
    }

    fn slide(&mut self, from_key: Option<u8>, around: &Surroundings<'_>) {
        if let Some(from) = from_key {
            let semitones = f32::from(self.note.key) - f32::from(from);
            self.pitch.slide_by(semitones, around.controls.get(Control::GLIDE) * 0.001);
        }
    }

    /// Moves everything that bends the pitch on by a chunk.
    fn next_hz(&mut self, around: &Surroundings<'_>) -> f32 {
        let target = self.pitch_target(around);
        let offset = self.pitch.next(&target, self.tone.next_length());
        pitch_hz(f32::from(self.note.key) + offset)
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
