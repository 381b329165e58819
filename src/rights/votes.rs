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
/// Votes that are gathered before they are counted: their ballots lie all over the table, and the processor fetches many at
/// once where nothing else is done in between.
const GATHERED: usize = 256;
/// Candidates that may be elected of those that stand for no change and for one: there are far fewer of the former, so few
/// votes for one of them say as much as many for one of the latter.
const SEATS: [usize; 2] = [6, 16];
/// Candidates that may be elected.
pub const ELECTED: usize = SEATS[0] + SEATS[1];
/// For each seat, candidates that may stand at a time, and that stand on when they were not elected.
const STANDING: usize = 32;
const WAITING: usize = 4;
/// Votes that make a candidate: the fewest and the most that are ever asked for.
const LEAST: std::ops::RangeInclusive<u8> = 3..=200;
/// New candidates for each seat below which fewer votes are asked for, and above which more.
const WANTED: std::ops::RangeInclusive<usize> = 4..=24;

/// Counts votes in a table of fixed size. Made once, never allocates afterwards.
///
/// Ballots have no names: hypotheses that share one by chance count together, which the verification sorts out.
pub struct Votes {
    ballots: Ballots,
    /// Votes that are not counted yet, each with its ballot.
    gathered: Vec<(u32, Candidate)>,
    epoch_end: u32,
    /// For each change which roll its candidates stand on.
    rolls_of: Vec<u8>,
    /// Those who stand for no change, and those who stand for one.
    rolls: [Roll; 2],
}

/// Votes of the present epoch and of the one before, in the order of `present`.
struct Ballots {
    votes: Vec<[u8; 2]>,
    present: usize,
}

/// Candidates for some seats, with the votes that they had when they were counted last.
struct Roll {
    seats: usize,
    least: u8,
    standing: Vec<(u32, Candidate)>,
    /// How many have stood before.
    waiting: usize,
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

impl Votes {
    /// No votes yet. `changes` says of each change whether it is one.
    pub fn new(changes: impl Iterator<Item = bool>) -> Self {
        let roll = |seats| {
            let standing = Vec::with_capacity(seats * STANDING);
            Roll { seats, least: *LEAST.start(), standing, waiting: 0 }
        };
        Self {
            ballots: Ballots { votes: vec![[0; 2]; BALLOTS], present: 0 },
            gathered: Vec::with_capacity(GATHERED),
            epoch_end: EPOCH_TICKS,
            rolls_of: changes.map(u8::from).collect(),
            rolls: SEATS.map(roll),
        }
    }

    /// Tells the time, so that old votes lapse.
    pub fn tick(&mut self, tick: u32) {
        if tick >= self.epoch_end {
            self.cast();
            let Ballots { votes, present } = &mut self.ballots;
            *present ^= 1;
            votes.iter_mut().for_each(|votes| votes[*present] = 0);
            self.epoch_end = tick + EPOCH_TICKS;
        }
    }

    /// Forgets all votes.
    pub fn clear(&mut self) {
        self.gathered.clear();
        self.ballots.votes.fill([0; 2]);
        for roll in &mut self.rolls {
            roll.standing.clear();
            roll.waiting = 0;
        }
    }

    /// Votes for a change and an offset.
    #[inline]
    pub fn vote(&mut self, change: u16, offset: f64) {
        if self.gathered.len() == GATHERED {
            self.cast();
        }
        self.gathered.push((ballot(change, bin(offset)) as u32, Candidate { change, offset }));
    }

    /// Counts what was gathered, in its order.
    fn cast(&mut self) {
        for &(ballot, candidate) in &self.gathered {
            let Ballots { votes, present } = &mut self.ballots;
            let votes = &mut votes[ballot as usize];
            votes[*present] = votes[*present].saturating_add(1);
            let roll = &mut self.rolls[usize::from(self.rolls_of[usize::from(candidate.change)])];
            if votes[0].saturating_add(votes[1]) == roll.least {
                roll.stand(candidate, &self.ballots);
            }
        }
        self.gathered.clear();
    }

    /// Takes the candidates with the most votes, at most [`ELECTED`], with their votes. Who is not elected stands on for a
    /// while.
    pub fn elect(&mut self, into: &mut Vec<(u32, Candidate)>) {
        self.cast();
        into.clear();
        for roll in &mut self.rolls {
            roll.elect(&self.ballots, into);
        }
        into.sort_unstable_by_key(|elected| std::cmp::Reverse(elected.0));
    }
}

impl Ballots {
    /// The votes of a candidate and its neighbours in time.
    fn count(&self, candidate: &Candidate) -> u32 {
        let bin = bin(candidate.offset);
        let votes = |bin| self.votes[ballot(candidate.change, bin)].iter().map(|votes| u32::from(*votes)).sum::<u32>();
        (bin - 1..=bin + 1).map(votes).sum()
    }
}

impl Roll {
    fn stand(&mut self, candidate: Candidate, ballots: &Ballots) {
        if self.standing.len() == self.seats * STANDING {
            self.count(ballots);
            self.standing.truncate(self.standing.len() / 2);
            self.waiting = self.waiting.min(self.standing.len());
            self.ask_for_more();
        }
        self.standing.push((0, candidate));
    }

    fn elect(&mut self, ballots: &Ballots, into: &mut Vec<(u32, Candidate)>) {
        let new = (self.standing.len() - self.waiting) / self.seats;
        self.count(ballots);
        into.extend(self.standing.drain(..self.seats.min(self.standing.len())));
        self.standing.truncate(self.seats * WAITING);
        self.waiting = self.standing.len();
        if new < *WANTED.start() {
            self.least = (self.least - 1).max(*LEAST.start());
        } else if new > *WANTED.end() {
            self.ask_for_more();
        }
    }

    /// Counts the votes anew, and brings those with the most to the front.
    fn count(&mut self, ballots: &Ballots) {
        self.standing.iter_mut().for_each(|(votes, candidate)| *votes = ballots.count(candidate));
        self.standing.sort_unstable_by_key(|(votes, _)| std::cmp::Reverse(*votes));
    }

    fn ask_for_more(&mut self) {
        self.least = (self.least + 1).min(*LEAST.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the four changes the first is none.
    fn votes() -> Votes {
        Votes::new((0..4).map(|change| change > 0))
    }

    fn elected(votes: &mut Votes) -> Vec<f64> {
        let mut into = Vec::new();
        votes.elect(&mut into);
        into.iter().map(|elected| elected.1.offset).collect()
    }

    #[test]
    fn what_has_most_votes_is_elected_and_the_rest_stands_on() {
        let mut votes = votes();
        let vote = |votes: &mut Votes, change, number: usize, count| {
            (0..count).for_each(|_| votes.vote(change, 1_000.0 * number as f64));
        };
        (0..2 * SEATS[1]).for_each(|number| vote(&mut votes, 3, number + 1, 3 + number));
        vote(&mut votes, 0, 50, 3);
        vote(&mut votes, 3, 51, 2);
        let rest: Vec<f64> = (1..=2 * SEATS[1]).rev().map(|number| 1_000.0 * number as f64).collect();
        let (first, rest) = rest.split_at(SEATS[1]);
        assert_eq!(elected(&mut votes), [first, &[50_000.0]].concat(), "no change has seats of its own");
        assert_eq!(elected(&mut votes), rest);
        assert!(elected(&mut votes).is_empty(), "who was elected stands no more");
    }

    #[test]
    fn votes_lapse() {
        let mut votes = votes();
        votes.vote(0, 500.0);
        votes.vote(0, 500.0);
        votes.tick(EPOCH_TICKS);
        votes.tick(2 * EPOCH_TICKS);
        votes.vote(0, 500.0);
        assert!(elected(&mut votes).is_empty());
    }
}
