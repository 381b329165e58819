//! Work shared out over threads, its results in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Does `work` on every item, on `jobs` threads that each make a worker first; shows how far it is, as so many `units`.
///
/// The first error ends the work and is returned.
pub(super) fn in_parallel<Item: Sync, Worker, Done: Send>(
    jobs: usize,
    units: &str,
    items: &[Item],
    hire: impl Fn() -> Result<Worker> + Sync,
    work: impl Fn(&mut Worker, &Item) -> Result<Done> + Sync,
) -> Result<Vec<Done>> {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {units}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).expect("a template");
    let bar = ProgressBar::new(items.len() as u64).with_style(style);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                let mut worker = hire();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let done = match &mut worker {
                        Ok(worker) => work(worker, item),
                        Err(error) => Err(anyhow::anyhow!("{error:#}")),
                    };
                    if done.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    results.lock().expect("no thread panics").push((index, done));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut results = results.into_inner().expect("no thread panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, done)| done).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_an_error_ends_the_work() {
        let items: Vec<u32> = (0..100).collect();
        let doubled = in_parallel(3, "items", &items, || Ok(2), |factor, item| Ok(*factor * item));
        assert_eq!(doubled.unwrap(), items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        let done = AtomicUsize::new(0);
        let failed = in_parallel(
            1,
            "items",
            &items,
            || Ok(()),
            |(), item| {
                done.fetch_add(1, Ordering::Relaxed);
                anyhow::ensure!(*item != 5, "no {item}");
                Ok(())
            },
        );
        assert_eq!((failed.unwrap_err().to_string().as_str(), done.into_inner()), ("no 5", 6));
        assert!(in_parallel(1, "items", &items, || anyhow::bail!("none"), |(), _| Ok(())).is_err());
    }
}
