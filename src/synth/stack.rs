//! The keys held down, in the order they were pressed.

use super::event::NoteAddress;

/// A note as it was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    /// The host's id.
    pub(super) voice_id: Option<i32>,
    /// MIDI channel 0..15.
    pub(super) channel: u8,
    /// MIDI key 0..127.
    pub(super) key: u8,
    /// 0..1.
    pub(super) velocity: f32,
}

impl Note {
    /// Whether both are records of one note.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.voice_id, self.channel, self.key) == (other.voice_id, other.channel, other.key)
    }

    /// Whether it is one of those that are addressed.
    pub(super) fn is_at(&self, address: NoteAddress) -> bool {
        address.voice_id.is_none_or(|id| self.voice_id == Some(id))
            && address.channel.is_none_or(|channel| self.channel == channel)
            && address.key.is_none_or(|key| self.key == key)
    }
}

/// Keys remembered: as many as a MIDI channel has.
const CAPACITY: usize = 128;

/// The notes whose keys are down, the newest last: what a mono voice returns to. Fixed size, never allocates.
#[derive(Clone, Debug)]
pub(super) struct NoteStack {
    notes: [Option<Note>; CAPACITY],
    count: usize,
}

impl NoteStack {
    /// No key down.
    pub(super) const EMPTY: Self = Self { notes: [None; CAPACITY], count: 0 };

    /// Adds a note on top. Where there is no room the oldest is forgotten, and returned.
    pub(super) fn push(&mut self, note: Note) -> Option<Note> {
        let forgotten = if self.count == CAPACITY { self.remove_at(0) } else { None };
        self.notes[self.count] = Some(note);
        self.count += 1;
        forgotten
    }

    /// The note pressed last.
    pub(super) fn top(&self) -> Option<Note> {
        self.count.checked_sub(1).and_then(|last| self.notes[last])
    }

    /// Removes and returns the newest note that `matches`.
    pub(super) fn take(&mut self, matches: impl Fn(&Note) -> bool) -> Option<Note> {
        let position = self.notes[..self.count].iter().rposition(|note| note.as_ref().is_some_and(&matches))?;
        self.remove_at(position)
    }

    /// Whether a note that `matches` is down.
    pub(super) fn holds(&self, matches: impl Fn(&Note) -> bool) -> bool {
        self.notes[..self.count].iter().flatten().any(matches)
    }

    fn remove_at(&mut self, position: usize) -> Option<Note> {
        let note = self.notes[position].take();
        self.notes[position..self.count].rotate_left(1);
        self.count -= 1;
        note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(key: u8) -> Note {
        Note { voice_id: None, channel: 0, key, velocity: 0.5 }
    }

    #[test]
    fn releasing_returns_to_the_key_pressed_before() {
        let mut stack = NoteStack::EMPTY;
        assert!([60, 64, 67].into_iter().all(|key| stack.push(note(key)).is_none()));
        assert_eq!(stack.take(|n| n.key == 64), Some(note(64)));
        assert_eq!(stack.top(), Some(note(67)));
        stack.take(|n| n.key == 67);
        assert_eq!(stack.top(), Some(note(60)));
        assert_eq!(stack.take(|n| n.key == 1), None);
        stack.take(|_| true);
        assert_eq!(stack.top(), None);
    }

    #[test]
    fn one_key_too_many_forgets_the_oldest() {
        let mut stack = NoteStack::EMPTY;
        let forgotten: Vec<Note> = (0..=CAPACITY as u8).filter_map(|key| stack.push(note(key))).collect();
        assert_eq!(forgotten, [note(0)]);
        assert!(!stack.holds(|n| n.key == 0));
        assert!(stack.holds(|n| n.key == 1));
        assert_eq!(stack.top(), Some(note(CAPACITY as u8)));
    }
}
