//! `zitherctl browse speed`: what an event and a request cost where much was kept.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::browser::recommend::{Item, Recommender, Request, Task};
use crate::browser::usage::{Deed, Event, PresetId, SessionId};
use crate::train::random::Random;

/// Times events and requests in memory, for a made-up user of a big library; needs half a minute.
#[derive(Args)]
pub(in crate::cli) struct Speed {
    /// Presets in the catalogue.
    #[arg(long, default_value_t = 100_000)]
    catalogue: usize,
    /// Different presets that were kept.
    #[arg(long, default_value_t = 10_000)]
    kept: usize,
    /// Keeps, each after a load.
    #[arg(long, default_value_t = 50_000)]
    keeps: usize,
    /// Requests.
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
}

/// Keeps of a session.
const SESSION: usize = 12;

impl Speed {
    pub(super) fn run(self) -> Result<()> {
        let items: Vec<Item> = (0..self.catalogue)
            .map(|number| Item {
                id: preset(number),
                bank: format!("bank {}", number / 100),
                folder: format!("folder {}", number / 12),
                ..Item::default()
            })
            .collect();
        let mut recommender = Recommender::new(items);
        let mut random = Random::new(1, 0);
        let (mut events, mut starts, mut keeps, mut requests) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for keep in 0..self.keeps {
            // Every preset once, then the earlier ones more often.
            let number = if keep < self.kept { keep } else { (random.uniform().powi(2) * self.kept as f32) as usize };
            let number = number * 7 % self.catalogue;
            let time = 1_500_000_000 + keep as i64 * 900;
            for (deed, after) in [(Deed::Load, 0), (Deed::Keep, 30)] {
                let event = event(number, keep / SESSION, time + after, deed);
                let time = timed(|| recommender.note(&event));
                events.push(time);
                match deed {
                    Deed::Keep => keeps.push(time),
                    _ if keep % SESSION == 0 => starts.push(time),
                    _ => {}
                }
            }
            if keep + self.requests >= self.keeps {
                let task = if keep % 2 == 0 { Task::Next } else { Task::Open };
                let session = keep / SESSION + usize::from(task == Task::Open);
                let request = Request {
                    task,
                    now: time + 30,
                    session: SessionId::of(&session.to_le_bytes()),
                    project: None,
                    rows: 10,
                    exclude: vec![preset(number)],
                    explore: false,
                };
                requests.push(timed(|| drop(recommender.recommend(&request))));
            }
        }
        // The last events are those of a full history.
        for (what, mut times) in [("event", events), ("first event of a session", starts), ("keep", keeps)] {
            report(what, times.split_off(times.len() / 2));
        }
        report("request", requests);
        Ok(())
    }
}

fn preset(number: usize) -> PresetId {
    PresetId::of(&(number as u64).to_le_bytes())
}

fn event(number: usize, session: usize, time: i64, deed: Deed) -> Event {
    let session = SessionId::of(&session.to_le_bytes());
    Event { time, session, project: None, preset: preset(number), deed, dwell_ms: 0, shown: None }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{what} us: p50 {:.1}, p99 {:.1}, max {:.1}", at(0.5), at(0.99), at(1.0));
}
