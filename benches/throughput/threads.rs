//! What the loops by hand have in common: threads, lines, tables.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

pub type Table<K, V> = HashMap<K, V, FixedState>;
pub type Counts<'a> = Table<&'a str, u64>;

/// Runs `work` on one part a thread, and gives what they return in the order of the parts.
pub fn on_threads<'a, T: Send>(text: &'a str, workers: usize, work: impl Fn(&'a str) -> T + Sync) -> Vec<T> {
    each(super::data::cut(text, text.len() / workers).collect(), work)
}

/// The same for records in a slice.
pub fn on_threads_of<'a, R: Sync, T: Send>(
    records: &'a [R],
    workers: usize,
    work: impl Fn(&'a [R]) -> T + Sync,
) -> Vec<T> {
    each(records.chunks(records.len().div_ceil(workers)).collect(), work)
}

fn each<P: Send, T: Send>(parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    if parts.len() == 1 {
        return parts.into_iter().map(work).collect();
    }
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The sums of several tables.
pub fn merge<K: Hash + Eq>(tables: Vec<Table<K, u64>>) -> Table<K, u64> {
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    // Entries of one table in their order would crowd in a smaller one.
    all.reserve(tables.as_slice().iter().map(Table::len).sum());
    for (key, count) in tables.flatten() {
        *all.entry(key).or_default() += count;
    }
    all
}

pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest.as_bytes())?;
        let line = &rest[..end];
        rest = &rest[end + 1..];
        Some(line)
    })
}
