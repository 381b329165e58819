//! The clock of the benchmark.

use std::time::Duration;

#[path = "../../tests/common/thread_time.rs"]
mod thread_time;

pub(crate) use thread_time::thread_time;

/// What reading the clock adds to a measured time: the median of many readings one right after the other.
pub(crate) fn cost() -> Duration {
    let mut costs: Vec<Duration> = (0..10_001)
        .map(|_| {
            let start = thread_time();
            thread_time() - start
        })
        .collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}
