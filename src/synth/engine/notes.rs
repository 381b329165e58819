//! The life of notes in the engine: which voice plays one, what keys, pedals and hosts do to it, and when it has ended.
//!
//! A note is on the stack while its key is down, and in a voice while it sounds. Its end is reported once, when it is in
//! neither.

use super::{ENDED, Engine};
use crate::dsp::random;
use crate::model::latent::LATENTS;
use crate::synth::allocator::{Candidate, Crowd, SLOTS, Standing};
use crate::synth::channel::sane;
use crate::synth::controls::{Control, VoiceMode};
use crate::synth::event::{EndedNote, Expression, NoteAddress};
use crate::synth::stack::Note;
use crate::synth::stagger::first_span;
use crate::synth::voice::{Life, Surroundings, Voice};

impl Engine {
    pub(super) fn each_active(&mut self, mut act: impl FnMut(&mut Voice)) {
        self.roll.sounding().slots().for_each(|slot| act(&mut self.voices[slot]));
    }

    fn is_mono(&self) -> bool {
        self.controls.voice_mode() != VoiceMode::Poly
    }

    pub(super) fn note_on(&mut self, note: Note) {
        if !self.onsets.admit(self.clock) {
            return self.refuse(&note);
        }
        let overlaps = self.stack.top().is_some();
        if let Some(forgotten) = self.stack.push(note) {
            self.announce_unless_sounding(&forgotten);
        }
        match self.controls.voice_mode() {
            VoiceMode::Poly => self.start(note),
            VoiceMode::Legato if overlaps && self.retarget(note) => {}
            VoiceMode::Mono | VoiceMode::Legato => self.start_alone(note),
        }
    }

    /// A note too many: its end is told at once, unless the same note sounds or is held already.
    fn refuse(&mut self, note: &Note) {
        if !self.roll.sounds(note) && !self.stack.holds(|held| held.is_same(note)) {
            self.tell_end(note);
        }
    }

    /// Starts a voice, stealing one if need be.
    fn start(&mut self, note: Note) {
        if self.is_silent() {
            self.settle();
        }
        let slot = self.slot_for_a_note();
        let seed = random::hash(self.notes, u32::from(note.key));
        self.notes = self.notes.wrapping_add(1);
        let others = self.roll.sounding().slots().filter(|_| self.schedule.in_turns);
        let span = first_span(self.hop, others.map(|slot| self.due_in(slot)));
        let around = surroundings!(self);
        self.voices[slot].start(note, u64::from(self.notes), seed, self.last_key, span, &around);
        self.stock.start(slot, self.clock);
        self.roll.enter(slot, note);
        self.last_key = Some(note.key);
    }

    /// In how many samples the next frame of a voice falls. For one that falls at once, after how many the following one
    /// does.
    fn due_in(&self, slot: usize) -> usize {
        self.voices[slot].fresh_span().unwrap_or_else(|| self.stock.frame_in(slot, self.clock))
    }

    /// A free slot, with no more voices playing than there may be beside a new one.
    fn slot_for_a_note(&mut self) -> usize {
        self.thin_out(self.controls.polyphony() - 1);
        self.roll.sounding().first_free(SLOTS).unwrap_or_else(|| {
            let cut = self.crowd().fading.unwrap_or(0);
            self.residue.take(self.stock.next_sample(cut, self.clock));
            self.free(cut);
            cut
        })
    }

    /// Fades voices until no more than `most` play.
    pub(super) fn thin_out(&mut self, most: usize) {
        while self.roll.sounding().len() > most {
            let crowd = self.crowd();
            let Some(weakest) = crowd.weakest.filter(|_| crowd.playing > most) else { break };
            self.voices[weakest].fade_out();
        }
    }

    fn crowd(&self) -> Crowd {
        Crowd::of(self.roll.sounding().slots().map(|slot| candidate(slot, &self.voices[slot])))
    }

    /// The voice in `slot` has come to its end.
    pub(super) fn free(&mut self, slot: usize) {
        self.roll.leave(slot);
        self.voices[slot].silence();
        let note = self.roll.note(slot);
        // Where one note sounds at a time, one whose key is down may come back: its end is when the key goes up.
        if self.is_mono() && self.stack.holds(|held| held.is_same(&note)) {
            return;
        }
        self.announce_unless_sounding(&note);
    }

    /// Reports the end of a note, which no key holds any more, unless a voice still plays it.
    fn announce_unless_sounding(&mut self, note: &Note) {
        if self.roll.sounds(note) {
            return;
        }
        while self.stack.take(|held| held.is_same(note)).is_some() {}
        self.tell_end(note);
    }

    fn tell_end(&mut self, note: &Note) {
        // A host that never asks loses the oldest, never memory.
        if self.ended.len() == ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(EndedNote { voice_id: note.voice_id, channel: note.channel, key: note.key });
    }

    /// Starts a voice in place of all others.
    fn start_alone(&mut self, note: Note) {
        self.each_active(Voice::fade_out);
        self.start(note);
    }

    /// Gives the sounding note of legato a new pitch; false if there is none.
    fn retarget(&mut self, note: Note) -> bool {
        let is_held = |slot: &usize| matches!(self.voices[*slot].life, Life::Held | Life::Sustained);
        let Some(slot) = self.roll.sounding().slots().filter(is_held).max_by_key(|&slot| self.voices[slot].serial)
        else {
            return false;
        };
        let before = self.roll.note(slot);
        self.roll.enter(slot, note);
        let around = surroundings!(self);
        self.voices[slot].retarget(note, &around);
        self.last_key = Some(note.key);
        if !self.stack.holds(|held| held.is_same(&before)) {
            self.announce_unless_sounding(&before);
        }
        true
    }

    pub(super) fn note_off(&mut self, address: NoteAddress) {
        self.let_keys_up(address);
        for slot in self.roll.addressed(address).slots() {
            let voice = &mut self.voices[slot];
            if voice.life != Life::Held {
                continue;
            }
            let channel = voice.note.channel;
            voice.own = self.channels.kept(channel, &self.controls);
            match self.stack.top().filter(|_| self.is_mono() && !self.holds_another(slot)) {
                Some(below) => self.give_back(below),
                None if self.channels.sustains(channel, &self.controls) => self.voices[slot].life = Life::Sustained,
                None => self.voices[slot].release(),
            }
        }
    }

    /// Whether a key holds a voice beside that in `slot`: notes from before the voices became one.
    fn holds_another(&self, slot: usize) -> bool {
        self.roll.sounding().slots().any(|other| other != slot && self.voices[other].life == Life::Held)
    }

    /// Forgets that these keys are down; notes that wait for their return without a voice have ended.
    fn let_keys_up(&mut self, address: NoteAddress) {
        while let Some(note) = self.stack.take(|note| note.is_at(address)) {
            self.announce_unless_sounding(&note);
        }
    }

    /// The key of the sounding note of a mono voice went up while `below` is still held.
    fn give_back(&mut self, below: Note) {
        match self.controls.voice_mode() {
            VoiceMode::Legato if self.retarget(below) => {}
            _ => self.start_alone(below),
        }
    }

    pub(super) fn choke(&mut self, address: NoteAddress) {
        self.let_keys_up(address);
        self.roll.addressed(address).slots().for_each(|slot| self.voices[slot].fade_out());
    }

    pub(super) fn all_notes_off(&mut self) {
        self.let_keys_up(NoteAddress::default());
        self.channels.lift_pedals();
        self.each_active(Voice::release);
    }

    /// Releases what only a pedal held that has gone up.
    pub(super) fn release_sustained(&mut self) {
        for slot in self.roll.sounding().slots() {
            let voice = &mut self.voices[slot];
            if voice.life == Life::Sustained && !self.channels.sustains(voice.note.channel, &self.controls) {
                voice.release();
            }
        }
    }

    pub(super) fn express(&mut self, address: NoteAddress, expression: Expression, value: f32) {
        for slot in self.roll.addressed(address).slots() {
            let voice = &mut self.voices[slot];
            if voice.is_playing() {
                voice.expressions.set(expression, value);
            }
        }
    }

    pub(super) fn modulate(&mut self, voice_id: i32, control: Control, offset: f32) {
        if control.index() >= LATENTS {
            return;
        }
        let offset = sane(offset, -2.0, 2.0, 0.0);
        let address = NoteAddress { voice_id: Some(voice_id), ..NoteAddress::default() };
        for slot in self.roll.addressed(address).slots() {
            let voice = &mut self.voices[slot];
            if voice.is_playing() {
                voice.offsets[control.index()] = offset;
            }
        }
    }
}

fn candidate(slot: usize, voice: &Voice) -> Candidate {
    let standing = match voice.life {
        Life::Idle | Life::Fading => Standing::Fading,
        Life::Released => Standing::Released,
        Life::Sustained => Standing::Sustained,
        Life::Held => Standing::Held,
    };
    Candidate { slot, standing, loudness: voice.loudness(), serial: voice.serial }
}
