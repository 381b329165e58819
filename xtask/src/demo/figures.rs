//! What was measured while the piece played.

use std::time::Duration;

use crate::allocations::Calls;

/// One call of the plugin's `process`.
pub(super) struct Block {
    /// Time by the wall clock, with all that the machine did besides.
    pub(super) wall: Duration,
    /// Time that the processor spent on this thread; where that is unknown, the wall clock's.
    pub(super) cpu: Duration,
    /// Notes that sounded at the end of the block, until the plugin reported their end.
    pub(super) voices: usize,
    /// Heap calls meanwhile, where they can be seen.
    pub(super) calls: Option<Calls>,
}

/// The figures of one performance.
pub(super) struct Figures {
    budget: Duration,
    blocks: Vec<Block>,
    /// Heap calls of the plugin at a moment when it is known to allocate: shows that the counter sees the bundle.
    planted: Option<Calls>,
}

impl Figures {
    /// `budget` is the time that one block lasts.
    pub(super) fn new(budget: Duration, planted: Option<Calls>) -> Self {
        Self { budget, blocks: Vec::new(), planted }
    }

    /// Makes room, so that [`Figures::push`] does not allocate.
    pub(super) fn reserve(&mut self, blocks: usize) {
        self.blocks.reserve(blocks);
    }

    /// Adds a block.
    pub(super) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Share of a core that one voice takes, 0..1: the time of all blocks over the time that voices sounded in them.
    fn cpu_per_voice(&self) -> f64 {
        let cpu: f64 = self.blocks.iter().filter(|block| block.voices > 0).map(|block| block.cpu.as_secs_f64()).sum();
        let sounding: usize = self.blocks.iter().map(|block| block.voices).sum();
        cpu / (sounding.max(1) as f64 * self.budget.as_secs_f64())
    }

    fn late(&self, time: impl Fn(&Block) -> Duration) -> usize {
        self.blocks.iter().filter(|block| time(block) > self.budget).count()
    }

    fn worst(&self, time: impl Fn(&Block) -> Duration) -> f64 {
        1e3 * self.blocks.iter().map(time).max().unwrap_or_default().as_secs_f64()
    }

    fn calls(&self) -> Option<Calls> {
        let add = |sum: Calls, calls: Calls| Calls {
            allocations: sum.allocations + calls.allocations,
            frees: sum.frees + calls.frees,
        };
        self.blocks.iter().map(|block| block.calls).try_fold(Calls::default(), |sum, calls| Some(add(sum, calls?)))
    }

    /// One line for each figure.
    pub(super) fn lines(&self) -> Vec<String> {
        let budget = 1e3 * self.budget.as_secs_f64();
        let (worst, blocks) = (self.worst(|block| block.cpu), self.blocks.len());
        let sounding: usize = self.blocks.iter().map(|block| block.voices).sum();
        vec![
            format!("cpu per voice: {:.3} % of a core", 100.0 * self.cpu_per_voice()),
            format!(
                "worst block: {worst:.3} ms of {budget:.3} ms ({:.0} %), late blocks: {} of {blocks}",
                100.0 * worst / budget,
                self.late(|block| block.cpu),
            ),
            format!(
                "worst block by the wall clock: {:.3} ms, late blocks: {} (whatever else this machine did included)",
                self.worst(|block| block.wall),
                self.late(|block| block.wall),
            ),
            format!(
                "voices: max {}, mean {:.1}",
                self.blocks.iter().map(|block| block.voices).max().unwrap_or_default(),
                sounding as f64 / blocks.max(1) as f64,
            ),
            match (self.calls(), self.planted) {
                (Some(calls), Some(planted)) => format!(
                    "allocations in the callback: {}, frees: {} (the counter saw {} where the plugin does allocate)",
                    calls.allocations, calls.frees, planted.allocations,
                ),
                _ => "allocations in the callback: not measured on this system".to_owned(),
            },
        ]
    }

    /// What must not be, as half sentences; empty if all is well.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let late = self.late(|block| block.cpu);
        if late > 0 {
            faults.push(format!("{late} blocks took longer to make than they last"));
        }
        let calls_heap = |block: &Block| block.calls.is_some_and(|calls| calls != Calls::default());
        if let Some(first) = self.blocks.iter().position(calls_heap) {
            faults.push(format!("the callback called the heap, first in block {first}"));
        }
        if self.planted.is_some_and(|planted| planted.allocations == 0) {
            faults.push("the counter of allocations does not see the bundle".to_owned());
        }
        if self.blocks.iter().all(|block| block.voices == 0) {
            faults.push("no note sounded".to_owned());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(1);

    fn block(cpu_us: u64, voices: usize, allocations: u64) -> Block {
        let cpu = Duration::from_micros(cpu_us);
        Block { wall: cpu * 2, cpu, voices, calls: Some(Calls { allocations, frees: 0 }) }
    }

    fn figures(blocks: impl IntoIterator<Item = Block>) -> Figures {
        let mut figures = Figures::new(BUDGET, Some(Calls { allocations: 3, frees: 3 }));
        blocks.into_iter().for_each(|block| figures.push(block));
        figures
    }

    #[test]
    fn the_share_of_one_voice_is_the_time_over_the_voices() {
        assert!((figures([block(100, 10, 0), block(100, 10, 0)]).cpu_per_voice() - 0.01).abs() < 1e-12);
    }

    #[test]
    fn a_good_performance_has_no_faults_and_each_bad_one_its_own() {
        assert!(figures([block(100, 4, 0)]).faults().is_empty());
        assert!(figures([block(1_001, 4, 0)]).faults()[0].contains("1 blocks"));
        assert!(figures([block(100, 4, 1)]).faults()[0].contains("heap"));
        assert!(figures([block(100, 0, 0)]).faults()[0].contains("no note"));
        let mut blind = figures([block(100, 4, 0)]);
        blind.planted = Some(Calls::default());
        assert!(blind.faults()[0].contains("counter"));
    }
}
