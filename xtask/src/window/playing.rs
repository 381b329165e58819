//! The sound beside the window: a thread that calls the plugin at the pace of a sound card.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clack_host::events::Pckn;
use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent};
use clack_host::prelude::*;

use super::editor::Handlers;
use crate::host::{Host, Ports};

/// The thread's name.
pub(super) const THREAD: &str = "audio";
/// Rate in Hz and block in samples.
const RATE: f64 = 48_000.0;
const BLOCK: u32 = 512;
/// Notes of the chord, and the lowest of its keys.
pub(super) const CHORD: u32 = 16;
const LOWEST: u16 = 40;

/// The thread, which plays until it is stopped.
pub(super) struct Playing {
    thread: JoinHandle<Result<StoppedPluginAudioProcessor<Handlers>>>,
    wish: Arc<Wish>,
}

/// What the thread is to do.
#[derive(Default)]
struct Wish {
    strike: AtomicBool,
    stop: AtomicBool,
}

impl Playing {
    /// Activates the plugin and begins, with nothing held.
    ///
    /// # Errors
    /// If it refuses.
    pub(super) fn start(host: &mut Host<Handlers>) -> Result<Self> {
        let ports = host.ports(BLOCK as usize);
        let configuration =
            PluginAudioConfiguration { sample_rate: RATE, min_frames_count: BLOCK, max_frames_count: BLOCK };
        let processor = host.instance.activate(|_, _| (), configuration)?;
        let wish = Arc::new(Wish::default());
        let asked = Arc::clone(&wish);
        let thread = std::thread::Builder::new().name(THREAD.into());
        let thread = thread.spawn(move || play(processor, ports, &asked)).context("no thread")?;
        Ok(Self { thread, wish })
    }

    /// Strikes the chord, and releases it where it is held.
    pub(super) fn strike(&self) {
        self.wish.strike.store(true, Ordering::Relaxed);
    }

    /// Ends the thread; what it played with.
    ///
    /// # Errors
    /// If the plugin failed while it played.
    pub(super) fn stop(self) -> Result<StoppedPluginAudioProcessor<Handlers>> {
        self.wish.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the audio thread does not panic")
    }
}

/// The note of this number: each key of the chord by turns.
fn address(id: u32) -> Pckn {
    Pckn::new(0_u16, 0_u16, LOWEST + 2 * (id % CHORD) as u16, id)
}

fn play(
    processor: StoppedPluginAudioProcessor<Handlers>,
    mut ports: Ports,
    wish: &Wish,
) -> Result<StoppedPluginAudioProcessor<Handlers>> {
    let mut processor = processor.start_processing().ok().context("the plugin refuses to start")?;
    let (mut events_in, mut events_out) = (EventBuffer::new(), EventBuffer::new());
    let (start, period) = (Instant::now(), Duration::from_secs_f64(f64::from(BLOCK) / RATE));
    let mut held = 0..0;
    for block in 0_u32.. {
        if wish.stop.load(Ordering::Relaxed) {
            break;
        }
        events_in.clear();
        events_out.clear();
        if wish.strike.swap(false, Ordering::Relaxed) {
            held.clone().for_each(|id| events_in.push(&NoteOffEvent::new(0, address(id), 0.0)));
            held = held.end..held.end + CHORD;
            held.clone().for_each(|id| events_in.push(&NoteOnEvent::new(0, address(id), 0.8)));
        }
        let now = u64::from(block) * u64::from(BLOCK);
        ports.lend(BLOCK as usize, |inputs, outputs| {
            processor.process(inputs, outputs, &events_in.as_input(), &mut events_out.as_output(), Some(now), None)
        })?;
        std::thread::sleep((start + (block + 1) * period).saturating_duration_since(Instant::now()));
    }
    Ok(processor.stop_processing())
}
