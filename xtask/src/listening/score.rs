//! What all plays together say.

use std::fmt;

use super::ledgers::Account;
use super::play::{Orders, Played, Tenth};

/// A stream falls behind within seconds. So much waiting for a processor explains it, in seconds of so many: the thread takes
/// three quarters of a core, and a stream is given up when more than a second of it waits.
const WINDOW: f64 = 5.0;
const EXCUSE: f64 = 0.5;
/// Share of a [`WINDOW`] beyond which the thread had no time left.
const ALL: f64 = 0.95;
/// Share of what sounds for which there may be no row: the plugin looks in pieces where a stream begins.
const UNTOLD: f64 = 0.01;

/// Plays without an index, and with one.
#[derive(Default)]
pub(super) struct Score {
    deaf: Vec<Played>,
    listening: Vec<(Played, Account)>,
}

/// What there is to be said of a play.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is not as it should be, and why.
    Fault(String),
    /// It cannot be told, and why.
    Undecided(String),
}

impl Score {
    /// Adds a play; with an account where it was listened to.
    pub(super) fn add(&mut self, played: Played, account: Option<Account>) {
        match account {
            Some(account) => self.listening.push((played, account)),
            None => self.deaf.push(played),
        }
    }

    /// The figures.
    pub(super) fn lines(&self, orders: &Orders) -> Vec<String> {
        [self.coverage(orders), self.thread(orders)].into_iter().chain(self.audio()).collect()
    }

    /// Everything that is not as it should be, or cannot be told.
    pub(super) fn verdicts(&self, orders: &Orders) -> Vec<Verdict> {
        self.listening.iter().flat_map(|(played, account)| verdicts(played, account, orders)).collect()
    }

    fn coverage(&self, orders: &Orders) -> String {
        let sum = |of: fn(&Account) -> f64| self.listening.iter().map(|(_, account)| of(account)).sum::<f64>();
        let (checked, unchecked) = (sum(|account| account.checked), sum(|account| account.unchecked));
        let played = orders.streamed() * self.listening.len() as f64;
        let sounding: f64 = self.listening.iter().map(|(played, _)| played.sounding).sum();
        let told: usize = self.listening.iter().map(|(_, account)| account.told).sum();
        format!(
            "[listening:coverage] streams={} played_s={played:.1} sounding_s={sounding:.1} checked_s={checked:.1} \
             unchecked_s={unchecked:.1} unchecked={:.2}% works_told={told}",
            2 * orders.instances,
            100.0 * unchecked / (checked + unchecked).max(1.0),
        )
    }

    fn thread(&self, orders: &Orders) -> String {
        let tenths = || self.listening.iter().flat_map(|(played, _)| &played.tenths);
        let (taken, waited) = (shares(tenths(), |tenth| tenth.taken), shares(tenths(), |tenth| tenth.waited));
        let deaf = shares(self.deaf.iter().flat_map(|played| &played.tenths), |tenth| tenth.taken);
        format!(
            "[listening:thread] percent of a core in 100 ms: {taken} a_stream={:.2} waited={:.2} without_index={:.2}",
            taken.mean / (2 * orders.instances) as f64,
            waited.mean,
            deaf.mean
        )
    }

    fn audio(&self) -> [String; 3] {
        let listening: Vec<&Played> = self.listening.iter().map(|(played, _)| played).collect();
        let deaf: Vec<&Played> = self.deaf.iter().collect();
        let late = |plays: &[&Played]| plays.iter().map(|played| played.late).sum::<u64>();
        let [without, with] = [&deaf, &listening].map(|plays| Figures::of(blocks(plays)));
        [
            format!("[listening:audio] us of a block without index: {without} late={}", late(&deaf)),
            format!("[listening:audio] us of a block listening: {with} late={}", late(&listening)),
            format!(
                "[listening:audio] listening/without: mean={:.3} p99={:.3}",
                with.mean / without.mean,
                with.p99 / without.p99
            ),
        ]
    }
}

fn verdicts(played: &Played, account: &Account, orders: &Orders) -> Vec<Verdict> {
    let mut verdicts: Vec<_> = account.faults.iter().cloned().map(Verdict::Fault).collect();
    if account.ledgers != orders.instances {
        verdicts.push(Verdict::Fault(format!("{} instances wrote {} ledgers", orders.instances, account.ledgers)));
    }
    let (told, all, slack) = (account.checked + account.unchecked, orders.streamed(), UNTOLD * played.sounding);
    if told < played.sounding - slack || told > all + slack {
        let sounded = format!("of {all:.1} s of streams {:.1} s sounded", played.sounding);
        verdicts.push(Verdict::Fault(format!("{sounded}, and the ledgers tell of {told:.1} s")));
    }
    if account.unchecked > 0.0 {
        verdicts.push(unchecked(account.unchecked, &played.tenths));
    }
    verdicts
}

/// Why so many seconds were left unchecked: the thread had no processor, had all of one, or did not use it.
fn unchecked(seconds: f64, tenths: &[Tenth]) -> Verdict {
    let [waited, taken] = [|tenth: &Tenth| tenth.waited, |tenth: &Tenth| tenth.taken].map(|of| most(tenths, of));
    let left = format!("{seconds:.1} s were left unchecked");
    if waited >= EXCUSE {
        return Verdict::Undecided(format!(
            "{left}, but other work had the processors: in some {WINDOW} s the thread waited {waited:.2} s for one; play it \
             when nothing else runs"
        ));
    }
    let had =
        format!("though the thread had a processor when it wanted one (in no {WINDOW} s it waited {waited:.2} s)");
    Verdict::Fault(if taken > ALL * WINDOW {
        format!("{left}, {had}: listening takes more than a core")
    } else {
        format!("{left}, {had} and worked at most {taken:.2} s of {WINDOW}: it does not listen when it could")
    })
}

/// The most of something in any [`WINDOW`], in seconds.
fn most(tenths: &[Tenth], of: fn(&Tenth) -> f64) -> f64 {
    let (mut most, mut sum, mut length, mut first) = (0.0_f64, 0.0, 0.0, 0);
    for tenth in tenths {
        sum += of(tenth);
        length += tenth.length;
        while length > WINDOW {
            sum -= of(&tenths[first]);
            length -= tenths[first].length;
            first += 1;
        }
        most = most.max(sum);
    }
    most
}

/// Shares of a core, in percent.
fn shares<'a>(tenths: impl Iterator<Item = &'a Tenth>, of: fn(&Tenth) -> f64) -> Figures {
    Figures::of(tenths.map(|tenth| 100.0 * of(tenth) / tenth.length).collect())
}

/// Processor time of each block in microseconds. All plays play the same, so each block counts with the middle of the times
/// that it took.
fn blocks(plays: &[&Played]) -> Vec<f64> {
    let count = plays.iter().map(|played| played.blocks.len()).min().unwrap_or_default();
    let middle = |block| {
        let mut times: Vec<u64> = plays.iter().map(|played| played.blocks[block]).collect();
        times.sort_unstable();
        1e-3 * times[times.len() / 2] as f64
    };
    (0..count).map(middle).collect()
}

/// Mean, the 99th of a hundred and the worst.
struct Figures {
    mean: f64,
    p99: f64,
    worst: f64,
}

impl Figures {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count.max(1) as f64;
        Self { mean, p99: at(count * 99 / 100), worst: at(count.saturating_sub(1)) }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "mean={:.1} p99={:.1} worst={:.1}", self.mean, self.p99, self.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: Orders = Orders { seconds: 10.0, instances: 1, rate: 1_000, block: 100 };

    /// Ten seconds, of which the thread works and waits for these shares.
    fn played(taken: f64, waited: f64) -> Played {
        let tenth = Tenth { length: 0.1, taken: 0.1 * taken, waited: 0.1 * waited };
        Played { blocks: vec![1_000; 100], late: 0, sounding: 19.5, tenths: vec![tenth; 100] }
    }

    fn account(checked: f64, unchecked: f64) -> Account {
        Account { ledgers: 1, checked, unchecked, ..Account::default() }
    }

    #[test]
    fn what_sounds_is_accounted_for_or_it_is_a_fault() {
        assert_eq!(verdicts(&played(0.7, 0.0), &account(19.6, 0.0), &ORDERS), []);
        for (checked, ledgers) in [(15.0, 1), (25.0, 1), (19.6, 2)] {
            let account = Account { ledgers, ..account(checked, 0.0) };
            let verdicts = verdicts(&played(0.7, 0.0), &account, &ORDERS);
            assert!(matches!(verdicts[..], [Verdict::Fault(_)]), "{verdicts:?}");
        }
    }

    #[test]
    fn sound_left_unchecked_is_a_fault_unless_the_thread_had_no_processor() {
        let of = |taken, waited| verdicts(&played(taken, waited), &account(18.5, 1.0), &ORDERS).remove(0);
        assert!(matches!(of(0.7, 0.3), Verdict::Undecided(_)));
        assert!(matches!(of(1.0, 0.0), Verdict::Fault(why) if why.ends_with("more than a core")));
        assert!(matches!(of(0.7, 0.05), Verdict::Fault(why) if why.ends_with("when it could")));
    }

    #[test]
    fn a_block_counts_with_the_middle_of_its_times() {
        let played = |blocks: &[u64]| Played { blocks: blocks.to_vec(), ..played(0.0, 0.0) };
        let plays = [played(&[1_000, 9_000]), played(&[3_000, 2_000]), played(&[2_000, 1_000, 5_000])];
        assert_eq!(blocks(&plays.iter().collect::<Vec<_>>()), [2.0, 2.0]);
    }
}
