//! Votes: which places of the catalogue what is heard might be.

use super::axis::TICKS_PER_SECOND;

/// A place in the catalogue and how the stream got there: catalogue tick = `offset + rate * stream tick`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hypothesis {
    /// Catalogue ticks per stream tick: 1 is unchanged tempo.
    pub rate: f64,
    /// Steps by which the stream is higher than the catalogue.
    pub shift: f32,
    /// Catalogue tick at which the stream would begin.
    pub offset: f64,
}

impl Hypothesis {
    /// The catalogue tick of a stream tick.
    #[must_use]
    pub fn place(&self, tick: f64) -> f64 {
        self.offset + self.rate * tick
    }
}

/// Offsets that share a ballot, in ticks (64 ms).
const OFFSET_TICKS: f64 = 8.0;
/// Ballots of a table.
const BALLOTS: usize = 1 << 20;
/// Votes count for one to two of these, in ticks (3 s).
const EPOCH_TICKS: u32 = 3 * TICKS_PER_SECOND;
/// Candidates that may stand at a time.
const STANDING: usize = 512;
/// Votes that make a candidate: the fewest and the most that are ever asked for.
const LEAST: std::ops::RangeInclusive<u8> = 3..=200;
/// Candidates below which fewer votes are asked for, and above which more.
const WANTED: std::ops::RangeInclusive<usize> = 64..=384;

/// Counts votes in a table of fixed size. Made once, never allocates afterwards.
///
/// Ballots have no names: hypotheses that share one by chance count together, which the verification sorts out.
pub struct Votes {
    /// Votes of the present epoch and of the one before, in the order of `present`.
    ballots: Vec<[u8; 2]>,
    present: usize,
    epoch_end: u32,
    least: u8,
    standing: Vec<Candidate>,
}

/// What has votes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The change, as the voters number them.
    pub change: u16,
    /// Catalogue tick at which the stream would begin.
    pub offset: f64,
}

fn bin(offset: f64) -> i64 {
    // Offsets are negative only where a stream is long; this is cheaper than `floor`.
    (offset * (1.0 / OFFSET_TICKS) + f64::from(1 << 30)) as i64
}

fn ballot(change: u16, bin: i64) -> usize {
    let mixed = (bin as u64).wrapping_add(u64::from(change).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (mixed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> (64 - BALLOTS.trailing_zeros())) as usize
}

impl Default for Votes {
    fn default() -> Self {
        let standing = Vec::with_capacity(STANDING);
        Self { ballots: vec![[0; 2]; BALLOTS], present: 0, epoch_end: EPOCH_TICKS, least: *LEAST.start(), standing }
    }
}

impl Votes {
    /// Tells the time, so that old votes lapse.
    pub fn tick(&mut self, tick: u32) {
        if tick >= self.epoch_end {
            self.present ^= 1;
            self.ballots.iter_mut().for_each(|votes| votes[self.present] = 0);
            self.epoch_end = tick + EPOCH_TICKS;
        }
    }

    /// Forgets all votes.
    pub fn clear(&mut self) {
        self.ballots.fill([0; 2]);
        self.standing.clear();
    }

    /// Votes for a change and an offset.
    #[inline]
    pub fn vote(&mut self, change: u16, offset: f64) {
        let votes = &mut self.ballots[ballot(change, bin(offset))];
        votes[self.present] = votes[self.present].saturating_add(1);
        if votes[0].saturating_add(votes[1]) == self.least && self.standing.len() < STANDING {
            self.standing.push(Candidate { change, offset });
        }
    }

    /// The votes of a candidate and its neighbours in time.
    fn count(&self, candidate: &Candidate) -> u32 {
        let bin = bin(candidate.offset);
        let votes =
            |bin| self.ballots[ballot(candidate.change, bin)].iter().map(|votes| u32::from(*votes)).sum::<u32>();
        (bin - 1..=bin + 1).map(votes).sum()
    }

    /// Takes the candidates that have come up since the last call, at most `into.capacity()` of them with their votes,
    /// those with the most first.
    pub fn elect(&mut self, into: &mut Vec<(u32, Candidate)>) {
        into.clear();
        for candidate in &self.standing {
            let votes = self.count(candidate);
            if into.len() < into.capacity() {
                into.push((votes, *candidate));
            } else if let Some(fewest) = into.iter_mut().min_by_key(|elected| elected.0)
                && fewest.0 < votes
            {
                *fewest = (votes, *candidate);
            }
        }
        if self.standing.len() < *WANTED.start() {
            self.least = (self.least - 1).max(*LEAST.start());
        } else if self.standing.len() > *WANTED.end() {
            self.least = (self.least + 1).min(*LEAST.end());
        }
        self.standing.clear();
        into.sort_unstable_by_key(|elected| std::cmp::Reverse(elected.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elected(votes: &mut Votes) -> Vec<(u32, Candidate)> {
        let mut into = Vec::with_capacity(4);
        votes.elect(&mut into);
        into
    }

    #[test]
    fn what_has_most_votes_is_elected_first() {
        let mut votes = Votes::default();
        for (offset, count) in [(1_000.0, 5), (90_000.0, 9), (-4_000.0, 3), (7_000.0, 2)] {
            (0..count).for_each(|_| votes.vote(3, offset));
        }
        let offsets: Vec<f64> = elected(&mut votes).iter().map(|elected| elected.1.offset).collect();
        assert_eq!(offsets, [90_000.0, 1_000.0, -4_000.0]);
        assert!(elected(&mut votes).is_empty(), "a candidate stands once");
    }

    #[test]
    fn votes_lapse() {
        let mut votes = Votes::default();
        votes.vote(0, 500.0);
        votes.vote(0, 500.0);
        votes.tick(EPOCH_TICKS);
        votes.tick(2 * EPOCH_TICKS);
        votes.vote(0, 500.0);
        assert!(elected(&mut votes).is_empty());
    }
}
