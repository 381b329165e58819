//! The instrument once more in plain scalar arithmetic, as a textbook would have it: what the engine is measured against.
//!
//! The same model, seeds and notes give the same sound (`tests/scalar.rs` says how nearly). One sample and one partial
//! comes after the other, with the cosines and exponentials of the standard library and weights in single precision, row
//! by row. Nothing is done worse than plain code does it: what stands still is decoded once, what is not heard is not
//! computed. It plays in poly mode, without glide, pedal and transfer, at 48 kHz.
#![allow(dead_code, reason = "the test uses a part")]

mod decoder;
mod noise;
mod voice;

use std::sync::{Arc, OnceLock};

use zither::analysis::frames::NOISE_BANDS;
use zither::analysis::noise::band_centres;
use zither::dsp::random;
use zither::model::Model;
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::VOICES;
use zither::synth::event::{Event, Expression, NoteAddress};

use noise::Bands;
use voice::{Around, Life, Voice};

/// Time constant of the gain in seconds.
const GAIN_SECONDS: f32 = 0.005;

#[derive(Clone, Copy, Default)]
pub(crate) struct NoteStart {
    pub(crate) voice_id: Option<i32>,
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: f32,
}

/// What a MIDI channel says: bend -1..1, pressure and wheel 0..1, timbre -1..1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Channel {
    pub(crate) bend: f32,
    pub(crate) pressure: f32,
    pub(crate) wheel: f32,
    pub(crate) timbre: f32,
}

/// What is said to one note, in the units of [`Expression`]; brightness is -1..1 here.
#[derive(Clone, Copy)]
pub(crate) struct Expressions {
    pub(crate) tuning: f32,
    pub(crate) volume: f32,
    pub(crate) pan: f32,
    pub(crate) brightness: f32,
    pub(crate) pressure: f32,
    pub(crate) vibrato: f32,
}

impl Default for Expressions {
    fn default() -> Self {
        Self { tuning: 0.0, volume: 1.0, pan: 0.0, brightness: 0.0, pressure: 0.0, vibrato: 0.0 }
    }
}

/// The scalar instrument.
pub(crate) struct Scalar {
    model: Arc<Model>,
    rate: f32,
    controls: Controls,
    channels: [Channel; 16],
    voices: Vec<Voice>,
    gain: f32,
    notes: u32,
}

/// Centres of the noise bands in Hz.
fn centres() -> &'static [f32; NOISE_BANDS] {
    static CENTRES: OnceLock<[f32; NOISE_BANDS]> = OnceLock::new();
    CENTRES.get_or_init(band_centres)
}

impl Scalar {
    pub(crate) fn new(model: Arc<Model>, rate: f32) -> Self {
        let hop = (rate / 200.0).round() as usize;
        let bands = Arc::new(Bands::new(rate, hop));
        let controls = Controls::default();
        Self {
            model,
            rate,
            channels: [Channel::default(); 16],
            voices: (0..2 * VOICES).map(|_| Voice::new(rate, hop, &bands)).collect(),
            gain: linear_gain(&controls),
            controls,
            notes: 0,
        }
    }

    pub(crate) fn set_controls(&mut self, controls: &Controls) {
        self.controls.clone_from(controls);
    }

    pub(crate) fn active_voices(&self) -> usize {
        self.voices.iter().filter(|voice| voice.life != Life::Idle).count()
    }

    pub(crate) fn handle(&mut self, event: Event) {
        let bipolar = |value: f32| 2.0 * value.clamp(0.0, 1.0) - 1.0;
        match event {
            Event::NoteOn { voice_id, channel, key, velocity } => {
                self.note_on(NoteStart { voice_id, channel, key, velocity });
            }
            Event::NoteOff { address } => self.playing(address).for_each(Voice::release),
            Event::Choke { address } => self.playing(address).for_each(Voice::fade_out),
            Event::Express { address, expression, value } => {
                let expressed = self.playing(address).map(|voice| &mut voice.expressions);
                expressed.for_each(|state| match expression {
                    Expression::Tuning => state.tuning = value.clamp(-120.0, 120.0),
                    Expression::Volume => state.volume = value.clamp(0.0, 4.0),
                    Expression::Pan => state.pan = value.clamp(-1.0, 1.0),
                    Expression::Brightness => state.brightness = bipolar(value),
                    Expression::Pressure => state.pressure = value.clamp(0.0, 1.0),
                    Expression::Vibrato => state.vibrato = value.clamp(0.0, 1.0),
                });
            }
            Event::Modulate { voice_id, control, offset } => {
                let address = NoteAddress { voice_id: Some(voice_id), ..NoteAddress::default() };
                self.playing(address).for_each(|voice| voice.offsets[control.index()] = offset);
            }
            Event::PitchBend { channel, value } => self.channels[usize::from(channel)].bend = value,
            Event::Pressure { channel, value } => self.channels[usize::from(channel)].pressure = value,
            Event::ModWheel { channel, value } => self.channels[usize::from(channel)].wheel = value,
            Event::Timbre { channel, value } => self.channels[usize::from(channel)].timbre = bipolar(value),
            Event::Sustain { .. } | Event::Controller { .. } => {}
            Event::AllNotesOff => self.voices.iter_mut().for_each(Voice::release),
            Event::AllSoundOff => self.voices.iter_mut().for_each(Voice::fade_out),
        }
    }

    pub(crate) fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        left.fill(0.0);
        right.fill(0.0);
        let around = Around { model: &self.model, controls: &self.controls, channels: &self.channels };
        for voice in self.voices.iter_mut().filter(|voice| voice.life != Life::Idle) {
            voice.add_to(left, right, &around);
        }
        let (target, step) = (linear_gain(&self.controls), 1.0 / (GAIN_SECONDS * self.rate));
        for (left, right) in left.iter_mut().zip(right) {
            self.gain += step * (target - self.gain);
            (*left, *right) = ((*left * self.gain).clamp(-8.0, 8.0), (*right * self.gain).clamp(-8.0, 8.0));
        }
    }

    fn playing(&mut self, address: NoteAddress) -> impl Iterator<Item = &mut Voice> {
        self.voices.iter_mut().filter(move |voice| {
            voice.is_playing()
                && address.voice_id.is_none_or(|id| voice.note.voice_id == Some(id))
                && address.channel.is_none_or(|channel| voice.note.channel == channel)
                && address.key.is_none_or(|key| voice.note.key == key)
        })
    }

    /// Starts a voice; if none is left, the quietest of the released or else the oldest of the held fades for it.
    fn note_on(&mut self, note: NoteStart) {
        if self.active_voices() == 0 {
            self.gain = linear_gain(&self.controls);
        }
        if self.voices.iter().filter(|voice| voice.is_playing()).count() >= VOICES {
            let rank = |voice: &Voice| match voice.life {
                Life::Released => (0, f64::from(voice.loudness())),
                Life::Held => (1, voice.serial as f64),
                Life::Idle | Life::Fading => (2, 0.0),
            };
            let stolen = self.voices.iter_mut().min_by(|a, b| rank(a).partial_cmp(&rank(b)).expect("no NaN"));
            stolen.expect("there are voices").fade_out();
        }
        let rank = |voice: &Voice| match voice.life {
            Life::Idle => (0, 0.0),
            Life::Fading => (1, voice.loudness()),
            Life::Held | Life::Released => (2, 0.0),
        };
        let free = self.voices.iter_mut().min_by(|a, b| rank(a).partial_cmp(&rank(b)).expect("no NaN"));
        let seed = random::hash(self.notes, u32::from(note.key));
        self.notes = self.notes.wrapping_add(1);
        free.expect("there are voices").start(note, u64::from(self.notes), seed);
    }
}

fn linear_gain(controls: &Controls) -> f32 {
    let gain = controls.get(Control::GAIN);
    if gain <= Control::GAIN.spec().min { 0.0 } else { 10.0_f32.powf(gain / 20.0) }
}
