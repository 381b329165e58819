//! Which notes a soundfont's instruments are recorded with: the training's plan, and what a sampler would make of it.
//!
//! Velocities change from pitch to pitch, so that few notes cover their whole range, and in the same way for all
//! instruments, so that training can mix two instruments note by note. None is kept for judging.

use crate::media::note::NoteName;

/// Milliseconds that a long note is held.
pub(super) const LONG_HOLD_MS: u32 = 2_500;
/// Distance of two recorded pitches, in semitones; even pitches are never kept for judging.
const STEP: usize = 2;
/// Lowest and highest recorded pitch.
const PITCHES: (u8, u8) = (24, 96);
/// Velocities of the long notes, from pitch to pitch. Five pairs every two semitones: a cycle of ten, and so no pair
/// always meets the same pitch classes.
const LONG: [[u8; 2]; 5] = [[50, 112], [28, 96], [64, 127], [20, 88], [40, 118]];
/// Velocity of the short note, from pitch to pitch.
const SHORT: [u8; 4] = [84, 36, 120, 60];

/// The pitches that are recorded.
pub(super) fn pitches() -> impl Iterator<Item = u8> {
    (PITCHES.0..=PITCHES.1).step_by(STEP)
}

/// Velocities at which a pitch is held for [`LONG_HOLD_MS`].
pub(super) fn long_velocities(pitch: u8) -> [u8; 2] {
    LONG[usize::from(pitch) / STEP % LONG.len()]
}

/// Velocity at which a pitch is held for a short time.
pub(super) fn short_velocity(pitch: u8) -> u8 {
    SHORT[usize::from(pitch) / STEP % SHORT.len()]
}

/// The long note that a multisample sampler with these recordings would play: the nearest in pitch, and of those the
/// nearest in velocity.
pub(super) fn nearest_recorded(pitch: u8, velocity: u8) -> NoteName {
    let recorded = pitches().flat_map(|pitch| long_velocities(pitch).map(|velocity| (pitch, velocity)));
    let distance = |&(p, v): &(u8, u8)| (p.abs_diff(pitch), v.abs_diff(velocity));
    let (pitch, velocity) = recorded.min_by_key(distance).expect("something is recorded");
    NoteName { pitch, velocity, hold_ms: LONG_HOLD_MS }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> impl Iterator<Item = NoteName> {
        pitches().flat_map(|pitch| {
            let [soft, loud] = long_velocities(pitch);
            [soft, loud, short_velocity(pitch)].map(|velocity| NoteName { pitch, velocity, hold_ms: LONG_HOLD_MS })
        })
    }

    #[test]
    fn no_planned_note_is_kept_for_judging_and_none_comes_twice() {
        assert!(all().all(|note| !note.is_for_judging()));
        assert_eq!(all().count(), all().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn planned_velocities_leave_no_wide_gap_in_any_two_octaves() {
        for lowest in (24..72).step_by(2) {
            let near = all().filter(|note| (lowest..lowest + 24).contains(&note.pitch));
            let velocities: BTreeSet<u8> = near.map(|note| note.velocity).collect();
            let list: Vec<u8> = velocities.into_iter().collect();
            assert_eq!((list.first(), list.last()), (Some(&20), Some(&127)));
            assert!(list.windows(2).all(|pair| pair[1] - pair[0] <= 20), "{list:?}");
        }
    }

    #[test]
    fn a_sampler_plays_a_planned_note_beside_the_one_asked_for() {
        for pitch in (25..=93).step_by(4) {
            for velocity in [70, 104] {
                let recorded = nearest_recorded(pitch, velocity);
                assert!(all().any(|note| note == recorded), "{recorded}");
                assert_eq!(recorded.pitch.abs_diff(pitch), 1);
                assert!(recorded.velocity.abs_diff(velocity) <= 20, "{velocity} by {recorded}");
            }
        }
        assert_eq!(nearest_recorded(24, 100).velocity, long_velocities(24)[1]);
    }
}
