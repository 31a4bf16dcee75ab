//! What a table leaves when nothing is looked up in it any more.

use crate::table::{Entry, SHARDS, Shards, Table, shard_of};

/// The entries of a table, shard by shard.
pub enum Entries<K, V> {
    /// At most one a shard on average: those of all shards in one vector, in the order of the shards, because a vector for each
    /// would cost more than what is in it.
    Few {
        /// All entries.
        all: Vec<Entry<K, V>>,
        /// Where each shard's end.
        ends: [u8; SHARDS],
    },
    /// A vector for each shard.
    Many(Shards<K, V>),
}

/// An end is at most the number of shards, so it fits into a byte.
const _: () = assert!(SHARDS <= u8::MAX as usize);

impl<K, V> Entries<K, V> {
    /// Those of a shard, in the order of their first insert.
    #[inline]
    pub fn of_shard(&self, shard: usize) -> &[Entry<K, V>] {
        match self {
            Entries::Few { all, ends } => {
                let start = shard.checked_sub(1).map_or(0, |before| ends[before]);
                &all[usize::from(start)..usize::from(ends[shard])]
            }
            Entries::Many(shards) => &shards[shard],
        }
    }
}

impl<K, V> From<Table<K, V>> for Entries<K, V> {
    fn from(table: Table<K, V>) -> Self {
        if table.entries().len() > SHARDS {
            return Entries::Many(table.into_shards());
        }
        let mut all = table.into_entries();
        // There may be room for as many as the batch before had.
        if all.capacity() > 4 * SHARDS {
            all.shrink_to_fit();
        }
        sort_by_shard(&mut all);
        let mut ends = [0; SHARDS];
        for entry in &all {
            ends[shard_of(entry.hash)] += 1;
        }
        for shard in 1..SHARDS {
            ends[shard] += ends[shard - 1];
        }
        Entries::Few { all, ends }
    }
}

/// By insertion, which keeps the order within a shard: the standard library's sort would be compiled for each type of entry.
fn sort_by_shard<K, V>(entries: &mut [Entry<K, V>]) {
    for sorted in 1..entries.len() {
        let mut at = sorted;
        while at > 0 && shard_of(entries[at - 1].hash) > shard_of(entries[at].hash) {
            entries.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_hash::hash_of;

    #[test]
    fn few_entries_and_many_are_in_the_same_order() {
        for keys in [0, 1, 2, 10, SHARDS as u64 - 1, SHARDS as u64, SHARDS as u64 + 1, 1000] {
            let table = || {
                let mut table = Table::default();
                for key in (0..keys).rev() {
                    table.fold(hash_of(&key), key, key, |n| n, |_, n| n);
                }
                table
            };
            let (entries, shards) = (Entries::from(table()), table().into_shards());
            assert_eq!(matches!(entries, Entries::Few { .. }), keys as usize <= SHARDS);
            for (shard, expected) in shards.iter().enumerate() {
                let of = |entries: &[Entry<u64, u64>]| entries.iter().map(|entry| entry.key).collect::<Vec<_>>();
                assert_eq!(of(entries.of_shard(shard)), of(expected), "shard {shard} of {keys} keys");
            }
        }
    }
}
