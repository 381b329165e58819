//! What the proof plays: block sizes and events by chance, in moods that last a while, so that the callback meets
//! silence, single notes, chords, crowds and floods, with everything that moves a sound.

use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent, ParamModEvent,
    ParamValueEvent,
};
use clack_host::prelude::*;

use super::dice::Dice;
use crate::host::Parameter;

/// Largest block, in frames.
pub(super) const LARGEST: u32 = 4_096;
/// One block in so many is as large as can be.
const LARGEST_EVERY: u32 = 1_000;
/// Block sizes are `LARGEST` to the power of a number 0..1 raised to this: most blocks stay below 4 frames, the mean
/// is about 115.
const SKEW: f64 = 5.0;
/// Keys held at once, at most.
const HELD: usize = 24;
/// Events of a flood: more than the plugin takes.
const FLOOD: u32 = 4_000;
/// Mean number of blocks between two moods.
const MOOD: u32 = 150;

/// What can happen in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chord,
    NoteOff,
    Choke,
    MidiNote,
    Bend,
    Pressure,
    Timbre,
    Wheel,
    Pedal,
    Program,
    Automation,
    Modulation,
    Expression,
    Flood,
    NotesOff,
    SoundOff,
}

/// Each kind with its name in the report and how often it comes, out of the sum of all.
const KINDS: [(Kind, &str, u32); 16] = [
    (Kind::Chord, "chords", 120),
    (Kind::NoteOff, "offs", 300),
    (Kind::Choke, "chokes", 20),
    (Kind::MidiNote, "midi_notes", 60),
    (Kind::Bend, "bends", 100),
    (Kind::Pressure, "pressures", 50),
    (Kind::Timbre, "timbres", 50),
    (Kind::Wheel, "wheels", 30),
    (Kind::Pedal, "pedals", 30),
    (Kind::Program, "programs", 5),
    (Kind::Automation, "automations", 120),
    (Kind::Modulation, "modulations", 80),
    (Kind::Expression, "expressions", 80),
    (Kind::Flood, "floods", 4),
    (Kind::NotesOff, "notes_offs", 5),
    (Kind::SoundOff, "sound_offs", 5),
];

/// Gestures per block, for a while.
const MOODS: [f64; 4] = [0.0, 0.1, 0.6, 2.5];

const EXPRESSIONS: [NoteExpressionType; 6] = [
    NoteExpressionType::Volume,
    NoteExpressionType::Pan,
    NoteExpressionType::Tuning,
    NoteExpressionType::Vibrato,
    NoteExpressionType::Pressure,
    NoteExpressionType::Brightness,
];

/// A key that is down.
#[derive(Clone, Copy)]
struct Key {
    id: u32,
    channel: u16,
    key: u16,
}

impl Key {
    fn address(self) -> Pckn {
        Pckn::new(0_u16, self.channel, self.key, self.id)
    }
}

/// Plays by chance. Owned by the audio thread.
pub(super) struct Score {
    dice: Dice,
    parameters: Vec<Parameter>,
    /// By parameter: it was automated.
    automated: Vec<bool>,
    held: Vec<Key>,
    next_id: u32,
    /// Gestures per block.
    mood: f64,
    counts: [u64; KINDS.len()],
    /// Notes that began.
    notes: u64,
}

impl Score {
    /// A score over these parameters.
    pub(super) fn new(dice: Dice, parameters: Vec<Parameter>) -> Self {
        let automated = vec![false; parameters.len()];
        Self {
            dice,
            parameters,
            automated,
            held: Vec::new(),
            next_id: 0,
            mood: 1.0,
            counts: [0; KINDS.len()],
            notes: 0,
        }
    }

    /// Chance, for whoever plays the score.
    pub(super) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Makes the next block: its events, in order of time. Returns its number of frames.
    pub(super) fn next(&mut self, events: &mut EventBuffer) -> u32 {
        events.clear();
        let frames = self.frames();
        if self.dice.once_in(MOOD) {
            self.mood = *self.dice.pick(&MOODS);
            if self.mood == 0.0 {
                self.act(Kind::SoundOff, frames, events);
            }
        }
        let mut gestures = self.mood;
        while self.dice.unit() < gestures {
            let kind = self.kind();
            self.act(kind, frames, events);
            gestures -= 1.0;
        }
        events.sort();
        frames
    }

    fn frames(&mut self) -> u32 {
        if self.dice.once_in(LARGEST_EVERY) {
            return LARGEST;
        }
        f64::from(LARGEST).powf(self.dice.unit().powf(SKEW)) as u32
    }

    fn kind(&mut self) -> Kind {
        let sum = KINDS.iter().map(|(_, _, weight)| weight).sum();
        let mut left = self.dice.below(sum);
        for (kind, _, weight) in KINDS {
            if left < weight {
                return kind;
            }
            left -= weight;
        }
        Kind::Chord
    }

    fn act(&mut self, kind: Kind, frames: u32, events: &mut EventBuffer) {
        self.counts[kind as usize] += 1;
        let time = self.dice.below(frames);
        let channel = self.dice.below(16) as u8;
        let value = self.dice.below(128) as u8;
        let mut controller = |number| events.push(&MidiEvent::new(time, 0, [0xB0 | channel, number, value]));
        match kind {
            Kind::Chord => self.chord(time, events),
            Kind::NoteOff => self.let_go(time, events),
            Kind::Choke => {
                if let Some(key) = self.take_key() {
                    events.push(&NoteChokeEvent::new(time, key.address()));
                }
            }
            Kind::MidiNote => self.midi_note(time, events),
            Kind::Bend => events.push(&MidiEvent::new(time, 0, [0xE0 | channel, self.dice.below(128) as u8, value])),
            Kind::Pressure => events.push(&MidiEvent::new(time, 0, [0xD0 | channel, value, 0])),
            Kind::Timbre => controller(74),
            Kind::Wheel => controller(1),
            Kind::Pedal => controller(64),
            Kind::Program => events.push(&MidiEvent::new(time, 0, [0xC0 | channel, value, 0])),
            Kind::Automation => self.automate(frames, events),
            Kind::Modulation => self.modulate(time, events),
            Kind::Expression => self.express(time, events),
            Kind::Flood => self.flood(frames, events),
            Kind::NotesOff => controller(123),
            Kind::SoundOff => {
                controller(120);
                self.held.clear();
            }
        }
    }

    /// One to six notes at one sample, each on a channel of its own, as an MPE keyboard sends them.
    fn chord(&mut self, time: u32, events: &mut EventBuffer) {
        for _ in 0..1 + self.dice.below(6) {
            if self.held.len() >= HELD {
                self.let_go(time, events);
            }
            let channel = self.dice.below(16) as u16;
            let key = Key { id: self.next_id, channel, key: 24 + self.dice.below(84) as u16 };
            self.next_id = (self.next_id + 1) & 0x7FFF_FFFF;
            self.notes += 1;
            self.held.push(key);
            events.push(&NoteOnEvent::new(time, key.address(), self.dice.unit()));
        }
    }

    fn let_go(&mut self, time: u32, events: &mut EventBuffer) {
        if let Some(key) = self.take_key() {
            events.push(&NoteOffEvent::new(time, key.address(), self.dice.unit()));
        }
    }

    fn take_key(&mut self) -> Option<Key> {
        let count = u32::try_from(self.held.len()).ok().filter(|count| *count > 0)?;
        Some(self.held.swap_remove(self.dice.below(count) as usize))
    }

    /// A key goes down or up, which the plugin must match by channel and key alone.
    fn midi_note(&mut self, time: u32, events: &mut EventBuffer) {
        let (status, key) = (*self.dice.pick(&[0x90, 0x80]), 40 + self.dice.below(12) as u8);
        let velocity = self.dice.below(128) as u8;
        self.notes += u64::from(status == 0x90 && velocity > 0);
        events.push(&MidiEvent::new(time, 0, [status, key, velocity]));
    }

    /// Up to sixteen points of one parameter in the block, the last of which is its default every other time.
    fn automate(&mut self, frames: u32, events: &mut EventBuffer) {
        let index = self.dice.below(self.parameters.len() as u32) as usize;
        self.automated[index] = true;
        let returns = self.dice.once_in(2);
        let parameter = &self.parameters[index];
        for _ in 0..1 + self.dice.below(16) {
            let value = ParamValueEvent::new(
                self.dice.below(frames),
                parameter.id,
                Pckn::match_all(),
                parameter.at(self.dice.unit()),
            );
            events.push(&value);
        }
        if returns {
            events.push(&ParamValueEvent::new(frames - 1, parameter.id, Pckn::match_all(), parameter.default));
        }
    }

    fn modulate(&mut self, time: u32, events: &mut EventBuffer) {
        let polyphonic = self.parameters.iter().filter(|parameter| parameter.is_polyphonic).count() as u32;
        if polyphonic == 0 || self.held.is_empty() {
            return;
        }
        let nth = self.dice.below(polyphonic) as usize;
        let address = self.dice.pick(&self.held).address();
        let amount = self.dice.unit() - 0.5;
        if let Some(parameter) = self.parameters.iter().filter(|parameter| parameter.is_polyphonic).nth(nth) {
            let span = parameter.range.1 - parameter.range.0;
            events.push(&ParamModEvent::new(time, parameter.id, address, amount * span));
        }
    }

    fn express(&mut self, time: u32, events: &mut EventBuffer) {
        if self.held.is_empty() {
            return;
        }
        let (kind, address) = (*self.dice.pick(&EXPRESSIONS), self.dice.pick(&self.held).address());
        let value = match kind {
            NoteExpressionType::Volume => 4.0 * self.dice.unit(),
            NoteExpressionType::Tuning => 24.0 * self.dice.unit() - 12.0,
            _ => self.dice.unit(),
        };
        events.push(&NoteExpressionEvent::new(time, address, kind, value));
    }

    /// Thousands of events in one block.
    fn flood(&mut self, frames: u32, events: &mut EventBuffer) {
        for _ in 0..FLOOD {
            let time = self.dice.below(frames);
            match self.dice.below(4) {
                0 | 1 => self.midi_note(time, events),
                2 => {
                    let bend =
                        [0xE0 | self.dice.below(16) as u8, self.dice.below(128) as u8, self.dice.below(128) as u8];
                    events.push(&MidiEvent::new(time, 0, bend));
                }
                _ => {
                    let parameter = self.dice.below(self.parameters.len() as u32) as usize;
                    let parameter = &self.parameters[parameter];
                    let value = parameter.at(self.dice.unit());
                    events.push(&ParamValueEvent::new(time, parameter.id, Pckn::match_all(), value));
                }
            }
        }
    }

    /// How often each kind came.
    pub(super) fn line(&self) -> String {
        let kinds = KINDS.iter().map(|&(kind, name, _)| format!(" {name}={}", self.counts[kind as usize]));
        format!("[rt:played] notes={}{}", self.notes, kinds.collect::<String>())
    }

    /// What was never played, by name.
    pub(super) fn missing(&self) -> Vec<String> {
        let kinds =
            KINDS.iter().filter(|(kind, ..)| self.counts[*kind as usize] == 0).map(|(_, name, _)| (*name).into());
        let still = self.parameters.iter().zip(&self.automated).filter(|(_, moved)| !**moved);
        kinds.chain(still.map(|(parameter, _)| format!("automation of {}", parameter.name))).collect()
    }
}
