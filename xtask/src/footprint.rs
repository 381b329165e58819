//! `cargo xtask footprint`: what the bundle costs a host before it plays: to scan, to make an instance, to hold many.
//!
//! Each figure comes from a process of its own that has loaded nothing before: this program, called again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clack_extensions::preset_discovery::prelude::PresetDiscoveryFactory;
use clack_host::prelude::*;

use crate::bundle::Bundles;
use crate::thread_time::thread_time;
use crate::workspace;

/// Instances that are held at once.
const INSTANCES: usize = 200;
/// Most that scanning, and making and activating the first instance, may take.
const SCAN: Duration = Duration::from_millis(100);
const INSTANTIATE: Duration = Duration::from_millis(50);
/// Rate in Hz and block in samples at which instances are activated.
const RATE: f64 = 48_000.0;
const BLOCK: u32 = 512;

/// What is measured in a process of its own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Measurement {
    /// Loading the library and reading what it offers.
    Scan,
    /// The first instance and the next ones, made and activated.
    Instantiate,
    /// Memory of many active instances.
    Instances,
}

/// What the called program is told; nothing when called by hand.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measures this alone, in this process.
    #[arg(long, hide = true, requires = "bundle")]
    only: Option<Measurement>,
    /// The CLAP bundle to measure.
    #[arg(long, hide = true)]
    bundle: Option<PathBuf>,
}

impl Options {
    /// Measures in this process if that is asked for.
    ///
    /// # Errors
    /// If the bundle does not load, or takes longer than it may.
    pub(crate) fn measure(&self) -> Option<Result<()>> {
        let (only, bundle) = (self.only?, self.bundle.as_ref()?);
        Some(match only {
            Measurement::Scan => scan(bundle),
            Measurement::Instantiate => instantiate(bundle),
            Measurement::Instances => instances(bundle),
        })
    }
}

/// Measures everything, each in a fresh process.
///
/// # Errors
/// If one of them fails.
pub(crate) fn run(bundles: &Bundles) -> Result<()> {
    let program = std::env::current_exe().context("this program does not know itself")?;
    for measurement in ["scan", "instantiate", "instances"] {
        let mut command = Command::new(&program);
        workspace::run(command.args(["footprint", "--only", measurement, "--bundle"]).arg(&bundles.clap))?;
    }
    Ok(())
}

fn load(bundle: &Path) -> Result<PluginEntry> {
    // SAFETY: the bundle is the one that was just built here.
    unsafe { PluginEntry::load(bundle) }.with_context(|| format!("{} does not load", bundle.display()))
}

/// What a host does with every plugin it finds.
fn scan(bundle: &Path) -> Result<()> {
    let start = Instant::now();
    let entry = load(bundle)?;
    let loaded = start.elapsed();
    let factory = entry.get_plugin_factory().context("there is no plugin factory")?;
    let ids: Vec<_> = factory.plugin_descriptors().filter_map(|descriptor| descriptor.id()).collect();
    let discovery: PresetDiscoveryFactory = entry.get_factory().context("there is no preset discovery factory")?;
    let providers = discovery.provider_descriptors().count();
    let time = start.elapsed();
    println!(
        "[host:scan] ms={:.2} load_ms={:.2} plugins={} preset_providers={providers}",
        milliseconds(time),
        milliseconds(loaded),
        ids.len()
    );
    ensure!(time <= SCAN, "scanning takes more than {} ms", SCAN.as_millis());
    Ok(())
}

/// A host's instance with the times it took to make and to activate, and the part of both that the processor worked.
struct Made {
    instance: PluginInstance<()>,
    /// Kept so that the instance stays active.
    _processor: StoppedPluginAudioProcessor<()>,
    made: Duration,
    activated: Duration,
    worked: Duration,
}

fn make(entry: &PluginEntry) -> Result<Made> {
    let factory = entry.get_plugin_factory().context("there is no plugin factory")?;
    let descriptor = factory.plugin_descriptor(0).context("there is no plugin")?;
    let id = descriptor.id().context("the plugin has no id")?;
    let info = HostInfo::new("Zither footprint", "Zither", "https://github.com/zither-audio/zither", "1.0")?;
    let (start, working) = (Instant::now(), thread_time());
    let mut instance = PluginInstance::<()>::new(|_| (), |_| (), entry, id, &info)?;
    let made = start.elapsed();
    let configuration = PluginAudioConfiguration { sample_rate: RATE, min_frames_count: 1, max_frames_count: BLOCK };
    let processor = instance.activate(|_, _| (), configuration)?;
    let (activated, worked) = (start.elapsed() - made, thread_time() - working);
    Ok(Made { instance, _processor: processor, made, activated, worked })
}

/// Makes a few instances and keeps them, so that each is a new one.
fn instantiate(bundle: &Path) -> Result<()> {
    let entry = load(bundle)?;
    let all = (0..11).map(|_| make(&entry)).collect::<Result<Vec<_>>>()?;
    let median = |time: fn(&Made) -> Duration| {
        let mut times: Vec<Duration> = all[1..].iter().map(time).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (first, made, activated) = (&all[0], median(|made| made.made), median(|made| made.activated));
    println!(
        "[host:instantiate] ms={:.2} first_ms={:.2} activate_ms={:.2} first_activate_ms={:.2} first_cpu_ms={:.2}",
        milliseconds(made),
        milliseconds(first.made),
        milliseconds(activated),
        milliseconds(first.activated),
        milliseconds(first.worked)
    );
    // The processor's time, so that the answer does not depend on what else the machine does.
    ensure!(first.worked <= INSTANTIATE, "the first instance takes more than {} ms", INSTANTIATE.as_millis());
    Ok(())
}

/// Holds many instances, all active, and sees how the process grows after the first.
fn instances(bundle: &Path) -> Result<()> {
    let entry = load(bundle)?;
    let before = private_kilobytes()?;
    let mut all = vec![make(&entry)?];
    let one = private_kilobytes()?;
    let start = Instant::now();
    for _ in 1..INSTANCES {
        all.push(make(&entry)?);
    }
    let time = start.elapsed();
    let many = private_kilobytes()?;
    let further = (INSTANCES - 1) as f64;
    println!(
        "[host:instances] count={INSTANCES} kb_per_instance={:.0} first_kb={} total_mb={:.0} ms_per_instance={:.2}",
        (many - one) as f64 / further,
        one - before,
        many as f64 / 1_024.0,
        milliseconds(time) / further
    );
    ensure!(all.iter().all(|made| made.instance.is_active()), "an instance is not active");
    Ok(())
}

/// Memory that this process alone holds, in kB: what it has written, no file that it maps.
fn private_kilobytes() -> Result<u64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").context("this system does not tell its memory")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kilobytes.context("this system does not tell its private memory")
}

fn milliseconds(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_written_is_seen() {
        let before = private_kilobytes().unwrap();
        let block = std::hint::black_box(vec![1_u8; 32 << 20]);
        let grown = private_kilobytes().unwrap() - before;
        assert!((32_000..40_000).contains(&grown), "{grown} kB");
        drop(block);
    }
}
