//! What the threads of this process take of the processor.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::playing::THREAD;
use crate::threads::threads;

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
        for (number, thread) in after {
            let taken = thread.taken.saturating_sub(before.get(&number).map_or(Duration::ZERO, |before| before.taken));
            let share = match &*thread.name {
                THREAD => &mut cost.audio,
                name if name.starts_with(CARD) => &mut cost.drawing,
                _ => &mut cost.window,
            };
            *share += 100.0 * taken.as_secs_f64() / elapsed.as_secs_f64();
        }
        Ok(cost)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

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
