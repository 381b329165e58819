//! Notes played by a preset without a song or a host.

use std::sync::Arc;

use crate::analysis::frames::ANALYSIS_RATE;
use crate::model::Model;
use crate::model::transfer::Transfer;
use crate::synth::controls::Controls;
use crate::synth::engine::Engine;
use crate::synth::event::{Event, NoteAddress};

/// A note to play.
#[derive(Clone, Copy)]
pub(super) struct Note {
    /// MIDI key.
    pub(super) key: u8,
    /// 0..1.
    pub(super) velocity: f32,
    /// Seconds from the start of the performance.
    pub(super) from: f32,
    /// When the key is let go.
    pub(super) to: f32,
}

/// An instrument that plays offline in stereo at 48 kHz: a model, what a preset sets, what a recording left.
#[derive(Clone)]
pub(super) struct Player {
    pub(super) model: Arc<Model>,
    pub(super) controls: Controls,
    pub(super) transfer: Option<Arc<Transfer>>,
}

impl Player {
    /// The notes from an engine that has played nothing before, `seconds` long.
    pub(super) fn play(&self, notes: &[Note], seconds: f32) -> [Vec<f32>; 2] {
        let mut engine = Engine::new(Arc::clone(&self.model), ANALYSIS_RATE as f32);
        engine.set_controls(&self.controls);
        let _none = engine.exchange_transfer(self.transfer.clone());
        let length = sample(seconds);
        let mut audio = [vec![0.0; length], vec![0.0; length]];
        let mut at = 0;
        for (time, event) in events(notes) {
            let until = time.clamp(at, length);
            let [left, right] = &mut audio;
            engine.render(&mut left[at..until], &mut right[at..until]);
            engine.handle(event);
            while engine.ended().is_some() {}
            at = until;
        }
        let [left, right] = &mut audio;
        engine.render(&mut left[at..], &mut right[at..]);
        audio
    }
}

fn sample(seconds: f32) -> usize {
    (seconds * ANALYSIS_RATE as f32) as usize
}

/// Starts and ends with their samples, in order; at one sample ends come first.
fn events(notes: &[Note]) -> Vec<(usize, Event)> {
    let ends = notes.iter().map(|note| {
        let address = NoteAddress { key: Some(note.key), ..NoteAddress::default() };
        (sample(note.to), Event::NoteOff { address })
    });
    let starts = notes.iter().map(|note| {
        let start = Event::NoteOn { voice_id: None, channel: 0, key: note.key, velocity: note.velocity };
        (sample(note.from), start)
    });
    let mut events: Vec<_> = ends.chain(starts).collect();
    events.sort_by_key(|(time, _)| *time);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_sound_from_their_start_and_die_away_after_their_end() {
        let player = Player { model: Model::factory(), controls: Controls::default(), transfer: None };
        let note = Note { key: 60, velocity: 0.8, from: 0.5, to: 1.0 };
        let [left, _] = player.play(&[note], 4.0);
        let peak =
            |from: f32, to: f32| left[sample(from)..sample(to)].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert_eq!((left.len(), peak(0.0, 0.5)), (192_000, 0.0));
        assert!(peak(0.6, 1.0) > 0.01 && peak(3.5, 4.0) < 0.1 * peak(0.6, 1.0));
    }
}
