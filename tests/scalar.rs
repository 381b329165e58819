//! What the benchmark compares the engine with makes the same sound.

#[path = "../benches/scenarios/scalar/mod.rs"]
mod scalar;

use std::sync::Arc;

use scalar::Scalar;
use zither::model::Model;
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::Engine;
use zither::synth::event::{Event, NoteAddress};

const RATE: f32 = 48_000.0;
/// Samples: a second held, half a second of release.
const HELD: usize = 48_000;
const LENGTH: usize = 72_000;
/// Samples over which levels are compared.
const WINDOW: usize = 4_800;

type Stereo = [Vec<f32>; 2];

fn on(key: u8, velocity: f32) -> Event {
    Event::NoteOn { voice_id: None, channel: 0, key, velocity }
}

/// One note by the engine and by the scalar instrument.
fn both(controls: &Controls, key: u8, velocity: f32) -> [Stereo; 2] {
    let model = Model::factory();
    let mut engine = Engine::new(Arc::clone(&model), RATE);
    let mut scalar = Scalar::new(model, RATE);
    let silence = || [vec![0.0; LENGTH], vec![0.0; LENGTH]];
    let [mut fast, mut plain] = [silence(), silence()];
    engine.set_controls(controls);
    scalar.set_controls(controls);
    engine.handle(on(key, velocity));
    scalar.handle(on(key, velocity));
    for part in [0..HELD, HELD..LENGTH] {
        let [left, right] = &mut fast;
        engine.render(&mut left[part.clone()], &mut right[part.clone()]);
        let [left, right] = &mut plain;
        scalar.render(&mut left[part.clone()], &mut right[part]);
        engine.handle(Event::NoteOff { address: NoteAddress::default() });
        scalar.handle(Event::NoteOff { address: NoteAddress::default() });
    }
    [fast, plain]
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|&x| f64::from(x).powi(2)).sum()
}

/// How far the difference of the first `samples` lies below their sound, in dB.
fn agreement([fast, plain]: &[Stereo; 2], samples: usize) -> f64 {
    let difference = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        let apart = a.iter().zip(b).take(samples).map(|(a, b)| a - b);
        power(&apart.collect::<Vec<f32>>())
    };
    let sound = fast.iter().map(|channel| power(&channel[..samples])).sum::<f64>();
    assert!(sound > 1e-6, "the note is heard");
    10.0 * (sound / fast.iter().zip(plain).map(difference).sum::<f64>()).log10()
}

/// The largest difference of level in any window of a note that is heard, in dB.
fn level_error([fast, plain]: &[Stereo; 2]) -> f64 {
    let levels = |sound: &Stereo| -> Vec<f64> {
        sound.iter().flat_map(|channel| channel.chunks(WINDOW)).map(|window| 10.0 * power(window).log10()).collect()
    };
    let (fast, plain) = (levels(fast), levels(plain));
    let loudest = fast.iter().copied().fold(f64::MIN, f64::max);
    let heard = fast.iter().zip(&plain).filter(|(level, _)| **level > loudest - 60.0);
    heard.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_scalar_instrument_makes_the_waveform_of_the_engine() {
    let mut bent = Controls::default();
    for (control, value) in [
        (Control::latent(0), 0.6),
        (Control::latent(3), -0.8),
        (Control::UNISON, 3.0),
        (Control::BRIGHTNESS, 3.0),
        (Control::NOISE, 12.0),
        (Control::ATTACK, 30.0),
        (Control::DECAY, 400.0),
        (Control::SUSTAIN, -9.0),
        (Control::VIBRATO_DEPTH, 20.0),
        (Control::MOTION, 150.0),
        (Control::RELEASE_STRETCH, 200.0),
    ] {
        bent.set(control, value);
    }
    for (name, controls) in [("plain", Controls::default()), ("bent", bent)] {
        for (key, velocity) in [(36, 0.3), (60, 0.8), (84, 1.0)] {
            let notes = both(&controls, key, velocity);
            let (onset, whole, level) = (agreement(&notes, WINDOW), agreement(&notes, LENGTH), level_error(&notes));
            // Weights rounded to 16 bits shift a partial by up to a tenth of a cent, which tells in the end; where pitch and
            // sides are bent the phases differ more, the levels do not.
            let least = if name == "plain" { 30.0 } else { 10.0 };
            assert!(onset > least && whole > least, "{name} note {key}: {onset:.1} dB at first, {whole:.1} dB in all");
            assert!(level < 0.1, "{name} note {key}: levels differ by {level:.3} dB");
        }
    }
}
