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
/// Shifts that share a ballot, in steps.
pub const SHIFT_STEPS: i32 = 2;
/// Ballots of a table.
const BALLOTS: usize = 1 << 22;
/// Votes count for one to two of these, in ticks (3 s).
const EPOCH_TICKS: u32 = 3 * TICKS_PER_SECOND;
/// Candidates that may stand at a time.
const STANDING: usize = 512;

/// What a stream may have been through. Each counts its own votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Pitch and tempo together, as a tape does.
    Speed,
    /// Pitch alone.
    Pitch,
    /// Tempo alone, to this row of the grid of tempi.
    Tempo(u8),
}

/// Counts votes for hypotheses in a table of fixed size. Made once, never allocates afterwards.
///
/// Ballots have no names: hypotheses that share one by chance count together, which the verification sorts out.
pub struct Votes {
    current: Vec<u8>,
    previous: Vec<u8>,
    epoch_end: u32,
    least: u8,
    standing: Vec<Candidate>,
}

/// A hypothesis that has votes.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// What is voted for.
    pub hypothesis: Hypothesis,
    key: Key,
}

#[derive(Clone, Copy, Debug)]
struct Key {
    change: u64,
    shift: i64,
    offset: i64,
}

impl Key {
    fn ballot(self) -> usize {
        let mixed = (self.offset as u64)
            .wrapping_add((self.shift as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(self.change.wrapping_mul(0xd6e8_feb8_6659_fd93));
        (mixed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> (64 - BALLOTS.trailing_zeros())) as usize
    }
}

impl Default for Votes {
    fn default() -> Self {
        Self {
            current: vec![0; BALLOTS],
            previous: vec![0; BALLOTS],
            epoch_end: EPOCH_TICKS,
            least: 4,
            standing: Vec::with_capacity(STANDING),
        }
    }
}

impl Votes {
    /// Tells the time, so that old votes lapse.
    pub fn tick(&mut self, tick: u32) {
        if tick >= self.epoch_end {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.fill(0);
            self.epoch_end = tick + EPOCH_TICKS;
        }
    }

    /// Forgets all votes.
    pub fn clear(&mut self) {
        self.current.fill(0);
        self.previous.fill(0);
        self.standing.clear();
    }

    /// Votes for a hypothesis.
    pub fn vote(&mut self, change: Change, hypothesis: Hypothesis) {
        let change = match change {
            Change::Speed => 0,
            Change::Pitch => 1,
            Change::Tempo(row) => 2 + u64::from(row),
        };
        let key = Key {
            change,
            shift: (hypothesis.shift / SHIFT_STEPS as f32).round() as i64,
            offset: (hypothesis.offset / OFFSET_TICKS).floor() as i64,
        };
        let ballot = key.ballot();
        let votes = self.current[ballot].saturating_add(1);
        self.current[ballot] = votes;
        if votes.saturating_add(self.previous[ballot]) == self.least && self.standing.len() < STANDING {
            self.standing.push(Candidate { hypothesis, key });
        }
    }

    /// The votes around a candidate.
    fn count(&self, candidate: &Candidate) -> u32 {
        let mut count = 0;
        for shift in -1..=1 {
            for offset in -1..=1 {
                let key =
                    Key { shift: candidate.key.shift + shift, offset: candidate.key.offset + offset, ..candidate.key };
                let ballot = key.ballot();
                count += u32::from(self.current[ballot]) + u32::from(self.previous[ballot]);
            }
        }
        count
    }

    /// Takes the candidates that have come up since the last call, those with the most votes first, at most
    /// `into.capacity()` of them.
    pub fn elect(&mut self, into: &mut Vec<(u32, Hypothesis)>) {
        into.clear();
        let standing = std::mem::take(&mut self.standing);
        let mut most = into.capacity();
        for candidate in &standing {
            let votes = self.count(candidate);
            if most > 0 {
                into.push((votes, candidate.hypothesis));
                most -= 1;
            } else if let Some(least) = into.iter_mut().min_by_key(|other| other.0)
                && least.0 < votes
            {
                *least = (votes, candidate.hypothesis);
            }
        }
        // Where too many come up, more votes are asked for; where few do, fewer.
        self.least = match standing.len() {
            0..64 => (self.least - 1).max(3),
            384.. => self.least.saturating_add(1).min(200),
            _ => self.least,
        };
        self.standing = standing;
        self.standing.clear();
        into.sort_unstable_by(|a, b| b.0.cmp(&a.0));
    }
}
