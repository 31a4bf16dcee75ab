//! What a batch brings to a window.

use crate::table::{Entry, ShardedTable};

/// For each shard runs of entries, in the order of their records. A key may come several times.
pub struct Arrivals<Q, C> {
    shards: Vec<Runs<Q, C>>,
}

/// The runs of a shard.
pub type Runs<Q, C> = Vec<Vec<Entry<Q, C>>>;

impl<Q, C> Arrivals<Q, C> {
    /// Nothing yet for so many shards.
    pub fn new(shards: usize) -> Self {
        let mut all = Vec::with_capacity(shards);
        all.resize_with(shards, Vec::new);
        Arrivals { shards: all }
    }

    /// Adds a run to a shard.
    pub fn add(&mut self, shard: usize, run: Vec<Entry<Q, C>>) {
        if !run.is_empty() {
            self.shards[shard].push(run);
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.shards.iter().flatten().map(Vec::len).sum()
    }

    /// The runs of each shard.
    pub fn into_shards(self) -> Vec<Runs<Q, C>> {
        self.shards
    }
}

impl<Q, C> From<ShardedTable<Q, C>> for Arrivals<Q, C> {
    fn from(table: ShardedTable<Q, C>) -> Self {
        let mut arrivals = Arrivals::new(table.shards.len());
        for (number, shard) in table.shards.into_iter().enumerate() {
            arrivals.add(number, shard.into_entries());
        }
        arrivals
    }
}
