//! What a process costs, as Linux tells it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// What one run of a command cost.
pub(super) struct Cost {
    /// Time of all its threads on processors; in steps of 10 ms.
    pub(super) processor: Duration,
    /// The most memory of its own that it was seen to hold, in bytes.
    pub(super) private: u64,
}

/// Runs a command to its end, its output going where it was told to, and insists that it succeeds.
///
/// # Errors
/// If it cannot be started or fails.
pub(super) fn run(command: &mut Command) -> Result<Cost> {
    let line = crate::workspace::line(command);
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot run `{line}`"))?;
    let folder = format!("/proc/{}", child.id());
    let mut private = 0;
    // A process that has ended keeps its figures until it is waited for.
    let processor = loop {
        let (state, processor) = stat(&folder)?;
        if state == 'Z' {
            break processor;
        }
        private = private.max(own_memory(&folder));
        std::thread::sleep(Duration::from_millis(2));
    };
    let status = child.wait()?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(Cost { processor, private })
}

/// Time that this process has spent on processors.
///
/// # Errors
/// If the system does not tell.
pub(super) fn own_time() -> Result<Duration> {
    stat("/proc/self").map(|(_, processor)| processor)
}

/// State and processor time of a process.
fn stat(folder: &str) -> Result<(char, Duration)> {
    let text = fs::read_to_string(format!("{folder}/stat")).context("Linux's /proc is needed")?;
    parse(&text).with_context(|| format!("{folder}/stat is not as it should be: {text}"))
}

fn parse(stat: &str) -> Option<(char, Duration)> {
    // A clock tick is a hundredth of a second on every Linux that programs can see.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some((fields.first()?.chars().next()?, Duration::from_millis(10 * (ticks(11)? + ticks(12)?))))
}

/// Memory that belongs to no file, in bytes; 0 once the process has ended.
fn own_memory(folder: &str) -> u64 {
    let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse_the_figures() {
        let stat = "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 250 50 0 0";
        assert_eq!(parse(stat), Some(('R', Duration::from_secs(3))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_busy_command_is_seen_to_cost_time_and_a_failing_one_fails() {
        let shell = |script: &str| run(Command::new("sh").args(["-c", script]));
        let cost = shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done").unwrap();
        assert!(cost.processor >= Duration::from_millis(10));
        assert!(cost.private > 10_000);
        assert!(shell("exit 3").is_err());
    }
}
