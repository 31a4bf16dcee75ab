//! What a batch brings to a window.

use crate::table::{Entry, SHARDS, Shards, Table};

/// For each shard runs of entries, in the order of their records.
pub struct Arrivals<Q, C> {
    shards: Vec<Runs<Q, C>>,
}

/// The runs of a shard.
pub type Runs<Q, C> = Vec<Run<Q, C>>;

/// A run of entries.
pub struct Run<Q, C> {
    pub(super) entries: Vec<Entry<Q, C>>,
    /// Whether values are combined by key, within the run and with what came before it in the batch. Otherwise a key may come
    /// several times.
    pub(super) is_combined: bool,
}

impl<Q, C> Arrivals<Q, C> {
    /// Nothing yet for so many shards.
    pub fn new(shards: usize) -> Self {
        let mut all = Vec::with_capacity(shards);
        all.resize_with(shards, Vec::new);
        Arrivals { shards: all }
    }

    /// One value a key.
    pub fn combined(shards: Shards<Q, C>) -> Self {
        let mut arrivals = Arrivals::new(shards.len());
        shards.into_iter().enumerate().for_each(|(number, entries)| arrivals.add_combined(number, entries));
        arrivals
    }

    /// Adds a run to a shard: values as they came, each with its key.
    pub fn add_singles(&mut self, shard: usize, entries: Vec<Entry<Q, C>>) {
        self.add(shard, Run { entries, is_combined: false });
    }

    /// Adds a run to a shard: one value a key. It will be combined with those of earlier runs.
    pub fn add_combined(&mut self, shard: usize, entries: Vec<Entry<Q, C>>) {
        self.add(shard, Run { entries, is_combined: true });
    }

    fn add(&mut self, shard: usize, run: Run<Q, C>) {
        if !run.entries.is_empty() {
            self.shards[shard].push(run);
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.shards.iter().flatten().map(|run| run.entries.len()).sum()
    }

    #[cfg(test)]
    pub fn entries(&self) -> impl Iterator<Item = &Entry<Q, C>> {
        self.shards.iter().flatten().flat_map(|run| &run.entries)
    }

    /// The runs of each shard.
    pub fn into_shards(self) -> Vec<Runs<Q, C>> {
        self.shards
    }
}

/// Values as they came: what each worker has for each shard, in the order of the workers.
impl<Q, C> FromIterator<Shards<Q, C>> for Arrivals<Q, C> {
    fn from_iter<I: IntoIterator<Item = Shards<Q, C>>>(workers: I) -> Self {
        let mut arrivals = Arrivals::new(SHARDS);
        for shards in workers {
            shards.into_iter().enumerate().for_each(|(number, entries)| arrivals.add_singles(number, entries));
        }
        arrivals
    }
}

impl<Q, C> From<Table<Q, C>> for Arrivals<Q, C> {
    fn from(table: Table<Q, C>) -> Self {
        Arrivals::combined(table.into_shards())
    }
}
