//! Plays scores on an instrument and keeps the time of each block.

use std::time::Duration;

use zither::synth::controls::Controls;
use zither::synth::engine::Engine;
use zither::synth::event::Event;

use crate::clock::thread_time;
use crate::scalar::Scalar;
use crate::score::{Piece, Score};

/// What the engine and its scalar counterpart have in common.
pub(crate) trait Instrument {
    fn set_controls(&mut self, controls: &Controls);
    fn handle(&mut self, event: Event);
    fn render(&mut self, left: &mut [f32], right: &mut [f32]);
    fn active_voices(&self) -> usize;

    /// One block as the plugin plays it.
    fn play(&mut self, pieces: &[Piece], left: &mut [f32], right: &mut [f32]) {
        let mut at = 0;
        for piece in pieces {
            piece.controls.iter().for_each(|controls| self.set_controls(controls));
            piece.events.iter().for_each(|event| self.handle(*event));
            let end = at + piece.length;
            self.render(&mut left[at..end], &mut right[at..end]);
            at = end;
        }
    }
}

macro_rules! instrument {
    ($type:ty) => {
        impl Instrument for $type {
            fn set_controls(&mut self, controls: &Controls) {
                self.set_controls(controls);
            }

            fn handle(&mut self, event: Event) {
                self.handle(event);
            }

            fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
                self.render(left, right);
            }

            fn active_voices(&self) -> usize {
                self.active_voices()
            }
        }
    };
}

instrument!(Engine);
instrument!(Scalar);

/// Times of the blocks played so far, and how much was to be done in them.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) times: Vec<Duration>,
    /// Samples times sounding voices.
    pub(crate) voice_samples: usize,
}

impl Account {
    /// Plays period `number` of `score`; returns the time it took. `clock_cost` is taken off each block.
    pub(crate) fn play(
        &mut self,
        instrument: &mut impl Instrument,
        score: &Score,
        number: usize,
        clock_cost: Duration,
    ) -> Duration {
        let (mut left, mut right) = (vec![0.0; score.block], vec![0.0; score.block]);
        let first = self.times.len();
        for pieces in score.blocks(number) {
            let start = thread_time();
            instrument.play(&pieces, &mut left, &mut right);
            let time = thread_time() - start;
            self.times.push(time.saturating_sub(clock_cost));
            self.voice_samples += instrument.active_voices() * score.block;
        }
        self.times[first..].iter().sum()
    }
}

/// One block of the engine, under a name by which an instruction counter finds it.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn zither_counted_block(engine: &mut Engine, pieces: &[Piece], left: &mut [f32], right: &mut [f32]) {
    engine.play(pieces, left, right);
}
