//! Which voice plays a new note, and which one has to go for it.

use std::ops::BitAnd;

/// Notes that sound at once.
pub const VOICES: usize = 64;
/// Slots: more than voices, so that stolen ones fade while the new ones already play. A fade takes 4 ms, in which hands
/// strike fewer keys than this; where a machine strikes more, the quietest of the fades is cut.
pub(super) const SLOTS: usize = VOICES + 16;

/// A set of slots, numbered from 0 to 127: those in use, so that idle ones are not even looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotSet(u128);

impl SlotSet {
    /// No slot.
    pub(super) const EMPTY: Self = Self(0);

    pub(super) fn insert(&mut self, slot: usize) {
        self.0 |= 1 << slot;
    }

    pub(super) fn remove(&mut self, slot: usize) {
        self.0 &= !(1 << slot);
    }

    pub(super) fn contains(self, slot: usize) -> bool {
        self.0 >> slot & 1 != 0
    }

    pub(super) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lowest slot below `count` that is not in the set.
    pub(super) fn first_free(self, count: usize) -> Option<usize> {
        Some(self.0.trailing_ones() as usize).filter(|&slot| slot < count)
    }

    /// The slots of the set for which `keep` holds.
    pub(super) fn filter(self, mut keep: impl FnMut(usize) -> bool) -> Self {
        let mut kept = [0_u64; 2];
        self.slots().for_each(|slot| kept[slot / 64] |= u64::from(keep(slot)) << (slot % 64));
        Self(u128::from(kept[0]) | u128::from(kept[1]) << 64)
    }

    /// The slots as they are now, rising.
    pub(super) fn slots(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let slot = (left != 0).then_some(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(slot)
        })
    }
}

impl BitAnd for SlotSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A voice in use, and what the choice depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) slot: usize,
    /// What the voice does.
    pub(super) standing: Standing,
    /// Its loudness as amplitude.
    pub(super) loudness: f32,
    /// Number of its note: the lowest is the oldest.
    pub(super) serial: u64,
}

/// What a voice does, as far as stealing goes; the first is the first to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Fading out to make room: no note any more, but not to be cut either.
    Fading,
    /// Released: its end has been asked for.
    Released,
    /// Held by the pedal alone.
    Sustained,
    /// Held by its key.
    Held,
}

impl Candidate {
    /// The lowest goes first: among keys that are down the oldest, else the quietest.
    fn rank(&self) -> (Standing, f64) {
        let rank = if self.standing == Standing::Held { self.serial as f64 } else { f64::from(self.loudness) };
        (self.standing, rank)
    }

    fn goes_before(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }
}

/// The voices from among which a choice is made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Crowd {
    /// Voices that play, which polyphony counts.
    pub(super) playing: usize,
    /// The one of them that has to go first.
    pub(super) weakest: Option<usize>,
    /// The quietest of those that fade.
    pub(super) fading: Option<usize>,
}

impl Crowd {
    /// Looks once at each voice in use.
    pub(super) fn of(voices: impl Iterator<Item = Candidate>) -> Self {
        let (mut playing, mut weakest, mut fading) = (0, None::<Candidate>, None::<Candidate>);
        for voice in voices {
            let kept = if voice.standing == Standing::Fading {
                &mut fading
            } else {
                playing += 1;
                &mut weakest
            };
            if kept.is_none_or(|kept| voice.goes_before(&kept)) {
                *kept = Some(voice);
            }
        }
        Self { playing, weakest: weakest.map(|voice| voice.slot), fading: fading.map(|voice| voice.slot) }
    }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Fading, Held, Released, Sustained};
    use super::*;

    fn check(voices: &[(Standing, f32, u64)], playing: usize, weakest: Option<usize>, fading: Option<usize>) {
        let voices = voices.iter().enumerate();
        let crowd = Crowd::of(voices.map(|(slot, &(standing, loudness, serial))| Candidate {
            slot,
            standing,
            loudness,
            serial,
        }));
        assert_eq!((crowd.playing, crowd.weakest, crowd.fading), (playing, weakest, fading));
    }

    #[test]
    fn the_quietest_released_goes_first_then_the_quietest_under_the_pedal_then_the_oldest_held() {
        check(&[(Held, 0.1, 1), (Released, 0.5, 2), (Released, 0.2, 3), (Sustained, 0.0, 4)], 4, Some(2), None);
        check(&[(Held, 0.1, 1), (Sustained, 0.5, 2), (Sustained, 0.2, 3)], 3, Some(2), None);
        check(&[(Held, 0.1, 5), (Held, 0.9, 2), (Held, 0.2, 3)], 3, Some(1), None);
    }

    #[test]
    fn fading_voices_do_not_count() {
        check(&[(Fading, 0.2, 1), (Held, 0.5, 2), (Fading, 0.1, 3)], 1, Some(1), Some(2));
        check(&[], 0, None, None);
    }

    #[test]
    fn a_set_names_its_slots_and_the_first_that_is_free() {
        let mut set = SlotSet::default();
        assert_eq!((set.len(), set.first_free(80), set.slots().count()), (0, Some(0), 0));
        [0, 1, 3, 79, 127].into_iter().for_each(|slot| set.insert(slot));
        assert_eq!(set.slots().collect::<Vec<_>>(), [0, 1, 3, 79, 127]);
        assert_eq!(set.first_free(80), Some(2));
        set.remove(79);
        assert_eq!(set.len(), 4);
        (0..80).for_each(|slot| set.insert(slot));
        assert_eq!(set.first_free(80), None);
    }
}
