//! The audio thread of the proof: plays the score block by block, with the witnesses around the plugin's `process`.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use clack_extensions::params::PluginParams;
use clack_host::events::event_types::{NoteEndEvent, NoteOnEvent};
use clack_host::prelude::*;

use super::heard::Heard;
use super::score::{LARGEST, Score};
use super::tally::Tally;
use super::watch::Watch;
use crate::host::{Host, Ports};

/// Mean number of blocks between two halts of processing, two resets and two flushes of parameters.
const HALT_EVERY: u32 = 700;
const RESET_EVERY: u32 = 500;
const FLUSH_EVERY: u32 = 300;

/// Events that the plugin may send in a block.
const MOST_OUT: usize = 8_192;

/// The audio thread's belongings. They go from session to session.
pub(super) struct Stage {
    pub(super) score: Score,
    pub(super) tally: Tally,
    pub(super) heard: Heard,
    ports: Ports,
    params: PluginParams,
    events_in: EventBuffer,
    events_out: EventBuffer,
    sounding: Vec<u32>,
}

impl Stage {
    /// A stage for the host's plugin.
    ///
    /// # Errors
    /// If the plugin has no parameters.
    pub(super) fn new(host: &mut Host, mut score: Score) -> Result<Self> {
        let mut ports = host.ports(LARGEST as usize);
        for sample in ports.inputs.iter_mut().flatten().flatten() {
            *sample = (score.dice().unit() - 0.5) as f32;
        }
        // First touches of the host's own memory are not the plugin's.
        ports.outputs.iter_mut().flatten().for_each(|channel| channel.fill(f32::NAN));
        Ok(Self {
            score,
            tally: Tally::default(),
            heard: Heard::default(),
            ports,
            params: host.extension()?,
            events_in: EventBuffer::with_capacity(8_192),
            events_out: touched(),
            sounding: Vec::new(),
        })
    }

    /// Plays `blocks` blocks at `rate` on the calling thread, which is watched for good. `progress` counts them.
    ///
    /// # Errors
    /// If the thread cannot be watched, or the plugin refuses to start or to process.
    pub(super) fn play(
        &mut self,
        processor: StoppedPluginAudioProcessor<()>,
        rate: f64,
        blocks: u64,
        progress: &AtomicU64,
    ) -> Result<StoppedPluginAudioProcessor<()>> {
        let watch =
            Watch::this_thread().context("this thread cannot be watched: the kernel refuses a seccomp filter")?;
        let mut processor = start(processor)?;
        for _ in 0..blocks {
            if self.score.dice().once_in(HALT_EVERY) {
                processor = start(processor.stop_processing())?;
                self.sounding.clear();
                self.heard.halts += 1;
            }
            if self.score.dice().once_in(RESET_EVERY) {
                let ((), seen) = watch.over(|| processor.reset());
                self.tally.add(self.heard.blocks, &seen);
                self.sounding.clear();
                self.heard.resets += 1;
            }
            if self.score.dice().once_in(FLUSH_EVERY) {
                self.flush(&watch, &mut processor);
            }
            self.block(&watch, &mut processor, rate)?;
            progress.fetch_add(1, Ordering::Relaxed);
        }
        Ok(processor.stop_processing())
    }

    fn block(&mut self, watch: &Watch, processor: &mut StartedPluginAudioProcessor<()>, rate: f64) -> Result<()> {
        let frames = self.score.next(&mut self.events_in);
        self.events_out.clear();
        let events_in = self.events_in.as_input();
        let mut events_out = self.events_out.as_output();
        let now = self.heard.frames;
        // What the plugin does not write is heard as no number.
        self.ports.outputs.iter_mut().flatten().for_each(|channel| channel[..frames as usize].fill(f32::NAN));
        let (status, seen) = self.ports.lend(frames as usize, |inputs, outputs| {
            watch.over(|| processor.process(inputs, outputs, &events_in, &mut events_out, Some(now), None))
        });
        status.with_context(|| format!("the plugin refuses block {}", self.heard.blocks))?;
        self.tally.add(self.heard.blocks, &seen);
        self.hear(frames, rate);
        Ok(())
    }

    /// Parameters reach the plugin without a block.
    fn flush(&mut self, watch: &Watch, processor: &mut StartedPluginAudioProcessor<()>) {
        let _frames = self.score.next(&mut self.events_in);
        self.events_out.clear();
        let events_in = self.events_in.as_input();
        let mut events_out = self.events_out.as_output();
        let mut plugin = processor.plugin_handle();
        let ((), seen) = watch.over(|| self.params.flush_active(&mut plugin, &events_in, &mut events_out));
        self.tally.add(self.heard.blocks, &seen);
        self.heard.flushes += 1;
    }

    /// Listens to the block that was just made.
    fn hear(&mut self, frames: u32, rate: f64) {
        for event in &self.events_in {
            let note = event.as_event::<NoteOnEvent>();
            self.sounding.extend(note.and_then(|note| note.note_id().into_specific()));
        }
        for event in &self.events_out {
            let Some(end) = event.as_event::<NoteEndEvent>() else { continue };
            self.heard.ends += 1;
            if let Some(id) = end.note_id().into_specific() {
                self.sounding.retain(|sounding| *sounding != id);
            }
        }
        let channels = self.ports.outputs[0].iter().map(|channel| &channel[..frames as usize]);
        self.heard.add(channels, rate, self.sounding.len());
    }

    /// What never happened, by name.
    pub(super) fn missing(&self) -> Vec<String> {
        self.score.missing().into_iter().chain(self.heard.missing()).collect()
    }
}

/// A list with room for as many events as the plugin may send, all of it written once.
fn touched() -> EventBuffer {
    let mut events = EventBuffer::with_capacity(MOST_OUT);
    (0..MOST_OUT).for_each(|_| events.push(&NoteEndEvent::new(0, Pckn::match_all())));
    events
}

fn start(processor: StoppedPluginAudioProcessor<()>) -> Result<StartedPluginAudioProcessor<()>> {
    processor.start_processing().ok().context("the plugin refuses to start")
}
