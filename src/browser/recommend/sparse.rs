//! A map from small numbers to values that is emptied in the time it took to fill.

/// Values by number, most of them absent; keys come out in the order they went in.
#[derive(Debug, Default)]
pub(super) struct Sparse<T> {
    /// The place of a key's value, plus 1.
    places: Vec<u32>,
    entries: Vec<(u32, T)>,
}

impl<T: Default> Sparse<T> {
    /// Forgets everything, and makes room for keys below `keys`.
    pub(super) fn reset(&mut self, keys: usize) {
        for (key, _) in self.entries.drain(..) {
            self.places[key as usize] = 0;
        }
        if self.places.len() < keys {
            self.places.resize(keys, 0);
        }
    }

    /// The value of a key below the number of keys, made where it is absent.
    pub(super) fn at(&mut self, key: u32) -> &mut T {
        let place = &mut self.places[key as usize];
        if *place == 0 {
            self.entries.push((key, T::default()));
            *place = self.entries.len() as u32;
        }
        &mut self.entries[*place as usize - 1].1
    }

    pub(super) fn get(&self, key: u32) -> Option<&T> {
        let place = self.places.get(key as usize).copied().unwrap_or(0);
        place.checked_sub(1).map(|place| &self.entries[place as usize].1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reset_is_gone_and_keys_keep_their_order() {
        let mut map = Sparse::default();
        map.reset(10);
        for key in [7, 2, 7] {
            *map.at(key) += 1;
        }
        assert_eq!(map.iter().collect::<Vec<_>>(), [(7, &2), (2, &1)]);
        map.reset(10);
        assert_eq!((map.get(7), map.len()), (None, 0));
    }
}
