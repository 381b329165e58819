//! One play, in a process of its own: all instances on one audio thread, block after block when a sound card wants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clack_host::prelude::*;
use serde::{Deserialize, Serialize};

use super::host::{Instance, Part};
use crate::demo::song::Song;
use crate::host::{Host, Ports};
use crate::rights_bench::showcase;
use crate::thread_time::thread_time;
use crate::threads::{Thread, threads};

/// The plugin's background thread.
const LISTENER: &str = "zither-listener";
/// How often it is looked what that thread has taken.
pub(super) const TENTH: Duration = Duration::from_millis(100);
/// How long it may take until that thread runs.
const PATIENCE: Duration = Duration::from_secs(10);
/// The file of figures.
const FIGURES: &str = "played.json";

/// How it is played.
#[derive(clap::Args)]
pub(crate) struct Orders {
    /// Seconds of each play.
    #[arg(long, default_value_t = 60.0)]
    pub(super) seconds: f64,
    /// Instances, each of which listens to its sidechain and to its own output.
    #[arg(long, default_value_t = 8)]
    pub(super) instances: usize,
    /// Sample rate in Hz.
    #[arg(long, default_value_t = 44_100)]
    pub(super) rate: u32,
    /// Samples per block.
    #[arg(long, default_value_t = 512)]
    pub(super) block: u32,
}

impl Orders {
    /// They, as this program takes them.
    pub(super) fn arguments(&self) -> Vec<String> {
        let Self { seconds, instances, rate, block } = self;
        let line = format!("--seconds {seconds} --instances {instances} --rate {rate} --block {block}");
        line.split(' ').map(str::to_owned).collect()
    }

    /// Seconds that all streams play together: whole blocks of them.
    pub(super) fn streamed(&self) -> f64 {
        self.blocks() as f64 * f64::from(self.block) / f64::from(self.rate) * 2.0 * self.instances as f64
    }

    fn blocks(&self) -> u64 {
        (self.seconds * f64::from(self.rate) / f64::from(self.block)) as u64
    }
}

/// What came of a play.
#[derive(Serialize, Deserialize)]
pub(super) struct Played {
    /// Processor time of each block, all instances together, in nanoseconds.
    pub(super) blocks: Vec<u64>,
    /// Blocks that were not there when the sound card wanted the next.
    pub(super) late: u64,
    /// Seconds of all streams in which something sounds.
    pub(super) sounding: f64,
    /// What the background thread had in each [`TENTH`].
    pub(super) tenths: Vec<Tenth>,
}

/// A tenth of a second of a thread, in seconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tenth {
    /// How long it was.
    pub(super) length: f64,
    /// How long a processor worked for the thread.
    pub(super) taken: f64,
    /// How long the thread waited for one.
    pub(super) waited: f64,
}

impl Played {
    /// The figures of the last play in this home.
    ///
    /// # Errors
    /// If there are none.
    pub(super) fn read(home: &Path) -> Result<Self> {
        let text = fs::read(home.join(FIGURES)).context("nothing was played")?;
        serde_json::from_slice(&text).context("what was played cannot be read")
    }
}

/// Where the streams of a home are listed.
pub(super) fn streams(home: &Path) -> PathBuf {
    home.join("streams.txt")
}

/// Plays once, and writes the figures into the home.
///
/// # Errors
/// If the bundle does not load or play, or a file cannot be read or written.
pub(super) fn run(bundle: &Path, home: &Path, orders: &Orders) -> Result<()> {
    let song = Song::read(Path::new(crate::phrase::FILE), orders.rate)?;
    let parts = parts(&song, &streams(home), orders)?;
    let mut hosts = (0..orders.instances).map(|_| Host::load(bundle)).collect::<Result<Vec<_>>>()?;
    let (rate, block) = (f64::from(orders.rate), orders.block);
    let configuration =
        PluginAudioConfiguration { sample_rate: rate, min_frames_count: block, max_frames_count: block };
    let mut players = Vec::new();
    for (host, part) in hosts.iter_mut().zip(parts) {
        let ports = host.ports(block as usize);
        players.push((host.instance.activate(|_, _| (), configuration)?, ports, part));
    }
    let (played, processors) = perform(players, orders)?;
    for (host, processor) in hosts.iter_mut().zip(processors) {
        host.instance.deactivate(processor);
    }
    fs::write(home.join(FIGURES), serde_json::to_vec(&played)?).context("cannot write what was played")
}

/// What each instance is played: the song from another place on, and another stretch of the streams.
fn parts<'a>(song: &'a Song, list: &Path, orders: &Orders) -> Result<Vec<Part<'a>>> {
    let list = fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    let files: Vec<&Path> = list.lines().map(Path::new).collect();
    ensure!(!files.is_empty(), "no streams are listed");
    let part = |number: usize| {
        let (file, share) = (files[number % files.len()], number as f64 / orders.instances as f64);
        let start = share * showcase::seconds(file)?;
        let sidechain = showcase::sound(file, start, orders.seconds, orders.rate)?;
        Ok(Part::new(song, (share * song.length as f64) as u64, sidechain))
    };
    (0..orders.instances).map(part).collect()
}

/// An instance that was activated, and what it is played.
type Player<'a> = (StoppedPluginAudioProcessor<()>, Ports, Part<'a>);

/// Has all of them play on a thread of its own, and watches the background thread from this one.
fn perform(players: Vec<Player<'_>>, orders: &Orders) -> Result<(Played, Vec<StoppedPluginAudioProcessor<()>>)> {
    let over = AtomicBool::new(false);
    await_listener()?;
    std::thread::scope(|scope| {
        let audio = std::thread::Builder::new().name("audio".into());
        let audio = audio.spawn_scoped(scope, || {
            let sounded = sound(players, orders);
            over.store(true, Ordering::Release);
            sounded
        });
        let audio = audio.context("no thread")?;
        let tenths = watch(&over);
        let (played, processors) = audio.join().expect("the audio thread does not panic")?;
        Ok((Played { tenths: tenths?, ..played }, processors))
    })
}

/// The audio thread.
fn sound(players: Vec<Player<'_>>, orders: &Orders) -> Result<(Played, Vec<StoppedPluginAudioProcessor<()>>)> {
    let start = |(processor, ports, part)| Instance::start(processor, ports, part);
    let mut instances = players.into_iter().map(start).collect::<Result<Vec<_>>>()?;
    let (frames, count) = (orders.block as usize, orders.blocks());
    let period = Duration::from_secs_f64(f64::from(orders.block) / f64::from(orders.rate));
    let mut blocks = Vec::with_capacity(count as usize);
    let (mut late, start) = (0, Instant::now());
    for block in 0..count as u32 {
        let now = u64::from(block) * frames as u64;
        instances.iter_mut().for_each(|instance| instance.prepare(now, frames));
        let before = thread_time();
        instances.iter_mut().try_for_each(|instance| instance.process(now, frames))?;
        blocks.push((thread_time() - before).as_nanos() as u64);
        instances.iter_mut().for_each(|instance| instance.count(frames));
        let pause = (start + (block + 1) * period).saturating_duration_since(Instant::now());
        late += u64::from(pause.is_zero());
        std::thread::sleep(pause);
    }
    let sounding: u64 = instances.iter().flat_map(|instance| instance.sounding).sum();
    let sounding = sounding as f64 / f64::from(orders.rate);
    let processors = instances.into_iter().map(Instance::stop).collect();
    Ok((Played { blocks, late, sounding, tenths: Vec::new() }, processors))
}

/// What the background thread takes, until it is over.
fn watch(over: &AtomicBool) -> Result<Vec<Tenth>> {
    let mut before = listener()?;
    let (mut tenths, mut since) = (Vec::new(), Instant::now());
    while !over.load(Ordering::Acquire) {
        std::thread::sleep(TENTH);
        let (after, now) = (listener()?, Instant::now());
        let seconds = |time: fn(&Thread) -> Duration| (time(&after) - time(&before)).as_secs_f64();
        tenths.push(Tenth {
            length: (now - since).as_secs_f64(),
            taken: seconds(|thread| thread.taken),
            waited: seconds(|thread| thread.waited),
        });
        (before, since) = (after, now);
    }
    Ok(tenths)
}

/// A thread has its name once it has run, which takes as long as other work keeps it waiting.
fn await_listener() -> Result<()> {
    let start = Instant::now();
    while listener().is_err() && start.elapsed() < PATIENCE {
        std::thread::sleep(TENTH);
    }
    listener().map(drop)
}

fn listener() -> Result<Thread> {
    let listener = threads()?.into_values().find(|thread| thread.name == LISTENER);
    listener.with_context(|| format!("the plugin has no thread of the name {LISTENER}"))
}
