//! What the threads of this process have had of the processors, as Linux keeps account of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// A thread's name and its times, both since it began.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// Fifteen bytes of it at most.
    pub(crate) name: String,
    /// How long a processor worked for it. What runs on is added when the scheduler looks, some milliseconds late.
    pub(crate) taken: Duration,
    /// How long it was ready to run, and no processor was free for it.
    pub(crate) waited: Duration,
}

/// All threads, by their number.
///
/// # Errors
/// If the system keeps no account.
pub(crate) fn threads() -> Result<BTreeMap<String, Thread>> {
    let tasks = std::fs::read_dir("/proc/self/task").context("this system keeps no account of threads")?;
    // A thread that ends meanwhile has no files any more.
    Ok(tasks.filter_map(|task| account(&task.ok()?.path())).collect())
}

fn account(task: &Path) -> Option<(String, Thread)> {
    let name = std::fs::read_to_string(task.join("comm")).ok()?.trim_end().to_owned();
    let account = std::fs::read_to_string(task.join("schedstat")).ok()?;
    let mut times = account.split_whitespace().map_while(|number| number.parse().ok()).map(Duration::from_nanos);
    let (taken, waited) = (times.next()?, times.next()?);
    Some((task.file_name()?.to_string_lossy().into_owned(), Thread { name, taken, waited }))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_thread_that_works_has_had_the_processor_or_has_waited_for_it() {
        const TENTH: Duration = Duration::from_millis(100);
        let busy = move || {
            let start = Instant::now();
            while start.elapsed() < TENTH {
                std::hint::spin_loop();
            }
            // It is still there when the account is read.
            std::thread::sleep(TENTH);
        };
        let _thread = std::thread::Builder::new().name("busy".into()).spawn(busy).unwrap();
        std::thread::sleep(TENTH + TENTH / 2);
        let busy = threads().unwrap().into_values().find(|thread| thread.name == "busy").unwrap();
        let busy = busy.taken + busy.waited;
        assert!(busy > TENTH / 2 && busy < 2 * TENTH, "{busy:?}");
    }
}
