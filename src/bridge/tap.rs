//! A stream of sound on its way from the audio thread to the background thread: a ring of frames, and beside it a ring of
//! marks that say where in the project a frame lies and what is missing before it. Both halves are wait-free.

use rtrb::{Consumer, Producer, RingBuffer};

/// Frames that may wait for the background thread: 1.4 s at 48 kHz, 0.3 s at 192 kHz.
pub const TAP_FRAMES: usize = 1 << 16;
/// Marks that may wait: one goes with each jump of the transport.
const MARKS: usize = 256;
/// Frames that are handed over as one, at most: whole, or not at all where the ring is full.
pub const PIECE: usize = 1_024;
/// Frames of digital silence that are handed over; what follows of it is counted only, so that silence costs nothing.
const KEPT_SILENCE: u64 = 1 << 15;

/// What is to be known before a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Frames that were handed over before it.
    at: u64,
    /// Where in the project the next frame lies, in frames.
    pub place: i64,
    /// Frames of silence that were left out before it.
    pub silent: u64,
    /// Frames that found the ring full before it.
    pub lost: u64,
}

/// The audio thread's half.
pub(super) struct TapIn {
    frames: Producer<[f32; 2]>,
    marks: Producer<Mark>,
    /// The mark that goes with the next piece, where there is something to be said.
    next: Mark,
    marked: bool,
    zeros: u64,
}

/// The background thread's half.
pub(super) struct TapOut {
    frames: Consumer<[f32; 2]>,
    marks: Consumer<Mark>,
    read: u64,
}

/// Both halves of a stream.
pub(super) fn tap() -> (TapIn, TapOut) {
    let (frames_in, frames_out) = touched(TAP_FRAMES);
    let (marks_in, marks_out) = touched(MARKS);
    let input = TapIn { frames: frames_in, marks: marks_in, next: Mark::default(), marked: true, zeros: 0 };
    (input, TapOut { frames: frames_out, marks: marks_out, read: 0 })
}

/// A ring that was gone through once: the system gives memory page by page when it is first written, which must not be in
/// the audio thread.
fn touched<T: Copy + Default>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let (mut into, mut out_of) = RingBuffer::new(capacity);
    while into.push(T::default()).is_ok() {}
    while out_of.pop().is_ok() {}
    (into, out_of)
}

impl TapIn {
    /// What comes next lies at this frame of the project.
    pub(super) fn begin(&mut self, place: i64) {
        if place != self.next.place {
            self.next.place = place;
            self.marked = true;
        }
    }

    /// Whether so many frames, [`PIECE`] at most, can be handed over now.
    pub(super) fn has_room(&self, frames: usize) -> bool {
        self.frames.slots() >= frames && self.marks.slots() > 0
    }

    /// Hands over a stretch; returns how many frames of it were lost.
    pub(super) fn push(&mut self, left: &[f32], right: &[f32]) -> u64 {
        let pieces = left.chunks(PIECE).zip(right.chunks(PIECE));
        pieces.map(|(left, right)| self.piece(left, right)).sum()
    }

    fn piece(&mut self, left: &[f32], right: &[f32]) -> u64 {
        let frames = left.len().min(right.len());
        let silent = left.iter().chain(right).all(|&sample| sample == 0.0);
        self.zeros = if silent { self.zeros + frames as u64 } else { 0 };
        let lost = if self.zeros > KEPT_SILENCE {
            self.next.silent += frames as u64;
            self.marked = true;
            0
        } else {
            self.copy(left, right, frames)
        };
        self.next.place += frames as i64;
        lost
    }

    fn copy(&mut self, left: &[f32], right: &[f32], frames: usize) -> u64 {
        let fits = self.frames.slots() >= frames && (!self.marked || self.marks.push(self.next).is_ok());
        match self.frames.write_chunk_uninit(frames) {
            Ok(chunk) if fits => {
                chunk.fill_from_iter(left.iter().zip(right).map(|(&left, &right)| [left, right]));
                self.next = Mark { at: self.next.at + frames as u64, place: self.next.place, silent: 0, lost: 0 };
                self.marked = false;
                0
            }
            _ => {
                self.next.lost += frames as u64;
                self.marked = true;
                frames as u64
            }
        }
    }
}

impl TapOut {
    /// Frames that wait.
    pub(super) fn waiting(&self) -> usize {
        self.frames.slots()
    }

    /// Takes the next frames, `most` at most and none beyond the next mark, in two slices that follow each other, and the
    /// mark that stands before them. Returns how many there were.
    pub(super) fn take(&mut self, most: usize, take: impl FnOnce(Option<Mark>, [&[[f32; 2]]; 2])) -> usize {
        let waiting = self.frames.slots().min(most);
        if waiting == 0 {
            return 0;
        }
        let here = self.marks.peek().is_ok_and(|mark| mark.at == self.read);
        let mark = if here { self.marks.pop().ok() } else { None };
        let until = self.marks.peek().map_or(u64::MAX, |next| next.at - self.read);
        let frames = waiting.min(usize::try_from(until).unwrap_or(usize::MAX));
        let Ok(chunk) = self.frames.read_chunk(frames) else { return 0 };
        let (first, second) = chunk.as_slices();
        take(mark, [first, second]);
        chunk.commit_all();
        self.read += frames as u64;
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(tap: &mut TapOut) -> Vec<(Option<Mark>, Vec<f32>)> {
        let mut pieces = Vec::new();
        let mut take = |tap: &mut TapOut| {
            tap.take(usize::MAX, |mark, slices| {
                pieces.push((mark, slices.concat().iter().map(|frame| frame[0]).collect()));
            })
        };
        while take(tap) > 0 {}
        pieces
    }

    /// Place, silence and loss of a mark.
    type About = (i64, u64, u64);

    fn lengths(tap: &mut TapOut) -> Vec<(Option<About>, usize)> {
        let about = |mark: Mark| (mark.place, mark.silent, mark.lost);
        all(tap).into_iter().map(|(mark, samples)| (mark.map(about), samples.len())).collect()
    }

    #[test]
    fn what_goes_in_comes_out_with_its_place_in_the_project() {
        let (mut input, mut output) = tap();
        input.begin(100);
        input.push(&[0.1, 0.2], &[0.0, 0.0]);
        input.begin(102);
        input.push(&[0.3], &[0.0]);
        input.begin(50);
        input.push(&[0.4, 0.5], &[0.0, 0.0]);
        let pieces = all(&mut output);
        let places: Vec<_> = pieces.iter().map(|(mark, samples)| (mark.unwrap().place, samples.clone())).collect();
        assert_eq!(places, [(100, vec![0.1, 0.2, 0.3]), (50, vec![0.4, 0.5])]);
    }

    #[test]
    fn what_finds_the_ring_full_is_lost_whole_and_told_with_what_follows() {
        let (mut input, mut output) = tap();
        let long = vec![0.5; TAP_FRAMES - 10];
        assert_eq!(input.push(&long, &long), 0);
        assert!(!input.has_room(11) && input.has_room(10));
        assert_eq!(input.push(&[0.5; 11], &[0.5; 11]), 11);
        assert_eq!(lengths(&mut output), [(Some((0, 0, 0)), TAP_FRAMES - 10)]);
        assert_eq!(input.push(&[0.5; 20], &[0.5; 20]), 0);
        assert_eq!(lengths(&mut output), [(Some((TAP_FRAMES as i64 + 1, 0, 11)), 20)]);
    }

    #[test]
    fn long_silence_is_counted_and_not_handed_over() {
        let (mut input, mut output) = tap();
        for _ in 0..100 {
            input.push(&[0.0; PIECE], &[0.0; PIECE]);
        }
        let kept = lengths(&mut output).iter().map(|(_, frames)| frames).sum::<usize>();
        assert_eq!(kept as u64, KEPT_SILENCE);
        input.push(&[0.5], &[0.5]);
        let left_out = 100 * PIECE as u64 - KEPT_SILENCE;
        assert_eq!(lengths(&mut output), [(Some((100 * PIECE as i64, left_out, 0)), 1)]);
    }

    #[test]
    fn a_flood_of_jumps_loses_sound_and_says_so() {
        let (mut input, mut output) = tap();
        let lost: u64 = (0..2 * MARKS as i64)
            .map(|jump| {
                input.begin(-9 * jump);
                input.push(&[0.5], &[0.5])
            })
            .sum();
        assert_eq!(lost, MARKS as u64);
        assert_eq!(lengths(&mut output).len(), MARKS);
        input.push(&[0.5], &[0.5]);
        assert_eq!(lengths(&mut output)[0].0.unwrap().2, lost);
    }
}
