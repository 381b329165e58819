//! The notes that sound, and which slot each is in.

use super::allocator::{SLOTS, SlotSet};
use super::event::NoteAddress;
use super::stack::Note;

/// Ids that are told apart before they are compared.
const IDS: usize = 128;

/// The notes of the slots in use, and for each key, channel and id the slots of their notes: an event that names a note
/// finds it at once, however many sound, and touches no voice that it does not change. Fixed size, never allocates.
#[derive(Clone, Debug)]
pub(super) struct Roll {
    notes: [Note; SLOTS],
    sounding: SlotSet,
    of_key: [SlotSet; 128],
    of_channel: [SlotSet; 16],
    /// By the lowest bits of the id.
    of_id: [SlotSet; IDS],
}

impl Roll {
    /// No note sounds.
    pub(super) const EMPTY: Self = Self {
        notes: [Note { voice_id: None, channel: 0, key: 0, velocity: 0.0 }; SLOTS],
        sounding: SlotSet::EMPTY,
        of_key: [SlotSet::EMPTY; 128],
        of_channel: [SlotSet::EMPTY; 16],
        of_id: [SlotSet::EMPTY; IDS],
    };

    /// Slots whose voice plays or fades.
    pub(super) fn sounding(&self) -> SlotSet {
        self.sounding
    }

    /// The note in a slot: the last one where none sounds.
    pub(super) fn note(&self, slot: usize) -> Note {
        self.notes[slot]
    }

    /// `note`, of channel 0..15 and key 0..127, sounds in `slot` now, in place of what did.
    pub(super) fn enter(&mut self, slot: usize, note: Note) {
        self.leave(slot);
        self.notes[slot] = note;
        self.sounding.insert(slot);
        self.sets_of(&note).into_iter().flatten().for_each(|set| set.insert(slot));
    }

    /// Nothing sounds in `slot` any more.
    pub(super) fn leave(&mut self, slot: usize) {
        self.sounding.remove(slot);
        let note = self.notes[slot];
        self.sets_of(&note).into_iter().flatten().for_each(|set| set.remove(slot));
    }

    /// The slots of the notes that are addressed.
    pub(super) fn addressed(&self, address: NoteAddress) -> SlotSet {
        let mut slots = self.sounding;
        // A key or channel that does not exist addresses nothing.
        let set = |sets: &[SlotSet], number: u8| sets.get(usize::from(number)).copied().unwrap_or_default();
        if let Some(key) = address.key {
            slots = slots & set(&self.of_key, key);
        }
        if let Some(channel) = address.channel {
            slots = slots & set(&self.of_channel, channel);
        }
        match address.voice_id {
            Some(id) => (slots & self.of_id[bucket(id)]).filter(|slot| self.notes[slot].voice_id == Some(id)),
            None => slots,
        }
    }

    /// Whether a voice plays or fades this note.
    pub(super) fn sounds(&self, note: &Note) -> bool {
        let address = NoteAddress { voice_id: note.voice_id, channel: Some(note.channel), key: Some(note.key) };
        let slots = self.addressed(address);
        // Without an id the address is meant for any.
        !slots.filter(|slot| self.notes[slot].is_same(note)).is_empty()
    }

    fn sets_of(&mut self, note: &Note) -> [Option<&mut SlotSet>; 3] {
        [
            self.of_key.get_mut(usize::from(note.key)),
            self.of_channel.get_mut(usize::from(note.channel)),
            note.voice_id.map(|id| &mut self.of_id[bucket(id)]),
        ]
    }
}

fn bucket(id: i32) -> usize {
    id as usize % IDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::random;

    /// One of few notes, so that many are alike in something; ids that share a bucket are among them.
    fn note(seed: u32) -> Note {
        let chance = |index: u32, count: u32| random::hash(seed, index) % count;
        let voice_id = (chance(0, 4) > 0).then(|| [1, 129, -127, i32::MIN, 5][chance(1, 5) as usize]);
        Note { voice_id, channel: chance(2, 3) as u8 * 7, key: chance(3, 4) as u8 * 42, velocity: 0.5 }
    }

    fn address(seed: u32) -> NoteAddress {
        let Note { voice_id, channel, key, .. } = note(seed);
        let named = |index| !random::hash(seed, index).is_multiple_of(3);
        NoteAddress {
            voice_id: voice_id.filter(|_| named(8)),
            channel: named(9).then_some(channel),
            key: named(10).then_some(key + 200 * u8::from(seed.is_multiple_of(50) && key < 50)),
        }
    }

    #[test]
    fn whoever_comes_and_goes_an_address_finds_those_that_match_it() {
        let mut roll = Roll::EMPTY;
        let mut plain = [None::<Note>; SLOTS];
        for step in 0..20_000 {
            let slot = random::hash(1, step) as usize % SLOTS;
            if random::hash(2, step).is_multiple_of(3) {
                roll.leave(slot);
                plain[slot] = None;
            } else {
                roll.enter(slot, note(step));
                plain[slot] = Some(note(step));
            }
            let slots = |keep: &dyn Fn(&Note) -> bool| -> Vec<usize> {
                (0..SLOTS).filter(|&slot| plain[slot].as_ref().is_some_and(keep)).collect()
            };
            let (asked, other) = (address(3 * step), note(7 * step));
            assert_eq!(roll.addressed(asked).slots().collect::<Vec<_>>(), slots(&|note| note.is_at(asked)));
            assert_eq!(roll.sounds(&other), !slots(&|note| note.is_same(&other)).is_empty());
            assert_eq!(roll.sounding().slots().collect::<Vec<_>>(), slots(&|_| true));
        }
    }
}
