//! Where the entries of keys are that are small integers.

use crate::record::Keep;

/// The numbers of a table's entries, by key, for keys that are small integers: they are found without a hash, and without a look
/// at the key of the entry. It knows what it was told, so a key that it does not know may be in the table all the same.
#[derive(Default)]
pub struct SmallKeys {
    /// The number of the key's entry plus one; 0 for a key that is not known.
    numbers: Vec<u32>,
}

/// A key is small if it is less than so many times the number of keys: then the numbers take about as much memory as the entries,
/// or less.
const TIMES: usize = 4;
/// Such a key is small in any case.
const ALWAYS: usize = 64;

impl SmallKeys {
    /// The number of the key's entry, if it is known.
    #[inline(always)]
    pub fn get<K: Keep>(&self, key: &K) -> Option<usize> {
        let number = *self.numbers.get(key.as_index()?)?;
        (number as usize).checked_sub(1)
    }

    /// Notes the number of the key's entry, in a table of so many `keys`.
    #[inline(always)]
    pub fn note<K: Keep>(&mut self, key: &K, number: usize, keys: usize) {
        if let Some(index) = key.as_index()
            && index < TIMES * keys + ALWAYS
        {
            self.put(index, number as u32 + 1);
        }
    }

    #[inline(never)]
    fn put(&mut self, index: usize, number: u32) {
        if index >= self.numbers.len() {
            self.numbers.resize((index + 1).next_power_of_two(), 0);
        }
        self.numbers[index] = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_keys_are_known_once_they_are_noted() {
        let mut small = SmallKeys::default();
        assert_eq!(small.get(&0u64), None);
        for (number, key) in [0u64, 63, 7, 1000].into_iter().enumerate() {
            small.note(&key, number, 4);
        }
        assert_eq!([0u64, 63, 7].map(|key| small.get(&key)), [Some(0), Some(1), Some(2)]);
        assert_eq!([1u64, 1000, u64::MAX].map(|key| small.get(&key)), [None; 3]);
        small.note(&1000u64, 3, 1000);
        assert_eq!(small.get(&1000u64), Some(3));
        assert_eq!(small.numbers.len(), 1024);
    }

    #[test]
    fn other_keys_are_not_small() {
        let mut small = SmallKeys::default();
        small.note(&"1", 0, 1);
        small.note(&-1i32, 0, 1);
        small.note(&(1u64, 2u64), 0, 1);
        small.note(&u128::MAX, 0, 1);
        assert!(small.numbers.is_empty());
        assert_eq!(small.get(&-1i32), None);
    }
}
