//! The events of one block as the framework may have them: in order, within the block, each as large as its type, and
//! no more than its queue holds.
//!
//! Allocates nothing after construction. What must not get lost does not: where releases do not fit, the last event
//! becomes "all notes off".

use std::ffi::c_void;
use std::ptr::{from_ref, null};

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI, CLAP_EVENT_NOTE_CHOKE, CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_NOTE_OFF,
    CLAP_EVENT_NOTE_ON, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_PARAM_VALUE, CLAP_EVENT_TRANSPORT, clap_event_header,
    clap_event_midi, clap_event_note, clap_event_note_expression, clap_event_param_mod, clap_event_param_value,
    clap_event_transport, clap_input_events,
};

use crate::plugin::instrument::EVENTS;
use crate::synth::engine::VOICES;

/// Events of a block, at most; the framework's queue holds as many.
const CAPACITY: usize = EVENTS;
/// Events after which only releases are taken.
const CROWDED: usize = CAPACITY - CAPACITY / 4;
/// Notes that begin in a block, at most: four times what can sound. Each costs far more than any other event.
const NOTES: usize = 4 * VOICES;
/// Events of a block that may have to be changed.
const COPIES: usize = 2_048;
/// Events of a host's list that are looked at.
const LOOKED_AT: u32 = 1 << 20;
/// Notes that wait when a block has no frames.
const HELD: usize = 64;
/// Room for the largest event that is taken.
const LARGEST: usize = size_of::<clap_event_transport>();

/// An event that had to be changed or kept.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Copied([u8; LARGEST]);

/// The events of a block. Owned by the audio thread.
pub(super) struct EventBlock {
    order: Vec<*const clap_event_header>,
    copies: Vec<Copied>,
    /// Notes of blocks without frames, in which the framework would lose them.
    held: Vec<Copied>,
    all_off: clap_event_midi,
    program: Option<u8>,
}

impl EventBlock {
    pub(super) fn new() -> Self {
        let header = clap_event_header {
            size: size_of::<clap_event_midi>() as u32,
            time: 0,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_: CLAP_EVENT_MIDI,
            flags: 0,
        };
        Self {
            order: touched(CAPACITY, null()),
            copies: touched(COPIES, Copied([0; LARGEST])),
            held: touched(HELD, Copied([0; LARGEST])),
            all_off: clap_event_midi { header, port_index: 0, data: [0xB0, 123, 0] },
            program: None,
        }
    }

    /// Takes what may be taken of a host's list, for a block of `frames`.
    ///
    /// # Safety
    /// `given` must be null or a valid list whose events stay valid until the block is processed.
    pub(super) unsafe fn take(&mut self, given: *const clap_input_events, frames: u32) {
        self.order.clear();
        self.copies.clear();
        if frames > 0 {
            self.release_held();
        }
        // SAFETY: as the caller promises.
        let Some(list) = (unsafe { given.as_ref() }) else { return };
        let (Some(size), Some(get)) = (list.size, list.get) else { return };
        // SAFETY: as the caller promises.
        let count = unsafe { size(list) };
        let mut lost_release = count > LOOKED_AT;
        let (mut time, mut notes) = (0, 0);
        for index in 0..count.min(LOOKED_AT) {
            // SAFETY: the index is in range; the list returns null or an event.
            let Some(event) = (unsafe { get(list, index).as_ref() }) else { continue };
            if !is_taken(event) {
                continue;
            }
            // SAFETY: the event is as large as its type.
            if let Some(program) = unsafe { program_of(event) } {
                self.program = Some(program);
                continue;
            }
            time = event.time.min(frames.saturating_sub(1)).max(time);
            // SAFETY: the event is as large as its type.
            let kind = unsafe { kind(event) };
            notes += usize::from(kind == Kind::Start);
            let room = match kind {
                Kind::Release => CAPACITY - 1,
                Kind::Start if notes > NOTES => 0,
                Kind::Start | Kind::Other => CROWDED,
            };
            let fits = if frames == 0 && is_note(event) {
                // SAFETY: as above.
                self.held.len() < HELD && unsafe { copy(&mut self.held, event, 0) }.is_some()
            } else {
                // SAFETY: as above.
                self.order.len() < room && unsafe { self.push(event, time) }
            };
            lost_release |= kind == Kind::Release && !fits;
        }
        if lost_release {
            self.all_off.header.time = time;
            self.order.push(&raw const self.all_off.header);
        }
    }

    /// The list to hand on; good until the next [`EventBlock::take`].
    pub(super) fn list(&self) -> clap_input_events {
        clap_input_events { ctx: from_ref(self).cast_mut().cast::<c_void>(), size: Some(size), get: Some(get) }
    }

    /// The last program change since the last call, 0..127. Such events are not handed on.
    pub(super) fn take_program(&mut self) -> Option<u8> {
        self.program.take()
    }

    /// Hands on an event at `time`: itself where it says so, else a changed copy.
    ///
    /// # Safety
    /// The event must be as large as its type says.
    unsafe fn push(&mut self, event: &clap_event_header, time: u32) -> bool {
        let handed_on = if event.time == time {
            Some(from_ref(event))
        } else {
            // SAFETY: as the caller promises.
            unsafe { copy(&mut self.copies, event, time) }
        };
        handed_on.inspect(|&event| self.order.push(event)).is_some()
    }

    fn release_held(&mut self) {
        for index in 0..self.held.len() {
            self.copies.push(self.held[index]);
            self.order.push(self.copies.last().map_or(null(), |copied| from_ref(copied).cast()));
        }
        self.held.clear();
    }
}

/// An empty vector with room for `capacity` things, all of which has been written once: the system gives memory page by
/// page when it is first written, which must not be in the audio thread.
fn touched<T: Copy>(capacity: usize, thing: T) -> Vec<T> {
    let mut room = Vec::with_capacity(capacity);
    room.extend(std::iter::repeat_n(std::hint::black_box(thing), capacity));
    room.clear();
    room
}

/// Copies an event, at another time, to where there is room for it.
///
/// # Safety
/// The event must be as large as its type says.
unsafe fn copy(room: &mut Vec<Copied>, event: &clap_event_header, time: u32) -> Option<*const clap_event_header> {
    let size = size_of_type(event)?;
    if room.len() == room.capacity() {
        return None;
    }
    let mut copied = Copied([0; LARGEST]);
    // SAFETY: the event is `size` bytes long as the caller promises, and no type is larger than `LARGEST`.
    unsafe { from_ref(event).cast::<u8>().copy_to_nonoverlapping(copied.0.as_mut_ptr(), size) };
    // SAFETY: aligned for it, and every event begins with a header.
    let header = unsafe { &mut *copied.0.as_mut_ptr().cast::<clap_event_header>() };
    header.time = time;
    room.push(copied);
    room.last().map(|copied| from_ref(copied).cast())
}

/// Whether the event is of a type that the framework reads, and as large as that type.
fn is_taken(event: &clap_event_header) -> bool {
    size_of_type(event).is_some_and(|size| event.size as usize >= size)
}

fn size_of_type(event: &clap_event_header) -> Option<usize> {
    if event.space_id != CLAP_CORE_EVENT_SPACE_ID {
        return None;
    }
    match event.type_ {
        CLAP_EVENT_NOTE_ON | CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE => Some(size_of::<clap_event_note>()),
        CLAP_EVENT_NOTE_EXPRESSION => Some(size_of::<clap_event_note_expression>()),
        CLAP_EVENT_PARAM_VALUE => Some(size_of::<clap_event_param_value>()),
        CLAP_EVENT_PARAM_MOD => Some(size_of::<clap_event_param_mod>()),
        CLAP_EVENT_TRANSPORT => Some(size_of::<clap_event_transport>()),
        CLAP_EVENT_MIDI => Some(size_of::<clap_event_midi>()),
        _ => None,
    }
}

fn is_note(event: &clap_event_header) -> bool {
    let type_ = event.type_;
    matches!(type_, CLAP_EVENT_NOTE_ON | CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE | CLAP_EVENT_NOTE_EXPRESSION)
        || type_ == CLAP_EVENT_MIDI
}

/// The number of a program change.
///
/// # Safety
/// The event must be as large as its type says.
unsafe fn program_of(event: &clap_event_header) -> Option<u8> {
    // SAFETY: the type says so, and the caller promises the size.
    let midi = (event.type_ == CLAP_EVENT_MIDI).then(|| unsafe { &*from_ref(event).cast::<clap_event_midi>() })?;
    (midi.data[0] & 0xF0 == 0xC0).then_some(midi.data[1] & 0x7F)
}

/// What an event is where not all can be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A note would hang without it.
    Release,
    /// A note begins.
    Start,
    Other,
}

/// # Safety
/// The event must be as large as its type says.
unsafe fn kind(event: &clap_event_header) -> Kind {
    match event.type_ {
        CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE => Kind::Release,
        CLAP_EVENT_NOTE_ON => Kind::Start,
        CLAP_EVENT_MIDI => {
            // SAFETY: the type says so, and the caller promises the size.
            let midi = unsafe { &*from_ref(event).cast::<clap_event_midi>() };
            match (midi.data[0] & 0xF0, midi.data[1], midi.data[2]) {
                (0x80, ..) | (0x90, _, 0) | (0xB0, 64 | 120 | 123, _) => Kind::Release,
                (0x90, ..) => Kind::Start,
                _ => Kind::Other,
            }
        }
        _ => Kind::Other,
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: only `EventBlock::list` makes such lists, and their block outlives them.
    unsafe { (*(*list).ctx.cast::<EventBlock>()).order.len() as u32 }
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as in `size`.
    let order = unsafe { &(*(*list).ctx.cast::<EventBlock>()).order };
    order.get(index as usize).copied().unwrap_or(null())
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn note_count(list: *const clap_input_events) -> u32 {
        // SAFETY: the tests put a vector there.
        unsafe { (*(*list).ctx.cast::<Vec<clap_event_note>>()).len() as u32 }
    }

    unsafe extern "C" fn note_at(list: *const clap_input_events, index: u32) -> *const clap_event_header {
        // SAFETY: as above.
        unsafe { &raw const (&(*(*list).ctx.cast::<Vec<clap_event_note>>()))[index as usize].header }
    }

    fn note(type_: u16, key: i16, time: u32) -> clap_event_note {
        let size = size_of::<clap_event_note>() as u32;
        let header = clap_event_header { size, time, space_id: CLAP_CORE_EVENT_SPACE_ID, type_, flags: 0 };
        clap_event_note { header, note_id: -1, port_index: 0, channel: 0, key, velocity: 0.5 }
    }

    /// Type, key and time of what comes through.
    fn take(block: &mut EventBlock, notes: &Vec<clap_event_note>, frames: u32) -> Vec<(u16, i16, u32)> {
        let ctx = from_ref(notes).cast_mut().cast::<c_void>();
        let given = clap_input_events { ctx, size: Some(note_count), get: Some(note_at) };
        // SAFETY: the list and its events live until the end of this function.
        unsafe { block.take(&raw const given, frames) };
        let list = block.list();
        // SAFETY: the block is not touched while its list is read.
        let count = unsafe { size(&raw const list) };
        (0..count)
            .map(|index| {
                // SAFETY: all events but a final MIDI one are notes.
                let note = unsafe { *get(&raw const list, index).cast::<clap_event_note>() };
                let key = if note.header.type_ == CLAP_EVENT_MIDI { -1 } else { note.key };
                (note.header.type_, key, note.header.time)
            })
            .collect()
    }

    #[test]
    fn a_sound_list_comes_through_unchanged() {
        let notes = vec![note(CLAP_EVENT_NOTE_ON, 60, 0), note(CLAP_EVENT_NOTE_OFF, 60, 63)];
        let expected = vec![(CLAP_EVENT_NOTE_ON, 60, 0), (CLAP_EVENT_NOTE_OFF, 60, 63)];
        assert_eq!(take(&mut EventBlock::new(), &notes, 64), expected);
    }

    #[test]
    fn times_are_put_in_order_and_within_the_block() {
        let notes = vec![note(CLAP_EVENT_NOTE_ON, 1, 40), note(CLAP_EVENT_NOTE_ON, 2, 10), note(0, 3, 9_999)];
        let times: Vec<_> = take(&mut EventBlock::new(), &notes, 64).into_iter().map(|(.., time)| time).collect();
        assert_eq!(times, [40, 40, 63]);
    }

    #[test]
    fn events_smaller_than_their_type_and_unknown_ones_are_left_out() {
        let mut short = note(CLAP_EVENT_NOTE_ON, 60, 0);
        short.header.size = 16;
        let notes = vec![short, note(999, 61, 0), note(CLAP_EVENT_NOTE_ON, 62, 0)];
        assert_eq!(take(&mut EventBlock::new(), &notes, 64), [(CLAP_EVENT_NOTE_ON, 62, 0)]);
    }

    #[test]
    fn notes_of_an_empty_block_wait_for_the_next() {
        let mut block = EventBlock::new();
        assert!(take(&mut block, &vec![note(CLAP_EVENT_NOTE_ON, 60, 0)], 0).is_empty());
        assert!(take(&mut block, &vec![note(CLAP_EVENT_NOTE_OFF, 60, 0)], 0).is_empty());
        let expected = [(CLAP_EVENT_NOTE_ON, 60, 0), (CLAP_EVENT_NOTE_OFF, 60, 0), (CLAP_EVENT_NOTE_ON, 61, 5)];
        assert_eq!(take(&mut block, &vec![note(CLAP_EVENT_NOTE_ON, 61, 5)], 64), expected);
        assert!(take(&mut block, &Vec::new(), 64).is_empty());
    }

    #[test]
    fn a_crowd_of_notes_leaves_room_for_every_release() {
        let mut notes = vec![note(CLAP_EVENT_NOTE_ON, 60, 0); 5_000];
        notes.extend(vec![note(CLAP_EVENT_NOTE_EXPRESSION, 60, 0); CAPACITY]);
        notes.extend(vec![note(CLAP_EVENT_NOTE_OFF, 60, 1); 200]);
        let taken = take(&mut EventBlock::new(), &notes, 64);
        assert_eq!(taken.iter().filter(|(type_, ..)| *type_ == CLAP_EVENT_NOTE_ON).count(), NOTES);
        assert_eq!(taken.iter().filter(|(type_, ..)| *type_ == CLAP_EVENT_NOTE_OFF).count(), 200);
        assert!(taken.len() <= CAPACITY);
    }

    #[test]
    fn releases_that_do_not_fit_become_all_notes_off() {
        let mut block = EventBlock::new();
        let taken = take(&mut block, &vec![note(CLAP_EVENT_NOTE_OFF, 60, 1); 2 * CAPACITY], 64);
        assert_eq!(taken.len(), CAPACITY);
        assert_eq!(taken.last(), Some(&(CLAP_EVENT_MIDI, -1, 1)));
        assert_eq!(block.all_off.data, [0xB0, 123, 0]);
    }
}
