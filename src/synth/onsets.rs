//! How many notes may begin in how short a time: what no hands and no score ask for is not let drown the rest.

/// Notes that may begin at the same moment: a full chord of all voices, twice as many as any piano score asks for.
const AT_ONCE: f32 = 64.0;
/// Time after which as many may begin again, in seconds. Faster than this, notes would only steal each other before they
/// are heard.
const AGAIN_SECONDS: f32 = 0.030;

/// Counts the notes that begin, on the engine's clock.
#[derive(Clone, Debug)]
pub(super) struct Onsets {
    /// How many more may begin at `clock`.
    left: f32,
    per_sample: f32,
    /// Samples since the beginning.
    clock: u64,
}

impl Onsets {
    /// None yet; `rate` samples a second.
    pub(super) fn new(rate: f32) -> Self {
        Self { left: AT_ONCE, per_sample: AT_ONCE / (AGAIN_SECONDS * rate), clock: 0 }
    }

    /// Whether one more note may begin at sample `now`, which never goes back. If so, it is counted.
    pub(super) fn admit(&mut self, now: u64) -> bool {
        let since = now.saturating_sub(self.clock) as f32;
        self.left = (self.left + since * self.per_sample).min(AT_ONCE);
        self.clock = now;
        let admitted = self.left >= 1.0;
        if admitted {
            self.left -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(onsets: &mut Onsets, now: u64, asked: usize) -> usize {
        (0..asked).filter(|_| onsets.admit(now)).count()
    }

    #[test]
    fn a_chord_of_all_voices_begins_and_no_more_until_some_time_has_passed() {
        let mut onsets = Onsets::new(48_000.0);
        assert_eq!(admitted(&mut onsets, 7, 10_000), 64);
        assert_eq!(admitted(&mut onsets, 8, 100), 0);
        assert_eq!(admitted(&mut onsets, 7 + 720, 100), 32);
        assert_eq!(admitted(&mut onsets, 48_000, 10_000), 64);
    }

    #[test]
    fn two_thousand_notes_a_second_are_all_let_in() {
        let mut onsets = Onsets::new(48_000.0);
        assert!((0..20_000).all(|note| onsets.admit(note * 24)));
    }
}
