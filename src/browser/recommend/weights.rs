//! What each signal weighs: shipped, then moved by what this user keeps.

use super::features::{SIGNALS, Signal, Vector};

/// The shipped weights: a line for each signal, its name and a column for each head.
const SHIPPED: &str = include_str!("shipped.txt");

/// A purpose for which the signals weigh differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Head {
    /// Anything, where a session starts.
    Open = 0,
    /// Anything, after a keep.
    Next = 1,
    /// Of what was never kept, where a session starts.
    OpenNovel = 2,
    /// Of what was never kept, after a keep.
    NextNovel = 3,
}

impl Head {
    /// Every head in the order of their numbers, which are the columns of the table.
    pub const ALL: [Self; 4] = [Self::Open, Self::Next, Self::OpenNovel, Self::NextNovel];

    /// The name by which its weights are stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Next => "next",
            Self::OpenNovel => "open-novel",
            Self::NextNovel => "next-novel",
        }
    }
}

/// The weights of one head, and how much each was moved so far (AdaGrad's sum of squared gradients).
#[derive(Clone, Debug, PartialEq)]
pub struct HeadWeights {
    /// Weights in the order of [`Signal::ALL`].
    pub weights: [f32; SIGNALS],
    /// Sums of squared gradients in the same order.
    pub moved: [f32; SIGNALS],
}

/// How fast weights move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// AdaGrad's rate.
    pub rate: f32,
    /// The sum of squared gradients that weights start with: what the shipped weights are worth.
    pub trust: f32,
    /// How much of the way to the shipped weights is undone with each keep.
    pub pull: f32,
}

impl Pace {
    /// The pace at which a user's keeps move the shipped weights, chosen on simulated people whom the weights were not
    /// fitted to.
    pub const USER: Self = Self { rate: 0.08, trust: 1.0, pull: 2e-4 };
}

/// The weights of all heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    heads: [HeadWeights; Head::ALL.len()],
    shipped: [[f32; SIGNALS]; Head::ALL.len()],
    /// How fast they move.
    pub pace: Pace,
}

impl Default for Weights {
    fn default() -> Self {
        Self::from_table(SHIPPED, Pace::USER)
    }
}

impl Weights {
    /// Starts from `shipped` instead of what is shipped.
    #[must_use]
    pub fn from_shipped(shipped: [[f32; SIGNALS]; Head::ALL.len()], pace: Pace) -> Self {
        let heads = shipped.map(|weights| HeadWeights { weights, moved: [pace.trust; SIGNALS] });
        Self { heads, shipped, pace }
    }

    /// Starts from a table as [`table`] writes it.
    #[must_use]
    pub fn from_table(table: &str, pace: Pace) -> Self {
        Self::from_shipped(shipped(table), pace)
    }

    /// Lets weights move at another pace, from where they were shipped.
    pub fn set_pace(&mut self, pace: Pace) {
        *self = Self::from_shipped(self.shipped, pace);
    }

    /// The weights of a head, to store.
    #[must_use]
    pub fn head(&self, head: Head) -> &HeadWeights {
        &self.heads[head as usize]
    }

    /// A weight and the sum of its squared gradients for each signal, to store.
    #[must_use]
    pub fn values(&self, head: Head) -> Vec<(f64, f64)> {
        let HeadWeights { weights, moved } = self.head(head);
        weights.iter().zip(moved).map(|(weight, moved)| (f64::from(*weight), f64::from(*moved))).collect()
    }

    /// Puts what [`Self::values`] gave back. What is absent or no number stays as it was shipped.
    pub fn restore(&mut self, head: Head, values: &[(f64, f64)]) {
        let mine = &mut self.heads[head as usize];
        for (at, (weight, moved)) in values.iter().map(|(weight, moved)| (*weight as f32, *moved as f32)).enumerate() {
            if at < SIGNALS && weight.is_finite() && moved.is_finite() {
                mine.weights[at] = weight;
                mine.moved[at] = moved.max(self.pace.trust);
            }
        }
    }

    /// The score of a candidate.
    pub(super) fn score(&self, head: Head, x: &Vector) -> f32 {
        product(&self.heads[head as usize].weights, x)
    }

    /// One step towards ranking `kept` above all `others`: the gradient of the softmax's logarithm, in AdaGrad's measure,
    /// and a pull back to what was shipped.
    pub(super) fn learn(&mut self, head: Head, kept: &Vector, others: &[&Vector], importance: f32) {
        let scores: Vec<f32> = others.iter().map(|x| self.score(head, x)).collect();
        let own = self.score(head, kept);
        let top = scores.iter().copied().fold(own, f32::max);
        let masses: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
        let own = (own - top).exp();
        let all = own + masses.iter().sum::<f32>();
        let mut gradient = [0.0; SIGNALS];
        accumulate(&mut gradient, kept, 1.0 - own / all);
        for (x, mass) in others.iter().zip(&masses).filter(|(_, mass)| **mass > 1e-4 * all) {
            accumulate(&mut gradient, x, -mass / all);
        }
        let Pace { rate, pull, .. } = self.pace;
        let (head, shipped) = (&mut self.heads[head as usize], &self.shipped[head as usize]);
        for at in 0..SIGNALS {
            let slope = importance * gradient[at];
            head.moved[at] += slope * slope;
            head.weights[at] += rate * slope / head.moved[at].sqrt() + pull * (shipped[at] - head.weights[at]);
        }
    }
}

fn accumulate(sum: &mut Vector, x: &Vector, times: f32) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * times);
}

/// The sum of products in eight lanes, which the compiler keeps in registers.
fn product(a: &Vector, b: &Vector) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|lane| lanes[lane] += a[lane] * b[lane]);
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// Reads the table of shipped weights; what is absent weighs nothing.
fn shipped(table: &str) -> [[f32; SIGNALS]; Head::ALL.len()] {
    let mut weights = [[0.0; SIGNALS]; Head::ALL.len()];
    for line in table.lines() {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        if let Some(signal) = Signal::ALL.into_iter().find(|signal| signal.name() == name) {
            for (head, word) in weights.iter_mut().zip(words) {
                head[signal as usize] = word.parse().unwrap_or(0.0);
            }
        }
    }
    weights
}

/// The table of shipped weights from which [`Weights::default`] starts.
#[must_use]
pub fn table(weights: &Weights) -> String {
    let mut table = format!("signal {}\n", Head::ALL.map(Head::name).join(" "));
    for signal in Signal::ALL {
        let columns = Head::ALL.map(|head| format!("{:.4}", weights.head(head).weights[signal as usize]));
        table += &format!("{} {}\n", signal.name(), columns.join(" "));
    }
    table
}
