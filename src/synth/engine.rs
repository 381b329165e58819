//! The instrument: 64 voices behind one pair of outputs.

use super::allocator::SLOTS;
pub use super::allocator::VOICES;
use super::channel::{Channel, Channels, sane};
use super::controls::{Control, Controls};
use super::event::{EndedNote, Event, NoteAddress};
use super::onsets::Onsets;
use super::residue::Residue;
use super::roll::Roll;
use super::scene::{Scene, Spectrum};
use super::stack::{Note, NoteStack};
use super::stagger::Schedule;
use super::stock::Stock;
use super::tone::ToneFormat;
use super::voice::{Surroundings, Voice};
use crate::dsp::denormal::DenormalsAreZero;
use crate::dsp::level::Level;
use crate::dsp::smooth::{OnePole, Ramp};
use crate::model::transfer::Transfer;
use crate::model::{Contour, Model, Timbre};
use std::collections::VecDeque;
use std::sync::Arc;

/// Lowest rate in samples a second.
pub const LOWEST_RATE: f32 = 1_000.0;
/// Highest rate in samples a second.
pub const HIGHEST_RATE: f32 = 1_536_000.0;
/// Samples that are made at once, at most: so far the decoder looks ahead.
const STRETCH: usize = 64;
/// Ended notes that are kept until they are asked for: more than one event can end.
const ENDED: usize = 256;
/// Time constant of the gain, in seconds.
const GAIN_SECONDS: f32 = 0.005;
/// Crossfade of bypass, in seconds.
const BYPASS_SECONDS: f32 = 0.010;
/// Nothing louder leaves the engine (+18 dBFS): far above music, far below what harms.
const CEILING: f32 = 8.0;

/// Name of the processor level whose kernels play; the sound is the same at every level.
#[must_use]
pub fn processor() -> &'static str {
    Level::detect().name()
}

/// Plays events with a model. Made off the audio thread ([`Engine::new`] allocates); everything else is for the audio
/// thread, allocates nothing and cannot fail. `Send`, one owner.
///
/// Events and controls act at the sample at which they are handed over, and the output does not depend on how it is cut
/// into blocks. Notes begin exactly at their sample; nothing is delayed.
pub struct Engine {
    model: Arc<Model>,
    transfer: Option<Arc<Transfer>>,
    rate: f32,
    /// Samples between two frames of a note.
    hop: usize,
    controls: Controls,
    channels: Channels,
    voices: Box<[Voice]>,
    stock: Stock,
    roll: Roll,
    residue: Residue,
    stack: NoteStack,
    ended: VecDeque<EndedNote>,
    gain: OnePole,
    /// Where the gain goes.
    volume: f32,
    audible: Ramp,
    notes: u32,
    /// Samples made since the beginning.
    clock: u64,
    onsets: Onsets,
    schedule: Schedule,
    last_key: Option<u8>,
}

/// A view of the fields that voices need, beside which the voices themselves can be borrowed.
macro_rules! surroundings {
    ($engine:ident) => {
        Surroundings {
            model: &$engine.model,
            transfer: $engine.transfer.as_deref(),
            controls: &$engine.controls,
            latents: $engine.controls.latents(),
            channels: &$engine.channels,
        }
    };
}

mod notes;

impl Engine {
    /// An engine at `rate` samples a second, [`LOWEST_RATE`] to [`HIGHEST_RATE`].
    #[must_use]
    pub fn new(model: Arc<Model>, rate: f32) -> Self {
        let rate = sane(rate, LOWEST_RATE, HIGHEST_RATE, 48_000.0);
        let format = ToneFormat::new(rate);
        let controls = Controls::default();
        Self {
            model,
            transfer: None,
            rate,
            hop: format.hop(),
            channels: Channels::default(),
            voices: (0..SLOTS).map(|_| Voice::new(&format)).collect(),
            stock: Stock::new(),
            roll: Roll::EMPTY,
            residue: Residue::new(rate),
            stack: NoteStack::EMPTY,
            ended: VecDeque::with_capacity(ENDED),
            gain: OnePole::new(linear_gain(&controls), GAIN_SECONDS * rate),
            volume: linear_gain(&controls),
            audible: Ramp::new(1.0),
            controls,
            notes: 0,
            clock: 0,
            onsets: Onsets::new(rate),
            schedule: Schedule::default(),
            last_key: None,
        }
    }

    /// Back to the state after [`Engine::new`], controls and transfer kept: silence at once, and the same notes will give the same
    /// samples as the first time.
    pub fn reset(&mut self) {
        self.each_active(Voice::silence);
        self.roll = Roll::EMPTY;
        self.stock.reset();
        self.residue.silence();
        self.channels = Channels::default();
        self.stack = NoteStack::EMPTY;
        self.ended.clear();
        (self.notes, self.clock, self.last_key) = (0, 0, None);
        self.onsets = Onsets::new(self.rate);
        self.settle();
    }

    /// Takes new values for all controls; cheap enough for every block. The engine smooths what would click, and fades
    /// voices that are more than polyphony now allows.
    pub fn set_controls(&mut self, controls: &Controls) {
        let zones_stay = self.controls.mpe_range() == controls.mpe_range();
        if self.controls.get(Control::GAIN) != controls.get(Control::GAIN) {
            self.volume = linear_gain(controls);
        }
        self.controls.clone_from(controls);
        let audible = audible(controls);
        if self.audible.target() != audible {
            self.audible.go(audible, (BYPASS_SECONDS * self.rate) as u32);
        }
        self.thin_out(controls.polyphony());
        if !zones_stay {
            self.release_sustained();
        }
    }

    /// Takes what was transferred from a recording, or nothing, in place of what was there, which is returned: dropping it
    /// may free memory and is for another thread. Notes that sound take it up at their next frame.
    #[must_use]
    pub fn exchange_transfer(&mut self, transfer: Option<Arc<Transfer>>) -> Option<Arc<Transfer>> {
        self.each_active(Voice::decode_anew);
        std::mem::replace(&mut self.transfer, transfer)
    }

    /// Takes another model, at once and while notes sound: they go over to it with their next frame. What it takes the
    /// place of is returned: dropping it may free memory and is for another thread.
    #[must_use]
    pub fn exchange_model(&mut self, model: Arc<Model>) -> Arc<Model> {
        self.each_active(Voice::decode_anew);
        std::mem::replace(&mut self.model, model)
    }

    /// Lays decoding out in another way, from the next note on: for benchmarks.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    /// Voices that sound, fading ones included.
    #[must_use]
    pub fn active_voices(&self) -> usize {
        self.roll.sounding().len()
    }

    /// Writes what sounds: some 3 us. The sound has no part in it.
    pub fn show(&self, scene: &mut Scene) {
        scene.clear();
        let mut newest: Option<&Voice> = None;
        for voice in self.roll.sounding().slots().map(|slot| &self.voices[slot]) {
            let Some(view) = voice.show() else { continue };
            if newest.is_none_or(|newest| newest.serial < voice.serial) {
                newest = Some(voice);
                scene.newest = scene.voices().len();
            }
            scene.add(view);
        }
        match newest {
            Some(voice) => voice.show_spectrum(self.volume, &mut scene.spectrum),
            None => scene.spectrum = Spectrum::SILENT,
        }
    }

    /// The next note that has ended by itself since the last call.
    pub fn ended(&mut self) -> Option<EndedNote> {
        self.ended.pop_front()
    }

    /// Takes an event at the sample where rendering stands. Values outside their range are brought into it.
    pub fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { voice_id, channel, key, velocity } => {
                let velocity = sane(velocity, 0.0, 1.0, 0.8);
                self.note_on(Note { voice_id, channel: channel & 15, key: key.min(127), velocity });
            }
            Event::NoteOff { address } => self.note_off(address),
            Event::Choke { address } => self.choke(address),
            Event::Express { address, expression, value } => self.express(address, expression, value),
            Event::Modulate { voice_id, control, offset } => self.modulate(voice_id, control, offset),
            Event::PitchBend { channel, value } => self.channel(channel).bend = sane(value, -1.0, 1.0, 0.0),
            Event::Pressure { channel, value } => self.channel(channel).pressure = sane(value, 0.0, 1.0, 0.0),
            Event::ModWheel { channel, value } => self.channel(channel).wheel = sane(value, 0.0, 1.0, 0.0),
            Event::Timbre { channel, value } => {
                self.channel(channel).timbre = 2.0 * sane(value, 0.0, 1.0, 0.5) - 1.0;
            }
            Event::Controller { channel, controller, value } => {
                self.channels.control(channel, controller, value);
                // Others change no pedal and no zone.
                if matches!(controller, 6 | 121) {
                    self.release_sustained();
                }
            }
            Event::Sustain { channel, down } => {
                self.channel(channel).sustain = down;
                self.release_sustained();
            }
            Event::AllNotesOff => self.all_notes_off(),
            Event::AllSoundOff => self.choke(NoteAddress::default()),
        }
    }

    /// Writes the next samples. Any length, 0 included; the shorter of the two counts.
    pub fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        let _guard = DenormalsAreZero::new();
        let length = left.len().min(right.len());
        let (left, right) = (&mut left[..length], &mut right[..length]);
        left.fill(0.0);
        right.fill(0.0);
        if self.is_silent() {
            self.clock += length as u64;
            self.settle();
            return;
        }
        for (left, right) in left.chunks_mut(STRETCH).zip(right.chunks_mut(STRETCH)) {
            self.sound(left, right);
        }
    }

    /// Adds what sounds to a stretch.
    fn sound(&mut self, left: &mut [f32], right: &mut [f32]) {
        if self.schedule.in_groups {
            self.foresee(left.len());
        }
        if let ([left], [right]) = (&mut *left, &mut *right) {
            let empty = self.stock.empty(self.roll.sounding(), self.clock);
            empty.slots().for_each(|slot| self.refill(slot, self.clock));
            [*left, *right] = self.stock.sample(self.roll.sounding(), self.clock);
        } else {
            self.roll.sounding().slots().for_each(|slot| self.add_voice(slot, left, right));
        }
        self.clock += left.len() as u64;
        self.stock.over(self.roll.sounding(), self.clock).slots().for_each(|slot| self.free(slot));
        self.residue.add_to(left, right);
        self.finish(left, right);
    }

    /// Decodes together what the voices will need within the next `samples`.
    fn foresee(&mut self, samples: usize) {
        let due = self.stock.due(self.roll.sounding(), self.clock + samples as u64);
        // Nothing is won for one alone.
        if due.len() > 1 {
            let around = surroundings!(self);
            let timbre = Timbre { decoder: &self.model.decoder, transfer: around.transfer };
            let voices = self.voices.iter_mut().enumerate().filter(|(slot, _)| due.contains(*slot));
            Contour::foresee(timbre, voices.map(|(_, voice)| voice.ahead(&around)));
        }
    }

    /// Adds the voice in `slot`, which makes more where the stretch goes beyond what it has made.
    fn add_voice(&mut self, slot: usize, left: &mut [f32], right: &mut [f32]) {
        let mut done = 0;
        while done < left.len() {
            let now = self.clock + done as u64;
            done += match self.stock.add_to(slot, now, &mut left[done..], &mut right[done..]) {
                0 if self.stock.is_last(slot) => return,
                0 => {
                    self.refill(slot, now);
                    0
                }
                count => count,
            };
        }
    }

    /// The voice in `slot` makes more.
    fn refill(&mut self, slot: usize, now: u64) {
        let around = surroundings!(self);
        self.stock.refill(slot, now, &mut self.voices[slot], &around);
    }

    /// Gain, bypass and the last check.
    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.iter_mut().zip(right) {
            let gain = self.gain.next(self.volume) * self.audible.next();
            for sample in [left, right] {
                *sample = sane(*sample * gain, -CEILING, CEILING, 0.0);
            }
        }
    }

    /// Lets smoothers arrive: only where no voice sounds, so that it is never heard.
    fn settle(&mut self) {
        self.gain.jump(self.volume);
        self.audible = Ramp::new(audible(&self.controls));
    }

    fn channel(&mut self, channel: u8) -> &mut Channel {
        self.channels.channel(channel)
    }

    fn is_silent(&self) -> bool {
        self.roll.sounding().is_empty() && self.residue.is_silent()
    }
}

fn linear_gain(controls: &Controls) -> f32 {
    let gain = controls.get(Control::GAIN);
    if gain <= Control::GAIN.spec().min { 0.0 } else { 10.0_f32.powf(gain / 20.0) }
}

fn audible(controls: &Controls) -> f32 {
    if controls.get(Control::BYPASS) >= 0.5 { 0.0 } else { 1.0 }
}
