//! The end of a stage that sends pairs to the shards of their keys, where those of another stream, a state or a window wait for them.

use crate::key_hash::hash_of;
use crate::prefetch::push_ahead;
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Part, Workers};
use crate::table::{Entry, RESERVED_FROM, SHARDS, Shards, by_shard, shard_of};

/// A worker's part of a stream on its way to others, such as one side of a join: its pairs, split by the hash of their keys.
pub struct Exchanged<K, V> {
    shards: Shards<K, V>,
}

impl<K, V> Default for Exchanged<K, V> {
    fn default() -> Self {
        Exchanged { shards: (0..SHARDS).map(|_| Vec::new()).collect() }
    }
}

impl<K, V> Exchanged<K, V> {
    pub(super) fn into_shards(self) -> Shards<K, V> {
        self.shards
    }
}

impl<K: Send, V: Send> Part for Exchanged<K, V> {
    /// What the largest shard has, but no more than twice as much as all have on average: one key may have most pairs.
    fn size(&self) -> usize {
        let (mut all, mut largest) = (0, 0);
        for shard in &self.shards {
            all += shard.len();
            largest = largest.max(shard.len());
        }
        largest.min(2 * all.div_ceil(SHARDS))
    }
    fn reserve(&mut self, size: usize) {
        if size >= RESERVED_FROM {
            self.shards.iter_mut().for_each(|shard| shard.reserve(size));
        }
    }
}

/// One side of a join: for each shard the runs of pairs that the workers left, in the order of the workers.
pub struct Side<K, V> {
    pub(crate) shards: Vec<Vec<Vec<Entry<K, V>>>>,
}

impl<K, V> Side<K, V> {
    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().flatten().map(Vec::len).sum()
    }
}

impl<K: Send, V: Send> Gather for Exchanged<K, V> {
    type Output = Side<K, V>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Side<K, V> {
        Side { shards: by_shard(parts.into_iter().map(Exchanged::into_shards).collect()) }
    }
}

/// Sends the pairs of one side of a join to the shards of their keys.
#[inline]
pub fn exchange<I, T, K, V>(batch: I, part: &mut Exchanged<K, V>)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    V: Keep,
{
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        let hash = hash_of(&key);
        push_ahead(&mut part.shards[shard_of(hash)], Entry { hash, key, value });
    });
}
