//! A worker's part of a batch on its way into a window by key.
//!
//! Where keys repeat, their values are combined before they enter, as by `reduce_by_key`. Where they hardly do, that would be
//! one more table in which every record has an entry of its own. So samples of the records are looked at: as long as few of them
//! have the key of another one, and there are fewer records than keys, all enter singly. What the window comes to is the same
//! either way, in the same order.

use crate::key_hash::hash_of;
use crate::prefetch::push_ahead;
use crate::record::Key;
use crate::stage::{Part, Workers};
use crate::table::{Entry, RESERVED_FROM, SHARDS, shard_of};
use crate::window::Arrivals;

use super::by_key::Fold;
use super::combined::Combined;

/// Of so many records the first ones are looked at.
const PERIOD: usize = 1 << 16;
const SAMPLE: usize = 1 << 12;
/// A bit for each of so many hashes.
const BITS: usize = 1 << 17;
/// If no key repeats, about so many records of a sample find their bit set by another one.
const BY_CHANCE: usize = SAMPLE * SAMPLE / (2 * BITS);
/// Values are combined if one of so many records repeats a key.
const REPEATED: usize = 8;
/// Larger values are combined in any case.
const SMALL: usize = 64;

/// A worker's part: records that enter singly, and those behind them combined by key.
pub struct Entering<K, V, C, F> {
    singles: [Vec<Entry<K, C>>; SHARDS],
    sample: Sample,
    combines: bool,
    combined: Combined<K, V, C, F>,
}

/// What the latest sample of the single records has shown.
#[derive(Default)]
struct Sample {
    /// The single records before the sample.
    before: usize,
    /// How many of the sample's have been looked at.
    looked: usize,
    /// Those of them whose bit was set.
    repeats: usize,
    met: Vec<u64>,
    /// How many records there still are between the sample and the next one.
    unlooked: usize,
}

impl Sample {
    /// Counts a record, and looks at it if it is one of a sample. Returns whether keys repeat, where a sample ends.
    #[inline(always)]
    fn count(&mut self, hash: u64) -> bool {
        match self.unlooked.checked_sub(1) {
            Some(left) => {
                self.unlooked = left;
                false
            }
            None => self.look(hash),
        }
    }

    #[inline(never)]
    fn look(&mut self, hash: u64) -> bool {
        if self.looked == SAMPLE {
            self.before += PERIOD;
            (self.looked, self.repeats) = (0, 0);
        }
        if self.looked == 0 {
            self.met.clear();
            self.met.resize(BITS / 64, 0);
        }
        self.looked += 1;
        let (word, bit) = (hash as usize / 64 % (BITS / 64), 1 << (hash % 64));
        self.repeats += usize::from(self.met[word] & bit != 0);
        self.met[word] |= bit;
        if self.looked < SAMPLE {
            return false;
        }
        self.unlooked = PERIOD - SAMPLE;
        self.repeats * REPEATED >= SAMPLE || self.before + SAMPLE >= self.keys()
    }

    /// About how many keys there are, if the latest sample has shown it: of n records that find one of k keys each, n² / 2k
    /// find one that was found before.
    fn keys(&self) -> usize {
        let repeats = self.repeats.saturating_sub(BY_CHANCE);
        if repeats > BY_CHANCE / 2 { SAMPLE * SAMPLE / 2 / repeats } else { usize::MAX }
    }

    /// Whether all records are in one sample.
    fn has_all(&self) -> bool {
        self.before == 0 && (self.looked < SAMPLE || self.unlooked == PERIOD - SAMPLE)
    }

    /// Whether keys repeat in a batch that ends in its first sample.
    fn ends_repeating(&self) -> bool {
        self.has_all() && self.repeats * REPEATED >= self.looked && self.repeats > 0
    }
}

impl<K, V, C, F> Entering<K, V, C, F> {
    /// A value that lies elsewhere is expensive to clone, and one that enters a second time may have to be.
    const ALWAYS_COMBINES: bool = std::mem::needs_drop::<C>() || size_of::<C>() > SMALL;
}

impl<K, V, C, F> Default for Entering<K, V, C, F> {
    fn default() -> Self {
        Entering {
            singles: std::array::from_fn(|_| Vec::new()),
            sample: Sample::default(),
            combines: Self::ALWAYS_COMBINES,
            combined: Combined::default(),
        }
    }
}

impl<K: Send, V: Send, C: Send, F: Send> Part for Entering<K, V, C, F> {
    /// The size of the larger half; of single records it is odd.
    fn size(&self) -> usize {
        let singles = self.singles.iter().map(Vec::len).max().unwrap_or(0);
        let combined = self.combined.size();
        if self.combines { combined * 2 } else { singles * 2 + 1 }
    }

    fn reserve(&mut self, size: usize) {
        let (size, is_single) = (size / 2, size % 2 == 1);
        if !is_single {
            self.combined.reserve(size);
        } else if size >= RESERVED_FROM {
            self.singles.iter_mut().for_each(|singles| singles.reserve(size));
        }
    }

    fn clear(&mut self) {
        self.combined.clear();
        *self = Entering { combined: std::mem::take(&mut self.combined), ..Entering::default() };
    }
}

impl<K: Key, V, C, F: Fold<V, C>> Entering<K, V, C, F> {
    #[inline(always)]
    pub(super) fn fold_all(&mut self, batch: impl Iterator<Item = (K, V)>, fold: F) {
        batch.for_each(|(key, value)| {
            if self.combines {
                return self.combined.push(key, value, &fold);
            }
            let hash = hash_of(&key);
            push_ahead(&mut self.singles[shard_of(hash)], Entry { hash, key, value: fold.create(value) });
            if self.sample.count(hash) {
                self.combine(&fold);
            }
        });
        self.combined.remember(fold);
    }

    /// From now on values are combined. Records that came before join them if there are few.
    #[cold]
    #[inline(never)]
    fn combine(&mut self, fold: &F) {
        self.combines = true;
        if self.sample.has_all() {
            for entry in self.singles.iter_mut().flat_map(std::mem::take) {
                self.combined.add(entry, fold);
            }
        }
    }

    /// Hands over what there is, and the function.
    fn bring(mut self, arrivals: &mut Arrivals<K, C>) -> Option<F> {
        if !self.combines
            && self.sample.ends_repeating()
            && let Some(fold) = self.combined.take_fold()
        {
            self.combine(&fold);
            self.combined.remember(fold);
        }
        let (shards, fold) = self.combined.finish();
        for (shard, (singles, combined)) in self.singles.into_iter().zip(shards).enumerate() {
            arrivals.add_singles(shard, singles);
            arrivals.add_combined(shard, combined);
        }
        fold
    }
}

impl<K: Key, V, C: Send, F: Fold<V, C> + Sync> Entering<K, V, C, F> {
    /// What all workers bring to the window, and the function that they have folded by.
    pub(super) fn arrivals(parts: Vec<Self>, workers: &Workers) -> (Arrivals<K, C>, Option<F>) {
        if Self::ALWAYS_COMBINES {
            let combined = parts.into_iter().map(|part| part.combined).collect();
            let (merged, fold) = Combined::merge_parts(combined, workers);
            return (Arrivals::combined(merged.into()), fold);
        }
        let (mut arrivals, mut fold) = (Arrivals::new(SHARDS), None);
        for part in parts {
            let its_fold = part.bring(&mut arrivals);
            fold = fold.or(its_fold);
        }
        (arrivals, fold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::by_key::Counter;

    type Counts = Entering<u64, (), u64, Counter>;

    /// How many entries a part of these keys has, and their counts added up.
    fn entries(keys: impl Iterator<Item = u64>) -> (usize, u64) {
        let mut part = Counts::default();
        part.fold_all(keys.map(|key| (key, ())), Counter);
        let mut arrivals = Arrivals::new(SHARDS);
        part.bring(&mut arrivals);
        let counts = arrivals.entries().map(|entry| entry.value);
        (arrivals.len(), counts.sum())
    }

    #[test]
    fn keys_that_repeat_are_combined() {
        assert_eq!(entries((0..100).map(|n| n % 10)), (10, 100));
        assert_eq!(entries((0..10_000).map(|n| n % 10)), (10, 10_000));
        assert_eq!(entries((0..100_000).map(|n| n % 2000)), (2000, 100_000));
    }

    #[test]
    fn others_enter_singly() {
        assert_eq!(entries(0..0), (0, 0));
        assert_eq!(entries((0..100).map(|n| n % 99)), (100, 100));
        assert_eq!(entries((0..100_000).map(|n| n % 50_000)), (100_000, 100_000));
    }

    /// In a sample few of 100,000 keys come twice, in a batch each comes ten times.
    #[test]
    fn many_keys_that_repeat_are_combined_once_there_are_more_records() {
        let random = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % 100_000;
        let (entries, records) = entries((0..1_000_000).map(|n| random(random(n) + n * n)));
        assert_eq!(records, 1_000_000);
        assert!(entries < 400_000, "{entries}");
    }

    #[test]
    fn keys_that_repeat_later_are_combined_soon() {
        let (entries, records) = entries((0..1_000_000).map(|n| if n < 10_000 { n } else { n % 10 }));
        assert_eq!(records, 1_000_000);
        assert!(entries < PERIOD + SAMPLE + 20, "{entries}");
    }
}
