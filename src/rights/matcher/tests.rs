//! What a matcher has to do is spread over time.

use super::super::axis::ROWS;
use super::super::index::{NewTrack, SegmentBuilder};
use super::*;

/// Frames between two attacks (1 s), and rows between the tones of one.
const BEAT: usize = 64;
const APART: usize = 8;

/// An index of one track of ten seconds, of chords as they are played here.
fn index() -> Index {
    let mut peaks = Vec::new();
    for beat in 0..10 {
        let tones = (APART..ROWS - APART).step_by(APART);
        peaks.extend(tones.map(|row| Peak { tick: beat * BEAT as u32 * TICKS_PER_FRAME, step: 2 * row as u16 }));
    }
    let mut builder = SegmentBuilder::new();
    let track = NewTrack { id: "chords", about: "", peaks: &peaks, ticks: 1_250, digest: [0; 32] };
    builder.add_track(&track).unwrap();
    Index::in_memory(vec![builder.finish(0)]).unwrap()
}

#[test]
fn peaks_of_an_attack_are_asked_for_one_after_another() {
    let (mut matcher, mut index) = (Matcher::default(), index());
    let (mut most, mut peaks) = (0, 0);
    for number in 0..8 * BEAT {
        let mut relief: Relief = [0.0; ROWS];
        if number % BEAT == 0 {
            (APART..ROWS - APART).step_by(APART).for_each(|row| relief[row] = 6.0);
        }
        let waiting = matcher.channels[0].waiting;
        let before = matcher.channels[0].history.peaks(0..number + 1);
        matcher.push(&Frame { middle: Some(&relief), side: None }, &mut index);
        let new = (matcher.channels[0].history.peaks(0..number + 1) - before) as usize;
        most = most.max(waiting + new - matcher.channels[0].waiting);
        peaks += new;
    }
    assert!(peaks > 200 && most <= 6, "{peaks} peaks, up to {most} in a frame");
    assert_eq!(matcher.channels[0].waiting, 0, "all were asked for");
    assert!(!matcher.leads().is_empty(), "and the chords are followed");
}
