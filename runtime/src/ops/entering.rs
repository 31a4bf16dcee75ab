//! A worker's part of a batch on its way into a window by key.
//!
//! Where keys repeat, their values are combined before they enter, as by `reduce_by_key`. Where they hardly do, that would be
//! one more table in which every record has an entry of its own. So the first records of a part are looked at: if few of them
//! have the key of another one, all enter singly. What the window holds is the same either way, in the same order.

use crate::record::Key;
use crate::stage::{Part, Workers};
use crate::table::{Entry, RESERVED_FROM, SHARDS, hash_of, shard_of};
use crate::window::Arrivals;

use super::shuffle::{Combined, Fold};

/// How many records are looked at first. So many are always worth less than a table.
const SAMPLE: usize = 4096;
/// A bit for each of so many hashes. If no key repeats, about 250 records of a sample find their bit set by another one.
const BITS: usize = 1 << 15;
/// If this many do, values are combined: then about a tenth of the keys repeat.
const REPEATS: usize = 640;
/// Larger values are combined in any case.
const SMALL: usize = 64;

/// A worker's part: records that enter singly, and those behind them combined by key.
pub struct Entering<K, V, C, F> {
    singles: Vec<Vec<Entry<K, C>>>,
    sample: Sample,
    combines: bool,
    combined: Combined<K, V, C, F>,
}

/// What the first records have shown.
#[derive(Default)]
struct Sample {
    records: usize,
    repeats: usize,
    met: Vec<u64>,
}

impl Sample {
    /// Looks at one of the first records. Returns whether keys repeat, once that is known.
    fn look(&mut self, hash: u64) -> bool {
        if self.records == 0 {
            self.met.resize(BITS / 64, 0);
        }
        self.records += 1;
        let (word, bit) = (hash as usize / 64 % (BITS / 64), 1 << (hash % 64));
        self.repeats += usize::from(self.met[word] & bit != 0);
        self.met[word] |= bit;
        self.repeats >= REPEATS
    }
}

impl<K, V, C, F> Entering<K, V, C, F> {
    /// A value that lies elsewhere is expensive to clone, and one that enters a second time may have to be.
    const ALWAYS_COMBINES: bool = std::mem::needs_drop::<C>() || size_of::<C>() > SMALL;
}

impl<K, V, C, F> Default for Entering<K, V, C, F> {
    fn default() -> Self {
        let mut singles = Vec::new();
        if !Self::ALWAYS_COMBINES {
            singles.resize_with(SHARDS, Vec::new);
        }
        let combined = Combined::default();
        Entering { singles, sample: Sample::default(), combines: Self::ALWAYS_COMBINES, combined }
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
}

impl<K: Key, V, C, F: Fold<V, C>> Entering<K, V, C, F> {
    #[inline(always)]
    pub(super) fn fold_all(&mut self, batch: impl Iterator<Item = (K, V)>, fold: F) {
        batch.for_each(|(key, value)| {
            let hash = hash_of(&key);
            if self.combines {
                return self.combined.push(hash, key, value, &fold);
            }
            self.singles[shard_of(hash)].push(Entry { hash, key, value: fold.create(value) });
            if self.sample.records < SAMPLE {
                self.combines = self.sample.look(hash);
            }
        });
        self.combined.remember(fold);
    }
}

impl<K: Key, V, C: Send, F: Fold<V, C> + Sync> Entering<K, V, C, F> {
    /// What all workers bring to the window, and the function that they have folded by.
    pub(super) fn arrivals(parts: Vec<Self>, workers: &Workers) -> (Arrivals<K, C>, Option<F>) {
        if Self::ALWAYS_COMBINES {
            let combined = parts.into_iter().map(|part| part.combined).collect();
            let (table, fold) = Combined::merge_parts(combined, workers);
            return (table.into(), fold);
        }
        let (mut arrivals, mut fold) = (Arrivals::new(SHARDS), None);
        for part in parts {
            let (table, its_fold) = part.combined.finish();
            fold = fold.or(its_fold);
            for (shard, (singles, combined)) in part.singles.into_iter().zip(table.shards).enumerate() {
                arrivals.add(shard, singles);
                arrivals.add(shard, combined.into_entries());
            }
        }
        (arrivals, fold)
    }
}
