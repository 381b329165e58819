//! The loudness that presets share.

use std::sync::Arc;

use crate::model::Model;
use crate::model::transfer::Transfer;
use crate::synth::controls::{Control, Controls};
use crate::synth::engine::Engine;
use crate::synth::event::Event;

/// The gain in dB, to the half, at which a C major triad reaches the loudness that all presets share.
pub(super) fn levelled(model: &Arc<Model>, controls: &Controls, transfer: Option<&Arc<Transfer>>) -> f32 {
    /// Root mean square of the loudest window, in dB.
    const LOUDNESS_DB: f32 = -18.0;
    const WINDOW: usize = 9_600;
    let mut engine = Engine::new(Arc::clone(model), 48_000.0);
    let mut flat = controls.clone();
    flat.set(Control::GAIN, 0.0);
    engine.set_controls(&flat);
    let _none = engine.exchange_transfer(transfer.cloned());
    for key in [60, 64, 67] {
        engine.handle(Event::NoteOn { voice_id: None, channel: 0, key, velocity: 0.8 });
    }
    let (mut left, mut right) = (vec![0.0; WINDOW], vec![0.0; WINDOW]);
    let loudest = (0..10).fold(0.0_f32, |loudest, _| {
        engine.render(&mut left, &mut right);
        loudest.max(left.iter().chain(&right).map(|x| x * x).sum::<f32>() / (2 * WINDOW) as f32)
    });
    let gain = LOUDNESS_DB - 10.0 * loudest.max(1e-9).log10();
    // Adding 0 makes a negative zero plain.
    (2.0 * gain).round() / 2.0 + 0.0
}
