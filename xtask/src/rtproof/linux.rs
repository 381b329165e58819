//! The proof where the kernel can be asked about one thread.

mod desk;
mod dice;
mod heard;
mod own_model;
#[cfg(not(feature = "realtime-sanitizer"))]
mod sanitizer;
mod score;
mod stage;
mod syscalls;
mod tally;
mod watch;

#[cfg(feature = "realtime-sanitizer")]
pub(crate) mod sanitised;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use clack_host::prelude::*;

use self::desk::Desk;
use self::dice::Dice;
use self::score::{LARGEST, Score};
use self::stage::Stage;
use super::Options;
use crate::host::Host;
use crate::workspace::Workspace;

/// Sample rates of the sessions, in Hz. Each session activates the plugin anew and has an audio thread of its own.
const RATES: [f64; 4] = [48_000.0, 44_100.0, 96_000.0, 48_000.0];
/// Fewer blocks than this need not bring everything that can happen.
const COMPLETE: u64 = 5_000;
/// How often the main thread looks whether something is to be done.
const LOOK: Duration = Duration::from_millis(1);

/// See [`super::run`].
pub(super) fn run(workspace: &Workspace, bundle: &Path, options: &Options) -> Result<()> {
    let start = Instant::now();
    #[cfg_attr(feature = "realtime-sanitizer", expect(unused_mut))]
    let mut faults = play(workspace, bundle, options)?;
    #[cfg(not(feature = "realtime-sanitizer"))]
    faults.extend(
        sanitizer::run(workspace, bundle, options).unwrap_or_else(|error| vec![format!("sanitizer: {error:#}")]),
    );
    let (seconds, word) = (start.elapsed().as_secs(), if faults.is_empty() { "PASS" } else { "FAIL" });
    println!("[rt:verdict] {word} seconds={seconds} seed={}", options.seed);
    for fault in &faults {
        println!("[rt:fault] {fault}");
    }
    ensure!(faults.is_empty(), "{} of the proof's conditions do not hold: see [rt:fault] above", faults.len());
    Ok(())
}

/// Plays all sessions, prints what was seen and returns what must not be.
fn play(workspace: &Workspace, bundle: &Path, options: &Options) -> Result<Vec<String>> {
    let mut host = Host::load(bundle)?;
    let parameters = host.parameters()?;
    let mut desk = Desk::new(&mut host, workspace, Dice(!options.seed))?;
    let mut stage = Stage::new(&mut host, Score::new(Dice(options.seed), parameters))?;
    let sessions = RATES.len() as u64;
    for (session, &rate) in (0..sessions).zip(&RATES) {
        let (begin, end) = (session * options.blocks / sessions, (session + 1) * options.blocks / sessions);
        play_session(&mut host, &mut desk, &mut stage, rate, end - begin)?;
    }
    let lines = [stage.heard.line(), stage.score.line(), desk.line()];
    lines.iter().chain(&stage.tally.lines()).for_each(|line| println!("{line}"));
    let mut faults = stage.tally.faults();
    faults.extend(stage.heard.faults());
    if options.blocks >= COMPLETE {
        faults.extend(stage.missing().into_iter().chain(desk.missing()).map(|what| format!("run: it had no {what}")));
    }
    Ok(faults)
}

/// Activates the plugin, plays on a thread of its own and works at the desk meanwhile.
fn play_session(host: &mut Host, desk: &mut Desk, stage: &mut Stage, rate: f64, blocks: u64) -> Result<()> {
    let configuration = PluginAudioConfiguration { sample_rate: rate, min_frames_count: 1, max_frames_count: LARGEST };
    let processor = host.instance.activate(|_, _| (), configuration)?;
    let progress = AtomicU64::new(0);
    let processor = std::thread::scope(|scope| {
        let audio = std::thread::Builder::new().name("audio".into());
        let playing =
            audio.spawn_scoped(scope, || stage.play(processor, rate, blocks, &progress)).context("no thread")?;
        let mut next = desk.pause();
        while !playing.is_finished() {
            if progress.load(Ordering::Relaxed) < next {
                std::thread::sleep(LOOK);
            } else {
                desk.act(host)?;
                next += desk.pause();
            }
        }
        playing.join().map_err(|_| anyhow!("the audio thread panicked"))?
    })?;
    host.instance.deactivate(processor);
    Ok(())
}
