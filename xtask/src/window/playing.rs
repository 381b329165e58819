//! The sound beside the window: a thread that calls the plugin at the pace of a sound card.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
/// The lowest key that is held.
const LOWEST: u16 = 40;

/// The thread, which plays until it is stopped.
pub(super) struct Playing {
    thread: JoinHandle<Result<StoppedPluginAudioProcessor<Handlers>>>,
    wish: Arc<Wish>,
}

/// What the thread is to do.
#[derive(Default)]
struct Wish {
    /// Notes of a chord that is to be struck.
    notes: AtomicUsize,
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

    /// Strikes a chord of so many notes, once those of the last one are released.
    pub(super) fn strike(&self, notes: usize) {
        self.wish.notes.store(notes, Ordering::Relaxed);
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

fn play(
    processor: StoppedPluginAudioProcessor<Handlers>,
    mut ports: Ports,
    wish: &Wish,
) -> Result<StoppedPluginAudioProcessor<Handlers>> {
    let mut processor = processor.start_processing().ok().context("the plugin refuses to start")?;
    let (mut events_in, mut events_out) = (EventBuffer::new(), EventBuffer::new());
    let (start, period) = (Instant::now(), Duration::from_secs_f64(f64::from(BLOCK) / RATE));
    let mut held = 0_u32;
    for block in 0_u32.. {
        if wish.stop.load(Ordering::Relaxed) {
            break;
        }
        events_in.clear();
        events_out.clear();
        let notes = wish.notes.swap(0, Ordering::Relaxed);
        for note in 0..notes {
            let address = |id: u32| Pckn::new(0_u16, 0_u16, LOWEST + 2 * note as u16, id);
            let id = held + note as u32;
            if id >= notes as u32 {
                events_in.push(&NoteOffEvent::new(0, address(id - notes as u32), 0.0));
            }
            events_in.push(&NoteOnEvent::new(0, address(id), 0.8));
        }
        held += notes as u32;
        let now = u64::from(block) * u64::from(BLOCK);
        ports.lend(BLOCK as usize, |inputs, outputs| {
            processor.process(inputs, outputs, &events_in.as_input(), &mut events_out.as_output(), Some(now), None)
        })?;
        std::thread::sleep((start + (block + 1) * period).saturating_duration_since(Instant::now()));
    }
    Ok(processor.stop_processing())
}
