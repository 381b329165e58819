//! What the threads of this process take of the processor.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::playing::THREAD;

/// Threads of Mesa's, which do what a graphics card does where there is one.
const CARD: &str = "llvmpipe";

/// Shares of a core, in percent.
#[derive(Default)]
pub(super) struct Cost {
    /// The audio thread's.
    pub(super) audio: f64,
    /// Of the threads that do a graphics card's work.
    pub(super) drawing: f64,
    /// Everything else: the editor's window, and what works in the background.
    pub(super) window: f64,
}

impl Cost {
    /// What is taken while `work` is done, for this long or longer.
    ///
    /// # Errors
    /// If the system keeps no account, or as `work` does.
    pub(super) fn over(least: Duration, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (start, before) = (Instant::now(), threads()?);
        work()?;
        let (elapsed, after) = (start.elapsed().max(least), threads()?);
        let mut cost = Self::default();
        for (thread, (name, taken)) in after {
            let taken = taken.saturating_sub(before.get(&thread).map_or(0, |(_, taken)| *taken));
            let share = match &*name {
                THREAD => &mut cost.audio,
                name if name.starts_with(CARD) => &mut cost.drawing,
                _ => &mut cost.window,
            };
            *share += 1e-7 * taken as f64 / elapsed.as_secs_f64();
        }
        Ok(cost)
    }
}

/// Name of each thread, and the nanoseconds that it has had of the processor.
fn threads() -> Result<BTreeMap<String, (String, u64)>> {
    let tasks = std::fs::read_dir("/proc/self/task").context("this system keeps no account of threads")?;
    // A thread that ends meanwhile has no files any more.
    Ok(tasks.filter_map(|task| account(&task.ok()?.path())).collect())
}

fn account(task: &Path) -> Option<(String, (String, u64))> {
    let name = std::fs::read_to_string(task.join("comm")).ok()?;
    let account = std::fs::read_to_string(task.join("schedstat")).ok()?;
    let taken = account.split_whitespace().next()?.parse().ok()?;
    Some((task.file_name()?.to_string_lossy().into_owned(), (name.trim_end().to_owned(), taken)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_for_the_thread_that_does_it() {
        let tenth = Duration::from_millis(100);
        let audio = std::thread::Builder::new().name(THREAD.into());
        let cost = Cost::over(tenth, || {
            let busy = move || {
                let start = Instant::now();
                while start.elapsed() < tenth {
                    std::hint::spin_loop();
                }
                // It is still there when the account is read.
                std::thread::sleep(tenth);
            };
            let _thread = audio.spawn(busy).context("no thread")?;
            std::thread::sleep(tenth + tenth / 2);
            Ok(())
        });
        let cost = cost.unwrap();
        assert!(cost.audio > 5.0 && cost.drawing == 0.0, "{} % and {} %", cost.audio, cost.drawing);
    }
}
