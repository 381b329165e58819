//! Sets of entries.

/// A bit for each of a fixed number of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// None of `count` entries.
    pub(super) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// All of `count` entries.
    pub(super) fn all(count: usize) -> Self {
        let mut words = vec![u64::MAX; count.div_ceil(64)];
        if let (Some(last), rest @ 1..) = (words.last_mut(), count % 64) {
            *last = (1 << rest) - 1;
        }
        Self(words)
    }

    pub(super) fn insert(&mut self, entry: u32) {
        self.0[entry as usize / 64] |= 1 << (entry % 64);
    }

    pub(super) fn contains(&self, entry: u32) -> bool {
        self.0[entry as usize / 64] >> (entry % 64) & 1 == 1
    }

    /// Leaves what is in both.
    pub(super) fn intersect(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    /// Leaves what is not in the other.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= !other);
    }

    /// The entries in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(&self.0).flat_map(|(first, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(first + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_and_nothing_else() {
        for count in [0, 1, 63, 64, 65, 200] {
            assert!(Bits::all(count).iter().eq(0..count as u32), "{count}");
            assert_eq!(Bits::none(count).iter().count(), 0);
        }
        let (mut some, mut few) = (Bits::none(200), Bits::none(200));
        [3, 64, 150, 199].into_iter().for_each(|entry| some.insert(entry));
        [64, 199, 7].into_iter().for_each(|entry| few.insert(entry));
        assert!(some.contains(150) && !some.contains(151));
        let mut both = some.clone();
        both.intersect(&few);
        assert!(both.iter().eq([64, 199]));
        some.subtract(&few);
        assert!(some.iter().eq([3, 150]));
    }
}
